/** kill -9 and power loss while blocks are taken out of a file: at every step, what is marked is there. */
import assert from "node:assert/strict";
import { copyFileSync, fstatSync } from "node:fs";
import { test } from "node:test";
import { blockBytes, MIB, putPiece, readBlock, recordOf, setBits } from "../../suites/storage-fixtures.ts";
import { diskFixture } from "./disk-fixture.ts";

const MISSING_ADDON = "/nowhere/p2pfs_linux.node";

/** A storage with a finished task, durable or not. */
async function finished(t: Parameters<typeof diskFixture>[0], durable: boolean) {
  const fixture = await diskFixture(t);
  const task = await fixture.storage.create(recordOf("task-a"));
  for (const piece of [0, 1, 2]) await putPiece(task, piece);
  task.update({ finishedAtMs: 5, verified: "transport" });
  if (durable) await task.sync();
  return { fixture, task };
}

for (const durable of [true, false])
  test(`the marks are gone from the disk before a byte is, of a task that is ${durable ? "durable" : "in doubt"}`, async (t) => {
    const { fixture, task } = await finished(t, durable);
    if (!fixture.storage.canEvict) return t.skip("holes cannot be punched here");
    // Drains are waited for between the marks and the bytes.
    const images: string[] = [];
    task.addDrain(async () => void images.push(fixture.crashImage()));
    await task.evict({ start: 1, end: 6 });
    images.push(fixture.crashImage());
    assert.equal(images.length, 2);
    // As after kill -9, and as after a power loss that kept what was written.
    for (const [index, dir] of images.entries())
      for (const bootId of ["boot-1", `boot-${index + 2}`]) {
        const after = await diskFixture(t, { dir, bootId });
        const again = await after.storage.open("task-a");
        assert.deepEqual([setBits(again.blocks), setBits(again.pieces)], [[0, 6, 7, 8, 9], [2]]);
        assert.equal(again.record.finishedAtMs, undefined);
        for (const block of [0, 6, 9])
          assert.deepEqual(readBlock(again, block), blockBytes(again, block), `block ${block}`);
        await again.close();
        await after.stop();
      }
    await task.close();
  });

test("a hole that reached the disk before the marks did is found after a power loss", async (t) => {
  const { fixture, task } = await finished(t, true);
  if (!fixture.storage.canEvict) return t.skip("holes cannot be punched here");
  // The bitmap file as it was before, as if its page had not been written.
  const before = fixture.crashImage();
  await task.evict({ start: 1, end: 6 });
  await fixture.storage.facts.flush();
  const dir = fixture.crashImage();
  copyFileSync(
    fixture.bitsPath("task-a").replace(fixture.dir, before),
    fixture.bitsPath("task-a").replace(fixture.dir, dir),
  );
  const after = await diskFixture(t, { dir, bootId: "boot-2" });
  const again = await after.storage.open("task-a");
  assert.deepEqual([setBits(again.blocks), setBits(again.pieces)], [[0, 6, 7, 8, 9], [2]]);
  await again.close();
  await task.close();
});

test("evicted blocks leave the disk, and the count of what is used is right after a restart", async (t) => {
  const { fixture, task } = await finished(t, false);
  if (!fixture.storage.canEvict) return t.skip("holes cannot be punched here");
  const before = fstatSync(task.fd).blocks * 512;
  await task.evict({ start: 0, end: 8 });
  assert.equal(before - fstatSync(task.fd).blocks * 512, 8 * MIB);
  const { cacheBytes } = await fixture.storage.usage();
  await task.close();
  const storage = await fixture.reopen();
  assert.ok(Math.abs((await storage.usage()).cacheBytes - cacheBytes) < MIB / 4);
});

test("without the addon files go as a whole only", async (t) => {
  const fixture = await diskFixture(t, { addonPath: MISSING_ADDON });
  assert.equal(fixture.storage.canEvict, false);
});
