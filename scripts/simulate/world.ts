/** A run: hosts, network, source and scheduler on one simulated clock, and what becomes of every load. */
import { silentLogger } from "../../base/logger.ts";
import { EmbeddedScheduler } from "../../daemon/scheduler/embedded/embedded-scheduler.ts";
import type { PeerSession, Scheduler } from "../../daemon/scheduler/scheduler.ts";
import { standardTaskId } from "../../daemon/task/ids.ts";
import { Conversations } from "./conversations.ts";
import { JoinedSession } from "./joined-session.ts";
import { copyOf, rarestFirst } from "./loads.ts";
import { linkRate, logNormal, randomFrom, type Settings, settingsOf } from "./model.ts";
import { type Link, Network, newLink } from "./network.ts";
import { readInOrder } from "./reader.ts";
import { SimClock } from "./sim-clock.ts";
import { type Fault, SimHost } from "./sim-host.ts";
import type { SimTask } from "./sim-task.ts";

/** Longest a run may last, by its own clock, ms. */
const LONGEST_MS = 6 * 3_600_000;
/** Hosts that die do so within this time of their beginning, ms. */
const DEATH_MS = 120_000;

export class World {
  readonly settings: Settings;
  readonly clock = new SimClock();
  readonly random: () => number;
  readonly network: Network;
  readonly source: Link;
  readonly byIp = new Map<string, SimHost>();
  readonly hosts: SimHost[] = [];
  /** What the hosts load, in the order they begin. */
  readonly loads: SimTask[] = [];
  sourceBytes = 0;
  wastedBytes = 0;
  #conversations: Conversations | undefined;
  /** The seed peer, where there is one. */
  readonly seed: SimHost | undefined;
  #peers = 0;
  #open = 0;

  constructor(named: Partial<Settings> = {}) {
    const settings = settingsOf(named);
    this.settings = settings;
    this.source = newLink(settings.sourceLink);
    this.random = randomFrom(settings.seed);
    this.network = new Network(this.clock, settings.epochMs, () =>
      logNormal(settings.flowSpread, this.random),
    );
    const { seedLink } = settings;
    this.seed = seedLink === undefined ? undefined : this.#newHost(0, seedLink, "none", true);
    for (let number = 1; number <= settings.hosts; number += 1) {
      const fault = settings.faults ? this.#fault() : "none";
      this.hosts.push(this.#newHost(number, linkRate(settings, number - 1, this.random), fault, false));
    }
  }

  /** Between hosts and scheduler, both ways. */
  get messages(): number {
    return this.#conversations?.messages ?? 0;
  }

  /** Calls back when a message of the host has arrived. */
  later(host: SimHost, arrive: () => void): void {
    this.clock.schedule(host.latencyMs, arrive);
  }

  newPeerId(host: SimHost): string {
    this.#peers += 1;
    return `${host.id}-${this.#peers}`;
  }

  /** Plays until every host that lives has its file. */
  async run(): Promise<void> {
    const { clock, random, settings } = this;
    const seed = this.seed;
    const scheduler = await EmbeddedScheduler.open({
      clock,
      random,
      log: silentLogger,
      seeds: {
        available: seed !== undefined,
        announced: () => {},
        gone: () => {},
        send: async (taskId, { url }) => seed && copyOf(seed.load(taskId, url, true)),
        close: async () => {},
      },
    });
    this.#conversations = new Conversations(scheduler, clock);
    for (const host of this.byIp.values()) this.#conversations.announce(host);
    for (const [n, host] of this.hosts.entries()) {
      const url = `http://origin/model-${this.#pick(settings.files)}.safetensors`;
      this.#open += 1;
      const startMs = random() * settings.startSpreadMs;
      clock.schedule(settings.startsMs?.[n] ?? startMs, () => this.#begin(host, url));
    }
    await clock.run(LONGEST_MS, () => this.#open === 0);
    await scheduler.close();
  }

  /** As the engine's task at that host knows it. */
  schedulerOf(task: SimTask): Scheduler {
    const register: Scheduler["register"] = async (registration, signal) => {
      const session = this.#registered(task.host, registration, signal);
      return this.settings.reverse ? task.joined(new JoinedSession(session)) : session;
    };
    return { alone: false, register, close: async () => {} };
  }

  #registered(host: SimHost, ...[registration, signal]: Parameters<Scheduler["register"]>): PeerSession {
    if (this.#conversations === undefined) throw new Error("nobody registers before the run");
    return this.#conversations.register(host, registration, signal);
  }

  #begin(host: SimHost, url: string): void {
    const task = host.load(standardTaskId({ url }), url);
    this.loads.push(task);
    const load = this.#loadOf(task);
    // A host that dies has nothing; why another has nothing is told by its error.
    load.then(
      () => {
        task.completedMs = this.clock.nowMs();
        this.#open -= 1;
      },
      (error) => {
        task.failure = error;
        this.#open -= 1;
      },
    );
    if (host.fault === "dies")
      this.clock.schedule(this.random() * DEATH_MS, () => {
        if (task.completedMs === undefined) host.die();
      });
  }

  #loadOf(task: SimTask): Promise<void> {
    const { readers, rotation } = this.settings;
    if (readers) return readInOrder(task);
    return rotation ? rarestFirst(task) : copyOf(task);
  }

  #newHost(number: number, rate: number, fault: Fault, isSeed: boolean): SimHost {
    const { farShare, farMs, nearMs } = this.settings;
    const latencyMs = !isSeed && this.random() < farShare ? farMs : nearMs;
    const host = new SimHost(this, { number, rate, fault, isSeed, latencyMs });
    this.byIp.set(host.ip, host);
    return host;
  }

  #fault(): Fault {
    const { churnShare, stallingShare, lyingShare } = this.settings;
    const drawn = this.random();
    if (drawn < churnShare) return "dies";
    if (drawn < churnShare + stallingShare) return "stalls";
    return drawn < churnShare + stallingShare + lyingShare ? "lies" : "none";
  }

  /** Zipf: the second most popular file is wanted half as often as the first. */
  #pick(files: number): number {
    let sum = 0;
    for (let rank = 1; rank <= files; rank += 1) sum += 1 / rank;
    let rest = this.random() * sum;
    for (let rank = 1; rank <= files; rank += 1) {
      rest -= 1 / rank;
      if (rest <= 0) return rank;
    }
    return files;
  }
}
