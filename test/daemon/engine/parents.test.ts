/** A task in its swarm: who is asked for what, and what parents can do to it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readSync } from "node:fs";
import { beforeEach, describe, test } from "node:test";
import { IntegrityError, NotFoundError, UnavailableError } from "../../../base/errors.ts";
import { SAMPLED_PIECES_MAX } from "../../../base/limits.ts";
import { createLogger } from "../../../base/logger.ts";
import type { Engine } from "../../../daemon/engine/engine.ts";
import { until } from "../../base/promises.ts";
import { assertWhole, enginesOfThisFile, MIB, PIECE_BYTES, request, ScriptedSwarm } from "./engine-world.ts";
import { contentBlock } from "./scripted-source.ts";

const PIECES = 8;
const makeEngine = enginesOfThisFile();

let swarm: ScriptedSwarm;
let engine: Engine;
/** What the engine logged. */
let lines: string[];

beforeEach(async () => {
  lines = [];
  // The last piece is shorter than the others.
  swarm = new ScriptedSwarm((PIECES - 1) * PIECE_BYTES + MIB + 17);
  const log = createLogger({ level: "warn", destination: { write: (line) => void lines.push(line) } });
  engine = await makeEngine({ ...swarm.options, log });
});

describe("a task in its swarm", () => {
  test("is copied from its parents alone, and each piece is told of with the parent it came from", async () => {
    swarm.place("a", "b");
    swarm.announcements.announce("a", swarm.pieces);
    swarm.announcements.announce("b", swarm.pieces);
    const task = await engine.open(request);
    await task.finish("copy");
    assertWhole(task);
    assert.deepEqual(swarm.source.reads, []);
    assert.equal(task.record.bytesFromPeers, swarm.source.length);
    assert.equal(task.record.bytesFromSource, 0);
    assert.deepEqual(new Set(swarm.transport.fetches.map(({ parent }) => parent)), new Set(["a", "b"]));
    const [told] = swarm.scheduler.sessions;
    assert.equal(told?.registration.pieceCount, PIECES);
    assert.deepEqual(told?.finished.map(({ number }) => number).sort(), swarm.pieces);
    assert.ok(told?.finished.every(({ parentId }) => parentId === "a" || parentId === "b"));
    await task.close();
    await until(() => told?.outcome === "finished");
  });

  test("takes pieces as parents get them, and asks the source for what no parent will have", async () => {
    swarm.place("a");
    swarm.announcements.announce("a", [0, 2, 4]);
    const task = await engine.open(request);
    const done = task.finish("copy");
    await until(() => task.piecesFinished === 3);
    assert.deepEqual(swarm.source.reads, [], "who may still get them is waited for");
    swarm.announcements.announce("a", [1]);
    await until(() => task.piecesFinished === 4);
    swarm.announcements.end("a");
    await done;
    assertWhole(task);
    assert.ok(
      swarm.source.reads.every(({ offset }) => ![0, 1, 2, 4].includes(Math.floor(offset / PIECE_BYTES))),
    );
    await task.close();
  });

  test("drops a parent that lies, and gets its pieces elsewhere", async () => {
    swarm.place("liar", "b");
    swarm.announcements.announce("liar", swarm.pieces);
    swarm.announcements.announce("b", swarm.pieces);
    swarm.transport.script = ({ parent }) =>
      parent === "liar" ? new IntegrityError("the digest does not fit") : undefined;
    const task = await engine.open(request);
    await task.finish("copy");
    assertWhole(task);
    assert.deepEqual(swarm.source.reads, []);
    const lies = swarm.transport.fetches.filter(({ parent }) => parent === "liar").length;
    assert.ok(lies <= 8, `${lies} pieces were asked of the liar before it was known as one`);
    assert.ok(swarm.scheduler.sessions[0]?.failed.every(({ parentId }) => parentId === "liar"));
    await task.close();
  });

  test("goes to the source when all parents fail, and asks the scheduler for others", async () => {
    swarm.place("a");
    swarm.announcements.announce("a", swarm.pieces);
    swarm.transport.script = () => new UnavailableError("the connection was refused");
    const task = await engine.open(request);
    await task.finish("copy");
    assertWhole(task);
    assert.equal(task.record.bytesFromSource, swarm.source.length);
    assert.ok((swarm.scheduler.sessions[0]?.reschedules.length ?? 0) > 0);
    await task.close();
  });

  test("a parent that lacks one piece is asked for the others", async () => {
    swarm.place("a");
    swarm.announcements.announce("a", swarm.pieces);
    swarm.transport.script = ({ piece }) => (piece === 3 ? new NotFoundError("piece not found") : undefined);
    const task = await engine.open(request);
    const done = task.finish("copy");
    swarm.announcements.end("a");
    await done;
    assertWhole(task);
    assert.equal(task.record.bytesFromPeers, swarm.source.length - PIECE_BYTES);
    await task.close();
  });

  test("parents with other bytes than those that are here already are dropped, and no byte of theirs is read", async () => {
    const task = await engine.open(request);
    await task.want({ offset: 0, length: 10 }, "demand");
    swarm.transport.version = 2;
    swarm.place("a");
    swarm.announcements.announce("a", [0]);
    swarm.announcements.end("a");
    await task.want({ offset: 0, length: PIECE_BYTES }, "copy");
    const bytes = Buffer.alloc(PIECE_BYTES);
    readSync(task.fd, bytes, 0, bytes.length, 0);
    assert.ok(bytes.equals(contentBlock(1, 0, PIECE_BYTES)));
    await task.close();
  });

  test("content that has not its digest, though each piece had its parent's, comes anew from the source, and who lied is named", async () => {
    const digest = createHash("sha256")
      .update(contentBlock(1, 0, swarm.source.length))
      .digest("hex");
    swarm.place("liar");
    swarm.announcements.announce("liar", swarm.pieces);
    swarm.transport.version = 2;
    for (const anchored of [{ url: "http://origin/whole" }, { url: "http://origin/opening" }]) {
      // Of the content itself, or only of who opens it now.
      const isOwn = anchored.url.endsWith("whole");
      const first = isOwn ? undefined : await engine.open({ ...request, ...anchored });
      const task = await engine.open({ ...request, ...anchored, anchors: [`sha256:${digest}`] });
      await task.finish("copy");
      assertWhole(task);
      assert.equal(task.record.bytesFromSource, swarm.source.length);
      const dropped = lines.filter((line) => line.includes("parent-dropped"));
      assert.ok(dropped.length === 1 && dropped[0]?.includes('"parentId":"liar"'));
      lines.length = 0;
      await task.close();
      await first?.close();
    }
  });

  test("content that has not its digest is refused when it came from the source, or comes so again", async () => {
    swarm.place("liar");
    swarm.announcements.announce("liar", swarm.pieces);
    swarm.transport.version = 2;
    const task = await engine.open({ ...request, anchors: [`sha256:${"ab".repeat(32)}`] });
    await assert.rejects(task.finish("copy"), { code: "INTEGRITY" });
    assert.equal(
      swarm.source.reads.reduce((sum, { length }) => sum + (length ?? 0), 0),
      swarm.source.length,
    );
    await task.close();
  });

  test("a blocked reader waits for a late parent no longer than the hedge, then the source brings his block", async () => {
    swarm.place("slow");
    swarm.announcements.announce("slow", swarm.pieces);
    swarm.transport.script = () => new Promise(() => {});
    const task = await engine.open(request);
    const copying = task.finish("copy");
    copying.catch(() => {});
    await until(() => swarm.transport.fetches.length > 0);
    await task.want({ offset: 5, length: 10 }, "demand");
    assert.ok(
      swarm.source.reads.length > 0 && swarm.source.reads.every(({ length }) => (length ?? 0) <= 2 * MIB),
    );
    await task.close();
  });

  test("a blocked reader does not wait as long as a copy for parents that may get the piece", async () => {
    swarm.place("a");
    swarm.announcements.announce("a", [0]);
    const task = await engine.open(request);
    const copying = task.finish("copy");
    copying.catch(() => {});
    await until(() => task.piecesFinished === 1);
    await task.want({ offset: 5 * PIECE_BYTES, length: 10 }, "demand");
    assert.deepEqual(
      swarm.source.reads.map(({ offset }) => offset),
      [5 * PIECE_BYTES],
    );
    await task.close();
  });

  test("a few reads ask no scheduler; reading on registers, and small files never do", async () => {
    swarm.place("a");
    swarm.announcements.announce("a", swarm.pieces);
    const task = await engine.open(request);
    for (let piece = 0; piece < SAMPLED_PIECES_MAX; piece++)
      await task.want({ offset: piece * PIECE_BYTES, length: 10 }, "demand");
    assert.equal(swarm.scheduler.sessions.length, 0);
    assert.equal(task.record.bytesFromSource, SAMPLED_PIECES_MAX * MIB);
    await task.want({ offset: (PIECES - 2) * PIECE_BYTES, length: 10 }, "demand");
    assert.equal(swarm.scheduler.sessions.length, 1);
    await task.close();
    swarm.source.length = PIECE_BYTES;
    const small = await engine.open({ ...request, url: "http://origin/small" });
    await small.finish("copy");
    assert.equal(swarm.scheduler.sessions.length, 1);
    await small.close();
  });

  test("no scheduler, one that does not answer, and one that says so, all lead to the source", async () => {
    swarm.scheduler.down = new UnavailableError("no scheduler answers");
    const task = await engine.open(request);
    await task.finish("copy");
    assertWhole(task);
    await task.close();
    swarm.scheduler.down = undefined;
    for (const placement of [{ kind: "unknown" }, { kind: "back-to-source" }] as const) {
      swarm.scheduler.place(placement);
      const other = await engine.open({ ...request, url: `http://origin/${placement.kind}` });
      await other.finish("copy");
      assertWhole(other);
      await other.close();
    }
  });
});
