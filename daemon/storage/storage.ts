/**
 * The port to the local disk: one sparse content file per task, bitmaps of its blocks and pieces, records. It knows
 * nothing of where bytes come from. Implementations pass test/suites/storage-suite.ts.
 */
import type { TaskRecord } from "../task/task-record.ts";

/** What the storage keeps of a finished piece. */
export interface PieceRecord {
  readonly number: number;
  /** "crc32:<unsigned decimal>", as Dragonfly peers expect it; rebuilt from the content when it was not yet recorded. */
  readonly digest: string;
  /** Peer id of the parent; undefined: the source. */
  readonly parentId?: string;
  readonly costMs: number;
  readonly finishedAtMs: number;
}

/** Fields of a record that change during its life. */
export type TaskUpdate = Partial<
  Pick<
    TaskRecord,
    | "verified"
    | "onOneWord"
    | "updatedAtMs"
    | "prefetchedAtMs"
    | "failedAtMs"
    | "finishedAtMs"
    | "bytesFromSource"
    | "bytesFromPeers"
    | "uploadedCount"
    | "anchors"
    | "responseHeaders"
  >
>;

/**
 * One task's bytes on disk, open. Whoever opened it closes it; content file and descriptor live until the last close,
 * also when the task is deleted meanwhile.
 */
export interface StoredTask {
  readonly record: TaskRecord;
  /** The content file, read-write. Valid until close(). Never handed to a child process. */
  readonly fd: number;
  readonly contentPath: string;
  /**
   * Bit i set (byte i >> 3, bit i & 7): block i is in the file. Backed by a SharedArrayBuffer, so that native threads
   * may read it; written only here, after the bytes, with Atomics.
   */
  readonly blocks: Uint8Array;
  /** Bit n set: piece n is finished (all blocks in, bits on disk, digest known). Same layout. */
  readonly pieces: Uint8Array;
  readonly blockCount: number;
  readonly pieceCount: number;
  readonly blocksPresent: number;
  readonly piecesFinished: number;
  /** True after delete(): nothing of it survives the last close. */
  readonly deleted: boolean;

  hasBlock(block: number): boolean;
  hasPiece(piece: number): boolean;
  /** CRC-32 that setBlock was given for a present block; undefined when it is not remembered (after a restart, say). */
  blockCrc(block: number): number | undefined;
  /** CRC-32 that a present block had when it came, from the bitmap file where it is not remembered; undefined when its mark is lost. */
  keptCrc(block: number): Promise<number | undefined>;
  /**
   * Sets the block's bit in memory at once (readers may be answered) and writes it to the bitmap file soon, in a batch.
   * The bytes must be in the content file already.
   * @param crc32 of the block's bytes, unsigned
   */
  setBlock(block: number, crc32: number): void;
  /**
   * Declares a piece finished; all its blocks must be set. Resolves when its bits are in the bitmap file (kill -9 on the same
   * boot loses nothing from then on); digest and record follow in a batch of at most 100 ms.
   * @returns its record, with the digest combined from the blocks' CRCs (read from the content where they are not known)
   */
  finishPiece(piece: number, from: { parentId?: string; costMs: number }): Promise<PieceRecord>;
  /** Records of the finished pieces among `numbers`; digests that are not recorded are rebuilt from the content first. */
  pieceRecords(numbers: readonly number[]): Promise<PieceRecord[]>;
  /** Clears the bits of blocks and pieces that overlap the range: their bytes are wrong or gone. */
  discard(offset: number, length: number): Promise<void>;
  /**
   * Keeps those of the blocks that are present from evict(), until the result is called. Idempotent.
   */
  hold(blocks: { readonly start: number; readonly end: number }): () => void;
  isHeld(block: number): boolean;
  /**
   * Names readers of the descriptor that hold nothing, such as other threads that look at `blocks`: evict() clears bits, then waits
   * for every `drain` to say that the reads which had begun are over. The same function may be named more than once.
   * @returns takes it back once
   */
  addDrain(drain: () => Promise<void>): () => void;
  /**
   * Frees the room of blocks: clears their bits, and those of their pieces, before it returns; then on disk; then, when nobody reads
   * them any more, the bytes go. Blocks that are held, and pieces that are being finished, stay. Until it resolves nothing may be
   * fetched into the range.
   * @returns bytes freed
   * @throws what the disk says: the bits are cleared then, the bytes may be there still
   */
  evict(blocks: { readonly start: number; readonly end: number }): Promise<number>;
  /** Changes the record in memory now, on disk in a batch. */
  update(fields: TaskUpdate): void;
  /** Everything of this task durable: fdatasync of content and bitmaps, records flushed. */
  sync(): Promise<void>;
  /**
   * Releases this opening; no fetch into `fd` may be under way. The last one counts as a use (updatedAtMs). Idempotent.
   */
  close(): Promise<void>;
}

/** What room there is, bytes. `used` is ours alone; `available` is what we may still write of cached content. */
export interface StorageUsage {
  readonly usedBytes: number;
  /** The least of what the disk has, and what gc.policy.diskThreshold and gc.policy.cacheThreshold leave. */
  readonly availableBytes: number;
  /** What may be used of the disk in all, whatever the bound for cached content: at most gc.policy.diskThreshold. */
  readonly totalBytes: number;
  /** Of `used`: content that was fetched and that nobody asked to keep. What gc.policy.cacheThreshold bounds. */
  readonly cacheBytes: number;
  /** Of `used`: content that is kept for others; never evicted. */
  readonly seededBytes: number;
  /** Of `used`: content that is pinned; never evicted while it is. */
  readonly pinnedBytes: number;
  readonly taskCount: number;
}

export interface Storage {
  /** The record, if the task is known; never touches the disk. */
  record(id: string): TaskRecord | undefined;
  /** All records; a snapshot, in no order. */
  records(): Iterable<TaskRecord>;
  /**
   * Makes a task: sparse content file of the record's length, empty bitmaps, and opens it.
   * @throws P2pfsError ALREADY_EXISTS; LimitError NO_SPACE only when the disk refuses the file itself
   */
  create(record: TaskRecord): Promise<StoredTask>;
  /**
   * An empty file without a name, in the storage's own folder, for content whose length is not known yet. Its descriptor is
   * valid until its close(); nothing of it survives that.
   */
  temporaryFile(): Promise<{ readonly fd: number; close(): Promise<void> }>;
  /**
   * Opens a known task; one shared set of bits whoever opens it. After a power loss (another boot id, pieces newer than the last
   * sync) its pieces are checked against their digests first.
   * @throws NotFoundError
   */
  open(id: string): Promise<StoredTask>;
  /**
   * Forgets the task now (record, names on disk); bytes go with the last close. @throws NotFoundError
   */
  delete(id: string): Promise<void>;
  /** Keeps the task from collection until unpinned; counted. */
  pin(id: string): () => void;
  usage(): Promise<StorageUsage>;
  /** `usage().availableBytes` at this very moment, as far as was known when `usage` was last asked. */
  readonly availableBytes: number;
  /** Whether StoredTask.evict can free room here: holes can be punched. */
  readonly canEvict: boolean;
  /**
   * Whether so many bytes may still be written: below gc.policy.diskThreshold when that is set, and on the disk in any case. It
   * reserves nothing.
   * @param bytes all that the caller is about to write, what it has under way already included
   */
  hasRoom(bytes: number): Promise<boolean>;
  /**
   * Collects garbage by Dragonfly's rules: TTL, then disk pressure down to the low mark, oldest use first; never what is open,
   * pinned or younger than the freshness bound.
   * @param needBytes evicts, below the high mark too, until so many bytes are available; default 0
   * @param options.freshToo also what is younger, and no more than is needed: when nothing else is left to give
   * @returns ids deleted
   */
  collect(needBytes?: number, options?: { readonly freshToo: boolean }): Promise<string[]>;
  /** Small facts that must survive a restart, by key (answers of origins, links). JSON values. */
  readonly facts: FactStore;
  /** Flushes and closes. Idempotent. */
  close(): Promise<void>;
}

/** A small persistent map of JSON values, in named spaces. Writes are batched (≤ 100 ms); reads see them at once. */
export interface FactStore {
  get(space: string, key: string): Promise<unknown>;
  put(space: string, key: string, value: unknown): void;
  delete(space: string, key: string): void;
  /** Entries of a space in the order of their keys' UTF-8 bytes. */
  entries(space: string): AsyncIterable<readonly [string, unknown]>;
  /** Resolves when all that was put so far outlives this process. @throws LimitError NO_SPACE, P2pfsError IO */
  flush(): Promise<void>;
}
