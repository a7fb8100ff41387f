/** For the reverse way: the scheduler's word on a download is joined with peers that listen here, as if it had named them. */
import type { CandidateParent, PeerSession } from "../../daemon/scheduler/scheduler.ts";

/** The scheduler's word on a download, with parents that nobody but they themselves named. */
export class JoinedSession implements PeerSession {
  readonly #session: PeerSession;
  readonly #added: CandidateParent[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(session: PeerSession) {
    this.#session = session;
  }

  add(parent: CandidateParent): void {
    if (this.#added.some(({ hostId }) => hostId === parent.hostId)) return;
    this.#added.push(parent);
    for (const listener of [...this.#listeners]) listener();
  }

  placement() {
    const placement = this.#session.placement();
    if (placement.kind !== "parents" || this.#added.length === 0) return placement;
    const known = new Set(placement.parents.map(({ hostId }) => hostId));
    return {
      ...placement,
      parents: [...placement.parents, ...this.#added.filter(({ hostId }) => !known.has(hostId))],
    };
  }

  onPlacement(listener: () => void): () => void {
    this.#listeners.add(listener);
    const end = this.#session.onPlacement(listener);
    return () => {
      this.#listeners.delete(listener);
      end();
    };
  }

  pieceFinished(piece: Parameters<PeerSession["pieceFinished"]>[0]): void {
    this.#session.pieceFinished(piece);
  }
  pieceFailed(piece: Parameters<PeerSession["pieceFailed"]>[0]): void {
    this.#session.pieceFailed(piece);
  }
  reschedule(reason: string): void {
    this.#session.reschedule(reason);
  }
  end(...how: Parameters<PeerSession["end"]>): Promise<void> {
    return this.#session.end(...how);
  }
}
