/**
 * Dragonfly's recorded vortex connections against our packets and our piece server. Each recorded request is sent byte for byte,
 * FIN and all, to a server whose storage holds the piece as the recorded parent held it (number, place, digest, whose it was, when
 * it came); the whole head of the answer is compared, but for its first byte, which is random. Content is compared by length:
 * that of the recordings is not kept.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { BLOCK_BYTES, PIECE_BYTES_MIN } from "../../base/limits.ts";
import { DaemonMetrics } from "../../daemon/server/metrics.ts";
import { MemoryStorage } from "../../daemon/storage/memory-storage.ts";
import type { TaskRecord } from "../../daemon/task/task-record.ts";
import {
  decodeAnswer,
  decodeRequest,
  encodeContent,
  encodeError,
  encodeRequest,
  type PieceMetadata,
  type PieceRequest,
  type TaskFamily,
} from "../../daemon/transport/vortex/packet.ts";
import { exchange, servePieces } from "../daemon/upload/pieces-served.ts";
import { recordOf } from "../suites/storage-fixtures.ts";
import { type Line, linesOf, scenarios } from "./transcript.ts";

/** A request, and the packet that answered it, if any. */
interface Exchange {
  readonly scenario: string;
  readonly request: Line;
  readonly answer: Line | undefined;
}

const FAMILY_OF_TAG = new Map<number, TaskFamily>([
  [0, "standard"],
  [2, "persistent"],
  [4, "persistent-cache"],
]);

const exchanges: Exchange[] = scenarios().flatMap((scenario) => {
  const byConnection = new Map<number, Line[]>();
  for (const line of linesOf(scenario)) {
    if (line.kind !== "vortex" || line.conn === undefined) continue;
    byConnection.set(line.conn, [...(byConnection.get(line.conn) ?? []), line]);
  }
  return [...byConnection.values()].flatMap(([request, answer]) =>
    request === undefined || ![0, 2, 4].includes(request.tag ?? -1) ? [] : [{ scenario, request, answer }],
  );
});

const bytesOf = ({ hex = "" }: Line) => Buffer.from(hex, "hex");
const withoutId = (bytes: Buffer) => bytes.subarray(1).toString("hex");

test("every recorded packet is read, and written again to the same bytes", () => {
  let contents = 0;
  for (const { scenario, request, answer } of exchanges) {
    const bytes = bytesOf(request);
    const decoded = bytes.length === 74 ? decodeRequest(bytes) : undefined;
    if (decoded !== undefined)
      assert.equal(encodeRequest(decoded, decoded.id).toString("hex"), request.hex, scenario);
    if (answer === undefined) continue;
    const family = FAMILY_OF_TAG.get(request.tag ?? 0) ?? "standard";
    const head = bytesOf(answer);
    const said = decodeAnswer(head, family);
    const id = head[0] ?? 0;
    if (said?.kind === "error")
      assert.equal(encodeError(said.code, said.message, id).toString("hex"), answer.hex, scenario);
    if (said?.kind !== "content") continue;
    assert.equal(said.bytes, head.length, "the content begins where the recording says");
    assert.equal(encodeContent(family, said.metadata, id).toString("hex"), answer.hex, scenario);
    contents += 1;
  }
  assert.ok(contents > 100, `${contents} answers with content`);
});

/** The task as the parent held it: just long enough for this piece to be its last. */
function heldRecord(taskId: string, { number, offset, length }: PieceMetadata, nowMs: number): TaskRecord {
  const pieceLength = number > 0 ? offset / number : Math.max(PIECE_BYTES_MIN, length);
  return recordOf(taskId, {
    contentLength: offset + length,
    pieceLength,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  });
}

async function storageWith(request: PieceRequest, piece: PieceMetadata): Promise<MemoryStorage> {
  const nowMs = piece.createdAtSeconds * 1000;
  const storage = await MemoryStorage.open({ clock: new FakeClock(nowMs) });
  const record = heldRecord(request.taskId, piece, nowMs);
  const stored = await storage.create(record);
  const end = Math.ceil((piece.offset + piece.length) / BLOCK_BYTES);
  // Checksums of zeros are no matter: the last block's alone makes the piece's what it was.
  const checksum = Number(piece.digest.replace("crc32:", ""));
  for (let block = piece.offset / BLOCK_BYTES; block < end; block += 1)
    stored.setBlock(block, block === end - 1 ? checksum : 0);
  const from = piece.parentId === "" ? {} : { parentId: piece.parentId };
  await stored.finishPiece(piece.number, { ...from, costMs: piece.costSeconds * 1000 });
  await stored.close();
  return storage;
}

/** Each answer once: the same piece of the same parent is served alike to all. */
const served = new Map(
  exchanges
    .filter(({ request, answer }) => request.tag === 0 && answer?.tag === 1)
    .map((each) => [`${withoutId(bytesOf(each.request))} ${each.answer?.hex?.slice(2)}`, each]),
);

test("our server answers each recorded request for a piece as the recorded parent did", async (t) => {
  assert.ok(served.size > 80, `${served.size} different pieces`);
  for (const { scenario, request, answer } of served.values()) {
    const bytes = bytesOf(request);
    const decoded = decodeRequest(bytes);
    const said = answer && decodeAnswer(bytesOf(answer), "standard");
    assert.ok(decoded && answer && said?.kind === "content", scenario);
    const storage = await storageWith(decoded, said.metadata);
    const metrics = new DaemonMetrics(new FakeClock());
    const { port, server, store } = await servePieces(t, { storage, metrics });
    const came = await exchange(port, bytes);
    assert.equal(withoutId(came.subarray(0, said.bytes)), answer.hex?.slice(2), scenario);
    assert.equal(came.length - said.bytes, said.metadata.length, scenario);
    await server.close();
    await store.close();
    await storage.close();
  }
});

test("what was asked by hand is answered, or not, as Dragonfly's server does", async (t) => {
  const storage = await MemoryStorage.open();
  const { port } = await servePieces(t, { storage, metrics: new DaemonMetrics(new FakeClock()) });
  t.after(() => storage.close());
  const lines = linesOf("vortex-by-hand").filter(({ kind }) => kind === "vortex");
  let errors = 0;
  let silences = 0;
  for (const [index, line] of lines.entries()) {
    const next = lines[index + 1];
    const answer = next?.conn === line.conn && next?.from !== line.from ? next : undefined;
    if (line.from !== "host-b") continue;
    if (answer?.tag === 255 && answer.code === 2) {
      const came = await exchange(port, bytesOf(line));
      assert.equal(withoutId(came), answer.hex?.slice(2));
      errors += 1;
    }
    // Wrong tags and lengths: Dragonfly's server closes at once, without waiting for the client's FIN or saying anything.
    if (answer === undefined && (line.tag !== 0 || line.length !== 68)) {
      assert.equal((await exchange(port, bytesOf(line), false)).length, 0);
      silences += 1;
    }
  }
  assert.equal(errors, 2);
  assert.equal(silences, 4);
});
