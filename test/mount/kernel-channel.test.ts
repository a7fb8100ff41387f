/**
 * The kernel channel under a real kernel, through a tiny server in a process of its own: all ways to answer a READ give
 * the same bytes, mounts come and go and outlive their server, descriptors may be swapped under readers.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { chmod, chown, copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom } from "../base/seeded-random.ts";
import { addonMissing } from "../native/built-addon.ts";
import { TINY_SERVER, TinyMount } from "../native/tiny-mount.ts";
import { output, run, sha256, start } from "../system/processes.ts";
import { type Scope, scopeOf } from "../system/scope.ts";

const MIB = 1 << 20;
const NOBODY = 65534;
const TEMPORARY_ROOT = "/tmp";

function cannotMount(): string | false {
  if (addonMissing !== false) return addonMissing;
  if (process.getuid?.() !== 0) return "mounting directly needs root";
  return existsSync("/dev/fuse") ? false : "there is no /dev/fuse";
}

/** A file of random bytes, the last block shorter than the others. */
async function randomFile(scope: Scope, megabytes: number): Promise<string> {
  const path = join(await scope.folder(), "content");
  const random = seededRandom("content");
  const bytes = Buffer.concat(Array.from({ length: megabytes }, () => random.bytes(MIB)));
  writeFileSync(path, bytes.subarray(0, bytes.length - 1234));
  return path;
}

/** Asks until it is so; a test that waits in vain fails. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, "it came to be so in time");
    await delay(10);
  }
}

describe("the kernel channel under a kernel", { skip: cannotMount() }, () => {
  test("every way to answer gives the same bytes, whole and in pieces, by read and by mmap", async (t) => {
    const scope = scopeOf(t);
    const content = await randomFile(scope, 24);
    const ways = ["native", "script", "worker", "passthrough"] as const;
    const mount = await TinyMount.open(
      scope,
      ways.map((way) => ({ name: way, content, way })),
    );
    const digest = await sha256(content);
    const mapped =
      "import sys,mmap,hashlib; f=open(sys.argv[1],'rb'); print(hashlib.sha256(mmap.mmap(f.fileno(),0,prot=1)).hexdigest())";
    for (const way of ways) {
      assert.equal(await sha256(mount.path(way)), digest, way);
      assert.equal(await output(["python3", "-c", mapped, mount.path(way)]), digest, `${way}, mapped`);
      const part = ["bs=1000", "skip=7777", "count=99", "status=none"];
      const ours = await output([
        "bash",
        "-c",
        `dd if="$1" ${part.join(" ")} | sha256sum`,
        "-",
        mount.path(way),
      ]);
      const theirs = await output(["bash", "-c", `dd if="$1" ${part.join(" ")} | sha256sum`, "-", content]);
      assert.equal(ours, theirs, `${way}, in part`);
      await output(["cmp", mount.path(way), content]);
    }
    const direct = `dd if="${mount.path("native")}" iflag=direct bs=4M status=none | sha256sum`;
    assert.equal((await output(["bash", "-c", direct])).split(" ")[0], digest);
  });

  test("READs of a file that is here never reach JavaScript, with passthrough not even the process", async (t) => {
    const scope = scopeOf(t);
    const content = await randomFile(scope, 16);
    const mount = await TinyMount.open(scope, [
      { name: "native", content, way: "native" },
      { name: "through", content, way: "passthrough" },
    ]);
    await output(["cat", mount.path("native")]);
    const { nativeReads, nativeReadBytes, requestedReads } = await mount.counters();
    assert.ok(nativeReads > 0);
    assert.equal(nativeReadBytes, 16 * MIB - 1234);
    assert.equal(requestedReads, 0);
    await output(["cat", mount.path("through")]);
    const after = await mount.counters();
    if (after.passthroughRefused !== 0)
      return t.skip(`this kernel refuses passthrough (${after.passthroughRefused})`);
    assert.equal(after.requestedReads + after.nativeReads - nativeReads, 0);
  });

  test("with random blocks missing, content is the same, and both sides answer their share", async (t) => {
    const scope = scopeOf(t);
    const random = seededRandom("random blocks");
    const content = await randomFile(scope, 16);
    const blockBytes = 64 * 1024;
    const present = Array.from({ length: 256 }, (_, block) => block).filter(() => random.below(2) === 0);
    const mount = await TinyMount.open(scope, [
      { name: "holes", content, way: "native", blockBytes, present },
    ]);
    const digest = await sha256(content);
    assert.equal(await sha256(mount.path("holes")), digest);
    const { nativeReads, workerReads } = await mount.counters();
    assert.ok(nativeReads > 0 && workerReads > 0, `${nativeReads} native, ${workerReads} by workers`);
    // Bits come and go while it is read again and again.
    const reading = run([
      "bash",
      "-c",
      'for i in 1 2 3 4 5 6; do sha256sum < "$1"; done',
      "-",
      mount.path("holes"),
    ]);
    for (let i = 0; i < 300; i++) await mount.ask(random.pick(["set", "clear"]), "holes", random.below(256));
    const { stdout } = await reading;
    assert.deepEqual([...new Set(stdout.trim().split("\n"))], [`${digest}  -`]);
  });

  test("descriptors closed and used again under readers never show them another file's bytes", async (t) => {
    const scope = scopeOf(t);
    const content = await randomFile(scope, 16);
    const mount = await TinyMount.open(scope, [{ name: "swapped", content, way: "native" }]);
    const digest = await sha256(content);
    const loop = 'for i in $(seq 12); do sha256sum < "$1"; done';
    const readers = Array.from({ length: 3 }, () => run(["bash", "-c", loop, "-", mount.path("swapped")]));
    let running = true;
    const swapping = (async () => {
      let swaps = 0;
      while (running) swaps += (await mount.ask<{ swaps: number }>("swap", "swapped", 200)).swaps;
      return swaps;
    })();
    const results = await Promise.all(readers);
    running = false;
    assert.ok((await swapping) > 1000);
    for (const { stdout } of results) {
      assert.deepEqual([...new Set(stdout.trim().split("\n"))], [`${digest}  -`]);
    }
  });

  test("attributes that are none of ours are answered without JavaScript, and switch nothing off", async (t) => {
    const scope = scopeOf(t);
    const content = await randomFile(scope, 1);
    const mount = await TinyMount.open(scope, [{ name: "file", content, way: "native" }]);
    const script =
      "import os,sys,errno\nfor name in sys.argv[2:]:\n  try: os.getxattr(sys.argv[1], name)\n  except OSError as e: print(errno.errorcode[e.errno])";
    const ask = (...names: string[]) => output(["python3", "-c", script, mount.path("file"), ...names]);
    assert.equal(await ask("user.other", "security.selinux", "user.other"), "ENODATA\nENOTSUP\nENODATA");
    const { nativeXattrs, requests } = await mount.counters();
    assert.ok(nativeXattrs >= 3);
    // The tiny server knows no attribute; asked by the name that is ours, it is the one that answers.
    await ask("user.p2p.url");
    assert.ok((await mount.counters()).requests > requests);
  });

  test("new bytes are seen once the kernel is told that the old ones are void", async (t) => {
    const scope = scopeOf(t);
    const content = await randomFile(scope, 2);
    const file = { name: "kept", content, way: "native", keepCache: true } as const;
    const mount = await TinyMount.open(scope, [file]);
    const before = await sha256(mount.path("kept"));
    const other = await randomFile(scope, 2);
    await copyFile(other, content);
    assert.equal(await sha256(mount.path("kept")), before, "the kernel's page cache is kept");
    assert.deepEqual(await mount.ask("invalidate", "kept"), { result: 0 });
    assert.equal(await sha256(mount.path("kept")), await sha256(other));
  });

  test("an unmount from outside ends the channel, and the server", async (t) => {
    const scope = scopeOf(t);
    const content = await randomFile(scope, 1);
    const mount = await TinyMount.open(scope, [{ name: "file", content, way: "native" }]);
    await output(["umount", mount.target]);
    assert.equal(await mount.server.line(), '{"ended":19}', "ENODEV");
    assert.equal(await mount.server.ended, 0);
  });

  test("the server unmounts itself", async (t) => {
    const scope = scopeOf(t);
    const content = await randomFile(scope, 1);
    const mount = await TinyMount.open(scope, [{ name: "file", content, way: "native" }]);
    mount.server.child.stdin?.write("unmount\n");
    assert.equal(await mount.server.ended, 0);
  });

  test("killed without a holder, it leaves an error and no process that hangs", async (t) => {
    const scope = scopeOf(t);
    const content = await randomFile(scope, 1);
    const mount = await TinyMount.open(scope, [{ name: "stuck", content, way: "stuck" }]);
    const reading = run(["cat", mount.path("stuck")]);
    await until(async () => (await mount.counters()).requestedReads > 0);
    await mount.server.stop("SIGKILL");
    const { code, stderr } = await reading;
    assert.equal(code, 1);
    assert.match(stderr, /Transport endpoint is not connected|Software caused connection abort/);
  });

  test("whoever holds the device can start another server, which answers what the first one owed", async (t) => {
    const scope = scopeOf(t);
    const content = await randomFile(scope, 8);
    const digest = await sha256(content);
    const first = await TinyMount.open(scope, [
      { name: "buffered", content, way: "stuck" },
      { name: "direct", content, way: "stuck" },
      { name: "through", content, way: "passthrough" },
    ]);
    const device = await first.takeDevice();
    const buffered = start(scope, ["sha256sum", first.path("buffered")]);
    const direct = start(scope, [
      "dd",
      `if=${first.path("direct")}`,
      "iflag=direct",
      "bs=1M",
      "status=none",
      "of=/dev/null",
    ]);
    // Given up first of all: readers cannot even be killed while somebody holds the device and nobody answers.
    scope.after(() => closeSync(device));
    await until(async () => (await first.counters()).requestedReads >= 2);
    await first.server.stop("SIGKILL");
    const files = [
      { name: "buffered", content, way: "native" },
      { name: "direct", content, way: "native" },
      { name: "through", content, way: "passthrough" },
    ] as const;
    const second = await TinyMount.open(scope, files, { via: "adopt", device, target: first.target });
    assert.equal(await buffered.line(), `${digest}  ${first.path("buffered")}`);
    assert.equal(await direct.ended, 0);
    assert.equal(await sha256(second.path("through")), digest);
    const { initMinor } = await second.counters();
    assert.equal(initMinor, 0, "the kernel does not negotiate again");
  });

  test("closing a channel keeps the mount for whoever holds the device", async (t) => {
    const scope = scopeOf(t);
    const content = await randomFile(scope, 2);
    const files = [{ name: "file", content, way: "native" }] as const;
    const first = await TinyMount.open(scope, files);
    const device = await first.takeDevice();
    scope.after(() => closeSync(device));
    await first.ask("close");
    await first.server.stop();
    const second = await TinyMount.open(scope, files, { via: "adopt", device, target: first.target });
    assert.equal(await sha256(second.path("file")), await sha256(content));
  });

  test("what cannot be mounted is refused with the system's reason", async (t) => {
    const scope = scopeOf(t);
    const content = await randomFile(scope, 1);
    const file = join(await scope.folder(), "file");
    writeFileSync(file, "");
    const files = [{ name: "file", content, way: "native" }] as const;
    await assert.rejects(TinyMount.open(scope, files, { target: file }), /cannot mount on .*ENOTDIR/);
    const helped = TinyMount.open(scope, files, {
      via: "helper",
      wrapper: [
        "unshare",
        "--mount",
        "sh",
        "-c",
        'mount --bind /dev/null /usr/bin/fusermount3; exec "$@"',
        "sh",
      ],
    });
    await assert.rejects(helped, /cannot mount on .*(EACCES|ENOEXEC)/);
  });
});

function cannotBecomeNobody(): string | false {
  const reason = cannotMount();
  if (reason !== false) return reason;
  if (!existsSync("/usr/bin/fusermount3")) return "there is no fusermount3 (package fuse3)";
  const asNobody = ["--reuid", String(NOBODY), "--regid", String(NOBODY), "--clear-groups"];
  const reads = spawnSync("setpriv", [...asNobody, "test", "-r", TINY_SERVER]);
  return reads.status === 0 ? false : "another user may not read this checkout, or there is no setpriv";
}

/** The runner's temporary folders are for root alone: lets others pass through those above `folder`. */
async function openTheWay(folder: string): Promise<void> {
  for (let above = folder; above.startsWith(`${TEMPORARY_ROOT}/`); above = dirname(above))
    await chmod(above, 0o755);
}

describe("a user without rights", { skip: cannotBecomeNobody() }, () => {
  test("mounts through fusermount3 and gets the native way; passthrough is refused in a word", async (t) => {
    const scope = scopeOf(t);
    const content = await randomFile(scope, 4);
    const folder = await scope.folder();
    const target = join(folder, "mount");
    mkdirSync(target);
    await chown(target, NOBODY, NOBODY);
    for (const path of [folder, dirname(content)]) await openTheWay(path);
    await chmod(content, 0o755);
    // Others than root may not open this machine's own device: in a mount namespace they get one that they may.
    const device = join(folder, "fuse");
    await output(["mknod", "-m", "666", device, "c", "10", "229"]);
    const enter =
      'mount --bind "$1" /dev/fuse && shift && exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"';
    const wrapper = ["unshare", "--mount", "--propagation", "private", "sh", "-c", enter, "sh", device];
    const files = [
      { name: "native", content, way: "native" },
      { name: "through", content, way: "passthrough" },
    ] as const;
    const mount = await TinyMount.open(scope, files, { via: "product", wrapper, target });
    const asNobody = [
      "nsenter",
      "-t",
      String(mount.server.pid),
      "-m",
      "setpriv",
      "--reuid",
      "65534",
      "--regid",
      "65534",
      "--clear-groups",
    ];
    const digest = await sha256(content);
    for (const { name } of files) {
      assert.equal((await output([...asNobody, "sha256sum", mount.path(name)])).split(" ")[0], digest, name);
    }
    const table = readFileSync(`/proc/${mount.server.pid}/mountinfo`, "utf8");
    assert.match(
      table,
      new RegExp(`${target} ro,nosuid,nodev,relatime - fuse.p2pfs p2pfs ro,user_id=65534,`),
    );
    const { passthroughRefused, nativeReads } = await mount.counters();
    assert.equal(passthroughRefused, -1, "EPERM");
    assert.ok(nativeReads > 0);
    const refused = await run(["nsenter", "-t", String(mount.server.pid), "-m", "cat", mount.path("native")]);
    assert.match(refused.stderr, /Permission denied/, "nobody's mount is nobody else's, not even root's");
    await output([...asNobody, "fusermount3", "-u", mount.target]);
    assert.equal(await mount.server.line(), '{"ended":19}');
  });
});
