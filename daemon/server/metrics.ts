/**
 * The daemon's Prometheus metrics: Dragonfly's names where Dragonfly has the thing (dragonflyoss/client, metric), ours
 * with `p2pfs_`. The one place of metric names and units. Serves nothing itself.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "../../base/clock.ts";
import { VERSION } from "../../base/version.ts";

/** Labels of a download, as Dragonfly has them. */
export interface DownloadLabels {
  readonly type: string;
  readonly tag: string;
  readonly app: string;
  readonly priority: string;
}

/** What is known when a measured thing ends; either may be called, once. */
export interface Measured {
  finished(bytes: number): void;
  failed(): void;
}

/** Calls that are only counted, by the middle of their metric's name. */
const COUNTED_CALLS = [
  "stat_task",
  "stat_local_task",
  "list_local_tasks",
  "list_task_entries",
  "delete_task",
  "delete_local_task",
  "delete_host",
] as const;
export type CountedCall = (typeof COUNTED_CALLS)[number];

const MIB = 1024 * 1024;
/** Upper bounds of Dragonfly's size levels 1 to 19; level 0 is empty, level 20 beyond. */
const SIZE_LEVELS = [
  ...[1, 4, 8, 16, 32, 64, 128, 256, 512].map((mib) => mib * MIB),
  ...[1, 4, 8, 16, 32, 64, 128, 256, 512, 1024].map((gib) => gib * 1024 * MIB),
];

/** 1, 2, 4 … ms: Dragonfly's 24 buckets. */
const DURATION_BUCKETS = Array.from({ length: 24 }, (_, power) => 2 ** power);

export class DaemonMetrics {
  readonly registry = new Registry();
  readonly #clock: Clock;
  readonly #downloads: ReturnType<typeof downloadMetrics>;
  readonly #backend: ReturnType<typeof backendMetrics>;
  readonly #uploads: ReturnType<typeof uploadMetrics>;
  readonly #calls: Map<CountedCall, { total: Counter; failures: Counter }>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#downloads = downloadMetrics(this.registry);
    this.#backend = backendMetrics(this.registry);
    this.#uploads = uploadMetrics(this.registry);
    this.#calls = new Map(COUNTED_CALLS.map((call) => [call, callMetrics(this.registry, call)]));
    this.gauge("dragonfly_client_version", "Version of this daemon.", [
      "git_version",
      "git_commit",
      "platform",
      "build_time",
    ]).set({ git_version: VERSION, git_commit: "", platform: process.platform, build_time: "" }, 1);
  }

  /** A gauge of someone else's; its name is registered once. */
  gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  /** A gauge whose value is asked for at each scrape; a failure leaves it as it was. */
  observed(name: string, help: string, value: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await value());
      },
    });
  }

  /** The same for a gauge with labels. */
  observedBy(
    name: string,
    help: string,
    labelNames: readonly string[],
    collect: (set: (labels: Record<string, string>, value: number) => void) => void | Promise<void>,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      collect() {
        return collect((labels, value) => this.set(labels, value));
      },
    });
  }

  downloadBegan(labels: DownloadLabels): Measured {
    const { total, failures, concurrent, durations } = this.#downloads;
    const began = this.#clock.monotonicMs();
    const fields = { ...labels };
    total.inc(fields);
    concurrent.inc(fields);
    return {
      finished: (bytes) => {
        concurrent.dec(fields);
        durations.observe(
          { task_type: labels.type, task_size_level: sizeLevel(bytes) },
          this.#clock.monotonicMs() - began,
        );
      },
      failed: () => {
        concurrent.dec(fields);
        failures.inc(fields);
      },
    };
  }

  prefetchBegan(): void {
    this.#downloads.prefetches.inc(NO_LABELS);
  }
  prefetchFailed(): void {
    this.#downloads.prefetchFailures.inc(NO_LABELS);
  }

  /** Bytes of content that came in. */
  traffic(type: "BACK_TO_SOURCE" | "REMOTE_PEER" | "LOCAL_PEER", bytes: number): void {
    this.#downloads.traffic.inc({ type }, bytes);
  }

  /** A piece is sent to another host. @returns call it once, when that is over */
  uploadBegan(): (whole: boolean) => void {
    const { pieces, failures, concurrent } = this.#uploads;
    pieces.inc();
    concurrent.inc();
    return (whole) => {
      concurrent.dec();
      if (!whole) failures.inc();
    };
  }
  /** Bytes of content that went out. */
  uploaded(bytes: number): void {
    this.#uploads.traffic.inc(bytes);
  }

  /** A request to an origin. @param method as Dragonfly labels it: HEAD for stat, GET, LIST */
  backendBegan(scheme: string, method: string): Measured {
    const { total, failures, durations } = this.#backend;
    const began = this.#clock.monotonicMs();
    total.inc({ scheme, method });
    return {
      finished: () => durations.observe({ scheme, method }, this.#clock.monotonicMs() - began),
      failed: () => failures.inc({ scheme, method }),
    };
  }

  /** Counts a call, and its failure if it fails. */
  async counted<T>(call: CountedCall, run: () => T | Promise<T>): Promise<T> {
    const metrics = this.#calls.get(call);
    metrics?.total.inc({ type: "STANDARD" });
    try {
      return await run();
    } catch (error) {
      metrics?.failures.inc({ type: "STANDARD" });
      throw error;
    }
  }

  /** Sets counters and histograms to zero (DELETE /metrics, as Dragonfly). */
  reset(): void {
    this.registry.resetMetrics();
  }
}

const NO_LABELS = { type: "STANDARD", tag: "", app: "", priority: "LEVEL0" };

function sizeLevel(bytes: number): string {
  if (bytes === 0) return "0";
  const level = SIZE_LEVELS.findIndex((bound) => bytes < bound);
  return String(level === -1 ? SIZE_LEVELS.length + 1 : level + 1);
}

function downloadMetrics(registry: Registry) {
  const registers = [registry];
  const labelNames = ["type", "tag", "app", "priority"];
  const counter = (name: string, help: string, labels = labelNames) =>
    new Counter({ name: `dragonfly_client_${name}`, help, labelNames: labels, registers });
  return {
    total: counter("download_task_total", "Downloads begun."),
    failures: counter("download_task_failure_total", "Downloads that failed."),
    prefetches: counter("prefetch_task_total", "Prefetches begun."),
    prefetchFailures: counter("prefetch_task_failure_total", "Prefetches that failed."),
    traffic: counter("download_traffic", "Bytes of content that came in, by where from.", ["type"]),
    concurrent: new Gauge({
      name: "dragonfly_client_concurrent_download_task_total",
      help: "Downloads running.",
      labelNames,
      registers,
    }),
    durations: new Histogram({
      name: "dragonfly_client_download_task_duration_milliseconds",
      help: "Time of finished downloads, by size level.",
      labelNames: ["task_type", "task_size_level"],
      buckets: DURATION_BUCKETS,
      registers,
    }),
  };
}

function uploadMetrics(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  return {
    traffic: counter("dragonfly_client_upload_traffic", "Bytes of content that went out to other hosts."),
    pieces: counter("p2pfs_upload_piece_total", "Pieces that other hosts were sent."),
    failures: counter("p2pfs_upload_piece_failure_total", "Pieces that were not sent to their end."),
    concurrent: new Gauge({
      name: "dragonfly_client_concurrent_upload_piece_total",
      help: "Pieces that are sent now.",
      registers,
    }),
  };
}

function backendMetrics(registry: Registry) {
  const registers = [registry];
  const labelNames = ["scheme", "method"];
  return {
    total: new Counter({
      name: "dragonfly_client_backend_request_total",
      help: "Requests to origins.",
      labelNames,
      registers,
    }),
    failures: new Counter({
      name: "dragonfly_client_backend_request_failure_total",
      help: "Requests to origins that failed.",
      labelNames,
      registers,
    }),
    durations: new Histogram({
      name: "dragonfly_client_backend_request_duration_milliseconds",
      help: "Time of requests to origins that succeeded, whole answers.",
      labelNames,
      buckets: DURATION_BUCKETS,
      registers,
    }),
  };
}

function callMetrics(registry: Registry, call: CountedCall) {
  const registers = [registry];
  const labelNames = ["type"];
  // Dragonfly's own name, an s where the others have none.
  const failure = call === "list_local_tasks" ? "list_tasks" : call;
  return {
    total: new Counter({
      name: `dragonfly_client_${call}_total`,
      help: `Calls of ${call}.`,
      labelNames,
      registers,
    }),
    failures: new Counter({
      name: `dragonfly_client_${failure}_failure_total`,
      help: `Calls of ${call} that failed.`,
      labelNames,
      registers,
    }),
  };
}
