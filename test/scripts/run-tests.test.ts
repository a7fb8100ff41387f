/** The test runner itself, on small projects made for the purpose: what it must count and what it must not let pass. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { projectRoot } from "../project-root.ts";

const SCRIPTS = ["run-tests.mjs", "test-events.mjs", "test-leftovers.mjs"];

/** Runs the runner in a project of these test files (path below test/ without .test.ts → JavaScript). */
function runTests(t: TestContext, files: Record<string, string>, args: string[] = []) {
  const root = mkdtempSync(join(tmpdir(), "p2pfs-runner-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const folder of ["scripts", "test", "dist"]) mkdirSync(join(root, folder));
  writeFileSync(join(root, "package.json"), '{"type":"module"}');
  for (const name of SCRIPTS) cpSync(join(projectRoot(), "scripts", name), join(root, "scripts", name));
  for (const [name, text] of Object.entries(files)) {
    for (const path of [`test/${name}.test.ts`, `dist/test/${name}.test.js`]) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), `import { test } from "node:test";\n${text}\n`);
    }
  }
  const result = spawnSync(process.execPath, [join(root, "scripts/run-tests.mjs"), ...args], {
    encoding: "utf8",
  });
  return { status: result.status, output: result.stdout + result.stderr, root };
}

test("counts what passed, failed and was skipped, and names the reason of each skip", (t) => {
  const { status, output } = runTests(t, {
    "a/one": 'test("holds", () => {}); test("waits", { skip: "needs a tape drive" }, () => {});',
    "b/two": 'test("breaks", () => { throw new TypeError("a broken promise"); });',
  });
  assert.equal(status, 1);
  assert.match(output, /test\/a\/one\.test\.ts:2: waits\n\s+needs a tape drive/);
  assert.match(output, /test\/b\/two\.test\.ts:2: breaks\n\s+TypeError: a broken promise/);
  assert.match(output, /\n1 passed, 1 failed, 1 skipped \(2 files\)\n$/);
});

test("ends well when all that ran passed", (t) => {
  const { status, output } = runTests(t, { fine: 'test("holds", () => {});' });
  assert.equal(status, 0);
  assert.match(output, /\n1 passed, 0 failed, 0 skipped \(1 files\)\n$/);
});

test("fails a skip that gives no reason", (t) => {
  const { status, output } = runTests(t, {
    silent: 'test("holds", () => {}); test("waits", { skip: true }, () => {});',
  });
  assert.equal(status, 1);
  assert.match(output, /waits\n\s+is skipped without a reason/);
});

test("fails when no test ran at all", (t) => {
  assert.equal(runTests(t, {}).status, 1);
  const skipped = runTests(t, { skipped: 'test("waits", { skip: "never" }, () => {});' });
  assert.equal(skipped.status, 1);
  assert.match(skipped.output, /No test ran/);
});

test("fails a file that holds no test, that breaks while loading, or that was not built", (t) => {
  const empty = runTests(t, { empty: "" });
  assert.match(empty.output, /test\/empty\.test\.ts\n\s+ran no test/);
  const broken = runTests(t, { broken: 'throw new RangeError("at load");' });
  assert.match(broken.output, /at load/);
  assert.deepEqual([empty.status, broken.status], [1, 1]);
});

test("does not run built files whose source is gone", (t) => {
  const { output, root } = runTests(t, { kept: 'test("holds", () => {});' });
  assert.match(output, /1 passed/);
  writeFileSync(join(root, "dist/test/gone.test.js"), 'throw new Error("a stale test ran");');
  const again = spawnSync(process.execPath, [join(root, "scripts/run-tests.mjs")], { encoding: "utf8" });
  assert.equal(again.status, 0);
  assert.doesNotMatch(again.stdout, /stale/);
});

test("leaves the tests of mounts, clusters and the system out with --unit", (t) => {
  const files = { "mount/m": 'test("mounts", () => {});', "base/b": 'test("holds", () => {});' };
  const unit = runTests(t, files, ["--unit"]);
  assert.match(unit.output, /\(1 files\)/);
  assert.doesNotMatch(unit.output, /mount/);
  assert.match(runTests(t, files).output, /\(2 files\)/);
});

test("ends and tells a process that a test left running", { skip: notLinux() }, (t) => {
  const { status, output } = runTests(t, {
    leaky: `import { spawn } from "node:child_process";
      test("starts what it does not stop", () => {
        spawn("sleep", ["600"], { detached: true, stdio: "ignore" }).unref();
      });`,
  });
  assert.equal(status, 1);
  const pid = /a process still ran: (\d+) sleep 600/.exec(output)?.[1];
  assert.ok(pid !== undefined, output);
  // A zombie that nobody collected yet has no command line any more.
  const ended = !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/cmdline`, "utf8") === "";
  assert.ok(ended, "it was ended");
});

test("removes and tells a file that a test left in the temporary folder", (t) => {
  const { status, output } = runTests(t, {
    untidy: `import { writeFileSync } from "node:fs"; import { tmpdir } from "node:os";
      test("leaves a file", () => writeFileSync(tmpdir() + "/forgotten", ""));`,
  });
  assert.equal(status, 1);
  assert.match(output, /a file was left: \S+forgotten/);
});

function notLinux(): string | false {
  return process.platform === "linux" ? false : "processes are found through /proc, which only Linux has";
}
