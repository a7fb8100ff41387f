/** The pieces of one open task: which blocks lie in which, and those whose blocks are all here become finished. */
import type { Clock } from "../../base/clock.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import { firstClear } from "../piece/bits.ts";
import type { BlockRange } from "../piece/want-list.ts";
import type { PieceRecord, StoredTask } from "../storage/storage.ts";
import type { Fetch } from "./fetch.ts";

/** What becomes of a piece. Both are called when it is not being finished any more. */
export interface PieceEvents {
  /** @param parentId the parent that gave its last block; undefined: the source, or a seed */
  finished(record: PieceRecord, parentId: string | undefined): void;
  failed(error: unknown): void;
}

export class TaskPieces {
  readonly blocksPerPiece: number;
  readonly #stored: StoredTask;
  readonly #clock: Clock;
  readonly #events: PieceEvents;
  readonly #finishing = new Set<number>();
  readonly #listeners = new Set<(piece: PieceRecord) => void>();

  constructor(stored: StoredTask, clock: Clock, events: PieceEvents) {
    this.blocksPerPiece = stored.record.pieceLength / BLOCK_BYTES;
    this.#stored = stored;
    this.#clock = clock;
    this.#events = events;
  }

  /** A piece is being finished. */
  get isFinishing(): boolean {
    return this.#finishing.size > 0;
  }

  /** See OpenTask.onPiece. */
  onPiece(listener: (piece: PieceRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The piece a block lies in. */
  of(block: number): number {
    return Math.floor(block / this.blocksPerPiece);
  }

  blocksOf(piece: number): BlockRange {
    const start = piece * this.blocksPerPiece;
    return { start, end: Math.min(this.#stored.blockCount, start + this.blocksPerPiece) };
  }

  /** In bytes. */
  lengthOf(piece: number): number {
    const { pieceLength, contentLength } = this.#stored.record;
    return Math.min(pieceLength, contentLength - piece * pieceLength);
  }

  /** Finishes pieces of a reopened task whose blocks are all here. */
  async settle(): Promise<void> {
    const stored = this.#stored;
    if (stored.blocksPresent === 0) return;
    for (let piece = 0; piece < stored.pieceCount; piece += 1) {
      if (!stored.hasPiece(piece) && this.#isIn(piece)) await stored.finishPiece(piece, { costMs: 0 });
    }
  }

  /** A block came: its piece is finished when it was the last. */
  blockCame(block: number, { parent, seed, startedMs }: Pick<Fetch, "parent" | "seed" | "startedMs">): void {
    const piece = this.of(block);
    if (!this.#isIn(piece) || this.#finishing.has(piece) || this.#stored.hasPiece(piece)) return;
    this.#finishing.add(piece);
    const costMs = this.#clock.monotonicMs() - startedMs;
    const parentId = parent?.peerId;
    const giverId = parentId ?? seed?.hostId;
    this.#stored
      .finishPiece(piece, { costMs, ...(giverId === undefined ? {} : { parentId: giverId }) })
      .then((record) => {
        this.#finishing.delete(piece);
        for (const listener of this.#listeners) listener(record);
        this.#events.finished(record, parentId);
      })
      .catch((error) => {
        this.#finishing.delete(piece);
        this.#events.failed(error);
      });
  }

  #isIn(piece: number): boolean {
    const { start, end } = this.blocksOf(piece);
    return firstClear(this.#stored.blocks, start, end) === end;
  }
}
