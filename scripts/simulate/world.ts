/** A run: hosts, network, the embedded scheduler and the conversations with it, on one simulated clock. */
import { EventEmitter } from "node:events";
import { setImmediate as breathe } from "node:timers/promises";
import { silentLogger } from "../../base/logger.ts";
import { AnnounceStream } from "../../daemon/scheduler/cluster/announce-stream.ts";
import { PeerConversation } from "../../daemon/scheduler/cluster/peer-conversation.ts";
import type { AnnouncePeerStream } from "../../daemon/scheduler/embedded/announce-call.ts";
import { EmbeddedScheduler } from "../../daemon/scheduler/embedded/embedded-scheduler.ts";
import type { PeerRegistration, PeerSession } from "../../daemon/scheduler/scheduler.ts";
import { standardTaskId } from "../../daemon/task/ids.ts";
import type { AnnouncePeerRequest } from "../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import type { AnnouncePeerResponse } from "../../proto/gen/scheduler/v2/AnnouncePeerResponse.ts";
import { Scheduler } from "../../proto/load.ts";
import { linkRate, randomFrom, type Settings, settingsOf } from "./model.ts";
import { type Link, Network, newLink } from "./network.ts";
import { SimClock } from "./sim-clock.ts";
import { type Fault, SimHost, type SimTask } from "./sim-host.ts";

const { AnnouncePeer, AnnounceHost } = Scheduler.service;

/** Longest a run may last, by its own clock, ms. */
const LONGEST_MS = 6 * 3_600_000;

export class World {
  readonly settings: Settings;
  readonly clock = new SimClock();
  readonly random: () => number;
  readonly network: Network;
  readonly source: Link;
  readonly byIp = new Map<string, SimHost>();
  readonly hosts: SimHost[] = [];
  /** Downloads that were begun by hosts that are to complete. */
  readonly loads: SimTask[] = [];
  sourceBytes = 0;
  wastedBytes = 0;
  answers = 0;
  #scheduler: EmbeddedScheduler | undefined;
  readonly #seed: SimHost | undefined;
  #peers = 0;
  #dirty = false;
  #open = 0;

  /** @param named what is to be other than in the published model */
  constructor(named: Partial<Settings> = {}) {
    const settings = settingsOf(named);
    this.settings = settings;
    this.source = newLink(settings.sourceLink);
    this.random = randomFrom(settings.seed);
    this.network = new Network(this.clock, settings.epochMs);
    const { seedLink } = settings;
    this.#seed = seedLink === undefined ? undefined : this.#newHost(0, seedLink, "none", true);
    for (let number = 1; number <= settings.hosts; number += 1) {
      const fault = settings.faults ? this.#fault() : "none";
      this.hosts.push(this.#newHost(number, linkRate(settings, number - 1, this.random), fault, false));
    }
  }

  get messages(): number {
    return this.#scheduler?.heard ?? 0;
  }

  /** Promises were settled: what waits for them goes on before time does. */
  flush(): void {
    this.#dirty = true;
  }

  /** Calls back when a message of the host has arrived. */
  later(host: SimHost, arrive: () => void): void {
    this.clock.schedule(host.latencyMs, arrive);
  }

  completed(): void {
    this.#open -= 1;
  }

  newPeerId(host: SimHost): string {
    this.#peers += 1;
    return `${host.id}-${this.#peers}`;
  }

  async run(): Promise<void> {
    const { clock, random, settings } = this;
    const seed = this.#seed;
    this.#scheduler = await EmbeddedScheduler.open({
      clock,
      random,
      log: silentLogger,
      seeds: {
        available: seed !== undefined,
        announced: () => {},
        gone: () => {},
        send: async (taskId, { url }) => seed?.load(taskId, url, true).done,
        close: async () => {},
      },
    });
    for (const host of this.byIp.values()) this.#announce(host);
    for (const host of this.hosts) {
      const file = this.#pick(settings.files);
      this.#open += 1;
      clock.schedule(random() * settings.startSpreadMs, () => {
        const url = `http://origin/model-${file}.safetensors`;
        const task = host.load(standardTaskId({ url }), url, false);
        this.loads.push(task);
        if (host.fault === "dies") this.#dieLater(host);
      });
    }
    await breathe();
    while (this.#open > 0 && clock.step(LONGEST_MS)) {
      if (!this.#dirty) continue;
      this.#dirty = false;
      await breathe();
    }
    await this.#scheduler.close();
  }

  /** The conversation of a download with the scheduler, both sides real. */
  async register(host: SimHost, registration: PeerRegistration, signal: AbortSignal): Promise<PeerSession> {
    signal.throwIfAborted();
    const { clock } = this;
    const conversation = new PeerConversation({
      hostId: host.id,
      registration,
      scheduleCountMax: 5,
      concurrentPieceCount: this.settings.fetchesMax,
      withoutMetadataOnly: false,
      now: () => clock.nowMs(),
    });
    const stream = new AnnounceStream({
      clock,
      what: "the scheduler",
      conversation,
      scheduleTimeoutMs: 10 * LONGEST_MS,
      open: () => this.#connect(host) as never,
      onClosed: () => this.flush(),
    });
    stream.begin();
    return stream;
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

  #dieLater(host: SimHost): void {
    this.clock.schedule(this.random() * 120_000, () => {
      if (host.isDead || [...host.tasks.values()].every(({ completedMs }) => completedMs !== undefined))
        return;
      host.die();
      this.completed();
      this.flush();
    });
  }

  #announce(host: SimHost): void {
    const told = Math.floor(this.settings.toldLink ?? host.rate);
    const message = {
      id: host.id,
      hostname: host.id,
      type: host.isSeed ? 1 : 0,
      ip: host.ip,
      port: 4000,
      downloadPort: 4000,
      network: {
        maxTxBandwidth: told,
        maxRxBandwidth: told,
        txBandwidth: 0,
      },
    };
    const request = { host: message, interval: { seconds: 300 } };
    this.#scheduler?.announceHost(AnnounceHost.requestDeserialize(AnnounceHost.requestSerialize(request)));
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

  #connect(host: SimHost): EventEmitter {
    const client = new EventEmitter();
    const server = new EventEmitter();
    const toServer = (message: AnnouncePeerRequest, taken: () => void) => {
      this.later(host, () => server.emit("data", asRead(message)));
      taken();
    };
    const toClient = (answer: AnnouncePeerResponse, taken: () => void) => {
      this.answers += 1;
      this.later(host, () => {
        client.emit("data", { ...answer, response: Object.keys(answer)[0] });
        this.flush();
      });
      taken();
    };
    const status = (code: number, details: string) =>
      this.later(host, () => {
        client.emit("status", { code, details });
        this.flush();
      });
    Object.assign(client, { write: toServer, cancel: () => server.emit("cancelled") });
    Object.assign(server, { write: toClient, end: () => status(0, "") });
    server.on("error", ({ code, details }: { code: number; details: string }) => status(code, details));
    this.#scheduler?.announcePeer(server as unknown as AnnouncePeerStream);
    return client;
  }
}

/** As the message comes off the wire; what is said with every piece is not made into bytes for it. */
function asRead(message: AnnouncePeerRequest) {
  const isReport = message.downloadPieceFinishedRequest ?? message.downloadPieceBackToSourceFinishedRequest;
  if (isReport) return { ...message, request: Object.keys(message).find((key) => key.endsWith("Request")) };
  return AnnouncePeer.requestDeserialize(AnnouncePeer.requestSerialize(message));
}
