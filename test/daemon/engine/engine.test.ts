/** An open task, and the engine around it: who gets which blocks when, what fails, and how it ends. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { DeadlineError, UnavailableError } from "../../../base/errors.ts";
import { TASK_LINGER_MS } from "../../../base/limits.ts";
import type { Engine, EngineOptions } from "../../../daemon/engine/engine.ts";
import { hasBit } from "../../../daemon/piece/bits.ts";
import { MemoryStorage } from "../../../daemon/storage/memory-storage.ts";
import { codeOf, gate } from "../../base/promises.ts";
import { assertBytes, enginesOfThisFile, MIB, request } from "./engine-world.ts";
import { ScriptedSource } from "./scripted-source.ts";

let source: ScriptedSource;
let storage: MemoryStorage;
let engine: Engine;
const makeEngine = enginesOfThisFile();
/** One more over the same source, and the same storage unless it has its own. */
const engineWith = (options: Partial<EngineOptions> = {}) =>
  makeEngine({ sourceOf: () => source, storage, ...options });

beforeEach(async () => {
  source = new ScriptedSource(10 * MIB + 100);
  storage = await MemoryStorage.open();
  engine = await engineWith();
});

describe("an open task", () => {
  test("fetches exactly the blocks a lone read touches", async () => {
    const task = await engine.open(request);
    await task.want({ offset: 3 * MIB + 5, length: 10 }, "demand");
    assert.deepEqual(source.reads, [{ offset: 3 * MIB, length: MIB }]);
    assertBytes(task, 3 * MIB, MIB);
    assert.equal(hasBit(task.blocks, 4), false);
    await task.close();
  });

  test("fetches nothing twice, however many want it at once", async () => {
    const tasks = await Promise.all([engine.open(request), engine.open(request), engine.open(request)]);
    await Promise.all(tasks.map((task) => task.finish("copy")));
    const bytes = source.reads.reduce((sum, read) => sum + (read.length ?? 0), 0);
    assert.equal(bytes, source.length);
    assert.equal(tasks[0]?.record.bytesFromSource, source.length);
    for (const task of tasks) await task.close();
  });

  test("is complete when all is in, and stays so after it was closed and opened again", async () => {
    const task = await engine.open(request);
    await task.finish("copy");
    assert.equal(task.complete, true);
    assert.equal(task.piecesFinished, 3);
    await task.close();
    const again = await (await engineWith()).openKnown(task.id);
    assert.equal(again.complete, true);
    assertBytes(again, 9 * MIB, MIB + 100);
    await again.close();
  });

  test("is held by nobody once all who had it open are gone, however many came and went", async () => {
    const clock = new FakeClock();
    const own = await engineWith({ clock });
    for (let round = 0; round < 50; round++) {
      const tasks = await Promise.all([own.open(request), own.open(request)]);
      await Promise.all(tasks.map((task) => task.want({ offset: round * 1000, length: 10 }, "demand")));
      for (const task of tasks) await task.close();
      assert.equal(own.openCount, 1, "kept a moment for whoever opens it next");
    }
    clock.advance(TASK_LINGER_MS);
    for (let turn = 0; turn < 100 && own.openCount > 0; turn++) await new Promise(setImmediate);
    assert.equal(own.openCount, 0);
  });

  test("a blocked reader's block overtakes a copy that is under way", async () => {
    const hold = gate();
    source.script = ({ index }) => (index < 2 ? { gate: () => hold.opened } : {});
    const slow = await engineWith({ fetchesMax: 2 });
    const task = await slow.open(request);
    const copy = task.finish("copy");
    await task.want({ offset: 9 * MIB, length: 1 }, "demand");
    assertBytes(task, 9 * MIB, 1);
    assert.equal(task.complete, false);
    hold.open();
    await copy;
    await task.close();
  });

  test("blocks are readable while their fetch still runs", async () => {
    const hold = gate();
    source.script = () => ({ gate: (block) => (block === 2 ? hold.opened : undefined) });
    const task = await engine.open(request);
    const all = task.want({ offset: 0, length: 4 * MIB }, "copy");
    await task.want({ offset: MIB, length: MIB }, "demand");
    assertBytes(task, 0, 2 * MIB);
    assert.equal(source.reads.length, 1);
    hold.open();
    await all;
    await task.close();
  });

  test("a reader far ahead of a stuck fetch gets its block from a fetch of its own", async () => {
    const hold = gate();
    source.script = ({ index }) =>
      index === 0 ? { gate: (block) => (block === 0 ? hold.opened : undefined) } : {};
    const task = await engine.open(request);
    const all = task.want({ offset: 0, length: 4 * MIB }, "copy");
    await task.want({ offset: 3 * MIB, length: MIB }, "demand");
    assertBytes(task, 3 * MIB, MIB);
    hold.open();
    await all;
    assertBytes(task, 0, 4 * MIB);
    await task.close();
  });

  test("tells of each piece once, with the digest of its bytes", async () => {
    const task = await engine.open(request);
    const pieces: number[] = [];
    task.onPiece((piece) => {
      assert.match(piece.digest, /^crc32:\d+$/);
      pieces.push(piece.number);
    });
    await task.finish("copy");
    assert.deepEqual(pieces.sort(), [0, 1, 2]);
    assert.equal((await task.finishedPieces()).length, 3);
    await task.close();
  });

  test("what nobody wants any more and was not begun is not fetched", async () => {
    const hold = gate();
    source.script = ({ index }) => (index === 0 ? { gate: () => hold.opened } : {});
    const one = await engineWith({ fetchesMax: 1 });
    const task = await one.open(request);
    const first = task.want({ offset: 0, length: MIB }, "read-ahead");
    task.want({ offset: 4 * MIB, length: 4 * MIB }, "read-ahead").catch(() => {});
    task.unwant({ offset: 4 * MIB, length: 4 * MIB });
    hold.open();
    await first;
    await task.close();
    assert.deepEqual(source.reads, [{ offset: 0, length: MIB }]);
  });

  test("an empty file is complete at once", async () => {
    source.length = 0;
    const task = await engine.open(request);
    await task.finish("copy");
    assert.equal(task.complete, true);
    assert.equal(source.reads.length, 0);
    await task.close();
  });
});

describe("a fetch that fails", () => {
  test("is tried again from where it stopped", async () => {
    const error = new UnavailableError("reset");
    source.script = ({ index }) => (index === 0 ? { failAfter: { blocks: 2, error } } : {});
    const task = await engine.open(request);
    await task.want({ offset: 0, length: 4 * MIB }, "demand");
    assert.deepEqual(source.reads, [
      { offset: 0, length: 4 * MIB },
      { offset: 2 * MIB, length: 2 * MIB },
    ]);
    assertBytes(task, 0, 4 * MIB);
    await task.close();
  });

  test("fails its readers after the configured retries, and only them", async () => {
    const error = new UnavailableError("refused");
    source.script = ({ offset }) => (offset === 4 * MIB ? { failAfter: { blocks: 0, error } } : {});
    const task = await engine.open(request);
    assert.equal(await codeOf(task.want({ offset: 4 * MIB, length: 1 }, "demand")), "UNAVAILABLE");
    assert.equal(source.reads.length, 2);
    await task.want({ offset: 0, length: MIB }, "demand");
    source.script = () => ({});
    await task.want({ offset: 4 * MIB, length: 1 }, "demand");
    await task.close();
  });

  test("for good is not repeated", async () => {
    const error = new UnavailableError("the origin answered 418", {}, "SOURCE_REFUSED");
    source.script = () => ({ failAfter: { blocks: 0, error } });
    const task = await engine.open(request);
    assert.equal(await codeOf(task.want({ offset: 0, length: 1 }, "demand")), "SOURCE_REFUSED");
    assert.equal(source.reads.length, 1);
    await task.close();
  });

  test("a silent origin ends a blocked read at the read deadline", async () => {
    const hold = gate();
    source.script = () => ({ gate: () => hold.opened });
    const impatient = await engineWith({ readDeadlineMs: 300 });
    const task = await impatient.open(request);
    await assert.rejects(task.want({ offset: 0, length: 1 }, "demand"), DeadlineError);
    hold.open();
    await task.close();
  });

  test("a reader that gives up leaves no trace", async () => {
    const hold = gate();
    source.script = () => ({ gate: () => hold.opened });
    const task = await engine.open(request);
    const controller = new AbortController();
    const reading = task.want({ offset: 0, length: 1 }, "demand", controller.signal);
    controller.abort(new UnavailableError("gone"));
    assert.equal(await codeOf(reading), "UNAVAILABLE");
    hold.open();
    await task.close();
  });
});

describe("room", () => {
  test("a fetch beyond what the storage may hold is NO_SPACE before a byte is asked for, and others go on", async () => {
    storage = await MemoryStorage.open({ capacityBytes: 3 * MIB });
    const small = await engineWith();
    const task = await small.open(request);
    await task.want({ offset: 0, length: 2 * MIB }, "demand");
    const reads = source.reads.length;
    assert.equal(await codeOf(task.want({ offset: 4 * MIB, length: 4 * MIB }, "demand")), "NO_SPACE");
    assert.equal(source.reads.length, reads);
    await task.want({ offset: 2 * MIB, length: MIB }, "demand");
    assertBytes(task, 0, 3 * MIB);
    await task.close();
  });

  test("what is full of idle tasks is emptied for a new one", async () => {
    const clock = new FakeClock(Date.now());
    storage = await MemoryStorage.open({ capacityBytes: 14 * MIB, clock });
    const first = await engineWith();
    const old = await first.open(request);
    await old.finish("copy");
    await old.close();
    await first.close();
    clock.advance(3_600_000);
    const second = await engineWith();
    const task = await second.open({ url: "http://origin/other", headers: {} });
    await task.finish("copy");
    assert.equal(storage.record(old.id), undefined);
    await task.close();
  });
});

describe("without the source", () => {
  test("a task that is complete here is served with back-to-source disabled, and one that is not is refused", async () => {
    assert.equal(await codeOf(engine.open({ ...request, disableBackToSource: true })), "UNAVAILABLE");
    const task = await engine.open(request);
    await task.finish("copy");
    const stats = source.stats;
    const here = await engine.open({ ...request, disableBackToSource: true });
    await here.finish("copy");
    assert.equal(source.stats, stats, "the origin was not asked");
    await task.close();
    await here.close();
  });
});

describe("the engine's end", () => {
  test("closing fails those who wait and is idempotent", async () => {
    const hold = gate();
    source.script = () => ({ gate: () => hold.opened });
    const task = await engine.open(request);
    const reading = codeOf(task.want({ offset: 0, length: 1 }, "demand"));
    const closing = engine.close();
    hold.open();
    await closing;
    assert.equal(await reading, "CLOSED");
    await engine.close();
    assert.equal(await codeOf(engine.open(request)), "CLOSED");
  });

  test("a deleted task goes on for those who have it open and begins anew for others", async () => {
    const task = await engine.open(request);
    await task.finish("copy");
    await engine.delete(task.id);
    assertBytes(task, 0, MIB);
    const again = await engine.open(request);
    assert.equal(again.complete, false);
    await again.want({ offset: 0, length: 1 }, "demand");
    await again.close();
    await task.close();
  });
});
