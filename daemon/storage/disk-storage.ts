/**
 * The storage on a disk: a content file and a bitmap file per task, records and facts in a level database. This file is its face and
 * its start and end; tasks are opened by disk-tasks.ts, what is written when is decided in disk-marks.ts.
 */
import { randomInt } from "node:crypto";
import { mkdtemp, open, rename, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { LimitError, NotFoundError, P2pfsError, UnavailableError } from "../../base/errors.ts";
import { OPEN_TASKS_MAX, TEMPORARY_FILES_MAX } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { asWriteError } from "../../base/write-error.ts";
import type { TaskRecord } from "../task/task-record.ts";
import { readBootId } from "./boot-id.ts";
import {
  type CollectCandidate,
  type CollectPolicy,
  collectFrom,
  DEFAULT_COLLECT_POLICY,
} from "./collection.ts";
import type { DiskParts, OpenedTask } from "./disk-parts.ts";
import { DiskRoom } from "./disk-room.ts";
import { DiskTasks } from "./disk-tasks.ts";
import { DiskUpkeep } from "./disk-upkeep.ts";
import { Holes } from "./holes.ts";
import { Metadata, PREFIX } from "./metadata.ts";
import { MetadataFacts } from "./metadata-facts.ts";
import { PinCounts } from "./pin-counts.ts";
import { checkRecord } from "./record-check.ts";
import { Reserve } from "./reserve.ts";
import { SerialByKey } from "./serial-by-key.ts";
import type { Storage, StorageUsage, StoredTask } from "./storage.ts";
import { prepareFolder, type StoragePaths } from "./storage-folder.ts";
import { TaskEntry } from "./task-entry.ts";
import { TaskTable } from "./task-table.ts";

export interface DiskStorageOptions {
  /** storage.dir: ours alone. Made when missing. */
  readonly dir: string;
  /** storage.keep: false empties it at start. Default true. */
  readonly keep?: boolean;
  /** gc.policy; default Dragonfly's. */
  readonly policy?: Partial<CollectPolicy>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Which boot of the machine this is; default: what the kernel says. */
  readonly bootId?: string;
  /** Tasks open at once; default OPEN_TASKS_MAX. */
  readonly openTasksMax?: number;
  /** Of the native addon, which punches holes; default where it is built. */
  readonly addonPath?: string;
}

/** Says whether the storage was closed in order. Anything else at start, also nothing, and there may be garbage to clean up. */
const LIFE_KEY = `${PREFIX.state}life`;

export class DiskStorage implements Storage {
  readonly facts: MetadataFacts;
  readonly #parts: DiskParts;
  readonly #upkeep: DiskUpkeep;
  readonly #tasks: DiskTasks;
  readonly #pins: PinCounts;
  readonly #policy: CollectPolicy;
  #temporaryMade = 0;
  #closing: Promise<void> | undefined;

  private constructor(
    parts: DiskParts,
    options: DiskStorageOptions,
    begun: { readonly wasKilled: boolean; readonly pins: PinCounts },
  ) {
    this.#parts = parts;
    this.#pins = begun.pins;
    this.#policy = { ...DEFAULT_COLLECT_POLICY, ...options.policy };
    this.#tasks = new DiskTasks(parts, options.openTasksMax ?? OPEN_TASKS_MAX);
    this.facts = new MetadataFacts(parts.metadata, parts.log);
    this.#upkeep = new DiskUpkeep(parts, begun.wasKilled);
  }

  /**
   * Opens the storage in its folder. Reads the records, but no file of any task.
   * @throws InvalidInputError INVALID_CONFIG when the folder holds something else; P2pfsError BUSY when another process has it;
   *   what the disk says
   */
  static async open(options: DiskStorageOptions): Promise<DiskStorage> {
    const { clock, log } = options;
    const paths = await prepareFolder(options.dir);
    const reserve = new Reserve(paths.reserve);
    await reserve.find();
    const metadataOptions = { folder: paths.metadata, clock, log, reserve };
    const keep = options.keep ?? true;
    const metadata = await (keep ? Metadata.open(metadataOptions) : Metadata.openEmpty(metadataOptions));
    try {
      if (!keep) await setAside(paths);
      const wasKilled = (await metadata.get(LIFE_KEY)) !== "closed";
      const table = await TaskTable.load(metadata, log);
      const pins = new PinCounts();
      const room = new DiskRoom({
        paths,
        clock,
        thresholdBytes: options.policy?.diskThresholdBytes ?? 0,
        cacheThresholdBytes: options.policy?.cacheThresholdBytes ?? 0,
        reserve,
        pinnedBytes: () => pinnedBytes(pins, table),
      });
      for (const entry of table.values()) room.add(entry.usedBytes, entry.kind);
      const holes = await findHoles(paths, options.addonPath);
      metadata.put(LIFE_KEY, "open");
      // On a disk that is full to the last byte the storage still serves what it holds.
      await metadata.flush({ sync: true }).catch(() => {});
      const bootId = options.bootId ?? (await readBootId());
      const serial = new SerialByKey();
      const opened = new Map<TaskEntry, OpenedTask>();
      const parts = { paths, clock, log, bootId, metadata, table, room, reserve, holes, serial, opened };
      return new DiskStorage(parts, options, { wasKilled, pins });
    } catch (error) {
      await metadata.close();
      throw error;
    }
  }

  record(id: string): TaskRecord | undefined {
    return this.#parts.table.get(id)?.record;
  }

  *records(): Iterable<TaskRecord> {
    for (const entry of [...this.#parts.table.values()]) yield entry.record;
  }

  async create(record: TaskRecord): Promise<StoredTask> {
    this.#assertOpen();
    checkRecord(record);
    return this.#parts.serial.run(record.id, async () => {
      const { table, bootId } = this.#parts;
      if (table.get(record.id) !== undefined)
        throw new P2pfsError("ALREADY_EXISTS", `the task ${record.id} exists already`);
      const entry = TaskEntry.of(record, { nonce: randomInt(2 ** 32), usedBytes: 0, dirtyBootId: bootId });
      return this.#tasks.create(entry);
    });
  }

  async open(id: string): Promise<StoredTask> {
    this.#assertOpen();
    return this.#parts.serial.run(id, async () => this.#tasks.open(this.#known(id)));
  }

  async delete(id: string): Promise<void> {
    this.#assertOpen();
    return this.#parts.serial.run(id, async () => this.#tasks.remove(this.#known(id)));
  }

  pin(id: string): () => void {
    return this.#pins.pin(id);
  }

  async usage(): Promise<StorageUsage> {
    this.#assertOpen();
    await this.#upkeep.counted;
    return this.#parts.room.usage(this.#parts.table.size);
  }

  get availableBytes(): number {
    return this.#parts.room.availableBytes;
  }

  get canEvict(): boolean {
    return this.#parts.holes.possible;
  }

  async hasRoom(bytes: number): Promise<boolean> {
    return bytes <= (await this.usage()).availableBytes;
  }

  async collect(needBytes = 0, options?: { readonly freshToo: boolean }): Promise<string[]> {
    this.#assertOpen();
    const { serial, table, clock } = this.#parts;
    const drop = (id: string) =>
      serial.run(id, async () => {
        const entry = table.get(id);
        if (entry === undefined || this.#inUse(entry)) return undefined;
        const { usedBytes } = entry;
        await this.#tasks.remove(entry);
        return usedBytes;
      });
    return collectFrom(
      { candidates: () => this.#candidates(), usage: () => this.usage(), drop },
      this.#policy,
      clock.nowMs(),
      needBytes,
      options?.freshToo,
    );
  }

  async temporaryFile(): Promise<{ readonly fd: number; close(): Promise<void> }> {
    this.#assertOpen();
    const { room, paths } = this.#parts;
    if (room.temporaryFiles.size >= TEMPORARY_FILES_MAX)
      throw new LimitError(`more than ${TEMPORARY_FILES_MAX} files of unknown length at once`);
    const path = join(paths.temporary, `stream-${process.pid}-${this.#temporaryMade++}`);
    const file = await open(path, "wx+", 0o600).catch((error: unknown) => {
      throw asWriteError(error, "cannot make a temporary file");
    });
    room.addTemporary(file);
    await unlink(path).catch((error: NodeJS.ErrnoException) => {
      // The cleaning after a start may have been faster.
      if (error.code !== "ENOENT") throw error;
    });
    let closing: Promise<void> | undefined;
    const close = async () => {
      room.dropTemporary(file);
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

  /** One round of upkeep now, as it happens every minute: access times, counters, and idle tasks made durable. */
  maintain(): Promise<void> {
    return this.#upkeep.round();
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    const { serial, opened, room, metadata, table } = this.#parts;
    await this.#upkeep.close();
    await serial.idle();
    for (const [entry, task] of [...opened]) await this.#tasks.close(entry, task);
    await this.#upkeep.syncAll();
    for (const file of [...room.temporaryFiles]) await file.close();
    table.putTouched();
    metadata.put(LIFE_KEY, "closed");
    await metadata.close();
  }

  #known(id: string): TaskEntry {
    const entry = this.#parts.table.get(id);
    if (entry === undefined) throw new NotFoundError(`no task ${id} is known here`);
    return entry;
  }

  #inUse(entry: TaskEntry): boolean {
    return this.#parts.opened.has(entry) || this.#pins.has(entry.id);
  }

  *#candidates(): Generator<CollectCandidate> {
    for (const entry of this.#parts.table.values()) {
      const { id, kind, updatedAtMs } = entry;
      yield { id, kind, updatedAtMs, inUse: this.#inUse(entry) };
    }
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new UnavailableError("the storage is closed", {}, "CLOSED");
  }
}

function pinnedBytes(pins: PinCounts, table: TaskTable): number {
  let bytes = 0;
  for (const id of pins.ids()) {
    const entry = table.get(id);
    if (entry?.kind === "standard") bytes += entry.usedBytes;
  }
  return bytes;
}

async function findHoles(paths: StoragePaths, addonPath: string | undefined): Promise<Holes> {
  const path = join(paths.temporary, `holes-${process.pid}`);
  // A disk that takes no file more is served all the same.
  const scratch = await open(path, "w", 0o600).catch(() => undefined);
  try {
    return await Holes.find(scratch, addonPath);
  } finally {
    await scratch?.close();
    await rm(path, { force: true });
  }
}

/** storage.keep=false: the content goes out of the way at once, and away with the other temporary files. */
async function setAside(paths: StoragePaths): Promise<void> {
  const folder = await mkdtemp(join(paths.temporary, "discarded-"));
  await rename(paths.content, join(folder, "content"));
  await rm(paths.content, { recursive: true, force: true });
}
