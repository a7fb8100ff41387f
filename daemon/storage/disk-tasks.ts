/**
 * Makes, opens, shares and closes tasks' files. Every method but `pathOf` is called in the turn of the task's id; this file does not
 * take turns itself.
 */
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { LimitError, P2pfsError } from "../../base/errors.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { asWriteError } from "../../base/write-error.ts";
import { type ContentFiles, createFiles, openFiles, removeFiles } from "./content-files.ts";
import { DiskMarks, pieceKeys } from "./disk-marks.ts";
import type { DiskParts, OpenedTask } from "./disk-parts.ts";
import type { StoredTask } from "./storage.ts";
import { bitsPathOf, taskFolder } from "./storage-folder.ts";
import { TaskContent } from "./task-content.ts";
import type { TaskEntry } from "./task-entry.ts";

/** Changes of a record that may wait for the minute's upkeep. */
const LAZY_FIELDS = new Set(["updatedAtMs", "bytesFromSource", "bytesFromPeers", "uploadedCount"]);
/** Errors of the disk that keep their code; the others would be taken for something about the task: ENOENT is not its absence. */
const OWN_CODES = new Set(["NO_SPACE", "TOO_MANY_OPEN", "READ_ONLY"]);

export class DiskTasks {
  readonly #parts: DiskParts;
  readonly #openMax: number;
  /** Tasks open or being opened. */
  #openCount = 0;

  constructor(parts: DiskParts, openMax: number) {
    this.#parts = parts;
    this.#openMax = openMax;
  }

  /** Makes a task's record and files. @throws LimitError NO_SPACE, TOO_MANY_OPEN; P2pfsError IO. Then nothing of it is left */
  create(entry: TaskEntry): Promise<StoredTask> {
    return this.#opening(async () => {
      const { table, metadata } = this.#parts;
      const { record, nonce } = entry;
      const marks = this.#marks(entry);
      // The record comes first: files without one are garbage, a record without files is an empty task.
      table.add(entry);
      try {
        await metadata.flush();
        const path = this.#pathOf(entry);
        return this.#attach(entry, marks, await createFiles({ path, record, nonce, prepare: marks.prepare }));
      } catch (error) {
        table.forget(entry);
        table.erase(entry);
        throw error;
      }
    });
  }

  /** Opens a known task, or shares the files that are open already. @throws as create */
  async open(entry: TaskEntry): Promise<StoredTask> {
    const opened = this.#parts.opened.get(entry);
    if (opened !== undefined) return opened.content.opening();
    return this.#opening(() => this.#openFiles(entry));
  }

  /** Forgets a task, and its names; the bytes of one that is open go with its last close. @throws P2pfsError IO */
  async remove(entry: TaskEntry): Promise<void> {
    const { table, metadata, room, opened } = this.#parts;
    const task = opened.get(entry);
    if (task !== undefined) {
      task.content.deleted = true;
      task.marks.forgotten = true;
    }
    table.forget(entry);
    let failed: unknown;
    try {
      await metadata.deleteAll(pieceKeys(entry));
    } catch (error) {
      failed = error;
    }
    table.erase(entry);
    // On a full disk the record may go only after the bytes; without them it stands for nothing.
    await metadata.flush().catch(() => {});
    await removeFiles(this.#pathOf(entry));
    // Not earlier: others fill what is told to be free.
    if (task === undefined) room.add(-entry.usedBytes, entry.kind);
    await metadata.flush().catch(() => {});
    if (failed !== undefined) throw fromUnknown(failed);
  }

  /** Closes a task's files. Nobody may use them any more. */
  async close(entry: TaskEntry, task: OpenedTask): Promise<void> {
    const { table, room, opened, log } = this.#parts;
    await task.content.idle();
    const allCleared = await task.marks.end();
    try {
      // Marks of bytes that are wrong could not be taken back: better no marks at all.
      if (!allCleared && !task.content.deleted) await unlink(bitsPathOf(task.content.path));
      const { blocks } = await task.file.stat();
      this.#count(entry, blocks * 512 + (await task.bits.allocatedBytes()));
    } catch (error) {
      log.warn({ taskId: entry.id, reason: fromUnknown(error).message }, "task-close-failed");
    }
    await task.bits.close();
    await task.file.close();
    opened.delete(entry);
    this.#openCount -= 1;
    if (task.content.deleted) room.add(-entry.usedBytes, entry.kind);
    table.touch(entry);
    entry.encode();
    entry.live = undefined;
  }

  #pathOf(entry: TaskEntry): string {
    return join(taskFolder(this.#parts.paths, entry.kind, entry.id), entry.id);
  }

  #marks(entry: TaskEntry): DiskMarks {
    const { metadata, clock, log, bootId, table } = this.#parts;
    return new DiskMarks({ entry, metadata, clock, log, bootId, table });
  }

  /** Counts an opening from its begin, so that many at once do not pass the bound together. */
  async #opening(make: () => Promise<StoredTask>): Promise<StoredTask> {
    if (this.#openCount >= this.#openMax)
      throw new LimitError(`more than ${this.#openMax} tasks are open`, {}, "TOO_MANY_OPEN");
    this.#openCount += 1;
    try {
      return await make();
    } catch (error) {
      this.#openCount -= 1;
      const known = asWriteError(error, "cannot open the task's files");
      if (error instanceof P2pfsError || OWN_CODES.has(known.code)) throw known;
      throw new P2pfsError("IO", known.message, { cause: error, details: known.details });
    }
  }

  async #openFiles(entry: TaskEntry): Promise<StoredTask> {
    const { table, bootId } = this.#parts;
    const { record, nonce } = entry;
    const marks = this.#marks(entry);
    const doubted = entry.dirtyBootId !== undefined && entry.dirtyBootId !== bootId;
    const path = this.#pathOf(entry);
    const files = await openFiles({ path, record, nonce, prepare: marks.prepare }, doubted);
    try {
      // What was found wrong goes before anybody may see it.
      await files.bits.flush();
      if (doubted) {
        // What was just read came from the disk; with the marks there too, nothing is in doubt.
        await files.content.datasync();
        await files.bits.datasync();
        table.markClean(entry);
      }
    } catch (error) {
      await files.bits.close();
      await files.content.close();
      throw error;
    }
    const task = this.#attach(entry, marks, files);
    if (files.pieces.setCount < files.pieces.length) this.#parts.opened.get(entry)?.content.unfinish();
    return task;
  }

  #attach(entry: TaskEntry, marks: DiskMarks, files: ContentFiles): StoredTask {
    const { table, clock, opened, serial, holes } = this.#parts;
    const { content: file, bits, blocks, pieces, crcs } = files;
    const path = this.#pathOf(entry);
    marks.attach({ content: file, bits, path });
    this.#count(entry, files.allocatedBytes);
    const { record } = entry;
    entry.live = record;
    entry.openings += 1;
    // A block that was discarded and came again is counted twice until the close; never more than the whole.
    const usedMax = files.allocatedBytes + record.contentLength;
    const content = new TaskContent({
      record,
      fd: file.fd,
      path,
      marks,
      blocks,
      pieces,
      crcs,
      nowMs: () => clock.nowMs(),
      onGrow: (bytes) => this.#count(entry, Math.min(usedMax, entry.usedBytes + bytes)),
      onShrink: (bytes) => this.#count(entry, Math.max(0, entry.usedBytes - bytes)),
      punch: (offset, length) => holes.punch(file.fd, offset, length),
      onUpdate: (changed, fields) => {
        entry.live = changed;
        entry.updatedAtMs = changed.updatedAtMs;
        if (fields.every((field) => LAZY_FIELDS.has(field))) table.touch(entry);
        else table.put(entry);
      },
      onRelease: () =>
        serial.run(entry.id, async () => {
          const task = opened.get(entry);
          if (task?.content === content && content.holders === 0) await this.close(entry, task);
        }),
    });
    opened.set(entry, { content, marks, file, bits });
    return content.opening();
  }

  /** Corrects what the task's files take. */
  #count(entry: TaskEntry, usedBytes: number): void {
    const { room, table } = this.#parts;
    room.add(usedBytes - entry.usedBytes, entry.kind);
    entry.usedBytes = usedBytes;
    table.touch(entry);
  }
}
