/** Questions to origins (stat, a page of a listing): each within one deadline, and repeated where that may help. */
import { randomInt } from "node:crypto";
import type { Clock } from "../../../base/clock.ts";
import { type DeadlineSignal, deadlineSignal, sleep } from "../../../base/deadline.ts";
import { type ErrorCode, type P2pfsError, UnavailableError } from "../../../base/errors.ts";
import {
  FETCH_RETRIES_DEFAULT,
  ORIGIN_ASK_DEADLINE_MS,
  QUESTION_REST_MS,
  QUESTION_REST_MS_MAX,
} from "../../../base/limits.ts";
import { asSourceError } from "./failure.ts";
import { parseRetryAfter } from "./fields.ts";

/** Errors after which the same question may be answered. */
const PASSING: ReadonlySet<ErrorCode> = new Set(["SOURCE_FAILED", "UNAVAILABLE", "DEADLINE"]);

export class Questions {
  readonly #clock: Clock;
  readonly #retriesMax: number;
  #closed = false;

  /** @param retriesMax times a question is asked again; default FETCH_RETRIES_DEFAULT (backend.maxRetries). */
  constructor(clock: Clock, retriesMax = FETCH_RETRIES_DEFAULT) {
    this.#clock = clock;
    this.#retriesMax = retriesMax;
  }

  /** From now on nothing is asked. */
  close(): void {
    this.#closed = true;
  }

  /** @throws UnavailableError CLOSED */
  checkOpen(): void {
    if (this.#closed) throw new UnavailableError("the source is closed", {}, "CLOSED");
  }

  /** Asks within ORIGIN_ASK_DEADLINE_MS, repetitions and their rests included. */
  async ask<T>(ask: (signal: AbortSignal) => Promise<T>, url: string, signal: AbortSignal): Promise<T> {
    const deadline = deadlineSignal(this.#clock, "the origin's answer", ORIGIN_ASK_DEADLINE_MS, signal);
    try {
      return await this.again(ask, url, deadline);
    } finally {
      deadline.close();
    }
  }

  /** Asks, and again after a rest where the failure may pass. */
  async again<T>(
    ask: (signal: AbortSignal) => Promise<T>,
    url: string,
    { signal }: DeadlineSignal,
  ): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      this.checkOpen();
      try {
        return await ask(signal);
      } catch (caught) {
        const error = asSourceError(caught, url, undefined);
        const restMs = this.#restMs(error, attempt);
        if (restMs === undefined || signal.aborted) throw error;
        await sleep(this.#clock, restMs, signal);
      }
    }
  }

  /** How long to rest before the question is asked again; undefined: it is not. */
  #restMs(error: P2pfsError, attempt: number): number | undefined {
    if (attempt >= this.#retriesMax || !PASSING.has(error.code)) return undefined;
    const fullMs = Math.min(QUESTION_REST_MS * 2 ** attempt, QUESTION_REST_MS_MAX);
    // Hosts that failed together must not come back together.
    const restMs = fullMs / 2 + randomInt(Math.ceil(fullMs / 2) + 1);
    const asked = parseRetryAfter(error.origin?.headers["retry-after"], this.#clock.nowMs());
    if (asked === undefined) return restMs;
    return asked > QUESTION_REST_MS_MAX ? undefined : Math.max(asked, restMs);
  }
}
