/** Our records in Dragonfly's messages. Pure. */
import type { Piece } from "../../proto/gen/common/v2/Piece.ts";
import type { Task } from "../../proto/gen/common/v2/Task.ts";
import type { StatLocalTaskResponse } from "../../proto/gen/dfdaemon/v2/StatLocalTaskResponse.ts";
import type { Duration } from "../../proto/gen/google/protobuf/Duration.ts";
import type { Timestamp } from "../../proto/gen/google/protobuf/Timestamp.ts";
import type { OpenTask } from "../engine/open-task.ts";
import { pieceCount, pieceRange } from "../task/piece-length.ts";
import type { TaskRecord } from "../task/task-record.ts";

/** What is known of a finished piece. */
export type FinishedPiece = Awaited<ReturnType<OpenTask["finishedPieces"]>>[number];

export function timestamp(ms: number): Timestamp {
  return { seconds: Math.floor(ms / 1000), nanos: Math.floor((ms % 1000) * 1e6) };
}

export function duration(ms: number): Duration {
  const whole = Math.max(0, ms);
  return { seconds: Math.floor(whole / 1000), nanos: Math.floor((whole % 1000) * 1e6) };
}

/** A piece that a download is interested in, before it is known to be here (as Dragonfly announces it). */
export function announcedPiece(record: TaskRecord, number: number, nowMs: number): Piece {
  const { offset, length } = pieceRange(record, number);
  return { number, offset, length, digest: "", cost: duration(0), createdAt: timestamp(nowMs) };
}

/** @param local the piece was here before the download began */
export function finishedPiece(record: TaskRecord, piece: FinishedPiece, local: boolean): Piece {
  const { offset, length } = pieceRange(record, piece.number);
  const fromParent = piece.parentId !== undefined && !local;
  return {
    number: piece.number,
    offset,
    length,
    digest: piece.digest,
    ...(fromParent ? { parentId: piece.parentId as string } : {}),
    trafficType: local ? "LOCAL_PEER" : fromParent ? "REMOTE_PEER" : "BACK_TO_SOURCE",
    cost: duration(local ? 0 : piece.costMs),
    createdAt: timestamp(piece.finishedAtMs),
  };
}

/** What this host alone knows of a task. */
export function localTask(record: TaskRecord): StatLocalTaskResponse {
  return {
    taskId: record.id,
    pieceLength: record.pieceLength,
    contentLength: record.contentLength,
    responseHeader: { ...record.responseHeaders },
    uploadingCount: 0,
    uploadedCount: record.uploadedCount,
    createdAt: timestamp(record.createdAtMs),
    updatedAt: timestamp(record.updatedAtMs),
    ...(record.prefetchedAtMs === undefined ? {} : { prefetchedAt: timestamp(record.prefetchedAtMs) }),
    ...(record.failedAtMs === undefined ? {} : { failedAt: timestamp(record.failedAtMs) }),
    ...(record.finishedAtMs === undefined ? {} : { finishedAt: timestamp(record.finishedAtMs) }),
  };
}

/** A state in the words of Dragonfly's scheduler. */
export function taskState(record: TaskRecord): "Succeeded" | "Failed" | "Running" {
  if (record.finishedAtMs !== undefined) return "Succeeded";
  return record.failedAtMs === undefined ? "Running" : "Failed";
}

/**
 * A task as a scheduler describes it, for a host that is its own.
 * @param url without what may be secret in it
 */
export function schedulerTask(record: TaskRecord, url: string): Task {
  const pieces = pieceCount(record);
  return {
    id: record.id,
    type: "STANDARD",
    url,
    tag: record.tag,
    application: record.application,
    contentLength: record.contentLength,
    pieceCount: pieces,
    sizeScope: sizeScope(record.contentLength, pieces),
    state: taskState(record),
    peerCount: 1,
    hasAvailablePeer: record.finishedAtMs !== undefined,
    createdAt: timestamp(record.createdAtMs),
    updatedAt: timestamp(record.updatedAtMs),
  };
}

/** Content that fits into a scheduler's answer, bytes (Dragonfly: 128). */
const TINY_BYTES = 128;

function sizeScope(contentLength: number, pieces: number): "EMPTY" | "TINY" | "SMALL" | "NORMAL" {
  if (contentLength === 0) return "EMPTY";
  if (contentLength <= TINY_BYTES) return "TINY";
  return pieces === 1 ? "SMALL" : "NORMAL";
}
