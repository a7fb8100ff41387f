/**
 * This host's place in a Dragonfly cluster, made from the configuration: who knows the schedulers, the scheduler's port, and
 * what is told of this host. Where no cluster is configured the host is by itself, and nobody is asked for anything.
 */
import { stat } from "node:fs/promises";
import { isIP } from "node:net";
import { dirname, join } from "node:path";
import type { ChannelCredentials } from "@grpc/grpc-js";
import type { Clock } from "../base/clock.ts";
import { P2pfsError, PermissionError } from "../base/errors.ts";
import { HELD_TASKS_ANNOUNCED_MAX, MEMBER_ASK_MS_MAX } from "../base/limits.ts";
import type { Logger } from "../base/logger.ts";
import { VERSION } from "../base/version.ts";
import type { Host } from "../proto/gen/common/v2/Host.ts";
import type { Task } from "../proto/gen/common/v2/Task.ts";
import type { Config } from "./config/config.ts";
import type { WorkhomePaths } from "./config/workhome.ts";
import { HostFigures } from "./host-figures/figures.ts";
import { hostMessage } from "./host-figures/host-figures.ts";
import { claimHost, type HostClaim } from "./identity/host-claim.ts";
import { podName } from "./identity/identity.ts";
import { machineAddresses } from "./identity/machine.ts";
import { type BlockQuestion, isBlocked, NO_BLOCK_LISTS } from "./manager/block-list.ts";
import type { AddressesOf, DirectorySource } from "./manager/directory.ts";
import { Dynconfig } from "./manager/dynconfig.ts";
import { DynconfigFile } from "./manager/dynconfig-file.ts";
import { MANAGER_PORT, ManagerDirectory } from "./manager/manager-directory.ts";
import { NamedSchedulers } from "./manager/scheduler-addresses.ts";
import type { Membership } from "./membership/membership.ts";
import { formatHostPort, parseHostPort } from "./rpc/endpoint.ts";
import { asksServing } from "./rpc/health-check.ts";
import { ClusterScheduler } from "./scheduler/cluster/cluster-scheduler.ts";
import type { Scheduler } from "./scheduler/scheduler.ts";
import { StandaloneScheduler } from "./scheduler/standalone.ts";
import type { ClusterFace, ClusterState, MemberRemoval, MembershipFacts } from "./server/ports.ts";
import type { RingAddress } from "./task/hash-ring.ts";
import { type HostIdentity, hostId } from "./task/ids.ts";
import { pieceCount } from "./task/piece-length.ts";
import type { TaskRecord } from "./task/task-record.ts";
import { CertificateFiles } from "./tls/certificate-files.ts";
import { channelCredentials } from "./tls/grpc-credentials.ts";
import type { Seed } from "./transport/seeds.ts";

export interface ClusterOptions {
  readonly config: Config;
  readonly workhome: WorkhomePaths;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly identity: HostIdentity;
  readonly newPeerId: () => string;
  readonly addressesOf: AddressesOf;
  /** The scheduler in this process: the host's own where no others are configured. */
  readonly ownScheduler?: RingAddress;
  /** Records of all tasks. */
  readonly records: () => Iterable<TaskRecord>;
  /** Of a host in a cluster of our own; closed by its owner. */
  readonly membership?: Membership;
}

/** The parts of a host that is in a cluster. */
interface Members {
  readonly claim: HostClaim;
  readonly certificates: Certificates;
  readonly scheduler: ClusterScheduler;
  readonly dynconfig: Dynconfig;
}

/** Ports that schedulers take in an announcement (protoc-gen-validate in Dragonfly's API). */
const ANNOUNCED_PORT_MIN = 1024;
const ANNOUNCED_PORT_MAX = 65_534;
const PORT_MAX = 65_535;
/** Host.type of hosts that are no seed peers. */
const NORMAL_TYPE = 0;

export class Cluster implements ClusterFace {
  /** For the engine. */
  readonly scheduler: Scheduler;
  readonly figures: HostFigures;
  readonly #options: ClusterOptions;
  readonly #members: Members | undefined;
  #uploadPort: number | undefined;
  #onSchedulers: () => void = () => {};

  private constructor(options: ClusterOptions, make: (cluster: Cluster) => Members | undefined) {
    this.#options = options;
    const { config, clock, identity } = options;
    this.figures = new HostFigures({
      clock,
      storageDir: config.storage.dir,
      device: machineAddresses().find(({ address }) => address === identity.ip)?.device,
      uploadBytesLimit: config.upload.bandwidthLimit,
    });
    this.#members = make(this);
    this.scheduler = this.#members?.scheduler ?? new StandaloneScheduler();
  }

  /**
   * Asks nobody yet.
   * @throws P2pfsError BUSY when another daemon of this machine has the host's id, InvalidInputError for addresses and certificates that are none, P2pfsError when certificates cannot be read
   */
  static async open(options: ClusterOptions): Promise<Cluster> {
    const { clock, log, config, identity, newPeerId } = options;
    const certificates = await openCertificates(options);
    const source = await directorySource(options, certificates);
    if (source === undefined) {
      await certificates.close();
      return new Cluster(options, () => undefined);
    }
    const claim = await claimHost(hostId(identity));
    return new Cluster(options, (cluster) => {
      const scheduler = new ClusterScheduler({
        clock,
        log,
        hostId: hostId(identity),
        newPeerId,
        credentials: certificates.scheduler,
        host: () => cluster.#host(),
        held: () => cluster.#held(),
        heldMark: () => cluster.#heldMark(),
        announceIntervalMs: config.scheduler.announceInterval,
        scheduleTimeoutMs: config.scheduler.scheduleTimeout,
        scheduleCountMax: config.scheduler.maxScheduleCount,
        concurrentPieceCount: config.download.concurrentPieceCount,
        onServing: () => cluster.#onSchedulers(),
      });
      const dynconfig = new Dynconfig({
        source,
        clock,
        log,
        refreshMs: refreshMs(options),
        onChange: ({ schedulers }) => scheduler.use(schedulers),
      });
      return { claim, certificates, scheduler, dynconfig };
    });
  }

  /** The cluster's services beyond the port; undefined for a host by itself. */
  get services(): ClusterScheduler | undefined {
    return this.#members?.scheduler;
  }

  /** Called when there is a scheduler to ask, where there may have been none. One listener. */
  onSchedulers(listener: () => void): void {
    this.#onSchedulers = listener;
  }

  /** Hosts that get from the source what others ask for, this one aside, and that give. @throws UnavailableError when no scheduler says */
  async seedPeers(): Promise<readonly Seed[]> {
    const own = hostId(this.#options.identity);
    const hosts = (await this.#members?.scheduler.seedPeers()) ?? [];
    return hosts
      .filter(({ id, ip, port, type, disableShared }) => {
        const isOther = id !== own && type !== NORMAL_TYPE && !disableShared;
        return isOther && isIP(ip) !== 0 && port > 0 && port <= PORT_MAX;
      })
      .map(({ id, ip, port }) => ({ hostId: id, ip, uploadPort: port }));
  }

  /** Looks for the schedulers, in the background. */
  start(): void {
    void this.#members?.dynconfig.refresh();
  }

  /** Other hosts are served on this port from now on; before it this host is announced as one that gives nothing. */
  serves(port: number): void {
    this.#uploadPort = port;
    this.#members?.scheduler.announceAgain();
  }

  /** @throws PermissionError when the cluster forbids the download */
  refuseBlocked(download: BlockQuestion): void {
    const lists = this.#members?.dynconfig.directory.blockLists ?? NO_BLOCK_LISTS;
    if (isBlocked(lists.task?.download, download))
      throw new PermissionError("download rejected by blocklist policy");
  }

  /** Of a cluster of our own; undefined in others. Never fails, and waits no longer than MEMBERS_LOOK_MS. */
  async membership(): Promise<MembershipFacts | undefined> {
    return this.#options.membership?.facts();
  }

  state(): ClusterState {
    return {
      hostId: hostId(this.#options.identity),
      source: this.#members?.dynconfig.what ?? "",
      failure: this.#members?.dynconfig.failure ?? "",
      schedulers: this.#members?.scheduler.schedulers() ?? [],
    };
  }

  async statTask(taskId: string): Promise<Task | undefined> {
    // Not known there, or nobody to ask: this host's own knowledge is left.
    return this.#members?.scheduler.statTask(taskId).catch(() => undefined);
  }

  async taskDeleted(taskId: string): Promise<void> {
    // Told again by the next comparison of what is held with what was told.
    await this.#members?.scheduler.deleteTask(taskId).catch(() => {});
  }

  /** Tells the schedulers that this host is gone for good. @throws P2pfsError when one was not told */
  async leave(): Promise<void> {
    await this.#members?.scheduler.leave();
  }

  /**
   * The same, and where the cluster is one of our own, its issuer is told too, and all of it forgotten.
   * @param force although somebody could not be told, or the cluster is left without its authority
   * @throws P2pfsError
   */
  async leaveForGood(force: boolean): Promise<void> {
    const { membership } = this.#options;
    membership?.mayLeave(force);
    await this.leave().catch((error) => {
      // Schedulers of our own forget whom the issuer refuses, told or not.
      if (!force && membership === undefined) throw error;
    });
    await membership?.leave(force);
  }

  /** @throws P2pfsError FAILED_PRECONDITION where this host keeps no cluster's authority */
  async removeMember(words: string): Promise<MemberRemoval> {
    const { membership } = this.#options;
    if (membership === undefined)
      throw new P2pfsError("FAILED_PRECONDITION", "this host is in no cluster of p2pfs' own");
    return membership.remove(words);
  }

  /** Idempotent. Tells the schedulers nothing: what is here stays known to them. */
  async close(): Promise<void> {
    await this.#members?.dynconfig.close();
    await this.scheduler.close();
    await this.#members?.certificates.close();
    await this.#members?.claim.close();
  }

  async #host(): Promise<Host> {
    const { config, identity, environment } = this.#options;
    const { now, before } = await this.figures.figures();
    const port = this.#uploadPort ?? config.upload.server.port;
    const isAnnounceable = port >= ANNOUNCED_PORT_MIN && port <= ANNOUNCED_PORT_MAX;
    return hostMessage(
      {
        id: hostId(identity),
        hostname: identity.hostname,
        ip: identity.ip,
        uploadPort: isAnnounceable ? port : ANNOUNCED_PORT_MIN,
        proxyPort: config.proxy.server.port,
        isSeedPeer: identity.isSeedPeer && config.seedPeer.type !== "normal",
        disableShared: config.upload.disableShared || this.#uploadPort === undefined || !isAnnounceable,
        idc: config.host.idc,
        location: config.host.location,
        schedulerClusterId: config.host.schedulerClusterID ?? 0,
        name: podName(environment),
        uploadBytesLimit: config.upload.bandwidthLimit,
        version: VERSION,
      },
      now,
      before,
    );
  }

  /** How many are whole, and when the last was finished. */
  #heldMark(): string {
    let [count, last] = [0, 0];
    for (const { finishedAtMs } of this.#options.records())
      if (finishedAtMs !== undefined) {
        count += 1;
        last = Math.max(last, finishedAtMs);
      }
    return `${count} ${last} ${this.#uploadPort}`;
  }

  /** What is here whole and given to others, the last used first. */
  *#held() {
    if (this.#uploadPort === undefined || this.#options.config.upload.disableShared) return;
    const whole = [...this.#options.records()].filter(
      ({ finishedAtMs, kind, pieceLength }) =>
        finishedAtMs !== undefined && kind === "standard" && pieceLength > 0,
    );
    whole.sort((a, b) => b.updatedAtMs - a.updatedAtMs);
    for (const record of whole.slice(0, HELD_TASKS_ANNOUNCED_MAX)) {
      const { id, url, tag, application, contentLength, pieceLength, etag, lastModified } = record;
      yield {
        taskId: id,
        url,
        tag,
        application,
        contentLength,
        pieceLength,
        pieceCount: pieceCount(record),
        ...(etag === undefined ? {} : { etag }),
        ...(lastModified === undefined ? {} : { lastModified }),
      };
    }
  }
}

function refreshMs({ config, membership }: ClusterOptions): number {
  const { refreshInterval } = config.dynconfig;
  return membership === undefined ? refreshInterval : Math.min(refreshInterval, MEMBER_ASK_MS_MAX);
}

/** By what this host knows its schedulers and its manager, and they it. */
interface Certificates {
  readonly scheduler: ChannelCredentials;
  readonly manager: ChannelCredentials;
  close(): Promise<void>;
}

async function openCertificates({ config, clock, log, membership }: ClusterOptions): Promise<Certificates> {
  const open = (section: "scheduler" | "manager") =>
    CertificateFiles.open({ paths: config[section], section, refused: membership?.refused, clock, log });
  const scheduler = await open("scheduler");
  const manager = await open("manager");
  return {
    scheduler: channelCredentials(scheduler),
    manager: channelCredentials(manager),
    async close() {
      await scheduler?.close();
      await manager?.close();
    },
  };
}

/** Who knows the schedulers: what was given for this daemon alone, the manager, the dynconfig file; undefined: nobody. */
async function directorySource(
  options: ClusterOptions,
  certificates: Certificates,
): Promise<DirectorySource | undefined> {
  const { config, clock, identity, addressesOf } = options;
  const { addrs } = config.scheduler;
  if (options.membership !== undefined) return options.membership.asDirectory();
  if (addrs.length > 0) return new NamedSchedulers(addrs, addressesOf);
  if (config.manager.addr !== undefined) {
    return new ManagerDirectory({
      address: parseHostPort(config.manager.addr, MANAGER_PORT),
      credentials: certificates.manager,
      clock,
      host: {
        hostname: identity.hostname,
        ip: identity.ip,
        idc: config.host.idc,
        location: config.host.location,
        schedulerClusterId: config.host.schedulerClusterID ?? 0,
        isSeedPeer: identity.isSeedPeer,
        version: VERSION,
      },
      isServing: (address) => {
        const name = formatHostPort({ host: address.ip, port: address.port });
        return asksServing(name, certificates.scheduler, { clock, what: `the scheduler ${name}` });
      },
    });
  }
  if (options.ownScheduler !== undefined) {
    const { ip, port } = options.ownScheduler;
    return new NamedSchedulers([formatHostPort({ host: ip, port })], addressesOf);
  }
  const path = config.dynconfig.path ?? dynconfigPath(options.workhome);
  const named = config.dynconfig.path !== undefined;
  if (!named && !(await isFile(path))) return undefined;
  return new DynconfigFile({ path, isSeedPeer: identity.isSeedPeer, addressesOf });
}

/** Where the dynconfig file lies unless the configuration says otherwise: beside that. */
function dynconfigPath(workhome: WorkhomePaths): string {
  return join(dirname(workhome.configPath), "dynconfig.yaml");
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Resolves names for the cluster as the sources' names are. */
export function addressesWith(names: {
  addresses(host: string): Promise<readonly { readonly address: string }[]>;
}): AddressesOf {
  return async (host) => {
    if (isIP(host) !== 0) return [host];
    return (await names.addresses(host)).map(({ address }) => address);
  };
}
