/** Promises about reading. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { patternBytes } from "../../../fs/memory-file.ts";
import { eventually, python, pythonTalk, run, start, untilLine } from "../../mount/programs.ts";
import { type Served, serveMount } from "../../mount/served.ts";
import { failsWith, MIB, openFile, type PromiseTests, patternDigest, sha256 } from "./under-test.ts";

const SEED = 5;

/** Python programs that print the sha256 of the file args[0], each reading in its own way. */
const WAYS: Readonly<Record<string, string>> = {
  "in order": "h.update(open(args[0], 'rb').read())",
  "in small pieces": `
with open(args[0], 'rb', buffering=0) as f:
    while part := f.read(7919): h.update(part)`,
  "at random by eight threads": `
import random, threading
size, step = os.stat(args[0]).st_size, 65536
places = list(range(0, size, step)); random.shuffle(places)
got, fd = {}, os.open(args[0], os.O_RDONLY)
def work(mine):
    for place in mine: got[place] = os.pread(fd, step, place)
threads = [threading.Thread(target=work, args=(places[n::8],)) for n in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
for place in sorted(got): h.update(got[place])`,
  backwards: `
size, step, parts = os.stat(args[0]).st_size, 100_000, []
fd = os.open(args[0], os.O_RDONLY)
while size > 0:
    begin = max(0, size - step); parts.append(os.pread(fd, size - begin, begin)); size = begin
for part in reversed(parts): h.update(part)`,
  "through a shared mapping": `
f = open(args[0], 'rb'); h.update(mmap.mmap(f.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ))`,
  "through a private mapping": `
f = open(args[0], 'rb'); h.update(mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE))`,
  "by sendfile": `
import tempfile
out, fd = tempfile.TemporaryFile(), os.open(args[0], os.O_RDONLY)
while os.sendfile(out.fileno(), fd, None, 1 << 20): pass
out.seek(0); h.update(out.read())`,
};

/** Reads a file in several ways at once, and again, while it is open and mapped elsewhere and blocks of it are taken away. */
async function readWhileEvicting(
  served: Served,
  name: string,
  blocks: readonly number[],
  expected: string,
): Promise<{ evicted: number; passedThrough: boolean }> {
  const hold = "f = open(args[0], 'rb'); m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ); step('open')";
  const holder = pythonTalk(hold, served.path(name));
  let reading = true;
  let evicted = 0;
  const evict = async () => {
    for (let round = 0; reading; round++)
      evicted += await served.tell(
        "evict",
        name,
        blocks.filter((block) => (block + round) % 3 === 0),
      );
  };
  try {
    await untilLine(holder, "open");
    const evicting = evict();
    try {
      const direct = () => run("dd", `if=${served.path(name)}`, "bs=64K", "iflag=direct", "status=none");
      for (const { stdout, stderr } of await Promise.all([direct(), direct(), direct()]))
        assert.equal(sha256(stdout), expected, `${name}: ${stdout.length} bytes, ${stderr}`);
      assert.equal(sha256((await run("cat", served.path(name))).stdout), expected, name);
    } finally {
      reading = false;
      await evicting;
    }
    return { evicted, passedThrough: await served.tell("isKept", name) };
  } finally {
    holder.child.stdin?.end("\n");
    await holder.ended;
  }
}

export const READING: PromiseTests = {
  async "A file has its source's bytes, however it is read"(t, { binding }) {
    const served = await serveMount(t, { binding });
    const size = 9 * MIB + 123;
    const expected = patternDigest(size, SEED);
    for (const [index, [way, script]] of Object.entries(WAYS).entries()) {
      await served.tell("addFile", `cold-${index}`, size, SEED);
      const whole = `import hashlib\nh = hashlib.sha256()\n${script}\nprint(h.hexdigest())`;
      assert.equal(await python(whole, served.path(`cold-${index}`)), expected, way);
    }
    for (const [name, ...flags] of [
      ["d1", "bs=4096"],
      ["d2", "bs=1M"],
      ["d3", "bs=1000"],
    ] as const) {
      await served.tell("addFile", name, size, SEED);
      const copied = await run("dd", `if=${served.path(name)}`, ...flags, "iflag=direct", "status=none");
      assert.equal(sha256(copied.stdout), expected, `O_DIRECT ${flags}`);
    }
    await served.tell("addFile", "many", size, SEED);
    const readers = Array.from({ length: 8 }, () => run("cat", served.path("many")));
    for (const { stdout } of await Promise.all(readers)) assert.equal(sha256(stdout), expected);
    await served.tell("addFile", "empty", 0, SEED);
    assert.equal((await readFile(served.path("empty"))).length, 0);
  },

  async "Only what is read is fetched"(t, { binding }) {
    const served = await serveMount(t, { binding });
    const shards = Array.from({ length: 30 }, (_, n) => `shards/${n}.safetensors`);
    await served.tell("addFiles", shards, 64 * MIB);
    await run("ls", "-lR", served.directory);
    await run("stat", ...shards.map(served.path));
    for (const shard of shards) assert.deepEqual(await served.tell("presentBlocks", shard), []);
    for (const shard of shards) {
      assert.equal((await run("head", "-c", "8", served.path(shard))).stdout.length, 8);
      assert.deepEqual(await served.tell("presentBlocks", shard), [0], shard);
    }
    const header = "with open(args[0], 'rb') as f: f.read(8); f.read(100_000)";
    for (const [name, script] of Object.entries({ header, bytes: "open(args[0], 'rb').read(8)" })) {
      await served.tell("addFile", name, 64 * MIB, SEED);
      await python(script, served.path(name));
      assert.deepEqual(await served.tell("presentBlocks", name), [0], name);
    }
    await served.tell("addFile", "random", 64 * MIB, SEED);
    await python(
      `fd = os.open(args[0], os.O_RDONLY)
for block in (40, 3, 22): os.pread(fd, 4096, block * 2**20 + 2**19)`,
      served.path("random"),
    );
    assert.deepEqual(await served.tell("presentBlocks", "random"), [3, 22, 40]);
    await served.tell("addFile", "mapped", 64 * MIB, SEED);
    const touch =
      "f = open(args[0], 'rb'); mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)[20 * 2**20 + 2**19]";
    await python(touch, served.path("mapped"));
    assert.deepEqual(await served.tell("presentBlocks", "mapped"), [20]);
  },

  async "A file that is read in order is fetched ahead of its reader"(t, { binding }) {
    const served = await serveMount(t, { binding });
    const size = 64 * MIB;
    await served.tell("addFile", "f", size, SEED);
    await run("cat", served.path("f"));
    const wants = await served.tell("wants", "f");
    const demanded = wants.filter(({ priority }) => priority === "demand");
    const blocks = new Set(
      demanded
        .flatMap(({ offset, length }) => [offset, offset + length - 1])
        .map((at) => Math.floor(at / MIB)),
    );
    assert.ok(blocks.size <= 4, `blocks that a reader had to wait for: ${[...blocks]}`);
    const ahead = wants.filter(({ priority }) => priority === "read-ahead");
    const bytesAhead = ahead.reduce((sum, { length }) => sum + length, 0);
    assert.ok(bytesAhead >= size - 4 * MIB && bytesAhead <= size, `${bytesAhead} bytes ahead`);

    await served.tell("addFile", "parts", 4 * size, SEED);
    const part = `
fd = os.open(args[0], os.O_RDONLY)
for step in range(24): os.pread(fd, 131072, int(args[1]) * 2**26 + step * 131072)`;
    await Promise.all([0, 1, 2, 3].map((n) => python(part, served.path("parts"), String(n))));
    const starts = (await served.tell("wants", "parts"))
      .filter(({ priority }) => priority === "read-ahead")
      .map(({ offset }) => Math.floor(offset / size));
    assert.deepEqual([...new Set(starts)].sort(), [0, 1, 2, 3]);
    await eventually("what was wanted ahead is called off", async () =>
      (await served.tell("wants", "parts")).some(({ priority }) => priority === "unwanted"),
    );
  },

  async "What is not here yet is never a hole"(t, { binding }) {
    const served = await serveMount(t, { binding });
    const size = 6 * MIB + 1;
    const expected = patternDigest(size, SEED);
    await served.tell("addFile", "f", size, SEED);
    await served.tell("setGate", "f", "held");
    await served.tell("arrive", "f", [0, 3]);
    const { blocks } = await stat(served.path("f"));
    assert.equal(blocks, Math.ceil(size / 512));
    const holes = `
fd = os.open(args[0], os.O_RDONLY)
print(os.lseek(fd, 0, os.SEEK_HOLE), os.lseek(fd, 1 << 20, os.SEEK_DATA))`;
    assert.equal(await python(holes, served.path("f")), `${size} ${MIB}`);
    assert.equal(
      (await run("du", "-B1", served.path("f"))).stdout.toString().split("\t")[0],
      String(blocks * 512),
    );
    const folder = await mkdtemp(join(tmpdir(), "p2pfs-copy-"));
    t.after(() => rm(folder, { recursive: true }));
    const copying = run("cp", "--sparse=auto", served.path("f"), join(folder, "copy"));
    const archived = run("tar", "-cf", join(folder, "tar"), "--sparse", "-C", served.directory, "f");
    await eventually("the copies wait for what is missing", async () =>
      (await served.tell("wants", "f")).some(({ offset }) => offset >= MIB - 131_072),
    );
    await served.tell("setGate", "f", "open");
    assert.equal((await copying).status, 0);
    assert.equal((await archived).status, 0);
    assert.equal(sha256(await readFile(join(folder, "copy"))), expected);
    assert.equal(sha256((await run("tar", "-xOf", join(folder, "tar"))).stdout), expected);
  },

  async "A file that grew is read whole"(t, { binding }) {
    const served = await serveMount(t, { binding });
    const sizes = [1000, 4 * MIB, 5 * MIB + 17, 300_000, 0, 12, 8 * MIB, 4096];
    await served.tell("addFile", "f", 100, 99, { arrival: "present" });
    for (const [seed, size] of sizes.entries()) {
      assert.ok((await readFile(served.path("f"))).length >= 0, "the kernel knows the old size");
      await served.tell("update", "f", size, seed, { present: seed % 2 === 0 });
      assert.equal(sha256(await readFile(served.path("f"))), patternDigest(size, seed), `${size} bytes`);
      assert.equal((await stat(served.path("f"))).size, size);
      assert.equal((await run("cat", served.path("f"))).stdout.length, size);
    }
  },

  async "What made room for others comes again when it is read"(t, { binding }) {
    const ways = binding === "native" ? [["PASSTHROUGH" as const], []] : [[]];
    for (const refused of ways) {
      const served = await serveMount(t, { binding, native: { refused } });
      const size = 12 * MIB + 77;
      const expected = patternDigest(size, SEED);
      const blocks = Array.from({ length: 13 }, (_, block) => block);
      for (const [name, arrival] of [
        ["complete", "present"],
        ["partial", "lazy"],
      ] as const) {
        await served.tell("addFile", name, size, SEED, { arrival });
        const { passedThrough, evicted } = await readWhileEvicting(served, name, blocks, expected);
        assert.ok(passedThrough || evicted > 0, `blocks of the ${name} file went`);
      }
    }
  },

  async "A reader waits for its own bytes only"(t, { binding }) {
    const served = await serveMount(t, { binding });
    await served.tell("addFile", "stuck", 200 * MIB, SEED);
    await served.tell("setGate", "stuck", "held");
    await served.tell("arrive", "stuck", [0]);
    await served.tell("addFile", "d/other", 3 * MIB, SEED);
    const readers = pythonTalk(
      `import threading
fd = os.open(args[0], os.O_RDONLY)
def work(block): assert len(os.pread(fd, 10, block * 2**20 + 2**19)) == 10
threads = [threading.Thread(target=work, args=(n + 1,)) for n in range(100)]
[t.start() for t in threads]
print('reading', flush=True)
[t.join() for t in threads]`,
      served.path("stuck"),
    );
    await untilLine(readers, "reading");
    await eventually("a hundred reads wait", async () => (await served.tell("wants", "stuck")).length >= 100);
    assert.equal(sha256(await readFile(served.path("d/other"))), patternDigest(3 * MIB, SEED));
    assert.equal((await stat(served.path("stuck"))).size, 200 * MIB);
    assert.deepEqual((await readdir(served.directory)).sort(), ["d", "stuck"]);
    await statfs(served.directory);
    const handle = await openFile(t, served.path("stuck"));
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(100), 0, 100, 1000);
    assert.deepEqual(
      buffer.subarray(0, bytesRead),
      patternBytes(SEED, 1000, 100),
      "what is here of the stuck file",
    );
    await handle.close();
    await assert.rejects(stat(served.path("nothing")), failsWith("ENOENT"));
    await served.tell("setGate", "stuck", "open");
    assert.equal((await readers.ended).status, 0);
  },

  async "A blocked reader can be killed"(t, { binding, supports }) {
    const served = await serveMount(t, { binding, requestMs: 4_000 });
    await served.tell("addFile", "stuck", 8 * MIB, SEED);
    await served.tell("setGate", "stuck", "held");
    const wanted = async () => (await served.tell("wants", "stuck")).length;
    for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
      const before = await wanted();
      const cat = start("cat", [served.path("stuck")]);
      await eventually(
        "cat waits",
        async () => (await wanted()) > before || (await served.tell("handleCount")) > 0,
      );
      cat.child.kill(signal);
      assert.equal((await cat.ended).signal, signal);
    }
    const direct = start("dd", [`if=${served.path("stuck")}`, "of=/dev/null", "iflag=direct", "bs=1M"]);
    await eventually("dd waits", async () => (await served.tell("handleCount")) > 0);
    direct.child.kill("SIGKILL");
    const ended = await direct.ended;
    if (supports.interrupts) assert.equal(ended.signal, "SIGKILL");
    await eventually("nothing stays open", async () => (await served.tell("handleCount")) === 0, 15_000);
  },

  async "Control files are made when they are opened"(t, { binding }) {
    const served = await serveMount(t, { binding });
    await served.tell("writeControlFile", ".p2pfs/stats", "first");
    const handle = await openFile(t, served.path(".p2pfs/stats"));
    await served.tell("writeControlFile", ".p2pfs/stats", "second, and longer");
    assert.equal((await handle.readFile()).toString(), "first");
    assert.equal((await handle.stat()).size, 5);
    await handle.close();
    assert.equal(await readFile(served.path(".p2pfs/stats"), "utf8"), "second, and longer");
    assert.equal((await run("cat", served.path(".p2pfs/stats"))).stdout.toString(), "second, and longer");
  },
};
