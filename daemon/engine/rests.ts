/**
 * Stretches of a task whose last fetch failed and that rest before the next try. Pure: it is told the time.
 */
import { FETCH_REST_MS, FETCH_REST_MS_MAX } from "../../base/limits.ts";
import type { BlockRange } from "../piece/want-list.ts";

interface Rest extends BlockRange {
  readonly attempts: number;
  readonly untilMs: number;
}

export class Rests {
  #rests: Rest[] = [];

  /** Whether the block must wait. */
  isResting(block: number, nowMs: number): boolean {
    return this.#rests.some((rest) => rest.start <= block && block < rest.end && rest.untilMs > nowMs);
  }

  /** Failed attempts at the stretch that begins at `start`. */
  attemptsAt(start: number): number {
    return this.#rests.find((rest) => rest.start === start)?.attempts ?? 0;
  }

  /**
   * Puts a stretch to rest after one more failure.
   * @param random in [0, 1): spreads the time by ±25 %
   * @param atLeastMs the origin's own wish (Retry-After)
   * @returns ms until it may be tried again
   */
  rest(range: BlockRange, nowMs: number, random: number, atLeastMs = 0): number {
    const attempts = this.attemptsAt(range.start) + 1;
    const grown = Math.min(FETCH_REST_MS_MAX, FETCH_REST_MS * 2 ** (attempts - 1)) * (0.75 + random / 2);
    const restMs = Math.min(FETCH_REST_MS_MAX, Math.max(grown, atLeastMs));
    this.clear(range);
    this.#rests.push({ start: range.start, end: range.end, attempts, untilMs: nowMs + restMs });
    return restMs;
  }

  /** Forgets failures of stretches that begin inside the range. */
  clear(range: BlockRange): void {
    this.#rests = this.#rests.filter((rest) => rest.start < range.start || rest.start >= range.end);
  }
}
