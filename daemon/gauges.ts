/** Metrics that are looked up when somebody scrapes: disk, memory, tasks, mounts, and how late the event loop runs. */
import type { LoopWatchdog } from "./loop-watchdog.ts";
import type { DaemonMetrics } from "./server/metrics.ts";
import type { MountHost, StorageFigures } from "./server/ports.ts";

export interface Observed {
  readonly metrics: DaemonMetrics;
  readonly watchdog: LoopWatchdog;
  readonly usage: () => Promise<StorageFigures>;
  readonly mounts: MountHost;
}

export function registerGauges({ metrics, watchdog, usage, mounts }: Observed): void {
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
  metrics.observed("p2pfs_resident_memory_bytes", "Resident memory of the daemon.", () =>
    process.memoryUsage.rss(),
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
