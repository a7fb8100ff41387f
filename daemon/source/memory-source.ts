/**
 * An origin in memory: a complete source for tests and tools. Its contents are named by URLs, folders are the prefixes that end
 * in a slash. It can refuse and keep silent as an origin does; it tells no lies (test/origin/misbehaving.ts does).
 */
import { orAborted } from "../../base/deadline.ts";
import type { FetchResult } from "../../base/destination.ts";
import {
  ChangedError,
  IntegrityError,
  InvalidInputError,
  NotFoundError,
  NotSupportedError,
  type P2pfsError,
  UnavailableError,
} from "../../base/errors.ts";
import { type BufferPool, FilePump } from "../../base/file-pump.ts";
import { LIST_PAGE_ENTRIES } from "../../base/limits.ts";
import { loggableUrl } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type {
  ListRequest,
  Source,
  SourceEntry,
  SourceReadRequest,
  SourceRequest,
  SourceStat,
  Validator,
} from "./source.ts";

/** How one content is served; every field may be left out. */
export interface MemoryContent {
  /** Default application/octet-stream. */
  readonly contentType?: string;
  /** Default: a strong ETag that is new with each `put`. "" leaves it out. */
  readonly etag?: string;
  /** Default: none is told. */
  readonly modifiedAtMs?: number;
  /** Default true. */
  readonly ranges?: boolean;
  /** Default true; false tells no length, so that the content is streamed. */
  readonly tellsLength?: boolean;
  readonly digests?: readonly string[];
}

export interface MemorySourceOptions {
  readonly buffers: BufferPool;
  /** Default ["memory"]. */
  readonly schemes?: readonly string[];
}

/** "up" serves; "refusing" fails at once; "silent" answers when it is up again, or never. */
export type MemoryState = "up" | "refusing" | "silent";

/** A request as it came in. */
export interface MemoryRequest {
  readonly kind: "stat" | "read" | "list";
  readonly url: string;
  readonly offset?: number;
  readonly length?: number | undefined;
}

interface Stored extends MemoryContent {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** Bytes handed to the pump at once, as a socket would. */
const CHUNK_BYTES = 64 * 1024;

export class MemorySource implements Source {
  readonly schemes: readonly string[];
  /** All requests so far, oldest first. */
  readonly requests: MemoryRequest[] = [];
  #state: MemoryState = "up";
  /** Resolves when the state is no longer silent. */
  #spoken: Promise<void> = Promise.resolve();
  #speak: () => void = () => {};
  readonly #buffers: BufferPool;
  /** URL without fragment → content. */
  readonly #contents = new Map<string, Stored>();
  readonly #closing = new AbortController();
  #versions = 0;

  constructor(options: MemorySourceOptions) {
    this.#buffers = options.buffers;
    this.schemes = options.schemes ?? ["memory"];
  }

  get state(): MemoryState {
    return this.#state;
  }
  set state(state: MemoryState) {
    this.#state = state;
    this.#speak();
    if (state === "silent")
      this.#spoken = new Promise((resolve) => {
        this.#speak = resolve;
      });
  }

  /** Puts a content in place, or another version of it. */
  put(url: string, bytes: Uint8Array | string, content: MemoryContent = {}): void {
    this.#versions += 1;
    const stored = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    this.#contents.set(keyOf(url), { etag: `"v${this.#versions}"`, ...content, bytes: stored });
  }

  remove(url: string): void {
    this.#contents.delete(keyOf(url));
  }

  async stat(request: SourceRequest, signal: AbortSignal): Promise<SourceStat> {
    await this.#answer({ kind: "stat", url: request.url }, signal);
    const stored = this.#contents.get(keyOf(request.url));
    if (stored !== undefined) return statOf(request.url, stored);
    if (!this.#isFolder(folderOf(request.url))) throw absent(request.url);
    return {
      kind: "directory",
      length: undefined,
      ranges: false,
      validator: {},
      modifiedAtMs: undefined,
      contentType: undefined,
      finalUrl: folderOf(request.url),
      responseHeaders: {},
      statusCode: 200,
      digests: [],
    };
  }

  async read(request: SourceReadRequest, signal: AbortSignal): Promise<FetchResult> {
    const { into, url } = request;
    await this.#answer({ kind: "read", url, offset: into.offset, length: into.length }, signal);
    const stored = this.#contents.get(keyOf(url));
    if (stored === undefined) throw absent(url);
    const { bytes } = stored;
    if (isOther(request, stored)) throw new ChangedError(`${loggableUrl(url)} is another version now`);
    if ((stored.ranges === false || !request.ranges) && into.offset !== 0)
      throw new NotSupportedError(`${loggableUrl(url)} is sent whole or not at all`);
    const end = into.length === undefined ? bytes.length : into.offset + into.length;
    if (end > bytes.length) throw new IntegrityError(`${loggableUrl(url)} has only ${bytes.length} bytes`);
    return this.#pump(bytes.subarray(into.offset, end), new FilePump(into, this.#buffers), signal);
  }

  async *list(request: ListRequest, signal: AbortSignal): AsyncGenerator<readonly SourceEntry[], void, void> {
    await this.#answer({ kind: "list", url: request.url }, signal);
    const folder = folderOf(request.url);
    if (!this.#isFolder(folder)) throw absent(request.url);
    const entries = this.#entries(folder, request.recursive === true);
    for (let at = 0; at < entries.length; at += LIST_PAGE_ENTRIES) {
      signal.throwIfAborted();
      yield entries.slice(at, at + LIST_PAGE_ENTRIES);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new UnavailableError("the source is closed", {}, "CLOSED"));
  }

  /** Takes note of a request and lets it pass if the origin answers. */
  async #answer(request: MemoryRequest, signal: AbortSignal): Promise<void> {
    this.#throwIfOver(signal);
    if (!URL.canParse(request.url)) throw new InvalidInputError("not a URL");
    this.requests.push(request);
    // An answer never comes in the same turn as the question.
    await new Promise(setImmediate);
    while (this.#state === "silent") {
      const spoken = orAborted(orAborted(this.#spoken, signal), this.#closing.signal);
      await spoken.catch((error: unknown) => {
        throw fromUnknown(error);
      });
    }
    this.#throwIfOver(signal);
    if (this.#state === "refusing")
      throw new UnavailableError(`${loggableUrl(request.url)} refuses connections`);
  }

  #throwIfOver(signal: AbortSignal): void {
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
    if (signal.aborted) throw fromUnknown(signal.reason);
  }

  async #pump(bytes: Uint8Array, pump: FilePump, signal: AbortSignal): Promise<FetchResult> {
    try {
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        await pump.write(bytes.subarray(at, at + CHUNK_BYTES));
        if (at % (CHUNK_BYTES * 16) === 0) await new Promise(setImmediate);
        this.#throwIfOver(signal);
      }
    } catch (error) {
      await pump.abort();
      throw error;
    }
    return pump.end();
  }

  #isFolder(folder: string): boolean {
    if (new URL(folder).pathname === "/") return true;
    for (const key of this.#contents.keys()) if (key.startsWith(folder)) return true;
    return false;
  }

  #entries(folder: string, recursive: boolean): SourceEntry[] {
    const found = new Map<string, SourceEntry>();
    for (const [key, stored] of this.#contents) {
      const rest = key.startsWith(folder) ? key.slice(folder.length) : "";
      const segments = rest.replace(/\?.*$/, "").split("/");
      const depth = recursive ? segments.length : 1;
      const name = segments.slice(0, depth).map(decodeURIComponent).join("/");
      if (name === "" || name.endsWith("/")) continue;
      const isFile = depth === segments.length;
      if (found.get(`${name} file`) !== undefined) continue;
      found.set(isFile ? `${name} file` : `${name} folder`, {
        name,
        kind: isFile ? "file" : "directory",
        url: isFile ? key : `${folder}${segments[0]}/`,
        length: isFile && stored.tellsLength !== false ? stored.bytes.length : undefined,
        modifiedAtMs: isFile ? stored.modifiedAtMs : undefined,
        etag: isFile && stored.etag !== "" ? stored.etag : undefined,
      });
    }
    return [...found.values()];
  }
}

function keyOf(url: string): string {
  const parsed = new URL(url);
  parsed.hash = "";
  return parsed.href;
}

function folderOf(url: string): string {
  const folder = new URL(url);
  folder.search = "";
  folder.hash = "";
  return folder.href.endsWith("/") ? folder.href : `${folder.href}/`;
}

function absent(url: string): P2pfsError {
  return new NotFoundError(`${loggableUrl(url)} does not exist`, {
    origin: { statusCode: 404, headers: {} },
  });
}

function validatorOf(stored: Stored): Validator {
  return {
    ...(stored.etag === "" ? {} : { etag: stored.etag }),
    ...(stored.modifiedAtMs === undefined
      ? {}
      : { lastModified: new Date(stored.modifiedAtMs).toUTCString() }),
    ...(stored.tellsLength === false ? {} : { length: stored.bytes.length }),
  };
}

function statOf(url: string, stored: Stored): SourceStat {
  const { etag, lastModified, length } = validatorOf(stored);
  const contentType = stored.contentType ?? "application/octet-stream";
  return {
    kind: "file",
    length,
    ranges: stored.ranges !== false && length !== undefined,
    validator: validatorOf(stored),
    modifiedAtMs: stored.modifiedAtMs,
    contentType,
    finalUrl: keyOf(url),
    responseHeaders: {
      "content-type": contentType,
      ...(length === undefined ? {} : { "content-length": String(length) }),
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { "last-modified": lastModified }),
    },
    statusCode: 200,
    digests: stored.digests ?? [],
  };
}

/** Whether what is stored is another version than the one asked for, as far as can be seen. */
function isOther(request: SourceReadRequest, stored: Stored): boolean {
  const now = validatorOf(stored);
  const differs = (wanted: unknown, is: unknown) => wanted !== undefined && is !== undefined && wanted !== is;
  const length = request.contentLength ?? request.validator.length;
  return (
    differs(request.validator.etag, now.etag) ||
    differs(request.validator.lastModified, now.lastModified) ||
    (length !== undefined && length !== stored.bytes.length)
  );
}
