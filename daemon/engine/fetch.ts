/**
 * One fetch of one stretch of blocks from the source into the content file: counts what came and when. Retries, waits
 * and choices are the task's.
 */
import { readSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { Clock } from "../../base/clock.ts";
import { ChangedError } from "../../base/errors.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import { hasBit } from "../piece/bits.ts";
import type { BlockRange, FetchPlan } from "../piece/want-list.ts";
import type { SourceOf, SourceRequest } from "../source/source.ts";
import type { StoredTask } from "../storage/storage.ts";
import type { RoomClaim, RoomClaims } from "./room-claims.ts";

/** A fetch under way. `next` moves as blocks come; `end` is where it stops. */
export interface Fetch extends BlockRange {
  readonly next: number;
  /** Who gives the bytes: "source". */
  readonly place: string;
  readonly startedMs: number;
  /** Settles when the fetch is over, well or not. */
  readonly ended: Promise<void>;
}

export interface FetchTask {
  readonly stored: StoredTask;
  readonly request: SourceRequest;
  readonly plan: FetchPlan;
  readonly sourceOf: SourceOf;
  readonly clock: Clock;
  readonly room: RoomClaims;
  /** False: the whole is asked for, from its start. */
  readonly ranges: boolean;
}

/** Starts a fetch. @param onBlock called for each block that was not here before, after its bit is set */
export function fetchBlocks(
  task: FetchTask,
  onBlock: (block: number, length: number) => void,
  signal: AbortSignal,
): Fetch {
  const { stored, plan } = task;
  const { record } = stored;
  const state = { next: plan.start };
  let claim: RoomClaim | undefined;
  const offset = plan.start * BLOCK_BYTES;
  const length = Math.min(plan.end * BLOCK_BYTES, record.contentLength) - offset;
  const into = {
    fd: stored.fd,
    offset,
    length,
    has: (block: number) => hasBit(stored.blocks, block),
    onBlock(block: number, blockLength: number, crc: number): void {
      if (hasBit(stored.blocks, block)) {
        if (crc !== crcOf(stored, block, blockLength))
          throw new ChangedError("the origin sends other bytes than before for the same version");
        state.next = block + 1;
        return;
      }
      stored.setBlock(block, crc);
      claim?.arrived(blockLength);
      state.next = block + 1;
      onBlock(block, blockLength);
    },
  };
  const ended = Promise.resolve()
    .then(async () => {
      const source = task.sourceOf(task.request.url);
      claim = await task.room.claim(length);
      await source.read(
        {
          ...task.request,
          into,
          contentLength: record.contentLength,
          validator: {
            ...(record.etag === undefined ? {} : { etag: record.etag }),
            ...(record.lastModified === undefined ? {} : { lastModified: record.lastModified }),
            length: record.contentLength,
          },
          ranges: task.ranges,
        },
        signal,
      );
    })
    .finally(() => claim?.end());
  return {
    start: plan.start,
    end: plan.end,
    place: "source",
    startedMs: task.clock.monotonicMs(),
    ended,
    get next() {
      return state.next;
    },
  };
}

/** CRC-32 of a block that is here; read back where it is not remembered. Rare: only when something is fetched twice. */
function crcOf(stored: StoredTask, block: number, length: number): number {
  const remembered = stored.blockCrc(block);
  if (remembered !== undefined) return remembered;
  const buffer = Buffer.allocUnsafeSlow(length);
  const read = readSync(stored.fd, buffer, 0, length, block * BLOCK_BYTES);
  return crc32(buffer.subarray(0, read));
}

/** Mean rate so far in 10^6 bytes a second; never 0, so that a wait can be computed from it. */
export function megabytesPerSecond(fetch: Fetch, nowMs: number): number {
  const bytes = (fetch.next - fetch.start) * BLOCK_BYTES;
  const seconds = Math.max(nowMs - fetch.startedMs, 1) / 1000;
  return Math.max(bytes / seconds / 1e6, 0.001);
}
