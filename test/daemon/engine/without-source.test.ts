/** Downloads for which the source is forbidden: they have of other hosts what these have, and fail with a reason where that is nothing. */
import assert from "node:assert/strict";
import { readSync } from "node:fs";
import { after, beforeEach, describe, test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { IntegrityError, type P2pfsError, UnavailableError } from "../../../base/errors.ts";
import { BLOCK_BYTES } from "../../../base/limits.ts";
import { silentLogger } from "../../../base/logger.ts";
import { Engine } from "../../../daemon/engine/engine.ts";
import type { OpenTask } from "../../../daemon/engine/open-task.ts";
import { MemoryStorage } from "../../../daemon/storage/memory-storage.ts";
import {
  parentNamed,
  ScriptedAnnouncements,
  ScriptedScheduler,
  ScriptedTransport,
} from "./scripted-parents.ts";
import { contentBlock, ScriptedSource } from "./scripted-source.ts";

const PIECE_BYTES = 4 * BLOCK_BYTES;
const PIECES = 4;
const ALL = [0, 1, 2, 3];
const request = { url: "http://origin/file", headers: {}, disableBackToSource: true };

let source: ScriptedSource;
let scheduler: ScriptedScheduler;
let announcements: ScriptedAnnouncements;
let transport: ScriptedTransport;
let engine: Engine;
const ends: (() => Promise<void>)[] = [];

beforeEach(async () => {
  source = new ScriptedSource(PIECES * PIECE_BYTES);
  scheduler = new ScriptedScheduler();
  announcements = new ScriptedAnnouncements(PIECE_BYTES);
  transport = new ScriptedTransport();
  const storage = await MemoryStorage.open();
  engine = new Engine({
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    storage,
    sourceOf: () => source,
    scheduler,
    parents: { announcements, transport },
    newPeerId: () => "10.0.0.9-me-1",
    retries: 1,
  });
  ends.push(() => engine.close().then(() => storage.close()));
});

// The system clock's timers do not keep a process alive; waiting for them is what these tests do.
const alive = setInterval(() => {}, 1_000);
after(async () => {
  clearInterval(alive);
  for (const end of ends) await end();
});

function assertWhole(task: OpenTask): void {
  const bytes = Buffer.alloc(source.length);
  readSync(task.fd, bytes, 0, bytes.length, 0);
  assert.ok(bytes.equals(contentBlock(1, 0, bytes.length)), "the content is the origin's");
  assert.deepEqual(source.reads, []);
}

async function failureOf(promise: Promise<unknown>): Promise<P2pfsError> {
  return promise.then(
    () => assert.fail("it did not fail"),
    (error) => error,
  );
}

describe("a download without the source", () => {
  test("has all of it from its parents, one read for a header included", async () => {
    scheduler.place({ kind: "parents", parents: [parentNamed("a")] });
    announcements.announce("a", ALL);
    const task = await engine.open(request);
    await task.want({ offset: 0, length: 8 }, "demand");
    await task.finish("copy");
    assertWhole(task);
    assert.equal(scheduler.sessions[0]?.registration.disableBackToSource, true);
    await task.close();
  });

  test("waits for pieces that its parents get", async () => {
    scheduler.place({ kind: "parents", parents: [parentNamed("a")] });
    announcements.announce("a", [0, 1]);
    const task = await engine.open(request);
    const done = task.finish("copy");
    while (task.piecesFinished < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    announcements.announce("a", [2, 3]);
    await done;
    assertWhole(task);
    await task.close();
  });

  test("fails with the scheduler's reason when nobody has it", async () => {
    scheduler.place({ kind: "back-to-source", reason: "no available parents" });
    const task = await engine.open(request);
    const failure = await failureOf(task.finish("copy"));
    assert.equal(failure.code, "UNAVAILABLE");
    assert.match(failure.message, /the source is not to be asked, and no available parents/);
    const blocked = await failureOf(task.want({ offset: 0, length: 8 }, "demand"));
    assert.match(blocked.message, /no available parents/);
    assert.deepEqual(source.reads, []);
    await task.close();
  });

  test("fails with the reason when there is no scheduler", async () => {
    scheduler.down = new UnavailableError("no scheduler serves");
    const task = await engine.open(request);
    const failure = await failureOf(task.finish("copy"));
    assert.match(failure.message, /no scheduler serves/);
    assert.deepEqual(source.reads, []);
    await task.close();
  });

  test("asks for other parents when its own are of no use, and ends with what the scheduler says then", async () => {
    scheduler.place({ kind: "parents", parents: [parentNamed("a")] });
    announcements.announce("a", ALL);
    transport.script = () => new IntegrityError("the parent lies");
    const task = await engine.open(request);
    const failed = failureOf(task.finish("copy"));
    const told = () => scheduler.sessions[0]?.reschedules.length ?? 0;
    while (told() === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    scheduler.place({ kind: "back-to-source", reason: "max schedule count exceeded" });
    assert.match((await failed).message, /max schedule count exceeded/);
    assert.deepEqual(source.reads, []);
    await task.close();
  });

  test("leaves others who may ask the source alone", async () => {
    scheduler.place({ kind: "back-to-source", reason: "no available parents" });
    const forbidden = await engine.open(request);
    const free = await engine.open({ ...request, disableBackToSource: false });
    await failureOf(forbidden.want({ offset: 0, length: 8 }, "demand"));
    await free.finish("copy");
    assert.ok(source.reads.length > 0);
    await forbidden.finish("copy");
    assert.ok(forbidden.complete, "what is here serves all");
    await Promise.all([forbidden.close(), free.close()]);
  });
});
