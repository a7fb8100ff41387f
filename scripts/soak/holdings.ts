/** What a daemon holds of its machine and of its cluster, before and after; and whether it holds more than it did. */
import { readdirSync } from "node:fs";
import type { ClusterHost } from "../../test/system/cluster.ts";

/** One daemon at rest. */
export interface Holdings {
  readonly descriptors: number;
  /** Among the descriptors. */
  readonly sockets: number;
  readonly threads: number;
  /** Conversations with the scheduler about downloads. */
  readonly announceStreams: number;
  /** gRPC calls that it made, streams among them. */
  readonly callsMade: number;
  /** gRPC calls that it serves. */
  readonly callsServed: number;
  /** Of the cluster's scheduler, on the host that has it. */
  readonly conversations: number;
  /** That the kernel knows of its mount. */
  readonly inodes: number;
  readonly handles: number;
  readonly openTasks: number;
  /** Memory of its own: heaps, buffers, stacks. */
  readonly anonymousMiB: number;
  /** Of which the heap of JavaScript. */
  readonly heapMiB: number;
  /** What its objects fill, those that are not collected yet among them. */
  readonly objectsMiB: number;
  /** Programs and tables that are mapped, and may be dropped. */
  readonly mappedMiB: number;
}

/**
 * How much is not more than before. Connections, and the calls over them, come and go by the minute: who the parents of a file are
 * is drawn anew each time. Memory that is there to stay comes with the load as well: four buffers of each of three kinds, the
 * write buffers of two databases of 4 MiB each, compiled code; the collector runs when it has a reason to, and the allocator keeps
 * pages of which any byte is in use. That is the same after three minutes and after thirty; what leaks is not.
 */
const ALLOWED: Readonly<Record<keyof Holdings, (before: number) => number>> = {
  descriptors: (before) => before + 8,
  sockets: (before) => before + 8,
  threads: (before) => before + 1,
  announceStreams: (before) => before,
  callsMade: (before) => before + 4,
  callsServed: (before) => before + 4,
  conversations: (before) => before,
  inodes: (before) => before + 4,
  handles: (before) => before,
  openTasks: (before) => before,
  anonymousMiB: (before) => before + 24,
  heapMiB: (before) => before + 12,
  objectsMiB: (before) => before + 8,
  mappedMiB: (before) => before + 4,
};

export const KEYS = Object.keys(ALLOWED) as (keyof Holdings)[];

export async function holdingsOf(host: ClusterHost): Promise<Holdings> {
  const metrics = await host.metrics();
  const gauge = (name: string) =>
    Number(
      metrics
        .split("\n")
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length) ?? 0,
    );
  const { all, sockets } = host.descriptors();
  return {
    descriptors: all,
    sockets,
    threads: readdirSync(`/proc/${host.pid}/task`).length,
    announceStreams: gauge("p2pfs_announce_streams"),
    callsMade: gauge('p2pfs_grpc_calls_open{side="client"}'),
    callsServed: gauge('p2pfs_grpc_calls_open{side="server"}'),
    conversations: gauge("p2pfs_scheduler_conversations"),
    inodes: gauge("p2pfs_mount_inodes"),
    handles: gauge("p2pfs_mount_handles"),
    openTasks: gauge("p2pfs_tasks_open"),
    anonymousMiB: toMiB(host.memoryBytes("RssAnon")),
    heapMiB: toMiB(gauge('p2pfs_memory_bytes{use="heap"}')),
    objectsMiB: toMiB(gauge('p2pfs_memory_bytes{use="objects"}')),
    mappedMiB: toMiB(host.memoryBytes("RssFile")),
  };
}

/** What is held beyond what was and what is allowed. */
export function grown(before: Holdings, after: Holdings): (keyof Holdings)[] {
  return KEYS.filter((key) => after[key] > ALLOWED[key](before[key]));
}

/** A line for each thing that is held: of each host "before → after ≤ allowed". */
export function table(
  names: readonly string[],
  before: readonly Holdings[],
  after: readonly Holdings[],
): string {
  const rows = KEYS.map((key) => [
    key,
    ...names.map((_, index) => {
      const [one, other] = [before[index]?.[key] ?? Number.NaN, after[index]?.[key]];
      return `${one} → ${other} ≤ ${ALLOWED[key](one)}`;
    }),
  ]);
  const all = [["", ...names], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function toMiB(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
