/**
 * The log of a detached daemon: a file of bounded size, and a bounded number of older ones beside it (dfdaemon.log,
 * dfdaemon.log.1, …). Lines are written in order, off the main thread; a disk that does not keep up loses lines, not memory.
 */
import { writeSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { Clock } from "../base/clock.ts";
import { LOG_BUFFER_BYTES_MAX } from "../base/limits.ts";
import { fromUnknown } from "../base/node-errors.ts";

export interface LogFileOptions {
  /** Absolute path of the current file. */
  readonly path: string;
  /** Bytes after which a new file is begun. */
  readonly fileBytes: number;
  /** Files kept, the current one included. */
  readonly fileCount: number;
  readonly clock: Clock;
}

export class LogFile {
  readonly #options: LogFileOptions;
  #file: FileHandle;
  #bytes: number;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #writing: Promise<void> | undefined;
  #closed = false;

  private constructor(options: LogFileOptions, file: FileHandle, bytes: number) {
    this.#options = options;
    this.#file = file;
    this.#bytes = bytes;
  }

  /** Appends to the file. @throws P2pfsError when it cannot be opened */
  static async open(options: LogFileOptions): Promise<LogFile> {
    try {
      const file = await open(options.path, "a", 0o600);
      return new LogFile(options, file, (await file.stat()).size);
    } catch (error) {
      throw fromUnknown(error, `cannot write the log ${options.path}`);
    }
  }

  /** Takes one line with its end; never waits. */
  write(line: string): void {
    if (this.#closed) return;
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > LOG_BUFFER_BYTES_MAX) {
      this.#dropped += 1;
      return;
    }
    this.#take(bytes);
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Writes what waits at once, for a process about to end. */
  flushSync(): void {
    const bytes = Buffer.concat(this.#waiting.splice(0));
    this.#waitingBytes = 0;
    try {
      if (bytes.length > 0) writeSync(this.#file.fd, bytes);
    } catch {
      // There is no other place to say it.
    }
  }

  /** Writes what waits and closes the file. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    await this.#drain();
    await this.#file.close();
  }

  #take(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#batch();
      const bytes = Buffer.concat(lines);
      this.#waitingBytes -= bytes.length;
      try {
        if (this.#bytes > 0 && this.#bytes + bytes.length > this.#options.fileBytes) await this.#rotate();
        await this.#file.appendFile(bytes);
        this.#bytes += bytes.length;
      } catch {
        // A full or broken disk: these lines are lost, and counted for when it can be written again.
        this.#dropped += lines.length;
        continue;
      }
      if (this.#dropped > 0) this.#tellDropped();
    }
  }

  /** The lines that fit into the current file, or into an empty one where none does; at least one. */
  #batch(): Buffer[] {
    const { fileBytes } = this.#options;
    const first = this.#waiting[0]?.length ?? 0;
    const room = this.#bytes + first > fileBytes ? fileBytes : fileBytes - this.#bytes;
    let bytes = 0;
    const end = this.#waiting.findIndex((line) => {
      bytes += line.length;
      return bytes > room;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : Math.max(1, end));
  }

  #tellDropped(): void {
    const event = {
      level: "warn",
      time: new Date(this.#options.clock.nowMs()).toISOString(),
      lines: this.#dropped,
      event: "log-lines-lost",
    };
    this.#dropped = 0;
    this.#take(Buffer.from(`${JSON.stringify(event)}\n`));
  }

  async #rotate(): Promise<void> {
    const { path, fileCount } = this.#options;
    const name = (age: number) => (age === 0 ? path : `${path}.${age}`);
    await rm(name(fileCount - 1), { force: true });
    for (let age = fileCount - 2; age >= 0; age -= 1)
      await rename(name(age), name(age + 1)).catch(() => {
        // Somebody removed it, or it was never there.
      });
    const next = await open(path, "a", 0o600);
    const last = this.#file;
    this.#file = next;
    this.#bytes = 0;
    await last.close();
  }
}
