/** What an origin may do to a task: change, tell little, or give bytes that have not the digest they should. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { beforeEach, describe, test } from "node:test";
import { type P2pfsError, UnavailableError } from "../../../base/errors.ts";
import type { Engine, EngineOptions } from "../../../daemon/engine/engine.ts";
import { hasBit } from "../../../daemon/piece/bits.ts";
import { MemoryStorage } from "../../../daemon/storage/memory-storage.ts";
import { codeOf, gate } from "../../base/promises.ts";
import { assertBytes, enginesOfThisFile, MIB, request } from "./engine-world.ts";
import { contentBlock, ScriptedSource } from "./scripted-source.ts";

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

describe("versions", () => {
  test("a changed origin ends an open task with CHANGED, and the next opening has the new bytes under another id", async () => {
    const old = await engine.open(request);
    await old.want({ offset: 0, length: MIB }, "demand");
    source.version = 2;
    assert.equal(await codeOf(old.want({ offset: 5 * MIB, length: 1 }, "demand")), "CHANGED");
    assertBytes(old, 0, MIB, 1);
    const fresh = await engine.open({
      ...request,
      freshness: { consistency: "stale-if-error", maxAgeMs: 60_000 },
    });
    assert.notEqual(fresh.id, old.id);
    await fresh.finish("copy");
    assertBytes(fresh, 0, MIB, 2);
    await old.close();
    await fresh.close();
  });

  test("a complete task is served while the origin is down", async () => {
    const task = await engine.open(request);
    await task.finish("copy");
    await task.close();
    source.down = new UnavailableError("refused");
    const again = await (await engineWith()).open(request);
    assert.equal(again.complete, true);
    await again.close();
  });

  test("a file that is gone is NOT_FOUND, with the origin's status", async () => {
    source.missing = true;
    await assert.rejects(engine.open(request), (error: P2pfsError) => error.origin?.statusCode === 404);
  });

  test("many stats at once are one question", async () => {
    await Promise.all(Array.from({ length: 50 }, () => engine.stat(request)));
    assert.equal(source.stats, 1);
  });
});

describe("origins that keep to few rules", () => {
  test("one without ranges is streamed once, in order, and blocks are readable as they pass", async () => {
    source.ranges = false;
    const task = await engine.open(request);
    await task.want({ offset: 8 * MIB, length: 1 }, "demand");
    assertBytes(task, 8 * MIB, 1);
    await task.finish("copy");
    assert.deepEqual(source.reads, [{ offset: 0, length: source.length }]);
    await task.close();
  });

  test("one without ranges that breaks off is streamed again, and bytes that differ are never mixed in", async () => {
    source.ranges = false;
    const error = new UnavailableError("reset");
    source.script = ({ index }) => (index === 0 ? { failAfter: { blocks: 3, error } } : {});
    const task = await engine.open(request);
    await task.finish("copy");
    assertBytes(task, 0, 10 * MIB);
    assert.equal(source.reads.length, 2);
    await task.close();
  });

  test("one that tells no length is fetched whole before it is open", async () => {
    source.tellsLength = false;
    source.ranges = false;
    const task = await engine.open(request);
    assert.equal(task.record.contentLength, source.length);
    assert.equal(task.complete, true);
    assertBytes(task, 10 * MIB, 100);
    await task.close();
  });
});

describe("digests", () => {
  function sha256(version: number): string {
    return `sha256:${createHash("sha256")
      .update(contentBlock(version, 0, source.length))
      .digest("hex")}`;
  }

  test("an anchor that holds makes the task anchored", async () => {
    const task = await engine.open({ ...request, anchors: [sha256(1)] });
    await task.finish("copy");
    assert.equal(task.record.verified, "anchored");
    await task.close();
  });

  test("nothing is shown through an opening with anchors before all is checked, then everything", async () => {
    const hold = gate();
    source.script = ({ offset }) => (offset === 8 * MIB ? { gate: () => hold.opened } : {});
    const task = await engine.open({ ...request, anchors: [sha256(1)] });
    let shown = false;
    const reading = task.want({ offset: 0, length: 1 }, "demand").then(() => {
      shown = true;
    });
    const other = await engine.open(request);
    await other.want({ offset: 0, length: 4 * MIB }, "demand");
    assert.equal(hasBit(other.blocks, 0), true);
    assert.equal(hasBit(task.blocks, 0), false);
    assert.equal(shown, false);
    hold.open();
    await reading;
    assert.equal(hasBit(task.blocks, 0), true);
    assert.equal(task.complete, true);
    await other.close();
    await task.close();
  });

  test("an anchor the task was not made with is checked all the same, and fails that opening only", async () => {
    const plain = await engine.open(request);
    await plain.finish("copy");
    const reads = source.reads.length;
    const wrong = await engine.open({ ...request, anchors: [sha256(2)] });
    assert.equal(wrong.complete, false);
    assert.equal(await codeOf(wrong.want({ offset: 0, length: 1 }, "demand")), "INTEGRITY");
    const right = await engine.open({ ...request, anchors: [sha256(1)] });
    await right.want({ offset: 0, length: 1 }, "demand");
    assert.equal(right.complete, true);
    assert.equal(source.reads.length, reads, "nothing was fetched again");
    for (const task of [plain, wrong, right]) await task.close();
  });

  test("content that failed its anchor is not fetched again by whoever opens it next", async () => {
    const task = await engine.open({ ...request, anchors: [sha256(2)] });
    assert.equal(await codeOf(task.finish("copy")), "INTEGRITY");
    await task.close();
    const reads = source.reads.length;
    assert.equal(await codeOf(engine.open({ ...request, anchors: [sha256(2)] })), "INTEGRITY");
    assert.equal(source.reads.length, reads);
  });

  test("an anchor that fails is fatal for the task and leaves none of its blocks", async () => {
    const task = await engine.open({ ...request, anchors: [sha256(2)] });
    assert.equal(await codeOf(task.finish("copy")), "INTEGRITY");
    assert.equal(hasBit(task.blocks, 0), false);
    assert.equal(await codeOf(task.want({ offset: 0, length: 1 }, "demand")), "INTEGRITY");
    await task.close();
  });

  test("one request's digest fails that request only", async () => {
    const task = await engine.open(request);
    await task.finish("copy");
    assert.equal(await codeOf(task.verify(sha256(2))), "INTEGRITY");
    await task.verify(sha256(1));
    assert.equal(task.complete, true);
    await task.close();
  });
});
