/** What every storage promises of blocks that are taken out of open tasks, and of the bound of what is cached. */
import assert from "node:assert/strict";
import { linkSync, rmSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { blockBytes, MIB, putBlock, putPiece, readBlock, recordOf, setBits } from "./storage-fixtures.ts";
import type { MakeStorage } from "./storage-suite.ts";

export function storageEvictionTests(make: MakeStorage): void {
  /** undefined, and the test skipped, where files go as a whole only. */
  const evicting = async (t: TestContext, policy = {}) => {
    const clock = new FakeClock();
    const storage = await make(t, { clock, policy });
    if (storage.canEvict) return { storage, clock };
    t.skip("holes cannot be punched here");
    return undefined;
  };

  test("evicted blocks are gone and leave their room, and what is left is as it was", async (t) => {
    const made = await evicting(t);
    if (made === undefined) return;
    const { storage } = made;
    const task = await storage.create(recordOf("task-a"));
    for (const piece of [0, 1, 2]) await putPiece(task, piece);
    task.update({ finishedAtMs: 5, verified: "transport" });
    const before = await storage.usage();
    assert.equal(await task.evict({ start: 3, end: 6 }), 3 * MIB);
    assert.deepEqual(setBits(task.blocks), [0, 1, 2, 6, 7, 8, 9]);
    assert.deepEqual(setBits(task.pieces), [2]);
    assert.equal(task.record.finishedAtMs, undefined, "it is not whole any more");
    assert.equal(task.record.verified, "none");
    const after = await storage.usage();
    assert.equal(before.usedBytes - after.usedBytes, 3 * MIB);
    assert.equal(before.cacheBytes - after.cacheBytes, 3 * MIB);
    assert.ok(readBlock(task, 4).equals(Buffer.alloc(MIB)), "the bytes are gone");
    for (const block of [2, 6, 9]) assert.deepEqual(readBlock(task, block), blockBytes(task, block));
    for (const block of [3, 4, 5]) putBlock(task, block, 1);
    for (const piece of [0, 1]) await task.finishPiece(piece, { costMs: 1 });
    assert.deepEqual(readBlock(task, 4), blockBytes(task, 4, 1));
    await task.close();
  });

  test("the content's last block, shorter than the others, can go too", async (t) => {
    const made = await evicting(t);
    if (made === undefined) return;
    const task = await made.storage.create(recordOf("task-a"));
    await putPiece(task, 2);
    assert.equal(await task.evict({ start: 8, end: 99 }), MIB + 123);
    assert.deepEqual(setBits(task.blocks), []);
    putBlock(task, 9);
    assert.deepEqual(readBlock(task, 9), blockBytes(task, 9));
    await task.close();
  });

  test("what is held stays, and what is being finished", async (t) => {
    const made = await evicting(t);
    if (made === undefined) return;
    const task = await made.storage.create(recordOf("task-a"));
    await putPiece(task, 0);
    for (const block of [4, 5, 6, 7]) putBlock(task, block);
    const finishing = task.finishPiece(1, { costMs: 1 });
    const release = task.hold({ start: 1, end: 2 });
    const again = task.hold({ start: 1, end: 2 });
    assert.equal(await task.evict({ start: 0, end: 8 }), 3 * MIB);
    assert.deepEqual(setBits(task.blocks), [1, 4, 5, 6, 7]);
    await finishing;
    release();
    release();
    assert.equal(await task.evict({ start: 0, end: 4 }), 0, "one hold is left");
    again();
    assert.equal(await task.evict({ start: 0, end: 4 }), MIB);
    await task.close();
  });

  test("bits go at once, bytes only when the reads that had begun are over", async (t) => {
    const made = await evicting(t);
    if (made === undefined) return;
    const task = await made.storage.create(recordOf("task-a"));
    await putPiece(task, 0);
    let reading = true;
    let over = () => {};
    const drained = new Promise<void>((resolve) => {
      over = resolve;
    });
    let drains = 0;
    const drain = async () => {
      drains += 1;
      await drained;
      reading = false;
    };
    const first = task.addDrain(drain);
    const second = task.addDrain(drain);
    second();
    second();
    const evicting_ = task.evict({ start: 0, end: 1 }).then(() => assert.equal(reading, false));
    assert.equal(task.hasBlock(0), false);
    assert.equal(task.hasPiece(0), false);
    // However long the reads take.
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    assert.deepEqual(readBlock(task, 0), blockBytes(task, 0));
    over();
    await evicting_;
    assert.equal(drains, 1);
    assert.ok(readBlock(task, 0).equals(Buffer.alloc(MIB)));
    first();
    await task.evict({ start: 1, end: 2 });
    assert.equal(drains, 1, "readers that are gone are not waited for");
    await task.close();
  });

  test("content that has a second name is left alone: the bytes are somebody's output", async (t) => {
    const made = await evicting(t);
    if (made === undefined) return;
    const task = await made.storage.create(recordOf("task-a"));
    await putPiece(task, 0);
    const name = `${task.contentPath}-output`;
    linkSync(task.contentPath, name);
    t.after(() => rmSync(name, { force: true }));
    assert.equal(await task.evict({ start: 0, end: 4 }), 0);
    assert.deepEqual(setBits(task.pieces), [0]);
    await task.close();
  });

  test("the bound of what is cached leaves out what persists and what is pinned", async (t) => {
    const storage = await make(t, { clock: new FakeClock(), policy: { cacheThresholdBytes: 20 * MIB } });
    for (const id of ["task-a", "task-b", "task-c"]) {
      const kind = id === "task-c" ? "persistent" : "standard";
      const task = await storage.create(recordOf(id, { kind }));
      await putPiece(task, 0);
      await task.close();
    }
    const unpin = storage.pin("task-b");
    const { cacheBytes, seededBytes, pinnedBytes, availableBytes, usedBytes } = await storage.usage();
    for (const bytes of [cacheBytes, seededBytes, pinnedBytes])
      assert.ok(bytes >= 4 * MIB && bytes < 4.5 * MIB, `${bytes}`);
    assert.ok(usedBytes >= cacheBytes + seededBytes + pinnedBytes);
    assert.equal(availableBytes, 20 * MIB - cacheBytes);
    assert.equal(storage.availableBytes, availableBytes);
    unpin();
    assert.ok((await storage.usage()).cacheBytes >= 8 * MIB);
  });

  test("what was used a moment ago goes only when it is asked for, and no more than is needed", async (t) => {
    const clock = new FakeClock();
    const storage = await make(t, { clock, policy: { cacheThresholdBytes: 14 * MIB } });
    for (const id of ["task-a", "task-b", "task-c"]) {
      const task = await storage.create(recordOf(id, { updatedAtMs: clock.nowMs() }));
      await putPiece(task, 0);
      clock.advance(10);
      await task.close();
    }
    assert.deepEqual(await storage.collect(5 * MIB), []);
    assert.deepEqual(await storage.collect(5 * MIB, { freshToo: true }), ["task-a"]);
    assert.deepEqual(await storage.collect(5 * MIB, { freshToo: true }), []);
  });
}
