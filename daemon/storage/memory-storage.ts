/**
 * The storage without a memory beyond its process: records, marks and facts in maps, content in files of a temporary folder,
 * because a descriptor must be a real one. For tests of everything above it. Nothing survives close().
 */
import { type FileHandle, mkdtemp, open, rm, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../../base/clock.ts";
import { LimitError, NotFoundError, P2pfsError, UnavailableError } from "../../base/errors.ts";
import { BLOCK_BYTES, OPEN_TASKS_MAX, TEMPORARY_FILES_MAX } from "../../base/limits.ts";
import { asWriteError } from "../../base/write-error.ts";
import type { TaskRecord } from "../task/task-record.ts";
import {
  type CollectCandidate,
  type CollectPolicy,
  collectFrom,
  DEFAULT_COLLECT_POLICY,
} from "./collection.ts";
import { MemoryFacts } from "./memory-facts.ts";
import { PinCounts } from "./pin-counts.ts";
import type { PresenceBits } from "./presence-bits.ts";
import { checkRecord } from "./record-check.ts";
import { SerialByKey } from "./serial-by-key.ts";
import type { PieceRecord, Storage, StorageUsage, StoredTask } from "./storage.ts";
import { emptyBits, TaskContent, type TaskMarks } from "./task-content.ts";

export interface MemoryStorageOptions {
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: Dragonfly's. */
  readonly policy?: Partial<CollectPolicy>;
  /** Bytes the imagined disk holds; default 1 TiB. Only `usage` and `hasRoom` know of it. */
  readonly capacityBytes?: number;
  /** Tasks open at once; default OPEN_TASKS_MAX. */
  readonly openTasksMax?: number;
  /** Whether blocks can be evicted; default true. Evicted bytes read as zeros, as those of a hole do. */
  readonly canEvict?: boolean;
}

/** A task, open or not. */
interface MemoryTask {
  record: TaskRecord;
  readonly path: string;
  readonly blocks: PresenceBits;
  readonly pieces: PresenceBits;
  readonly crcs: Map<number, number>;
  /** Of all blocks, as a bitmap file would keep them. */
  readonly markedCrcs: Map<number, number>;
  readonly pieceRecords: Map<number, PieceRecord>;
  usedBytes: number;
  deleted: boolean;
  /** While open. */
  content?: TaskContent;
}

export class MemoryStorage implements Storage {
  readonly facts = new MemoryFacts();
  readonly canEvict: boolean;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #policy: CollectPolicy;
  readonly #capacityBytes: number;
  readonly #openTasksMax: number;
  readonly #tasks = new Map<string, MemoryTask>();
  readonly #serial = new SerialByKey();
  readonly #pins = new PinCounts();
  readonly #openFiles = new Set<FileHandle>();
  #temporaryCount = 0;
  #openCount = 0;
  #made = 0;
  #usedBytes = 0;
  #closing: Promise<void> | undefined;

  private constructor(folder: string, options: MemoryStorageOptions) {
    this.#folder = folder;
    this.canEvict = options.canEvict ?? true;
    this.#clock = options.clock ?? systemClock;
    this.#policy = { ...DEFAULT_COLLECT_POLICY, ...options.policy };
    this.#capacityBytes = options.capacityBytes ?? 1024 ** 4;
    this.#openTasksMax = options.openTasksMax ?? OPEN_TASKS_MAX;
  }

  /** Makes an empty one, in a temporary folder that close() removes. */
  static async open(options: MemoryStorageOptions = {}): Promise<MemoryStorage> {
    return new MemoryStorage(await mkdtemp(join(tmpdir(), "p2pfs-memory-")), options);
  }

  record(id: string): TaskRecord | undefined {
    return this.#tasks.get(id)?.record;
  }

  records(): Iterable<TaskRecord> {
    return [...this.#tasks.values()].map((task) => task.record);
  }

  async create(record: TaskRecord): Promise<StoredTask> {
    this.#assertOpen();
    checkRecord(record);
    return this.#serial.run(record.id, async () => {
      if (this.#tasks.has(record.id))
        throw new P2pfsError("ALREADY_EXISTS", `the task ${record.id} exists already`);
      this.#checkOpenCount();
      const path = join(this.#folder, `${record.id}-${this.#made++}`);
      const file = await open(path, "wx+", 0o600);
      await file.truncate(record.contentLength).catch(async (error: unknown) => {
        await file.close();
        await unlink(path);
        throw asWriteError(error, "cannot make the content file");
      });
      const task: MemoryTask = {
        record,
        path,
        ...emptyBits(record),
        crcs: new Map(),
        markedCrcs: new Map(),
        pieceRecords: new Map(),
        usedBytes: 0,
        deleted: false,
      };
      this.#tasks.set(record.id, task);
      return this.#attach(task, file);
    });
  }

  async open(id: string): Promise<StoredTask> {
    this.#assertOpen();
    return this.#serial.run(id, async () => {
      const task = this.#known(id);
      if (task.content !== undefined) return task.content.opening();
      this.#checkOpenCount();
      return this.#attach(task, await open(task.path, "r+"));
    });
  }

  async delete(id: string): Promise<void> {
    this.#assertOpen();
    return this.#serial.run(id, () => this.#remove(id));
  }

  pin(id: string): () => void {
    return this.#pins.pin(id);
  }

  get availableBytes(): number {
    const { diskThresholdBytes, cacheThresholdBytes } = this.#policy;
    const { cacheBytes } = this.#classes();
    const room = [this.#capacityBytes - this.#usedBytes];
    if (diskThresholdBytes > 0) room.push(diskThresholdBytes - this.#usedBytes);
    if (cacheThresholdBytes > 0) room.push(cacheThresholdBytes - cacheBytes);
    return Math.max(0, Math.min(...room));
  }

  async usage(): Promise<StorageUsage> {
    const threshold = this.#policy.diskThresholdBytes;
    const onDisk = Math.max(this.#capacityBytes, this.#usedBytes);
    return {
      usedBytes: this.#usedBytes,
      availableBytes: this.availableBytes,
      totalBytes: threshold === 0 ? onDisk : Math.min(threshold, onDisk),
      ...this.#classes(),
      taskCount: this.#tasks.size,
    };
  }

  async hasRoom(bytes: number): Promise<boolean> {
    return bytes <= (await this.usage()).availableBytes;
  }

  async collect(needBytes = 0, options?: { readonly freshToo: boolean }): Promise<string[]> {
    this.#assertOpen();
    return collectFrom(
      {
        candidates: () => this.#candidates(),
        usage: () => this.usage(),
        drop: (id) =>
          this.#serial.run(id, async () => {
            const task = this.#tasks.get(id);
            if (task === undefined || task.content !== undefined || this.#pins.has(id)) return undefined;
            const { usedBytes } = task;
            await this.#remove(id);
            return usedBytes;
          }),
      },
      this.#policy,
      this.#clock.nowMs(),
      needBytes,
      options?.freshToo,
    );
  }

  async temporaryFile(): Promise<{ readonly fd: number; close(): Promise<void> }> {
    this.#assertOpen();
    if (this.#temporaryCount >= TEMPORARY_FILES_MAX)
      throw new LimitError(`more than ${TEMPORARY_FILES_MAX} files of unknown length at once`);
    this.#temporaryCount += 1;
    const path = join(this.#folder, `temporary-${this.#made++}`);
    const file = await open(path, "wx+", 0o600);
    this.#openFiles.add(file);
    await unlink(path);
    let closing: Promise<void> | undefined;
    const close = async () => {
      this.#temporaryCount -= 1;
      this.#openFiles.delete(file);
      await file.close();
    };
    return {
      fd: file.fd,
      close: () => {
        closing ??= close();
        return closing;
      },
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    await this.#serial.idle();
    for (const task of this.#tasks.values()) await task.content?.idle();
    for (const file of this.#openFiles) await file.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #classes(): { cacheBytes: number; seededBytes: number; pinnedBytes: number } {
    let seededBytes = 0;
    let pinnedBytes = 0;
    for (const [id, { record, usedBytes }] of this.#tasks) {
      if (record.kind !== "standard") seededBytes += usedBytes;
      else if (this.#pins.has(id)) pinnedBytes += usedBytes;
    }
    return { cacheBytes: this.#usedBytes - seededBytes - pinnedBytes, seededBytes, pinnedBytes };
  }

  #known(id: string): MemoryTask {
    const task = this.#tasks.get(id);
    if (task === undefined) throw new NotFoundError(`no task ${id} is known here`);
    return task;
  }

  async #remove(id: string): Promise<void> {
    const task = this.#known(id);
    this.#tasks.delete(id);
    task.deleted = true;
    if (task.content === undefined) this.#usedBytes -= task.usedBytes;
    else task.content.deleted = true;
    await unlink(task.path);
  }

  *#candidates(): Generator<CollectCandidate> {
    for (const [id, { record, content }] of this.#tasks)
      yield {
        id,
        kind: record.kind,
        updatedAtMs: record.updatedAtMs,
        inUse: content !== undefined || this.#pins.has(id),
      };
  }

  #attach(task: MemoryTask, file: FileHandle): StoredTask {
    this.#openCount += 1;
    this.#openFiles.add(file);
    const content = new TaskContent({
      record: task.record,
      fd: file.fd,
      path: task.path,
      marks: marksOf(task.pieceRecords, task.markedCrcs),
      blocks: task.blocks,
      pieces: task.pieces,
      crcs: task.crcs,
      nowMs: () => this.#clock.nowMs(),
      onGrow: (bytes) => {
        task.usedBytes += bytes;
        this.#usedBytes += bytes;
      },
      onShrink: (bytes) => {
        task.usedBytes -= bytes;
        this.#usedBytes -= bytes;
      },
      punch: async (offset, length) => {
        const end = Math.min(offset + length, task.record.contentLength);
        for (let at = offset; at < end; at += ZEROS.length)
          await file.write(ZEROS, 0, Math.min(ZEROS.length, end - at), at);
      },
      onUpdate: (record) => {
        task.record = record;
      },
      onRelease: () =>
        this.#serial.run(task.record.id, async () => {
          if (content.holders > 0 || task.content !== content) return;
          await content.idle();
          delete task.content;
          this.#openCount -= 1;
          if (task.deleted) this.#usedBytes -= task.usedBytes;
          if (this.#openFiles.delete(file)) await file.close();
        }),
    });
    task.content = content;
    return content.opening();
  }

  #checkOpenCount(): void {
    if (this.#openCount >= this.#openTasksMax)
      throw new LimitError(`more than ${this.#openTasksMax} tasks are open`, {}, "TOO_MANY_OPEN");
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new UnavailableError("the storage is closed", {}, "CLOSED");
  }
}

const ZEROS = new Uint8Array(BLOCK_BYTES);

function marksOf(records: Map<number, PieceRecord>, crcs: Map<number, number>): TaskMarks {
  return {
    setBlock: (block, crc) => void crcs.set(block, crc),
    async finishPiece(piece) {
      records.set(piece.number, piece);
    },
    async clear(blocks, pieces) {
      for (let block = blocks.start; block < blocks.end; block++) crcs.delete(block);
      for (let piece = pieces.start; piece < pieces.end; piece++) records.delete(piece);
    },
    pieceRecord: async (piece) => records.get(piece),
    blockCrc: async (block) => crcs.get(block),
    sync: async () => {},
  };
}
