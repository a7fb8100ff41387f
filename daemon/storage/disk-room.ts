/** How much the storage takes and how much it may still take. Counts what it is told and asks the disk; it deletes nothing. */
import { type FileHandle, readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { METADATA_SIZE_AGE_MS, ROOM_AGE_MS } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { TaskKind } from "../task/task-record.ts";
import type { Reserve } from "./reserve.ts";
import type { StorageUsage } from "./storage.ts";
import type { StoragePaths } from "./storage-folder.ts";

/** A value that was asked for, and what was used then. */
interface Asked {
  readonly value: number;
  readonly atMs: number;
  readonly usedBytes: number;
}

/** Which bound a task's bytes count against: those of kinds that persist are kept for others. */
function classOf(kind: TaskKind): "cache" | "seeded" {
  return kind === "standard" ? "cache" : "seeded";
}

export class DiskRoom {
  readonly #paths: StoragePaths;
  readonly #clock: Clock;
  readonly #thresholdBytes: number;
  readonly #cacheThresholdBytes: number;
  readonly #reserve: Reserve;
  readonly #pinnedBytes: () => number;
  /** Bytes of tasks' files. */
  readonly #taskBytes = { cache: 0, seeded: 0 };
  readonly #temporary = new Set<FileHandle>();
  #temporaryBytes = 0;
  #available: Asked | undefined;
  #metadata: Asked | undefined;

  /**
   * @param options.thresholdBytes gc.policy.diskThreshold; 0: what the disk holds
   * @param options.cacheThresholdBytes gc.policy.cacheThreshold; 0: as much as there is room
   * @param options.pinnedBytes of the tasks' files, those that are pinned and would count as cached
   */
  constructor(options: {
    paths: StoragePaths;
    clock: Clock;
    thresholdBytes: number;
    cacheThresholdBytes: number;
    reserve: Reserve;
    pinnedBytes: () => number;
  }) {
    this.#paths = options.paths;
    this.#clock = options.clock;
    this.#thresholdBytes = options.thresholdBytes;
    this.#cacheThresholdBytes = options.cacheThresholdBytes;
    this.#reserve = options.reserve;
    this.#pinnedBytes = options.pinnedBytes;
  }

  /** Files of tasks of the kind take so many bytes more (or fewer). */
  add(bytes: number, kind: TaskKind): void {
    this.#taskBytes[classOf(kind)] += bytes;
  }

  /** A file that has no task yet counts as long as it is open. */
  addTemporary(file: FileHandle): void {
    this.#temporary.add(file);
  }

  dropTemporary(file: FileHandle): void {
    this.#temporary.delete(file);
  }

  get temporaryFiles(): ReadonlySet<FileHandle> {
    return this.#temporary;
  }

  /** What may still be written of cached content now, as far as the disk was asked. */
  get availableBytes(): number {
    const { diskBytes, usedBytes, cacheBytes } = this.#now();
    const room = [diskBytes];
    if (this.#thresholdBytes > 0) room.push(this.#thresholdBytes - usedBytes);
    if (this.#cacheThresholdBytes > 0) room.push(this.#cacheThresholdBytes - cacheBytes);
    return Math.max(0, Math.min(...room));
  }

  async usage(taskCount: number): Promise<StorageUsage> {
    await this.#ask();
    const { diskBytes, usedBytes, cacheBytes, pinnedBytes } = this.#now();
    const onDisk = usedBytes + diskBytes;
    return {
      usedBytes,
      availableBytes: this.availableBytes,
      totalBytes: this.#thresholdBytes === 0 ? onDisk : Math.min(this.#thresholdBytes, onDisk),
      cacheBytes,
      seededBytes: this.#taskBytes.seeded,
      pinnedBytes,
      taskCount,
    };
  }

  #now(): { diskBytes: number; usedBytes: number; cacheBytes: number; pinnedBytes: number } {
    const { cache, seeded } = this.#taskBytes;
    const pinnedBytes = this.#pinnedBytes();
    const asked = this.#available;
    return {
      // What we took or gave back since; a hole that was punched is room at once.
      diskBytes: asked === undefined ? 0 : Math.max(0, asked.value - (cache + seeded - asked.usedBytes)),
      usedBytes:
        cache + seeded + this.#temporaryBytes + this.#reserve.heldBytes + (this.#metadata?.value ?? 0),
      cacheBytes: cache + this.#temporaryBytes - pinnedBytes,
      pinnedBytes,
    };
  }

  /** Looks at what is not counted here. */
  async #ask(): Promise<void> {
    await this.#metadataBytes();
    let temporaryBytes = 0;
    // One that was closed meanwhile takes nothing.
    for (const file of [...this.#temporary])
      temporaryBytes += await file.stat().then(
        ({ blocks }) => blocks * 512,
        () => 0,
      );
    this.#temporaryBytes = temporaryBytes;
    const nowMs = this.#clock.monotonicMs();
    if (this.#available !== undefined && nowMs - this.#available.atMs < ROOM_AGE_MS) return;
    const usedBytes = this.#taskBytes.cache + this.#taskBytes.seeded;
    const { bavail, bsize } = await statfs(this.#paths.root).catch((error: unknown) => {
      throw fromUnknown(error, "cannot ask the storage's disk for its room");
    });
    this.#available = { value: bavail * bsize, atMs: nowMs, usedBytes };
  }

  async #metadataBytes(): Promise<number> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#metadata !== undefined && nowMs - this.#metadata.atMs < METADATA_SIZE_AGE_MS)
      return this.#metadata.value;
    let value = 0;
    // Level removes files as it goes.
    for (const name of await readdir(this.#paths.metadata))
      value += await stat(join(this.#paths.metadata, name)).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      );
    this.#metadata = { value, atMs: nowMs, usedBytes: 0 };
    return value;
  }
}
