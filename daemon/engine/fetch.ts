/**
 * One fetch of one stretch of blocks into the content file, from whoever sends them in order: the source, or a seed. Counts what
 * came and when. Retries, waits and choices are the task's.
 */
import type { Clock } from "../../base/clock.ts";
import type { Destination } from "../../base/destination.ts";
import type { P2pfsError } from "../../base/errors.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import type { BookedParent } from "../parent/parent-book.ts";
import type { BlockRange, FetchPlan, WantPriority } from "../piece/want-list.ts";
import type { StoredTask } from "../storage/storage.ts";
import type { Seed } from "../transport/seeds.ts";
import { Arrivals, type FetchEvents } from "./arrivals.ts";
import type { RoomClaims } from "./room-claims.ts";

/** A fetch under way. `next` moves as blocks come; `end` is where it stops. */
export interface Fetch extends BlockRange {
  readonly next: number;
  /** False while there is no room for it yet, and when there was none. */
  readonly granted: boolean;
  readonly priority: WantPriority;
  /** Who gives the bytes: "source", a parent's peer id, or a seed's host id. */
  readonly place: string;
  /** The parent that gives them, or the seed; neither: the source. */
  readonly parent?: BookedParent;
  readonly seed?: Seed;
  readonly startedMs: number;
  /** When the last block came; at first, when it began. */
  readonly progressMs: number;
  /** Settles when the fetch is over, well or not. */
  readonly ended: Promise<void>;
}

export interface FetchTask {
  readonly stored: StoredTask;
  readonly plan: FetchPlan;
  readonly clock: Clock;
  readonly room: RoomClaims;
  /** See RoomRequest. */
  readonly atOnceBytes: number;
  /** False: the whole is asked for, from its start. */
  readonly ranges: boolean;
  readonly place: string;
  readonly seed?: Seed;
  /** Fills the destination, in order. */
  readonly read: (into: Destination, signal: AbortSignal) => Promise<unknown>;
  /** What it means when a block that is here already comes with other bytes. */
  readonly differs: () => P2pfsError;
}

/** Starts a fetch, once there is room for it. */
export function fetchBlocks(task: FetchTask, events: FetchEvents, signal: AbortSignal): Fetch {
  const { stored, plan } = task;
  const startedMs = task.clock.monotonicMs();
  let progressMs = startedMs;
  const told = {
    ...events,
    block(block: number, length: number): void {
      progressMs = task.clock.monotonicMs();
      events.block(block, length);
    },
  };
  const into = new Arrivals(stored, plan, told, task.differs);
  const ended = Promise.resolve()
    .then(async () => {
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
      await task.read(into, signal);
    })
    .finally(() => into.claim?.end());
  return {
    start: plan.start,
    priority: plan.priority,
    place: task.place,
    ...(task.seed === undefined ? {} : { seed: task.seed }),
    startedMs,
    ended,
    get progressMs() {
      return progressMs;
    },
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
