/** The daemon's directories, its pid file, who may connect, and what is refused under a mount of p2pfs. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { workhomePaths } from "../../daemon/config/workhome.ts";
import { makeDirectories, removePidFile, socketAccess, writePidFile } from "../../daemon/workhome-files.ts";

async function homeOf(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "p2pfs-home-"));
  t.after(() => rm(folder, { recursive: true }));
  return workhomePaths({ workhome: join(folder, "home"), uid: 0, environment: {} });
}

const access = { mode: 0o600 };

test("missing directories are made for their owner alone, and what exists keeps its rights", async (t) => {
  const paths = await homeOf(t);
  mkdirSync(paths.home);
  chmodSync(paths.home, 0o755);
  await makeDirectories(paths, { socketPath: paths.socketPath, storageDir: paths.storageDir, access });
  assert.equal(statSync(paths.home).mode & 0o777, 0o755);
  assert.equal(statSync(paths.storageDir).mode & 0o777, 0o700);
  assert.equal(statSync(paths.logDir).mode & 0o777, 0o700);
});

test("a directory that cannot be made is named", async (t) => {
  const paths = await homeOf(t);
  writeFileSync(paths.home, "a file");
  await assert.rejects(
    makeDirectories(paths, { socketPath: paths.socketPath, storageDir: paths.storageDir, access }),
    (error: Error) => error.message.includes(paths.home),
  );
});

test("a pid file is removed by the daemon it names and by no other", async (t) => {
  const { home, pidPath } = await homeOf(t);
  mkdirSync(home);
  await writePidFile(pidPath, 12);
  assert.equal(readFileSync(pidPath, "utf8"), "12\n");
  await removePidFile(pidPath, 13);
  assert.equal(existsSync(pidPath), true);
  await removePidFile(pidPath, 12);
  assert.equal(existsSync(pidPath), false);
});

test("a daemon of any user but root is reached by that user alone", async () => {
  assert.deepEqual(await socketAccess(1000), { mode: 0o600 });
});

test("a daemon of root is reached by the group p2pfs where there is one, else by root alone", async () => {
  const group = readFileSync("/etc/group", "utf8")
    .split("\n")
    .find((line) => line.startsWith("p2pfs:"));
  const expected = group === undefined ? { mode: 0o600 } : { mode: 0o660, gid: Number(group.split(":")[2]) };
  assert.deepEqual(await socketAccess(0), expected);
});
