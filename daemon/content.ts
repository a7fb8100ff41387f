/**
 * All of the daemon that knows of content: storage, sources, engine and the mount's tree, made from the configuration. Serves
 * nobody; daemon.ts does.
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { P2pfsError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { fromUnknown } from "../base/node-errors.ts";
import { VERSION } from "../base/version.ts";
import { allowedEngine } from "./allowed-engine.ts";
import { addressesWith, Cluster, type ClusterOptions } from "./cluster.ts";
import { type Config, type LoadedConfig, showConfig } from "./config/config.ts";
import type { WorkhomePaths } from "./config/workhome.ts";
import { Engine } from "./engine/engine.ts";
import type { EngineApi } from "./engine/open-task.ts";
import { OriginsDown } from "./engine/origins-down.ts";
import type { Integrity } from "./engine/task-environment.ts";
import { chooseIdentity } from "./identity/identity.ts";
import { machineFacts, reachableAddresses } from "./identity/machine.ts";
import type { MemberFiles } from "./membership/member-files.ts";
import type { MemberState } from "./membership/member-state.ts";
import { Membership } from "./membership/membership.ts";
import { openOrigins } from "./origins.ts";
import { openOwnScheduler } from "./own-scheduler.ts";
import { openPeerClients, type PeerClients } from "./peer-clients.ts";
import { requestsFrom } from "./requests.ts";
import type { DaemonMetrics } from "./server/metrics.ts";
import type { HostNames } from "./server/ports.ts";
import type { SourceOf, SourceRequest } from "./source/source.ts";
import { DiskStorage } from "./storage/disk-storage.ts";
import { type HostIdentity, hostId, peerId } from "./task/ids.ts";
import { Tree } from "./tree/tree.ts";
import { removePidFile, writePidFile } from "./workhome-files.ts";

/** What the daemon is told of itself, as far as its content goes. */
export interface ContentOptions {
  readonly loaded: LoadedConfig;
  readonly workhome: WorkhomePaths;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** The newest log lines, for the control file. */
  readonly recentLog: () => string;
  readonly pid: number;
  /** Of a host that is in a cluster of our own. */
  readonly member?: { readonly files: MemberFiles; readonly state: MemberState };
  /** Proxy variables and certificates' files are read from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What the daemon's content is made of. */
export interface Content {
  readonly storage: DiskStorage;
  readonly sourceOf: SourceOf;
  readonly engine: Engine;
  readonly tree: Tree;
  /** Not started yet. */
  readonly cluster: Cluster;
  readonly membership: Membership | undefined;
  readonly host: HostNames & { readonly ip: string };
  readonly requestFor: (url: string) => SourceRequest;
}

/** What the daemon's content shares with its servers. */
interface SharedParts {
  readonly metrics: DaemonMetrics;
  readonly ownPorts: ReadonlySet<number>;
  /** Called for each part that was opened, in order; whoever is told stops them in reverse. */
  readonly started: (name: string, stop: () => Promise<void> | void) => void;
}

/**
 * Opens storage, sources, engine and tree, each handed to the next.
 * @throws P2pfsError BUSY when another daemon has the storage, and what any part throws
 */
export async function openContent(options: ContentOptions, shared: SharedParts): Promise<Content> {
  const { loaded, workhome, clock, log, random, environment, pid } = options;
  const { metrics, ownPorts, started } = shared;
  const { config } = loaded;
  const storage = await openStorage(config, clock, log, workhome);
  started("storage", () => storage.close());
  // While the storage's lock is held: no two daemons write or remove this file at one time.
  await writePidFile(workhome.pidPath, pid);
  started("pid-file", () => removePidFile(workhome.pidPath, pid));
  const sources = openOrigins({ config, clock, metrics, environment, ownPorts: () => ownPorts });
  started("sources", () => sources.close());
  const identity = await identityOf(config, clock);
  const host = {
    id: hostId(identity),
    ip: identity.ip,
    isSeedPeer: identity.isSeedPeer,
    newPeerId: () => peerId(identity, randomUUID()),
  };
  const membership = await openMembership(options, identity, host.id);
  started("membership", () => membership?.close());
  const cluster = await openCluster(options, shared, {
    identity,
    newPeerId: host.newPeerId,
    addressesOf: addressesWith(sources.names),
    records: () => storage.records(),
    ...(membership === undefined ? {} : { membership }),
  });
  const parents = await openPeers(cluster, { config, clock, log, host, refused: membership?.refused });
  started("peer-clients", () => parents?.close());
  const requestFor = requestsFrom(config.mount.roots);
  const { sourceOf } = sources;
  // The tree's listings and the engine's answers ask the same origins: one wait for a dead one is enough.
  const down = new OriginsDown(clock);
  const engine = new Engine({
    clock,
    random,
    log,
    storage,
    sourceOf,
    scheduler: cluster.scheduler,
    ...(parents === undefined ? {} : { parents }),
    integrity: ofPeers(config.mount.integrity),
    newPeerId: host.newPeerId,
    requestFor,
    readDeadlineMs: config.mount.readTimeout,
    retries: config.backend.maxRetries,
    fetchesMax: config.download.concurrentPieceCount,
    negativeMs: config.mount.negativeTimeout,
    down,
  });
  started("engine", () => engine.close());
  const tree = await Tree.open({
    engine: forMount(engine, cluster, config),
    sourceOf,
    facts: storage.facts,
    clock,
    log,
    roots: config.mount.roots,
    consistency: config.mount.consistency,
    attributeTimeoutMs: config.mount.attributeTimeout,
    negativeMs: config.mount.negativeTimeout,
    controls: {
      stats: () => metrics.registry.metrics(),
      config: () => showConfig(config),
      log: options.recentLog,
    },
    usage: () => storage.usage(),
    down,
  });
  started("tree", () => tree.close());
  return { storage, sourceOf, engine, tree, cluster, membership, host, requestFor };
}

/** The ways to the other hosts of a cluster; undefined for a host by itself. */
async function openPeers(
  cluster: Cluster,
  options: Omit<Parameters<typeof openPeerClients>[0], "seedPeers">,
): Promise<PeerClients | undefined> {
  if (cluster.scheduler.alone) return undefined;
  const clients = await openPeerClients({ ...options, seedPeers: () => cluster.seedPeers() });
  cluster.onSchedulers(() => clients.seeds?.lookAnew());
  return clients;
}

/** The host's part in its cluster, and before it the cluster's scheduler where this host is one. */
async function openCluster(
  { loaded, workhome, environment, clock, random, log }: ContentOptions,
  { metrics, started }: SharedParts,
  host: Pick<ClusterOptions, "identity" | "newPeerId" | "addressesOf" | "records" | "membership">,
): Promise<Cluster> {
  const advertisedIp = host.identity.ip;
  const refused = host.membership?.refused;
  const own = await openOwnScheduler({ loaded, clock, random, log, metrics, advertisedIp, refused });
  started("own-scheduler", () => own?.close());
  const ownScheduler = own === undefined ? {} : { ownScheduler: own.address };
  if (own !== undefined) host.membership?.schedulerServes(own.address.port);
  const { config } = loaded;
  const cluster = await Cluster.open({ config, workhome, environment, clock, log, ...ownScheduler, ...host });
  started("cluster", () => cluster.close());
  return cluster;
}

function forMount(engine: Engine, cluster: Cluster, { mount }: Config): EngineApi {
  return allowedEngine(
    engine,
    ({ url, tag = "", application = "" }) => cluster.refuseBlocked({ url, tag, application }),
    { anchored: mount.integrity === "anchored", disableBackToSource: mount.disableBackToSource },
  );
}

/** What is demanded of peers' bytes; that a content has a digest of its own is demanded where it is opened. */
function ofPeers(integrity: Config["mount"]["integrity"]): Integrity {
  return integrity === "agreed" || integrity === "transport" ? integrity : "best";
}

/** Who this host is, beside whoever else serves it. */
async function identityOf({ host, network, seedPeer }: Config, clock: Clock): Promise<HostIdentity> {
  const settings = {
    ip: host.ip,
    hostname: host.hostname,
    preferIPv6: network.enableIPv6,
    isSeedPeer: seedPeer.enable,
  };
  return chooseIdentity(settings, await machineFacts(clock));
}

/** @returns undefined for a host in no cluster of our own */
async function openMembership(
  { member, clock, log }: ContentOptions,
  { ip, hostname }: HostIdentity,
  hostId: string,
): Promise<Membership | undefined> {
  if (member === undefined) return undefined;
  const host = () => ({ hostname, ip, addresses: reachableAddresses(), hostId, version: VERSION });
  return Membership.open({ ...member, clock, log, host });
}

async function openStorage(
  config: Config,
  clock: Clock,
  log: Logger,
  workhome: WorkhomePaths,
): Promise<DiskStorage> {
  const { policy } = config.gc;
  try {
    return await DiskStorage.open({
      dir: config.storage.dir,
      keep: config.storage.keep,
      clock,
      log,
      policy: {
        taskTtlMs: policy.taskTTL,
        diskThresholdBytes: policy.diskThreshold,
        cacheThresholdBytes: policy.cacheThreshold,
        diskHighThresholdPercent: policy.diskHighThresholdPercent,
        diskLowThresholdPercent: policy.diskLowThresholdPercent,
      },
    });
  } catch (error) {
    const failure = fromUnknown(error, `cannot open the storage ${config.storage.dir}`);
    if (failure.code !== "BUSY") throw failure;
    throw new P2pfsError(
      "BUSY",
      `another daemon already serves ${workhome.home}: it holds ${config.storage.dir}`,
      {
        cause: error,
      },
    );
  }
}
