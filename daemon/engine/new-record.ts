/** The record of a task that is not known yet: what was asked, and what its origin answered. Pure. */
import type { SourceStat } from "../source/source.ts";
import { formatDigest, parseDigest } from "../task/digest.ts";
import { checkedPieceLength, pieceLengthFor } from "../task/piece-length.ts";
import type { TaskRecord } from "../task/task-record.ts";
import type { TaskRequest } from "./open-task.ts";

/** What is known once the origin has answered, or all of its content has come. */
export interface FirstAnswer {
  readonly id: string;
  readonly stat: SourceStat;
  readonly contentLength: number;
  readonly nowMs: number;
}

/** @throws InvalidInputError for a piece length that cannot be, and digests that are none */
export function newRecord(request: TaskRequest, { id, stat, contentLength, nowMs }: FirstAnswer): TaskRecord {
  const { etag, lastModified } = stat.validator;
  const anchors = normalDigests([...(request.anchors ?? []), ...stat.digests]);
  return {
    id,
    kind: "standard",
    url: request.url,
    tag: request.tag ?? "",
    application: request.application ?? "",
    contentLength,
    pieceLength:
      request.pieceLength === undefined
        ? pieceLengthFor(contentLength)
        : checkedPieceLength(request.pieceLength),
    ranges: stat.ranges,
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    responseHeaders: stat.responseHeaders,
    anchors,
    verified: "none",
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    bytesFromSource: 0,
    bytesFromPeers: 0,
    uploadedCount: 0,
  };
}

/** Each once, written one way. @throws InvalidInputError */
export function normalDigests(texts: readonly string[]): string[] {
  return [...new Set(texts.map((text) => formatDigest(parseDigest(text))))];
}
