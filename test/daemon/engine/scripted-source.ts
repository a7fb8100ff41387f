/**
 * A source for engine tests: one object of deterministic bytes whose answers the test steers, read by read. It moves
 * bytes through the real FilePump, and keeps a log as an origin would.
 */
import { BufferPool } from "../../../base/buffer-pool.ts";
import type { FetchResult } from "../../../base/destination.ts";
import { ChangedError, NotFoundError, type P2pfsError } from "../../../base/errors.ts";
import { FilePump } from "../../../base/file-pump.ts";
import { BLOCK_BYTES } from "../../../base/limits.ts";
import type {
  ListRequest,
  Source,
  SourceEntry,
  SourceReadRequest,
  SourceRequest,
  SourceStat,
} from "../../../daemon/source/source.ts";

/** What the test may say to one read: `gate` is waited for before each block; `failAfter` blocks come, then the error. */
export interface ReadScript {
  readonly gate?: (block: number) => Promise<void> | undefined;
  readonly failAfter?: { readonly blocks: number; readonly error: P2pfsError };
}

/** Bytes after which a content repeats itself, but for what is added to all bytes of a block. */
const PATTERN_BYTES = 65_536;
/** By what is added, below 256: made once, because tests take hundreds of MiB of them. */
const patterns = new Map<number, Buffer>();

function patternOf(added: number): Buffer {
  const known = patterns.get(added);
  if (known !== undefined) return known;
  const bytes = Buffer.alloc(PATTERN_BYTES);
  for (let i = 0; i < PATTERN_BYTES; i += 1) bytes[i] = i * 31 + (i >> 8) * 7 + added;
  patterns.set(added, bytes);
  return bytes;
}

/** Bytes of a version of the content: different in every block and version. */
export function contentBlock(version: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) {
    const start = (offset + at) % PATTERN_BYTES;
    const added = (Math.floor((offset + at) / BLOCK_BYTES) * 131 + version * 17) % 256;
    at += patternOf(added).copy(bytes, at, start);
  }
  return bytes;
}

export class ScriptedSource implements Source {
  readonly schemes = ["http"];
  length: number;
  version = 1;
  ranges = true;
  tellsLength = true;
  missing = false;
  down: P2pfsError | undefined;
  digests: string[] = [];
  /** Called for each read; its answer steers it. */
  script: (read: { offset: number; length: number | undefined; index: number }) => ReadScript = () => ({});
  readonly reads: { offset: number; length: number | undefined }[] = [];
  stats = 0;
  readonly #pool = new BufferPool(64 * BLOCK_BYTES);

  constructor(length: number) {
    this.length = length;
  }

  async stat(_request: SourceRequest, _signal: AbortSignal): Promise<SourceStat> {
    this.stats += 1;
    if (this.down !== undefined) throw this.down;
    if (this.missing)
      throw new NotFoundError("the origin answered 404", { origin: { statusCode: 404, headers: {} } });
    const length = this.tellsLength ? this.length : undefined;
    return {
      kind: "file",
      length,
      ranges: this.ranges,
      validator: { etag: `"v${this.version}"`, ...(length === undefined ? {} : { length }) },
      modifiedAtMs: undefined,
      contentType: "application/octet-stream",
      finalUrl: "http://origin/file",
      responseHeaders: { "content-type": "application/octet-stream" },
      statusCode: 206,
      digests: this.digests,
    };
  }

  async read(request: SourceReadRequest, signal: AbortSignal): Promise<FetchResult> {
    const { into } = request;
    const script = this.script({ offset: into.offset, length: into.length, index: this.reads.length });
    this.reads.push({ offset: into.offset, length: into.length });
    if (this.down !== undefined) throw this.down;
    if (request.validator.etag !== undefined && request.validator.etag !== `"v${this.version}"`)
      throw new ChangedError("the origin has another version");
    const pump = new FilePump(into, this.#pool);
    try {
      const end = into.offset + (into.length ?? this.length);
      for (let offset = into.offset, sent = 0; offset < end; offset += BLOCK_BYTES, sent += 1) {
        signal.throwIfAborted();
        if (script.failAfter?.blocks === sent) throw script.failAfter.error;
        await script.gate?.(offset / BLOCK_BYTES);
        signal.throwIfAborted();
        await pump.write(contentBlock(this.version, offset, Math.min(BLOCK_BYTES, end - offset)));
      }
      return await pump.end();
    } catch (error) {
      await (signal.aborted ? pump.abort() : pump.cutOff());
      throw error;
    }
  }

  list(_request: ListRequest, _signal: AbortSignal): AsyncIterable<readonly SourceEntry[]> {
    throw new NotFoundError("no listings here");
  }

  async close(): Promise<void> {}
}
