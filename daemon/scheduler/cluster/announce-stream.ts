/**
 * One AnnouncePeer stream: drives a PeerConversation over gRPC, with a deadline for every wait. The session that the engine
 * holds goes on when the stream is gone; it only has nobody to talk to.
 */
import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import type { Clock, Timer } from "../../../base/clock.ts";
import type { P2pfsError } from "../../../base/errors.ts";
import {
  ANNOUNCE_END_MS,
  ANNOUNCE_SEND_MS,
  ANNOUNCE_WAITING_MAX,
  REGISTER_ANSWER_MS,
} from "../../../base/limits.ts";
import type { AnnouncePeerRequest } from "../../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import type { AnnouncePeerResponse__Output } from "../../../proto/gen/scheduler/v2/AnnouncePeerResponse.ts";
import { fromStatus } from "../../rpc/unary-call.ts";
import type { DownloadFailure, FinishedPiece, PeerSession, Placement } from "../scheduler.ts";
import type { Outcome, PeerConversation } from "./peer-conversation.ts";

type Stream = ClientDuplexStream<AnnouncePeerRequest, AnnouncePeerResponse__Output>;

export interface AnnounceStreamOptions {
  readonly clock: Clock;
  /** The scheduler, as it stands in messages. */
  readonly what: string;
  readonly conversation: PeerConversation;
  /** Longest silence of a scheduler whose word is waited for no more, ms: scheduler.scheduleTimeout. */
  readonly scheduleTimeoutMs: number;
  readonly open: () => Stream;
  /** Something was told or asked. */
  readonly onUse?: () => void;
  /** Whether the registration, which failed so, may be tried once more: when the scheduler knows this host again. */
  readonly mayRetry?: (error: P2pfsError) => Promise<boolean>;
  /** The stream has ended, in order or not. Called once. */
  readonly onClosed: (closed: { readonly inOrder: boolean; readonly error: P2pfsError | undefined }) => void;
}

export class AnnounceStream implements PeerSession {
  readonly #options: AnnounceStreamOptions;
  readonly #listeners = new Set<() => void>();
  readonly #closed: Promise<void>;
  #close: () => void = () => {};
  #stream: Stream | undefined;
  #isClosed = false;
  #retried = false;
  #inOrder = false;
  /** Messages that the connection has not taken. */
  #waiting = 0;
  #sendTimer: Timer | undefined;
  #answerTimer: Timer | undefined;

  constructor(options: AnnounceStreamOptions) {
    this.#options = options;
    this.#closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  /** The scheduler has taken the terminal message and closed its side. */
  get endedInOrder(): boolean {
    return this.#inOrder;
  }

  /** Opens the stream and registers. */
  begin(): void {
    const stream = this.#options.open();
    this.#stream = stream;
    this.#waiting = 0;
    stream.on("data", (response: AnnouncePeerResponse__Output) => this.#answered(response));
    // The status tells all; without a listener an error would be nobody's.
    stream.on("error", () => {});
    stream.on("status", (status: Pick<ServiceError, "code" | "details">) => {
      if (this.#stream === stream) this.#statusCame(status);
    });
    this.#send(this.#options.conversation.begin());
    this.#awaitAnswer();
  }

  placement(): Placement {
    return this.#options.conversation.placement;
  }

  onPlacement(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  pieceFinished(piece: FinishedPiece): void {
    this.#tell(() => this.#options.conversation.pieceFinished(piece));
  }

  pieceFailed(piece: { readonly number: number; readonly parentId: string }): void {
    this.#tell(() => this.#options.conversation.pieceFailed(piece));
  }

  reschedule(reason: string): void {
    this.#tell(() => this.#options.conversation.reschedule(reason));
    if (!this.#isClosed && this.placement().kind === "unknown") this.#awaitAnswer();
  }

  /** Resolves once the scheduler has closed its side, or has had its time to. */
  async end(outcome: Outcome, failure?: DownloadFailure): Promise<void> {
    if (this.#isClosed) return;
    const { clock, conversation } = this.#options;
    const timer = clock.schedule(ANNOUNCE_END_MS, () => this.#cut("it did not close the conversation"));
    this.#tell(() => conversation.end(outcome, failure));
    await this.#closed;
    timer.cancel();
  }

  /** Ends the stream at once, without a word. */
  cut(reason: string): void {
    this.#cut(reason);
  }

  #tell(event: () => AnnouncePeerRequest[]): void {
    this.#options.onUse?.();
    const before = this.placement();
    this.#send(event());
    if (this.placement() !== before) this.#placed();
  }

  #answered(response: AnnouncePeerResponse__Output): void {
    if (this.#isClosed) return;
    const { clock, conversation, scheduleTimeoutMs } = this.#options;
    this.#answerTimer?.cancel();
    // It may have nothing to say for hours; one that is gone without a word is told by the pings.
    this.#answerTimer = clock.schedule(scheduleTimeoutMs, () => this.#cut("it said nothing for too long"));
    this.#tell(() => conversation.answered(response));
  }

  #awaitAnswer(): void {
    const { clock, conversation, what } = this.#options;
    this.#answerTimer?.cancel();
    this.#answerTimer = clock.schedule(REGISTER_ANSWER_MS, () => {
      const before = this.placement();
      conversation.unanswered(`${what} has not answered`);
      if (this.placement() !== before) this.#placed();
    });
  }

  #placed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #send(messages: readonly AnnouncePeerRequest[]): void {
    const stream = this.#stream;
    if (stream === undefined || this.#isClosed) return;
    for (const message of messages) {
      const isReport =
        message.downloadPieceFinishedRequest || message.downloadPieceBackToSourceFinishedRequest;
      if (isReport && this.#waiting >= ANNOUNCE_WAITING_MAX) continue;
      this.#waiting += 1;
      stream.write(message, () => {
        if (this.#stream === stream) this.#taken();
      });
    }
    if (this.#waiting > 0) this.#sendTimer ??= this.#sendDeadline();
  }

  #taken(): void {
    this.#waiting -= 1;
    this.#sendTimer?.cancel();
    this.#sendTimer = this.#waiting > 0 && !this.#isClosed ? this.#sendDeadline() : undefined;
  }

  #sendDeadline(): Timer {
    return this.#options.clock.schedule(ANNOUNCE_SEND_MS, () => this.#cut("it takes no messages"));
  }

  #cut(reason: string): void {
    if (this.#isClosed) return;
    this.#stream?.cancel();
    this.#over({ code: 4, details: reason });
  }

  /** A registration that was refused or lost its way is tried again once. */
  #statusCame(status: Pick<ServiceError, "code" | "details">): void {
    const { conversation, mayRetry, what } = this.#options;
    if (this.#isClosed) return;
    if (this.#retried || mayRetry === undefined || status.code === 0 || !conversation.unregistered) {
      this.#over(status);
      return;
    }
    this.#retried = true;
    this.#sendTimer?.cancel();
    this.#sendTimer = undefined;
    mayRetry(fromStatus(status, what)).then(
      (again) => {
        if (this.#isClosed) return;
        if (again && conversation.unregistered) this.begin();
        else this.#over(status);
      },
      () => this.#over(status),
    );
  }

  #over({ code, details }: Pick<ServiceError, "code" | "details">): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#answerTimer?.cancel();
    this.#sendTimer?.cancel();
    const { conversation, onClosed, what } = this.#options;
    const inOrder = code === 0 && conversation.ended;
    this.#inOrder = inOrder;
    const error = code === 0 ? undefined : fromStatus({ code, details }, what);
    const before = this.placement();
    conversation.lose(error?.message ?? `${what} has ended the conversation`);
    onClosed({ inOrder, error });
    this.#close();
    if (this.placement() !== before) this.#placed();
  }
}
