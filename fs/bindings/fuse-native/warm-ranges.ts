/**
 * Which stretches of content are in the page cache most likely, because they were read a short time ago. Reading those
 * on the main thread is twice as fast as through a worker, and never waits; a cold disk would hold everybody up.
 */
import type { Clock } from "../../../base/clock.ts";
import {
  WARM_DISTRUST_MS,
  WARM_RANGE_BYTES,
  WARM_RANGE_MS,
  WARM_RANGES_MAX,
  WARM_READ_SLOW_MS,
} from "../../../base/limits.ts";

/** Contents are told apart by number, ranges by their place: together an exact number up to 2^53. */
const RANGES_PER_CONTENT = 2 ** 33;

export class WarmRanges {
  readonly #clock: Clock;
  readonly #max: number;
  /** Range → when it was last read; the longest untouched first. */
  readonly #readAtMs = new Map<number, number>();
  #distrustUntilMs = 0;

  constructor(clock: Clock, max: number = WARM_RANGES_MAX) {
    this.#clock = clock;
    this.#max = max;
  }

  get size(): number {
    return this.#readAtMs.size;
  }

  /** False while a slow read is fresh in memory: nothing is read on the main thread then. */
  get trusted(): boolean {
    return this.#clock.monotonicMs() >= this.#distrustUntilMs;
  }

  /** True when all of the stretch was read a short time ago. */
  isWarm(content: number, offset: number, length: number): boolean {
    const sinceMs = this.#clock.monotonicMs() - WARM_RANGE_MS;
    for (const key of keysOf(content, offset, length)) {
      const readAtMs = this.#readAtMs.get(key);
      if (readAtMs === undefined || readAtMs < sinceMs) return false;
    }
    return true;
  }

  /** Notes that the stretch was read. */
  note(content: number, offset: number, length: number): void {
    const nowMs = this.#clock.monotonicMs();
    for (const key of keysOf(content, offset, length)) {
      this.#readAtMs.delete(key);
      this.#readAtMs.set(key, nowMs);
    }
    for (const key of this.#readAtMs.keys()) {
      if (this.#readAtMs.size <= this.#max) break;
      this.#readAtMs.delete(key);
    }
  }

  /** Notes how long a read on the main thread took. */
  timed(tookMs: number): void {
    if (tookMs > WARM_READ_SLOW_MS) this.#distrustUntilMs = this.#clock.monotonicMs() + WARM_DISTRUST_MS;
  }
}

function* keysOf(content: number, offset: number, length: number): Generator<number> {
  const last = Math.floor((offset + length - 1) / WARM_RANGE_BYTES);
  for (let range = Math.floor(offset / WARM_RANGE_BYTES); range <= last; range++)
    yield (content % 2 ** 20) * RANGES_PER_CONTENT + range;
}
