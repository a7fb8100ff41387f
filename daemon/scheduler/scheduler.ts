/**
 * The port to whoever knows which peers hold what. Implementations pass test/suites/scheduler-suite.ts; a host by itself
 * uses `standalone.ts`.
 */
import type { Parent } from "../transport/transport.ts";

/** What a host tells of a download when it registers. */
export interface PeerRegistration {
  readonly taskId: string;
  readonly peerId: string;
  readonly url: string;
  readonly contentLength: number;
  readonly pieceLength: number;
  readonly pieceCount: number;
}

/** Where the scheduler says pieces may be had now. */
export type Placement =
  | { readonly kind: "parents"; readonly parents: readonly Parent[] }
  | { readonly kind: "back-to-source" };

/** One download's conversation with the scheduler, from registration to its terminal message. */
export interface PeerSession {
  /** The newest placement; changes as the scheduler speaks. */
  placement(): Placement;
  pieceFinished(piece: {
    number: number;
    length: number;
    digest: string;
    parentId?: string;
    costMs: number;
  }): void;
  /** A parent failed for a piece: the scheduler may offer others. */
  pieceFailed(piece: { number: number; parentId: string }): void;
  /** Ends the conversation with what became of the download. Idempotent. */
  end(outcome: "finished" | "failed" | "idle"): Promise<void>;
}

export interface Scheduler {
  register(registration: PeerRegistration, signal: AbortSignal): Promise<PeerSession>;
  close(): Promise<void>;
}
