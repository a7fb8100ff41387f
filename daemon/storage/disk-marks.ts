/**
 * One open task's marks on disk: bits in the bitmap file, where pieces came from in the metadata, and the epochs of durability: the
 * record says "dirty" before the first mark that is not known to be on the disk, and "clean" after both files were synced.
 */
import assert from "node:assert/strict";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { crc32Digest } from "../../base/crc32.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { BitsFile } from "./bits-file.ts";
import { type Metadata, PREFIX } from "./metadata.ts";
import type { PieceRecord } from "./storage.ts";
import type { IndexSpan, TaskMarks } from "./task-content.ts";
import type { TaskEntry } from "./task-entry.ts";
import type { TaskTable } from "./task-table.ts";

export interface MarksOptions {
  readonly entry: TaskEntry;
  readonly metadata: Metadata;
  readonly clock: Clock;
  readonly log: Logger;
  /** This boot of the machine. */
  readonly bootId: string;
  readonly table: TaskTable;
}

/** Keys of what is kept of a task's pieces in one life of the task. */
export function pieceKeys(entry: TaskEntry): string {
  return `${PREFIX.piece}${entry.id}!${entry.nonce.toString(16)}!`;
}

export class DiskMarks implements TaskMarks {
  readonly #options: MarksOptions;
  readonly #keys: string;
  #content: FileHandle | undefined;
  #bits: BitsFile | undefined;
  #contentPath = "";
  /** Resolved once the record on disk says "dirty"; undefined while the task is clean. */
  #epoch: Promise<void> | undefined;
  /** The record says "dirty", durably. */
  #begun = false;
  /** Counts marks, so that a sync knows whether any came after it began. */
  #made = 0;
  #madeAtMs: number;
  /** Set when the task is deleted: nothing of it may be written to the metadata any more. */
  forgotten = false;

  constructor(options: MarksOptions) {
    this.#options = options;
    this.#keys = pieceKeys(options.entry);
    this.#madeAtMs = options.clock.monotonicMs();
    if (options.entry.dirtyBootId === options.bootId) {
      this.#epoch = Promise.resolve();
      this.#begun = true;
    }
  }

  /** Says which files are marked. */
  attach(files: { content: FileHandle; bits: BitsFile; path: string }): void {
    this.#content = files.content;
    this.#bits = files.bits;
    this.#contentPath = files.path;
  }

  /** Milliseconds since the last mark. */
  get idleMs(): number {
    return this.#options.clock.monotonicMs() - this.#madeAtMs;
  }

  /** What must be on disk before a mark is: a record that says "dirty". */
  readonly prepare = (): Promise<void> | undefined => {
    // While the files are being opened, only what was wrong is cleared; doubt remains until all was looked at.
    if (this.#bits === undefined || this.forgotten || this.#begun) return undefined;
    this.#epoch ??= this.#begin();
    return this.#epoch;
  };

  setBlock(block: number, crc: number): void {
    this.#files().bits.setBlock(block, crc);
    this.#note();
    this.#flushSoon();
  }

  async finishPiece(piece: PieceRecord, crc: number): Promise<void> {
    const { bits } = this.#files();
    bits.setPiece(piece.number, crc);
    this.#note();
    const { parentId, costMs, finishedAtMs } = piece;
    if (!this.forgotten)
      this.#options.metadata.put(this.#keys + piece.number, JSON.stringify([finishedAtMs, costMs, parentId]));
    await bits.flush();
  }

  async clear(blocks: IndexSpan, pieces: IndexSpan): Promise<void> {
    const { bits } = this.#files();
    for (let block = blocks.start; block < blocks.end; block++) bits.clearBlock(block);
    for (let piece = pieces.start; piece < pieces.end; piece++) {
      bits.clearPiece(piece);
      if (!this.forgotten) this.#options.metadata.delete(this.#keys + piece);
    }
    this.#note();
    await bits.flush();
  }

  async pieceRecord(piece: number): Promise<PieceRecord | undefined> {
    const crc = await this.#files().bits.pieceCrc(piece);
    if (crc === undefined) return undefined;
    const text = await this.#options.metadata.get(this.#keys + piece);
    const [finishedAtMs, costMs, parentId] = originOf(text);
    return {
      number: piece,
      digest: crc32Digest(crc),
      ...(typeof parentId === "string" ? { parentId } : {}),
      costMs: typeof costMs === "number" ? costMs : 0,
      finishedAtMs: typeof finishedAtMs === "number" ? finishedAtMs : this.#options.entry.updatedAtMs,
    };
  }

  blockCrc(block: number): Promise<number | undefined> {
    return this.#files().bits.blockCrc(block);
  }

  async sync(): Promise<void> {
    const { content, bits } = this.#files();
    const { entry, metadata, table } = this.#options;
    const made = this.#made;
    await bits.flush();
    await content.datasync();
    await bits.datasync();
    if (this.forgotten) return;
    // New files are durable only with their names.
    await syncFolder(dirname(this.#contentPath));
    await syncFolder(dirname(dirname(this.#contentPath)));
    if (made === this.#made) {
      this.#epoch = undefined;
      this.#begun = false;
      table.markClean(entry);
    } else table.put(entry);
    await metadata.flush({ sync: true });
  }

  /** Writes the marks that wait; for the last close. @returns false when marks that must go could not be cleared */
  async end(): Promise<boolean> {
    const { bits } = this.#files();
    try {
      await bits.flush();
      return true;
    } catch (error) {
      this.#warn(error);
      return !bits.clearsWait;
    }
  }

  async #begin(): Promise<void> {
    const { entry, bootId, metadata, table } = this.#options;
    table.markDirty(entry, bootId);
    try {
      // Durable, not only written: after a power loss a record that still says "clean" would vouch for the marks that follow.
      await metadata.flush({ sync: true });
      this.#begun = true;
    } catch (error) {
      this.#epoch = undefined;
      throw error;
    }
  }

  #files(): { content: FileHandle; bits: BitsFile } {
    assert.ok(this.#content !== undefined && this.#bits !== undefined, "the task's files are attached");
    return { content: this.#content, bits: this.#bits };
  }

  #note(): void {
    this.#made += 1;
    this.#madeAtMs = this.#options.clock.monotonicMs();
  }

  #flushSoon(): void {
    // What was not written is in the next write again; readers have the bit in memory.
    this.#files()
      .bits.flush()
      .catch((error: unknown) => this.#warn(error));
  }

  #warn(error: unknown): void {
    const { log, entry } = this.#options;
    log.warn({ taskId: entry.id, reason: fromUnknown(error).message }, "bitmap-write-failed");
  }
}

/** [finishedAtMs, costMs, parentId], as far as the text is one. */
function originOf(text: string | undefined): unknown[] {
  try {
    const origin: unknown = text === undefined ? [] : JSON.parse(text);
    return Array.isArray(origin) ? origin : [];
  } catch {
    // Damaged: where the piece came from is forgotten, its digest is not kept here.
    return [];
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
