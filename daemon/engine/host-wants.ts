/** Whether anybody of this host still wants what a task lacks; other peers' interest does not count. */
import type { Clock } from "../../base/clock.ts";
import { TASK_IDLE_MS } from "../../base/limits.ts";

export class HostWants {
  readonly #clock: Clock;
  #waiting = 0;
  /** When the last one ended, monotonic ms. */
  #endedMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Somebody waits now, or did within the last TASK_IDLE_MS. */
  get areRecent(): boolean {
    return this.#waiting > 0 || this.#clock.monotonicMs() - this.#endedMs < TASK_IDLE_MS;
  }

  /** @param waiting settles when the want is over, well or not */
  add(waiting: Promise<void>): void {
    const over = () => {
      this.#waiting -= 1;
      this.#endedMs = this.#clock.monotonicMs();
    };
    this.#waiting += 1;
    waiting.then(over, over);
  }
}
