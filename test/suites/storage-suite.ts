/** What every storage promises. An implementation passes it by a one-line call with a factory. */
import assert from "node:assert/strict";
import { existsSync, fstatSync, readSync, statSync, writeSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { COLLECT_BATCH_MAX, COLLECT_FRESH_MS, TEMPORARY_FILES_MAX } from "../../base/limits.ts";
import { type CollectPolicy, oldestFirst } from "../../daemon/storage/collection.ts";
import type { Storage } from "../../daemon/storage/storage.ts";
import { storageEvictionTests } from "./storage-eviction.ts";
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
import { type Restart, storageModelTests } from "./storage-model.ts";

export interface StorageOptions {
  readonly clock: FakeClock;
  readonly policy?: Partial<CollectPolicy>;
  readonly openTasksMax?: number;
}

/** Makes an empty storage; `t.after` takes away what it leaves. */
export type MakeStorage = (t: TestContext, options: StorageOptions) => Promise<Storage>;

const HOUR_MS = 3_600_000;

/** @param restart for those that keep what they hold */
export function storageSuite(name: string, make: MakeStorage, restart?: Restart): void {
  describe(name, () => {
    contentTests(make);
    lifeTests(make);
    collectionTests(make);
    storageEvictionTests(make);
    factTests(make);
    storageModelTests(make, restart);
  });
}

function contentTests(make: MakeStorage): void {
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

function lifeTests(make: MakeStorage): void {
  test("a task cannot be made twice; of many who try at once one succeeds", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const tries = await Promise.allSettled(
      Array.from({ length: 5 }, () => storage.create(recordOf("task-a"))),
    );
    const made = tries.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    assert.equal(made.length, 1);
    for (const result of tries)
      if (result.status === "rejected") assert.equal(result.reason.code, "ALREADY_EXISTS");
    await made[0]?.close();
    await assert.rejects(storage.create(recordOf("task-a")), { code: "ALREADY_EXISTS" });
  });

  test("what is not known cannot be opened or deleted", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    await assert.rejects(storage.open("task-a"), { code: "NOT_FOUND" });
    await assert.rejects(storage.delete("task-a"), { code: "NOT_FOUND" });
    assert.equal(storage.record("task-a"), undefined);
    assert.deepEqual([...storage.records()], []);
  });

  test("ids that cannot be file names and lengths that are none are refused", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    for (const id of ["", "ab", "../../etc/passwd", "a/b/c", "task.bits", "täsk", "x".repeat(201)])
      await assert.rejects(storage.create(recordOf(id)), { code: "INVALID_ARGUMENT" }, id);
    for (const fields of [
      { contentLength: -1 },
      { contentLength: 1.5 },
      { contentLength: 2 ** 53 },
      { pieceLength: 0 },
      { pieceLength: 4 * MIB + 1 },
    ])
      await assert.rejects(storage.create(recordOf("task-a", fields)), { code: "INVALID_ARGUMENT" });
    const longest = await storage.create(recordOf("x".repeat(200)));
    await longest.close();
  });

  test("an update is in every record at once, and after the last close", async (t) => {
    const clock = new FakeClock();
    const storage = await make(t, { clock });
    const task = await storage.create(recordOf("task-a"));
    const other = await storage.open("task-a");
    task.update({ bytesFromSource: 7, finishedAtMs: 99, verified: "anchored" });
    assert.equal(other.record.bytesFromSource, 7);
    assert.equal(storage.record("task-a")?.finishedAtMs, 99);
    assert.equal([...storage.records()][0]?.verified, "anchored");
    clock.advance(5_000);
    await Promise.all([task.close(), other.close()]);
    const expected = {
      bytesFromSource: 7,
      finishedAtMs: 99,
      verified: "anchored",
      updatedAtMs: clock.nowMs(),
    };
    assert.deepEqual(storage.record("task-a"), recordOf("task-a", expected as object));
  });

  test("a task deleted while open is forgotten at once, and its bytes stay until the last close", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const one = await storage.create(recordOf("task-a"));
    const two = await storage.open("task-a");
    await putPiece(one, 0);
    const path = one.contentPath;
    await storage.delete("task-a");
    assert.equal(storage.record("task-a"), undefined);
    assert.ok(!existsSync(path), "its name is gone");
    assert.ok(one.deleted && two.deleted);
    await one.close();
    assert.deepEqual(readBlock(two, 1), blockBytes(two, 1));
    putBlock(two, 4);
    two.update({ bytesFromSource: 1 });
    assert.equal(storage.record("task-a"), undefined, "an update does not bring it back");
    assert.ok((await storage.usage()).usedBytes >= 5 * MIB);
    await two.close();
    assert.ok((await storage.usage()).usedBytes < MIB);
    await assert.rejects(storage.open("task-a"), { code: "NOT_FOUND" });
  });

  test("a task made again under the id of a deleted one that is still open shares nothing with it", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const old = await storage.create(recordOf("task-a"));
    await putPiece(old, 0);
    await storage.delete("task-a");
    const fresh = await storage.create(recordOf("task-a", { contentLength: 5 * MIB, url: "http://x.test/" }));
    assert.deepEqual(setBits(fresh.blocks), []);
    putBlock(fresh, 4);
    old.update({ bytesFromSource: 5 });
    await old.discard(0, MIB);
    await old.close();
    assert.equal(storage.record("task-a")?.bytesFromSource, 0);
    assert.deepEqual([setBits(fresh.blocks), fresh.deleted], [[4], false]);
    await fresh.close();
    const again = await storage.open("task-a");
    assert.deepEqual(setBits(again.blocks), [4]);
    assert.equal((await again.pieceRecords([0])).length, 0);
    await again.close();
  });

  test("a closed opening refuses its descriptor and every change; closing it again does nothing", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const one = await storage.create(recordOf("task-a"));
    const two = await storage.open("task-a");
    await Promise.all([one.close(), one.close()]);
    await one.close();
    assert.throws(() => one.fd, { code: "CLOSED" });
    assert.throws(() => one.setBlock(0, 0), { code: "CLOSED" });
    assert.throws(() => one.update({ bytesFromSource: 1 }), { code: "CLOSED" });
    await assert.rejects(one.finishPiece(0, { costMs: 0 }), { code: "CLOSED" });
    await assert.rejects(one.discard(0, 1), { code: "CLOSED" });
    await assert.rejects(one.sync(), { code: "CLOSED" });
    putBlock(two, 0);
    assert.ok(two.hasBlock(0), "the other opening lives on");
    await two.close();
  });

  test("the last close waits for a piece that is being finished", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const task = await storage.create(recordOf("task-a"));
    for (const block of [0, 1, 2, 3]) putBlock(task, block);
    const finishing = task.finishPiece(0, { costMs: 1 });
    await task.close();
    assert.equal((await finishing).number, 0);
    const again = await storage.open("task-a");
    assert.deepEqual(setBits(again.pieces), [0]);
    await again.close();
  });

  test("no more tasks are open at once than the bound allows", async (t) => {
    const storage = await make(t, { clock: new FakeClock(), openTasksMax: 2 });
    const one = await storage.create(recordOf("task-a"));
    const two = await storage.create(recordOf("task-b"));
    await assert.rejects(storage.create(recordOf("task-c")), { code: "TOO_MANY_OPEN" });
    const again = await storage.open("task-a");
    await two.close();
    const three = await storage.create(recordOf("task-c"));
    await assert.rejects(storage.open("task-b"), { code: "TOO_MANY_OPEN" });
    await Promise.all([one.close(), again.close(), three.close()]);
    await (await storage.open("task-b")).close();
  });

  test("a temporary file has no name, holds bytes until its close, and there are not too many", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const file = await storage.temporaryFile();
    writeSync(file.fd, "some bytes", 3 * MIB);
    const bytes = Buffer.alloc(4);
    readSync(file.fd, bytes, 0, 4, 3 * MIB + 5);
    assert.equal(bytes.toString(), "byte");
    assert.equal(fstatSync(file.fd).nlink, 0);
    const more = await Promise.all(
      Array.from({ length: TEMPORARY_FILES_MAX - 1 }, () => storage.temporaryFile()),
    );
    await assert.rejects(storage.temporaryFile(), { code: "TOO_MANY" });
    await Promise.all([file.close(), file.close()]);
    await (await storage.temporaryFile()).close();
    await Promise.all(more.map((one) => one.close()));
  });

  test("a closed storage refuses, and closing it again does nothing", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    await (await storage.create(recordOf("task-a"))).close();
    await Promise.all([storage.close(), storage.close()]);
    await storage.close();
    await assert.rejects(storage.open("task-a"), { code: "CLOSED" });
    await assert.rejects(storage.create(recordOf("task-b")), { code: "CLOSED" });
    await assert.rejects(storage.delete("task-a"), { code: "CLOSED" });
    await assert.rejects(storage.collect(), { code: "CLOSED" });
    await assert.rejects(storage.temporaryFile(), { code: "CLOSED" });
  });
}

/** Makes closed tasks of 4 MiB each, all bytes there, whose last use was so many hours ago. */
async function tasksUsed(
  storage: Storage,
  clock: FakeClock,
  hoursAgo: Record<string, number>,
): Promise<void> {
  const ids = Object.keys(hoursAgo).sort((a, b) => (hoursAgo[b] ?? 0) - (hoursAgo[a] ?? 0));
  const nowMs = clock.nowMs() + (hoursAgo[ids[0] ?? ""] ?? 0) * HOUR_MS;
  for (const id of ids) {
    clock.advance(nowMs - (hoursAgo[id] ?? 0) * HOUR_MS - clock.nowMs());
    const kind = id.startsWith("persistent") ? "persistent-cache" : "standard";
    const task = await storage.create(
      recordOf(id, { contentLength: 4 * MIB, kind, updatedAtMs: clock.nowMs(), createdAtMs: clock.nowMs() }),
    );
    await putPiece(task, 0);
    if (id.startsWith("done")) task.update({ finishedAtMs: clock.nowMs() });
    await task.close();
  }
  clock.advance(nowMs - clock.nowMs());
}

function collectionTests(make: MakeStorage): void {
  test("usage counts the blocks that are there, and the threshold is the room when one is set", async (t) => {
    const policy = { diskThresholdBytes: 20 * MIB };
    const storage = await make(t, { clock: new FakeClock(), policy });
    const before = await storage.usage();
    const task = await storage.create(recordOf("task-a"));
    await putPiece(task, 0);
    const usage = await storage.usage();
    const grown = usage.usedBytes - before.usedBytes;
    assert.ok(grown >= 4 * MIB && grown < 4.5 * MIB, `grew by ${grown}`);
    assert.equal(usage.totalBytes, 20 * MIB);
    assert.equal(usage.availableBytes, 20 * MIB - usage.usedBytes);
    assert.equal(usage.taskCount, 1);
    assert.ok(await storage.hasRoom(usage.availableBytes));
    assert.ok(!(await storage.hasRoom(usage.availableBytes + MIB)));
    await task.close();
    await storage.delete("task-a");
    assert.ok((await storage.usage()).usedBytes < MIB);
  });

  test("without a threshold the room is what the disk has", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const { usedBytes, availableBytes, totalBytes } = await storage.usage();
    assert.equal(totalBytes, usedBytes + availableBytes);
    assert.ok(availableBytes > 0);
    assert.ok(await storage.hasRoom(1));
    assert.ok(!(await storage.hasRoom(1024 ** 6)));
  });

  test("a task unused for its time to live is collected, and no other", async (t) => {
    const clock = new FakeClock();
    const storage = await make(t, { clock, policy: { taskTtlMs: 10 * HOUR_MS } });
    await tasksUsed(storage, clock, {
      "task-old": 10,
      "task-new": 9,
      "persistent-old": 50,
      "task-held": 40,
      "task-open": 41,
    });
    const unpin = storage.pin("task-held");
    const alsoUnpin = storage.pin("task-held");
    const open = await storage.open("task-open");
    assert.deepEqual(await storage.collect(), ["task-old"]);
    assert.equal(storage.record("task-old"), undefined);
    await open.close();
    unpin();
    unpin();
    assert.deepEqual(await storage.collect(), [], "one pin is left, and the close was a use");
    alsoUnpin();
    assert.deepEqual(await storage.collect(), ["task-held"]);
    clock.advance(10 * HOUR_MS);
    assert.deepEqual((await storage.collect()).sort(), ["task-new", "task-open"]);
    assert.deepEqual(
      [...storage.records()].map(({ id }) => id),
      ["persistent-old"],
    );
  });

  test("above the high mark the longest unused go first, until usage is at the low mark", async (t) => {
    const clock = new FakeClock();
    // Ten tasks of 4 MiB: 40 of 50 MiB and more are used; 60 % are 30 MiB.
    const policy = { diskThresholdBytes: 50 * MIB };
    const storage = await make(t, { clock, policy });
    const used = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`task-${n}`, n + 1]));
    await tasksUsed(storage, clock, used);
    const collected = await storage.collect();
    assert.deepEqual(collected, ["task-9", "task-8", "task-7"]);
    const { usedBytes } = await storage.usage();
    assert.ok(usedBytes <= 30 * MIB, `${usedBytes} bytes are used`);
    assert.deepEqual(await storage.collect(), [], "below the high mark nothing goes");
  });

  test("disk pressure never takes what is open, pinned, fresh or meant to persist", async (t) => {
    const clock = new FakeClock();
    const policy = { diskThresholdBytes: 10 * MIB };
    const storage = await make(t, { clock, policy });
    await tasksUsed(storage, clock, {
      "task-open": 9,
      "task-pinned": 8,
      "persistent-a": 7,
      "done-a": 6,
      "task-partial": 5,
    });
    const open = await storage.open("task-open");
    const unpin = storage.pin("task-pinned");
    await tasksUsed(storage, clock, { "task-fresh": 0 });
    clock.advance(COLLECT_FRESH_MS - 1);
    assert.deepEqual(await storage.collect(), ["done-a", "task-partial"]);
    clock.advance(1);
    assert.deepEqual(await storage.collect(), ["task-fresh"]);
    unpin();
    assert.deepEqual(await storage.collect(), ["task-pinned"]);
    assert.deepEqual(readBlock(open, 0), blockBytes(open, 0));
    await open.close();
    assert.ok(storage.record("persistent-a"));
  });

  test("a task that is opened while collecting goes on stays", async (t) => {
    const clock = new FakeClock();
    const storage = await make(t, { clock, policy: { taskTtlMs: HOUR_MS } });
    await tasksUsed(storage, clock, { "task-a": 5, "task-b": 5, "task-c": 5 });
    const opening = storage.open("task-c");
    const collecting = storage.collect();
    const task = await opening;
    assert.deepEqual((await collecting).sort(), ["task-a", "task-b"]);
    assert.deepEqual(readBlock(task, 0), blockBytes(task, 0));
    await task.close();
  });

  test("when more tasks are there than are sorted at once, the oldest are still the first", () => {
    const tasks = Array.from({ length: COLLECT_BATCH_MAX + 1_000 }, (_, n) => ({
      updatedAtMs: (n * 7_919) % 20_011,
    }));
    const expected = tasks.map(({ updatedAtMs }) => updatedAtMs).sort((a, b) => a - b);
    const oldest = oldestFirst(tasks, COLLECT_BATCH_MAX).map(({ updatedAtMs }) => updatedAtMs);
    assert.deepEqual(oldest, expected.slice(0, COLLECT_BATCH_MAX));
  });
}

function factTests(make: MakeStorage): void {
  const all = async (storage: Storage, space: string) => {
    const found: [string, unknown][] = [];
    for await (const [key, value] of storage.facts.entries(space)) found.push([key, value]);
    return found;
  };

  test("a fact is read as soon as it is put, by value, and is gone when deleted", async (t) => {
    const { facts } = await make(t, { clock: new FakeClock() });
    const value = { url: "http://x.test/", n: 1, deep: [null, true, "ü"] };
    facts.put("answer", "a", value);
    value.n = 2;
    assert.deepEqual(await facts.get("answer", "a"), { ...value, n: 1 });
    assert.equal(await facts.get("answer", "b"), undefined);
    assert.equal(await facts.get("link", "a"), undefined, "spaces are apart");
    await facts.flush();
    facts.put("answer", "a", "other");
    assert.equal(await facts.get("answer", "a"), "other");
    facts.delete("answer", "a");
    assert.equal(await facts.get("answer", "a"), undefined);
    await facts.flush();
    assert.equal(await facts.get("answer", "a"), undefined);
  });

  test("entries come in the order of their keys' bytes, those just put and those long kept alike", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const { facts } = storage;
    const keys = ["", "a", "a b", "a/b", "a\u0000", "aa", "b", "é", "𝄞", "\uffee", "10", "9"];
    for (const key of keys) facts.put("answer", key, `old ${key}`);
    facts.put("answers", "x", 1);
    facts.put("answe", "x", 1);
    await facts.flush();
    facts.put("answer", "a", "new a");
    facts.put("answer", "a1", "new a1");
    facts.delete("answer", "b");
    facts.put("answer", "zz", "gone");
    facts.delete("answer", "zz");
    const expected = [...keys.filter((key) => key !== "b"), "a1"]
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map((key) => [key, key === "a" || key === "a1" ? `new ${key}` : `old ${key}`]);
    assert.deepEqual(await all(storage, "answer"), expected);
    assert.deepEqual(await all(storage, "nothing"), []);
  });
}
