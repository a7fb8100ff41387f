/**
 * The cluster's seed peers as the scheduler uses them: whether they serve, which one a task belongs to, and the call that sends
 * it for a task. Whether one should be sent is decided elsewhere.
 */
import { type ChannelCredentials, status } from "@grpc/grpc-js";
import type { Clock, Timer } from "../../../base/clock.ts";
import { P2pfsError } from "../../../base/errors.ts";
import { SCHEDULER_SEEDS_MAX, SEED_CHECK_MS, SEED_OUT_MS, SEED_TRIGGERS_MAX } from "../../../base/limits.ts";
import type { Logger } from "../../../base/logger.ts";
import type { Download__Output } from "../../../proto/gen/common/v2/Download.ts";
import type { Host__Output } from "../../../proto/gen/common/v2/Host.ts";
import type { DfdaemonUploadClient } from "../../../proto/gen/dfdaemon/v2/DfdaemonUpload.ts";
import { DfdaemonUpload } from "../../../proto/local.ts";
import { clusterChannel, formatHostPort, parseHostPort } from "../../rpc/endpoint.ts";
import { asksServing } from "../../rpc/health-check.ts";
import { fromStatus } from "../../rpc/unary-call.ts";
import { createHashRing, type HashRing, type RingAddress } from "../../task/hash-ring.ts";

export interface SeedPeersOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly credentials: ChannelCredentials;
}

interface Seed extends RingAddress {
  readonly hostId: string;
  readonly address: string;
  serving: boolean;
  client: DfdaemonUploadClient | undefined;
  checking: Promise<void> | undefined;
}

/** The seed peers as the scheduler needs them. */
export interface Seeds {
  /** Whether one is there to be sent. */
  readonly available: boolean;
  /** A host announced itself: a seed is asked at once whether it serves. */
  announced(host: Host__Output): void;
  /** The host is not in the cluster any more. */
  gone(hostId: string): void;
  /**
   * Sends the seed that the task belongs to. Resolves when it has done all it was sent for.
   * @throws P2pfsError when it has not, UnavailableError when there is none
   */
  send(taskId: string, download: Download__Output): Promise<void>;
  /** Takes back all that was sent. Idempotent. */
  close(): Promise<void>;
}

/** The real ones, over gRPC. Closed by whoever made it. */
export class SeedPeers implements Seeds {
  readonly #options: SeedPeersOptions;
  readonly #seeds = new Map<string, Seed>();
  /** Those that serve. The ring by which hosts of ours choose a seed for blocks: a file is in one seed's cache, not in all. */
  #ring: HashRing<RingAddress & { readonly seed: Seed }> = createHashRing([]);
  readonly #out = new Set<{ cancel(): void }>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: SeedPeersOptions) {
    this.#options = options;
  }

  get available(): boolean {
    return this.#ring.nodes.length > 0 && this.#out.size < SEED_TRIGGERS_MAX;
  }

  announced(host: Host__Output): void {
    const address = formatHostPort({ host: host.ip, port: host.port });
    const known = this.#seeds.get(host.id);
    if (host.type === 0 || this.#closed) {
      this.gone(host.id);
      return;
    }
    if (known !== undefined && known.address === address) {
      if (!known.serving) void this.#check(known);
      return;
    }
    this.gone(host.id);
    if (this.#seeds.size >= SCHEDULER_SEEDS_MAX) return;
    const { ip, port } = host;
    const seed: Seed = {
      hostId: host.id,
      ip,
      port,
      address,
      serving: false,
      client: undefined,
      checking: undefined,
    };
    this.#seeds.set(host.id, seed);
    void this.#check(seed);
    this.#timer ??= this.#later();
  }

  gone(hostId: string): void {
    const seed = this.#seeds.get(hostId);
    if (seed === undefined) return;
    this.#seeds.delete(hostId);
    seed.client?.close();
    this.#newRing();
  }

  send(taskId: string, download: Download__Output): Promise<void> {
    const seed = this.#ring.pick(taskId)?.seed;
    if (seed === undefined) return Promise.reject(new P2pfsError("UNAVAILABLE", "no seed peer serves"));
    const { host } = parseHostPort(seed.address);
    seed.client ??= new DfdaemonUpload(seed.address, this.#options.credentials, clusterChannel(host));
    const call = seed.client.downloadTask({ download });
    this.#out.add(call);
    return new Promise((resolve, reject) => {
      const deadline = this.#options.clock.schedule(SEED_OUT_MS, () => call.cancel());
      call.on("data", () => {});
      // The status tells all.
      call.on("error", () => {});
      call.on("status", (said: { code: number; details: string }) => {
        deadline.cancel();
        this.#out.delete(call);
        if (said.code === status.OK) return resolve();
        if (said.code === status.UNAVAILABLE) this.#serves(seed, false);
        reject(fromStatus(said, `the seed peer ${seed.hostId}`));
      });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    for (const call of [...this.#out]) call.cancel();
    const checks = [...this.#seeds.values()].map(({ checking }) => checking);
    for (const hostId of [...this.#seeds.keys()]) this.gone(hostId);
    await Promise.all(checks);
  }

  #later(): Timer {
    return this.#options.clock.schedule(SEED_CHECK_MS, () => {
      this.#timer = this.#seeds.size > 0 ? this.#later() : undefined;
      for (const seed of this.#seeds.values()) void this.#check(seed);
    });
  }

  #check(seed: Seed): Promise<void> {
    seed.checking ??= this.#ask(seed).finally(() => {
      seed.checking = undefined;
    });
    return seed.checking;
  }

  async #ask(seed: Seed): Promise<void> {
    const { clock, credentials } = this.#options;
    const { hostId, address } = seed;
    this.#serves(seed, await asksServing(address, credentials, { clock, what: `the seed peer ${hostId}` }));
  }

  #serves(seed: Seed, serving: boolean): void {
    if (this.#closed || serving === seed.serving) return;
    seed.serving = serving;
    const { hostId, address } = seed;
    this.#options.log.info({ hostId, address }, serving ? "seed-serves" : "seed-does-not-serve");
    this.#newRing();
  }

  #newRing(): void {
    const serving = [...this.#seeds.values()].filter((seed) => seed.serving);
    this.#ring = createHashRing(serving.map((seed) => ({ ip: seed.ip, port: seed.port, seed })));
  }
}
