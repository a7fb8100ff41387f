/**
 * Which origins were found down a moment ago, so that one name's wait serves all names of that origin. Asks nobody.
 */
import type { Clock } from "../../base/clock.ts";
import type { ErrorCode } from "../../base/errors.ts";
import { ORIGIN_DOWN_MS, ORIGINS_DOWN_MAX } from "../../base/limits.ts";

/** Codes after which the origin itself is suspected, not the name. */
export const DOWN_CODES: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "DEADLINE", "SOURCE_FAILED"]);

/** Origins as `originOf` names them. */
export class OriginsDown {
  readonly #clock: Clock;
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the origin failed within the last ORIGIN_DOWN_MS and has not answered since. */
  has(origin: string): boolean {
    return (this.#untilMs.get(origin) ?? 0) > this.#clock.nowMs();
  }

  /** The origin did not answer. */
  add(origin: string): void {
    if (this.#untilMs.size >= ORIGINS_DOWN_MAX) this.#untilMs.clear();
    this.#untilMs.set(origin, this.#clock.nowMs() + ORIGIN_DOWN_MS);
  }

  /** The origin answered. */
  delete(origin: string): void {
    this.#untilMs.delete(origin);
  }
}
