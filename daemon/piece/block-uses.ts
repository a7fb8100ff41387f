/** When blocks of one open task came and were read: what eviction spares, and what it takes first. Pure: it is told the time. */
import { ARRIVALS_KEPT_MAX } from "../../base/limits.ts";
import type { BlockRange } from "./want-list.ts";

export class BlockUses {
  readonly #blocksPerPiece: number;
  /** Piece → when a block of it last came or was read. */
  readonly #used = new Map<number, number>();
  /** Block that came and was not read since → when. In the order they came. */
  readonly #arrived = new Map<number, number>();
  #openedMs: number;

  /** @param openedMs when pieces count as used of which nothing else is known */
  constructor(blocksPerPiece: number, openedMs: number) {
    this.#blocksPerPiece = blocksPerPiece;
    this.#openedMs = openedMs;
  }

  /** A block came. */
  came(block: number, nowMs: number): void {
    this.#used.set(this.#pieceOf(block), nowMs);
    this.#arrived.delete(block);
    this.#arrived.set(block, nowMs);
    if (this.#arrived.size <= ARRIVALS_KEPT_MAX) return;
    const [oldest] = this.#arrived.keys();
    if (oldest !== undefined) this.#arrived.delete(oldest);
  }

  /** Blocks are being read. */
  read(blocks: BlockRange, nowMs: number): void {
    for (let block = blocks.start; block < blocks.end; block++) this.#arrived.delete(block);
    if (blocks.end <= blocks.start) return;
    const last = this.#pieceOf(blocks.end - 1);
    for (let piece = this.#pieceOf(blocks.start); piece <= last; piece++) this.#used.set(piece, nowMs);
  }

  /** Blocks are gone. */
  gone(blocks: BlockRange): void {
    for (let block = blocks.start; block < blocks.end; block++) this.#arrived.delete(block);
  }

  /** Whether the block came after that time and was not read since. */
  isUnread(block: number, sinceMs: number): boolean {
    const cameMs = this.#arrived.get(block);
    return cameMs !== undefined && cameMs >= sinceMs;
  }

  /** Last use of a piece. */
  usedMs(piece: number): number {
    return this.#used.get(piece) ?? this.#openedMs;
  }

  #pieceOf(block: number): number {
    return Math.floor(block / this.#blocksPerPiece);
  }
}
