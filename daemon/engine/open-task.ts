/**
 * What the engine offers to everything above it: the mount's tree, the gRPC server, the proxy. Types only; the engine
 * itself is engine.ts.
 */
import type { SourceRequest, SourceStat } from "../source/source.ts";
import type { PieceRecord } from "../storage/storage.ts";
import type { TaskRecord } from "../task/task-record.ts";

/** How urgent bytes are, most urgent first. The same words as fs/content-source.ts. */
export type Priority = "demand" | "read-ahead" | "copy" | "warm" | "seed";

/**
 * How far an earlier answer of the origin may be trusted. `stale-if-error`: revalidated after `maxAgeMs`, and served when the
 * origin is down and its bytes are complete here; `strict`: revalidated after maxAgeMs, errors are errors; `immutable`: never
 * revalidated once known.
 */
export type Consistency = "stale-if-error" | "strict" | "immutable";

export interface Freshness {
  readonly consistency: Consistency;
  /** 0: ask the origin now. */
  readonly maxAgeMs: number;
}

/** A download as a user asks for it: the origin's URL and what enters the task id (common.v2.Download). */
export interface TaskRequest extends SourceRequest {
  readonly tag?: string;
  readonly application?: string;
  /** Bytes; only when the request carries one. */
  readonly pieceLength?: number;
  /** Query parameters that do not enter the id; undefined: dfget's default list. */
  readonly filteredQueryParams?: readonly string[];
  readonly contentForCalculatingTaskId?: string;
  readonly enableTaskIdBasedBlobDigest?: boolean;
  /** Digests "algorithm:hex" that belong to the content (hub, store, link): a mismatch is fatal for the task. */
  readonly anchors?: readonly string[];
  /** Serve only what is here or at other peers. */
  readonly disableBackToSource?: boolean;
  readonly freshness?: Freshness;
  /** A scheduler sent for it: this host is the seed that gets it from the source for the others. */
  readonly needBackToSource?: boolean;
}

/** The origin's last good answer for a request. */
export interface Answer {
  readonly stat: SourceStat;
  /** When the origin last said so, ms since the epoch. */
  readonly checkedAtMs: number;
  /** True when the origin could not be asked just now and this is the last good answer. */
  readonly stale: boolean;
  /** Why it could not be asked; set when stale. */
  readonly staleBecause?: Error;
}

/** A task, open in this daemon. Bytes are read from `fd`; `want` brings them. Closed by whoever opened it. */
export interface OpenTask {
  readonly id: string;
  readonly record: TaskRecord;
  readonly fd: number;
  readonly contentPath: string;
  /** Bit per block of BLOCK_BYTES; shared memory. */
  readonly blocks: Uint8Array;
  /** All pieces in and anchors held. */
  readonly complete: boolean;
  readonly piecesFinished: number;
  /** Somebody of this host wants blocks that are missing, at a priority above "seed", or did within the last TASK_IDLE_MS. */
  readonly isWanted: boolean;
  /** Peer or "source" → bytes it gave in this daemon's life. */
  readonly places: ReadonlyMap<string, number>;
  /**
   * Resolves when every block of the range is in the file. At `demand` it ends within the read deadline.
   * @throws ChangedError when this version can no longer be had, UnavailableError, DeadlineError, IntegrityError, LimitError NO_SPACE
   */
  want(range: { offset: number; length: number }, priority: Priority, signal?: AbortSignal): Promise<void>;
  /** Takes back interest below demand in what has not been begun. */
  unwant(range: { offset: number; length: number }): void;
  /** Whether the block is missing and much of the content is being fetched, but nothing near it: it would have to share a full link. */
  isBusyFarFrom(block: number): boolean;
  /** Calls back for every piece that finishes from now on. @returns the unsubscriber */
  onPiece(listener: (piece: PieceRecord) => void): () => void;
  /** Wants everything at `priority` and resolves when the task is complete and its anchors held. */
  finish(priority: Priority, signal?: AbortSignal): Promise<void>;
  /** Records of finished pieces, in order. @param span default: all */
  finishedPieces(span?: { readonly first: number; readonly count: number }): Promise<PieceRecord[]>;
  /** Checks the whole content against a digest of one request ("algorithm:hex"). @throws IntegrityError */
  verify(digest: string, signal?: AbortSignal): Promise<void>;
  /** Keeps present blocks of the range from eviction, and counts as a use of them, until the result is called. Idempotent. */
  hold(range: { offset: number; length: number }): () => void;
  /**
   * Keeps a block that is here from eviction, and counts as a use of it, until it is released; undefined: it is not here.
   * `crc32`: what its bytes had when they came, where that is known still.
   */
  keepBlock(block: number): { crc32(): Promise<number | undefined>; release(): void } | undefined;
  /** The range was read by somebody who held nothing. */
  wasRead(range: { offset: number; length: number }): void;
  /** Nothing is evicted until the result is called: somebody reads the content file by himself. Ends with close() at the latest. */
  keepWhole(): () => void;
  /** As keepWhole, for a complete task and if enough room is left for others; undefined: it may lose pieces. */
  passThrough(): (() => void) | undefined;
  /** See StoredTask.addDrain. */
  addDrain(drain: () => Promise<void>): () => void;
  /** Says who reads it in order, when room is needed. Forgotten with close(). */
  follow(readers: () => readonly OrderlyReader[]): void;
  close(): Promise<void>;
}

/** A reader that goes through a file in order; bytes. The same as fs/content-source.ts. */
export interface OrderlyReader {
  readonly start: number;
  readonly at: number;
  /** End of what is fetched ahead of it. */
  readonly aheadEnd: number;
}

export interface EngineApi {
  /**
   * The origin's answer, from memory or the disk while fresh, single-flighted otherwise.
   * @throws what the source throws; NotFoundError and PermissionError are remembered for the negative time-out
   */
  stat(request: TaskRequest, signal?: AbortSignal): Promise<Answer>;
  /** Opens the task of the version the origin has now, making it if needed. Not for prefixes of object stores (IS_A_DIRECTORY). */
  open(request: TaskRequest, signal?: AbortSignal): Promise<OpenTask>;
  /**
   * Opens a task known here by id, without asking its origin.
   * @param request how what is missing is fetched; default: as the task's URL alone says
   * @throws NotFoundError
   */
  openKnown(id: string, request?: TaskRequest): Promise<OpenTask>;
  /** The id `open` would use for this answer. */
  taskIdFor(request: TaskRequest, answer: Answer): string;
  record(id: string): TaskRecord | undefined;
  records(): Iterable<TaskRecord>;
  /** Pieces in of a known task, for figures: counts without opening it where it is open already, else from the record. */
  progress(id: string): { finished: number; total: number } | undefined;
  /** Bytes that all windows of readers may cover together, as there is room. */
  readonly windowBytesMax: number;
  /** Deletes a task's bytes here. @throws NotFoundError */
  delete(id: string): Promise<void>;
  /** Ends all fetches and closes all tasks. Idempotent. */
  close(): Promise<void>;
}
