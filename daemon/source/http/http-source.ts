/** Origins over http and https: the port's operations, put together from their parts, with questions repeated where that helps. */
import type { FetchResult } from "../../../base/destination.ts";
import type { BufferPool } from "../../../base/file-pump.ts";
import type {
  ListRequest,
  Source,
  SourceEntry,
  SourceReadRequest,
  SourceRequest,
  SourceStat,
} from "../source.ts";
import { asSourceError } from "./failure.ts";
import { HttpClient, type HttpClientOptions } from "./http-client.ts";
import { type AskAgain, listPages } from "./list.ts";
import { Questions } from "./questions.ts";
import { readOnce } from "./read.ts";
import { statOnce } from "./stat.ts";

export interface HttpSourceOptions extends HttpClientOptions {
  /** Buffers of all fetches of the daemon. */
  readonly buffers: BufferPool;
  /** Times a question (stat, the head of a listing) is asked again; default FETCH_RETRIES_DEFAULT (backend.maxRetries). */
  readonly maxRetries?: number;
}

export class HttpSource implements Source {
  readonly schemes = ["http", "https"];
  readonly #client: HttpClient;
  readonly #buffers: BufferPool;
  readonly #questions: Questions;

  /** @throws InvalidInputError INVALID_CONFIG for proxies that are no URLs */
  constructor(options: HttpSourceOptions) {
    this.#client = new HttpClient(options);
    this.#buffers = options.buffers;
    this.#questions = new Questions(options.clock, options.maxRetries);
  }

  stat(request: SourceRequest, signal: AbortSignal): Promise<SourceStat> {
    return this.#questions.ask(
      (askSignal) => statOnce(this.#client, request, askSignal),
      request.url,
      signal,
    );
  }

  async read(request: SourceReadRequest, signal: AbortSignal): Promise<FetchResult> {
    this.#questions.checkOpen();
    try {
      return await readOnce(this.#client, this.#buffers, request, signal);
    } catch (error) {
      throw asSourceError(error, request.url, undefined);
    }
  }

  async *list(request: ListRequest, signal: AbortSignal): AsyncGenerator<readonly SourceEntry[], void, void> {
    const askAgain: AskAgain = (ask, deadline) => this.#questions.again(ask, request.url, deadline);
    try {
      this.#questions.checkOpen();
      yield* listPages({ client: this.#client, askAgain, request }, signal);
    } catch (error) {
      throw asSourceError(error, request.url, undefined);
    }
  }

  async close(): Promise<void> {
    this.#questions.close();
    await this.#client.close();
  }
}
