/** What is fuse-native's own: its descriptor, its end, the link it shows for one lookup. */
import assert from "node:assert/strict";
import { lstat, open, readFile, stat } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { FUSE_NATIVE_THREADS_TOLD } from "../../base/limits.ts";
import { errnoName, MIB, openFile, patternDigest, sha256 } from "../suites/mount/under-test.ts";
import { cannotMount } from "../suites/mount-suite.ts";
import { eventually, pythonTalk, run, untilLine } from "./programs.ts";
import { makeMountpoint, serveMount } from "./served.ts";

const skip = cannotMount();
const binding = "fuse-native";

test("no command that the serving process runs inherits the connection", { skip }, async (t) => {
  const served = await serveMount(t, { binding });
  const listed = await served.tell("descriptorsOfCommand");
  assert.match(listed, /\/dev\/null/);
  assert.doesNotMatch(listed, /\/dev\/fuse/);
});

test("a process that unmounted ends by itself, and can mount again before", { skip }, async (t) => {
  const script = fileURLToPath(new URL("./mount-and-leave.js", import.meta.url));
  const { status, signal, stdout, stderr } = await run(process.execPath, script, await makeMountpoint(t));
  assert.deepEqual([status, signal, stdout.toString()], [0, null, "done\n"], stderr);
});

test("new bytes of the same size and time are read by the next who opens the file", { skip }, async (t) => {
  const served = await serveMount(t, { binding });
  const path = served.path("f");
  await served.tell("addFile", "f", MIB, 0);
  for (let seed = 0; seed < 10; seed++) {
    await served.tell("update", "f", MIB, seed);
    const mtime = (await stat(path)).mtimeMs;
    assert.equal(sha256(await readFile(path)), patternDigest(MIB, seed));
    assert.equal((await stat(path)).mtimeMs, mtime);
    assert.ok((await lstat(path)).isFile(), "looking at it shows a file");
  }
});

test("control files of the same size are read anew each time, and are files for whoever looks", {
  skip,
}, async (t) => {
  const served = await serveMount(t, { binding });
  for (const text of ["first", "other", "third"]) {
    await served.tell("writeControlFile", "stats", text);
    assert.ok((await lstat(served.path("stats"))).isFile());
    assert.equal(await readFile(served.path("stats"), "utf8"), text);
    assert.equal((await run("cat", served.path("stats"))).stdout.toString(), text);
  }
});

test("many who open a file at the moment its version changes all get one version whole", {
  skip,
}, async (t) => {
  const served = await serveMount(t, { binding });
  await served.tell("addFile", "f", 3 * MIB, 0);
  const path = served.path("f");
  for (let seed = 1; seed <= 8; seed++) {
    // Somebody has the old version open, and not all of it is here.
    const old = await openFile(t, path);
    await old.read(Buffer.alloc(10), 0, 10, 0).catch((error) => assert.equal(errnoName(error), "ESTALE"));
    const readers = Array.from({ length: 6 }, () => run("cat", path));
    await served.tell("update", "f", 3 * MIB, seed);
    const possible = [patternDigest(3 * MIB, seed - 1), patternDigest(3 * MIB, seed)];
    for (const { status, stdout, stderr } of await Promise.all(readers)) {
      // Who had opened the old version may be told that it is gone; nobody may get a mix.
      if (status === 0) assert.ok(possible.includes(sha256(stdout)), `version ${seed}`);
      else assert.match(stderr, /Stale file handle|Input\/output error/);
    }
    await old.close().catch(() => undefined);
    assert.equal(sha256(await readFile(path)), possible[1], `version ${seed}`);
  }
  await eventually("nothing stays open", async () => (await served.tell("handleCount")) === 0);
});

test("an open that cannot be answered does not hold up others in the directory", { skip }, async (t) => {
  const served = await serveMount(t, { binding, requestMs: 3_000 });
  await served.tell("addFile", "hangs", MIB, 1);
  await served.tell("addFile", "works", MIB, 2);
  await served.tell("setFault", "open", "hangs", "hang");
  const hanging = open(served.path("hangs"));
  hanging.catch(() => undefined);
  assert.equal(sha256(await readFile(served.path("works"))), patternDigest(MIB, 2));
  await assert.rejects(hanging, (error: NodeJS.ErrnoException) => errnoName(error) === "EIO");
});

test("the log says when libfuse has made so many threads that the mount gets slower", { skip }, async (t) => {
  const served = await serveMount(t, { binding });
  const [rounds, readers] = [5, 300];
  await served.tell("addFile", "f", rounds * MIB, 1);
  const reading = pythonTalk(
    `import threading
fd = os.open(args[0], os.O_RDONLY | os.O_DIRECT)
for block in range(int(args[1])):
    def work(n, block=block):
        buffer = mmap.mmap(-1, 4096)
        assert os.preadv(fd, [buffer], block * 2**20 + n * 1024) == 4096 or n * 1024 + 4096 > 2**20
    threads = [threading.Thread(target=work, args=(n,)) for n in range(int(args[2]))]
    [thread.start() for thread in threads]
    step(f'round {block}')
    [thread.join() for thread in threads]`,
    served.path("f"),
    String(rounds),
    String(readers),
  );
  for (let round = 0; round < rounds; round++) {
    await served.tell("setGate", "f", "held");
    await untilLine(reading, `round ${round}`);
    await eventually("all wait", async () => {
      const waiting = (await served.tell("wants", "f")).filter(
        ({ offset, priority }) => priority === "demand" && Math.floor(offset / MIB) === round,
      );
      return waiting.length >= readers;
    });
    await served.tell("setGate", "f", "open");
    reading.child.stdin?.write("\n");
  }
  const { status, stderr } = await reading.ended;
  assert.equal(status, 0, stderr);
  const [line] = await served.tell("logged", "fuse-native gets slower; mount again");
  assert.equal(line?.level, "warn");
  assert.equal(line?.fields.threads, FUSE_NATIVE_THREADS_TOLD);
});
