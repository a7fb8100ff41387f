/** Real time, in which looks at a listening child's task come at once, and which the test moves on so that nothing waits for a minute. */
import { type Clock, systemClock, type Timer } from "../../../base/clock.ts";
import { SYNC_LOOK_MS } from "../../../base/limits.ts";

/** How soon what is due within SYNC_LOOK_MS comes, ms; deadlines stay what they are. */
const SOON_MS = 5;

export class HurriedClock implements Clock {
  #shiftMs = 0;

  nowMs(): number {
    return systemClock.nowMs() + this.#shiftMs;
  }
  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#shiftMs;
  }
  schedule(delayMs: number, fire: () => void): Timer {
    return systemClock.schedule(delayMs <= SYNC_LOOK_MS ? Math.min(delayMs, SOON_MS) : delayMs, fire);
  }
  advance(byMs: number): void {
    this.#shiftMs += byMs;
  }
}
