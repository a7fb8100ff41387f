/**
 * The scheduler's side of recorded AnnouncePeer calls, played to our client: it sends what Dragonfly's scheduler sent, in the
 * place where that sent it, and keeps what the client says. Knows every host.
 */
import { once } from "node:events";
import { Server, ServerCredentials, type ServerDuplexStream, status } from "@grpc/grpc-js";
import { HealthService } from "../../daemon/server/health-service.ts";
import type { AnnouncePeerRequest__Output } from "../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import type { AnnouncePeerResponse } from "../../proto/gen/scheduler/v2/AnnouncePeerResponse.ts";
import { Health, Scheduler } from "../../proto/load.ts";
import type { RecordedCall } from "./transcript.ts";

type Stream = ServerDuplexStream<AnnouncePeerRequest__Output, AnnouncePeerResponse>;

export const ANNOUNCE_PEER = Scheduler.service.AnnouncePeer;

/** One call as it is played. */
export class PlayedCall {
  readonly heard: AnnouncePeerRequest__Output[] = [];
  readonly #recorded: RecordedCall;
  readonly #steps = new EventTarget();
  /** Events of the recording that have happened. */
  #position = 0;

  constructor(recorded: RecordedCall) {
    this.#recorded = recorded;
  }

  /** The status that ended the recorded call. */
  get refusal(): object {
    const last = this.#recorded.events.at(-1);
    return last?.by === "status" ? last : { code: status.CANCELLED, details: "" };
  }

  /** Resolves once all events before this one have happened here too. */
  async reached(index: number): Promise<void> {
    while (this.#position < index) await once(this.#steps, "step");
  }

  hears(stream: Stream, message: AnnouncePeerRequest__Output): void {
    this.heard.push(message);
    if (this.#recorded.events[this.#position]?.by === "client") this.#position += 1;
    this.#play(stream);
    this.#steps.dispatchEvent(new Event("step"));
  }

  #play(stream: Stream): void {
    for (;;) {
      const event = this.#recorded.events[this.#position];
      if (event === undefined || event.by === "client") return;
      this.#position += 1;
      if (event.by === "server") stream.write(ANNOUNCE_PEER.responseDeserialize(event.bytes));
      else if (event.by === "status" && event.code === status.OK) stream.end();
      else if (event.by === "status") stream.emit("error", { code: event.code, details: event.details });
    }
  }
}

export class ReplayScheduler {
  readonly port: number;
  readonly #server: Server;
  readonly call: PlayedCall;

  private constructor(server: Server, port: number, call: PlayedCall) {
    this.#server = server;
    this.port = port;
    this.call = call;
  }

  /** Listens on a port of its own. Whoever started it closes it. */
  static async start(recorded: RecordedCall): Promise<ReplayScheduler> {
    const played = new PlayedCall(recorded);
    let playing = false;
    const server = new Server();
    const health = new HealthService([]);
    server.addService(Health.service, { check: health.check, watch: health.watch });
    const answer = (_call: unknown, answered: (error: null, value: object) => void) => answered(null, {});
    server.addService(Scheduler.service, {
      announceHost: answer,
      deleteTask: answer,
      announcePeer: (stream: Stream) => {
        // A second registration is answered as the first was: nothing else was recorded.
        const again = playing;
        playing = true;
        stream.on("data", (message: AnnouncePeerRequest__Output) => {
          if (again) stream.emit("error", played.refusal);
          else played.hears(stream, message);
        });
        stream.on("error", () => {});
      },
    } as never);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    return new ReplayScheduler(server, port, played);
  }

  close(): void {
    this.#server.forceShutdown();
  }
}
