/** The embedded scheduler of this host, made from the configuration: opened, listening, and known to the metrics. */
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { LoadedConfig } from "./config/config.ts";
import { EmbeddedScheduler } from "./scheduler/embedded/embedded-scheduler.ts";
import type { DaemonMetrics } from "./server/metrics.ts";
import { SchedulerServer } from "./server/scheduler-server.ts";
import type { RingAddress } from "./task/hash-ring.ts";
import { CertificateFiles } from "./tls/certificate-files.ts";
import { channelCredentials } from "./tls/grpc-credentials.ts";
import type { RefusedNames } from "./tls/refused-names.ts";
import { listenOrMove } from "./upload/ports.ts";

export interface OwnSchedulerOptions {
  readonly loaded: LoadedConfig;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: DaemonMetrics;
  /** The address by which other hosts know this one. */
  readonly advertisedIp: string;
  /** Hosts that were removed from the cluster. */
  readonly refused?: RefusedNames | undefined;
}

/** A scheduler that serves until it is closed. */
export interface OwnScheduler {
  readonly address: RingAddress;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * @returns undefined where the configuration wants none
 * @throws P2pfsError BUSY when a configured port is taken, InvalidInputError for certificates that are not all there
 */
export async function openOwnScheduler(options: OwnSchedulerOptions): Promise<OwnScheduler | undefined> {
  const { loaded, clock, random, log, metrics, advertisedIp, refused } = options;
  const { embeddedScheduler, upload, storage, network } = loaded.config;
  if (!embeddedScheduler.enable) return undefined;
  const { server: at } = embeddedScheduler;
  const section = "embeddedScheduler.server";
  const shown = await CertificateFiles.open({ paths: at, section, mutual: true, refused, clock, log });
  const towardsSeeds = await CertificateFiles.open({
    paths: upload.client,
    section: "upload.client",
    refused,
    clock,
    log,
  });
  const scheduler = await EmbeddedScheduler.open({
    clock,
    random,
    log,
    // Beside what it schedules: on a disk that is there to stay.
    folder: join(storage.dir, "scheduler"),
    credentials: channelCredentials(towardsSeeds),
  });
  const server = new SchedulerServer({ scheduler, clock, log, certificates: shown });
  const close = async () => {
    await server.close();
    await scheduler.close();
    await shown?.close();
    await towardsSeeds?.close();
  };
  try {
    const any = network.enableIPv6 ? "::" : "0.0.0.0";
    const key = "embeddedScheduler.server.port";
    const endpoint = { key, ip: at.ip ?? any, port: at.port, isSet: loaded.isSet(key) };
    const port = await listenOrMove(endpoint, log, (ip, wanted) => server.listen(ip, wanted));
    observe(metrics, scheduler);
    const address = { ip: at.ip ?? advertisedIp, port };
    log.info({ ...address, mutualTls: shown !== undefined }, "scheduler-listening");
    return { address, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function observe(metrics: DaemonMetrics, scheduler: EmbeddedScheduler): void {
  const { swarm } = scheduler;
  metrics.observed("p2pfs_scheduler_hosts", "Hosts the embedded scheduler knows.", () => swarm.hosts.size);
  metrics.observed("p2pfs_scheduler_tasks", "Tasks the embedded scheduler knows.", () => swarm.tasks.size);
  metrics.observed(
    "p2pfs_scheduler_conversations",
    "Conversations about downloads that are open.",
    () => scheduler.conversations,
  );
  metrics.observed("p2pfs_scheduler_peers", "Peers the embedded scheduler knows.", () => swarm.peers.size);
  metrics.observed(
    "p2pfs_scheduler_messages_total",
    "Messages of peers the embedded scheduler has heard.",
    () => scheduler.heard,
  );
}
