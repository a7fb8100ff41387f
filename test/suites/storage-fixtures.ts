/** Records and content for tests of storages. */
import { readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { BLOCK_BYTES } from "../../base/limits.ts";
import type { StoredTask } from "../../daemon/storage/storage.ts";
import type { TaskRecord } from "../../daemon/task/task-record.ts";

export const MIB = 1024 * 1024;

/** A record of a small task: two pieces of four blocks and one of a block and a bit, unless told otherwise. */
export function recordOf(id: string, fields: Partial<TaskRecord> = {}): TaskRecord {
  return {
    id,
    kind: "standard",
    url: `http://origin.test/${id}.bin?signature=not-for-logs`,
    tag: "",
    application: "",
    contentLength: 9 * MIB + 123,
    pieceLength: 4 * MIB,
    ranges: true,
    etag: '"v1"',
    responseHeaders: { "content-type": "application/octet-stream", "x-name": "größe ✓" },
    anchors: [],
    verified: "none",
    createdAtMs: 1_700_000_000_000,
    updatedAtMs: 1_700_000_000_000,
    bytesFromSource: 0,
    bytesFromPeers: 0,
    uploadedCount: 0,
    ...fields,
  };
}

/** The bytes that block `block` of version `version` of a task should have: cheap, and different everywhere. */
export function blockBytes(task: { readonly record: TaskRecord }, block: number, version = 0): Buffer {
  const length = Math.min(BLOCK_BYTES, task.record.contentLength - block * BLOCK_BYTES);
  const pattern = Buffer.from(`${task.record.id}/${block}/${version};`);
  return Buffer.alloc(length, pattern);
}

/** Writes a block's bytes to the content file, as a fetch would. @returns their CRC-32 */
export function writeBytes(task: StoredTask, block: number, version = 0): number {
  const bytes = blockBytes(task, block, version);
  writeSync(task.fd, bytes, 0, bytes.length, block * BLOCK_BYTES);
  return crc32(bytes);
}

/** Writes a block and says so. */
export function putBlock(task: StoredTask, block: number, version = 0): void {
  task.setBlock(block, writeBytes(task, block, version));
}

/** Blocks of a piece. */
export function blocksOfPiece(task: StoredTask, piece: number): number[] {
  const perPiece = task.record.pieceLength / BLOCK_BYTES;
  const count = Math.min(perPiece, task.blockCount - piece * perPiece);
  return Array.from({ length: count }, (_, index) => piece * perPiece + index);
}

/** Writes all blocks of a piece and finishes it. */
export async function putPiece(task: StoredTask, piece: number, version = 0) {
  for (const block of blocksOfPiece(task, piece)) putBlock(task, block, version);
  return task.finishPiece(piece, { costMs: 5 });
}

/** What the digest of a piece must be. */
export function digestOf(task: StoredTask, piece: number, version = 0): string {
  const blocks = blocksOfPiece(task, piece).map((block) => blockBytes(task, block, version));
  return `crc32:${crc32(Buffer.concat(blocks))}`;
}

export function readBlock(task: StoredTask, block: number): Buffer {
  const bytes = Buffer.alloc(blockBytes(task, block).length);
  const count = readSync(task.fd, bytes, 0, bytes.length, block * BLOCK_BYTES);
  return bytes.subarray(0, count);
}

/** Numbers of the set bits. */
export function setBits(bits: Uint8Array): number[] {
  const numbers: number[] = [];
  for (let index = 0; index < bits.length * 8; index++)
    if (((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0) numbers.push(index);
  return numbers;
}
