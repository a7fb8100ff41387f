/** A real filesystem that is full: NO_SPACE where something would be written, and nothing that is there is harmed. */
import assert from "node:assert/strict";
import { existsSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { FakeClock } from "../../base/clock.ts";
import { LimitError } from "../../base/errors.ts";
import { BufferPool, FilePump } from "../../base/file-pump.ts";
import {
  BLOCK_BYTES,
  CONTENT_BYTES_MAX,
  METADATA_RESERVE_BYTES_MAX,
  METADATA_RETRY_MS,
  METADATA_WAITING_MAX,
  ROOM_AGE_MS,
} from "../../base/limits.ts";
import { silentLogger } from "../../base/logger.ts";
import { Metadata } from "../../daemon/storage/metadata.ts";
import { Reserve } from "../../daemon/storage/reserve.ts";
import type { StoredTask } from "../../daemon/storage/storage.ts";
import { atEnd, diskFixture } from "../daemon/storage/disk-fixture.ts";
import {
  blockBytes,
  digestOf,
  MIB,
  putPiece,
  readBlock,
  recordOf,
  setBits,
} from "../suites/storage-fixtures.ts";
import { smallFilesystem } from "./small-filesystem.ts";

const isNoSpace = (error: unknown) => error instanceof LimitError && error.code === "NO_SPACE";

/** Fills a task as a source would. @throws what the pump says */
async function fetchAll(task: StoredTask): Promise<void> {
  const pump = new FilePump(
    {
      fd: task.fd,
      offset: 0,
      length: task.record.contentLength,
      has: (block) => task.hasBlock(block),
      onBlock: (block, _length, crc) => {
        if (!task.hasBlock(block)) task.setBlock(block, crc);
      },
    },
    new BufferPool(4 * BLOCK_BYTES),
  );
  try {
    for (let block = 0; block < task.blockCount; block++) await pump.write(blockBytes(task, block));
    await pump.end();
  } finally {
    await pump.abort();
  }
}

function checkBytes(task: StoredTask): void {
  for (const block of setBits(task.blocks))
    assert.ok(readBlock(task, block).equals(blockBytes(task, block)), `block ${block} of ${task.record.id}`);
}

async function finishedTask(fixture: Awaited<ReturnType<typeof diskFixture>>, id: string): Promise<void> {
  const task = await fixture.storage.create(recordOf(id));
  for (const piece of [0, 1, 2]) await putPiece(task, piece);
  task.update({ finishedAtMs: 1 });
  await task.close();
}

async function checkFinished(fixture: Awaited<ReturnType<typeof diskFixture>>, id: string): Promise<void> {
  const task = await fixture.storage.open(id);
  assert.deepEqual(setBits(task.pieces), [0, 1, 2]);
  checkBytes(task);
  for (const { number, digest } of await task.pieceRecords([0, 1, 2]))
    assert.equal(digest, digestOf(task, number));
  await task.close();
}

async function onSmallDisk(t: TestContext, bytes: number) {
  const disk = smallFilesystem(t, bytes);
  if (disk === undefined) return undefined;
  const fixture = await diskFixture(t, { dir: join(disk.path, "storage") });
  // What is set aside at the start is there before anything is filled.
  await fixture.storage.maintain();
  return { disk, fixture };
}

test("a task that fills the disk gets NO_SPACE; all else stays readable, and deleting it makes room", async (t) => {
  const small = await onSmallDisk(t, 96 * MIB);
  if (small === undefined) return;
  const { fixture } = small;
  await finishedTask(fixture, "task-a");
  const big = await fixture.storage.create(recordOf("task-big", { contentLength: 300 * MIB }));
  await assert.rejects(fetchAll(big), isNoSpace);
  assert.ok(big.blocksPresent > 20, "what fitted is there");
  checkBytes(big);
  const { availableBytes } = await fixture.storage.usage();
  assert.ok(availableBytes < 8 * MIB);
  assert.ok(!(await fixture.storage.hasRoom(16 * MIB)));
  await checkFinished(fixture, "task-a");
  const present = setBits(big.blocks);
  await big.close();
  await fixture.reopen();
  await checkFinished(fixture, "task-a");
  const again = await fixture.storage.open("task-big");
  assert.deepEqual(setBits(again.blocks), present);
  checkBytes(again);
  await again.close();
  await fixture.storage.delete("task-big");
  await finishedTask(fixture, "task-b");
  await checkFinished(fixture, "task-b");
});

test("on a disk that others filled to the last byte nothing is lost, and it is served again once there is room", async (t) => {
  const small = await onSmallDisk(t, 96 * MIB);
  if (small === undefined) return;
  const { disk, fixture } = small;
  await finishedTask(fixture, "task-a");
  const partial = await fixture.storage.create(recordOf("task-b"));
  await putPiece(partial, 0);
  fixture.storage.facts.put("link", "kept", { url: "http://origin.test/" });
  await fixture.storage.facts.flush();
  disk.fill();
  await assert.rejects(fixture.storage.create(recordOf("task-new")), isNoSpace);
  assert.equal(fixture.storage.record("task-new"), undefined);
  assert.ok(!existsSync(fixture.contentPath("task-new")));
  await assert.rejects(fetchAll(partial), isNoSpace);
  await checkFinished(fixture, "task-a");

  // What was set aside takes some more, then no more.
  const taken: string[] = [];
  await assert.rejects(async () => {
    for (let n = 0; n < 10_000; n++) {
      fixture.storage.facts.put("early", `${n}`, "x".repeat(10_000));
      await fixture.storage.facts.flush();
      taken.push(`${n}`);
    }
  }, isNoSpace);
  assert.ok(taken.length > 10, `${taken.length} facts were taken`);
  assert.deepEqual(await fixture.storage.facts.get("link", "kept"), { url: "http://origin.test/" });
  assert.equal(await fixture.storage.facts.get("early", `${taken.length}`), "x".repeat(10_000), "it waits");

  // The disk takes nothing for long: what waits for it is bounded, and a flush says what was not kept.
  for (let n = 0; n < METADATA_WAITING_MAX + 100; n++) fixture.storage.facts.put("answer", `late-${n}`, n);
  assert.equal(await fixture.storage.facts.get("answer", `late-${METADATA_WAITING_MAX + 50}`), undefined);

  disk.unfill();
  await assert.rejects(fixture.storage.facts.flush(), /facts were not kept/);
  await fixture.storage.facts.flush();
  const created = await fixture.storage.create(recordOf("task-new"));
  await putPiece(created, 1);
  await Promise.all([created.close(), partial.close()]);
  await fixture.reopen();
  await checkFinished(fixture, "task-a");
  assert.deepEqual(await fixture.storage.facts.get("link", "kept"), { url: "http://origin.test/" });
  for (const key of [...taken, `${taken.length}`])
    assert.equal(await fixture.storage.facts.get("early", key), "x".repeat(10_000), `fact ${key}`);
  const again = await fixture.storage.open("task-b");
  assert.deepEqual(setBits(again.pieces), [0]);
  checkBytes(again);
  await again.close();
});

test("a storage that was stopped on a full disk starts again once there is room, with what it had", async (t) => {
  const small = await onSmallDisk(t, 96 * MIB);
  if (small === undefined) return;
  const { disk, fixture } = small;
  await finishedTask(fixture, "task-a");
  await fixture.storage.maintain();
  disk.fill();
  await fixture.stop();
  const opened = await fixture.reopen().then(
    () => true,
    (error: unknown) => {
      assert.ok(isNoSpace(error), String(error));
      return false;
    },
  );
  disk.unfill();
  if (!opened) await fixture.reopen();
  await checkFinished(fixture, "task-a");
});

test("on a larger disk room is set aside, so that a full one can still be started on, told of new things, and emptied", async (t) => {
  const small = await onSmallDisk(t, 1024 * MIB);
  if (small === undefined) return;
  const { disk, fixture } = small;
  await finishedTask(fixture, "task-a");
  await fixture.storage.maintain();
  const { usedBytes } = await fixture.storage.usage();
  assert.ok(usedBytes >= 9 * MIB + METADATA_RESERVE_BYTES_MAX, "the room set aside counts as ours");
  disk.fill();
  assert.equal(statfsSync(disk.path).bavail, 0);
  fixture.storage.facts.put("link", "late", "x".repeat(100_000));
  await fixture.storage.facts.flush();
  await fixture.reopen();
  assert.equal(await fixture.storage.facts.get("link", "late"), "x".repeat(100_000));
  await checkFinished(fixture, "task-a");
  await fixture.storage.delete("task-a");
  assert.ok(statfsSync(disk.path).bavail > 0);
  disk.unfill();
  fixture.clock.advance(60_000);
  await fixture.storage.maintain();
  assert.ok(existsSync(join(fixture.dir, "reserve")), "and set aside anew");
});

test("a content longer than the filesystem can hold is NO_SPACE, and nothing of it is left", async (t) => {
  const small = await onSmallDisk(t, 96 * MIB);
  if (small === undefined) return;
  const { fixture } = small;
  const record = recordOf("task-huge", { contentLength: CONTENT_BYTES_MAX, pieceLength: 64 * MIB });
  await assert.rejects(fixture.storage.create(record), isNoSpace);
  assert.equal(fixture.storage.record("task-huge"), undefined);
  assert.ok(!existsSync(fixture.contentPath("task-huge")) && !existsSync(fixture.bitsPath("task-huge")));
});

test("the room on the disk is asked anew after a second", async (t) => {
  const small = await onSmallDisk(t, 96 * MIB);
  if (small === undefined) return;
  const { disk, fixture } = small;
  await fixture.storage.maintain();
  const { availableBytes } = await fixture.storage.usage();
  assert.ok(availableBytes > 16 * MIB);
  disk.fill();
  assert.equal((await fixture.storage.usage()).availableBytes, availableBytes);
  fixture.clock.advance(ROOM_AGE_MS);
  assert.equal((await fixture.storage.usage()).availableBytes, 0);
  assert.equal(await fixture.storage.hasRoom(1), false);
});

test("metadata that a full disk did not take is written by itself a second later", async (t) => {
  const disk = smallFilesystem(t, 32 * MIB);
  if (disk === undefined) return;
  const clock = new FakeClock();
  const reserve = new Reserve(join(disk.path, "reserve"));
  const metadata = await Metadata.open({ folder: join(disk.path, "db"), clock, log: silentLogger, reserve });
  atEnd(t, () => metadata.close());
  disk.fill();
  metadata.put("f!a", "x".repeat(100_000));
  await assert.rejects(metadata.flush(), isNoSpace);
  assert.ok(metadata.failing);
  disk.unfill();
  clock.advance(METADATA_RETRY_MS - 1);
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  assert.ok(metadata.failing);
  clock.advance(1);
  for (let look = 0; look < 2_000 && metadata.failing; look++) await wait(10);
  assert.ok(!metadata.failing, "it was written without anybody asking");
  assert.equal((await metadata.get("f!a"))?.length, 100_000);
});
