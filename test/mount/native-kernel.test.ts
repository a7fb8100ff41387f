/**
 * What the native binding does beyond the promises of every binding, on a real mount: who answers reads, how little
 * reaches the process, and that no client can open a file in a way that fails.
 */
import assert from "node:assert/strict";
import { open, readFile, stat } from "node:fs/promises";
import { describe, type TestContext, test } from "node:test";
import { INIT_FLAG } from "../../fs/bindings/kernel-abi/flags.ts";
import { patternBytes } from "../../fs/memory-file.ts";
import { seededRandom } from "../base/seeded-random.ts";
import { addonMissing } from "../native/built-addon.ts";
import { failsWith, isRoot, MIB, openFile, patternDigest, sha256 } from "../suites/mount/under-test.ts";
import { cannotMount } from "../suites/mount-suite.ts";
import type { ServeOptions } from "./commands.ts";
import { eventually, python, pythonTalk, run, untilLine } from "./programs.ts";
import { type Served, serveMount } from "./served.ts";

const serve = (t: TestContext, native: ServeOptions["native"] = {}) =>
  serveMount(t, { binding: "native", native });

const countersOf = async (served: Served) => (await served.tell("channel")).counters;

/** READs that came to the process at all, whoever in it answered them. */
async function readsOf(served: Served): Promise<number> {
  const { nativeReads, requestedReads } = await countersOf(served);
  return nativeReads + requestedReads;
}

async function withoutPassthrough(served: Served): Promise<string | false> {
  const { passthroughRefusal } = await served.tell("channel");
  return passthroughRefusal === undefined ? false : `no passthrough here: ${passthroughRefusal}`;
}

/** The kernel's offers that the binding takes. */
const TAKEN = new Set([
  "ASYNC_READ",
  "BIG_WRITES",
  "AUTO_INVAL_DATA",
  "DO_READDIRPLUS",
  "READDIRPLUS_AUTO",
  "PARALLEL_DIROPS",
  "ABORT_ERROR",
  "MAX_PAGES",
  "HANDLE_KILLPRIV_V2",
  "INIT_EXT",
  "DIRECT_IO_ALLOW_MMAP",
  "PASSTHROUGH",
  "NO_EXPORT_SUPPORT",
  "HAS_RESEND",
]);

const skip = addonMissing || cannotMount();

describe("the native binding", { skip }, () => {
  test("lets the kernel read a complete file itself: no READ comes", async (t) => {
    const served = await serve(t);
    await served.tell("addFile", "whole", 24 * MIB + 5, 3, { arrival: "present" });
    const digest = patternDigest(24 * MIB + 5, 3);
    assert.equal(sha256((await run("cat", served.path("whole"))).stdout), digest);
    const refusal = await withoutPassthrough(served);
    if (refusal !== false) return t.skip(refusal);
    const mapped =
      "import hashlib; f = open(args[0],'rb'); print(hashlib.sha256(mmap.mmap(f.fileno(), 0, prot=1)).hexdigest())";
    assert.equal(await python(mapped, served.path("whole")), digest);
    const direct = await run("dd", `if=${served.path("whole")}`, "iflag=direct", "bs=1M", "status=none");
    assert.equal(sha256(direct.stdout), digest);
    assert.equal(await readsOf(served), 0);
  });

  test("without passthrough, reads of what is here never reach JavaScript, and a second open needs none", async (t) => {
    const served = await serve(t, { refused: ["PASSTHROUGH"] });
    await served.tell("addFile", "whole", 24 * MIB + 5, 3, { arrival: "present" });
    const read = async () => sha256((await run("cat", served.path("whole"))).stdout);
    assert.equal(await read(), patternDigest(24 * MIB + 5, 3));
    const first = await countersOf(served);
    assert.equal(first.requestedReads, 0);
    assert.equal(first.nativeReadBytes, 24 * MIB + 5);
    assert.equal(await read(), patternDigest(24 * MIB + 5, 3));
    assert.equal(await readsOf(served), first.nativeReads, "the kernel has the pages still");
    assert.match((await served.tell("channel")).passthroughRefusal ?? "", /offers no passthrough/);
    const [line] = await served.tell("logged", "no passthrough; reads go through the daemon");
    if (isRoot) assert.equal(line?.fields.readAheadKib, 512);
    else assert.match(String(line?.fields.readAhead), /cannot be raised/);
  });

  test("pages of an old version are not kept", async (t) => {
    const served = await serve(t, { refused: ["PASSTHROUGH"] });
    await served.tell("addFile", "f", 3 * MIB, 1, { arrival: "present", modifiedAtMs: 1000 });
    assert.equal(sha256(await readFile(served.path("f"))), patternDigest(3 * MIB, 1));
    // The same size at the same time, so that nothing but the version tells.
    await served.tell("update", "f", 3 * MIB, 2, { present: true });
    assert.equal(sha256(await readFile(served.path("f"))), patternDigest(3 * MIB, 2));
  });

  test("a file that completes while it is open is passed through to whoever opens it next", async (t) => {
    const served = await serve(t);
    await served.tell("addFile", "f", 4 * MIB, 3);
    const path = served.path("f");
    const old = await openFile(t, path);
    const bytes = Buffer.alloc(1000);
    await old.read(bytes, 0, 1000, 0);
    const mapping = pythonTalk(
      "f = open(args[0], 'rb'); m = mmap.mmap(f.fileno(), 0, prot=1); m[0]; f.close()\nstep('mapped')\nimport hashlib; print(hashlib.sha256(m).hexdigest())",
      path,
    );
    await untilLine(mapping, "mapped");
    const { ino } = await old.stat();
    await served.tell("arrive", "f", [0, 1, 2, 3]);
    const before = await readsOf(served);
    const next = await openFile(t, path);
    assert.equal((await next.stat()).ino, ino, "nobody sees that it is another inode");
    assert.equal((await stat(path)).ino, ino);
    assert.equal(sha256(await next.readFile()), patternDigest(4 * MIB, 3));
    if ((await withoutPassthrough(served)) === false) assert.equal(await readsOf(served), before);
    await old.read(bytes, 0, 1000, 3 * MIB);
    assert.deepEqual(bytes, Buffer.from(patternBytes(3, 3 * MIB, 1000)), "what was open goes on");
    mapping.child.stdin?.write("\n");
    assert.match((await mapping.ended).stdout.toString(), new RegExp(patternDigest(4 * MIB, 3)));
  });

  test("a file is opened anew through /proc while it completes", async (t) => {
    const served = await serve(t);
    await served.tell("addFile", "f", 2 * MIB, 3);
    const talk = pythonTalk(
      `fd = os.open(args[0], os.O_RDONLY); os.pread(fd, 10, 0)
step('open')
again = os.open('/proc/self/fd/%d' % fd, os.O_RDONLY)
print(len(os.pread(again, 10, 2**20)))`,
      served.path("f"),
    );
    await untilLine(talk, "open");
    await served.tell("arrive", "f", [0, 1]);
    talk.child.stdin?.write("\n");
    const { stdout, stderr } = await talk.ended;
    assert.equal(stdout.toString(), "open\n10\n", stderr);
  });

  test("no client fails, in whatever order and way it opens, maps, reads and closes", async (t) => {
    const random = seededRandom("clients");
    const served = await serve(t);
    const [files, blocks] = [4, 6];
    for (let f = 0; f < files; f++) await served.tell("addFile", `f${f}`, blocks * MIB, f);
    const client = `
import random, hashlib, ctypes
random.seed(int(args[1]))
libc = ctypes.CDLL(None, use_errno=True)
open_ones, failures = [], set()
page = mmap.mmap(-1, 4096)
for n in range(400):
    name = '%s/f%d' % (args[0], random.randrange(${files}))
    try:
        act = random.randrange(8)
        if act < 3:
            flags = random.choice([os.O_RDONLY, os.O_RDONLY, os.O_DIRECT, os.O_NOATIME])
            open_ones.append((name, os.open(name, flags), None))
        elif act == 3:
            fd = os.open(name, os.O_RDONLY)
            flags = random.choice([mmap.MAP_SHARED, mmap.MAP_PRIVATE])
            open_ones.append((name, -1, mmap.mmap(fd, 0, flags, mmap.PROT_READ)))
            os.close(fd)
        elif act == 4 and open_ones:
            name, fd, m = random.choice(open_ones)
            if fd >= 0: open_ones.append((name, os.open('/proc/self/fd/%d' % fd, os.O_RDONLY), None))
        elif act == 5 and len(open_ones) > 3:
            name, fd, m = open_ones.pop(random.randrange(len(open_ones)))
            if m is not None: m.close()
            else: os.close(fd)
        elif open_ones:
            name, fd, m = random.choice(open_ones)
            at = random.randrange(${blocks} * 256) * 4096
            got = m[at:at + 4096] if m is not None else (os.preadv(fd, [page], at), bytes(page))[1]
            print(name[-1], at, hashlib.sha256(got).hexdigest())
    except OSError as e:
        failures.add('%s %s' % (act, errno.errorcode[e.errno]))
print('failures', sorted(failures))`;
    const clients = Array.from({ length: 6 }, () =>
      python(client, served.directory, String(random.below(2 ** 31))),
    );
    let running = true;
    const arriving = (async () => {
      for (let n = 0; n < files * blocks && running; n++) {
        await served.tell("arrive", `f${n % files}`, [Math.floor(n / files)]);
        await new Promise((resolve) => setTimeout(resolve, random.below(30)));
      }
    })();
    const outputs = await Promise.all(clients);
    running = false;
    await arriving;
    const expected = new Map<string, string>();
    let reads = 0;
    for (const output of outputs) {
      const lines = output.split("\n");
      assert.equal(lines.pop(), "failures []");
      for (const line of lines) {
        const [file = "", at = "", digest] = line.split(" ");
        const key = `${file} ${at}`;
        if (!expected.has(key)) expected.set(key, sha256(patternBytes(Number(file), Number(at), 4096)));
        assert.equal(digest, expected.get(key), line);
        reads++;
      }
    }
    assert.ok(reads > 300, `${reads} reads`);
    await eventually("all is closed", async () => (await served.tell("handleCount")) === 0);
  });

  test("a listing with attributes asks once a page, not once a name", async (t) => {
    const served = await serve(t, { attributesMs: 60_000, absentMs: 60_000 });
    const names = Array.from({ length: 5000 }, (_, n) => `d/file-${n}`);
    await served.tell("addFiles", names, 10);
    const before = (await countersOf(served)).requests;
    const sizes = "print(sum(os.lstat(e.path).st_size for e in os.scandir(args[0])))";
    assert.equal(await python(sizes, served.path("d")), "50000");
    const { requests } = await countersOf(served);
    assert.ok(requests - before < 1000, `${requests - before} requests`);
  });

  test("what the kernel was told is believed for its time, and no longer when a file is opened", async (t) => {
    const served = await serve(t, { attributesMs: 60_000, absentMs: 60_000 });
    await served.tell("addFile", "f", 1000, 1, { arrival: "present" });
    const path = served.path("f");
    assert.equal((await stat(path)).size, 1000);
    const { requests } = await countersOf(served);
    for (let n = 0; n < 50; n++) await stat(path);
    assert.equal((await countersOf(served)).requests, requests);
    await served.tell("update", "f", 5 * MIB, 2);
    assert.equal((await stat(path)).size, 1000, "still believed");
    assert.equal(sha256(await readFile(path)), patternDigest(5 * MIB, 2), "opened, it is the new one, whole");
    assert.equal((await stat(path)).size, 5 * MIB);
    await served.tell("update", "f", 10, 3);
    assert.equal(sha256(await readFile(path)), patternDigest(10, 3));

    await assert.rejects(stat(served.path("later")), failsWith("ENOENT"));
    const absent = (await countersOf(served)).requests;
    for (let n = 0; n < 50; n++) await assert.rejects(stat(served.path("later")), failsWith("ENOENT"));
    assert.equal((await countersOf(served)).requests, absent);
    await served.tell("addBytes", "later", "here");
    await assert.rejects(stat(served.path("later")), failsWith("ENOENT"), "still believed");
  });

  test("time over, absent names are asked for again", async (t) => {
    const served = await serve(t, { absentMs: 50 });
    await assert.rejects(stat(served.path("later")), failsWith("ENOENT"));
    await served.tell("addBytes", "later", "here");
    await eventually("the name is there", async () => {
      const found = await stat(served.path("later")).catch(() => undefined);
      return found?.size === 4;
    });
  });

  test("older kernels are served with what they have", async (t) => {
    // Each offer alone, those that came together, and all at once.
    const single = Object.keys(INIT_FLAG).filter((name) => TAKEN.has(name)) as (keyof typeof INIT_FLAG)[];
    const older = [
      ...single.map((name) => [name]),
      ["DO_READDIRPLUS", "READDIRPLUS_AUTO"] as const,
      ["INIT_EXT", "HANDLE_KILLPRIV_V2", "MAX_PAGES"] as const,
      single,
    ];
    for (const refused of older) {
      const served = await serve(t, { refused });
      await served.tell("addFile", "d/lazy", 3 * MIB + 17, 5);
      await served.tell("addFile", "d/whole", 3 * MIB, 6, { arrival: "present" });
      assert.equal(
        sha256(await readFile(served.path("d/lazy"))),
        patternDigest(3 * MIB + 17, 5),
        `${refused}`,
      );
      assert.equal(sha256(await readFile(served.path("d/whole"))), patternDigest(3 * MIB, 6), `${refused}`);
      const listed = await run("ls", "-l", served.path("d"));
      assert.match(listed.stdout.toString(), /lazy\n.*whole\n$/);
      await served.tell("unmount");
    }
  });

  test("a signal ends every wait at once", async (t) => {
    const served = await serve(t);
    await served.tell("addFile", "stuck", 8 * MIB, 1);
    await served.tell("setGate", "stuck", "held");
    const direct = pythonTalk(
      `import signal
signal.signal(signal.SIGALRM, lambda *a: (_ for _ in ()).throw(InterruptedError()))
fd = os.open(args[0], os.O_RDONLY | os.O_DIRECT)
page = mmap.mmap(-1, 4096)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try: os.preadv(fd, [page], 0)
except InterruptedError: print('interrupted')`,
      served.path("stuck"),
    );
    const { stdout, stderr } = await direct.ended;
    assert.equal(stdout.toString(), "interrupted\n", stderr);
    await served.tell("setFault", "lookup", "lost", "hang");
    const lookup = pythonTalk("os.stat(args[0])", served.path("lost"));
    await eventually("the lookup waits", async () => (await countersOf(served)).requests > 5);
    lookup.child.kill("SIGTERM");
    assert.equal((await lookup.ended).signal, "SIGTERM");
  });

  test("files open by the thousand take one descriptor", {
    skip: isRoot ? false : "it counts descriptors as root",
  }, async (t) => {
    const served = await serve(t, { refused: ["PASSTHROUGH"] });
    await served.tell("addFile", "f", 2 * MIB, 3, { arrival: "present" });
    const handles = await Promise.all(Array.from({ length: 1000 }, () => open(served.path("f"))));
    const listed = await run("ls", `/proc/${served.process.pid}/fd`);
    assert.ok(listed.stdout.toString().split("\n").length < 200);
    const bytes = Buffer.alloc(100);
    for (const handle of handles) {
      await handle.read(bytes, 0, 100, MIB);
      await handle.close();
    }
    assert.deepEqual(bytes, Buffer.from(patternBytes(3, MIB, 100)));
    await eventually("all is closed", async () => (await served.tell("handleCount")) === 0);
  });
});
