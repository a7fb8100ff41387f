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
import { CLUSTER_CHANNEL, formatHostPort } from "../../rpc/endpoint.ts";
import { asksServing } from "../../rpc/health-check.ts";
import { fromStatus } from "../../rpc/unary-call.ts";
import { sipHash24 } from "../../task/sip-hash.ts";

export interface SeedPeersOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly credentials: ChannelCredentials;
}

interface Seed {
  readonly hostId: string;
  readonly address: string;
  serving: boolean;
  client: DfdaemonUploadClient | undefined;
  checking: Promise<void> | undefined;
}

/** Closed by whoever made it. */
export class SeedPeers {
  readonly #options: SeedPeersOptions;
  readonly #seeds = new Map<string, Seed>();
  readonly #out = new Set<{ cancel(): void }>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: SeedPeersOptions) {
    this.#options = options;
  }

  /** Whether one is there to be sent. */
  get available(): boolean {
    if (this.#out.size >= SEED_TRIGGERS_MAX) return false;
    for (const { serving } of this.#seeds.values()) if (serving) return true;
    return false;
  }

  /** A host announced itself: a seed is asked at once whether it serves. */
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
    const seed: Seed = { hostId: host.id, address, serving: false, client: undefined, checking: undefined };
    this.#seeds.set(host.id, seed);
    void this.#check(seed);
    this.#timer ??= this.#later();
  }

  /** The host is not in the cluster any more. */
  gone(hostId: string): void {
    const seed = this.#seeds.get(hostId);
    this.#seeds.delete(hostId);
    seed?.client?.close();
  }

  /**
   * Sends the seed that the task belongs to. Resolves when it has done all it was sent for.
   * @throws P2pfsError when it has not, UnavailableError when there is none
   */
  send(taskId: string, download: Download__Output): Promise<void> {
    const seed = this.#seedOf(taskId);
    if (seed === undefined) return Promise.reject(new P2pfsError("UNAVAILABLE", "no seed peer serves"));
    seed.client ??= new DfdaemonUpload(seed.address, this.#options.credentials, CLUSTER_CHANNEL);
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
        if (said.code === status.UNAVAILABLE) seed.serving = false;
        reject(fromStatus(said, `the seed peer ${seed.hostId}`));
      });
    });
  }

  /** Takes back all that was sent. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    for (const call of [...this.#out]) call.cancel();
    const checks = [...this.#seeds.values()].map(({ checking }) => checking);
    for (const hostId of [...this.#seeds.keys()]) this.gone(hostId);
    await Promise.all(checks);
  }

  /** Each task has a seed of its own for as long as that serves (rendezvous hashing): a file is in one seed's cache, not in all. */
  #seedOf(taskId: string): Seed | undefined {
    let best: { readonly seed: Seed; readonly weight: bigint } | undefined;
    for (const seed of this.#seeds.values()) {
      if (!seed.serving) continue;
      const weight = sipHash24(Buffer.from(`${seed.hostId} ${taskId}`));
      if (best === undefined || weight > best.weight) best = { seed, weight };
    }
    return best?.seed;
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
    const { clock, log, credentials } = this.#options;
    const { hostId, address } = seed;
    const serving = await asksServing(address, credentials, { clock, what: `the seed peer ${hostId}` });
    if (this.#closed || serving === seed.serving) return;
    seed.serving = serving;
    log.info({ hostId, address }, serving ? "seed-serves" : "seed-does-not-serve");
  }
}
