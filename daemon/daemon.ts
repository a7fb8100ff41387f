/**
 * The daemon: the one place that knows all its parts. Builds each, hands it to the next, and stops them in reverse. What
 * belongs to a process (signals, exit status, log destinations) is the command's; mounts come in through a port.
 */
import { randomBytes } from "node:crypto";
import { deadlineSignal, orAborted } from "../base/deadline.ts";
import { P2pfsError } from "../base/errors.ts";
import { STOP_STEP_MS } from "../base/limits.ts";
import { fromUnknown } from "../base/node-errors.ts";
import { somebodyAnswers } from "../base/socket-probe.ts";
import { VERSION } from "../base/version.ts";
import type { ContentSource } from "../fs/content-source.ts";
import { loadNativeAddon, NativeAddon } from "../native/linux/addon.ts";
import type { Config, LoadedConfig } from "./config/config.ts";
import { type Content, type ContentOptions, openContent } from "./content.ts";
import { registerGauges } from "./gauges.ts";
import { IdleMemory } from "./idle-memory.ts";
import { Lifetime, type Until } from "./lifetime.ts";
import { LoopWatchdog } from "./loop-watchdog.ts";
import { refuseUnderOwnMount } from "./own-mounts.ts";
import { refuseOwnPathsInMounts } from "./own-paths.ts";
import { DownloadServer } from "./server/download-server.ts";
import { type Endpoint, serveHealth, serveMetrics } from "./server/http-endpoints.ts";
import { DaemonMetrics } from "./server/metrics.ts";
import type { MountHost, ServiceContext } from "./server/ports.ts";
import type { DiskStorage } from "./storage/disk-storage.ts";
import { Serving, servesOthers } from "./upload/serving.ts";
import { makeDirectories, socketAccess } from "./workhome-files.ts";

/** A MountHost that ends its mounts when the daemon stops. */
export interface OwnedMountHost extends MountHost {
  /** Goes on with what an earlier daemon had mounted, if there is any. Never fails: what cannot be gone on with is mounted anew. */
  restore(): Promise<void>;
  /** Unmounts all, busy ones lazily; or leaves to a successor those that can have one. Idempotent. */
  close(options?: { readonly leaveMounts: boolean }): Promise<void>;
}

export interface DaemonOptions extends ContentOptions {
  readonly uid: number;
  readonly until: Until;
  /** Makes whoever mounts the daemon's tree. */
  readonly mountHost: (tree: ContentSource) => OwnedMountHost;
  /** The daemon wants to end; the process then calls `close`. */
  readonly onEnd: (reason: string) => void;
}

/** A part that was started, by the name it has in the log. */
interface Part {
  readonly name: string;
  stop(): Promise<void> | void;
}

export class Daemon {
  readonly #options: DaemonOptions;
  /** In the order of their start. */
  readonly #parts: Part[] = [];
  #closing: Promise<void> | undefined;
  #leaveMounts = false;
  #served = false;

  private constructor(options: DaemonOptions) {
    this.#options = options;
  }

  /**
   * Starts everything and serves. Whoever started it closes it.
   * @throws P2pfsError BUSY when another daemon has the workhome or the storage, and what any part throws; then nothing is left
   */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const daemon = new Daemon(options);
    try {
      await daemon.#start();
      return daemon;
    } catch (error) {
      // Another attempt may succeed, and go on with what is mounted.
      await daemon.close({ leaveMounts: true });
      throw error;
    }
  }

  /** Stops all parts, last started first: takes no more calls, unmounts, ends fetches, flushes. Idempotent. */
  close(options: { readonly leaveMounts: boolean } = { leaveMounts: false }): Promise<void> {
    this.#leaveMounts ||= options.leaveMounts;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #started(name: string, stop: () => Promise<void> | void): void {
    this.#parts.push({ name, stop });
  }

  async #start(): Promise<void> {
    const { loaded, workhome, clock, log, uid, pid } = this.#options;
    const access = await this.#prepare(loaded.config);
    const started = (name: string, stop: () => Promise<void> | void) => this.#started(name, stop);
    const metrics = new DaemonMetrics(clock);
    const ownPorts = new Set<number>();
    const content = await openContent(this.#options, { metrics, ownPorts, started });
    const lifetime = new Lifetime({ clock, until: this.#options.until, end: this.#options.onEnd });
    const mounts = this.#options.mountHost(content.tree);
    this.#started("mounts", () => mounts.close({ leaveMounts: this.#leaveMounts }));
    mounts.onChange(() => lifetime.mountsAre(mounts.list().length));
    // Whoever reads from them has been waiting since the last daemon died.
    await mounts.restore();
    await this.#serveHttp(loaded, metrics, ownPorts);
    this.#watch(metrics, content, mounts);
    this.#collectRegularly(content.storage, loaded.config.gc.interval);
    const context = this.#context(content, metrics, mounts, lifetime);
    const { socketPath } = loaded.config.download.server;
    const server = new DownloadServer({ socketPath, access, context });
    this.#started("server", () => server.close());
    await server.listen();
    await this.#serveOthers(content, context, ownPorts);
    await this.#serveCluster(content, ownPorts);
    // A scheduler that hears of a seed asks at once whether it serves, and not again for half a minute.
    content.cluster.start();
    server.setServing(true);
    this.#started("lifetime", () => lifetime.close());
    lifetime.start();
    this.#served = true;
    log.info({ version: VERSION, pid, uid, home: workhome.home }, "daemon-started");
  }

  /** Other hosts, if this one has a part in their cluster. */
  async #serveOthers(content: Content, context: ServiceContext, ownPorts: Set<number>): Promise<void> {
    const { loaded, clock, log } = this.#options;
    const { storage, cluster, host, membership } = content;
    if (!servesOthers(loaded.config, cluster.services !== undefined)) return;
    const serving = await Serving.start({
      loaded,
      clock,
      log,
      context,
      storage,
      advertisedIp: host.ip,
      network: () => cluster.figures.network(),
      refused: membership?.refused,
      ownPorts,
    });
    this.#started("serving", () => serving.close());
    serving.setServing(true);
    cluster.serves(serving.uploadPort);
  }

  /** What the host does for a cluster of our own besides: lets others in. */
  async #serveCluster({ membership }: Content, ownPorts: Set<number>): Promise<void> {
    const { config } = this.#options.loaded;
    const ip = config.upload.server.ip ?? (config.network.enableIPv6 ? "::" : "0.0.0.0");
    const port = await membership?.start(ip, config.cluster.port);
    if (port === undefined) return;
    ownPorts.add(port);
    this.#options.log.info({ port }, "letting-hosts-in");
  }

  #context(content: Content, metrics: DaemonMetrics, mounts: MountHost, lifetime: Lifetime): ServiceContext {
    const { loaded, workhome, clock, log, pid } = this.#options;
    const { storage, sourceOf, engine, tree, cluster, host, requestFor } = content;
    return {
      engine,
      sourceOf,
      requestFor,
      clock,
      log,
      metrics,
      host,
      refuseOwnMount: refuseUnderOwnMount,
      mounts,
      links: tree.links,
      cluster,
      facts: {
        startedAtMs: clock.nowMs(),
        pid,
        workhome: workhome.home,
        configDigest: loaded.digest,
        storageDir: loaded.config.storage.dir,
        cacheThresholdBytes: loaded.config.gc.policy.cacheThreshold,
        usage: () => storage.usage(),
      },
      beginUse: () => lifetime.beginUse(),
      stop: () => this.#options.onEnd("it was told to stop"),
      newToken: () => randomBytes(6).toString("hex"),
    };
  }

  #watch(metrics: DaemonMetrics, { storage, engine, cluster }: Content, mounts: MountHost): void {
    const watchdog = new LoopWatchdog(this.#options.clock, this.#options.log);
    registerGauges({
      metrics,
      watchdog,
      usage: () => storage.usage(),
      mounts,
      openTasks: () => engine.openCount,
      announceStreams: () => cluster.services?.streamCount ?? 0,
    });
    watchdog.start();
    this.#started("watchdog", () => watchdog.close());
    this.#keepSmall();
  }

  #keepSmall(): void {
    const addon = loadNativeAddon();
    if (!(addon instanceof NativeAddon)) return;
    const memory = new IdleMemory({
      clock: this.#options.clock,
      processorMs: () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1000;
      },
      giveBack: () => void addon.trimHeap(),
    });
    memory.start();
    this.#started("idle-memory", () => memory.close());
  }

  /** What must hold before anything is opened. */
  async #prepare(config: Config) {
    const { workhome, uid } = this.#options;
    const { socketPath } = config.download.server;
    const storageDir = config.storage.dir;
    await refuseOwnPathsInMounts(config, workhome);
    const access = await socketAccess(uid);
    await makeDirectories(workhome, { socketPath, storageDir, access });
    if (await somebodyAnswers(socketPath))
      throw new P2pfsError(
        "BUSY",
        `another daemon already serves ${workhome.home}: it answers on ${socketPath}`,
      );
    return access;
  }

  async #serveHttp(loaded: LoadedConfig, metrics: DaemonMetrics, ownPorts: Set<number>): Promise<void> {
    const { config, isSet } = loaded;
    const { log } = this.#options;
    const endpoint = (name: Endpoint["name"]): Endpoint => ({
      name,
      ip: config[name].server.ip ?? (config.network.enableIPv6 ? "::1" : "127.0.0.1"),
      port: config[name].server.port,
      isSet: isSet(`${name}.server.port`),
    });
    const scraped = await serveMetrics(endpoint("metrics"), metrics, log);
    this.#started("metrics", () => scraped.close());
    const probed = await serveHealth(endpoint("health"), () => this.#closing === undefined, log);
    this.#started("health", () => probed.close());
    ownPorts.add(scraped.port).add(probed.port);
    log.info({ metricsPort: scraped.port, healthPort: probed.port }, "http-listening");
  }

  #collectRegularly(storage: DiskStorage, intervalMs: number): void {
    const { clock, log } = this.#options;
    let collecting: Promise<void> | undefined;
    let stopped = false;
    const next = () => clock.schedule(intervalMs, collect);
    const collect = () => {
      collecting = storage
        .collect()
        .then(
          (ids) => {
            if (ids.length > 0) log.info({ tasks: ids.length }, "garbage-collected");
          },
          (error) => log.error({ reason: fromUnknown(error).message }, "garbage-collection-failed"),
        )
        .then(() => {
          if (!stopped) timer = next();
        });
    };
    let timer = next();
    this.#started("gc", async () => {
      stopped = true;
      timer.cancel();
      await collecting;
    });
  }

  async #close(): Promise<void> {
    const { clock, log } = this.#options;
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      const deadline = deadlineSignal(clock, `the end of ${part.name}`, STOP_STEP_MS);
      try {
        await orAborted(Promise.resolve(part.stop()), deadline.signal);
      } catch (error) {
        log.error({ part: part.name, reason: fromUnknown(error).message }, "stop-failed");
      } finally {
        deadline.close();
      }
    }
    if (this.#served) log.info({ pid: this.#options.pid }, "daemon-stopped");
  }
}
