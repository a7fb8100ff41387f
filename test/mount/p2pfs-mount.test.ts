/** `p2pfs mount` and `umount` as their users and mount(8) call them. What every mount means is tested elsewhere. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { ownMountsOf, readMountTable } from "../../base/mount-table.ts";
import { TestHome, until, words } from "../cli/home.ts";
import { addonMissing } from "../native/built-addon.ts";
import { detach, mountMissing, parentOf } from "../system/daemon.ts";
import { run, start } from "../system/processes.ts";

async function isMounted(directory: string): Promise<boolean> {
  return ownMountsOf(await readMountTable()).includes(directory);
}

/** A home and a mountpoint that is not there yet; whatever is mounted there goes with the test. */
async function world(t: TestContext): Promise<{ home: TestHome; mnt: string }> {
  const home = await TestHome.open(t);
  // The mount table has no symbolic links; the mountpoint itself must not be looked at.
  const mnt = join(realpathSync(home.home), "mnt");
  home.scope.after(() => detach(mnt));
  return { home, mnt };
}

describe("p2pfs mount", { skip: mountMissing() }, () => {
  test("makes the directory, starts a daemon, and that ends after the last umount", async (t) => {
    const { home, mnt } = await world(t);
    const mounted = await home.run("p2pfs", ["mount", mnt]);
    assert.equal(mounted.code, 0, mounted.stderr);
    assert.equal(mounted.stdout + mounted.stderr, "");
    assert.match((await run(["ls", mnt])).stdout, /^http\nhttps\n/);
    await home.started();
    const second = home.path("second");
    home.scope.after(() => detach(second));
    assert.equal(
      (await home.run("p2pfs", ["mount", second, "--binding", "fuse-native", "--read-only"])).code,
      0,
    );
    assert.equal((await home.run("p2pfs", ["umount", mnt])).code, 0);
    assert.ok(await home.daemon(), "a mount is left");
    const { stdout } = await home.run("p2pfs", ["status", "--json"]);
    assert.deepEqual(JSON.parse(stdout).mounts, [
      { directory: second, binding: "fuse-native", readOnly: true },
    ]);
    assert.equal((await home.run("p2pfs", ["umount", second])).code, 0);
    await until(async () => (await home.daemon()) === undefined);
    assert.equal(existsSync(home.path("dfdaemon.sock")), false);
    const again = await home.run("p2pfs", ["mount", mnt]);
    assert.equal(again.code, 0, again.stderr);
  });

  test("takes the native binding when it is asked for, where its addon was built", {
    skip: addonMissing,
  }, async (t) => {
    const { home, mnt } = await world(t);
    const mounted = await home.run("p2pfs", ["mount", "--binding", "native", mnt]);
    assert.equal(mounted.code, 0, mounted.stderr);
    assert.match((await run(["ls", mnt])).stdout, /^http\nhttps\n/);
    assert.match((await home.run("p2pfs", ["status"])).stdout, /\(native, ro\)/);
    assert.equal((await home.run("p2pfs", ["umount", mnt])).code, 0);
  });

  test("again and again, right after the umount that ends the daemon, always mounts", async (t) => {
    const { home, mnt } = await world(t);
    for (let round = 0; round < 5; round++) {
      const mounted = await home.run("p2pfs", ["mount", mnt]);
      assert.equal(mounted.code, 0, mounted.stderr);
      assert.ok(await isMounted(mnt));
      const unmounted = await home.run("p2pfs", ["umount", mnt]);
      assert.equal(unmounted.code, 0, unmounted.stderr);
      assert.ok(!(await isMounted(mnt)));
    }
  });

  test("in the foreground stays until it is told to end, and unmounts then", async (t) => {
    const { home, mnt } = await world(t);
    const stays = home.start("p2pfs", ["mount", "--foreground", mnt]);
    await until(() => isMounted(mnt));
    assert.equal((await run(["ls", mnt])).code, 0);
    stays.child.kill("SIGINT");
    assert.equal(await stays.ended, 0);
    assert.ok(!(await isMounted(mnt)));
    await until(async () => (await home.daemon()) === undefined);
  });

  test("in the foreground ends when somebody else unmounts, and is unmounted when it is killed", async (t) => {
    const { home, mnt } = await world(t);
    const first = home.start("p2pfs", ["mount", "--foreground", mnt]);
    await until(() => isMounted(mnt));
    await until(async () => (await home.run("p2pfs", ["umount", mnt])).code === 0);
    assert.equal(await first.ended, 0);
    const second = home.start("p2pfs", ["mount", "--foreground", mnt]);
    await until(() => isMounted(mnt));
    second.child.kill("SIGKILL");
    await until(async () => !(await isMounted(mnt)));
  });

  test("works as the helper that mount(8) calls for a line of fstab", {
    skip: process.getuid?.() === 0 && existsSync("/sbin/mount.fuse") ? false : "needs root and mount.fuse",
  }, async (t) => {
    const { home, mnt } = await world(t);
    mkdirSync(mnt);
    const [node = "", program = ""] = words("p2pfs");
    // For the type fuse.p2pfs the helper is looked for in the system's own directories; for fuse it is named.
    const helper = home.path("p2pfs");
    writeFileSync(helper, `#!/bin/sh\nexec "${node}" "${program}" "$@"\n`, { mode: 0o755 });
    const options = `rw,noauto,nofail,allow_other,uid=7,umask=077,workhome=${home.home}`;
    const mounted = await run(["mount", "-t", "fuse", "-o", options, `${helper}#p2pfs`, mnt]);
    assert.equal(mounted.code, 0, mounted.stderr);
    assert.ok(await isMounted(mnt));
    assert.equal((await run(["stat", "-c", "%u %a", `${mnt}/http`])).stdout, "7 500\n");
    assert.equal((await run(["umount", mnt])).code, 0);
    await until(async () => (await home.daemon()) === undefined);
  });

  test("refuses what cannot be mounted at, each in one sentence", async (t) => {
    const { home, mnt } = await world(t);
    assert.equal((await home.run("p2pfs", ["mount", mnt])).code, 0);
    writeFileSync(home.path("file"), "");
    mkdirSync(home.path("full"));
    writeFileSync(home.path("full/x"), "");
    symlinkSync(mnt, home.path("link"));
    const cases: readonly (readonly [string, RegExp, number])[] = [
      [mnt, /^p2pfs: \S+mnt is already mounted by this daemon\.\n$/, 1],
      [`${mnt}/http/x`, /lies in \S+mnt, which is a mount of p2pfs itself\.\n$/, 2],
      [home.path("link/http"), /lies in \S+mnt, which is a mount of p2pfs itself\.\n$/, 2],
      [home.path("file"), /file is not a directory\.\n$/, 1],
      [home.path("file/below"), /file\/below is not a directory\.\n$/, 1],
      [home.path("full"), /full is not empty: its files would be hidden by the mount\.\n$/, 1],
      ["/proc", /^p2pfs: \/proc is busy: \S+ \(\S+\) is mounted there\.\n$/, 1],
    ];
    for (const [directory, expected, code] of cases) {
      const refused = await home.run("p2pfs", ["mount", directory]);
      assert.match(refused.stderr, expected);
      assert.equal(refused.code, code, directory);
    }
    const option = await home.run("p2pfs", ["mount", "-o", "banana", home.path("n")]);
    assert.equal(option.stderr, "p2pfs: the mount option banana is not known.\n");
    assert.equal(option.code, 2);
  });

  test("of storage, log or socket inside a mount of p2pfs is refused without touching it", async (t) => {
    const { home, mnt } = await world(t);
    assert.equal((await home.run("p2pfs", ["mount", mnt])).code, 0);
    const other = await TestHome.open(t, `storage: {dir: ${mnt}/http/storage}\n`);
    const refused = await other.run("dfdaemon", []);
    assert.equal(refused.code, 2);
    assert.match(
      refused.stderr,
      /storage\.dir \S+ lies in \S+mnt, a mount of p2pfs, which the daemon must not use itself/,
    );
    assert.deepEqual(readdirSync(other.home), ["dfdaemon.yaml"]);
  });
});

describe("p2pfs umount", { skip: mountMissing() }, () => {
  test("of a busy mount names its holders and leaves it, lazily takes it away", async (t) => {
    const { home, mnt } = await world(t);
    assert.equal((await home.run("p2pfs", ["mount", mnt])).code, 0);
    const holder = start(home.scope, ["bash", "-c", 'cd "$1" && echo in && read -r _', "bash", mnt]);
    assert.equal(await holder.line(), "in");
    const busy = await home.run("p2pfs", ["umount", mnt]);
    assert.equal(busy.code, 1);
    assert.equal(
      busy.stderr,
      `p2pfs: ${mnt} is in use by bash (pid ${holder.pid}, working directory); end it, or unmount with --lazy.\n`,
    );
    const lazy = await home.run("p2pfs", ["umount", "--lazy", mnt]);
    assert.equal(lazy.code, 0, lazy.stderr);
    assert.ok(!(await isMounted(mnt)));
  });

  test("takes away what a daemon left that was killed together with its holder", async (t) => {
    const { home, mnt } = await world(t);
    assert.equal((await home.run("p2pfs", ["mount", mnt])).code, 0);
    const pid = await home.started();
    process.kill(parentOf(pid), "SIGKILL");
    process.kill(pid, "SIGKILL");
    await until(async () => (await home.daemon()) === undefined);
    const taken = await home.run("p2pfs", ["umount", mnt]);
    assert.equal(taken.code, 0, taken.stderr);
    assert.ok(!(await isMounted(mnt)));
    const nothing = await home.run("p2pfs", ["umount", mnt]);
    assert.equal(nothing.code, 1);
    assert.equal(nothing.stderr, `p2pfs: nothing of p2pfs is mounted at ${mnt}.\n`);
  });

  test("leaves a mount of another workhome's living daemon alone", async (t) => {
    const { home, mnt } = await world(t);
    assert.equal((await home.run("p2pfs", ["mount", mnt])).code, 0);
    const other = await TestHome.open(t);
    const refused = await other.run("p2pfs", ["umount", mnt]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /is served by a daemon of another workhome; give its --workhome/);
    assert.ok(await isMounted(mnt));
  });
});

test("a daemon that is told to end unmounts, a busy mount too", { skip: mountMissing() }, async (t) => {
  const { home, mnt } = await world(t);
  assert.equal((await home.run("p2pfs", ["mount", mnt])).code, 0);
  const holder = start(home.scope, ["bash", "-c", 'cd "$1" && echo in && read -r _', "bash", mnt]);
  assert.equal(await holder.line(), "in");
  const pid = await home.started();
  process.kill(pid, "SIGTERM");
  await until(async () => (await home.daemon()) === undefined);
  assert.ok(!(await isMounted(mnt)));
});
