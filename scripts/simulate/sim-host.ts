/**
 * One simulated host: a daemon's engine tasks, real, between edges that only take their time (transfers.ts, listening.ts). What
 * it has, and what becomes of it.
 */
import { UnavailableError } from "../../base/errors.ts";
import {
  DAEMON_FETCHES_MAX,
  DEMAND_FETCHES_EXTRA,
  FETCH_RETRIES_DEFAULT,
  ORIGIN_FETCHES_MAX,
  READ_DEADLINE_MS,
  SYNC_HOST_MS,
} from "../../base/limits.ts";
import { silentLogger } from "../../base/logger.ts";
import { FetchSlots } from "../../daemon/engine/fetch-slots.ts";
import { RoomClaims } from "../../daemon/engine/room-claims.ts";
import type { TaskEnvironment } from "../../daemon/engine/task-environment.ts";
import { Asking } from "./asking.ts";
import { Listening } from "./listening.ts";
import { type Link, newLink } from "./network.ts";
import { SimTask } from "./sim-task.ts";
import { Transfers } from "./transfers.ts";
import type { World } from "./world.ts";

/** How a host misbehaves: gone without a word, gives nothing that it is asked for, gives wrong bytes. */
export type Fault = "none" | "dies" | "stalls" | "lies";

export interface HostFacts {
  readonly number: number;
  /** Of its access link, bits a second, each way. */
  readonly rate: number;
  readonly fault: Fault;
  readonly isSeed: boolean;
  /** One way to anybody, ms. */
  readonly latencyMs: number;
}

export class SimHost {
  readonly id: string;
  readonly ip: string;
  readonly uploadPort = 4000;
  readonly up: Link;
  readonly down: Link;
  readonly rate: number;
  readonly fault: Fault;
  readonly isSeed: boolean;
  readonly latencyMs: number;
  readonly world: World;
  readonly tasks = new Map<string, SimTask>();
  readonly transfers: Transfers;
  readonly listening: Listening;
  readonly environment: Omit<TaskEnvironment, "scheduler" | "onIdle">;
  isDead = false;
  readonly #mourners: (() => void)[] = [];
  #freeRate = { rate: 0, untilMs: 0 };

  constructor(world: World, facts: HostFacts) {
    const { number, rate, fault, isSeed, latencyMs } = facts;
    this.world = world;
    this.ip = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
    this.id = `${this.ip}-host-${number}${isSeed ? "-seed" : ""}`;
    this.rate = rate;
    this.up = newLink(rate);
    this.down = newLink(rate);
    this.fault = fault;
    this.isSeed = isSeed;
    this.latencyMs = latencyMs;
    this.transfers = new Transfers(this);
    this.listening = new Listening(this);
    this.environment = this.#environment();
  }

  /** The task of the file here, begun where there is none. */
  load(taskId: string, url: string, needBackToSource = false): SimTask {
    const known = this.tasks.get(taskId);
    if (known !== undefined) return known;
    const task = new SimTask(this, taskId, {
      url,
      headers: {},
      ...(needBackToSource ? { needBackToSource } : {}),
    });
    this.tasks.set(taskId, task);
    return task;
  }

  /** Bits a second that it says it could send besides what it sends: told now and then, never less than a tenth. */
  freeRate(): number {
    const { clock, network, settings } = this.world;
    const told = settings.toldLink ?? this.rate;
    const nowMs = clock.nowMs();
    if (nowMs >= this.#freeRate.untilMs)
      this.#freeRate = {
        rate: Math.max(told - (this.rate - network.free(this.up) * 8000), told / 10),
        untilMs: nowMs + SYNC_HOST_MS,
      };
    return this.#freeRate.rate;
  }

  /** Gone for good, without a word to anybody. */
  die(): void {
    this.isDead = true;
    const reason = new UnavailableError("this host is gone");
    this.transfers.end(reason);
    this.listening.end();
    for (const host of this.world.byIp.values()) host.transfers.lost(this);
    for (const listener of this.#mourners) listener();
    for (const task of this.tasks.values()) task.abandon();
  }

  onDeath(listener: () => void): void {
    this.#mourners.push(listener);
  }

  #environment(): Omit<TaskEnvironment, "scheduler" | "onIdle"> {
    const { world, isSeed } = this;
    const { clock, random, settings } = world;
    const room = {
      look: async () => {},
      availableBytes: 2 ** 52,
      roomBytes: 2 ** 52,
      make: async () => false,
    };
    return {
      clock,
      random,
      log: silentLogger,
      sourceOf: () => this.transfers.source,
      parents: {
        announcements: this.listening,
        transport: this.transfers,
        loads: { watch: ({ ip }) => this.#watch(ip), close: async () => {} },
        isSeed,
        ...(isSeed || world.seed === undefined ? {} : { seeds: new Asking(this, world.seed) }),
      },
      integrity: "transport",
      slots: new FetchSlots({
        daemonMax: DAEMON_FETCHES_MAX,
        originMax: ORIGIN_FETCHES_MAX,
        demandExtra: DEMAND_FETCHES_EXTRA,
      }),
      room: new RoomClaims(room, clock),
      readDeadlineMs: READ_DEADLINE_MS,
      retries: FETCH_RETRIES_DEFAULT,
      fetchesMax: settings.fetchesMax,
      makeRoom: async () => true,
      peerId: () => world.newPeerId(this),
      digestOf: () => Promise.reject(new UnavailableError("content without bytes has no digest")),
      onChanged: () => {},
    };
  }

  #watch(ip: string) {
    const host = this.world.byIp.get(ip);
    return { freeRate: () => (host?.isDead ? undefined : host?.freeRate()), close: () => {} };
  }
}
