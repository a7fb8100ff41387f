/** What a child that listens to us is told: finished pieces, each once, and an end in good time. */
import assert from "node:assert/strict";
import { connect } from "node:http2";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { SYNC_GRACE_MS, SYNC_PIECES_NUMBERS_MAX, TASK_IDLE_MS } from "../../../base/limits.ts";
import { DfdaemonUpload } from "../../../proto/load.ts";
import { until } from "../../base/promises.ts";
import type { ScriptedSource } from "../engine/scripted-source.ts";
import { HurriedClock } from "./hurried-clock.ts";
import { FILE_URL, MIB } from "./served.ts";
import { listenFor, numbersOf, serveUploads } from "./upload-served.ts";

const PIECE = 4 * MIB;

/** The source gives nothing until the result is called. */
function closedGate(source: ScriptedSource): () => void {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  source.script = () => ({ gate: () => opened });
  return open;
}

test("a whole task is told of at once, in the order asked for, with our address, and the stream ends", async (t) => {
  const served = await serveUploads(t);
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  await task.finish("copy");
  const listening = listenFor(served, task.id, [2, 0, 1]);
  assert.equal(await listening.over, undefined);
  assert.deepEqual(
    listening.told.map(({ number, offset, length, ip, tcpPort, quicPort }) => ({
      ...{ number, offset, length, ip, tcpPort, quicPort },
    })),
    [2, 0, 1].map((number) => ({
      number,
      offset: number * PIECE,
      length: number === 2 ? 1 * MIB + 100 : PIECE,
      ip: "10.0.0.7",
      tcpPort: 4005,
      quicPort: undefined,
    })),
  );
  await task.close();
});

test("only pieces that are asked for are told, none twice, and none that the task does not have", async (t) => {
  const served = await serveUploads(t);
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  await task.finish("copy");
  const listening = listenFor(served, task.id, [1, 1, 1, 77, 4_294_967_295]);
  assert.equal(await listening.over, undefined);
  assert.deepEqual(numbersOf(listening), [1]);
  await task.close();
});

test("of a task that is fetched, pieces are told as they finish, and never one that is not whole", async (t) => {
  const served = await serveUploads(t, { length: 12 * MIB });
  const gates = new Map<number, () => void>();
  served.source.script = () => ({
    gate: (block) => (block === 0 ? undefined : new Promise<void>((open) => gates.set(block, open))),
  });
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  const reading = task.want({ offset: 0, length: 12 * MIB }, "copy");
  const listening = listenFor(served, task.id, [0, 1, 2]);
  const open = async (block: number) => {
    await until(() => gates.has(block));
    gates.get(block)?.();
  };
  for (const block of [1, 2]) await open(block);
  await until(() => served.uploadServer.listenerCount === 1);
  assert.deepEqual(numbersOf(listening), []);
  await open(3);
  await until(() => listening.told.length === 1);
  for (let block = 4; block < 12; block += 1) await open(block);
  await reading;
  assert.equal(await listening.over, undefined);
  assert.deepEqual(numbersOf(listening).sort(), [0, 1, 2]);
  await task.close();
});

test("what a child asks for is fetched while somebody here reads, after everything else, and no longer", async (t) => {
  const clock = new HurriedClock();
  const served = await serveUploads(t, { length: 40 * MIB, clock });
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  await task.want({ offset: 0, length: MIB }, "demand");
  const listening = listenFor(served, task.id, [0, 3]);
  await until(() => listening.told.length === 2);
  assert.equal(await listening.over, undefined);
  assert.deepEqual(numbersOf(listening).sort(), [0, 3]);
  // Whole pieces that were asked for, and nothing of the others.
  assert.ok(
    served.source.reads.every(({ offset, length = 0 }) =>
      [0, 3].includes(Math.floor((offset + length - 1) / PIECE)),
    ),
  );
  await task.close();
});

test("no child waits on a file that is half read: once nobody here wants it the stream ends with what there is", async (t) => {
  const clock = new HurriedClock();
  const served = await serveUploads(t, { length: 12 * MIB, clock });
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  await task.want({ offset: PIECE, length: PIECE }, "demand");
  clock.advance(TASK_IDLE_MS);
  const reads = served.source.reads.length;
  const listening = listenFor(served, task.id, [0, 1, 2]);
  await until(() => listening.told.length === 1);
  clock.advance(SYNC_GRACE_MS);
  assert.equal(await listening.over, undefined);
  assert.deepEqual(numbersOf(listening), [1]);
  assert.equal(served.source.reads.length, reads, "an idle file is not fetched for a child");
  await task.close();
});

test("an unknown task is INTERNAL in Dragonfly's words, and our own code says NOT_FOUND", async (t) => {
  const served = await serveUploads(t);
  const taskId = "ab".repeat(32);
  const error = await listenFor(served, taskId, [0]).over;
  assert.equal(error?.code, status.INTERNAL);
  assert.equal(error?.details, `task ${taskId} not found`);
  assert.deepEqual(error?.metadata.get("p2pfs-error-code"), ["NOT_FOUND"]);
});

test("a task that fails its digest, or is deleted, ends the stream of whoever listens", async (t) => {
  const clock = new HurriedClock();
  const served = await serveUploads(t, { length: 12 * MIB, clock });
  served.source.digests = ["md5:00000000000000000000000000000000"];
  const bad = await served.engine.open({ url: FILE_URL, headers: {} });
  await assert.rejects(bad.finish("copy"), { code: "INTEGRITY" });
  const failed = await listenFor(served, bad.id, [0]).over;
  assert.equal(failed?.code, status.INTERNAL);
  assert.equal(failed?.details, `task ${bad.id} failed`);
  await bad.close();
  served.source.digests = [];
  const open = closedGate(served.source);
  const task = await served.engine.open({ url: `${FILE_URL}2`, headers: {} });
  task.want({ offset: 0, length: MIB }, "copy").catch(() => {});
  const listening = listenFor(served, task.id, [0]);
  await until(() => served.uploadServer.listenerCount === 1);
  await served.engine.delete(task.id);
  assert.equal((await listening.over)?.details, `task ${task.id} not found`);
  open();
  await task.close();
});

test("a child that goes away, and a server that stops, leave no listener behind", async (t) => {
  const served = await serveUploads(t, { length: 12 * MIB });
  const open = closedGate(served.source);
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  task.want({ offset: 0, length: MIB }, "copy").catch(() => {});
  const [gone, left] = [listenFor(served, task.id, [0]), listenFor(served, task.id, [0])];
  await until(() => served.uploadServer.listenerCount === 2);
  gone.cancel();
  await until(() => served.uploadServer.listenerCount === 1);
  await served.uploadServer.close();
  assert.equal((await left.over)?.code, status.UNAVAILABLE);
  assert.equal(served.uploadServer.listenerCount, 0);
  open();
  await task.close();
});

test("upload.disableShared tells nobody of anything", async (t) => {
  const served = await serveUploads(t, { upload: { shares: false } });
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  await task.finish("copy");
  assert.equal((await listenFor(served, task.id, [0]).over)?.code, status.PERMISSION_DENIED);
  await task.close();
});

test("hostile questions are INVALID_ARGUMENT or refused for their size, and open nothing", async (t) => {
  const served = await serveUploads(t);
  const ids = [
    "",
    "../".repeat(22).slice(0, 64),
    "A".repeat(64),
    "a".repeat(63),
    "a".repeat(65),
    `${"a".repeat(63)}/`,
  ];
  for (const id of ids)
    assert.equal((await listenFor(served, id, [0]).over)?.code, status.INVALID_ARGUMENT, id);
  const known = "ab".repeat(32);
  const many = Array.from({ length: SYNC_PIECES_NUMBERS_MAX + 1 }, () => 1);
  assert.equal((await listenFor(served, known, many).over)?.code, status.INVALID_ARGUMENT);
  for (const [hostBytes, refusal] of [
    [5 * MIB, status.RESOURCE_EXHAUSTED],
    [10_000, status.INVALID_ARGUMENT],
  ] as const) {
    const hostId = "h".repeat(hostBytes);
    const call = served.upload.syncPieces({ hostId, taskId: known, interestedPieceNumbers: [] });
    const code = await new Promise((resolve) =>
      call.on("error", (error: { code: number }) => resolve(error.code)),
    );
    assert.equal(code, refusal);
  }
  assert.equal(served.uploadServer.listenerCount, 0);
});

test("the deadline that Dragonfly's client sends means the headers: a stream goes on beyond it", async (t) => {
  const served = await serveUploads(t, { length: 12 * MIB });
  let open: (() => void) | undefined;
  served.source.script = () => ({
    gate: (block) => (block === 3 ? new Promise<void>((resolve) => (open = resolve)) : undefined),
  });
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  const reading = task.want({ offset: 0, length: PIECE }, "copy");
  const session = connect(`http://127.0.0.1:${served.uploadPort}`);
  t.after(() => session.close());
  const stream = session.request({
    ":method": "POST",
    ":path": "/dfdaemon.v2.DfdaemonUpload/SyncPieces",
    "grpc-timeout": "50000u",
    te: "trailers",
    "content-type": "application/grpc",
  });
  const message = DfdaemonUpload.service.SyncPieces.requestSerialize({
    hostId: "child",
    taskId: task.id,
    interestedPieceNumbers: [0],
  });
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([head, message]));
  let trailers: Record<string, unknown> | undefined;
  let bytes = 0;
  stream.on("trailers", (came) => (trailers = came));
  stream.on("data", (chunk: Buffer) => (bytes += chunk.length));
  await new Promise((resolve) => stream.once("response", resolve));
  // Twice the deadline passes, and the stream is heard of no more than before.
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(trailers, undefined);
  await until(() => open !== undefined);
  open?.();
  await reading;
  await until(() => trailers !== undefined);
  assert.equal(trailers?.["grpc-status"], "0");
  assert.ok(bytes > 5);
  await task.close();
});
