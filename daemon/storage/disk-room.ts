/** How much the storage takes and how much it may still take. Counts what it is told and asks the disk; it deletes nothing. */
import { type FileHandle, readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { METADATA_SIZE_AGE_MS, ROOM_AGE_MS } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { Reserve } from "./reserve.ts";
import type { StorageUsage } from "./storage.ts";
import type { StoragePaths } from "./storage-folder.ts";

/** A value that was asked for, and what was used then. */
interface Asked {
  readonly value: number;
  readonly atMs: number;
  readonly usedBytes: number;
}

export class DiskRoom {
  readonly #paths: StoragePaths;
  readonly #clock: Clock;
  readonly #thresholdBytes: number;
  readonly #reserve: Reserve;
  /** Bytes of tasks' files. */
  #taskBytes = 0;
  readonly #temporary = new Set<FileHandle>();
  #available: Asked | undefined;
  #metadata: Asked | undefined;

  /** @param options.thresholdBytes gc.policy.diskThreshold; 0: what the disk holds */
  constructor(options: { paths: StoragePaths; clock: Clock; thresholdBytes: number; reserve: Reserve }) {
    this.#paths = options.paths;
    this.#clock = options.clock;
    this.#thresholdBytes = options.thresholdBytes;
    this.#reserve = options.reserve;
  }

  /** Tasks' files take so many bytes more (or fewer). */
  add(bytes: number): void {
    this.#taskBytes += bytes;
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

  async usage(taskCount: number): Promise<StorageUsage> {
    let usedBytes = this.#taskBytes + this.#reserve.heldBytes + (await this.#metadataBytes());
    // One that was closed meanwhile takes nothing.
    for (const file of [...this.#temporary])
      usedBytes += await file.stat().then(
        ({ blocks }) => blocks * 512,
        () => 0,
      );
    const onDisk = await this.#availableBytes();
    const threshold = this.#thresholdBytes;
    const availableBytes = threshold === 0 ? onDisk : Math.min(onDisk, Math.max(0, threshold - usedBytes));
    const totalBytes = threshold === 0 ? usedBytes + availableBytes : threshold;
    return { usedBytes, availableBytes, totalBytes, taskCount };
  }

  /** What the disk has for us, as last asked, less what we took since. */
  async #availableBytes(): Promise<number> {
    const nowMs = this.#clock.monotonicMs();
    let asked = this.#available;
    if (asked === undefined || nowMs - asked.atMs >= ROOM_AGE_MS) {
      const usedBytes = this.#taskBytes;
      const { bavail, bsize } = await statfs(this.#paths.root).catch((error: unknown) => {
        throw fromUnknown(error, "cannot ask the storage's disk for its room");
      });
      asked = { value: bavail * bsize, atMs: nowMs, usedBytes };
      this.#available = asked;
    }
    return Math.max(0, asked.value - Math.max(0, this.#taskBytes - asked.usedBytes));
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
