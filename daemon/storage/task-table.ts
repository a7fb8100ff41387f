/** The entries of all known tasks, read from the metadata at start and written back to it. Files are not looked at. */
import type { Logger } from "../../base/logger.ts";
import { type Metadata, PREFIX } from "./metadata.ts";
import { TaskEntry } from "./task-entry.ts";

export class TaskTable {
  readonly #metadata: Metadata;
  readonly #entries = new Map<string, TaskEntry>();
  /** Entries with changes that may wait for the next upkeep: access times, counters, sizes. */
  readonly #touched = new Set<TaskEntry>();

  /** Entries whose marks are not known to be on the disk, of this boot or of another. */
  readonly dirty = new Set<TaskEntry>();

  private constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** Reads every record; one that is damaged is dropped, and its files are garbage. */
  static async load(metadata: Metadata, log: Logger): Promise<TaskTable> {
    const table = new TaskTable(metadata);
    const bootIds = new Map<string, string>();
    const intern = (bootId: string) => {
      const known = bootIds.get(bootId) ?? bootId;
      bootIds.set(known, known);
      return known;
    };
    for await (const page of metadata.pages(PREFIX.task))
      for (const [key, text] of page) {
        const id = key.slice(PREFIX.task.length);
        const entry = TaskEntry.decode(id, text, intern);
        if (entry === undefined) {
          log.warn({ taskId: id }, "record-damaged");
          metadata.delete(key);
          continue;
        }
        table.#entries.set(id, entry);
        if (entry.dirtyBootId !== undefined) table.dirty.add(entry);
      }
    return table;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): TaskEntry | undefined {
    return this.#entries.get(id);
  }

  /** Whether this very life of the task is known; another may have begun under its id. */
  holds(entry: TaskEntry): boolean {
    return this.#entries.get(entry.id) === entry;
  }

  values(): Iterable<TaskEntry> {
    return this.#entries.values();
  }

  /** Takes a new entry in. */
  add(entry: TaskEntry): void {
    this.#entries.set(entry.id, entry);
    if (entry.dirtyBootId !== undefined) this.dirty.add(entry);
    this.put(entry);
  }

  /** Forgets it here. On disk it is until `erase`. */
  forget(entry: TaskEntry): void {
    if (!this.holds(entry)) return;
    this.#entries.delete(entry.id);
    this.#touched.delete(entry);
    this.dirty.delete(entry);
  }

  /** Deletes the record of a forgotten entry, with the next batch. */
  erase(entry: TaskEntry): void {
    this.#metadata.delete(PREFIX.task + entry.id);
  }

  /** From now on its marks are in doubt after a power loss. */
  markDirty(entry: TaskEntry, bootId: string): void {
    entry.dirtyBootId = bootId;
    if (!this.holds(entry)) return;
    this.dirty.add(entry);
    this.put(entry);
  }

  /** All its marks and bytes are on the disk. */
  markClean(entry: TaskEntry): void {
    entry.dirtyBootId = undefined;
    this.dirty.delete(entry);
    this.put(entry);
  }

  /** Writes the entry as it is when the next batch is written. */
  put(entry: TaskEntry): void {
    if (!this.holds(entry)) return;
    this.#touched.delete(entry);
    this.#metadata.put(PREFIX.task + entry.id, () => entry.encode());
  }

  /** Writes the entry with the next upkeep. */
  touch(entry: TaskEntry): void {
    if (this.holds(entry)) this.#touched.add(entry);
  }

  /** Hands what was touched to the next batch. */
  putTouched(): void {
    for (const entry of [...this.#touched]) this.put(entry);
  }
}
