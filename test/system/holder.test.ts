/** The holder of the mounts, seen from outside: what ends a daemon, what brings it back, and what its mounts answer meanwhile. */
import assert from "node:assert/strict";
import { cp, mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { addonMissing } from "../native/built-addon.ts";
import { randomContent } from "../origin/content.ts";
import { startNginx } from "../origin/nginx.ts";
import { projectRoot } from "../project-root.ts";
import {
  daemonPid,
  isAlive,
  isMounted,
  mountedDaemon,
  mountMissing,
  parentOf,
  readerWords,
  until,
} from "./daemon.ts";
import { catSha256, run, sha256, start } from "./processes.ts";
import { type Scope, scopeOf } from "./scope.ts";
import { MIB } from "./shows/figures.ts";
import { mountId } from "./shows/killed-daemon.ts";

/** A build of p2pfs like this one, under another version. */
async function otherBuild(scope: Scope, version: string): Promise<string> {
  const folder = await scope.folder("p2pfs-build-");
  const root = projectRoot();
  for (const part of ["dist", "proto"]) await cp(join(root, part), join(folder, part), { recursive: true });
  await mkdir(join(folder, "native/linux/build/Release"), { recursive: true });
  const addon = "native/linux/build/Release/p2pfs_linux.node";
  await cp(join(root, addon), join(folder, addon));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const facts = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ ...facts, version }));
  return folder;
}

const options = { skip: mountMissing() || addonMissing };

describe("the holder of the mounts", options, () => {
  test("SIGTERM to the daemon unmounts, and neither daemon nor holder is left", async (t) => {
    const daemon = await mountedDaemon(scopeOf(t));
    const { pid } = daemon;
    const holder = parentOf(pid);
    process.kill(pid, "SIGTERM");
    await until("the end of both", () => !isAlive(pid) && !isAlive(holder));
    assert.ok(!isMounted(daemon.mountpoint));
    assert.doesNotMatch(daemon.log, /daemon died/);
  });

  test("a mount that is taken away from outside is let go of, and the daemon goes on", async (t) => {
    const daemon = await mountedDaemon(scopeOf(t));
    const { pid } = daemon;
    assert.equal((await run(["umount", daemon.mountpoint])).code, 0);
    const status = () => daemon.ask("p2pfs", ["status"]);
    await until("the mount's end", async () => !(await status()).includes(daemon.mountpoint));
    // Without a mount there is nothing to come back for.
    const holder = parentOf(pid);
    daemon.killServing();
    await until("the end of both", () => !isAlive(pid) && !isAlive(holder));
  });

  test("a daemon that dies is back with its mount, its open files and directories", async (t) => {
    const scope = scopeOf(t);
    const origin = await startNginx({ autoindex: true });
    scope.after(() => origin.stop());
    const file = await origin.write("tree/file.bin", randomContent(3 * MIB));
    const daemon = await mountedDaemon(scope);
    const before = mountId(daemon.mountpoint);
    const path = daemon.path(origin.url("tree/file.bin"));
    const reader = start(scope, readerWords("steps", path));
    const answer = async (command: string) => {
      reader.child.stdin?.write(`${command}\n`);
      return (await reader.line()).split(" ")[1];
    };
    assert.equal(await answer("open"), "open");
    const first = await answer("read 0 65536");
    for (let round = 0; round < 3; round++) {
      const { pid } = daemon;
      daemon.killServing();
      await until("the next daemon", () => daemonPid(daemon.workhome) !== undefined && daemon.pid !== pid);
      assert.equal(await answer("read 0 65536"), first);
      assert.equal(await answer("stat"), String(3 * MIB));
      assert.equal((await run(["ls", join(daemon.mountpoint, "http")])).code, 0);
    }
    assert.equal(await catSha256(path), await sha256(file));
    assert.equal(mountId(daemon.mountpoint), before);
    // What was open is released by the last daemon as by the first.
    await reader.stop();
    await daemon.unmount();
  });

  test("commands wait for a daemon that is on its way back, and start no second one", async (t) => {
    const daemon = await mountedDaemon(scopeOf(t));
    const { pid } = daemon;
    daemon.killServing();
    const second = join(daemon.workhome, "second");
    await daemon.ask("p2pfs", ["mount", second]);
    assert.notEqual(daemon.pid, pid);
    assert.match(await daemon.ask("p2pfs", ["status"]), new RegExp(`${daemon.mountpoint} .*\\n.*${second} `));
    await daemon.ask("p2pfs", ["umount", second]);
  });

  test("after ten deaths in a row a mount answers EIO, until it is unmounted or mounted again", async (t) => {
    const daemon = await mountedDaemon(scopeOf(t));
    const { pid } = daemon;
    await rename(daemon.storage, `${daemon.storage}.away`);
    await writeFile(daemon.storage, "no directory");
    process.kill(pid, "SIGKILL");
    const listed = await run(["ls", daemon.mountpoint], { environment: { LC_ALL: "C" } });
    assert.match(listed.stderr, /Input\/output error/);
    assert.match(daemon.log, /"deaths":10.*"event":"daemon died"/);
    await run(["rm", daemon.storage]);
    await rename(`${daemon.storage}.away`, daemon.storage);
    await daemon.mount();
    assert.equal((await run(["ls", daemon.mountpoint])).code, 0);
    await daemon.unmount();
  });

  test("p2pfs mount of a newer build goes on with the mount of the older one, without unmounting", async (t) => {
    const scope = scopeOf(t);
    const origin = await startNginx();
    scope.after(() => origin.stop());
    const file = await origin.write("file.bin", randomContent(3 * MIB));
    const daemon = await mountedDaemon(scope);
    const before = mountId(daemon.mountpoint);
    const path = daemon.path(origin.url("file.bin"));
    assert.equal(await catSha256(path), await sha256(file));
    const steady = start(scope, readerWords("steady", path));
    assert.equal(await steady.line(), "begun");
    const build = await otherBuild(scope, "99.0.0");
    const command = [process.execPath, join(build, "dist/cli/p2pfs.js")];
    const mount = ["mount", "--workhome", daemon.workhome, daemon.mountpoint];
    const taken = await run([...command, ...mount]);
    assert.equal(taken.code, 0, taken.stderr);
    assert.match(await daemon.ask("p2pfs", ["status"]), /p2pfs 99\.0\.0, /);
    assert.equal(mountId(daemon.mountpoint), before);
    assert.equal(await catSha256(path), await sha256(file));
    const rounds = Number((await steady.finish()).at(-1)?.split(" ")[0]);
    assert.ok(rounds > 0, "an open file was read all the time");
    const older = await daemon.command("p2pfs", ["mount", daemon.mountpoint]);
    assert.match(older.stderr, /is already mounted by this daemon/);
    // It comes back as what it is now.
    daemon.killServing();
    assert.equal(await catSha256(path), await sha256(file));
    assert.match(await daemon.ask("p2pfs", ["status"]), /p2pfs 99\.0\.0, /);
  });
});
