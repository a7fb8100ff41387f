/** StoreHttp over the HTTP source's client: its connections, trust, guard, lines and deadlines, and its checks of answers. */
import type { FetchResult } from "../../../base/destination.ts";
import { IntegrityError } from "../../../base/errors.ts";
import type { BufferPool } from "../../../base/file-pump.ts";
import { LIST_PAGE_BYTES_MAX } from "../../../base/limits.ts";
import { loggableUrl } from "../../../base/logger.ts";
import { publicHeaders } from "../http/failure.ts";
import type { Answer, HttpClient } from "../http/http-client.ts";
import { expectationOf, receive } from "../http/read.ts";
import type { SourceReadRequest } from "../source.ts";
import type { StoreAnswer } from "./store-error.ts";
import type { Outcome, StoreCall, StoreHttp } from "./store-http.ts";

/** Answers that say something about the bytes; all others are the store's refusals. */
const CONTENT_STATUSES = new Set([200, 206, 412, 416]);

export class StoreHttpClient implements StoreHttp {
  readonly #client: HttpClient;
  readonly #buffers: BufferPool;

  constructor(client: HttpClient, buffers: BufferPool) {
    this.#client = client;
    this.#buffers = buffers;
  }

  async ask(call: StoreCall, signal: AbortSignal): Promise<Outcome<StoreAnswer>> {
    const held = await this.#send(call, "question", signal);
    const answer = await wholeAnswer(held);
    const done = answer.statusCode === 200 || answer.statusCode === 206;
    return done ? { kind: "done", value: answer } : { kind: "refused", answer };
  }

  async fetchInto(
    call: StoreCall,
    read: SourceReadRequest,
    signal: AbortSignal,
  ): Promise<Outcome<FetchResult>> {
    signal.throwIfAborted();
    if (read.into.length === 0) return { kind: "done", value: { length: 0 } };
    const condition = call.headers["if-match"] ?? call.headers["if-unmodified-since"];
    const expected = { ...expectationOf(read, this.#client.clock.nowMs()), ifRange: condition };
    const held = await this.#send(call, "fetch", signal);
    if (!CONTENT_STATUSES.has(held.exchange.head.statusCode))
      return { kind: "refused", answer: await wholeAnswer(held) };
    const reading = { client: this.#client, buffers: this.#buffers, request: read, expected };
    return { kind: "done", value: await receive(reading, held) };
  }

  #send(call: StoreCall, kind: "question" | "fetch", signal: AbortSignal): Promise<Answer> {
    const { method, url, headers } = call;
    return this.#client.get(
      { request: call.for, url, method, headers, kind, temporaryRedirects: false, exact: true },
      signal,
    );
  }
}

/** @throws IntegrityError when it is too long; what the exchange throws */
async function wholeAnswer({ exchange, finalUrl, done }: Answer): Promise<StoreAnswer> {
  const { statusCode, headers } = exchange.head;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of exchange.chunks()) {
      bytes += chunk.length;
      if (bytes > LIST_PAGE_BYTES_MAX)
        throw new IntegrityError(
          `${loggableUrl(finalUrl.href)} answered with more than ${LIST_PAGE_BYTES_MAX} bytes`,
        );
      // The chunk's memory is the connection's, and is filled again with the next.
      chunks.push(Buffer.from(chunk));
    }
  } finally {
    done();
  }
  return { statusCode, headers: publicHeaders(headers), body: Buffer.concat(chunks, bytes) };
}
