/**
 * Gives memory that was freed back to the system once the daemon has become idle. While it works the allocator keeps it for the
 * next use, rightly; but what a busy hour left in pieces would stay for days. Decides when; how is whoever's made it.
 */
import type { Clock, Timer } from "../base/clock.ts";
import { IDLE_MEMORY_LOOK_MS, IDLE_MEMORY_WORK_MS, IDLE_PROCESSOR_PART } from "../base/limits.ts";

export interface IdleMemoryOptions {
  readonly clock: Clock;
  /** Processor time of this process so far, ms. */
  readonly processorMs: () => number;
  readonly giveBack: () => void;
}

/** Closed by whoever made it. */
export class IdleMemory {
  readonly #options: IdleMemoryOptions;
  #usedMs: number;
  #lookedMs: number;
  /** Processor time when memory was last given back. */
  #givenMs = 0;
  #timer: Timer | undefined;

  constructor(options: IdleMemoryOptions) {
    this.#options = options;
    this.#usedMs = options.processorMs();
    this.#lookedMs = options.clock.monotonicMs();
  }

  start(): void {
    this.#timer = this.#options.clock.schedule(IDLE_MEMORY_LOOK_MS, () => {
      this.#look();
      this.start();
    });
  }

  /** Idempotent. */
  close(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const { clock, processorMs, giveBack } = this.#options;
    const [usedMs, nowMs] = [processorMs(), clock.monotonicMs()];
    const isIdle = usedMs - this.#usedMs <= (nowMs - this.#lookedMs) * IDLE_PROCESSOR_PART;
    [this.#usedMs, this.#lookedMs] = [usedMs, nowMs];
    // Many small things leave as much as a busy hour.
    if (!isIdle || usedMs - this.#givenMs < IDLE_MEMORY_WORK_MS) return;
    this.#givenMs = usedMs;
    giveBack();
  }
}
