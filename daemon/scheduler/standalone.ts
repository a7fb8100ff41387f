/**
 * The scheduler of a host by itself: no peers, so every task goes back to its source. It keeps nothing and asks nobody.
 */
import type { PeerRegistration, PeerSession, Scheduler } from "./scheduler.ts";

const BACK_TO_SOURCE = { kind: "back-to-source" } as const;

const session: PeerSession = {
  placement: () => BACK_TO_SOURCE,
  onPlacement: () => () => {},
  pieceFinished: () => {},
  pieceFailed: () => {},
  reschedule: () => {},
  end: async () => {},
};

/** Answers every registration with "back to source". */
export class StandaloneScheduler implements Scheduler {
  readonly alone = true;

  async register(_registration: PeerRegistration, signal: AbortSignal): Promise<PeerSession> {
    signal.throwIfAborted();
    return session;
  }

  async close(): Promise<void> {}
}
