/** build.mjs and installed.mjs on small projects: what dist/ holds afterwards, and when dependencies must be installed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { projectRoot } from "../project-root.ts";

function project(t: TestContext, files: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), "p2pfs-build-"));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  cpSync(join(projectRoot(), "scripts/build.mjs"), join(root, "scripts/build.mjs"));
  cpSync(join(projectRoot(), "scripts/installed.mjs"), join(root, "scripts/installed.mjs"));
  return { root, has: (path: string) => existsSync(join(root, path)) };
}

function run(root: string, script: string) {
  return spawnSync(process.execPath, [join(root, "scripts", script)], { encoding: "utf8" });
}

const SMALL = {
  "package.json": '{"type":"module","bin":{"tool":"dist/cli/tool.js"}}',
  "tsconfig.json":
    '{"compilerOptions":{"outDir":"dist","rootDir":".","module":"nodenext","target":"es2023"},"include":["base","cli"]}',
  "base/kept.ts": "export const kept = 1;",
  "cli/tool.ts": "#!/usr/bin/env node\nexport {};",
  "proto/common/v2/common.proto": 'syntax = "proto3";',
};

function withCompiler(root: string) {
  symlinkSync(join(projectRoot(), "node_modules"), join(root, "node_modules"));
}

test("the build emits code and data, makes commands executable, and drops what lost its source", (t) => {
  const { root, has } = project(t, { ...SMALL, "dist/base/gone.js": "", "dist/proto/gone.proto": "" });
  withCompiler(root);
  const { status, stdout } = run(root, "build.mjs");
  assert.equal(status, 0, stdout);
  assert.ok(has("dist/base/kept.js") && has("dist/proto/common/v2/common.proto"));
  assert.equal(statSync(join(root, "dist/cli/tool.js")).mode & 0o777, 0o755);
  assert.deepEqual([has("dist/base/gone.js"), has("dist/proto/gone.proto")], [false, false]);
});

test("the build fails on a type error, with the place of it", (t) => {
  const { root } = project(t, { ...SMALL, "base/wrong.ts": "export const n: number = 'text';" });
  withCompiler(root);
  const { status, stdout } = run(root, "build.mjs");
  assert.notEqual(status, 0);
  assert.match(stdout, /base\/wrong\.ts\(1,14\): error TS2322/);
});

test("the build says what to do where nothing is installed", (t) => {
  const { root } = project(t, SMALL);
  const { status, stderr } = run(root, "build.mjs");
  assert.deepEqual([status, /run `npm ci` first/.test(stderr)], [1, true]);
});

test("dependencies count as installed only when they are exactly those of the lock file", (t) => {
  const locked = { version: "1.0.0", integrity: "sha512-a" };
  const other = { version: "2.0.0", integrity: "sha512-b", optional: true };
  const { root } = project(t, {
    "package-lock.json": JSON.stringify({
      packages: { "": {}, "node_modules/a": locked, "node_modules/of-another-platform": other },
    }),
  });
  const installed = () => run(root, "installed.mjs").status;
  const record = (packages: object) =>
    writeFileSync(join(root, "node_modules/.package-lock.json"), JSON.stringify({ packages }));
  assert.equal(installed(), 1, "nothing is there");
  mkdirSync(join(root, "node_modules/a"), { recursive: true });
  record({ "node_modules/a": locked });
  assert.equal(installed(), 1, "recorded, but the folder is empty");
  writeFileSync(join(root, "node_modules/a/package.json"), "{}");
  assert.equal(installed(), 0);
  record({ "node_modules/a": { ...locked, integrity: "sha512-c" } });
  assert.equal(installed(), 1, "another content");
  record({ "node_modules/a": locked, "node_modules/stray": locked });
  assert.equal(installed(), 1, "one too many");
});
