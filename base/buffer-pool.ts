/**
 * Block buffers under one budget: fetched bytes wait in them for the disk. They are lent and given back, so memory stays bounded
 * however many fetches run. The pool does not know what they are for.
 */
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { CancelledError, LimitError } from "./errors.ts";
import { BLOCK_BYTES, BUFFER_WAITERS_MAX } from "./limits.ts";

/**
 * CRC-32 (IEEE 802.3) of what came before and these bytes.
 * @param before that of what came before; of nothing: 0
 * @returns unsigned
 */
export type Checksum = (bytes: Uint8Array, before: number) => number;

interface Waiter {
  readonly serve: (buffer: Buffer) => void;
}

/** Lends buffers of BLOCK_BYTES; allocates them when first needed and keeps them for the next. */
export class BufferPool {
  /** Checks what is in the buffers. */
  readonly checksum: Checksum;
  readonly #countMax: number;
  readonly #idle: Buffer[] = [];
  readonly #lent = new Set<Buffer>();
  /** In the order they came; a cancelled waiter leaves it. */
  readonly #waiters = new Set<Waiter>();

  /**
   * @param budgetBytes bytes that may be lent at once, rounded down to whole blocks, but at least one block;
   *   FETCH_BUFFER_BYTES_MAX in the daemon.
   * @param checksum default: Node's own
   */
  constructor(budgetBytes: number, checksum: Checksum = crc32) {
    this.checksum = checksum;
    this.#countMax = Math.max(1, Math.floor(budgetBytes / BLOCK_BYTES));
  }

  /** Buffers out at the moment. */
  get lentCount(): number {
    return this.#lent.size;
  }

  /** Those who wait for one. */
  get waitingCount(): number {
    return this.#waiters.size;
  }

  /** A buffer if one is free and nobody waits for it, else undefined. Its content is arbitrary. */
  tryLend(): Buffer | undefined {
    if (this.#waiters.size > 0 || this.#lent.size >= this.#countMax) return undefined;
    // Slow: not a slice of Node's shared 8 KiB pool, and never zeroed, as it is filled before it is read.
    const buffer = this.#idle.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
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
  }
}
