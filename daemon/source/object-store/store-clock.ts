/**
 * What time it is at a store. Signatures hold the time, and stores refuse those that are 15 minutes off; a host whose
 * clock is wrong is told the store's time once, and signs with that from then on.
 */
import type { Clock } from "../../../base/clock.ts";
import { STORES_REMEMBERED_MAX } from "../../../base/limits.ts";
import type { StoreFault } from "./store-error.ts";

/** Beyond this a store refuses a signature, ms (both vendors). Below it the clock was not the reason. */
const SKEW_MS_MAX = 15 * 60_000;

export class StoreClock {
  readonly #clock: Clock;
  /** host → how far its clock is ahead of ours, ms; only where it matters. */
  readonly #ahead = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The time to sign with, ms since the epoch. */
  nowMs(host: string): number {
    return this.#clock.nowMs() + (this.#ahead.get(host) ?? 0);
  }

  /**
   * Learns from a refusal.
   * @returns whether the time we signed with was the reason, and is right now
   */
  learn(host: string, fault: StoreFault): boolean {
    const { serverTimeMs, code, statusCode } = fault;
    if (serverTimeMs === undefined) return false;
    // S3 gives no code with a HEAD; its Date tells as much.
    if (code !== "RequestTimeTooSkewed" && !(code === undefined && statusCode === 403)) return false;
    if (Math.abs(serverTimeMs - this.nowMs(host)) < SKEW_MS_MAX) return false;
    remember(this.#ahead, host, serverTimeMs - this.#clock.nowMs());
    return true;
  }
}

/** Sets a fact of one store and forgets the oldest beyond STORES_REMEMBERED_MAX. */
export function remember<V>(facts: Map<string, V>, store: string, fact: V): void {
  facts.delete(store);
  facts.set(store, fact);
  const oldest = facts.keys().next().value;
  if (facts.size > STORES_REMEMBERED_MAX && oldest !== undefined) facts.delete(oldest);
}
