/** What every storage promises of its room: what is counted, and which tasks go when. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { COLLECT_BATCH_MAX, COLLECT_FRESH_MS } from "../../base/limits.ts";
import { oldestFirst } from "../../daemon/storage/collection.ts";
import type { Storage } from "../../daemon/storage/storage.ts";
import { blockBytes, MIB, putPiece, readBlock, recordOf } from "./storage-fixtures.ts";
import type { MakeStorage } from "./storage-suite.ts";

const HOUR_MS = 3_600_000;

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

export function storageCollectionTests(make: MakeStorage): void {
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
