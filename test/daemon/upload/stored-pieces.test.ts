/** What other hosts are served of the storage: finished pieces, whole, and nothing that may be wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, systemClock } from "../../../base/clock.ts";
import { BLOCK_BYTES, SERVED_TASKS_MAX } from "../../../base/limits.ts";
import { DaemonMetrics } from "../../../daemon/server/metrics.ts";
import type { StoredTask } from "../../../daemon/storage/storage.ts";
import { decodeAnswer, encodeRequest, type TaskFamily } from "../../../daemon/transport/vortex/packet.ts";
import { StoredPieces } from "../../../daemon/upload/stored-pieces.ts";
import { until } from "../../base/promises.ts";
import { contentBlock } from "../engine/scripted-source.ts";
import { FILE_URL, MIB, serve } from "../server/served.ts";
import { exchange, servePieces } from "./pieces-served.ts";

const request = (taskId: string, piece: number, family: TaskFamily = "standard") =>
  encodeRequest({ family, taskId, piece }, 7);
const signal = AbortSignal.timeout(60_000);

/** What a server answered, its content apart. */
function parse(bytes: Buffer, family: TaskFamily = "standard") {
  const answer = decodeAnswer(bytes, family);
  return { answer, content: answer?.kind === "content" ? bytes.subarray(answer.bytes) : Buffer.alloc(0) };
}

test("a finished piece is served with its digest and its bytes, the last one shorter, and is counted", async (t) => {
  const served = await serve(t);
  const { port, server } = await servePieces(t, served, {
    onSent: (bytes) => served.metrics.uploaded(bytes),
  });
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  await task.finish("copy");
  const records = await task.finishedPieces();
  for (const { number, digest } of records) {
    const { answer, content } = parse(await exchange(port, request(task.id, number)));
    assert.equal(answer?.kind, "content");
    if (answer?.kind !== "content") return;
    const length = number === 2 ? MIB + 100 : 4 * MIB;
    const { metadata } = answer;
    assert.deepEqual(
      [metadata.number, metadata.offset, metadata.length, metadata.digest, metadata.parentId],
      [number, number * 4 * MIB, length, digest, ""],
    );
    assert.ok(content.equals(contentBlock(1, number * 4 * MIB, length)), `piece ${number}`);
  }
  await until(() => server.connectionCount === 0);
  assert.equal(task.record.uploadedCount, 3);
  const text = await served.metrics.registry.metrics();
  assert.match(text, new RegExp(`dragonfly_client_upload_traffic ${9 * MIB + 100}\n`));
  assert.match(text, /dragonfly_client_concurrent_upload_piece_total 0\n/);
  await task.close();
});

test("what is not finished, not known, of another family, or not shared is not found", async (t) => {
  const served = await serve(t, { length: 12 * MIB });
  const { port } = await servePieces(t, served);
  const quiet = await servePieces(t, served, { shares: false });
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  // Three of the four blocks of piece 1 are here, and all of piece 2.
  await task.want({ offset: 4 * MIB, length: 3 * MIB }, "demand");
  await task.want({ offset: 8 * MIB, length: 4 * MIB }, "demand");
  const cases: [number, Buffer][] = [
    [port, request(task.id, 0)],
    [port, request(task.id, 1)],
    [port, request(task.id, 3)],
    [port, request(task.id, 0xffff_ffff)],
    [port, request("ab".repeat(32), 0)],
    [port, request(task.id, 2, "persistent")],
    [port, request(task.id, 2, "persistent-cache")],
    [quiet.port, request(task.id, 2)],
  ];
  for (const [to, bytes] of cases) {
    const { answer } = parse(await exchange(to, bytes));
    assert.equal(answer?.kind === "error" && answer.code, 2);
    assert.match((answer as { message: string }).message, /^piece [0-9a-f]{64}-\d+ not found$/);
  }
  assert.equal(parse(await exchange(port, request(task.id, 2))).answer?.kind, "content");
  await task.close();
});

test("content whose anchor failed is not served, nor what was taken out again", async (t) => {
  const served = await serve(t, { length: 8 * MIB });
  const { port } = await servePieces(t, served);
  served.source.digests = ["md5:00000000000000000000000000000000"];
  const bad = await served.engine.open({ url: FILE_URL, headers: {} });
  await assert.rejects(bad.finish("copy"), { code: "INTEGRITY" });
  assert.equal(parse(await exchange(port, request(bad.id, 0))).answer?.kind, "error");
  await bad.close();
  served.source.digests = [];
  const good = await served.engine.open({ url: `${FILE_URL}2`, headers: {} });
  await good.finish("copy");
  const stored = await served.storage.open(good.id);
  await stored.evict({ start: 0, end: 1 });
  assert.equal(parse(await exchange(port, request(good.id, 0))).answer?.kind, "error");
  assert.equal(parse(await exchange(port, request(good.id, 1))).answer?.kind, "content");
  await stored.close();
  await good.close();
});

test("blocks of a piece that is being sent are not evicted, and those of one that was sent are", async (t) => {
  const served = await serve(t, { length: 8 * MIB });
  const { store } = await servePieces(t, served);
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  await task.finish("copy");
  const piece = await store.piece({ family: "standard", taskId: task.id, piece: 1 }, signal);
  const stored = await served.storage.open(task.id);
  assert.equal(await stored.evict({ start: 4, end: 8 }), 0);
  assert.ok(stored.hasPiece(1));
  await piece?.close();
  await piece?.close();
  assert.equal(await stored.evict({ start: 4, end: 8 }), 4 * MIB);
  await stored.close();
  await task.close();
});

test("a piece whose record is being written is waited for", async (t) => {
  const served = await serve(t, { length: 4 * MIB });
  const { store } = await servePieces(t, served);
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  await task.finish("copy");
  const stored = await served.storage.open(task.id);
  await stored.evict({ start: 0, end: 1 });
  for (let block = 0; block < 4; block += 1) stored.setBlock(block, 0);
  const waiting = store.piece({ family: "standard", taskId: task.id, piece: 0 }, signal);
  await stored.finishPiece(0, { parentId: "10.0.0.9-other", costMs: 2500 });
  const piece = await waiting;
  assert.equal(piece?.metadata.parentId, "10.0.0.9-other");
  assert.equal(piece?.metadata.costSeconds, 2);
  await piece?.close();
  const gone = AbortSignal.abort(new Error("gone"));
  await stored.evict({ start: 0, end: 1 });
  stored.setBlock(0, 0);
  await assert.rejects(store.piece({ family: "standard", taskId: task.id, piece: 0 }, gone), /gone/);
  await stored.close();
  await task.close();
});

test("a task that is deleted and made anew is served anew", async (t) => {
  const served = await serve(t, { length: 4 * MIB });
  const { port } = await servePieces(t, served);
  const first = await served.engine.open({ url: FILE_URL, headers: {} });
  await first.finish("copy");
  assert.equal(parse(await exchange(port, request(first.id, 0))).answer?.kind, "content");
  await served.engine.delete(first.id);
  assert.equal(parse(await exchange(port, request(first.id, 0))).answer?.kind, "error");
  const second = await served.engine.open({ url: FILE_URL, headers: {} });
  await second.finish("copy");
  assert.equal(second.id, first.id);
  assert.equal(parse(await exchange(port, request(second.id, 0))).answer?.kind, "content");
  await first.close();
  await second.close();
});

test("tasks are kept open a moment for the next piece, closed then, and bounded in number", async () => {
  const clock = new FakeClock();
  const closed: string[] = [];
  const storedOf = (id: string) =>
    ({
      record: { id, pieceLength: BLOCK_BYTES, contentLength: BLOCK_BYTES, uploadedCount: 0 },
      deleted: false,
      pieceCount: 1,
      blockCount: 1,
      hasPiece: () => true,
      hold: () => () => {},
      pieceRecords: async () => [{ number: 0, digest: "crc32:1", costMs: 0, finishedAtMs: 0 }],
      close: async () => void closed.push(id),
    }) as unknown as StoredTask;
  const store = new StoredPieces({
    storage: { record: (id) => storedOf(id).record, open: async (id) => storedOf(id) },
    clock,
    metrics: new DaemonMetrics(systemClock),
    shares: true,
  });
  const pieceOf = (taskId: string) => store.piece({ family: "standard", taskId, piece: 0 }, signal);
  const first = await pieceOf("a");
  await first?.close();
  assert.equal(store.taskCount, 1);
  await (await pieceOf("a"))?.close();
  clock.advance(1_001);
  await until(() => closed.length === 1);
  assert.equal(store.taskCount, 0);
  const lent = await Promise.all(Array.from({ length: SERVED_TASKS_MAX }, (_, n) => pieceOf(`t${n}`)));
  await assert.rejects(pieceOf("one more"), { code: "TOO_MANY" });
  await lent[3]?.close();
  await (await pieceOf("one more"))?.close();
  assert.ok(closed.includes("t3"), "an idle one made way");
  for (const piece of lent) await piece?.close();
  await store.close();
  assert.equal(store.taskCount, 0);
  await assert.rejects(pieceOf("late"), { code: "CLOSED" });
});

test("the limit of bandwidth is asked for a whole piece before it is sent", async (t) => {
  const served = await serve(t, { length: 4 * MIB });
  const asked: number[] = [];
  let let1: () => void = () => {};
  const { port, server } = await servePieces(t, served, {
    allow: (bytes, gone) => {
      asked.push(bytes);
      return new Promise((resolve, reject) => {
        let1 = resolve;
        gone.addEventListener("abort", () => reject(gone.reason), { once: true });
      });
    },
  });
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  await task.finish("copy");
  const whole = exchange(port, request(task.id, 0));
  await until(() => asked.length === 1);
  assert.deepEqual(asked, [4 * MIB]);
  let1();
  assert.equal(parse(await whole).content.length, 4 * MIB);
  await until(() => server.connectionCount === 0);
  await task.close();
});
