/** Downloads' conversations with the embedded scheduler, both sides real, over a wire that only takes its time. */
import { EventEmitter } from "node:events";
import type { Clock } from "../../base/clock.ts";
import { CLUSTER_KEEPALIVE_MS, CLUSTER_KEEPALIVE_WAIT_MS } from "../../base/limits.ts";
import { AnnounceStream } from "../../daemon/scheduler/cluster/announce-stream.ts";
import { PeerConversation } from "../../daemon/scheduler/cluster/peer-conversation.ts";
import type { AnnouncePeerStream } from "../../daemon/scheduler/embedded/announce-call.ts";
import type { EmbeddedScheduler } from "../../daemon/scheduler/embedded/embedded-scheduler.ts";
import type { PeerRegistration, PeerSession } from "../../daemon/scheduler/scheduler.ts";
import type { AnnouncePeerRequest } from "../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import type { AnnouncePeerResponse } from "../../proto/gen/scheduler/v2/AnnouncePeerResponse.ts";
import { Scheduler } from "../../proto/load.ts";
import type { SimHost } from "./sim-host.ts";

const { AnnouncePeer, AnnounceHost } = Scheduler.service;

/** How long a scheduler may be silent, ms: nobody in a simulation is without one. */
const SILENCE_MS = 86_400_000;

export class Conversations {
  readonly #scheduler: EmbeddedScheduler;
  readonly #clock: Clock;
  #answers = 0;

  constructor(scheduler: EmbeddedScheduler, clock: Clock) {
    this.#scheduler = scheduler;
    this.#clock = clock;
  }

  /** Messages, both ways. */
  get messages(): number {
    return this.#scheduler.heard + this.#answers;
  }

  announce(host: SimHost): void {
    const told = Math.floor(host.world.settings.toldLink ?? host.rate);
    const message = {
      id: host.id,
      hostname: host.id,
      type: host.isSeed ? 1 : 0,
      ip: host.ip,
      port: host.uploadPort,
      downloadPort: host.uploadPort,
      network: {
        maxTxBandwidth: told,
        maxRxBandwidth: told,
        txBandwidth: 0,
      },
    };
    const request = { host: message, interval: { seconds: 300 } };
    this.#scheduler.announceHost(AnnounceHost.requestDeserialize(AnnounceHost.requestSerialize(request)));
  }

  /** @throws the signal's reason */
  register(host: SimHost, registration: PeerRegistration, signal: AbortSignal): PeerSession {
    signal.throwIfAborted();
    const { fileBytes, pieceBytes, fetchesMax } = host.world.settings;
    const conversation = new PeerConversation({
      hostId: host.id,
      // The scheduler reckons with the bytes that the network carries.
      registration: { ...registration, contentLength: fileBytes, pieceLength: pieceBytes },
      scheduleCountMax: 5,
      concurrentPieceCount: fetchesMax,
      withoutMetadataOnly: false,
      now: () => this.#clock.nowMs(),
    });
    const stream = new AnnounceStream({
      clock: this.#clock,
      what: "the scheduler",
      conversation,
      scheduleTimeoutMs: SILENCE_MS,
      open: () => this.#connect(host) as never,
      onClosed: () => {},
    });
    stream.begin();
    return stream;
  }

  #connect(host: SimHost): EventEmitter {
    const client = new EventEmitter();
    const server = new EventEmitter();
    const later = (arrive: () => void) => {
      if (host.isDead) return;
      this.#clock.schedule(host.latencyMs, () => host.isDead || arrive());
    };
    const toServer = (message: AnnouncePeerRequest, taken: () => void) => {
      later(() => server.emit("data", asRead(message)));
      taken();
    };
    const toClient = (answer: AnnouncePeerResponse, taken: () => void) => {
      this.#answers += 1;
      later(() => client.emit("data", { ...answer, response: Object.keys(answer)[0] }));
      taken();
    };
    const status = (code: number, details: string) => later(() => client.emit("status", { code, details }));
    Object.assign(client, { write: toServer, cancel: () => server.emit("cancelled") });
    Object.assign(server, { write: toClient, end: () => status(0, "") });
    server.on("error", ({ code, details }: { code: number; details: string }) => status(code, details));
    // The scheduler sees by its pings that a host is gone.
    host.onDeath(() => {
      this.#clock.schedule(CLUSTER_KEEPALIVE_MS + CLUSTER_KEEPALIVE_WAIT_MS, () => server.emit("cancelled"));
    });
    this.#scheduler.announcePeer(server as unknown as AnnouncePeerStream);
    return client;
  }
}

/** As the message comes off the wire; what is said with every piece is not made into bytes for it. */
function asRead(message: AnnouncePeerRequest) {
  const isReport = message.downloadPieceFinishedRequest ?? message.downloadPieceBackToSourceFinishedRequest;
  if (isReport) return { ...message, request: Object.keys(message).find((key) => key.endsWith("Request")) };
  return AnnouncePeer.requestDeserialize(AnnouncePeer.requestSerialize(message));
}
