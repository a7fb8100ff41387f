/** The in-memory storage keeps the contract. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { MemoryStorage } from "../../../daemon/storage/memory-storage.ts";
import { MIB, putPiece, recordOf } from "../../suites/storage-fixtures.ts";
import { storageSuite } from "../../suites/storage-suite.ts";

storageSuite("memory storage", async (t, options) => {
  const storage = await MemoryStorage.open(options);
  t.after(() => storage.close());
  return storage;
});

test("closing it leaves no file behind, also with tasks open", async () => {
  const storage = await MemoryStorage.open();
  const task = await storage.create(recordOf("task-a"));
  const folder = dirname(task.contentPath);
  assert.ok(existsSync(folder));
  await storage.close();
  assert.ok(!existsSync(folder));
  await task.close();
});

test("its imagined disk fills up", async (t) => {
  const storage = await MemoryStorage.open({ clock: new FakeClock(), capacityBytes: 6 * MIB });
  t.after(() => storage.close());
  const task = await storage.create(recordOf("task-a"));
  await putPiece(task, 0);
  assert.deepEqual(await storage.usage(), {
    usedBytes: 4 * MIB,
    availableBytes: 2 * MIB,
    totalBytes: 6 * MIB,
    cacheBytes: 4 * MIB,
    seededBytes: 0,
    pinnedBytes: 0,
    taskCount: 1,
  });
  assert.ok(await storage.hasRoom(2 * MIB));
  assert.ok(!(await storage.hasRoom(2 * MIB + 1)));
  await task.close();
});
