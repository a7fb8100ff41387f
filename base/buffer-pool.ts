/**
 * Block buffers under one budget: fetched bytes wait in them for the disk. They are lent and given back, so memory stays bounded
 * however many fetches run; what a burst needed is given back to the system after it. The pool does not know what they are for.
 */
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { type Clock, systemClock, type Timer } from "./clock.ts";
import { CancelledError, LimitError } from "./errors.ts";
import { BLOCK_BYTES, BUFFER_WAITERS_MAX, BUFFERS_KEPT, BUFFERS_UNUSED_MS } from "./limits.ts";

/**
 * CRC-32 (IEEE 802.3) of what came before and these bytes.
 * @param before that of what came before; of nothing: 0
 * @returns unsigned
 */
export type Checksum = (bytes: Uint8Array, before: number) => number;

interface Waiter {
  readonly serve: (buffer: Buffer) => void;
}

export interface BufferPoolOptions {
  /** Default: Node's own. */
  readonly checksum?: Checksum | undefined;
  readonly clock?: Clock;
  /** Gives the memory of a buffer back to the system, and leaves the buffer usable. Default: the buffer is left to the collector. */
  readonly discard?: ((buffer: Buffer) => void) | undefined;
}

/** Lends buffers of BLOCK_BYTES; allocates them when first needed and keeps them for the next, a while. */
export class BufferPool {
  /** Checks what is in the buffers. */
  readonly checksum: Checksum;
  readonly #countMax: number;
  readonly #clock: Clock;
  readonly #discard: ((buffer: Buffer) => void) | undefined;
  /** The last one given back is the next one lent: the others are those that were not needed. */
  readonly #idle: Buffer[] = [];
  /** Without memory until they are written to. */
  readonly #empty: Buffer[] = [];
  readonly #lent = new Set<Buffer>();
  /** Fewest idle ones since they were last looked at: so many were of no use. */
  #unused = 0;
  #look: Timer | undefined;
  /** In the order they came; a cancelled waiter leaves it. */
  readonly #waiters = new Set<Waiter>();

  /**
   * @param budgetBytes bytes that may be lent at once, rounded down to whole blocks, but at least one block;
   *   FETCH_BUFFER_BYTES_MAX in the daemon.
   */
  constructor(budgetBytes: number, options: BufferPoolOptions = {}) {
    const { checksum = crc32, clock = systemClock, discard } = options;
    this.checksum = checksum;
    this.#clock = clock;
    this.#discard = discard;
    this.#countMax = Math.max(1, Math.floor(budgetBytes / BLOCK_BYTES));
  }

  /** Buffers out at the moment. */
  get lentCount(): number {
    return this.#lent.size;
  }

  /** Buffers that hold memory for whoever comes next. */
  get idleCount(): number {
    return this.#idle.length;
  }

  /** Those who wait for one. */
  get waitingCount(): number {
    return this.#waiters.size;
  }

  /** A buffer if one is free and nobody waits for it, else undefined. Its content is arbitrary. */
  tryLend(): Buffer | undefined {
    if (this.#waiters.size > 0 || this.#lent.size >= this.#countMax) return undefined;
    // Slow: not a slice of Node's shared 8 KiB pool, and never zeroed, as it is filled before it is read.
    const buffer = this.#idle.pop() ?? this.#empty.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#unused = Math.min(this.#unused, this.#idle.length);
    this.#lent.add(buffer);
    return buffer;
  }

  /**
   * A buffer, when one is free: first come, first served. Do not call it while holding one, or two callers may wait for each other.
   * @throws the signal's reason; LimitError TOO_MANY beyond BUFFER_WAITERS_MAX waiters
   */
  lend(signal?: AbortSignal): Promise<Buffer> {
    if (signal?.aborted) return Promise.reject(signal.reason ?? new CancelledError());
    const buffer = this.tryLend();
    if (buffer !== undefined) return Promise.resolve(buffer);
    if (this.#waiters.size >= BUFFER_WAITERS_MAX)
      return Promise.reject(new LimitError(`more than ${BUFFER_WAITERS_MAX} fetches wait for a buffer`));
    return new Promise<Buffer>((resolve, reject) => {
      const onAbort = () => {
        this.#waiters.delete(waiter);
        reject(signal?.reason ?? new CancelledError());
      };
      const waiter: Waiter = {
        serve: (served) => {
          signal?.removeEventListener("abort", onAbort);
          resolve(served);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Takes a lent buffer back, or hands it straight to whoever waited longest. */
  giveBack(buffer: Buffer): void {
    assert.ok(this.#lent.has(buffer), "a buffer is given back once, to the pool that lent it");
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter);
      waiter.serve(buffer);
      return;
    }
    this.#lent.delete(buffer);
    this.#idle.push(buffer);
    this.#lookLater();
  }

  #lookLater(): void {
    if (this.#look !== undefined || this.#idle.length <= BUFFERS_KEPT) return;
    this.#unused = this.#idle.length;
    this.#look = this.#clock.schedule(BUFFERS_UNUSED_MS, () => {
      this.#look = undefined;
      this.#dropUnused();
      this.#lookLater();
    });
  }

  /** Lets go of the memory that nobody needed since the last look, but for a few buffers. */
  #dropUnused(): void {
    const spare = Math.min(this.#unused, this.#idle.length - BUFFERS_KEPT);
    for (const buffer of this.#idle.splice(0, Math.max(0, spare))) {
      if (this.#discard === undefined) continue;
      this.#discard(buffer);
      this.#empty.push(buffer);
    }
  }
}
