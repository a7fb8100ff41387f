/**
 * A Source over a store of objects: URLs to keys, stat, ranged reads, and listings as directories. What differs between
 * vendors is behind `ObjectStore`.
 *
 * A URL that ends in a slash, or names the bucket or the store itself, asks for a directory: it is one when some key
 * begins so. Any other URL asks for the object of exactly that key, even where keys below it exist: which of the two a
 * name means is the caller's to say.
 */
import type { FetchResult } from "../../../base/destination.ts";
import { NotFoundError, NotSupportedError } from "../../../base/errors.ts";
import { LIST_PAGE_KEYS } from "../../../base/limits.ts";
import { loggableUrl } from "../../../base/logger.ts";
import { asSourceError } from "../http/failure.ts";
import { HttpClient } from "../http/http-client.ts";
import type { HttpSourceOptions } from "../http/http-source.ts";
import { Questions } from "../http/questions.ts";
import type {
  ListRequest,
  Source,
  SourceEntry,
  SourceReadRequest,
  SourceRequest,
  SourceStat,
} from "../source.ts";
import { entryPages, type KeyPage, pagesOf } from "./key-pages.ts";
import { directoryStat } from "./object-stat.ts";
import { isBucketName, type ObjectLocation, objectUrl, parseObjectUrl } from "./object-url.ts";
import type { StoreHttp } from "./store-http.ts";
import { StoreHttpClient } from "./store-http-client.ts";

/** One page of the keys that begin with a prefix. */
export interface PageQuery {
  readonly prefix: string;
  /** "/" for one level, "" for everything below. */
  readonly delimiter: "/" | "";
  /** At most LIST_PAGE_KEYS. */
  readonly keysMax: number;
  /** From the page before. */
  readonly token: string | undefined;
}

/** One bucket of the list of buckets. */
export interface ListedBucket {
  readonly name: string;
  readonly createdAtMs: number | undefined;
}

export interface BucketPage {
  readonly buckets: readonly ListedBucket[];
  readonly next: string | undefined;
}

/** One vendor's API, as far as reading goes. Errors are those of `Source`. */
export interface ObjectStore {
  /** Scheme of its URLs. */
  readonly scheme: string;
  /** The object of that key. */
  head(location: ObjectLocation, request: SourceRequest, signal: AbortSignal): Promise<SourceStat>;
  page(bucket: string, query: PageQuery, request: SourceRequest, signal: AbortSignal): Promise<KeyPage>;
  buckets(token: string | undefined, request: SourceRequest, signal: AbortSignal): Promise<BucketPage>;
  get(location: ObjectLocation, read: SourceReadRequest, signal: AbortSignal): Promise<FetchResult>;
  /** Where a location is asked, without a query. */
  placeOf(location: ObjectLocation, request: SourceRequest): string;
}

export class ObjectSource implements Source {
  readonly schemes: readonly string[];
  readonly #client: HttpClient;
  readonly #questions: Questions;
  readonly #store: ObjectStore;

  /** @throws InvalidInputError INVALID_CONFIG for proxies that are no URLs */
  constructor(options: HttpSourceOptions, makeStore: (http: StoreHttp) => ObjectStore) {
    this.#client = new HttpClient(options);
    this.#questions = new Questions(options.clock, options.maxRetries);
    this.#store = makeStore(new StoreHttpClient(this.#client, options.buffers));
    this.schemes = [this.#store.scheme];
  }

  async stat(request: SourceRequest, signal: AbortSignal): Promise<SourceStat> {
    const location = parseObjectUrl(request.url, this.#store.scheme);
    return this.#questions.ask((askSignal) => this.#stat(location, request, askSignal), request.url, signal);
  }

  async read(request: SourceReadRequest, signal: AbortSignal): Promise<FetchResult> {
    this.#questions.checkOpen();
    const location = parseObjectUrl(request.url, this.#store.scheme);
    try {
      if (location.key === "") throw new NotFoundError(`${loggableUrl(request.url)} names no object`);
      return await this.#store.get(location, request, signal);
    } catch (error) {
      throw asSourceError(error, request.url, undefined);
    }
  }

  async *list(request: ListRequest, signal: AbortSignal): AsyncGenerator<readonly SourceEntry[], void, void> {
    const { bucket, key } = parseObjectUrl(request.url, this.#store.scheme);
    if (bucket === "") {
      yield* this.#buckets(request, signal);
      return;
    }
    const recursive = request.recursive ?? false;
    const prefix = key === "" || key.endsWith("/") ? key : `${key}/`;
    // The marker of the directory itself is no entry, and takes a place.
    const keysMax = Math.min(LIST_PAGE_KEYS, Math.max(1, request.entriesMax ?? LIST_PAGE_KEYS) + 1);
    const delimiter = recursive ? "" : "/";
    yield* entryPages({ scheme: this.#store.scheme, bucket, prefix, recursive }, (token) =>
      this.#questions.ask(
        (asked) => this.#store.page(bucket, { prefix, delimiter, keysMax, token }, request, asked),
        request.url,
        signal,
      ),
    );
  }

  async close(): Promise<void> {
    this.#questions.close();
    await this.#client.close();
  }

  async #stat(location: ObjectLocation, request: SourceRequest, signal: AbortSignal): Promise<SourceStat> {
    const { bucket, key } = location;
    if (bucket !== "" && key !== "" && !key.endsWith("/")) return this.#store.head(location, request, signal);
    if (bucket === "") await this.#store.buckets(undefined, request, signal);
    else {
      const query = { prefix: key, delimiter: "", keysMax: 1, token: undefined } as const;
      const { keys, prefixes } = await this.#store.page(bucket, query, request, signal);
      if (key !== "" && keys.length + prefixes.length === 0)
        throw new NotFoundError(`${objectUrl(this.#store.scheme, location)} holds no object`);
    }
    return directoryStat({ statusCode: 200, headers: {} }, this.#store.placeOf(location, request));
  }

  async *#buckets(request: ListRequest, signal: AbortSignal): AsyncGenerator<readonly SourceEntry[]> {
    const { scheme } = this.#store;
    if (request.recursive === true)
      throw new NotSupportedError("the buckets of a store are listed one level deep only");
    const pages = pagesOf(`${scheme}://`, (token) =>
      this.#questions.ask((asked) => this.#store.buckets(token, request, asked), request.url, signal),
    );
    for await (const { buckets } of pages) {
      const entries = buckets
        .filter(({ name }) => isBucketName(name))
        .map(({ name, createdAtMs }) => ({
          name,
          kind: "directory" as const,
          url: objectUrl(scheme, { bucket: name, key: "" }),
          length: undefined,
          modifiedAtMs: createdAtMs,
          etag: undefined,
        }));
      if (entries.length > 0) yield entries;
    }
  }
}
