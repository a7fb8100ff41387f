/**
 * GETs over HTTP as all sources of this kind make them: the user's headers kept where they belong, redirects followed and
 * remembered, questions in line per origin, kept connections that were closed tried anew. It does not judge answers.
 */
import type { Clock } from "../../../base/clock.ts";
import { InvalidInputError, P2pfsError, UnavailableError } from "../../../base/errors.ts";
import {
  BODY_IDLE_MS_DEFAULT,
  CONNECT_MS_DEFAULT,
  HEADERS_MS_DEFAULT,
  ORIGIN_QUESTIONS_MAX,
  ORIGIN_QUESTIONS_WAITING_MAX,
  REDIRECTS_MAX,
  STALE_CONNECTION_RETRIES,
  TEMPORARY_REDIRECT_MS_DEFAULT,
} from "../../../base/limits.ts";
import { loggableUrl } from "../../../base/logger.ts";
import { AddressGuard } from "../address-guard.ts";
import { type EndTurn, Lane } from "../lane.ts";
import type { HostLookup } from "../name-lookup.ts";
import type { SourceRequest } from "../source.ts";
import { Connections } from "./connections.ts";
import { Exchange } from "./exchange.ts";
import { Proxies, type ProxySettings } from "./proxies.ts";
import { RedirectCache, redirected, redirectKind, type Whereabouts } from "./redirects.ts";
import {
  type Headers,
  harmlessHeaders,
  headersKey,
  mayHoldCredentials,
  userHeaders,
} from "./request-headers.ts";
import { type AuthorityFiles, authorityFilesOf } from "./trust.ts";

export interface HttpClientOptions {
  readonly clock: Clock;
  readonly names: HostLookup;
  /** Product token for User-Agent: "p2pfs/0.1.0". */
  readonly userAgent: string;
  /** Default: refuses link-local addresses, and loopback to askers on the network. */
  readonly guard?: AddressGuard;
  /** Default: none. See proxiesFromEnvironment. */
  readonly proxies?: ProxySettings;
  /** Default: the system's. See authorityFilesOf. */
  readonly authorityFiles?: AuthorityFiles;
  /** Trust any certificate. Default false. */
  readonly insecureSkipVerify?: boolean;
  /** Headers of every request (backend.requestHeader); a request's own win. Default none. */
  readonly requestHeader?: Headers;
  /** Default true (backend.enableCacheTemporaryRedirect). */
  readonly cacheTemporaryRedirects?: boolean;
  /** Default 600,000 (backend.cacheTemporaryRedirectTTL). */
  readonly temporaryRedirectMs?: number;
  /** For the name, the proxy, TCP and TLS together; default CONNECT_MS_DEFAULT (source.connectTimeout). */
  readonly connectTimeoutMs?: number;
  /** From the request to the head of its answer; default HEADERS_MS_DEFAULT (source.headersTimeout). */
  readonly headersTimeoutMs?: number;
  /** Longest silence within a body; default BODY_IDLE_MS_DEFAULT (source.idleTimeout). */
  readonly idleTimeoutMs?: number;
}

/** What is asked with one GET. */
export interface Get {
  readonly request: SourceRequest;
  /** In place of the request's URL. */
  readonly url?: string;
  /** Headers of ours: Range, If-Range, Accept. */
  readonly headers?: Headers;
  /** Questions wait in line per origin; fetches do not: whoever starts them bounds them. */
  readonly kind: "question" | "fetch";
  /** Whether a remembered temporary redirect may be taken; a question after what is there *now* must not. */
  readonly temporaryRedirects: boolean;
  /** Default "GET". */
  readonly method?: "GET" | "HEAD";
  /**
   * Sent as it is, with no header of the request's or the config's, and a redirect is an answer: for requests whose signature
   * holds for them alone. Default false.
   */
  readonly exact?: boolean;
}

/** An answer whose body is held back; exactly one way of taking it must be chosen, soon. */
export interface Answer {
  readonly exchange: Exchange;
  /** Where it came from. May hold secrets in its query. */
  readonly finalUrl: URL;
  /** Ends the question's turn; idempotent, and without effect for fetches. Called when the body was dealt with. */
  readonly done: () => void;
}

/** Statuses that say a remembered target no longer serves us: signed URLs expire so. */
const OUTDATED_TARGET = new Set([400, 401, 403, 404, 410]);
/** How a connection ends that the server had closed before our request reached it. */
const CLOSED_BEFORE_ANSWER = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #connections: Connections;
  readonly #redirects: RedirectCache;
  /** Origin → its questions; gone when nobody asks. */
  readonly #lanes = new Map<string, Lane>();

  /** @throws InvalidInputError INVALID_CONFIG for proxies that are no URLs */
  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#connections = new Connections({
      clock: options.clock,
      names: options.names,
      guard: options.guard ?? new AddressGuard(),
      proxies: new Proxies(options.proxies),
      authorityFiles: options.authorityFiles ?? authorityFilesOf({}),
      insecureSkipVerify: options.insecureSkipVerify ?? false,
      connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_MS_DEFAULT,
    });
    this.#redirects = new RedirectCache({
      clock: options.clock,
      keepTemporary: options.cacheTemporaryRedirects ?? true,
      temporaryMs: options.temporaryRedirectMs ?? TEMPORARY_REDIRECT_MS_DEFAULT,
    });
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /**
   * The answer at the end of the redirects, whatever its status.
   * @throws InvalidInputError (no http URL, a header that cannot be sent), UnavailableError, DeadlineError, PermissionError (the
   *   guard, a proxy), LimitError (too many questions in line), the signal's reason
   */
  async get(get: Get, signal: AbortSignal): Promise<Answer> {
    const url = parseHttpUrl(get.url ?? get.request.url);
    const endTurn = get.kind === "question" ? await this.#enterLane(url.origin, signal) : () => {};
    try {
      const { exchange, finalUrl } = await (get.exact === true
        ? this.#sendExactly(get, url, signal)
        : this.#follow(get, url, signal));
      return { exchange, finalUrl, done: endTurn };
    } catch (error) {
      endTurn();
      throw error;
    }
  }

  /** Deals with a body nobody wants, and ends the question's turn. Never rejects; need not be awaited. */
  async discard(answer: Answer): Promise<void> {
    await answer.exchange.discard(this.#options.clock);
    answer.done();
  }

  /** Ends idle connections and fails what is in flight. Idempotent. */
  close(): Promise<void> {
    return this.#connections.close();
  }

  async #enterLane(origin: string, signal: AbortSignal): Promise<EndTurn> {
    const lane =
      this.#lanes.get(origin) ??
      new Lane({
        runningMax: ORIGIN_QUESTIONS_MAX,
        waitingMax: ORIGIN_QUESTIONS_WAITING_MAX,
        of: "questions to one origin",
      });
    this.#lanes.set(origin, lane);
    const leave = () => {
      if (lane.idle) this.#lanes.delete(origin);
    };
    try {
      const endTurn = await lane.enter(signal);
      return () => {
        endTurn();
        leave();
      };
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #sendExactly(
    get: Get,
    url: URL,
    signal: AbortSignal,
  ): Promise<{ exchange: Exchange; finalUrl: URL }> {
    const headers = { "user-agent": this.#options.userAgent };
    const exchange = await this.#sendFresh(get, { url, strayed: false }, headers, signal);
    return { exchange, finalUrl: url };
  }

  /** Follows redirects, from the remembered end of the chain where there is one. */
  async #follow(get: Get, url: URL, signal: AbortSignal): Promise<{ exchange: Exchange; finalUrl: URL }> {
    const { userAgent, requestHeader = {} } = this.#options;
    const headers = userHeaders(
      { userAgent, configured: requestHeader, requested: get.request.headers },
      url,
    );
    const key = `${url.href} ${headersKey(headers)}`;
    const start: Whereabouts = { url: withoutUserInfo(url), strayed: false };
    const remembered = this.#redirects.find(key, get.temporaryRedirects);
    if (remembered !== undefined) {
      const exchange = await this.#sendFresh(get, remembered, headers, signal);
      const outdated = OUTDATED_TARGET.has(exchange.head.statusCode);
      if (!outdated && redirectKind(exchange.head) === undefined)
        return { exchange, finalUrl: remembered.url };
      // It moved on, or no longer lets us in: whoever sent us there is asked again.
      this.#redirects.forget(key);
      await exchange.discard(this.#options.clock);
    }
    return this.#followFrom(get, { start, headers, key }, signal);
  }

  async #followFrom(
    get: Get,
    from: { start: Whereabouts; headers: Headers; key: string },
    signal: AbortSignal,
  ): Promise<{ exchange: Exchange; finalUrl: URL }> {
    let where = from.start;
    let lasting: "permanent" | "temporary" = "permanent";
    for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
      const exchange = await this.#sendFresh(get, where, from.headers, signal);
      const kind = redirectKind(exchange.head);
      if (kind === undefined) {
        const good = exchange.head.statusCode < 400;
        if (where !== from.start && good) this.#redirects.keep(from.key, where, lasting);
        return { exchange, finalUrl: where.url };
      }
      if (kind === "temporary") lasting = "temporary";
      const { head } = exchange;
      await exchange.discard(this.#options.clock);
      where = redirected(where, head, !where.strayed && mayHoldCredentials(from.headers));
    }
    throw new UnavailableError(
      `${loggableUrl(from.start.url.href)} redirects more than ${REDIRECTS_MAX} times`,
      {},
      "SOURCE_REFUSED",
    );
  }

  /** Sends the GET, and anew at once where only a kept connection turned out to be closed. */
  async #sendFresh(get: Get, where: Whereabouts, headers: Headers, signal: AbortSignal): Promise<Exchange> {
    for (let attempt = 0; ; attempt++) {
      const kept = this.#connections.maybeKept(where.url.origin);
      try {
        return await this.#send(get, where, headers, signal);
      } catch (error) {
        const code = error instanceof P2pfsError ? String(error.details.nodeCode) : "";
        if (!kept || attempt >= STALE_CONNECTION_RETRIES || !CLOSED_BEFORE_ANSWER.has(code)) throw error;
      }
    }
  }

  async #send(get: Get, where: Whereabouts, headers: Headers, signal: AbortSignal): Promise<Exchange> {
    const { headersTimeoutMs = HEADERS_MS_DEFAULT, idleTimeoutMs = BODY_IDLE_MS_DEFAULT } = this.#options;
    const route = this.#connections.route(where.url, get.request);
    const exchange = await Exchange.send(
      {
        ...route,
        method: get.method ?? "GET",
        headers: {
          accept: "*/*",
          ...(where.strayed ? harmlessHeaders(headers) : headers),
          ...get.headers,
          // Bytes are wanted as they are stored: lengths, ranges and digests mean nothing else.
          "accept-encoding": "identity",
          ...route.headers,
        },
        url: where.url.href,
        headersTimeoutMs,
        idleTimeoutMs,
      },
      signal,
    );
    this.#connections.noteAnswer(where.url.origin);
    return exchange;
  }
}

/** @throws InvalidInputError */
export function parseHttpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:"))
    throw new InvalidInputError("not an http:// or https:// URL");
  url.hash = "";
  return url;
}

function withoutUserInfo(url: URL): URL {
  const plain = new URL(url);
  plain.username = "";
  plain.password = "";
  return plain;
}
