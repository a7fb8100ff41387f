/**
 * Content whose origin does not tell its length: streamed once, in order, into a nameless file, and made a task when its
 * end is known. Nobody reads it before that: without a length there is no honest stat(2).
 */
import { read as fsRead, write as fsWrite } from "node:fs";
import { promisify } from "node:util";
import type { Clock } from "../../base/clock.ts";
import { deadlineSignal } from "../../base/deadline.ts";
import { BLOCK_BYTES, STREAMED_CLAIM_BYTES, STREAMED_FILE_DEADLINE_MS } from "../../base/limits.ts";
import type { Source, SourceRequest, SourceStat } from "../source/source.ts";
import type { Storage, StoredTask } from "../storage/storage.ts";
import type { TaskRecord } from "../task/task-record.ts";
import { noSpace, type RoomClaim, type RoomClaims } from "./room-claims.ts";

const readAt = promisify(fsRead);
const writeAt = promisify(fsWrite);

export interface StreamedFile {
  readonly storage: Storage;
  readonly source: Source;
  readonly request: SourceRequest;
  readonly stat: SourceStat;
  readonly clock: Clock;
  readonly room: RoomClaims;
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
  const room = new RoomAhead(file.room, deadline.signal);
  try {
    await room.first();
    const crcs: number[] = [];
    const into = {
      fd: temporary.fd,
      offset: 0,
      length: undefined,
      onBlock(_block: number, blockLength: number, crc: number): void {
        room.take(blockLength);
        crcs.push(crc);
      },
    };
    const { validator } = file.stat;
    const { length } = await file.source.read(
      { ...file.request, into, contentLength: undefined, validator, ranges: false },
      deadline.signal,
    );
    const stored = await file.storage.create(file.record(length));
    try {
      await copyBlocks(temporary.fd, stored, crcs, (bytes) => room.arrived(bytes));
      stored.update({ bytesFromSource: length });
    } catch (error) {
      await stored.close();
      await file.storage.delete(stored.record.id);
      throw error;
    }
    return stored;
  } finally {
    room.end();
    deadline.close();
    await temporary.close();
  }
}

/**
 * Room for bytes of which nobody knows how many come: claimed a stretch ahead of them, and kept until they are copied, for
 * the nameless file is counted by the storage itself.
 */
class RoomAhead {
  readonly #room: RoomClaims;
  readonly #signal: AbortSignal;
  readonly #claims: RoomClaim[] = [];
  /** Bytes claimed and not come. */
  #left = 0;
  #asking = false;
  #failure: unknown;

  constructor(room: RoomClaims, signal: AbortSignal) {
    this.#room = room;
    this.#signal = signal;
  }

  /** @throws LimitError NO_SPACE */
  async first(): Promise<void> {
    await this.#ask();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** So many bytes came. @throws LimitError NO_SPACE */
  take(bytes: number): void {
    this.#left -= bytes;
    // Bytes go on coming while room is made.
    const isOver = this.#left < (this.#failure === undefined ? -STREAMED_CLAIM_BYTES : 0);
    if (isOver) throw this.#failure ?? noSpace();
    if (this.#left < STREAMED_CLAIM_BYTES / 2 && !this.#asking && this.#failure === undefined)
      void this.#ask();
  }

  /** So many bytes are in the task's own file. */
  arrived(bytes: number): void {
    let count = bytes;
    for (const claim of this.#claims) {
      if (count <= 0) return;
      const before = this.#room.claimedBytes;
      claim.arrived(count);
      count -= before - this.#room.claimedBytes;
    }
  }

  end(): void {
    for (const claim of this.#claims) claim.end();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    const bytes = STREAMED_CLAIM_BYTES;
    try {
      const claim = await this.#room.claim(
        { bytes, leastBytes: BLOCK_BYTES, atOnceBytes: 0, priority: "copy" },
        this.#signal,
      );
      this.#claims.push(claim);
      this.#left += claim.bytes;
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#asking = false;
    }
  }
}

async function copyBlocks(
  fd: number,
  stored: StoredTask,
  crcs: readonly number[],
  copied: (bytes: number) => void,
): Promise<void> {
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
    copied(length);
  }
}
