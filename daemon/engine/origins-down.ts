/**
 * Which origins were found down a moment ago, so that one name's wait serves all names of that origin. Asks nobody.
 */
import type { Clock } from "../../base/clock.ts";
import type { ErrorCode } from "../../base/errors.ts";
import { ORIGIN_DOWN_MS, ORIGIN_SCOUT_MS, ORIGINS_DOWN_MAX } from "../../base/limits.ts";

/** Codes after which the origin itself is suspected, not the name: an older answer may stand in. */
export const DOWN_CODES: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "DEADLINE", "SOURCE_FAILED"]);
/** Those of them that are no answer at all. A 5xx is one, and some servers give it for every prefix of a good path. */
export const SILENT_CODES: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "DEADLINE"]);

interface Outage {
  readonly untilMs: number;
  /** When it may next be asked whether it is back. */
  scoutAtMs: number;
}

/** Origins as `originOf` names them. */
export class OriginsDown {
  readonly #clock: Clock;
  readonly #outages = new Map<string, Outage>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the origin failed within the last ORIGIN_DOWN_MS and has not answered since. */
  has(origin: string): boolean {
    return (this.#outages.get(origin)?.untilMs ?? 0) > this.#clock.nowMs();
  }

  /**
   * Whether to ask an origin although an older answer stands in: always while it is up; once per ORIGIN_SCOUT_MS while it
   * is down, so that neither its return goes unnoticed nor every name of a large directory waits in a socket.
   */
  mayAsk(origin: string): boolean {
    const outage = this.#outages.get(origin);
    const nowMs = this.#clock.nowMs();
    if (outage === undefined || outage.untilMs <= nowMs) return true;
    if (outage.scoutAtMs > nowMs) return false;
    outage.scoutAtMs = nowMs + ORIGIN_SCOUT_MS;
    return true;
  }

  /** The origin did not answer. */
  add(origin: string): void {
    if (this.#outages.size >= ORIGINS_DOWN_MAX) this.#outages.clear();
    const nowMs = this.#clock.nowMs();
    const scoutAtMs = this.#outages.get(origin)?.scoutAtMs ?? nowMs + ORIGIN_SCOUT_MS;
    this.#outages.set(origin, { untilMs: nowMs + ORIGIN_DOWN_MS, scoutAtMs });
  }

  /** The origin answered. */
  delete(origin: string): void {
    this.#outages.delete(origin);
  }
}
