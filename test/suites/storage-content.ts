/** What every storage promises of the content of its tasks: bytes, bits, checksums, finished pieces. */
import assert from "node:assert/strict";
import { fstatSync, statSync, writeSync } from "node:fs";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import {
  blockBytes,
  digestOf,
  MIB,
  putBlock,
  putPiece,
  readBlock,
  recordOf,
  setBits,
  writeBytes,
} from "./storage-fixtures.ts";
import type { MakeStorage } from "./storage-suite.ts";

export function storageContentTests(make: MakeStorage): void {
  test("a created task is known, open and empty, its file as long as its content", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const record = recordOf("task-a");
    const task = await storage.create(record);
    assert.deepEqual(storage.record("task-a"), record);
    assert.deepEqual(task.record, record);
    assert.equal(fstatSync(task.fd).size, record.contentLength);
    assert.equal(statSync(task.contentPath).ino, fstatSync(task.fd).ino);
    assert.equal(fstatSync(task.fd).mode & 0o777, 0o600);
    assert.deepEqual([task.blockCount, task.pieceCount], [10, 3]);
    assert.deepEqual([setBits(task.blocks), setBits(task.pieces)], [[], []]);
    assert.ok(
      task.blocks.buffer instanceof SharedArrayBuffer && task.pieces.buffer instanceof SharedArrayBuffer,
    );
    assert.equal(task.deleted, false);
    await task.close();
  });

  test("a block that was set is seen at once in every opening of the task, with its checksum", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const one = await storage.create(recordOf("task-a"));
    const two = await storage.open("task-a");
    const crc = writeBytes(one, 9);
    one.setBlock(9, crc);
    assert.deepEqual(setBits(two.blocks), [9]);
    assert.ok(two.hasBlock(9) && !two.hasBlock(8));
    assert.equal(two.blocksPresent, 1);
    assert.equal(two.blockCrc(9), crc);
    assert.deepEqual(readBlock(two, 9), blockBytes(two, 9));
    assert.equal(one.blocks.buffer, two.blocks.buffer, "there is one set of bits");
    await Promise.all([one.close(), two.close()]);
  });

  test("what a block's bytes were when they came is known after its piece was finished and its bytes were altered", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const task = await storage.create(recordOf("task-a"));
    const crc = writeBytes(task, 9);
    task.setBlock(9, crc);
    assert.equal(await task.keptCrc(9), crc);
    assert.equal(await task.keptCrc(8), undefined);
    task.setBlock(8, writeBytes(task, 8));
    await task.finishPiece(2, { costMs: 1 });
    writeSync(task.fd, Buffer.from("altered"), 0, 7, 9 * MIB);
    assert.equal(await task.keptCrc(9), crc);
    await task.close();
  });

  test("a finished piece has the checksum of its bytes, and is finished in every opening", async (t) => {
    const clock = new FakeClock();
    const storage = await make(t, { clock });
    const task = await storage.create(recordOf("task-a"));
    const other = await storage.open("task-a");
    for (const block of [0, 1, 2, 3]) putBlock(task, block);
    const finished = await task.finishPiece(0, { parentId: "peer-1", costMs: 17 });
    assert.deepEqual(finished, {
      number: 0,
      digest: digestOf(task, 0),
      parentId: "peer-1",
      costMs: 17,
      finishedAtMs: clock.nowMs(),
    });
    assert.deepEqual([setBits(other.pieces), other.piecesFinished, other.hasPiece(0)], [[0], 1, true]);
    const last = await putPiece(task, 2);
    assert.deepEqual([last.digest, last.parentId], [digestOf(task, 2), undefined]);
    assert.deepEqual(
      (await other.pieceRecords([2, 1, 0])).map(({ number, digest }) => [number, digest]),
      [
        [2, digestOf(task, 2)],
        [0, digestOf(task, 0)],
      ],
      "in the order asked, the unfinished left out",
    );
    await Promise.all([task.close(), other.close()]);
  });

  test("finishing a piece twice, also at once, answers the same record", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const task = await storage.create(recordOf("task-a"));
    for (const block of [4, 5, 6, 7]) putBlock(task, block);
    const [one, two] = await Promise.all([
      task.finishPiece(1, { costMs: 1 }),
      task.finishPiece(1, { costMs: 2 }),
    ]);
    assert.deepEqual(one, two);
    assert.deepEqual(await task.finishPiece(1, { costMs: 3 }), one);
    await task.close();
  });

  test("a piece that lacks a block, or does not exist, cannot be finished", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const task = await storage.create(recordOf("task-a"));
    for (const block of [0, 1, 3]) putBlock(task, block);
    await assert.rejects(task.finishPiece(0, { costMs: 1 }), { code: "FAILED_PRECONDITION" });
    for (const piece of [-1, 3, 0.5])
      await assert.rejects(task.finishPiece(piece, { costMs: 1 }), { code: "INVALID_ARGUMENT" });
    assert.deepEqual(setBits(task.pieces), []);
    await task.close();
  });

  test("bytes, bits, checksums and piece records are the same after the last close and a new open", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const task = await storage.create(recordOf("task-a"));
    const finished = await putPiece(task, 0);
    putBlock(task, 5);
    const crc = task.blockCrc(5);
    await task.close();
    const again = await storage.open("task-a");
    assert.deepEqual([setBits(again.blocks), setBits(again.pieces)], [[0, 1, 2, 3, 5], [0]]);
    assert.deepEqual(await again.pieceRecords([0, 1, 2]), [finished]);
    assert.equal(again.blockCrc(5), crc);
    assert.deepEqual(readBlock(again, 5), blockBytes(again, 5));
    for (const block of [4, 6, 7]) putBlock(again, block);
    assert.equal((await again.finishPiece(1, { costMs: 1 })).digest, digestOf(again, 1));
    await again.close();
  });

  test("discarded bytes lose the bits of every block and piece they overlap, and can be had anew", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const task = await storage.create(recordOf("task-a"));
    for (const piece of [0, 1, 2]) await putPiece(task, piece);
    await task.discard(4 * MIB - 1, 2);
    assert.deepEqual([setBits(task.blocks), setBits(task.pieces)], [[0, 1, 2, 5, 6, 7, 8, 9], [2]]);
    assert.deepEqual([task.blocksPresent, task.piecesFinished], [8, 1]);
    assert.equal((await task.pieceRecords([0, 1])).length, 0);
    await task.close();
    const again = await storage.open("task-a");
    assert.deepEqual([setBits(again.blocks), setBits(again.pieces)], [[0, 1, 2, 5, 6, 7, 8, 9], [2]]);
    putBlock(again, 3);
    assert.equal((await again.finishPiece(0, { costMs: 1 })).digest, digestOf(again, 0));
    await again.discard(9 * MIB, 10 * MIB);
    assert.deepEqual(setBits(again.pieces), [0]);
    await again.discard(50 * MIB, 1);
    await again.discard(0, 0);
    assert.deepEqual(setBits(again.pieces), [0], "what is outside the content, or nothing, changes nothing");
    await again.close();
  });

  test("a piece that is discarded while it is being finished does not become finished", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const task = await storage.create(recordOf("task-a"));
    for (const block of [0, 1, 2, 3]) putBlock(task, block);
    const finishing = assert.rejects(task.finishPiece(0, { costMs: 1 }), { code: "FAILED_PRECONDITION" });
    const discarding = task.discard(MIB, 1);
    await Promise.all([finishing, discarding]);
    assert.deepEqual([setBits(task.blocks), setBits(task.pieces)], [[0, 2, 3], []]);
    putBlock(task, 1, 1);
    await task.finishPiece(0, { costMs: 1 });
    await task.close();
    const again = await storage.open("task-a");
    assert.deepEqual(setBits(again.pieces), [0]);
    await again.close();
  });

  test("a finished piece whose block comes with other bytes must be finished again", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const task = await storage.create(recordOf("task-a"));
    await putPiece(task, 0);
    putBlock(task, 2, 1);
    assert.equal(task.hasPiece(0), false);
    const { digest } = await task.finishPiece(0, { costMs: 1 });
    assert.notEqual(digest, digestOf(task, 0));
    await task.close();
  });

  test("an empty content has no block and no piece; a content of one byte has one of each", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const empty = await storage.create(recordOf("task-empty", { contentLength: 0 }));
    assert.deepEqual([empty.blockCount, empty.pieceCount, empty.blocks.length], [0, 0, 0]);
    assert.deepEqual(await empty.pieceRecords([]), []);
    await empty.sync();
    await empty.close();
    const tiny = await storage.create(recordOf("task-tiny", { contentLength: 1 }));
    assert.deepEqual([tiny.blockCount, tiny.pieceCount], [1, 1]);
    assert.equal((await putPiece(tiny, 0)).digest, digestOf(tiny, 0));
    await tiny.close();
  });

  test("sync leaves everything as it was", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const task = await storage.create(recordOf("task-a"));
    await putPiece(task, 0);
    await Promise.all([task.sync(), task.sync()]);
    putBlock(task, 4);
    await task.sync();
    assert.deepEqual([setBits(task.blocks), setBits(task.pieces)], [[0, 1, 2, 3, 4], [0]]);
    await task.close();
  });
}
