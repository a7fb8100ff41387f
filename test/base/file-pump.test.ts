/** The pump into a content file: random chunkings against the bytes themselves, its refusals, its buffers, a disk that is full. */
import assert from "node:assert/strict";
import { once, setMaxListeners } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, test } from "node:test";
import { crc32 } from "node:zlib";
import type { Destination } from "../../base/destination.ts";
import { IntegrityError, LimitError, P2pfsError } from "../../base/errors.ts";
import { BufferPool, FilePump } from "../../base/file-pump.ts";
import { BLOCK_BYTES, BUFFER_WAITERS_MAX } from "../../base/limits.ts";
import { type SeededRandom, seededRandom } from "./seeded-random.ts";

const folder = mkdtempSync(join(tmpdir(), "p2pfs-pump-"));
after(() => rmSync(folder, { recursive: true }));

interface Block {
  block: number;
  length: number;
  crc: number;
}

let files = 0;

function openDestination(options: { offset?: number; length: number | undefined }) {
  const path = join(folder, `content-${files++}`);
  const fd = openSync(path, "w+");
  const blocks: Block[] = [];
  const destination: Destination = {
    fd,
    offset: options.offset ?? 0,
    length: options.length,
    onBlock: (block, length, crc) => {
      // What is announced is in the file already.
      const start = block * BLOCK_BYTES;
      assert.equal(crc32(readFileSync(path).subarray(start, start + length)), crc);
      blocks.push({ block, length, crc });
    },
  };
  return { destination, blocks, fd, content: () => readFileSync(path), close: () => closeSync(fd) };
}

function* chunksOf(bytes: Uint8Array, random: SeededRandom): Generator<Uint8Array> {
  const typical = random.pick([1_000, 16_384, 65_536, BLOCK_BYTES, 3 * BLOCK_BYTES]);
  for (let at = 0; at < bytes.length; ) {
    const size = Math.min(bytes.length - at, random.below(typical + 1));
    // A copy that is overwritten once it was taken: the pump must not look at it later.
    yield bytes.slice(at, at + size);
    at += size;
  }
}

async function feed(pump: FilePump, chunks: Iterable<Uint8Array>): Promise<void> {
  for (const chunk of chunks) {
    const pause = pump.write(chunk);
    if (pause !== undefined) await pause;
    chunk.fill(0xaa);
  }
}

test("any chunking gives the same file, each block announced once, in order, with its checksum", async () => {
  const random = seededRandom("file-pump");
  const pool = new BufferPool(2 * BLOCK_BYTES);
  for (let round = 0; round < 25; round++) {
    const bytes = random.bytes(random.below(5 * BLOCK_BYTES));
    const offset = random.below(3) * BLOCK_BYTES;
    const length = random.below(2) === 0 ? bytes.length : undefined;
    const { destination, blocks, content, close } = openDestination({ offset, length });
    const pump = new FilePump(destination, pool);
    await feed(pump, chunksOf(bytes, random));
    assert.deepEqual(await pump.end(), { length: bytes.length });
    assert.ok(content().subarray(offset).equals(bytes), `round ${round}`);
    const expected: Block[] = [];
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      const block = bytes.subarray(at, at + BLOCK_BYTES);
      expected.push({ block: (offset + at) / BLOCK_BYTES, length: block.length, crc: crc32(block) });
    }
    assert.deepEqual(blocks, expected);
    close();
  }
  assert.equal(pool.lentCount, 0);
});

test("many fetches share one small pool without waiting for each other for ever", async () => {
  const random = seededRandom("file-pump-shared");
  const pool = new BufferPool(2 * BLOCK_BYTES);
  let lentMax = 0;
  const runs = Array.from({ length: 12 }, async () => {
    const bytes = random.bytes(random.below(4 * BLOCK_BYTES) + 1);
    const { destination, content, close } = openDestination({ length: bytes.length });
    const pump = new FilePump(destination, pool);
    for await (const chunk of Readable.from(chunksOf(bytes, random))) {
      const pause = pump.write(chunk);
      if (pause !== undefined) await pause;
      lentMax = Math.max(lentMax, pool.lentCount);
    }
    await pump.end();
    assert.ok(content().equals(bytes));
    close();
  });
  await Promise.all(runs);
  assert.equal(pool.lentCount, 0);
  assert.equal(lentMax, 2, "the pool was used to its end, and no further");
});

test("a byte more than was due is an IntegrityError, and nothing beyond is written", async () => {
  const pool = new BufferPool(4 * BLOCK_BYTES);
  const due = BLOCK_BYTES + 10;
  const { destination, blocks, content, close } = openDestination({ length: due });
  const pump = new FilePump(destination, pool);
  await pump.write(new Uint8Array(due));
  await assert.rejects(async () => pump.write(new Uint8Array(1)), IntegrityError);
  await assert.rejects(pump.end(), /more than the 1048586 bytes that were due came/);
  assert.ok(content().length <= BLOCK_BYTES, "the last block was not written");
  assert.ok(blocks.length <= 1);
  assert.equal(pool.lentCount, 0);
  close();
});

test("fewer bytes than were due are an IntegrityError that says how many; whole blocks before it stay", async () => {
  const pool = new BufferPool(4 * BLOCK_BYTES);
  const { destination, blocks, close } = openDestination({ length: 3 * BLOCK_BYTES });
  const pump = new FilePump(destination, pool);
  await pump.write(new Uint8Array(2 * BLOCK_BYTES + 5));
  await assert.rejects(
    pump.end(),
    (error: unknown) => error instanceof IntegrityError && error.message === "2097157 of 3145728 bytes came",
  );
  assert.deepEqual(
    blocks.map(({ block }) => block),
    [0, 1],
  );
  assert.equal(pool.lentCount, 0);
  close();
});

test("an empty content ends with no block", async () => {
  const { destination, blocks, close } = openDestination({ length: 0 });
  const pump = new FilePump(destination, new BufferPool(BLOCK_BYTES));
  assert.deepEqual(await pump.end(), { length: 0 });
  assert.deepEqual(blocks, []);
  close();
});

test("a pump that finds no buffer pauses until one is given back, first come first served", async () => {
  const pool = new BufferPool(BLOCK_BYTES);
  const held = await pool.lend();
  const order: string[] = [];
  const pumps = ["first", "second"].map((name) => {
    const opened = openDestination({ length: 10 });
    const pump = new FilePump(opened.destination, pool);
    const pause = pump.write(new Uint8Array(10).fill(7));
    assert.ok(pause instanceof Promise, "no buffer is free");
    return pause.then(async () => {
      order.push(name);
      await pump.end();
      opened.close();
    });
  });
  assert.equal(pool.waitingCount, 2);
  pool.giveBack(held);
  await Promise.all(pumps);
  assert.deepEqual(order, ["first", "second"]);
  assert.equal(pool.lentCount, 0);
});

test("abort ends a pause, announces nothing more and gives every buffer back once the writes have ended", async () => {
  const random = seededRandom("file-pump-abort");
  const pool = new BufferPool(2 * BLOCK_BYTES);
  for (let round = 0; round < 40; round++) {
    const { destination, blocks, close } = openDestination({ length: 8 * BLOCK_BYTES });
    const pump = new FilePump(destination, pool);
    const feeding = feed(pump, chunksOf(random.bytes(6 * BLOCK_BYTES), random)).then(
      () => "fed",
      (error: unknown) => (error instanceof P2pfsError ? error.code : error),
    );
    for (let turn = random.below(6); turn > 0; turn--) await new Promise(setImmediate);
    const announced = blocks.length;
    const over = pump.abort();
    void pump.abort();
    await over;
    assert.equal(blocks.length, announced, "no block is announced after abort");
    close();
    assert.ok(["CANCELLED", "fed"].includes(String(await feeding)));
    assert.equal(pool.lentCount, 0);
  }
});

test("abort while waiting for a buffer leaves the line", async () => {
  const pool = new BufferPool(BLOCK_BYTES);
  const held = await pool.lend();
  const { destination, close } = openDestination({ length: 10 });
  const pump = new FilePump(destination, pool);
  const pause = pump.write(new Uint8Array(10));
  await pump.abort();
  await assert.rejects(async () => pause, { code: "CANCELLED" });
  assert.equal(pool.waitingCount, 0);
  pool.giveBack(held);
  assert.equal(pool.lentCount, 0);
  close();
});

test("a fetch that is cut off keeps the whole blocks that came and drops the rest", async () => {
  const { destination, blocks, close } = openDestination({ length: 4 * BLOCK_BYTES });
  const pool = new BufferPool(2 * BLOCK_BYTES);
  const pump = new FilePump(destination, pool);
  await pump.write(new Uint8Array(2 * BLOCK_BYTES + 7));
  await pump.cutOff();
  assert.equal(blocks.length, 2);
  assert.equal(pool.lentCount, 0);
  close();
});

test("abort after the end changes nothing", async () => {
  const { destination, close } = openDestination({ length: 3 });
  const pump = new FilePump(destination, new BufferPool(BLOCK_BYTES));
  await pump.write(new Uint8Array(3));
  assert.deepEqual(await pump.end(), { length: 3 });
  await pump.abort();
  close();
});

test("a full disk is LimitError NO_SPACE", async (t) => {
  let fd: number;
  try {
    fd = openSync("/dev/full", "r+");
  } catch {
    return t.skip("this machine has no /dev/full");
  }
  const pool = new BufferPool(2 * BLOCK_BYTES);
  const pump = new FilePump({ fd, offset: 0, length: 4 * BLOCK_BYTES, onBlock: () => assert.fail() }, pool);
  await assert.rejects(
    async () => {
      await pump.write(new Uint8Array(4 * BLOCK_BYTES));
      await pump.end();
    },
    (error: unknown) => error instanceof LimitError && error.code === "NO_SPACE",
  );
  await pump.abort();
  assert.equal(pool.lentCount, 0);
  closeSync(fd);
});

test("a descriptor that cannot be written fails the fetch and keeps no buffer", async () => {
  const path = join(folder, "read-only");
  closeSync(openSync(path, "w"));
  const fd = openSync(path, "r");
  const pool = new BufferPool(2 * BLOCK_BYTES);
  const pump = new FilePump({ fd, offset: 0, length: 5, onBlock: () => assert.fail() }, pool);
  await pump.write(new Uint8Array(5));
  await assert.rejects(pump.end(), { code: "BAD_HANDLE" });
  assert.equal(pool.lentCount, 0);
  closeSync(fd);
});

test("the pool refuses the waiter beyond its bound and forgets those who were cancelled", async () => {
  const pool = new BufferPool(BLOCK_BYTES);
  const held = await pool.lend();
  const cancel = new AbortController();

  setMaxListeners(0, cancel.signal);
  const waiting = Array.from({ length: BUFFER_WAITERS_MAX }, () => pool.lend(cancel.signal));
  await assert.rejects(pool.lend(), { code: "TOO_MANY" });
  const over = once(cancel.signal, "abort");
  cancel.abort();
  await over;
  const settled = await Promise.allSettled(waiting);
  assert.ok(settled.every(({ status }) => status === "rejected"));
  assert.equal(pool.waitingCount, 0);
  pool.giveBack(held);
  assert.throws(() => pool.giveBack(held), /given back once/);
  const again = pool.tryLend();
  assert.equal(again, held, "the buffer is used again");
});
