/** Room: files larger than what the storage may hold, read through the engine by whoever, with evicted bytes turned to zeros. */
import assert from "node:assert/strict";
import { readSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { PASSED_THROUGH_PART, WINDOWS_ROOM_PART } from "../../../base/limits.ts";
import type { Engine } from "../../../daemon/engine/engine.ts";
import type { OpenTask, OrderlyReader } from "../../../daemon/engine/open-task.ts";
import { firstClear } from "../../../daemon/piece/bits.ts";
import { MemoryStorage } from "../../../daemon/storage/memory-storage.ts";
import { codeOf } from "../../base/promises.ts";
import { type SeededRandom, seededRandom } from "../../base/seeded-random.ts";
import { enginesOfThisFile, MIB } from "./engine-world.ts";
import { contentBlock, ScriptedSource } from "./scripted-source.ts";

const PAGE_BYTES = 4096;

interface World {
  readonly source: ScriptedSource;
  readonly storage: MemoryStorage;
  readonly engine: Engine;
  open(name?: string): Promise<OpenTask>;
  /** Bytes the source was asked for. */
  readonly sentBytes: number;
}

const makeEngine = enginesOfThisFile();

async function worldOf(
  _t: TestContext,
  room: { contentBytes: number; cacheBytes: number; canEvict?: boolean },
): Promise<World> {
  const source = new ScriptedSource(room.contentBytes);
  const storage = await MemoryStorage.open({
    policy: { cacheThresholdBytes: room.cacheBytes },
    canEvict: room.canEvict ?? true,
  });
  const engine = await makeEngine({ sourceOf: () => source, storage });
  return {
    source,
    storage,
    engine,
    open: (name = "file") => engine.open({ url: `http://origin/${name}`, headers: {} }),
    get sentBytes() {
      return source.reads.reduce((sum, { length = 0 }) => sum + length, 0);
    },
  };
}

/** Reads one page as the mount does: wants it, holds it, and looks at it after whatever else has happened. */
async function readPage(task: OpenTask, offset: number, turns: number): Promise<void> {
  const range = { offset, length: Math.min(PAGE_BYTES, task.record.contentLength - offset) };
  const [first, end] = [Math.floor(offset / MIB), Math.ceil((offset + range.length) / MIB)];
  while (firstClear(task.blocks, first, end) < end) await task.want(range, "demand");
  const release = task.hold(range);
  for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
  const bytes = Buffer.alloc(range.length);
  readSync(task.fd, bytes, 0, range.length, offset);
  release();
  assert.ok(bytes.equals(contentBlock(1, offset, range.length)), `the page at ${offset}`);
}

/** Reads from its place to an end, a page of each block, and says where it is. */
async function readInOrder(
  task: OpenTask,
  range: { from: number; to: number; ahead: number },
  follow = (readers: () => OrderlyReader[]) => task.follow(readers),
): Promise<void> {
  const { from, to, ahead } = range;
  let at = from;
  let aheadEnd = from;
  follow(() => [{ start: from, at, aheadEnd }]);
  for (; at < to; at += MIB) {
    if (ahead > 0 && aheadEnd - at < ahead / 2) {
      const wanted = { offset: Math.max(at, aheadEnd), length: ahead };
      aheadEnd = Math.min(to, at + ahead);
      task.want(wanted, "read-ahead").catch(() => {
        aheadEnd = at;
      });
    }
    await readPage(task, at, 0);
  }
}

describe("room", () => {
  test("a file larger than its room is read from end to end, and each byte is fetched once", async (t) => {
    const world = await worldOf(t, { contentBytes: 50 * MIB + 5, cacheBytes: 16 * MIB });
    const task = await world.open();
    await readInOrder(task, { from: 0, to: task.record.contentLength, ahead: 4 * MIB });
    assert.equal(world.sentBytes, task.record.contentLength);
    assert.ok((await world.storage.usage()).cacheBytes <= 16 * MIB);
    assert.equal(task.complete, false);
    await task.close();
  });

  test("two that read one file at places far apart do not take each other's bytes", async (t) => {
    const world = await worldOf(t, { contentBytes: 64 * MIB, cacheBytes: 16 * MIB });
    const [first, second] = [await world.open(), await world.open()];
    await Promise.all([
      readInOrder(first, { from: 0, to: 32 * MIB, ahead: 0 }),
      readInOrder(second, { from: 32 * MIB, to: 64 * MIB, ahead: 0 }),
    ]);
    assert.equal(world.sentBytes, 64 * MIB);
    for (const task of [first, second]) await task.close();
  });

  test("readers of many kinds at once get right bytes, and the bound is never passed", async (t) => {
    const random = seededRandom("room");
    const cacheBytes = 24 * MIB;
    const world = await worldOf(t, { contentBytes: 40 * MIB + 4321, cacheBytes });
    let reading = true;
    let most = 0;
    const watch = async () => {
      while (reading) {
        most = Math.max(most, (await world.storage.usage()).cacheBytes);
        await new Promise(setImmediate);
      }
    };
    const watching = watch();
    await Promise.all(Array.from({ length: 6 }, () => readSomehow(world, random)));
    reading = false;
    await watching;
    assert.ok(most <= cacheBytes, `${most} bytes were held`);
  });

  test("a complete file that loses pieces is not complete, and becomes so again", async (t) => {
    const world = await worldOf(t, { contentBytes: 12 * MIB, cacheBytes: 16 * MIB });
    const old = await world.open("old");
    await old.finish("copy");
    assert.equal(old.complete, true);
    for (let block = 0; block < 12; block++) await readPage(old, block * MIB, 0);
    const other = await world.open("other");
    for (let block = 0; block < 8; block++) await readPage(other, block * MIB, 1);
    assert.equal(old.complete, false);
    assert.equal(old.record.finishedAtMs, undefined);
    await other.close();
    await world.engine.delete(other.id);
    await old.finish("copy");
    assert.equal(old.complete, true);
    for (let block = 0; block < 12; block++) await readPage(old, block * MIB, 0);
    await old.close();
  });

  test("what is kept whole loses nothing: the others have the rest, and NO_SPACE when that is not enough", async (t) => {
    const world = await worldOf(t, { contentBytes: 10 * MIB, cacheBytes: 12 * MIB });
    const kept = await world.open("kept");
    await kept.finish("copy");
    for (let block = 0; block < 10; block++) await readPage(kept, block * MIB, 0);
    const end = kept.keepWhole();
    const other = await world.open("other");
    for (let block = 0; block < 10; block++) await readPage(other, block * MIB, 0);
    assert.equal(kept.complete, true);
    const endOther = other.keepWhole();
    const third = await world.open("third");
    assert.equal(await codeOf(third.want({ offset: 0, length: 1 }, "demand")), "NO_SPACE");
    assert.equal(kept.complete, true);
    end();
    endOther();
    for (let block = 0; block < 10; block++) await readPage(third, block * MIB, 0);
    await third.close();
    assert.equal(kept.complete, false);
    for (const task of [kept, other]) await task.close();
  });

  test("files passed through to the kernel leave a part of the room to others", async (t) => {
    const world = await worldOf(t, { contentBytes: 10 * MIB, cacheBytes: 32 * MIB });
    const tasks = [await world.open("a"), await world.open("b"), await world.open("c")] as const;
    for (const task of tasks) await task.finish("copy");
    const [a, b, c] = tasks;
    assert.equal(32 * PASSED_THROUGH_PART, 24);
    const first = a.passThrough();
    const second = b.passThrough();
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(c.passThrough(), undefined, "30 of 32 MiB are too many");
    assert.ok(a.passThrough() !== undefined, "what is passed through may be opened again");
    second();
    assert.ok(c.passThrough() !== undefined);
    const lazy = await world.open("d");
    await lazy.want({ offset: 0, length: 1 }, "demand");
    assert.equal(lazy.passThrough(), undefined, "it is not whole");
    for (const task of [...tasks, lazy]) await task.close();
  });

  test("where no holes can be punched a file larger than its room ends in NO_SPACE, and nothing is harmed", async (t) => {
    const room = { contentBytes: 10 * MIB, cacheBytes: 4 * MIB, canEvict: false };
    const world = await worldOf(t, room);
    const task = await world.open();
    for (let block = 0; block < 4; block++) await readPage(task, block * MIB, 0);
    assert.equal(await codeOf(task.want({ offset: 4 * MIB, length: 1 }, "demand")), "NO_SPACE");
    for (let block = 0; block < 4; block++) await readPage(task, block * MIB, 0);
    await task.close();
  });

  test("a task that was closed a moment ago makes room when nothing else does", async (t) => {
    const world = await worldOf(t, { contentBytes: 10 * MIB, cacheBytes: 12 * MIB });
    const first = await world.open("first");
    await first.finish("copy");
    await first.close();
    const second = await world.open("second");
    await second.finish("copy");
    assert.equal(second.complete, true);
    await second.close();
  });

  test("a file of unknown length makes room as it comes, and is NO_SPACE when it does not fit", async (t) => {
    const world = await worldOf(t, { contentBytes: 20 * MIB, cacheBytes: 64 * MIB });
    for (const name of ["a", "b"]) {
      const task = await world.open(name);
      await task.finish("copy");
      for (let block = 0; block < 20; block++) await readPage(task, block * MIB, 0);
      await task.close();
    }
    world.source.tellsLength = false;
    const task = await world.open("streamed");
    assert.equal(task.complete, true);
    for (let block = 0; block < 20; block++) await readPage(task, block * MIB, 0);
    await task.close();
    world.source.length = 100 * MIB;
    assert.equal(await codeOf(world.open("too-long")), "NO_SPACE");
    world.source.length = 20 * MIB;
    const after = await world.open("streamed-again");
    assert.equal(after.complete, true);
    await after.close();
  });

  test("windows of readers are told how much room there is for them", async (t) => {
    const world = await worldOf(t, { contentBytes: 10 * MIB, cacheBytes: 16 * MIB });
    const task = await world.open();
    await task.want({ offset: 0, length: 1 }, "demand");
    assert.equal(world.engine.windowBytesMax, 16 * MIB * WINDOWS_ROOM_PART);
    await task.close();
  });
});

/** A reader that goes through a file in order, or jumps about, and gives up now and then. */
async function readSomehow(world: World, random: SeededRandom): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const task = await world.open(random.pick(["a", "b"]));
    const { contentLength } = task.record;
    if (random.below(2) === 0) {
      const from = random.below(20) * MIB;
      const ahead = random.pick([0, 2 * MIB, 6 * MIB]);
      await readInOrder(task, { from, to: Math.min(contentLength, from + 16 * MIB), ahead });
    } else
      for (let count = 0; count < 12; count++)
        await readPage(task, random.below(contentLength), random.below(4));
    await task.close();
  }
}
