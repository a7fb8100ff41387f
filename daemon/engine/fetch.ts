/**
 * One fetch of one stretch of blocks from the source into the content file: counts what came and when. Retries, waits
 * and choices are the task's.
 */
import type { Clock } from "../../base/clock.ts";
import { ChangedError } from "../../base/errors.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import type { BookedParent } from "../parent/parent-book.ts";
import type { BlockRange, FetchPlan, WantPriority } from "../piece/want-list.ts";
import type { SourceOf, SourceRequest } from "../source/source.ts";
import type { StoredTask } from "../storage/storage.ts";
import { Arrivals, type FetchEvents } from "./arrivals.ts";
import type { RoomClaims } from "./room-claims.ts";

/** A fetch under way. `next` moves as blocks come; `end` is where it stops. */
export interface Fetch extends BlockRange {
  readonly next: number;
  /** False while there is no room for it yet, and when there was none. */
  readonly granted: boolean;
  readonly priority: WantPriority;
  /** Who gives the bytes: "source", or a parent's peer id. */
  readonly place: string;
  /** The parent that gives them; absent: the source. */
  readonly parent?: BookedParent;
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
  /** See RoomRequest. */
  readonly atOnceBytes: number;
  /** False: the whole is asked for, from its start. */
  readonly ranges: boolean;
}

/** Starts a fetch, once there is room for it. */
export function fetchBlocks(task: FetchTask, events: FetchEvents, signal: AbortSignal): Fetch {
  const { stored, plan } = task;
  const { record } = stored;
  const otherBytes = () => new ChangedError("the origin sends other bytes than before for the same version");
  const into = new Arrivals(stored, plan, events, otherBytes);
  const ended = Promise.resolve()
    .then(async () => {
      const source = task.sourceOf(task.request.url);
      // Without ranges it is the whole or nothing, and what is here already takes no more room.
      const hereBytes = task.ranges ? 0 : stored.blocksPresent * BLOCK_BYTES;
      const bytes = Math.max(1, into.length - hereBytes);
      const leastBytes = task.ranges ? into.lengthTo(plan.start + 1) : bytes;
      into.claim = await task.room.claim(
        { bytes, leastBytes, atOnceBytes: task.atOnceBytes, priority: plan.priority },
        signal,
      );
      if (into.claim.bytes < bytes) {
        into.end = plan.start + Math.floor(into.claim.bytes / BLOCK_BYTES);
        events.cut();
      }
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
    .finally(() => into.claim?.end());
  return {
    start: plan.start,
    priority: plan.priority,
    place: "source",
    startedMs: task.clock.monotonicMs(),
    ended,
    get granted() {
      return into.claim !== undefined;
    },
    get end() {
      return into.end;
    },
    get next() {
      return into.next;
    },
  };
}

/** Mean rate so far in 10^6 bytes a second; never 0, so that a wait can be computed from it. */
export function megabytesPerSecond(fetch: Fetch, nowMs: number): number {
  const bytes = (fetch.next - fetch.start) * BLOCK_BYTES;
  const seconds = Math.max(nowMs - fetch.startedMs, 1) / 1000;
  return Math.max(bytes / seconds / 1e6, 0.001);
}
