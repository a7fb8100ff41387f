/**
 * What outlives kill -9 and what outlives a power loss. A crash is a copy of the folder taken in the middle of things; a power loss is
 * another boot id and bytes that did not reach the disk, altered by hand in the stored files.
 */
import assert from "node:assert/strict";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { Level } from "level";
import { FakeClock } from "../../../base/clock.ts";
import { BITS_AHEAD_BYTES_MAX, METADATA_SIZE_AGE_MS, SYNC_IDLE_MS } from "../../../base/limits.ts";
import {
  blockBytes,
  digestOf,
  MIB,
  putBlock,
  putPiece,
  readBlock,
  recordOf,
  setBits,
} from "../../suites/storage-fixtures.ts";
import { alterFile, contentPathIn, diskFixture, spoilBlock } from "./disk-fixture.ts";

/** A storage with one task, pieces 0 and 1 finished and block 8 set, all of it in the files. */
async function withTask(t: Parameters<typeof diskFixture>[0]) {
  const fixture = await diskFixture(t);
  const task = await fixture.storage.create(recordOf("task-a"));
  putBlock(task, 8);
  await putPiece(task, 0);
  await putPiece(task, 1);
  return { fixture, task };
}

const ALL_BLOCKS = [0, 1, 2, 3, 4, 5, 6, 7, 8];

test("kill -9 on the same boot loses no mark, and what is marked is believed without being read", async (t) => {
  const { fixture, task } = await withTask(t);
  const dir = fixture.crashImage();
  spoilBlock(dir, "task-a", 1);
  const after = await diskFixture(t, { dir });
  const again = await after.storage.open("task-a");
  assert.deepEqual([setBits(again.blocks), setBits(again.pieces)], [ALL_BLOCKS, [0, 1]]);
  assert.deepEqual(await again.pieceRecords([0]), [
    // Where it came from was still in memory only; its digest was not.
    { number: 0, digest: digestOf(task, 0), costMs: 0, finishedAtMs: recordOf("task-a").updatedAtMs },
  ]);
  await Promise.all([task.close(), again.close()]);
});

test("where pieces came from outlives kill -9 within a tenth of a second", async (t) => {
  const fixture = await diskFixture(t);
  const task = await fixture.storage.create(recordOf("task-a"));
  for (const block of [0, 1, 2, 3]) putBlock(task, block);
  const finished = await task.finishPiece(0, { parentId: "peer-1", costMs: 12 });
  fixture.clock.advance(100);
  await fixture.storage.facts.flush();
  const after = await diskFixture(t, { dir: fixture.crashImage() });
  const again = await after.storage.open("task-a");
  assert.deepEqual(await again.pieceRecords([0]), [finished]);
  await Promise.all([task.close(), again.close()]);
});

test("after a power loss a task that was not durable is read, and what is not as recorded is cleared", async (t) => {
  const { fixture, task } = await withTask(t);
  const dir = fixture.crashImage();
  spoilBlock(dir, "task-a", 1);
  spoilBlock(dir, "task-a", 8);
  const after = await diskFixture(t, { dir, bootId: "boot-2" });
  const again = await after.storage.open("task-a");
  assert.deepEqual([setBits(again.blocks), setBits(again.pieces)], [[0, 2, 3, 4, 5, 6, 7], [1]]);
  putBlock(again, 1);
  assert.equal((await again.finishPiece(0, { costMs: 1 })).digest, digestOf(again, 0));
  await again.close();
  await task.close();
});

test("what was checked after a power loss is not checked again after the next", async (t) => {
  const { fixture, task } = await withTask(t);
  const after = await diskFixture(t, { dir: fixture.crashImage(), bootId: "boot-2" });
  await (await after.storage.open("task-a")).close();
  await after.storage.facts.flush();
  const dir = after.crashImage();
  spoilBlock(dir, "task-a", 1);
  const later = await diskFixture(t, { dir, bootId: "boot-3" });
  const again = await later.storage.open("task-a");
  assert.deepEqual(setBits(again.blocks), ALL_BLOCKS);
  await again.close();
  await task.close();
});

test("a piece whose digest is not that of its blocks is not finished after a power loss", async (t) => {
  const { fixture, task } = await withTask(t);
  const bits = fixture.bitsPath("task-a");
  const before = readFileSync(bits);
  putBlock(task, 5, 1);
  await task.finishPiece(1, { costMs: 1 });
  const dir = fixture.crashImage();
  // The mark of piece 1 (after 64 bytes of header, ten blocks and piece 0) is the old one, those of its blocks are new.
  alterFile(
    `${contentPathIn(dir, "task-a")}.bits`,
    (bytes) => void before.copy(bytes, 64 + 8 * 11, 64 + 8 * 11, 64 + 8 * 12),
  );
  const same = await diskFixture(t, { dir });
  await (await same.storage.open("task-a")).close();
  await same.storage.facts.flush();
  const after = await diskFixture(t, { dir: same.crashImage(), bootId: "boot-2" });
  const again = await after.storage.open("task-a");
  assert.deepEqual([setBits(again.blocks), setBits(again.pieces)], [ALL_BLOCKS, [0]]);
  await again.close();
  await task.close();
});

for (const [how, makeDurable] of [
  ["sync", async ({ task }) => task.sync()],
  [
    "a round of upkeep once it was idle",
    async ({ fixture }) => {
      fixture.clock.advance(SYNC_IDLE_MS);
      await fixture.storage.maintain();
    },
  ],
  [
    "a round of upkeep after its last close",
    async ({ fixture, task }) => {
      await task.close();
      await fixture.storage.maintain();
    },
  ],
  [
    "an orderly stop",
    async ({ fixture, task }) => {
      await task.close();
      await fixture.stop();
    },
  ],
] satisfies [string, (all: Awaited<ReturnType<typeof withTask>>) => Promise<void>][]) {
  test(`a task made durable by ${how} is not read after a power loss`, async (t) => {
    const all = await withTask(t);
    await makeDurable(all);
    const dir = all.fixture.crashImage();
    spoilBlock(dir, "task-a", 1);
    const after = await diskFixture(t, { dir, bootId: "boot-2" });
    const again = await after.storage.open("task-a");
    assert.deepEqual([setBits(again.blocks), setBits(again.pieces)], [ALL_BLOCKS, [0, 1]]);
    await again.close();
    await all.task.close();
  });
}

test("upkeep leaves a task alone that is being written", async (t) => {
  const { fixture, task } = await withTask(t);
  fixture.clock.advance(SYNC_IDLE_MS - 1);
  await fixture.storage.maintain();
  const dir = fixture.crashImage();
  spoilBlock(dir, "task-a", 1);
  const after = await diskFixture(t, { dir, bootId: "boot-2" });
  const again = await after.storage.open("task-a");
  assert.ok(!again.hasBlock(1));
  await again.close();
  await task.close();
});

test("one new mark after a sync puts the task in doubt again", async (t) => {
  const { fixture, task } = await withTask(t);
  await task.sync();
  await putPiece(task, 2);
  const dir = fixture.crashImage();
  spoilBlock(dir, "task-a", 9);
  const after = await diskFixture(t, { dir, bootId: "boot-2" });
  const again = await after.storage.open("task-a");
  assert.deepEqual([setBits(again.blocks), setBits(again.pieces)], [ALL_BLOCKS, [0, 1]]);
  await again.close();
  await task.close();
});

test("a mark that comes while a sync is under way keeps the task in doubt", async (t) => {
  const { fixture, task } = await withTask(t);
  const syncing = task.sync();
  await putPiece(task, 2);
  await syncing;
  const dir = fixture.crashImage();
  spoilBlock(dir, "task-a", 9);
  const after = await diskFixture(t, { dir, bootId: "boot-2" });
  const again = await after.storage.open("task-a");
  assert.deepEqual(setBits(again.pieces), [0, 1]);
  await again.close();
  await task.close();
});

test("a record whose content file is gone has no bytes, is no longer finished, and can be filled again", async (t) => {
  const { fixture, task } = await withTask(t);
  await putPiece(task, 2);
  task.update({ finishedAtMs: 5, verified: "anchored" });
  await task.close();
  await fixture.stop();
  rmSync(fixture.contentPath("task-a"));
  const storage = await fixture.reopen();
  const again = await storage.open("task-a");
  assert.deepEqual([setBits(again.blocks), setBits(again.pieces)], [[], []]);
  assert.equal(again.record.finishedAtMs, undefined);
  assert.equal(storage.record("task-a")?.verified, "none");
  await putPiece(again, 1);
  await again.close();
  const filled = await (await fixture.reopen()).open("task-a");
  assert.deepEqual(setBits(filled.pieces), [1]);
  assert.deepEqual(readBlock(filled, 4), blockBytes(filled, 4));
  await filled.close();
});

for (const [what, change] of [
  ["cut", (path) => truncateSync(path, 5 * MIB)],
  ["longer", (path) => truncateSync(path, 20 * MIB)],
  [
    "cut and grown again",
    (path) => {
      truncateSync(path, 0);
      truncateSync(path, 9 * MIB + 123);
    },
  ],
] satisfies [string, (path: string) => void][]) {
  test(`a content file that is ${what} gives no wrong byte`, async (t) => {
    const { fixture, task } = await withTask(t);
    await task.close();
    await fixture.stop();
    change(fixture.contentPath("task-a"));
    const again = await (await fixture.reopen()).open("task-a");
    assert.deepEqual([setBits(again.blocks), setBits(again.pieces)], [[], []]);
    await again.close();
  });
}

test("a second name that a user gave the content file keeps its bytes when the marks are lost", async (t) => {
  const { fixture, task } = await withTask(t);
  await task.close();
  await fixture.stop();
  const copy = join(dirname(fixture.dir), "model.bin");
  linkSync(fixture.contentPath("task-a"), copy);
  const before = readFileSync(copy);
  rmSync(fixture.bitsPath("task-a"));
  const again = await (await fixture.reopen()).open("task-a");
  putBlock(again, 0, 1);
  await again.close();
  assert.ok(readFileSync(copy).equals(before));
});

test("files without a record are removed after a crash, and those with one stay", async (t) => {
  const { fixture, task } = await withTask(t);
  const dir = fixture.crashImage();
  const stray = contentPathIn(dir, "lost-task");
  mkdirSync(dirname(stray), { recursive: true });
  writeFileSync(stray, "bytes");
  writeFileSync(`${stray}.bits`, "bits");
  // A task has one kind: a file of its id under another is garbage too.
  const otherKind = join(dir, "content/persistent-tasks/tas/task-a");
  mkdirSync(dirname(otherKind), { recursive: true });
  writeFileSync(otherKind, "bytes");
  writeFileSync(join(dir, "tmp/stream-1-0"), "left");
  const after = await diskFixture(t, { dir });
  await after.storage.maintain();
  assert.ok(!existsSync(stray) && !existsSync(`${stray}.bits`) && !existsSync(otherKind));
  assert.deepEqual(readdirSync(join(dir, "tmp")), []);
  const again = await after.storage.open("task-a");
  assert.deepEqual(setBits(again.blocks), ALL_BLOCKS);
  await Promise.all([task.close(), again.close()]);
});

test("a lost metadata folder leaves an empty storage, not a broken one", async (t) => {
  const { fixture, task } = await withTask(t);
  await task.close();
  await fixture.stop();
  rmSync(join(fixture.dir, "metadata"), { recursive: true });
  const storage = await fixture.reopen();
  await storage.maintain();
  assert.deepEqual([...storage.records()], []);
  assert.ok(!existsSync(fixture.contentPath("task-a")));
  const again = await storage.create(recordOf("task-a"));
  assert.deepEqual(setBits(again.blocks), []);
  await again.close();
});

test("a damaged record drops its task and its files, and no other", async (t) => {
  const { fixture, task } = await withTask(t);
  await task.close();
  const other = await fixture.storage.create(recordOf("task-b"));
  await putPiece(other, 0);
  await other.close();
  await fixture.stop();
  const db = new Level(join(fixture.dir, "metadata"));
  const text = (await db.get("t!task-a")) ?? "";
  await db.put("t!task-a", text.replace("origin.test", "origin.tesu"));
  await db.put("m!life", "open");
  await db.close();
  const storage = await fixture.reopen();
  await storage.maintain();
  assert.deepEqual(
    [...storage.records()].map(({ id }) => id),
    ["task-b"],
  );
  assert.ok(!existsSync(fixture.contentPath("task-a")));
  const again = await storage.open("task-b");
  assert.deepEqual(setBits(again.pieces), [0]);
  await again.close();
});

test("a damaged database is repaired, and what it still holds is served", async (t) => {
  const { fixture, task } = await withTask(t);
  await task.close();
  await fixture.stop();
  const metadata = join(fixture.dir, "metadata");
  for (const name of readdirSync(metadata))
    if (name.startsWith("MANIFEST")) alterFile(join(metadata, name), (bytes) => void bytes.fill(0x55));
  const again = await (await fixture.reopen()).open("task-a");
  assert.deepEqual(setBits(again.pieces), [0, 1]);
  await again.close();
});

test("usage counts what a killed process wrote but did not count", async (t) => {
  // A small room, so that little of it is set aside.
  const policy = { diskThresholdBytes: 64 * MIB };
  const fixture = await diskFixture(t, { policy });
  const task = await fixture.storage.create(recordOf("task-a"));
  for (const piece of [0, 1, 2]) await putPiece(task, piece);
  const after = await diskFixture(t, { dir: fixture.crashImage(), policy });
  const { usedBytes } = await after.storage.usage();
  assert.ok(usedBytes >= 9 * MIB && usedBytes < 12 * MIB, `${usedBytes} bytes`);
  await task.close();
});

test("access times and counters are on disk after the minute's upkeep", async (t) => {
  const { fixture, task } = await withTask(t);
  await fixture.storage.maintain();
  task.update({ uploadedCount: 3, updatedAtMs: fixture.clock.nowMs() + 5 });
  fixture.clock.advance(100);
  await fixture.storage.facts.flush();
  const early = await diskFixture(t, { dir: fixture.crashImage() });
  assert.equal(early.storage.record("task-a")?.uploadedCount, 0);
  await fixture.storage.maintain();
  const late = await diskFixture(t, { dir: fixture.crashImage() });
  assert.equal(late.storage.record("task-a")?.uploadedCount, 3);
  assert.equal(late.storage.record("task-a")?.updatedAtMs, task.record.updatedAtMs);
  await task.close();
});

test("the upkeep comes by itself every minute", async (t) => {
  const { fixture, task } = await withTask(t);
  task.update({ uploadedCount: 3 });
  fixture.clock.advance(60_000);
  await fixture.storage.maintain();
  const late = await diskFixture(t, { dir: fixture.crashImage() });
  assert.equal(late.storage.record("task-a")?.uploadedCount, 3);
  await task.close();
});

/** A clock on which every look costs three seconds, once told so. */
class SlowClock extends FakeClock {
  slow = false;
  #lookedMs = 0;

  override monotonicMs(): number {
    if (this.slow) this.#lookedMs += 3_000;
    return super.monotonicMs() + this.#lookedMs;
  }
}

test("an orderly stop makes durable what it can in its time; the rest is checked after a power loss", async (t) => {
  const clock = new SlowClock();
  const fixture = await diskFixture(t, { clock });
  const ids = ["task-a", "task-b", "task-c", "task-d", "task-e"];
  for (const id of ids) {
    const task = await fixture.storage.create(recordOf(id));
    await putPiece(task, 0);
    await task.close();
  }
  clock.slow = true;
  await fixture.stop();
  for (const id of ids) spoilBlock(fixture.dir, id, 1);
  const after = await diskFixture(t, { dir: fixture.dir, bootId: "boot-2" });
  const believed: string[] = [];
  for (const id of ids) {
    const task = await after.storage.open(id);
    if (task.hasPiece(0)) believed.push(id);
    await task.close();
  }
  assert.deepEqual(believed, ["task-a"]);
});

test("a content of 600 GiB takes a few MiB, and its last block can be marked", async (t) => {
  const fixture = await diskFixture(t);
  const record = recordOf("task-a", { contentLength: 600 * 1024 * MIB + 5, pieceLength: 64 * MIB });
  const task = await fixture.storage.create(record);
  assert.ok(statSync(fixture.bitsPath("task-a")).size > BITS_AHEAD_BYTES_MAX);
  putBlock(task, 614_400);
  await task.finishPiece(9_600, { costMs: 1 });
  await task.close();
  const again = await (await fixture.reopen()).open("task-a");
  assert.deepEqual([again.blocksPresent, again.piecesFinished], [1, 1]);
  assert.ok(again.hasBlock(614_400) && again.hasPiece(9_600));
  await again.close();
  assert.ok(statSync(fixture.bitsPath("task-a")).blocks * 512 < 2 * BITS_AHEAD_BYTES_MAX);
});

test("the size of the metadata counts as ours, and is looked at every half minute", async (t) => {
  const { storage, clock } = await diskFixture(t);
  await storage.maintain();
  const { usedBytes } = await storage.usage();
  storage.facts.put("answer", "large", "x".repeat(3 * MIB));
  await storage.facts.flush();
  assert.equal((await storage.usage()).usedBytes, usedBytes);
  clock.advance(METADATA_SIZE_AGE_MS);
  assert.ok((await storage.usage()).usedBytes >= usedBytes + 3 * MIB);
});
