/**
 * What the storage does when nobody asks: after a start it cleans up behind a process that was killed, every minute it writes access
 * times and counters and makes idle tasks durable. It decides nothing about which tasks live.
 */
import { open, readdir, rmdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Timer } from "../../base/clock.ts";
import { CLOSE_SYNC_MS, SYNC_IDLE_MS, UPKEEP_MS } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { removeFiles } from "./content-files.ts";
import type { DiskParts } from "./disk-parts.ts";
import { bitsPathOf, idOfFile, KIND_FOLDERS, taskFolder } from "./storage-folder.ts";
import type { TaskEntry } from "./task-entry.ts";

export class DiskUpkeep {
  readonly #parts: DiskParts;
  /** Resolves when the sizes that a killed process did not write are counted. */
  readonly counted: Promise<void>;
  readonly #cleaned: Promise<void>;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  /** @param wasKilled an earlier process did not close the storage */
  constructor(parts: DiskParts, wasKilled: boolean) {
    this.#parts = parts;
    this.counted = wasKilled ? this.#countDirty() : Promise.resolve();
    this.#cleaned = this.#clean(wasKilled);
    this.#scheduleNext();
  }

  /** One round; when one is under way already, that one. */
  round(): Promise<void> {
    this.#running ??= this.#round().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Waits for what runs, and begins nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#running;
    await this.#cleaned;
  }

  /** Makes everything durable that can be within CLOSE_SYNC_MS, so that nothing is in doubt after an orderly stop. */
  async syncAll(): Promise<void> {
    const { clock, table } = this.#parts;
    const untilMs = clock.monotonicMs() + CLOSE_SYNC_MS;
    for (const entry of [...table.dirty]) {
      if (clock.monotonicMs() >= untilMs) return;
      if (entry.dirtyBootId === this.#parts.bootId) await this.#syncClosed(entry);
    }
  }

  #scheduleNext(): void {
    this.#timer = this.#parts.clock.schedule(UPKEEP_MS, () => {
      if (this.#closed) return;
      void this.round().finally(() => {
        if (!this.#closed) this.#scheduleNext();
      });
    });
  }

  async #round(): Promise<void> {
    const { table, metadata, opened, bootId } = this.#parts;
    await this.#cleaned;
    try {
      for (const entry of [...table.dirty]) {
        if (this.#closed) return;
        if (entry.dirtyBootId !== bootId) continue;
        const task = opened.get(entry);
        if (task === undefined) await this.#syncClosed(entry);
        else if (task.marks.idleMs >= SYNC_IDLE_MS) await task.content.track(task.marks.sync());
      }
      await this.#ensureReserve();
    } catch (error) {
      this.#parts.log.warn({ reason: fromUnknown(error).message }, "upkeep-failed");
    }
    table.putTouched();
    // A write that fails has been logged, and is tried again.
    await metadata.flush().catch(() => {});
  }

  /** Makes a task durable that nobody has open. One that is opened meanwhile has its own turn. */
  async #syncClosed(entry: TaskEntry): Promise<void> {
    const { table, serial, opened, log } = this.#parts;
    const { openings } = entry;
    const folder = taskFolder(this.#parts.paths, entry.kind, entry.id);
    const path = join(folder, entry.id);
    try {
      for (const name of [path, bitsPathOf(path), folder, join(folder, "..")]) await syncFile(name);
    } catch (error) {
      const known = fromUnknown(error);
      // Missing files hold nothing that could be in doubt.
      if (known.code !== "NOT_FOUND") {
        log.warn({ taskId: entry.id, reason: known.message }, "sync-failed");
        return;
      }
    }
    await serial.run(entry.id, async () => {
      if (!table.holds(entry) || entry.openings !== openings || opened.has(entry)) return;
      table.markClean(entry);
    });
  }

  /** A killed process counted what it wrote, but did not write the count. Only tasks it worked on can differ. */
  async #countDirty(): Promise<void> {
    const { table, paths, room, opened } = this.#parts;
    for (const entry of [...table.dirty]) {
      const { openings } = entry;
      const path = join(taskFolder(paths, entry.kind, entry.id), entry.id);
      const sizes = await Promise.all([path, bitsPathOf(path)].map(allocatedBytes));
      // Whoever opened it has counted it.
      if (!table.holds(entry) || entry.openings !== openings || opened.has(entry)) continue;
      const usedBytes = sizes.reduce((sum, size) => sum + size, 0);
      room.add(usedBytes - entry.usedBytes, entry.kind);
      entry.usedBytes = usedBytes;
      table.touch(entry);
    }
  }

  async #clean(wasKilled: boolean): Promise<void> {
    const { paths, log } = this.#parts;
    try {
      await this.#empty(paths.temporary);
      await this.#ensureReserve();
      if (wasKilled) for (const kind of Object.values(KIND_FOLDERS)) await this.#removeOrphans(kind);
    } catch (error) {
      log.warn({ reason: fromUnknown(error).message }, "cleaning-failed");
    }
  }

  async #ensureReserve(): Promise<void> {
    const { room, reserve, table } = this.#parts;
    if (!this.#closed) await reserve.ensure((await room.usage(table.size)).availableBytes);
  }

  /** Removes what is in a folder, however much it is, until the storage is closed. */
  async #empty(folder: string): Promise<void> {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (this.#closed) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        await this.#empty(path);
        if (!this.#closed) await rmdir(path);
      } else
        await unlink(path).catch((error: NodeJS.ErrnoException) => {
          // Made and unlinked while we looked.
          if (error.code !== "ENOENT") throw error;
        });
    }
  }

  /** Files whose record did not outlive a crash. */
  async #removeOrphans(kindFolder: string): Promise<void> {
    const { paths, serial, table } = this.#parts;
    const root = join(paths.content, kindFolder);
    for (const part of await namesIn(root)) {
      const ids = new Set((await namesIn(join(root, part))).map(idOfFile));
      for (const id of ids) {
        if (this.#closed) return;
        const belongs = () => {
          const entry = table.get(id);
          return entry !== undefined && KIND_FOLDERS[entry.kind] === kindFolder;
        };
        // Looked at again in the id's turn: it may be made this very moment.
        if (!belongs())
          await serial.run(id, async () => {
            if (!belongs()) await removeFiles(join(root, part, id));
          });
      }
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
}

async function allocatedBytes(path: string): Promise<number> {
  return stat(path).then(
    ({ blocks }) => blocks * 512,
    // Missing: it takes nothing.
    () => 0,
  );
}

/** fdatasync(2) writes what any process wrote to the file, through whichever descriptor. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
