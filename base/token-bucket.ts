/**
 * A rate that a sum of amounts keeps to on average: whoever wants to spend waits until what was spent before is earned again.
 * First come, first served. The clock is handed in.
 */
import type { Clock, Timer } from "./clock.ts";
import { CancelledError, LimitError } from "./errors.ts";
import { BUCKET_WAITERS_MAX } from "./limits.ts";

export interface TokenBucketOptions {
  readonly clock: Clock;
  /** Above zero. */
  readonly perSecond: number;
  /** What may be saved up while nobody spends; default: one second's worth. */
  readonly burst?: number;
}

interface Waiter {
  readonly amount: number;
  readonly serve: () => void;
}

/** Closed by nobody: it holds a timer only while somebody waits. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perMs: number;
  readonly #burst: number;
  readonly #waiters = new Set<Waiter>();
  /** Below zero: spent and not yet earned. */
  #saved: number;
  #atMs: number;
  #timer: Timer | undefined;

  constructor({ clock, perSecond, burst }: TokenBucketOptions) {
    this.#clock = clock;
    this.#perMs = perSecond / 1000;
    this.#burst = burst ?? perSecond;
    this.#saved = this.#burst;
    this.#atMs = clock.monotonicMs();
  }

  /** Those who wait for their turn. */
  get waitingCount(): number {
    return this.#waiters.size;
  }

  /** Spends without waiting. @returns false, and spends nothing, when it is not all there, or others wait */
  tryTake(amount: number): boolean {
    this.#earn();
    if (this.#waiters.size > 0 || this.#saved < amount) return false;
    this.#saved -= amount;
    return true;
  }

  /**
   * Spends, once something is saved and nobody came before; amounts beyond what can be saved go into debt, for which the next
   * one waits.
   * @throws the signal's reason; LimitError TOO_MANY beyond BUCKET_WAITERS_MAX waiters
   */
  take(amount: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason ?? new CancelledError());
    this.#earn();
    if (this.#waiters.size === 0 && this.#saved > 0) {
      this.#saved -= amount;
      return Promise.resolve();
    }
    if (this.#waiters.size >= BUCKET_WAITERS_MAX)
      return Promise.reject(new LimitError(`more than ${BUCKET_WAITERS_MAX} transfers wait for bandwidth`));
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiters.delete(waiter);
        reject(signal?.reason ?? new CancelledError());
      };
      const waiter: Waiter = {
        amount,
        serve: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#wait();
    });
  }

  #earn(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#saved = Math.min(this.#burst, this.#saved + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
  }

  #wait(): void {
    if (this.#timer !== undefined || this.#waiters.size === 0) return;
    // Node keeps whole milliseconds only; a little more than none has to be there.
    const afterMs = Math.max(1, Math.ceil(-this.#saved / this.#perMs));
    this.#timer = this.#clock.schedule(afterMs, () => {
      this.#timer = undefined;
      this.#earn();
      for (const waiter of this.#waiters) {
        if (this.#saved <= 0) break;
        this.#waiters.delete(waiter);
        this.#saved -= waiter.amount;
        waiter.serve();
      }
      this.#wait();
    });
  }
}
