/** Origins over http and https: the port's operations, put together from their parts, with questions repeated where that helps. */
import { randomInt } from "node:crypto";
import { type DeadlineSignal, deadlineSignal, sleep } from "../../../base/deadline.ts";
import type { FetchResult } from "../../../base/destination.ts";
import { type ErrorCode, type P2pfsError, UnavailableError } from "../../../base/errors.ts";
import type { BufferPool } from "../../../base/file-pump.ts";
import {
  FETCH_RETRIES_DEFAULT,
  ORIGIN_ASK_DEADLINE_MS,
  QUESTION_REST_MS,
  QUESTION_REST_MS_MAX,
} from "../../../base/limits.ts";
import type {
  ListRequest,
  Source,
  SourceEntry,
  SourceReadRequest,
  SourceRequest,
  SourceStat,
} from "../source.ts";
import { asSourceError } from "./failure.ts";
import { parseRetryAfter } from "./fields.ts";
import { HttpClient, type HttpClientOptions } from "./http-client.ts";
import { type AskAgain, listPages } from "./list.ts";
import { readOnce } from "./read.ts";
import { statOnce } from "./stat.ts";

export interface HttpSourceOptions extends HttpClientOptions {
  /** Buffers of all fetches of the daemon. */
  readonly buffers: BufferPool;
  /** Times a question (stat, the head of a listing) is asked again; default FETCH_RETRIES_DEFAULT (backend.maxRetries). */
  readonly maxRetries?: number;
}

/** Errors after which the same question may be answered. */
const PASSING: ReadonlySet<ErrorCode> = new Set(["SOURCE_FAILED", "UNAVAILABLE", "DEADLINE"]);

export class HttpSource implements Source {
  readonly schemes = ["http", "https"];
  readonly #client: HttpClient;
  readonly #buffers: BufferPool;
  readonly #retriesMax: number;
  #closed = false;

  /** @throws InvalidInputError INVALID_CONFIG for proxies that are no URLs */
  constructor(options: HttpSourceOptions) {
    this.#client = new HttpClient(options);
    this.#buffers = options.buffers;
    this.#retriesMax = options.maxRetries ?? FETCH_RETRIES_DEFAULT;
  }

  async stat(request: SourceRequest, signal: AbortSignal): Promise<SourceStat> {
    const { clock } = this.#client;
    const deadline = deadlineSignal(clock, "the origin's answer", ORIGIN_ASK_DEADLINE_MS, signal);
    try {
      return await this.#again(
        (askSignal) => statOnce(this.#client, request, askSignal),
        request.url,
        deadline,
      );
    } finally {
      deadline.close();
    }
  }

  async read(request: SourceReadRequest, signal: AbortSignal): Promise<FetchResult> {
    this.#checkOpen();
    try {
      return await readOnce(this.#client, this.#buffers, request, signal);
    } catch (error) {
      throw asSourceError(error, request.url, undefined);
    }
  }

  async *list(request: ListRequest, signal: AbortSignal): AsyncGenerator<readonly SourceEntry[], void, void> {
    const askAgain: AskAgain = (ask, deadline) => this.#again(ask, request.url, deadline);
    try {
      this.#checkOpen();
      yield* listPages({ client: this.#client, askAgain, request }, signal);
    } catch (error) {
      throw asSourceError(error, request.url, undefined);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw new UnavailableError("the source is closed", {}, "CLOSED");
  }

  /** Asks, and again after a rest where the failure may pass. */
  async #again<T>(
    ask: (signal: AbortSignal) => Promise<T>,
    url: string,
    deadline: DeadlineSignal,
  ): Promise<T> {
    const { signal } = deadline;
    for (let attempt = 0; ; attempt++) {
      this.#checkOpen();
      try {
        return await ask(signal);
      } catch (caught) {
        const error = asSourceError(caught, url, undefined);
        const restMs = this.#restMs(error, attempt);
        if (restMs === undefined || signal.aborted) throw error;
        await sleep(this.#client.clock, restMs, signal);
      }
    }
  }

  /** How long to rest before the question is asked again; undefined: it is not. */
  #restMs(error: P2pfsError, attempt: number): number | undefined {
    if (attempt >= this.#retriesMax || !PASSING.has(error.code)) return undefined;
    const fullMs = Math.min(QUESTION_REST_MS * 2 ** attempt, QUESTION_REST_MS_MAX);
    // Hosts that failed together must not come back together.
    const restMs = fullMs / 2 + randomInt(Math.ceil(fullMs / 2) + 1);
    const asked = parseRetryAfter(error.origin?.headers["retry-after"], this.#client.clock.nowMs());
    if (asked === undefined) return restMs;
    return asked > QUESTION_REST_MS_MAX ? undefined : Math.max(asked, restMs);
  }
}
