/**
 * One scheduler of the cluster: its connection, whether it serves, and whether it knows this host. Looks by itself, rests
 * between looks, and says in the log when its state changes, once. Which tasks belong to it is not decided here.
 */
import { type ChannelCredentials, connectivityState } from "@grpc/grpc-js";
import type { Clock, Timer } from "../../../base/clock.ts";
import type { P2pfsError } from "../../../base/errors.ts";
import { SCHEDULER_CHECK_MS, SCHEDULER_REST_MS, SCHEDULER_REST_MS_MAX } from "../../../base/limits.ts";
import type { Logger } from "../../../base/logger.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { AnnounceHostRequest } from "../../../proto/gen/scheduler/v2/AnnounceHostRequest.ts";
import { Health, Scheduler } from "../../../proto/load.ts";
import { clusterChannel, formatHostPort } from "../../rpc/endpoint.ts";
import { isServing } from "../../rpc/health-check.ts";
import { callUnary } from "../../rpc/unary-call.ts";
import type { RingAddress } from "../../task/hash-ring.ts";

export interface SchedulerLinkOptions {
  readonly address: RingAddress;
  readonly credentials: ChannelCredentials;
  readonly clock: Clock;
  readonly log: Logger;
  /** This host as it is to be announced now; undefined: it is not to be. */
  readonly announcement: () => Promise<AnnounceHostRequest | undefined>;
  /** scheduler.announceInterval. */
  readonly announceIntervalMs: number;
  /** It began or ceased to serve, or has forgotten what it was told. */
  readonly onChange: () => void;
}

export class SchedulerLink {
  readonly name: string;
  readonly address: RingAddress;
  readonly client: InstanceType<typeof Scheduler>;
  /** The scheduler answered a registration of metadata alone in the way of older ones. */
  withoutMetadataOnly = false;
  /** Raised whenever it may have forgotten what it was told: another connection, another process. */
  generation = 0;
  readonly #options: SchedulerLinkOptions;
  readonly #health: InstanceType<typeof Health>;
  /** Undefined: not asked yet. */
  #serving: boolean | undefined;
  #reason = "it was not asked yet";
  #announcedAtMs: number | undefined;
  #isDue = false;
  #restMs = SCHEDULER_REST_MS;
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #closed = false;

  constructor(options: SchedulerLinkOptions) {
    this.#options = options;
    this.address = options.address;
    this.name = formatHostPort({ host: options.address.ip, port: options.address.port });
    this.client = new Scheduler(this.name, options.credentials, clusterChannel(options.address.ip));
    this.#health = new Health(this.name, options.credentials, {
      channelOverride: this.client.getChannel(),
    });
  }

  /** Whether it serves; undefined until it was asked. */
  get serving(): boolean | undefined {
    return this.#serving;
  }

  /** It serves and was told of this host. */
  get usable(): boolean {
    return this.#serving === true && this.#announcedAtMs !== undefined;
  }

  /** Why it is not usable. */
  get reason(): string {
    return this.#reason;
  }

  /** Looks now, and from now on by itself. Shares a look under way. */
  look(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /**
   * A call of somebody else's failed: its state may not be what it was thought to be.
   * @param registering it was the first message of a conversation: Dragonfly's scheduler finds "peer … not found" then, when
   * it does not know the host
   */
  failed(error: P2pfsError, registering = false): void {
    if (this.#closed) return;
    const gone = error.code === "UNAVAILABLE" || error.code === "DEADLINE" || error.code === "CLOSED";
    // It is there and does not know us: another process than the one that was told.
    const forgot =
      registering && error.code === "NOT_FOUND" && /(host|peer) \S+ not found/.test(error.message);
    if (!gone && !forgot) return;
    this.#forgotten();
    if (gone) this.#serves(false, error.message);
    void this.look();
  }

  /** The next look tells of this host, due or not. */
  announceAgain(): void {
    this.#isDue = true;
    const under = this.#looking ?? Promise.resolve();
    void under.then(() => this.look());
  }

  /** Ends all by itself and the connection. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#health.close();
    this.client.close();
  }

  async #look(): Promise<void> {
    this.#timer?.cancel();
    const { clock } = this.#options;
    const what = `the scheduler ${this.name}`;
    try {
      const serving = await isServing(this.#health, { clock, what });
      if (this.#closed) return;
      if (serving) await this.#announce(what);
      this.#serves(serving, serving ? "" : `${what} says that it does not serve`);
    } catch (error) {
      this.#serves(false, fromUnknown(error).message);
    }
    if (this.#closed) return;
    this.#timer = clock.schedule(this.#nextLookMs(), () => void this.look());
  }

  async #announce(what: string): Promise<void> {
    const { clock, announcement, announceIntervalMs } = this.#options;
    const due =
      this.#isDue ||
      this.#announcedAtMs === undefined ||
      clock.monotonicMs() - this.#announcedAtMs >= announceIntervalMs;
    if (!due) return;
    this.#isDue = false;
    const request = await announcement();
    if (request === undefined || this.#closed) return;
    await callUnary({ clock, what }, (answered) => this.client.announceHost(request, answered));
    const isNews = this.#announcedAtMs === undefined;
    this.#announcedAtMs = clock.monotonicMs();
    if (!isNews) return;
    this.#watchConnection();
    this.#options.onChange();
  }

  #nextLookMs(): number {
    if (this.#serving !== true || this.#announcedAtMs === undefined) {
      const rest = this.#restMs;
      this.#restMs = Math.min(rest * 2, SCHEDULER_REST_MS_MAX);
      return rest;
    }
    this.#restMs = SCHEDULER_REST_MS;
    const { clock, announceIntervalMs } = this.#options;
    const dueMs = this.#announcedAtMs + announceIntervalMs - clock.monotonicMs();
    return Math.max(0, Math.min(SCHEDULER_CHECK_MS, dueMs));
  }

  #serves(serving: boolean, reason: string): void {
    if (this.#closed) return;
    const was = this.#serving;
    this.#serving = serving;
    this.#reason = reason;
    if (!serving) this.#forgotten();
    if (was === serving) return;
    const { log, onChange } = this.#options;
    if (serving) log.info({ scheduler: this.name }, "scheduler-serves");
    else log.warn({ scheduler: this.name, reason }, "scheduler-does-not-serve");
    onChange();
  }

  /** What it was told may be gone with the process or the connection. */
  #forgotten(): void {
    if (this.#announcedAtMs === undefined) return;
    this.#announcedAtMs = undefined;
    this.generation += 1;
  }

  /** A connection that ends is the first sign of a scheduler that was started anew. */
  #watchConnection(): void {
    const channel = this.client.getChannel();
    const seen = channel.getConnectivityState(false);
    if (this.#closed || seen !== connectivityState.READY) return;
    channel.watchConnectivityState(seen, Number.POSITIVE_INFINITY, (error) => {
      if (error || this.#closed || this.#announcedAtMs === undefined) return;
      this.#forgotten();
      void this.look();
    });
  }
}
