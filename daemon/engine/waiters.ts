/**
 * Those who wait for blocks of one task. Knows who waits for what and until when; not how blocks come.
 */
import { CancelledError, type P2pfsError } from "../../base/errors.ts";
import { firstClear } from "../piece/bits.ts";
import type { BlockRange, WantPriority } from "../piece/want-list.ts";

export interface Waiter extends BlockRange {
  readonly priority: WantPriority;
  /** Monotonic ms; Infinity when only the fetch's own deadlines count. */
  readonly deadlineMs: number;
  readonly sinceMs: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** First block it still lacks. */
  next: number;
}

export class Waiters {
  readonly #all = new Set<Waiter>();

  get size(): number {
    return this.#all.size;
  }

  /** Somebody is blocked. */
  get haveDemand(): boolean {
    for (const _ of this.demands()) return true;
    return false;
  }

  /**
   * Waits for blocks. @param over called when the wait is over, however it ends
   * @throws what `fail` and `expire` are told; the signal's reason
   */
  wait(what: Omit<Waiter, "resolve" | "reject">, over: () => void, signal?: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const settle = () => {
        over();
        signal?.removeEventListener("abort", onAbort);
      };
      const waiter: Waiter = {
        ...what,
        resolve: () => {
          settle();
          resolve();
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const onAbort = () => {
        this.#all.delete(waiter);
        waiter.reject(signal?.reason ?? new CancelledError());
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#all.add(waiter);
    });
  }

  /** A block came: answers those that lack nothing more. */
  blockCame(block: number, blocks: Uint8Array): void {
    for (const waiter of this.#all) {
      if (waiter.next !== block) continue;
      waiter.next = firstClear(blocks, block, waiter.end);
      if (waiter.next < waiter.end) continue;
      this.#all.delete(waiter);
      waiter.resolve();
    }
  }

  /** Fails all that lack a block of the stretch. @param sparesDemand not those who are blocked */
  fail(range: BlockRange, error: P2pfsError, sparesDemand = false): void {
    for (const waiter of this.#all) {
      if (sparesDemand && waiter.priority === "demand") continue;
      if (waiter.end <= range.start || waiter.next >= range.end) continue;
      this.#all.delete(waiter);
      waiter.reject(error);
    }
  }

  /** Fails those whose deadline has passed. */
  expire(nowMs: number, errorOf: (waiter: Waiter) => P2pfsError): void {
    for (const waiter of this.#all) {
      if (waiter.deadlineMs > nowMs) continue;
      this.#all.delete(waiter);
      waiter.reject(errorOf(waiter));
    }
  }

  /** Blocks that the most demanding of the blocked readers of a stretch waits for. */
  demandedAt({ start, end }: BlockRange): number {
    let most = 0;
    for (const waiter of this.demands())
      if (waiter.start < end && waiter.end > start) most = Math.max(most, waiter.end - waiter.start);
    return most;
  }

  /** Blocked readers, in no order. */
  *demands(): Generator<Waiter> {
    for (const waiter of this.#all) if (waiter.priority === "demand") yield waiter;
  }
}
