/**
 * Time as a thing that is handed in. Decisions take a Clock; only `systemClock` touches the real one, and
 * `FakeClock` lets tests move time by hand.
 */

/** A pending timer; cancel is idempotent. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall time, milliseconds since the Unix epoch. May jump. */
  nowMs(): number;
  /** Monotonic time in milliseconds with fractions; only differences mean something. */
  monotonicMs(): number;
  /** Calls `fire` once after `delayMs`; never keeps the process alive. */
  schedule(delayMs: number, fire: () => void): Timer;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

interface FakeTimer {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** A clock that moves only when told to. Timers due fire in order of their time, then of their making. */
export class FakeClock implements Clock {
  #nowMs: number;
  #made = 0;
  readonly #timers = new Set<FakeTimer>();

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, fire: () => void): Timer {
    const timer: FakeTimer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#made++, fire };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Number of timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on, firing what falls due on the way. */
  advance(byMs: number): void {
    const until = this.#nowMs + byMs;
    for (;;) {
      let next: FakeTimer | undefined;
      for (const timer of this.#timers) {
        if (timer.atMs > until) continue;
        if (
          next === undefined ||
          timer.atMs < next.atMs ||
          (timer.atMs === next.atMs && timer.order < next.order)
        )
          next = timer;
      }
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = next.atMs;
      next.fire();
    }
    this.#nowMs = until;
  }
}
