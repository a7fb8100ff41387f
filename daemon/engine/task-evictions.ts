/**
 * What one open task may lose and what it must keep: who needs it whole, who reads where, what came and was not read, and
 * what is being evicted at the moment. Fetches and waits are the task's.
 */
import type { Clock } from "../../base/clock.ts";
import { BLOCK_BYTES, UNREAD_BLOCK_MS } from "../../base/limits.ts";
import { BlockUses } from "../piece/block-uses.ts";
import type { EvictableTask, SequentialReader } from "../piece/eviction.ts";
import type { BlockRange } from "../piece/want-list.ts";
import type { StoredTask } from "../storage/storage.ts";

/** The readers of one opening that go through it in order; bytes are turned into blocks by whoever tells them. */
export type TellReaders = () => readonly SequentialReader[];

export class TaskEvictions {
  readonly #stored: StoredTask;
  readonly #clock: Clock;
  readonly #uses: BlockUses;
  readonly #blocksPerPiece: number;
  readonly #readers = new Set<TellReaders>();
  readonly #running = new Map<BlockRange, Promise<unknown>>();
  #keepers = 0;

  constructor(stored: StoredTask, clock: Clock) {
    this.#stored = stored;
    this.#clock = clock;
    this.#blocksPerPiece = stored.record.pieceLength / BLOCK_BYTES;
    this.#uses = new BlockUses(this.#blocksPerPiece, clock.monotonicMs());
  }

  /** Somebody relies on the content file being whole, or on its becoming so. */
  get isKept(): boolean {
    return this.#keepers > 0;
  }

  /** An eviction is under way. */
  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  /** Nothing is evicted until the result is called. Idempotent. */
  keepWhole(): () => void {
    this.#keepers += 1;
    let kept = true;
    return () => {
      if (kept) this.#keepers -= 1;
      kept = false;
    };
  }

  /** @returns forgets them */
  follow(readers: TellReaders): () => void {
    this.#readers.add(readers);
    return () => void this.#readers.delete(readers);
  }

  /** A block came. */
  came(block: number): void {
    this.#uses.came(block, this.#clock.monotonicMs());
  }

  /** Blocks are read. */
  read(blocks: BlockRange): void {
    this.#uses.read(blocks, this.#clock.monotonicMs());
  }

  /** Its bytes are about to go: nothing may be written there yet. */
  isGoing(block: number): boolean {
    for (const { start, end } of this.#running.keys()) if (start <= block && block < end) return true;
    return false;
  }

  /** What may go of it; undefined: nothing. @param isWanted a fetch writes there, or a reader waits for it */
  view(isWanted: (block: number) => boolean): EvictableTask | undefined {
    if (this.isKept) return undefined;
    const stored = this.#stored;
    const unreadSinceMs = this.#clock.monotonicMs() - UNREAD_BLOCK_MS;
    return {
      blocks: stored.blocks,
      blockCount: stored.blockCount,
      blocksPerPiece: this.#blocksPerPiece,
      readers: [...this.#readers].flatMap((tell) => tell()),
      // Asked again for each span before it goes: a keeper may have come meanwhile.
      isNeeded: (block) =>
        this.isKept ||
        this.#uses.isUnread(block, unreadSinceMs) ||
        this.isGoing(block) ||
        isWanted(block) ||
        stored.isHeld(block),
      usedMs: (piece) => this.#uses.usedMs(piece),
    };
  }

  /** See StoredTask.evict. @param cleared called when the bits are cleared, before anything else happens */
  async evict(blocks: BlockRange, cleared: () => void): Promise<number> {
    // Nobody else's range, even if it has the same numbers.
    const range = { start: blocks.start, end: blocks.end };
    const evicting = this.#stored.evict(range);
    this.#running.set(range, evicting);
    this.#uses.gone(range);
    cleared();
    try {
      return await evicting;
    } finally {
      this.#running.delete(range);
    }
  }

  /** Resolves when no eviction is under way. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }
}
