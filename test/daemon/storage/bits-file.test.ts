/** Bitmap files that were altered on disk: marks may be lost, none may appear. */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { seededRandom } from "../../base/seeded-random.ts";
import { digestOf, MIB, putBlock, putPiece, recordOf, setBits } from "../../suites/storage-fixtures.ts";
import { alterFile, diskFixture } from "./disk-fixture.ts";

const HEADER_BYTES = 64;

async function storedTask(t: Parameters<typeof diskFixture>[0]) {
  const fixture = await diskFixture(t);
  const task = await fixture.storage.create(recordOf("task-a"));
  for (const block of [4, 6, 9]) putBlock(task, block);
  await putPiece(task, 0);
  const blocks = setBits(task.blocks);
  await task.close();
  const path = fixture.bitsPath("task-a");
  return { fixture, path, blocks, bytes: readFileSync(path) };
}

for (const [what, change] of [
  ["cut by one byte", (bytes) => bytes.subarray(0, -1)],
  ["cut in the header", (bytes) => bytes.subarray(0, 10)],
  ["empty", () => Buffer.alloc(0)],
  ["longer", (bytes) => Buffer.concat([bytes, Buffer.alloc(8)])],
  ["of another version", (bytes) => void bytes.write("2", 14)],
  ["without its header", (bytes) => void bytes.fill(0, 0, HEADER_BYTES)],
  [
    "of another life of the task",
    (bytes) => void bytes.writeUInt32LE((bytes.readUInt32LE(24) ^ 1) >>> 0, 24),
  ],
  ["all ones", (bytes) => void bytes.fill(0xff, HEADER_BYTES)],
  ["all zeros", (bytes) => void bytes.fill(0, HEADER_BYTES)],
] satisfies [string, (bytes: Buffer) => Buffer | undefined][]) {
  test(`a bitmap file that is ${what} says that nothing is there`, async (t) => {
    const { fixture, path } = await storedTask(t);
    alterFile(path, change);
    const task = await fixture.storage.open("task-a");
    assert.deepEqual([setBits(task.blocks), setBits(task.pieces)], [[], []]);
    await putPiece(task, 1);
    await task.close();
    const again = await fixture.storage.open("task-a");
    assert.deepEqual(setBits(again.pieces), [1], "it is whole again");
    await again.close();
  });
}

test("a bitmap file that is gone says that nothing is there", async (t) => {
  const { fixture, path } = await storedTask(t);
  rmSync(path);
  const task = await fixture.storage.open("task-a");
  assert.deepEqual([setBits(task.blocks), setBits(task.pieces)], [[], []]);
  await task.close();
});

test("every single flipped bit loses at most the mark it lies in", async (t) => {
  const { fixture, path, blocks, bytes } = await storedTask(t);
  const random = seededRandom("bits-flip");
  for (let round = 0; round < 120; round++) {
    const bit = HEADER_BYTES * 8 + random.below((bytes.length - HEADER_BYTES) * 8);
    const altered = Buffer.from(bytes);
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    writeFileSync(path, altered);
    const task = await fixture.storage.open("task-a");
    const hit = (bit / 8 - HEADER_BYTES) / 8;
    const expected = blocks.filter((block) => block !== Math.floor(hit));
    assert.deepEqual(setBits(task.blocks), expected, `bit ${bit}`);
    await task.close();
  }
});

test("whatever is done to a bitmap file, no mark appears", async (t) => {
  const { fixture, path, blocks, bytes } = await storedTask(t);
  const random = seededRandom("bits-alter");
  for (let round = 0; round < 150; round++) {
    let altered = Buffer.from(bytes);
    for (let count = 1 + random.below(3); count > 0; count--) {
      const at = random.below(altered.length);
      const length = random.below(altered.length - at) + 1;
      switch (random.below(5)) {
        case 0:
          altered.fill(random.below(256), at, at + length);
          break;
        case 1:
          altered.copy(altered, random.below(altered.length), at, at + length);
          break;
        case 2:
          Buffer.from(random.bytes(length)).copy(altered, at);
          break;
        case 3: {
          // An entry in another's place.
          const entry = bytes.subarray(HEADER_BYTES + 8 * random.below(10)).subarray(0, 8);
          entry.copy(altered, Math.min(altered.length, HEADER_BYTES + 8 * random.below(13)));
          break;
        }
        default:
          altered = Buffer.from(altered.subarray(0, at));
          if (altered.length === 0) altered = Buffer.from(bytes.subarray(0, 1));
      }
    }
    writeFileSync(path, altered);
    const task = await fixture.storage.open("task-a");
    for (const block of setBits(task.blocks)) assert.ok(blocks.includes(block), `block ${block} appeared`);
    assert.ok(setBits(task.pieces).every((piece) => piece === 0));
    await task.close();
  }
});

test("a piece's mark that is damaged while the task is open is computed again from the content", async (t) => {
  const { fixture, path } = await storedTask(t);
  const task = await fixture.storage.open("task-a");
  alterFile(path, (bytes) => void bytes.fill(0x11, HEADER_BYTES + 8 * 10, HEADER_BYTES + 8 * 11));
  const [record] = await task.pieceRecords([0]);
  assert.equal(record?.digest, digestOf(task, 0));
  await task.close();
  const again = await fixture.storage.open("task-a");
  assert.deepEqual(setBits(again.pieces), [0], "and kept");
  await again.close();
});

test("a piece is said to be finished only when its mark, and those of its blocks, are in the file", async (t) => {
  const { fixture, path } = await storedTask(t);
  const task = await fixture.storage.open("task-a");
  for (let round = 0; round < 20; round++) {
    await task.discard(0, 4 * MIB);
    await putPiece(task, 0);
    const bytes = readFileSync(path);
    for (const index of [0, 1, 2, 3, 10])
      assert.notEqual(bytes.readBigUInt64LE(HEADER_BYTES + 8 * index), 0n, `mark ${index} in round ${round}`);
  }
  await task.close();
});

test("discarded bytes have no mark in the file when discard resolves", async (t) => {
  const { fixture, path } = await storedTask(t);
  const task = await fixture.storage.open("task-a");
  await task.discard(0, 4 * MIB);
  const bytes = readFileSync(path);
  for (const index of [0, 1, 2, 3, 10]) assert.equal(bytes.readBigUInt64LE(HEADER_BYTES + 8 * index), 0n);
  await task.close();
});

test("a finished piece that lacks the mark of a block is not finished", async (t) => {
  const { fixture, path } = await storedTask(t);
  alterFile(path, (bytes) => void bytes.fill(0, HEADER_BYTES + 8 * 2, HEADER_BYTES + 8 * 3));
  const task = await fixture.storage.open("task-a");
  assert.deepEqual([setBits(task.blocks), setBits(task.pieces)], [[0, 1, 3, 4, 6, 9], []]);
  await task.close();
});
