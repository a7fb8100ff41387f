/**
 * One AnnouncePeer conversation with Dragonfly's scheduler, as a state machine: events in, messages and placement out
 * (dragonflyoss/client, resource/task.rs; dragonflyoss/dragonfly, scheduler/service/service_v2.go). Pure: whoever has the
 * stream sends what is answered here, in order, and tells what came. Knows no deadlines but is told of them.
 */
import { STATUS_CODES } from "node:http";
import { CLUSTER_TEXT_MAX, PIECES_BEFORE_ANSWER_MAX } from "../../../base/limits.ts";
import type { Peer__Output } from "../../../proto/gen/common/v2/Peer.ts";
import type { Piece } from "../../../proto/gen/common/v2/Piece.ts";
import type { AnnouncePeerRequest } from "../../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import type { AnnouncePeerResponse__Output } from "../../../proto/gen/scheduler/v2/AnnouncePeerResponse.ts";
import { wireDuration, wireTimestamp } from "../../rpc/wire-time.ts";
import type { DownloadFailure, FinishedPiece, PeerRegistration, Placement } from "../scheduler.ts";
import { describeDownload } from "./download-description.ts";
import { candidateParents } from "./parents.ts";

/** How a download may end. */
export type Outcome = "finished" | "failed" | "idle";

/** A message without the three ids that all of them carry. */
type Message = Omit<AnnouncePeerRequest, "hostId" | "taskId" | "peerId">;

type State =
  /** The registration was sent and is not answered. */
  | "registering"
  | "scheduled"
  | "back-to-source"
  /** The terminal message was sent: nothing may follow. */
  | "ended"
  /** The scheduler is gone or has refused: what would be sent has nowhere to go. */
  | "lost";

export interface ConversationOptions {
  readonly hostId: string;
  readonly registration: PeerRegistration;
  /** scheduler.maxScheduleCount. */
  readonly scheduleCountMax: number;
  readonly concurrentPieceCount: number;
  /** The scheduler is known to be older than `metadata_only`, and would send a seed peer for what is here. */
  readonly withoutMetadataOnly: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export class PeerConversation {
  readonly #options: ConversationOptions;
  #state: State = "registering";
  #placement: Placement = { kind: "unknown" };
  /** As the scheduler sent them: it gets them back with the next wish for others. */
  #given: Peer__Output[] = [];
  #scheduleCount = 0;
  #metadataOnlyUnknown = false;
  /** What happened before the registration was answered. */
  #early: Message[] = [];
  #finishing = false;
  #tellsWhole = false;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  get placement(): Placement {
    return this.#placement;
  }

  /** The terminal message was handed out: when the scheduler closes its side, all is well. */
  get ended(): boolean {
    return this.#state === "ended";
  }

  get lost(): boolean {
    return this.#state === "lost";
  }

  /** The terminal message said that the whole content is here. */
  get tellsWhole(): boolean {
    return this.#tellsWhole;
  }

  /** Nothing was answered yet. */
  get unregistered(): boolean {
    return this.#state === "registering";
  }

  /** The scheduler answered a registration for metadata alone as if it were another: it does not know them. */
  get metadataOnlyUnknown(): boolean {
    return this.#metadataOnlyUnknown;
  }

  /** The first message. */
  begin(): AnnouncePeerRequest[] {
    const { registration, concurrentPieceCount, withoutMetadataOnly } = this.#options;
    const metadataOnly = registration.isComplete ?? false;
    const needBackToSource =
      (registration.needBackToSource ?? false) || (metadataOnly && withoutMetadataOnly);
    const download = describeDownload(registration, { concurrentPieceCount, metadataOnly, needBackToSource });
    return this.#framed([{ registerPeerRequest: { download } }]);
  }

  /** The scheduler said something. */
  answered(response: AnnouncePeerResponse__Output): AnnouncePeerRequest[] {
    if (this.#state === "ended" || this.#state === "lost") return [];
    this.#scheduleCount += 1;
    if (this.#scheduleCount > this.#options.scheduleCountMax)
      return this.#framed([this.#fail("max schedule count exceeded")]);
    const started = this.#start(response);
    if (started === undefined)
      return this.#framed([this.#fail(`unexpected answer ${response.response ?? "without content"}`)]);
    const early = this.#early.splice(0);
    const wantsEnd =
      this.#finishing || this.#options.registration.isComplete || response.response === "emptyTaskResponse";
    return this.#framed([started, ...early, ...(wantsEnd ? [this.#finish()] : [])]);
  }

  pieceFinished(piece: FinishedPiece): AnnouncePeerRequest[] {
    const wire: Piece = {
      number: piece.number,
      offset: piece.offset,
      length: piece.length,
      digest: piece.digest,
      trafficType: piece.parentId === undefined ? "BACK_TO_SOURCE" : "REMOTE_PEER",
      cost: wireDuration(piece.costMs),
      createdAt: wireTimestamp(this.#options.now()),
      ...(piece.parentId === undefined ? {} : { parentId: piece.parentId }),
    };
    return this.#tell(
      piece.parentId === undefined
        ? { downloadPieceBackToSourceFinishedRequest: { piece: wire } }
        : { downloadPieceFinishedRequest: { piece: wire } },
    );
  }

  pieceFailed({ number, parentId }: { number: number; parentId: string }): AnnouncePeerRequest[] {
    // Temporary: what is not ends the peer (service_v2.go), and another parent may well have it.
    return this.#tell({ downloadPieceFailedRequest: { pieceNumber: number, parentId, temporary: true } });
  }

  /** Asks for other parents. Without a scheduler, or once it has sent us to the source, there is nobody to ask. */
  reschedule(reason: string): AnnouncePeerRequest[] {
    if (this.#state === "lost") this.#toSource(`${reason}, and the scheduler is gone`);
    if (this.#state !== "scheduled") return [];
    this.#placement = { kind: "unknown" };
    return this.#framed([
      { reschedulePeerRequest: { candidateParents: this.#given, description: bounded(reason) } },
    ]);
  }

  /**
   * What became of the download. A finished one ends once its registration is answered. One that nobody wants any more is
   * told as failed: "finished", and "finished back to source" above all, would tell the scheduler that the whole content is
   * here; and a failure of the source, which "back to source failed" means, would make it forget the content's length.
   */
  end(outcome: Outcome, failure?: DownloadFailure): AnnouncePeerRequest[] {
    if (this.#state === "ended" || this.#state === "lost") return [];
    if (outcome === "finished") {
      this.#finishing = true;
      return this.#state === "registering" ? [] : this.#framed([this.#finish()]);
    }
    if (outcome === "idle") return this.#framed([this.#fail(failure?.message ?? "not all of it is wanted")]);
    if (this.#state !== "back-to-source")
      return this.#framed([this.#fail(failure?.message ?? "download failed")]);
    this.#state = "ended";
    const description = bounded(failure?.message ?? "download failed");
    const origin = failure?.origin;
    const response =
      origin === undefined
        ? { unknown: { message: description } }
        : {
            backend: {
              message: statusLine(origin.statusCode),
              header: { ...origin.headers },
              statusCode: origin.statusCode,
            },
          };
    return this.#framed([
      { downloadPieceBackToSourceFailedRequest: response },
      { downloadPeerBackToSourceFailedRequest: { description } },
    ]);
  }

  /** The scheduler is gone. Parents it gave stay good; who has none goes to the source. */
  lose(reason: string): void {
    if (this.#state === "ended") return;
    this.#state = "lost";
    this.#early = [];
    if (this.#placement.kind === "unknown") this.#toSource(reason);
  }

  /** The registration or the wish for other parents was not answered in time: the source serves, until an answer comes after all. */
  unanswered(reason: string): void {
    if (this.#placement.kind === "unknown") this.#toSource(reason);
  }

  #start(response: AnnouncePeerResponse__Output): Message | undefined {
    const { registration, hostId } = this.#options;
    if (registration.isComplete && response.response !== "metadataOnlyResponse")
      this.#metadataOnlyUnknown = true;
    switch (response.response) {
      case "normalTaskResponse": {
        this.#given = response.normalTaskResponse?.candidateParents ?? [];
        const parents = candidateParents(this.#given, hostId);
        this.#state = "scheduled";
        if (parents.length > 0) this.#placement = { kind: "parents", parents };
        else this.#toSource("the scheduler named no parent that could be asked");
        return { downloadPeerStartedRequest: {} };
      }
      case "needBackToSourceResponse":
        this.#state = "back-to-source";
        this.#toSource(response.needBackToSourceResponse?.description || "the scheduler knows no parent");
        return { downloadPeerBackToSourceStartedRequest: {} };
      case "emptyTaskResponse":
        this.#state = "scheduled";
        this.#toSource("the content is empty");
        return { downloadPeerStartedRequest: {} };
      case "metadataOnlyResponse":
        if (!registration.isComplete) return undefined;
        this.#state = "scheduled";
        return { downloadPeerStartedRequest: {} };
      default:
        return undefined;
    }
  }

  #finish(): Message {
    const backToSource = this.#state === "back-to-source";
    this.#state = "ended";
    this.#tellsWhole = true;
    return backToSource
      ? { downloadPeerBackToSourceFinishedRequest: {} }
      : { downloadPeerFinishedRequest: {} };
  }

  #fail(reason: string): Message {
    this.#state = "ended";
    if (this.#placement.kind === "unknown") this.#toSource(reason);
    return { downloadPeerFailedRequest: { description: bounded(reason) } };
  }

  #toSource(reason: string): void {
    this.#placement = { kind: "back-to-source", reason: bounded(reason) };
  }

  #tell(message: Message): AnnouncePeerRequest[] {
    if (this.#state === "scheduled" || this.#state === "back-to-source") return this.#framed([message]);
    // Told once the scheduler has answered: before it, the peer is nobody to it. It only counts them.
    if (this.#state === "registering" && this.#early.length < PIECES_BEFORE_ANSWER_MAX)
      this.#early.push(message);
    return [];
  }

  #framed(messages: readonly Message[]): AnnouncePeerRequest[] {
    const { hostId, registration } = this.#options;
    return messages.map((message) => ({
      hostId,
      taskId: registration.taskId,
      peerId: registration.peerId,
      ...message,
    }));
  }
}

/** "503 Service Unavailable", as Dragonfly's client words it. */
function statusLine(code: number): string {
  return `${code} ${STATUS_CODES[code] ?? ""}`.trimEnd();
}

function bounded(text: string): string {
  return text.slice(0, CLUSTER_TEXT_MAX);
}
