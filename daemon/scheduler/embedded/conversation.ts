/**
 * One AnnouncePeer stream from the scheduler's side, as a state machine: what a peer says goes in, answers come out, and when it
 * is to be looked at again. Pure; the other side of it is cluster/peer-conversation.ts. Deadlines and the wire are the stream's.
 */
import { P2pfsError } from "../../../base/errors.ts";
import {
  REGISTER_REST_MS,
  REGISTER_REST_MS_MAX,
  SCHEDULE_LOOKS_MAX,
  SCHEDULE_RETRY_MS,
  SCHEDULE_TO_SOURCE_LOOKS,
  SEED_BEGIN_MS,
} from "../../../base/limits.ts";
import type { Download__Output } from "../../../proto/gen/common/v2/Download.ts";
import type { AnnouncePeerRequest__Output } from "../../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import type { AnnouncePeerResponse } from "../../../proto/gen/scheduler/v2/AnnouncePeerResponse.ts";
import { hasAvailablePeer } from "./candidates.ts";
import { checkAnnouncement } from "./check-request.ts";
import type { Downloads } from "./downloads.ts";
import type { KnownPeer, KnownTask } from "./known.ts";
import { peerMessage } from "./wire.ts";

/** What is to be done now. */
export interface Reaction {
  readonly answer?: AnnouncePeerResponse;
  /** The stream ends in order. */
  readonly end?: true;
  /** A seed peer is to be sent for this task. */
  readonly seed?: { readonly task: KnownTask; readonly download: Download__Output; readonly peer: KnownPeer };
}

export interface ConversationOptions {
  readonly downloads: Downloads;
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** A peer that waits for parents. */
interface Waiting {
  readonly peer: KnownPeer;
  readonly sinceMs: number;
  /** Looked at then at the latest. */
  lookAtMs: number;
  /** Not before: so many registrations of its host came at once. */
  readonly notBeforeMs: number;
  looks: number;
}

const NOTHING: Reaction = {};
const END: Reaction = { end: true };

export class Conversation {
  readonly #options: ConversationOptions;
  #waiting: Waiting | undefined;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  /** The task it waits for. */
  get waitsFor(): KnownTask | undefined {
    return this.#waiting?.peer.task;
  }

  /** When it is to be looked at; undefined: not by itself. */
  get lookAtMs(): number | undefined {
    return this.#waiting?.lookAtMs;
  }

  /** Something of its task has changed. @returns when it is worth a look, by `nowMs` */
  get worthALookAtMs(): number | undefined {
    return this.#waiting?.notBeforeMs;
  }

  /** The peer said something. @throws P2pfsError with which the stream ends */
  hear(message: AnnouncePeerRequest__Output): Reaction {
    checkAnnouncement(message);
    const { swarm } = this.#options.downloads;
    if (message.registerPeerRequest?.download)
      return this.#register(message, message.registerPeerRequest.download);
    const isReport =
      message.downloadPieceFinishedRequest ??
      message.downloadPieceBackToSourceFinishedRequest ??
      message.downloadPieceFailedRequest ??
      message.downloadPieceBackToSourceFailedRequest;
    const peer = swarm.peers.get(message.peerId);
    // A report of a piece that nobody can use is no reason to end the conversation.
    if (isReport) return peer === undefined ? NOTHING : this.#report(peer, message);
    return this.#event(swarm.mustPeer(message.peerId), message);
  }

  /** Its time has come, or its task is not what it was. @throws P2pfsError with which the stream ends */
  look(): Reaction {
    const waiting = this.#waiting;
    const nowMs = this.#options.nowMs();
    if (waiting === undefined || nowMs < waiting.notBeforeMs) return NOTHING;
    const { peer } = waiting;
    // It was forgotten meanwhile, with its host or its task.
    if (peer.state === "Leave") throw this.#refused(peer, "NOT_FOUND", `peer ${peer.id} not found`);
    const look = this.#options.downloads.look(peer);
    if (look.kind === "parents") {
      this.#answered();
      return { answer: { normalTaskResponse: { candidateParents: look.parents.map(peerMessage) } } };
    }
    if (look.kind === "back-to-source") return this.#toSource(look.description);
    return this.#nobody(waiting, nowMs);
  }

  /** The stream is gone, in whatever way. */
  close(): void {
    this.#answered();
  }

  #register(ids: AnnouncePeerRequest__Output, download: Download__Output): Reaction {
    const { downloads } = this.#options;
    this.#answered();
    const { peer, next, seedFor } = downloads.register(ids, download);
    if (next === "metadata-only") return { answer: { metadataOnlyResponse: {} } };
    if (next === "empty") return { answer: { emptyTaskResponse: {} } };
    const isSeed = peer.host.message.type !== 0;
    this.#wait(peer, isSeed ? 0 : restFor(peer.host.registering));
    if (seedFor === undefined) return this.look();
    return { seed: { task: peer.task, download: seedFor, peer } };
  }

  #event(peer: KnownPeer, message: AnnouncePeerRequest__Output): Reaction {
    const { downloads } = this.#options;
    const { reschedulePeerRequest: reschedule } = message;
    if (message.downloadPeerStartedRequest) downloads.started(peer);
    else if (message.downloadPeerBackToSourceStartedRequest) downloads.backToSourceStarted(peer);
    else if (reschedule) {
      downloads.rescheduled(
        peer,
        reschedule.candidateParents.map(({ id }) => id),
      );
      this.#answered();
      this.#wait(peer, 0);
      return this.look();
    } else return this.#terminal(peer, message);
    return NOTHING;
  }

  #terminal(peer: KnownPeer, message: AnnouncePeerRequest__Output): Reaction {
    const { downloads } = this.#options;
    this.#answered();
    if (message.downloadPeerFinishedRequest) downloads.finished(peer);
    else if (message.downloadPeerBackToSourceFinishedRequest) downloads.backToSourceFinished(peer);
    else if (message.downloadPeerFailedRequest) downloads.failed(peer);
    else if (message.downloadPeerBackToSourceFailedRequest) downloads.backToSourceFailed(peer);
    return END;
  }

  #report(peer: KnownPeer, message: AnnouncePeerRequest__Output): Reaction {
    const { downloads } = this.#options;
    const piece =
      message.downloadPieceFinishedRequest?.piece ?? message.downloadPieceBackToSourceFinishedRequest?.piece;
    if (piece) {
      const { seconds = 0, nanos = 0 } = piece.cost ?? {};
      downloads.pieceFinished(peer, { costMs: seconds * 1000 + nanos / 1e6, parentId: piece.parentId });
    }
    const failed = message.downloadPieceFailedRequest;
    if (failed?.temporary) downloads.pieceFailed(peer, failed.parentId);
    return NOTHING;
  }

  #wait(peer: KnownPeer, restMs: number): void {
    const nowMs = this.#options.nowMs();
    peer.host.registering += 1;
    const notBeforeMs = nowMs + restMs;
    this.#waiting = { peer, sinceMs: notBeforeMs, lookAtMs: notBeforeMs, notBeforeMs, looks: 0 };
  }

  #answered(): void {
    if (this.#waiting !== undefined) this.#waiting.peer.host.registering -= 1;
    this.#waiting = undefined;
  }

  #toSource(description: string): Reaction {
    this.#answered();
    return { answer: { needBackToSourceResponse: { description } } };
  }

  /** Nobody has anything for it: it is looked at a few times more, then the source has to serve. */
  #nobody(waiting: Waiting, nowMs: number): Reaction {
    const { downloads, random } = this.#options;
    const { peer } = waiting;
    if (nowMs >= waiting.lookAtMs || peer.isLeftAlone) {
      const hadItsTime = waiting.looks >= SCHEDULE_TO_SOURCE_LOOKS && !this.#waitsForSeed(waiting, nowMs);
      if (hadItsTime || peer.isLeftAlone) {
        if (downloads.mayGoToSource(peer))
          return this.#toSource("scheduling exceeded RetryBackToSourceLimit");
        if (waiting.looks >= SCHEDULE_LOOKS_MAX)
          throw this.#refused(peer, "FAILED_PRECONDITION", "scheduling exceeded RetryLimit");
      }
      waiting.looks += 1;
      waiting.lookAtMs = nowMs + SCHEDULE_RETRY_MS * (0.75 + random() / 2);
    }
    return NOTHING;
  }

  /** The seed that was sent has not begun: whoever goes to the source now does what the seed is about to do. */
  #waitsForSeed({ peer, sinceMs }: Waiting, nowMs: number): boolean {
    return peer.task.seedIsOut && nowMs - sinceMs < SEED_BEGIN_MS && !hasAvailablePeer(peer.task);
  }

  #refused(peer: KnownPeer, code: "NOT_FOUND" | "FAILED_PRECONDITION", message: string): P2pfsError {
    this.#answered();
    if (peer.state !== "Leave" && peer.state !== "Failed") this.#options.downloads.failed(peer);
    return new P2pfsError(code, message);
  }
}

/** @param others registrations of the host under way: the first does not wait */
function restFor(others: number): number {
  return others === 0 ? 0 : Math.min(REGISTER_REST_MS_MAX, REGISTER_REST_MS * 2 ** (others - 1));
}
