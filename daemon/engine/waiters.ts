/**
 * Those who wait for blocks of one task. Knows who waits for what and until when; not how blocks come.
 */
import type { P2pfsError } from "../../base/errors.ts";
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

  add(waiter: Waiter): void {
    this.#all.add(waiter);
  }

  /** Takes one out without an answer (its caller gave up). */
  remove(waiter: Waiter): void {
    this.#all.delete(waiter);
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

  /** Fails all that lack a block of the stretch. */
  fail(range: BlockRange, error: P2pfsError): void {
    for (const waiter of this.#all) {
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

  /** Blocked readers, in no order. */
  *demands(): Generator<Waiter> {
    for (const waiter of this.#all) if (waiter.priority === "demand") yield waiter;
  }
}
