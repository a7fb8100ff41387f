/** What a daemon holds of its machine, before and after; and whether it holds more than it did. */
import { readdirSync } from "node:fs";
import type { ClusterHost } from "../../test/system/cluster.ts";

/** One daemon at rest. */
export interface Holdings {
  readonly descriptors: number;
  readonly sockets: number;
  readonly threads: number;
  /** That the kernel knows of its mount. */
  readonly inodes: number;
  readonly handles: number;
  /** Of the cluster's scheduler, on the host that has it. */
  readonly conversations: number;
  readonly residentMiB: number;
}

/**
 * How much more than before is none: connections come and go by the minute, the allocator keeps what it had, and the files of the
 * load itself are known.
 */
const SLACK: Readonly<Record<keyof Holdings, (before: number) => number>> = {
  descriptors: (before) => before + 8,
  sockets: (before) => before + 8,
  threads: (before) => before + 1,
  inodes: (before) => before + 4,
  handles: (before) => before,
  conversations: (before) => before,
  residentMiB: (before) => before * 1.35 + 24,
};

export const KEYS = Object.keys(SLACK) as (keyof Holdings)[];

export async function holdingsOf(host: ClusterHost): Promise<Holdings> {
  const metrics = await host.metrics();
  const gauge = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1] ?? 0);
  const { all, sockets } = host.descriptors();
  return {
    descriptors: all,
    sockets,
    threads: readdirSync(`/proc/${host.pid}/task`).length,
    inodes: gauge("p2pfs_mount_inodes"),
    handles: gauge("p2pfs_mount_handles"),
    conversations: gauge("p2pfs_scheduler_conversations"),
    residentMiB: Math.round(host.residentBytes() / 2 ** 20),
  };
}

/** What is held beyond what was. */
export function grown(before: Holdings, after: Holdings): (keyof Holdings)[] {
  return KEYS.filter((key) => after[key] > SLACK[key](before[key]));
}
