/** So many at once, the others in line, first come first served: a bound on what one origin or one thread pool is asked. */
import { CancelledError, LimitError } from "../../base/errors.ts";

export interface LaneLimits {
  readonly runningMax: number;
  readonly waitingMax: number;
  /** What is done in the lane, for the sentence of the error: "questions to the origin". */
  readonly of: string;
}

/** Ends one's turn; idempotent. */
export type EndTurn = () => void;

export class Lane {
  readonly #limits: LaneLimits;
  /** In the order they came; an aborted one leaves. */
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  /** True when nobody runs or waits. */
  get idle(): boolean {
    return this.#running === 0 && this.#waiting.size === 0;
  }

  /**
   * Resolves when it is one's turn.
   * @throws LimitError TOO_MANY when the line is full; the signal's reason
   */
  enter(signal?: AbortSignal): Promise<EndTurn> {
    if (signal?.aborted) return Promise.reject(signal.reason ?? new CancelledError());
    if (this.#running < this.#limits.runningMax) {
      this.#running += 1;
      return Promise.resolve(this.#turn());
    }
    if (this.#waiting.size >= this.#limits.waitingMax)
      return Promise.reject(new LimitError(`more than ${this.#limits.waitingMax} ${this.#limits.of} wait`));
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.delete(start);
        reject(signal?.reason ?? new CancelledError());
      };
      const start = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve(this.#turn());
      };
      this.#waiting.add(start);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  #turn(): EndTurn {
    let mine = true;
    return () => {
      if (!mine) return;
      mine = false;
      for (const next of this.#waiting) {
        // The place goes straight to whoever waited longest.
        this.#waiting.delete(next);
        next();
        return;
      }
      this.#running -= 1;
    };
  }
}
