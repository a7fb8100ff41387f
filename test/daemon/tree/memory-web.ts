/**
 * Origins in memory for tests of the tree: web servers and an object store that answer by the rules of the real sources,
 * keep a log as an origin would, and can be switched off in the ways origins fail.
 */
import { BufferPool } from "../../../base/buffer-pool.ts";
import type { FetchResult } from "../../../base/destination.ts";
import { ChangedError, NotSupportedError, PermissionError, UnavailableError } from "../../../base/errors.ts";
import { FilePump } from "../../../base/file-pump.ts";
import { BLOCK_BYTES } from "../../../base/limits.ts";
import { statusError } from "../../../daemon/source/http/failure.ts";
import { entryPages } from "../../../daemon/source/object-store/key-pages.ts";
import { parseObjectUrl } from "../../../daemon/source/object-store/object-url.ts";
import type {
  ListRequest,
  Source,
  SourceEntry,
  SourceReadRequest,
  SourceRequest,
  SourceStat,
} from "../../../daemon/source/source.ts";

/** What a web server has at a URL. */
export interface Page {
  readonly body?: string;
  /** Default 200. */
  readonly status?: number;
  /** Default application/octet-stream. */
  readonly type?: string;
  readonly etag?: string;
  readonly lastModified?: string;
  /** Where it redirects to, with the answer of that URL. */
  readonly redirect?: string;
  /** Default true. */
  readonly tellsLength?: boolean;
  /** Default true. */
  readonly ranges?: boolean;
  /** Entries of an index page; `size` undefined: it tells none. */
  readonly index?: readonly IndexLine[];
}

export interface IndexLine {
  /** As in the page's link: percent-encoded, with a slash at the end of directories. */
  readonly href: string;
  readonly size?: number;
  readonly modifiedAtMs?: number;
}

export interface StoredObject {
  readonly body: string;
  readonly etag: string;
}

/** How all origins of the memory web are just now. A number: every request is answered with that status. */
export type Weather = "up" | "refused" | "silent" | number;

export class MemoryWeb implements Source {
  readonly schemes = ["http", "https", "oss", "s3"];
  /** By URL. What is not there is asked of `elsewhere`. */
  readonly pages = new Map<string, Page>();
  elsewhere: (url: string) => Page = () => ({ status: 404 });
  /** By "bucket/key". */
  readonly objects = new Map<string, StoredObject>();
  /** Keys of one page of a listing; 1000 in real stores. */
  keysPerPage = 1000;
  /** Whether the credentials may list object stores. */
  mayList = true;
  weather: Weather = "up";
  /** "STAT url", "READ url", "LIST url". */
  readonly log: string[] = [];
  /** The requests as they came, for what the log does not show. */
  readonly requests: SourceRequest[] = [];
  /** Called before each page of an object listing. */
  beforePage: () => Promise<void> = async () => {};
  readonly #pool = new BufferPool(64 * BLOCK_BYTES);

  async stat(request: SourceRequest, signal: AbortSignal): Promise<SourceStat> {
    await this.#arrive("STAT", request, signal);
    return /^https?:/.test(request.url) ? this.#statPage(request.url) : this.#statObject(request.url);
  }

  async read(request: SourceReadRequest, signal: AbortSignal): Promise<FetchResult> {
    await this.#arrive("READ", request, signal);
    const stat = await this.#statNow(request.url);
    const { etag } = request.validator;
    if (etag !== undefined && etag !== stat.validator.etag)
      throw new ChangedError("another version is there");
    const bytes = Buffer.from(this.#bodyOf(request.url));
    const { into } = request;
    const pump = new FilePump(into, this.#pool);
    try {
      await pump.write(bytes.subarray(into.offset, into.offset + (into.length ?? bytes.length)));
      return await pump.end();
    } catch (error) {
      await pump.cutOff();
      throw error;
    }
  }

  async *list(request: ListRequest, signal: AbortSignal): AsyncGenerator<readonly SourceEntry[]> {
    await this.#arrive("LIST", request, signal);
    if (/^https?:/.test(request.url)) yield* this.#listPage(request.url);
    else yield* this.#listPrefix(request);
  }

  async close(): Promise<void> {}

  /** The log since the last call. */
  taken(): string[] {
    return this.log.splice(0);
  }

  async #arrive(what: string, request: SourceRequest, signal: AbortSignal): Promise<void> {
    this.log.push(`${what} ${request.url}`);
    this.requests.push(request);
    if (this.weather === "refused") throw new UnavailableError(`${request.url}: connection refused`);
    if (typeof this.weather === "number")
      throw statusError({ statusCode: this.weather, headers: {} }, request.url);
    if (this.weather === "up") return;
    await new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  #statNow(url: string): SourceStat {
    return /^https?:/.test(url) ? this.#statPage(url) : this.#statObject(url);
  }

  #page(url: string): { page: Page; finalUrl: string } {
    const page = this.pages.get(url) ?? this.elsewhere(url);
    return page.redirect === undefined ? { page, finalUrl: url } : this.#page(page.redirect);
  }

  #bodyOf(url: string): string {
    if (/^https?:/.test(url)) return this.#page(url).page.body ?? "";
    const { bucket, key } = parseObjectUrl(url, url.slice(0, url.indexOf(":")));
    return this.objects.get(`${bucket}/${key}`)?.body ?? "";
  }

  #statPage(url: string): SourceStat {
    const { page, finalUrl } = this.#page(url);
    const status = page.status ?? 200;
    if (status >= 300) throw statusError({ statusCode: status, headers: {} }, url);
    const length = page.tellsLength === false ? undefined : Buffer.byteLength(page.body ?? "");
    const modifiedAtMs = page.lastModified === undefined ? undefined : Date.parse(page.lastModified);
    return {
      kind: "file",
      length,
      ranges: page.ranges ?? page.tellsLength !== false,
      validator: {
        ...(page.etag === undefined ? {} : { etag: page.etag }),
        ...(page.lastModified === undefined ? {} : { lastModified: page.lastModified }),
        ...(length === undefined ? {} : { length }),
      },
      modifiedAtMs,
      contentType: page.type ?? "application/octet-stream",
      finalUrl,
      responseHeaders: {},
      statusCode: status,
      digests: [],
    };
  }

  #statObject(url: string): SourceStat {
    const scheme = url.slice(0, url.indexOf(":"));
    const { bucket, key } = parseObjectUrl(url, scheme);
    const object = this.objects.get(`${bucket}/${key}`);
    const base = {
      modifiedAtMs: 1_600_000_000_000,
      contentType: undefined,
      finalUrl: url,
      responseHeaders: {},
    };
    if (object !== undefined) {
      const length = Buffer.byteLength(object.body);
      const validator = { etag: object.etag, length };
      return { ...base, kind: "file", length, ranges: true, validator, statusCode: 200, digests: [] };
    }
    if (!this.mayList) throw forbidden(url);
    if (![...this.objects.keys()].some((name) => name.startsWith(`${bucket}/${key}/`)))
      throw statusError({ statusCode: 404, headers: {} }, url);
    return {
      ...base,
      kind: "directory",
      length: undefined,
      ranges: false,
      validator: {},
      statusCode: 200,
      digests: [],
    };
  }

  *#listPage(url: string): Generator<readonly SourceEntry[]> {
    const { page } = this.#page(url);
    if ((page.status ?? 200) >= 300) throw statusError({ statusCode: page.status ?? 0, headers: {} }, url);
    if (page.index === undefined) throw new NotSupportedError(`${url} is no index page`);
    yield page.index.map(({ href, size, modifiedAtMs }) => ({
      name: decodeURIComponent(href.replace(/\/$/, "")),
      kind: href.endsWith("/") ? "directory" : "file",
      url: new URL(href, url).href,
      length: size,
      modifiedAtMs,
      etag: undefined,
    }));
  }

  async *#listPrefix(request: ListRequest): AsyncGenerator<readonly SourceEntry[]> {
    if (!this.mayList) throw forbidden(request.url);
    const scheme = request.url.slice(0, request.url.indexOf(":"));
    const { bucket, key: prefix } = parseObjectUrl(request.url, scheme);
    const keys = [...this.objects.keys()]
      .filter((name) => name.startsWith(`${bucket}/${prefix}`))
      .map((name) => name.slice(bucket.length + 1))
      .sort();
    const listing = { scheme, bucket, prefix, recursive: false };
    const count = Math.min(this.keysPerPage, request.entriesMax ?? this.keysPerPage);
    yield* entryPages(listing, async (token) => {
      await this.beforePage();
      const from = Number(token ?? 0);
      const page = keys.slice(from, from + count);
      const below = (key: string) => key.slice(prefix.length);
      const nested = page.filter((key) => below(key).includes("/"));
      return {
        keys: page.filter((key) => !below(key).includes("/")).map((key) => this.#listedKey(bucket, key)),
        prefixes: [...new Set(nested.map((key) => `${prefix}${below(key).split("/")[0]}/`))],
        next: from + count < keys.length ? String(from + count) : undefined,
      };
    });
  }

  #listedKey(bucket: string, key: string) {
    const { body = "", etag } = this.objects.get(`${bucket}/${key}`) ?? {};
    return { key, length: Buffer.byteLength(body), modifiedAtMs: 1_600_000_000_000, etag };
  }
}

function forbidden(url: string): PermissionError {
  return new PermissionError(`${url} may not be read (status 403)`, {
    origin: { statusCode: 403, headers: {} },
  });
}
