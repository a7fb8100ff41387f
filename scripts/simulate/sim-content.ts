/** Content without bytes: the storage's own bits and rules, of a task whose file is nowhere. */
import type { Clock } from "../../base/clock.ts";
import { P2pfsError } from "../../base/errors.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import { emptyBits, TaskContent, type TaskMarks } from "../../daemon/storage/task-content.ts";
import type { TaskRecord } from "../../daemon/task/task-record.ts";
import type { Settings } from "./model.ts";

/** What every block's bytes have. */
export const CRC = 0;
const DIGEST = `crc32:${CRC}`;

/** Nothing outlives the run, and every piece has the same digest. */
const MARKS: TaskMarks = {
  setBlock: () => {},
  finishPiece: async () => {},
  clear: async () => {},
  pieceRecord: async (number) => ({ number, digest: DIGEST, costMs: 0, finishedAtMs: 0 }),
  blockCrc: async () => CRC,
  sync: async () => {},
};

/** A file of the model as the engine sees it: `grainBytes` of the one are one block of the other. */
export function recordOf(settings: Settings, id: string, url: string, nowMs: number): TaskRecord {
  const { fileBytes, pieceBytes, grainBytes } = settings;
  return {
    id,
    kind: "standard",
    url,
    tag: "",
    application: "",
    contentLength: Math.ceil(fileBytes / grainBytes) * BLOCK_BYTES,
    pieceLength: (pieceBytes / grainBytes) * BLOCK_BYTES,
    ranges: true,
    responseHeaders: {},
    anchors: [],
    verified: "none",
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    bytesFromSource: 0,
    bytesFromPeers: 0,
    uploadedCount: 0,
  };
}

/** Bytes of the model in a block of the engine's; only the last is shorter. */
export function bytesOf({ fileBytes, grainBytes }: Settings, block: number): number {
  return Math.min(grainBytes, fileBytes - block * grainBytes);
}

export function contentWithoutBytes(record: TaskRecord, clock: Clock): TaskContent {
  return new TaskContent({
    record,
    fd: -1,
    path: "/nowhere",
    marks: MARKS,
    ...emptyBits(record),
    crcs: new Map(),
    nowMs: () => clock.nowMs(),
    onGrow: () => {},
    onShrink: () => {},
    punch: async () => {
      throw new P2pfsError("INTERNAL", "nothing is evicted in a simulation: there is room for all");
    },
    onUpdate: () => {},
    onRelease: async () => {},
  });
}
