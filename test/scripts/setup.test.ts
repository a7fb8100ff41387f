/**
 * scripts/setup.sh where it may not install: it says the one command that does. Goal: a user without rights knows what
 * to ask for. What it installs where it may is tried on a bare Debian by scripts/fresh.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { projectRoot } from "../project-root.ts";

const SCRIPT = readFileSync(join(projectRoot(), "scripts/setup.sh"), "utf8");
/** dpkg's own variable: a package database that does not exist has no package. */
const NOTHING_INSTALLED = { ...process.env, DPKG_ADMINDIR: "/var/empty/no-such-database" };

function notDebian(): string | false {
  return existsSync("/usr/bin/dpkg-query") ? false : "the packages are Debian's, and this is another system";
}

function cannotBecomeNobody(): string | false {
  if (process.getuid?.() !== 0) return "becoming a user without rights needs root";
  const became = spawnSync("setpriv", ["--reuid", "65534", "--clear-groups", "node", "--version"]);
  return became.status === 0 ? false : "a user without rights cannot run this machine's Node";
}

/** Runs the script as a user who may install nothing. */
function setUpAsNobody(...args: string[]) {
  const words = ["--reuid", "65534", "--clear-groups", "bash", "-s", "--", ...args];
  return spawnSync("setpriv", words, { encoding: "utf8", cwd: "/", input: SCRIPT, env: NOTHING_INSTALLED });
}

describe("setup.sh", { skip: notDebian() }, () => {
  test("prints the one command that installs what is missing", { skip: cannotBecomeNobody() }, () => {
    const all = setUpAsNobody();
    assert.equal(all.status, 1);
    assert.match(
      all.stdout,
      /^sudo sh -c 'apt-get update && apt-get install -y .*libfuse2 .*nginx-light.*'\n$/,
    );
    const toRun = setUpAsNobody("--run");
    assert.equal(toRun.status, 1);
    assert.match(toRun.stdout, /install -y --no-install-recommends libfuse2 fuse3 g\+\+ make python3'\n$/);
  });

  test("refuses a Node that is too old, by name of both versions", (t) => {
    const folder = mkdtempSync(join(tmpdir(), "p2pfs-setup-"));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "node"), "#!/bin/sh\necho 20.9.0\n");
    chmodSync(join(folder, "node"), 0o755);
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    const { status, stderr } = spawnSync("bash", ["-s"], { encoding: "utf8", input: SCRIPT, env });
    assert.equal(status, 1);
    assert.match(stderr, /^setup: Node\.js 20\.18\.0 or newer is needed; this is 20\.9\.0\.\n$/);
  });

  test("refuses arguments it does not know", () => {
    const { status, stderr } = spawnSync("bash", ["-s", "--", "--all"], { encoding: "utf8", input: SCRIPT });
    assert.deepEqual([status, stderr], [2, "setup: usage: setup.sh [--run]\n"]);
  });
});
