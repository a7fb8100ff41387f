/**
 * A task's two files: making them, opening them, and finding out what they prove. Bytes are believed when the bitmap file says so,
 * and when in doubt only after they were read and compared.
 */
import { type FileHandle, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32Combine } from "../../base/crc32.ts";
import { makeFolder } from "../../base/folder.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { TaskRecord } from "../task/task-record.ts";
import { BitsFile } from "./bits-file.ts";
import type { PresenceBits } from "./presence-bits.ts";
import { bitsPathOf } from "./storage-folder.ts";
import { blockLength, emptyBits, readBlockCrc } from "./task-content.ts";

export interface ContentFiles {
  readonly content: FileHandle;
  readonly bits: BitsFile;
  readonly blocks: PresenceBits;
  readonly pieces: PresenceBits;
  /** CRC-32 of the present blocks whose piece is not finished. */
  readonly crcs: Map<number, number>;
  /** Bytes both take on the disk. */
  readonly allocatedBytes: number;
}

export interface FilesOptions {
  /** Of the content file. */
  readonly path: string;
  readonly record: TaskRecord;
  readonly nonce: number;
  /** Awaited before marks are written. */
  readonly prepare: () => Promise<void> | undefined;
}

/** Makes both files, empty; what bore their names before is gone. @throws what the disk says; then neither is left */
export async function createFiles(options: FilesOptions): Promise<ContentFiles> {
  const { path, record } = options;
  await makeFolder(dirname(path));
  await removeFiles(path);
  const content = await open(path, "wx+", 0o600);
  try {
    await content.truncate(record.contentLength);
    const bits = await BitsFile.create(bitsPathOf(path), shapeOf(options), options.prepare);
    const allocatedBytes = await bits.allocatedBytes();
    return { content, bits, ...emptyBits(record), crcs: new Map(), allocatedBytes };
  } catch (error) {
    await content.close();
    await removeFiles(path).catch(() => {
      // The first error says more.
    });
    throw error;
  }
}

/**
 * Opens both files. Where one is missing, of another size or not of this task, nothing is there, and both are made anew.
 * @param doubted the machine went down after bytes were written that are not known to have reached the disk
 */
export async function openFiles(options: FilesOptions, doubted: boolean): Promise<ContentFiles> {
  const { path, record } = options;
  const content = await open(path, "r+").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (content === undefined) return createFiles(options);
  let bits: BitsFile | undefined;
  try {
    const stat = await content.stat();
    const marked = markedBits(record);
    if (stat.isFile() && stat.size === record.contentLength)
      bits = await BitsFile.load(bitsPathOf(path), shapeOf(options), marked, options.prepare);
    if (bits === undefined) {
      // Never emptied in place: the file may have a second name that a user made of it.
      await content.close();
      return await createFiles(options);
    }
    const { blocks, pieces, crcs } = marked;
    dropTornPieces(marked, bits, record);
    // A file with far less on the disk than is marked was cut and grown again, or punched, by somebody else.
    const present = blocks.setCount * BLOCK_BYTES;
    const hollow = present > 2 * BLOCK_BYTES && stat.blocks * 512 < present / 2;
    if (doubted || hollow) await prove(content, bits, marked, record);
    for (const block of crcs.keys())
      if (pieces.has(Math.floor((block * BLOCK_BYTES) / record.pieceLength))) crcs.delete(block);
    const allocatedBytes = stat.blocks * 512 + (await bits.allocatedBytes());
    return { content, bits, blocks, pieces, crcs, allocatedBytes };
  } catch (error) {
    await bits?.close().catch(() => {});
    await content.close().catch(() => {
      // Closed before: the error came from making the files anew.
    });
    throw error;
  }
}

/** Takes both names away. Missing ones are no error. */
export async function removeFiles(path: string): Promise<void> {
  // The marks first: marks without bytes would be worse than bytes without marks.
  await remove(bitsPathOf(path));
  await remove(path);
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw fromUnknown(error, "cannot remove a file of the storage");
  });
}

function shapeOf(options: FilesOptions) {
  const { contentLength, pieceLength } = options.record;
  return { contentLength, pieceLength, nonce: options.nonce };
}

/** Takes what a bitmap file tells. */
function markedBits(record: TaskRecord) {
  const bits = emptyBits(record);
  const crcs = new Map<number, number>();
  return {
    ...bits,
    crcs,
    block(block: number, crc: number): void {
      bits.blocks.set(block);
      crcs.set(block, crc);
    },
    piece(piece: number): void {
      bits.pieces.set(piece);
    },
  };
}

type Marked = ReturnType<typeof markedBits>;

function blocksOf(piece: number, record: TaskRecord, blockCount: number): { start: number; end: number } {
  const perPiece = record.pieceLength / BLOCK_BYTES;
  return { start: piece * perPiece, end: Math.min((piece + 1) * perPiece, blockCount) };
}

/** A piece is finished only with all its blocks. */
function dropTornPieces({ blocks, pieces }: Marked, bits: BitsFile, record: TaskRecord): void {
  if (pieces.setCount === 0) return;
  for (let piece = 0; piece < pieces.length; piece++) {
    if (!pieces.has(piece)) continue;
    const { start, end } = blocksOf(piece, record, blocks.length);
    for (let block = start; block < end; block++) {
      if (blocks.has(block)) continue;
      pieces.clear(piece);
      bits.clearPiece(piece);
      break;
    }
  }
}

/** Reads every marked block and clears what is not as its checksum says, and pieces whose digest is not that of their blocks. */
async function prove(content: FileHandle, bits: BitsFile, marked: Marked, record: TaskRecord): Promise<void> {
  const { blocks, pieces, crcs } = marked;
  const buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  for (const [block, crc] of crcs) {
    // A block that cannot be read is not proven either.
    const found = await readBlockCrc(content.fd, record.contentLength, block, buffer).catch(() => undefined);
    if (found === crc) continue;
    blocks.clear(block);
    crcs.delete(block);
    bits.clearBlock(block);
  }
  for (let piece = 0; piece < pieces.length; piece++) {
    if (!pieces.has(piece)) continue;
    const { start, end } = blocksOf(piece, record, blocks.length);
    let digest: number | undefined = 0;
    for (let block = start; block < end && digest !== undefined; block++) {
      const crc = crcs.get(block);
      digest =
        crc === undefined ? undefined : crc32Combine(digest, crc, blockLength(record.contentLength, block));
    }
    if (digest !== undefined && digest === (await bits.pieceCrc(piece))) continue;
    pieces.clear(piece);
    bits.clearPiece(piece);
  }
}
