/**
 * One fetch of one whole piece from a parent into the content file. Nothing of it is readable before its digest was
 * checked, and compared with what others say; then all its blocks are, at once.
 */
import type { Clock } from "../../base/clock.ts";
import type { Destination } from "../../base/destination.ts";
import { IntegrityError } from "../../base/errors.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import type { BookedParent, PiecePlace } from "../parent/parent-book.ts";
import type { FetchPlan } from "../piece/want-list.ts";
import type { StoredTask } from "../storage/storage.ts";
import type { Transport } from "../transport/transport.ts";
import { Arrivals, type FetchEvents } from "./arrivals.ts";
import type { Fetch } from "./fetch.ts";
import type { Hearing } from "./piece-trust.ts";
import type { RoomClaims } from "./room-claims.ts";

export interface PieceTask {
  readonly stored: StoredTask;
  /** What it is fetched for; all of it lies in one piece. */
  readonly plan: FetchPlan;
  readonly parent: BookedParent;
  readonly place: PiecePlace;
  readonly hearing: Hearing;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly room: RoomClaims;
  /** See RoomRequest. */
  readonly atOnceBytes: number;
}

/** Starts a fetch, once there is room for it. */
export function fetchPiece(task: PieceTask, events: FetchEvents, signal: AbortSignal): Fetch {
  const { stored, plan, parent, place } = task;
  const { record } = stored;
  const piece = Math.floor((plan.start * BLOCK_BYTES) / record.pieceLength);
  const offset = piece * record.pieceLength;
  const length = Math.min(record.pieceLength, record.contentLength - offset);
  const start = offset / BLOCK_BYTES;
  const end = Math.ceil((offset + length) / BLOCK_BYTES);
  const startedMs = task.clock.monotonicMs();
  const otherBytes = () =>
    new IntegrityError(`the parent ${parent.peerId} has other bytes than those that are here`);
  const into = new Arrivals(stored, { start, end }, events, otherBytes);
  const ended = Promise.resolve()
    .then(async () => {
      const { atOnceBytes } = task;
      const { priority } = plan;
      into.claim = await task.room.claim(
        { bytes: length, leastBytes: length, atOnceBytes, priority },
        signal,
      );
      const from = { peerId: parent.peerId, hostId: parent.hostId, ...place };
      const judged = task.hearing(signal);
      const came: Parameters<Destination["onBlock"]>[] = [];
      const held: Destination = {
        fd: into.fd,
        offset,
        length,
        has: (block) => into.has(block),
        onBlock: (...block) => void came.push(block),
      };
      const { digest } = await task.transport.fetch(from, { taskId: record.id, piece, into: held }, signal);
      await judged(digest);
      for (const block of came) into.onBlock(...block);
    })
    .finally(() => into.claim?.end());
  return {
    start,
    end,
    priority: plan.priority,
    place: parent.peerId,
    parent,
    startedMs,
    progressMs: startedMs,
    ended,
    get granted() {
      return into.claim !== undefined;
    },
    get next() {
      return into.next;
    },
  };
}
