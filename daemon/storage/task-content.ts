/**
 * One task's bytes while anybody has them open: the descriptor, the bits, and the rules between blocks and pieces. All openings
 * of a task share one TaskContent; each holds a StoredTask of its own. Where marks outlive the process is the business of TaskMarks.
 */
import { read as fsRead, fstatSync } from "node:fs";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { crc32Combine, crc32Digest } from "../../base/crc32.ts";
import { IntegrityError, InvalidInputError, P2pfsError } from "../../base/errors.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { TaskRecord } from "../task/task-record.ts";
import { BlockHolds } from "./block-holds.ts";
import { PresenceBits } from "./presence-bits.ts";
import { RecentRecords } from "./recent-records.ts";
import type { PieceRecord, StoredTask, TaskUpdate } from "./storage.ts";
import { TaskOpening } from "./task-opening.ts";

const readAt = promisify(fsRead);

/** Indices from `start` up to `end`, which is not included. */
export interface IndexSpan {
  readonly start: number;
  readonly end: number;
}

/** What keeps a task's marks beyond this opening. Calls take effect in the order they are made. */
export interface TaskMarks {
  /** Soon kept, in a batch. */
  setBlock(block: number, crc32: number): void;
  /** Resolves when the mark, and all marks before it, are kept. */
  finishPiece(piece: PieceRecord, crc32: number): Promise<void>;
  /** Resolves when nothing of them is kept. */
  clear(blocks: IndexSpan, pieces: IndexSpan): Promise<void>;
  /** What was kept of a finished piece; undefined when it is lost or damaged. */
  pieceRecord(piece: number): Promise<PieceRecord | undefined>;
  /** CRC-32 that was kept of a block; likewise. */
  blockCrc(block: number): Promise<number | undefined>;
  /** Everything of the task durable. */
  sync(): Promise<void>;
}

/** What a TaskContent is made of. */
export interface ContentParts {
  readonly record: TaskRecord;
  readonly fd: number;
  readonly path: string;
  readonly marks: TaskMarks;
  readonly blocks: PresenceBits;
  readonly pieces: PresenceBits;
  /** CRC-32 of present blocks whose piece is not finished. */
  readonly crcs: Map<number, number>;
  readonly nowMs: () => number;
  /** A block that was not there came: so many bytes more. */
  readonly onGrow: (bytes: number) => void;
  /** Evicted blocks are gone: so many bytes fewer. */
  readonly onShrink: (bytes: number) => void;
  /** Frees a stretch of the content file, bytes. @throws what the disk says */
  readonly punch: (offset: number, length: number) => Promise<void>;
  /** The record changed; `fields` are those that did. */
  readonly onUpdate: (record: TaskRecord, fields: readonly string[]) => void;
  /** An opening was closed; the last one's close resolves with this. */
  readonly onRelease: () => Promise<void>;
}

/** Bits sized for a record. */
export function emptyBits(record: TaskRecord): { blocks: PresenceBits; pieces: PresenceBits } {
  return {
    blocks: new PresenceBits(Math.ceil(record.contentLength / BLOCK_BYTES)),
    pieces: new PresenceBits(Math.ceil(record.contentLength / record.pieceLength)),
  };
}

/** Bytes of a block; only the content's last is shorter than BLOCK_BYTES. */
export function blockLength(contentLength: number, block: number): number {
  return Math.min(BLOCK_BYTES, contentLength - block * BLOCK_BYTES);
}

/**
 * CRC-32 of a block as it lies in the content file.
 * @param into a buffer of BLOCK_BYTES to read into; default: one of its own
 * @throws IntegrityError when the file ends before the block does; P2pfsError IO
 */
export async function readBlockCrc(
  fd: number,
  contentLength: number,
  block: number,
  into?: Buffer,
): Promise<number> {
  const length = blockLength(contentLength, block);
  const buffer = into?.subarray(0, length) ?? Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < buffer.length) {
    const position = block * BLOCK_BYTES + filled;
    const { bytesRead } = await readAt(fd, buffer, filled, buffer.length - filled, position).catch(
      (error: unknown) => {
        throw fromUnknown(error, "cannot read the content file");
      },
    );
    if (bytesRead === 0) throw new IntegrityError(`the content file ends within block ${block}`);
    filled += bytesRead;
  }
  return crc32(buffer);
}

/** A finishPiece under way. */
interface Finishing {
  readonly promise: Promise<PieceRecord>;
  /** Set when a block of the piece was discarded or written anew meanwhile. */
  overtaken: boolean;
}

export class TaskContent {
  readonly fd: number;
  readonly path: string;
  readonly blocks: PresenceBits;
  readonly pieces: PresenceBits;
  readonly marks: TaskMarks;
  /** Openings that are not closed. */
  holders = 0;
  deleted = false;
  #record: TaskRecord;
  readonly #parts: ContentParts;
  readonly #crcs: Map<number, number>;
  readonly #finishing = new Map<number, Finishing>();
  readonly #records = new RecentRecords();
  /** Calls that still use the descriptor. */
  readonly #running = new Set<Promise<unknown>>();
  readonly #blocksPerPiece: number;
  readonly #keeping = new BlockHolds();

  constructor(parts: ContentParts) {
    this.#parts = parts;
    this.#record = parts.record;
    this.fd = parts.fd;
    this.path = parts.path;
    this.blocks = parts.blocks;
    this.pieces = parts.pieces;
    this.marks = parts.marks;
    this.#crcs = parts.crcs;
    this.#blocksPerPiece = parts.record.pieceLength / BLOCK_BYTES;
  }

  get record(): TaskRecord {
    return this.#record;
  }

  /** A new opening. */
  opening(): StoredTask {
    this.holders += 1;
    return new TaskOpening(this);
  }

  blockCrc(block: number): number | undefined {
    return this.#crcs.get(block);
  }

  async keptCrc(block: number): Promise<number | undefined> {
    return this.#crcs.get(block) ?? this.marks.blockCrc(block);
  }

  setBlock(block: number, crc: number): void {
    const isNew = !this.blocks.has(block);
    if (!isNew && this.#crcs.get(block) === crc) return;
    if (!isNew) this.#overtake(this.#pieceOf(block));
    this.#crcs.set(block, crc);
    // The mark first: from the bit on, other threads show the block to readers.
    this.marks.setBlock(block, crc);
    this.blocks.set(block);
    if (isNew) this.#parts.onGrow(blockLength(this.#record.contentLength, block));
  }

  /** Lets the last close wait for a call that uses the descriptor. */
  async track<T>(call: Promise<T>): Promise<T> {
    this.#running.add(call);
    try {
      return await call;
    } finally {
      this.#running.delete(call);
    }
  }

  /** Resolves when no call uses the descriptor any more. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  finishPiece(piece: number, from: { parentId?: string; costMs: number }): Promise<PieceRecord> {
    const known = this.#finishing.get(piece);
    if (known !== undefined) return known.promise;
    const state: { overtaken: boolean } = { overtaken: false };
    const promise = this.#finish(piece, from, state).finally(() => {
      if (this.#finishing.get(piece) === finishing) this.#finishing.delete(piece);
    });
    const finishing: Finishing = Object.assign(state, { promise });
    this.#finishing.set(piece, finishing);
    return promise;
  }

  async pieceRecords(numbers: readonly number[]): Promise<PieceRecord[]> {
    const records: PieceRecord[] = [];
    for (const number of numbers) {
      if (!this.pieces.has(number)) continue;
      const known = this.#records.get(number);
      if (known !== undefined) {
        records.push(known);
        continue;
      }
      const { drops } = this.#records;
      const record = (await this.marks.pieceRecord(number)) ?? (await this.#rebuild(number));
      // Unless it may have gone meanwhile, and come again with another digest.
      if (drops === this.#records.drops) this.#records.keep(record);
      records.push(record);
    }
    return records;
  }

  async discard(offset: number, length: number): Promise<void> {
    const { contentLength, pieceLength } = this.#record;
    const end = Math.min(offset + length, contentLength);
    if (offset < 0 || length <= 0 || offset >= end) return;
    const blocks = { start: Math.floor(offset / BLOCK_BYTES), end: Math.ceil(end / BLOCK_BYTES) };
    const pieces = { start: Math.floor(offset / pieceLength), end: Math.ceil(end / pieceLength) };
    for (let piece = pieces.start; piece < pieces.end; piece++) {
      this.#unfinishPiece(piece);
      const finishing = this.#finishing.get(piece);
      if (finishing !== undefined) finishing.overtaken = true;
      this.#finishing.delete(piece);
    }
    for (let block = blocks.start; block < blocks.end; block++) {
      this.blocks.clear(block);
      this.#crcs.delete(block);
    }
    this.unfinish();
    await this.marks.clear(blocks, pieces);
  }

  hold(blocks: IndexSpan): () => void {
    return this.#keeping.hold(blocks);
  }

  isHeld(block: number): boolean {
    return this.#keeping.isHeld(block);
  }

  addDrain(drain: () => Promise<void>): () => void {
    return this.#keeping.addDrain(drain);
  }

  /** See StoredTask.evict. */
  async evict(range: IndexSpan): Promise<number> {
    // A second name was made by a user: the bytes are his too.
    if (fstatSync(this.fd).nlink > 1) return 0;
    const gone = this.#evictable(range);
    if (gone.length === 0) return 0;
    const { contentLength } = this.#record;
    let bytes = 0;
    for (const { start, end } of gone)
      for (let block = start; block < end; block++) {
        this.#unfinishPiece(this.#pieceOf(block));
        this.blocks.clear(block);
        this.#crcs.delete(block);
        bytes += blockLength(contentLength, block);
      }
    this.unfinish();
    // Whatever happens from here on, a mark is gone before its bytes are.
    await Promise.all(
      gone.map(({ start, end }) =>
        this.marks.clear({ start, end }, { start: this.#pieceOf(start), end: this.#pieceOf(end - 1) + 1 }),
      ),
    );
    await this.#keeping.drain();
    for (const { start, end } of gone)
      await this.#parts.punch(start * BLOCK_BYTES, (end - start) * BLOCK_BYTES);
    this.#parts.onShrink(bytes);
    return bytes;
  }

  update(fields: TaskUpdate): void {
    this.#record = { ...this.#record, ...fields };
    this.#parts.onUpdate(this.#record, Object.keys(fields));
  }

  /** Bytes of a finished task are gone: the record must not say that it is whole. */
  unfinish(): void {
    if (this.#record.finishedAtMs === undefined) return;
    const { finishedAtMs: _, ...rest } = this.#record;
    this.#record = { ...rest, verified: "none" };
    this.#parts.onUpdate(this.#record, ["finishedAtMs", "verified"]);
  }

  release(): Promise<void> {
    this.holders -= 1;
    if (this.holders === 0)
      this.update({ updatedAtMs: Math.max(this.#parts.nowMs(), this.#record.updatedAtMs) });
    return this.#parts.onRelease();
  }

  /** Blocks of the range that are there and may go. */
  #evictable({ start, end }: IndexSpan): IndexSpan[] {
    const spans: { start: number; end: number }[] = [];
    for (let block = start; block < Math.min(end, this.blocks.length); block++) {
      if (!this.blocks.has(block) || this.isHeld(block) || this.#finishing.has(this.#pieceOf(block)))
        continue;
      const last = spans.at(-1);
      if (last?.end === block) last.end = block + 1;
      else spans.push({ start: block, end: block + 1 });
    }
    return spans;
  }

  /** @returns whether it was finished */
  #unfinishPiece(piece: number): boolean {
    this.#records.drop(piece);
    return this.pieces.clear(piece);
  }

  #pieceOf(block: number): number {
    return Math.floor(block / this.#blocksPerPiece);
  }

  /** Bytes of the piece were written again: what was said of its digest no longer holds. */
  #overtake(piece: number): void {
    const finishing = this.#finishing.get(piece);
    if (finishing !== undefined) finishing.overtaken = true;
    this.#finishing.delete(piece);
    if (!this.#unfinishPiece(piece)) return;
    this.unfinish();
    // The bitmap in memory is right from now on; a failed write is tried again with the next one.
    this.marks.clear({ start: 0, end: 0 }, { start: piece, end: piece + 1 }).catch(() => {});
  }

  #blocksOf(piece: number): IndexSpan {
    const start = piece * this.#blocksPerPiece;
    return { start, end: Math.min(start + this.#blocksPerPiece, this.blocks.length) };
  }

  async #finish(
    piece: number,
    from: { parentId?: string; costMs: number },
    state: { readonly overtaken: boolean },
  ): Promise<PieceRecord> {
    if (!Number.isInteger(piece) || piece < 0 || piece >= this.pieces.length)
      throw new InvalidInputError(`the task has no piece ${piece}`);
    if (this.pieces.has(piece)) {
      const [record] = await this.pieceRecords([piece]);
      if (record !== undefined) return record;
    }
    const crc = await this.#pieceCrc(piece);
    if (!state.overtaken) {
      const record: PieceRecord = {
        number: piece,
        digest: crc32Digest(crc),
        ...(from.parentId === undefined ? {} : { parentId: from.parentId }),
        costMs: from.costMs,
        finishedAtMs: this.#parts.nowMs(),
      };
      await this.marks.finishPiece(record, crc);
      if (!state.overtaken) {
        this.pieces.set(piece);
        this.#records.keep(record);
        const blocks = this.#blocksOf(piece);
        for (let block = blocks.start; block < blocks.end; block++) this.#crcs.delete(block);
        return record;
      }
    }
    throw new P2pfsError("FAILED_PRECONDITION", `piece ${piece} was discarded while it was being finished`);
  }

  /** CRC-32 of the piece from those of its blocks; what is not remembered is read. */
  async #pieceCrc(piece: number): Promise<number> {
    const { contentLength } = this.#record;
    const blocks = this.#blocksOf(piece);
    let crc = 0;
    for (let block = blocks.start; block < blocks.end; block++) {
      if (!this.blocks.has(block))
        throw new P2pfsError("FAILED_PRECONDITION", `piece ${piece} lacks block ${block}`);
      const ofBlock = this.#crcs.get(block) ?? (await readBlockCrc(this.fd, contentLength, block));
      crc = crc32Combine(crc, ofBlock, blockLength(contentLength, block));
    }
    return crc;
  }

  /** A finished piece whose digest was lost: computed again and kept. */
  async #rebuild(piece: number): Promise<PieceRecord> {
    const release = this.hold(this.#blocksOf(piece));
    const crc = await this.#pieceCrc(piece).finally(release);
    const record = {
      number: piece,
      digest: crc32Digest(crc),
      costMs: 0,
      finishedAtMs: this.#record.updatedAtMs,
    };
    if (this.pieces.has(piece)) await this.marks.finishPiece(record, crc);
    return record;
  }
}
