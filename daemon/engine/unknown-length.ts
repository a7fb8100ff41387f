/**
 * Content whose origin does not tell its length: streamed once, in order, into a nameless file, and made a task when its
 * end is known. Nobody reads it before that: without a length there is no honest stat(2).
 */
import { read as fsRead, write as fsWrite } from "node:fs";
import { promisify } from "node:util";
import type { Clock } from "../../base/clock.ts";
import { deadlineSignal } from "../../base/deadline.ts";
import { BLOCK_BYTES, STREAMED_FILE_DEADLINE_MS } from "../../base/limits.ts";
import type { Source, SourceRequest, SourceStat } from "../source/source.ts";
import type { Storage, StoredTask } from "../storage/storage.ts";
import type { TaskRecord } from "../task/task-record.ts";

const readAt = promisify(fsRead);
const writeAt = promisify(fsWrite);

export interface StreamedFile {
  readonly storage: Storage;
  readonly source: Source;
  readonly request: SourceRequest;
  readonly stat: SourceStat;
  readonly clock: Clock;
  /** The record for the length that came. */
  readonly record: (length: number) => TaskRecord;
}

/** Fetches everything and returns the task, open, with every block present. @throws what the source throws */
export async function streamUnknownLength(file: StreamedFile): Promise<StoredTask> {
  const temporary = await file.storage.temporaryFile();
  const deadline = deadlineSignal(
    file.clock,
    "the end of a file of unknown length",
    STREAMED_FILE_DEADLINE_MS,
  );
  try {
    const crcs: number[] = [];
    const into = {
      fd: temporary.fd,
      offset: 0,
      length: undefined,
      onBlock: (_block: number, _length: number, crc: number) => void crcs.push(crc),
    };
    const { validator } = file.stat;
    const { length } = await file.source.read(
      { ...file.request, into, contentLength: undefined, validator, ranges: false },
      deadline.signal,
    );
    const stored = await file.storage.create(file.record(length));
    try {
      await copyBlocks(temporary.fd, stored, crcs);
      stored.update({ bytesFromSource: length });
    } catch (error) {
      await stored.close();
      await file.storage.delete(stored.record.id);
      throw error;
    }
    return stored;
  } finally {
    deadline.close();
    await temporary.close();
  }
}

async function copyBlocks(fd: number, stored: StoredTask, crcs: readonly number[]): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  for (const [block, crc] of crcs.entries()) {
    const offset = block * BLOCK_BYTES;
    const length = Math.min(BLOCK_BYTES, stored.record.contentLength - offset);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await readAt(fd, buffer, 0, length - done, offset + done);
      for (let written = 0; written < bytesRead; ) {
        const { bytesWritten } = await writeAt(
          stored.fd,
          buffer,
          written,
          bytesRead - written,
          offset + done + written,
        );
        written += bytesWritten;
      }
      done += bytesRead;
    }
    stored.setBlock(block, crc);
  }
}
