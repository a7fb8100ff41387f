/** Options, commands and messages of mounting and unmounting: what can be told without mounting. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { MOUNT_HOLDERS_MAX } from "../../../base/limits.ts";
import { runCommand } from "../../../fs/bindings/child-command.ts";
import { addonMissing, loadAddon } from "../../../fs/bindings/fuse-native/addon.ts";
import { mountText } from "../../../fs/bindings/fuse-native/mount-text.ts";
import { probe } from "../../../fs/bindings/mount-probe.ts";
import { unmountCommands } from "../../../fs/bindings/unmount.ts";
import { holdersOf } from "../../../fs/mount-holders.ts";

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "p2pfs-bindings-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test("the kernel keeps no attributes and no names, so that an old size never cuts new bytes", () => {
  const text = mountText({ directory: "/p2p" }, "linux");
  for (const option of ["attr_timeout=0", "entry_timeout=0", "negative_timeout=0"])
    assert.ok(text.split(/,|^-o/).includes(option), option);
});

test("ro and allow_other are there when they are asked for, and only then", () => {
  const options = (more: object, platform: NodeJS.Platform = "linux") =>
    mountText({ directory: "/p2p", ...more }, platform)
      .slice(2)
      .split(",");
  assert.deepEqual(
    ["ro", "allow_other"].filter((option) => options({}).includes(option)),
    [],
  );
  assert.ok(options({ readOnly: true }).includes("ro"));
  assert.ok(options({ allowOther: true }).includes("allow_other"));
  assert.ok(options({}).includes("subtype=p2pfs"));
  assert.ok(!options({}, "darwin").some((option) => option.startsWith("subtype")));
});

test("every option text fits into the addon's buffer", () => {
  for (const platform of ["linux", "darwin"] as const)
    assert.ok(mountText({ directory: "/p2p", readOnly: true, allowOther: true }, platform).length < 1023);
});

test("root unmounts with umount, others with fusermount, and force and lazy are what each calls so", () => {
  const first = (options: object, isRoot: boolean, platform: NodeJS.Platform = "linux") =>
    unmountCommands("/p2p", options, { platform, isRoot })[0]?.join(" ");
  assert.equal(first({}, true), "umount -c -i /p2p");
  assert.equal(first({ lazy: true }, true), "umount -c -i -l /p2p");
  assert.equal(first({ force: true }, true), "umount -c -i -f -l /p2p");
  assert.equal(first({}, false), "fusermount3 -u /p2p");
  assert.equal(first({ lazy: true }, false), "fusermount3 -u -z /p2p");
  assert.equal(first({ force: true }, false), "fusermount3 -u -z /p2p");
  assert.equal(first({ force: true }, true, "darwin"), "umount -f /p2p");
});

test("an addon that cannot be loaded is one sentence that names what is missing", () => {
  const library = new Error("libfuse.so.2: cannot open shared object file: No such file or directory");
  assert.equal(addonMissing(library).message, "libfuse 2 is missing; install Debian's package libfuse2");
  const build = new Error("No native build was found for platform=linux arch=arm64\n    loaded from: /x");
  assert.match(addonMissing(build).message, /^the package fuse-native has no build for \w+ on \w+$/);
  const absent = Object.assign(new Error("Cannot find module"), { code: "MODULE_NOT_FOUND" });
  assert.equal(addonMissing(absent).message, "the package fuse-native is not installed; run npm ci");
  assert.equal(addonMissing(new Error("odd\nsecond line")).message, "the FUSE addon cannot be loaded: odd");
  assert.equal(addonMissing(library).code, "NOT_SUPPORTED");
});

test("the addon of the installed package has every operation that is used", (t) => {
  try {
    const addon = loadAddon();
    for (const operation of ["read", "fgetattr", "listxattr", "readdir"] as const)
      assert.equal(typeof addon.signal(operation), "function");
    assert.ok(addon.mountBytes > 1000);
  } catch (error) {
    t.skip(`the addon cannot be loaded here: ${(error as Error).message}`);
  }
});

test("a command that does not end is left behind at its deadline", async () => {
  const result = await runCommand("sleep", ["30"], { clock: systemClock, deadlineMs: 50 });
  assert.deepEqual(result, { status: undefined, output: "" });
  assert.equal(
    await runCommand("no-such-command-p2pfs", [], { clock: systemClock, deadlineMs: 5000 }),
    undefined,
  );
  const failing = await runCommand("sh", ["-c", "echo one; echo two >&2; exit 3"], {
    clock: systemClock,
    deadlineMs: 5000,
  });
  assert.equal(failing?.status, 3);
  assert.match(failing?.output ?? "", /one/);
  assert.match(failing?.output ?? "", /two/);
});

test("a look from another process tells what answers from what is not there", async (t) => {
  const folder = await makeFolder(t);
  assert.equal(await probe(folder, { clock: systemClock }), "answers");
  assert.equal(await probe(join(folder, "none"), { clock: systemClock }), "fails");
});

/** A /proc of its own, with one process for each of `processes`. */
async function makeProc(
  t: TestContext,
  processes: readonly { cwd?: string; root?: string; fd?: string; maps?: string }[],
): Promise<string> {
  const proc = await makeFolder(t);
  for (const [index, { cwd = "/", root = "/", fd = "/dev/null", maps = "" }] of processes.entries()) {
    const folder = join(proc, String(100 + index));
    await mkdir(join(folder, "fd"), { recursive: true });
    await symlink(cwd, join(folder, "cwd"));
    await symlink(root, join(folder, "root"));
    await symlink(fd, join(folder, "fd", "5"));
    await writeFile(join(folder, "maps"), maps);
    await writeFile(join(folder, "comm"), "reader\n");
  }
  await mkdir(join(proc, "sys"));
  return proc;
}

test("holders are found by working directory, root, open file and mapping, and no neighbour is", async (t) => {
  const line = (path: string) => `7f00-7f01 r--s 00000000 00:2c 5          ${path}\n`;
  const proc = await makeProc(t, [
    { cwd: "/p2p/http" },
    { root: "/p2p" },
    { fd: "/p2p/a b.bin" },
    { maps: `${line("/usr/lib/libc.so")}${line("/p2p/model.bin")}7f02-7f03 rw-p 00000000 00:00 0 [heap]\n` },
    { cwd: "/p2p-other", fd: "/p", maps: line("/srv/p2p/x") },
  ]);
  const holders = await holdersOf("/p2p", proc);
  assert.deepEqual(
    holders.map(({ pid, holds, path }) => [pid, holds, path]),
    [
      [100, "working directory", "/p2p/http"],
      [101, "root directory", "/p2p"],
      [102, "open file", "/p2p/a b.bin"],
      [103, "mapped file", "/p2p/model.bin"],
    ],
  );
  assert.equal(holders[0]?.command, "reader");
});

test("no more holders are named than the bound, and where there is no /proc nobody is", async (t) => {
  const many = Array.from({ length: MOUNT_HOLDERS_MAX + 5 }, () => ({ cwd: "/p2p" }));
  assert.equal((await holdersOf("/p2p", await makeProc(t, many))).length, MOUNT_HOLDERS_MAX);
  assert.deepEqual(await holdersOf("/p2p", "/nonexistent"), []);
});
