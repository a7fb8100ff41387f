/**
 * What is collected, and in which order: Dragonfly's keys and marks (its dfdaemon.yaml, gc.policy), over our own usage. It deletes
 * nothing itself.
 */
import { COLLECT_BATCH_MAX, COLLECT_FRESH_MS } from "../../base/limits.ts";
import type { TaskKind } from "../task/task-record.ts";
import type { StorageUsage } from "./storage.ts";

/** The keys of gc.policy that the storage heeds. */
export interface CollectPolicy {
  /** gc.policy.taskTTL, ms since a task's last use. Dragonfly's default: 30 days. */
  readonly taskTtlMs: number;
  /** gc.policy.diskThreshold, bytes for everything under storage.dir; 0: as much as the disk holds. */
  readonly diskThresholdBytes: number;
  /** gc.policy.cacheThreshold, bytes for content that is neither seeded nor pinned; 0: as much as there is room. */
  readonly cacheThresholdBytes: number;
  /** gc.policy.diskHighThresholdPercent: usage at which eviction begins; 1 to 99, default 80. */
  readonly diskHighThresholdPercent: number;
  /** gc.policy.diskLowThresholdPercent: usage at which it ends; 1 to 99, default 60. */
  readonly diskLowThresholdPercent: number;
}

/** Dragonfly's defaults. */
export const DEFAULT_COLLECT_POLICY: CollectPolicy = {
  taskTtlMs: 30 * 24 * 3_600_000,
  diskThresholdBytes: 0,
  cacheThresholdBytes: 0,
  diskHighThresholdPercent: 80,
  diskLowThresholdPercent: 60,
};

/** What the choice looks at. */
export interface CollectCandidate {
  readonly id: string;
  readonly kind: TaskKind;
  /** Last use. */
  readonly updatedAtMs: number;
  /** Open or pinned. */
  readonly inUse: boolean;
}

/** What is collected from. */
export interface Collectable {
  candidates(): Iterable<CollectCandidate>;
  usage(): Promise<StorageUsage>;
  /** Deletes a task unless it came into use meanwhile. @returns bytes it held; undefined: it stays */
  drop(id: string): Promise<number | undefined>;
}

/**
 * Whether a task may go at all. Kinds that persist never do: their end is decided by whoever keeps their names. Dragonfly spares
 * unfinished tasks for a day, because its downloads run to their end; ours may stay partial for ever (a reader that wanted
 * one tensor), and would fill the disk before that day is over. So idleness alone decides.
 */
function isCollectable(task: CollectCandidate, nowMs: number, freshToo: boolean): boolean {
  const isFresh = nowMs - task.updatedAtMs < COLLECT_FRESH_MS;
  return task.kind === "standard" && !task.inUse && (freshToo || !isFresh);
}

/** Bytes to free so that usage falls to the low mark; 0 below the high mark. */
export function bytesOverLowMark(usage: StorageUsage, policy: CollectPolicy): number {
  const { usedBytes, totalBytes } = usage;
  if (totalBytes === 0 || usedBytes * 100 < policy.diskHighThresholdPercent * totalBytes) return 0;
  return Math.max(0, usedBytes - Math.floor((policy.diskLowThresholdPercent * totalBytes) / 100));
}

/** The tasks used longest ago, oldest first, at most `countMax`. */
export function oldestFirst<T extends { readonly updatedAtMs: number }>(
  tasks: readonly T[],
  countMax: number,
): T[] {
  let oldest: readonly T[] = tasks;
  if (tasks.length > countMax) {
    // Numbers sort natively, many times faster than objects: they find the cut, and only what is below it is put in order.
    const times = Float64Array.from(tasks, (task) => task.updatedAtMs).sort();
    const cut = times[countMax - 1] ?? Number.POSITIVE_INFINITY;
    oldest = tasks.filter((task) => task.updatedAtMs <= cut);
  }
  return [...oldest].sort((a, b) => a.updatedAtMs - b.updatedAtMs).slice(0, countMax);
}

/**
 * Drops what is past its time to live, then, when usage is at the high mark or less than `needBytes` is available, the least
 * recently used.
 * @param freshToo also what was used a moment ago, and no more than is needed
 * @returns ids dropped
 */
export async function collectFrom(
  from: Collectable,
  policy: CollectPolicy,
  nowMs: number,
  needBytes = 0,
  freshToo = false,
): Promise<string[]> {
  const dropped: string[] = [];
  for (const task of [...from.candidates()]) {
    if (!isCollectable(task, nowMs, false) || nowMs - task.updatedAtMs < policy.taskTtlMs) continue;
    if ((await from.drop(task.id)) !== undefined) dropped.push(task.id);
  }
  const usage = await from.usage();
  const overBytes = freshToo ? 0 : bytesOverLowMark(usage, policy);
  let bytes = Math.max(overBytes, needBytes - usage.availableBytes);
  while (bytes > 0) {
    const evictable = [...from.candidates()].filter((task) => isCollectable(task, nowMs, freshToo));
    let progress = false;
    for (const task of oldestFirst(evictable, COLLECT_BATCH_MAX)) {
      if (bytes <= 0) break;
      const freed = await from.drop(task.id);
      if (freed === undefined) continue;
      dropped.push(task.id);
      bytes -= freed;
      progress = true;
    }
    if (!progress) break;
  }
  return dropped;
}
