/**
 * One GET and its answer over undici's dispatch interface, its cheapest: the head first, then the body goes to a pump, to a
 * reader of chunks, or nowhere. It knows nothing of redirects, retries or what statuses mean.
 */
import type { Dispatcher } from "undici";
import type { Clock } from "../../../base/clock.ts";
import type { FetchResult } from "../../../base/destination.ts";
import { CancelledError, DeadlineError, type P2pfsError } from "../../../base/errors.ts";
import type { FilePump } from "../../../base/file-pump.ts";
import { UNWANTED_BODY_BYTES_MAX, UNWANTED_BODY_MS_MAX } from "../../../base/limits.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import { type AnswerHead, asSourceError } from "./failure.ts";

export interface ExchangeOptions {
  readonly dispatcher: Dispatcher;
  /** Default "GET". A HEAD's body is empty. */
  readonly method?: "GET" | "HEAD";
  /** Scheme, host and port to connect to. */
  readonly origin: string;
  /** Path and query; or the whole URL, to a proxy. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For the sentences of errors. */
  readonly url: string;
  readonly headersTimeoutMs: number;
  /** Longest silence within the body. */
  readonly idleTimeoutMs: number;
}

/** Where the bytes of a body go. */
interface Sink {
  /** A promise asks for a pause until it resolves; the chunk must stay untouched until then. */
  data(chunk: Buffer): Promise<void> | undefined;
  end(): void;
  error(error: P2pfsError): void;
}

type IncomingHeaders = Readonly<Record<string, string | string[] | undefined>>;

function joined(headers: IncomingHeaders): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return plain;
}

/**
 * An answer whose head is in and whose body is held back. Exactly one of `pump`, `chunks`, `discard` and `cut` is called, soon: the
 * connection waits for it.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #options: ExchangeOptions;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.#fail(this.#signal.reason ?? new CancelledError());
  #head: AnswerHead | undefined;
  #bodyBytes = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #sink: Sink | undefined;
  /** Why it is over, once it is; null: it ended well. */
  #over: P2pfsError | null | undefined;
  /** True once a good end may be told. */
  #ended = false;
  #settleHead: { resolve: (exchange: Exchange) => void; reject: (error: P2pfsError) => void } | undefined;

  private constructor(options: ExchangeOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /**
   * Sends the GET and resolves when the head of its answer is in.
   * @throws UnavailableError, DeadlineError, InvalidInputError (a header that cannot be sent), the signal's reason; with aborts the
   *   connection is given up
   */
  static send(options: ExchangeOptions, signal: AbortSignal): Promise<Exchange> {
    const exchange = new Exchange(options, signal);
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(fromUnknown(signal.reason ?? new CancelledError()));
      exchange.#settleHead = { resolve, reject };
      signal.addEventListener("abort", exchange.#onAbort, { once: true });
      const { dispatcher, origin, path, headers, headersTimeoutMs, idleTimeoutMs } = options;
      const timeouts = { headersTimeout: headersTimeoutMs, bodyTimeout: idleTimeoutMs };
      dispatcher.dispatch({ origin, path, method: options.method ?? "GET", headers, ...timeouts }, exchange);
    });
  }

  get head(): AnswerHead {
    if (this.#head === undefined) throw new CancelledError("the answer's head has not come");
    return this.#head;
  }

  /**
   * Moves the body into the pump and ends it. When it breaks off, the whole blocks that came are kept. Rejects only when no write is
   * under way any more.
   */
  pump(pump: FilePump): Promise<FetchResult> {
    return new Promise((resolve, reject) => {
      this.#attach({
        data: (chunk) => pump.write(chunk),
        end: () => pump.end().then(resolve, reject),
        error: (error) => (this.#signal.aborted ? pump.abort() : pump.cutOff()).then(() => reject(error)),
      });
    });
  }

  /** The body chunk by chunk. A chunk is valid until the next is asked for. Leaving the loop early cuts the connection. */
  async *chunks(): AsyncGenerator<Buffer, void, void> {
    let taken: () => void = () => {};
    let arrived: (chunk: Buffer | undefined) => void = () => {};
    let failed: (error: P2pfsError) => void = () => {};
    const next = () =>
      new Promise<Buffer | undefined>((resolve, reject) => {
        arrived = resolve;
        failed = reject;
      });
    let awaited = next();
    // Its failure is seen where it is awaited, which may be a moment later.
    awaited.catch(() => {});
    this.#attach({
      data: (chunk) => {
        arrived(chunk);
        return new Promise((resolve) => {
          taken = resolve;
        });
      },
      end: () => arrived(undefined),
      error: (error) => failed(error),
    });
    try {
      for (;;) {
        const chunk = await awaited;
        if (chunk === undefined) return;
        yield chunk;
        awaited = next();
        awaited.catch(() => {});
        if (this.#over) failed(this.#over);
        taken();
      }
    } finally {
      this.cut();
    }
  }

  /**
   * Reads a short rest to its end, so that the connection can be used again, and cuts it otherwise. Resolves when either is done and
   * never rejects.
   */
  discard(clock: Clock): Promise<void> {
    const stated = Number(this.head.headers["content-length"] ?? 0);
    return new Promise((resolve) => {
      const timer = clock.schedule(UNWANTED_BODY_MS_MAX, () => this.cut());
      const done = () => {
        timer.cancel();
        resolve();
      };
      let bytes = 0;
      const data = (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > UNWANTED_BODY_BYTES_MAX) this.cut();
        return undefined;
      };
      this.#attach({ data, end: done, error: done });
      if (stated > UNWANTED_BODY_BYTES_MAX) this.cut();
    });
  }

  /** Gives the connection up. Idempotent. */
  cut(): void {
    this.#fail(new CancelledError("the answer is not wanted"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(this.#over);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: IncomingHeaders,
  ): void {
    // Early hints and the like: the answer is yet to come.
    if (statusCode < 200) return;
    this.#head = { statusCode, headers: joined(headers) };
    controller.pause();
    this.#settleHead?.resolve(this);
    this.#settleHead = undefined;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // The parser begins anew after each pause with a chunk of nothing; pausing at that would never end.
    if (this.#over !== undefined || chunk.length === 0) return;
    this.#bodyBytes += chunk.length;
    const pause = this.#sink?.data(chunk);
    if (pause === undefined) return;
    controller.pause();
    pause.then(
      () => controller.resume(),
      (error: unknown) => this.#fail(error),
    );
  }

  onResponseEnd(): void {
    if (this.#over !== undefined) return;
    this.#finish(null);
    // undici takes the connection back in the next turn of the loop; whoever asks again on hearing of the end shall find it free.
    queueMicrotask(() => setImmediate(() => this.#settleEnd()));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #attach(sink: Sink): void {
    this.#sink = sink;
    if (this.#over) sink.error(this.#over);
    else if (this.#ended) sink.end();
    else this.#controller?.resume();
  }

  /** Tells of a good end; answers without a body may end before anybody took them. */
  #settleEnd(): void {
    this.#ended = true;
    this.#sink?.end();
  }

  #finish(over: P2pfsError | null): void {
    this.#over = over;
    this.#signal.removeEventListener("abort", this.#onAbort);
  }

  /** Ends it with the first thing that went wrong. */
  #fail(cause: unknown): void {
    if (this.#over !== undefined) return;
    const error = this.#described(cause);
    this.#finish(error);
    this.#controller?.abort(error);
    this.#settleHead?.reject(error);
    this.#settleHead = undefined;
    this.#sink?.error(error);
  }

  #described(cause: unknown): P2pfsError {
    const { url, headersTimeoutMs, idleTimeoutMs } = this.#options;
    const error = asSourceError(cause, url, this.#head === undefined ? undefined : this.#bodyBytes);
    if (error.details.nodeCode === "UND_ERR_HEADERS_TIMEOUT")
      return new DeadlineError(`the origin gave no answer within ${headersTimeoutMs} ms`, { cause });
    if (error.details.nodeCode === "UND_ERR_BODY_TIMEOUT")
      return new DeadlineError(`the origin sent nothing for ${idleTimeoutMs} ms`, { cause });
    return error;
  }
}
