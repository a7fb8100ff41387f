/** A task in its swarm: who is asked for what, and what parents can do to it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readSync } from "node:fs";
import { after, beforeEach, describe, test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { IntegrityError, NotFoundError, UnavailableError } from "../../../base/errors.ts";
import { BLOCK_BYTES, SAMPLED_PIECES_MAX } from "../../../base/limits.ts";
import { createLogger } from "../../../base/logger.ts";
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

const MIB = BLOCK_BYTES;
const PIECE_BYTES = 4 * MIB;
const PIECES = 8;
const request = { url: "http://origin/file", headers: {} };

let source: ScriptedSource;
let scheduler: ScriptedScheduler;
let announcements: ScriptedAnnouncements;
let transport: ScriptedTransport;
let engine: Engine;
/** What the engine logged. */
let lines: string[];
const ends: (() => Promise<void>)[] = [];

beforeEach(async () => {
  lines = [];
  // The last piece is shorter than the others.
  source = new ScriptedSource((PIECES - 1) * PIECE_BYTES + MIB + 17);
  scheduler = new ScriptedScheduler();
  announcements = new ScriptedAnnouncements(PIECE_BYTES);
  transport = new ScriptedTransport();
  const storage = await MemoryStorage.open();
  engine = new Engine({
    clock: systemClock,
    random: Math.random,
    log: createLogger({ level: "warn", destination: { write: (line: string) => void lines.push(line) } }),
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

const ALL = Array.from({ length: PIECES }, (_, piece) => piece);

function assertWhole(task: OpenTask): void {
  const bytes = Buffer.alloc(source.length);
  assert.equal(readSync(task.fd, bytes, 0, bytes.length, 0), bytes.length);
  assert.ok(bytes.equals(contentBlock(1, 0, bytes.length)), "the content is the origin's");
}

function placeParents(...names: string[]): void {
  scheduler.place({ kind: "parents", parents: names.map(parentNamed) });
}

describe("a task in its swarm", () => {
  test("is copied from its parents alone, and each piece is told of with the parent it came from", async () => {
    placeParents("a", "b");
    announcements.announce("a", ALL);
    announcements.announce("b", ALL);
    const task = await engine.open(request);
    await task.finish("copy");
    assertWhole(task);
    assert.deepEqual(source.reads, []);
    assert.equal(task.record.bytesFromPeers, source.length);
    assert.equal(task.record.bytesFromSource, 0);
    assert.deepEqual(new Set(transport.fetches.map(({ parent }) => parent)), new Set(["a", "b"]));
    const [told] = scheduler.sessions;
    assert.equal(told?.registration.pieceCount, PIECES);
    assert.deepEqual(told?.finished.map(({ number }) => number).sort(), ALL);
    assert.ok(told?.finished.every(({ parentId }) => parentId === "a" || parentId === "b"));
    await task.close();
    await until(() => told?.outcome === "finished");
  });

  test("takes pieces as parents get them, and asks the source for what no parent will have", async () => {
    placeParents("a");
    announcements.announce("a", [0, 2, 4]);
    const task = await engine.open(request);
    const done = task.finish("copy");
    await until(() => task.piecesFinished === 3);
    assert.deepEqual(source.reads, [], "who may still get them is waited for");
    announcements.announce("a", [1]);
    await until(() => task.piecesFinished === 4);
    announcements.end("a");
    await done;
    assertWhole(task);
    assert.ok(source.reads.every(({ offset }) => ![0, 1, 2, 4].includes(Math.floor(offset / PIECE_BYTES))));
    await task.close();
  });

  test("drops a parent that lies, and gets its pieces elsewhere", async () => {
    placeParents("liar", "b");
    announcements.announce("liar", ALL);
    announcements.announce("b", ALL);
    transport.script = ({ parent }) =>
      parent === "liar" ? new IntegrityError("the digest does not fit") : undefined;
    const task = await engine.open(request);
    await task.finish("copy");
    assertWhole(task);
    assert.deepEqual(source.reads, []);
    const lies = transport.fetches.filter(({ parent }) => parent === "liar").length;
    assert.ok(lies <= 8, `${lies} pieces were asked of the liar before it was known as one`);
    assert.ok(scheduler.sessions[0]?.failed.every(({ parentId }) => parentId === "liar"));
    await task.close();
  });

  test("goes to the source when all parents fail, and asks the scheduler for others", async () => {
    placeParents("a");
    announcements.announce("a", ALL);
    transport.script = () => new UnavailableError("the connection was refused");
    const task = await engine.open(request);
    await task.finish("copy");
    assertWhole(task);
    assert.equal(task.record.bytesFromSource, source.length);
    assert.ok((scheduler.sessions[0]?.reschedules.length ?? 0) > 0);
    await task.close();
  });

  test("a parent that lacks one piece is asked for the others", async () => {
    placeParents("a");
    announcements.announce("a", ALL);
    transport.script = ({ piece }) => (piece === 3 ? new NotFoundError("piece not found") : undefined);
    const task = await engine.open(request);
    const done = task.finish("copy");
    announcements.end("a");
    await done;
    assertWhole(task);
    assert.equal(task.record.bytesFromPeers, source.length - PIECE_BYTES);
    await task.close();
  });

  test("parents with other bytes than those that are here already are dropped, and no byte of theirs is read", async () => {
    const task = await engine.open(request);
    await task.want({ offset: 0, length: 10 }, "demand");
    transport.version = 2;
    placeParents("a");
    announcements.announce("a", [0]);
    announcements.end("a");
    await task.want({ offset: 0, length: PIECE_BYTES }, "copy");
    const bytes = Buffer.alloc(PIECE_BYTES);
    readSync(task.fd, bytes, 0, bytes.length, 0);
    assert.ok(bytes.equals(contentBlock(1, 0, PIECE_BYTES)));
    await task.close();
  });

  test("content that has not its digest, though each piece had its parent's, comes anew from the source, and who lied is named", async () => {
    const digest = createHash("sha256")
      .update(contentBlock(1, 0, source.length))
      .digest("hex");
    placeParents("liar");
    announcements.announce("liar", ALL);
    transport.version = 2;
    for (const anchored of [{ url: "http://origin/whole" }, { url: "http://origin/opening" }]) {
      // Of the content itself, or only of who opens it now.
      const isOwn = anchored.url.endsWith("whole");
      const first = isOwn ? undefined : await engine.open({ ...request, ...anchored });
      const task = await engine.open({ ...request, ...anchored, anchors: [`sha256:${digest}`] });
      await task.finish("copy");
      assertWhole(task);
      assert.equal(task.record.bytesFromSource, source.length);
      const dropped = lines.filter((line) => line.includes("parent-dropped"));
      assert.ok(dropped.length === 1 && dropped[0]?.includes('"parentId":"liar"'));
      lines.length = 0;
      await task.close();
      await first?.close();
    }
  });

  test("content that has not its digest is refused when it came from the source, or comes so again", async () => {
    placeParents("liar");
    announcements.announce("liar", ALL);
    transport.version = 2;
    const task = await engine.open({ ...request, anchors: [`sha256:${"ab".repeat(32)}`] });
    await assert.rejects(task.finish("copy"), { code: "INTEGRITY" });
    assert.equal(
      source.reads.reduce((sum, { length }) => sum + (length ?? 0), 0),
      source.length,
    );
    await task.close();
  });

  test("a blocked reader waits for a late parent no longer than the hedge, then the source brings his block", async () => {
    placeParents("slow");
    announcements.announce("slow", ALL);
    transport.script = () => new Promise(() => {});
    const task = await engine.open(request);
    const copying = task.finish("copy");
    copying.catch(() => {});
    await until(() => transport.fetches.length > 0);
    await task.want({ offset: 5, length: 10 }, "demand");
    assert.ok(source.reads.length > 0 && source.reads.every(({ length }) => (length ?? 0) <= 2 * MIB));
    await task.close();
  });

  test("a blocked reader does not wait as long as a copy for parents that may get the piece", async () => {
    placeParents("a");
    announcements.announce("a", [0]);
    const task = await engine.open(request);
    const copying = task.finish("copy");
    copying.catch(() => {});
    await until(() => task.piecesFinished === 1);
    await task.want({ offset: 5 * PIECE_BYTES, length: 10 }, "demand");
    assert.deepEqual(
      source.reads.map(({ offset }) => offset),
      [5 * PIECE_BYTES],
    );
    await task.close();
  });

  test("a few reads ask no scheduler; reading on registers, and small files never do", async () => {
    placeParents("a");
    announcements.announce("a", ALL);
    const task = await engine.open(request);
    for (let piece = 0; piece < SAMPLED_PIECES_MAX; piece++)
      await task.want({ offset: piece * PIECE_BYTES, length: 10 }, "demand");
    assert.equal(scheduler.sessions.length, 0);
    assert.equal(task.record.bytesFromSource, SAMPLED_PIECES_MAX * MIB);
    await task.want({ offset: (PIECES - 2) * PIECE_BYTES, length: 10 }, "demand");
    assert.equal(scheduler.sessions.length, 1);
    await task.close();
    source.length = PIECE_BYTES;
    const small = await engine.open({ ...request, url: "http://origin/small" });
    await small.finish("copy");
    assert.equal(scheduler.sessions.length, 1);
    await small.close();
  });

  test("no scheduler, one that does not answer, and one that says so, all lead to the source", async () => {
    scheduler.down = new UnavailableError("no scheduler answers");
    const task = await engine.open(request);
    await task.finish("copy");
    assertWhole(task);
    await task.close();
    scheduler.down = undefined;
    for (const placement of [{ kind: "unknown" }, { kind: "back-to-source" }] as const) {
      scheduler.place(placement);
      const other = await engine.open({ ...request, url: `http://origin/${placement.kind}` });
      await other.finish("copy");
      assertWhole(other);
      await other.close();
    }
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
