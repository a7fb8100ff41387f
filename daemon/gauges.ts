/** Metrics that are looked up when somebody scrapes: disk, memory, tasks, mounts, streams, and how late the event loop runs. */
import type { LoopWatchdog } from "./loop-watchdog.ts";
import { openCalls } from "./rpc/open-calls.ts";
import type { DaemonMetrics } from "./server/metrics.ts";
import type { MountHost, StorageFigures } from "./server/ports.ts";

export interface Observed {
  readonly metrics: DaemonMetrics;
  readonly watchdog: LoopWatchdog;
  readonly usage: () => Promise<StorageFigures>;
  readonly mounts: MountHost;
  readonly openTasks: () => number;
  /** Conversations with schedulers that are open. */
  readonly announceStreams: () => number;
}

export function registerGauges(observed: Observed): void {
  const { metrics, watchdog, usage, mounts, openTasks, announceStreams } = observed;
  registerDiskGauges({ metrics, usage });
  registerMemoryGauges(metrics);
  metrics.observed("p2pfs_tasks_open", "Tasks that are open: read, fetched, or served.", openTasks);
  metrics.observed("p2pfs_mounts", "Mounts served.", () => mounts.list().length);
  metrics.observed(
    "p2pfs_mount_inodes",
    "Inodes of all mounts that the kernel knows.",
    () => mounts.held().inodes,
  );
  metrics.observed(
    "p2pfs_mount_handles",
    "Files and directories that are open in mounts.",
    () => mounts.held().handles,
  );
  metrics.observed(
    "p2pfs_announce_streams",
    "Conversations with schedulers about downloads of this host that are open.",
    announceStreams,
  );
  metrics.observedBy(
    "p2pfs_grpc_calls_open",
    "gRPC calls that are open, streams among them: made by this daemon, and served by it.",
    ["side"],
    (set) => {
      const { asClient, asServer } = openCalls();
      set({ side: "client" }, asClient);
      set({ side: "server" }, asServer);
    },
  );
  metrics.observedBy(
    "p2pfs_event_loop_delay_seconds",
    "How late the event loop ran since the last scrape; quantile 1 is the worst.",
    ["quantile"],
    (set) => {
      for (const [quantile, ms] of watchdog.sinceScrape()) set({ quantile }, ms / 1000);
    },
  );
  metrics.observed(
    "p2pfs_event_loop_blocked_total",
    "Seconds with a delay of the event loop beyond the bound of the log.",
    () => watchdog.lateCount,
  );
}

function registerDiskGauges({ metrics, usage }: Pick<Observed, "metrics" | "usage">): void {
  metrics.observed(
    "dragonfly_client_disk_space_total",
    "Bytes the storage may fill.",
    async () => (await usage()).totalBytes,
  );
  metrics.observed(
    "dragonfly_client_disk_usage_space_total",
    "Bytes the storage fills.",
    async () => (await usage()).usedBytes,
  );
  metrics.observedBy(
    "p2pfs_storage_bytes",
    "Bytes the storage fills with content: what is only cached, what is kept for others, what is pinned.",
    ["class"],
    async (set) => {
      const { cacheBytes, seededBytes, pinnedBytes } = await usage();
      set({ class: "cache" }, cacheBytes);
      set({ class: "seeded" }, seededBytes);
      set({ class: "pinned" }, pinnedBytes);
    },
  );
  metrics.observed("p2pfs_tasks", "Tasks held.", async () => (await usage()).taskCount);
}

function registerMemoryGauges(metrics: DaemonMetrics): void {
  metrics.observed("p2pfs_resident_memory_bytes", "Resident memory of the daemon.", () =>
    process.memoryUsage.rss(),
  );
  metrics.observedBy(
    "p2pfs_memory_bytes",
    "Memory of the daemon by its use: what its objects fill, the heap they lie in, buffers beside it.",
    ["use"],
    (set) => {
      const { heapUsed, heapTotal, arrayBuffers } = process.memoryUsage();
      set({ use: "objects" }, heapUsed);
      set({ use: "heap" }, heapTotal);
      set({ use: "buffers" }, arrayBuffers);
    },
  );
}
