/** One AnnouncePeer stream over gRPC: drives a Conversation, with a timer for its next look. */
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { Clock, Timer } from "../../../base/clock.ts";
import { LimitError } from "../../../base/errors.ts";
import { SCHEDULE_WAKE_MS, SCHEDULER_UNTAKEN_MAX } from "../../../base/limits.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { AnnouncePeerRequest__Output } from "../../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import type { AnnouncePeerResponse } from "../../../proto/gen/scheduler/v2/AnnouncePeerResponse.ts";
import type { Conversation, Reaction } from "./conversation.ts";
import type { KnownTask } from "./known.ts";

export type AnnouncePeerStream = ServerDuplexStream<AnnouncePeerRequest__Output, AnnouncePeerResponse>;

export interface AnnounceCallOptions {
  readonly stream: AnnouncePeerStream;
  readonly conversation: Conversation;
  readonly clock: Clock;
  readonly sendSeed: (seed: NonNullable<Reaction["seed"]>) => void;
  /** A message was dealt with. */
  readonly onHeard: () => void;
  /** It waits for this task now, or for none. */
  readonly onWaiting: (task: KnownTask | undefined) => void;
  readonly onClosed: () => void;
}

export class AnnounceCall {
  readonly #options: AnnounceCallOptions;
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #waitsFor: KnownTask | undefined;
  #untaken = 0;
  #closed = false;

  constructor(options: AnnounceCallOptions) {
    this.#options = options;
    const { stream, conversation } = options;
    stream.on("data", (message: AnnouncePeerRequest__Output) => {
      this.#do(() => conversation.hear(message));
      options.onHeard();
    });
    stream.on("end", () => this.#end());
    stream.on("cancelled", () => this.#over());
    stream.on("error", () => this.#over());
  }

  /** Its task has changed: it is looked at soon. */
  wake(): void {
    const atMs = this.#options.conversation.worthALookAtMs;
    if (atMs !== undefined)
      this.#lookAt(Math.max(atMs, this.#options.clock.monotonicMs() + SCHEDULE_WAKE_MS));
  }

  /** Refuses whatever it is about. @param error what the client is told */
  refuse(error: unknown): void {
    if (this.#closed) return;
    const { grpcCode, message } = fromUnknown(error);
    this.#over();
    // Not an emitter's error: grpc-js takes this as the call's status.
    this.#options.stream.emit("error", { code: grpcCode, details: message });
  }

  #do(step: () => Reaction): void {
    if (this.#closed) return;
    try {
      const { answer, seed, end } = step();
      if (seed !== undefined) this.#options.sendSeed(seed);
      if (answer !== undefined) this.#write(answer);
      if (end) this.#end();
    } catch (error) {
      this.refuse(error);
    }
    this.#plan();
  }

  #write(answer: AnnouncePeerResponse): void {
    this.#untaken += 1;
    if (this.#untaken > SCHEDULER_UNTAKEN_MAX) throw new LimitError("the client takes none of its answers");
    this.#options.stream.write(answer, () => {
      this.#untaken -= 1;
    });
  }

  /** Looks at the conversation when it wants it. */
  #plan(): void {
    const { conversation, onWaiting } = this.#options;
    if (this.#closed) return;
    const { waitsFor, lookAtMs } = conversation;
    if (waitsFor !== this.#waitsFor) {
      this.#waitsFor = waitsFor;
      onWaiting(waitsFor);
    }
    if (lookAtMs !== undefined) this.#lookAt(lookAtMs);
  }

  #lookAt(atMs: number): void {
    if (this.#closed || atMs >= this.#timerAtMs) return;
    const { clock, conversation } = this.#options;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = clock.schedule(Math.max(0, atMs - clock.monotonicMs()), () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.#do(() => conversation.look());
    });
  }

  #end(): void {
    if (this.#closed) return;
    this.#over();
    this.#options.stream.end();
  }

  #over(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#options.conversation.close();
    if (this.#waitsFor !== undefined) this.#options.onWaiting(undefined);
    this.#options.onClosed();
  }
}
