/**
 * The port to whoever knows which peers hold what. Implementations pass test/suites/scheduler-suite.ts; a host by itself
 * uses `standalone.ts`.
 */

/** What a host tells of a download when it registers. */
export interface PeerRegistration {
  readonly taskId: string;
  readonly peerId: string;
  readonly url: string;
  readonly tag: string;
  readonly application: string;
  readonly contentLength: number;
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** The content is here already, whole: the host wants nothing, it only says that it has it. Default false. */
  readonly isComplete?: boolean;
  /** Query parameters that were left out of the task's id; default dfget's list. */
  readonly filteredQueryParams?: readonly string[];
  /** What the id was made of instead of the URL, where the request said so (`content_for_calculating_task_id`). */
  readonly contentForCalculatingTaskId?: string;
  /** Of the content's version, where the origin named one: an id may be made of it. */
  readonly etag?: string;
  readonly lastModified?: string;
  /** The source wants credentials of this host, which do not leave it: no other host is to be sent there. Default false. */
  readonly needsCredentials?: boolean;
  /** The scheduler itself sent for this download: the seed peer's, which goes to the source. Default false. */
  readonly needBackToSource?: boolean;
  /** The part of the content that is fetched, bytes; absent: all of it. */
  readonly range?: { readonly start: number; readonly length: number };
  /** dfget's --disable-back-to-source. A scheduler sends such a peer to the source all the same. Default false. */
  readonly disableBackToSource?: boolean;
  /** dfget's --priority, 0 to 6; default 6. */
  readonly priority?: number;
}

/** Why a download failed, for the scheduler. */
export interface DownloadFailure {
  readonly message: string;
  /** What the origin answered, when it was that. Headers hold no secrets. */
  readonly origin?: { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> };
}

/** A peer that may give pieces of the task, as the scheduler knows it. */
export interface CandidateParent {
  readonly peerId: string;
  readonly hostId: string;
  readonly ip: string;
  /** Port of its DfdaemonUpload service. */
  readonly uploadPort: number;
  /** Bits a second it can send, and sends now, when the scheduler last heard; 0 where it does not say. */
  readonly maxSendRate: number;
  readonly sendRate: number;
}

/** Where the scheduler says pieces may be had now. */
export type Placement =
  /** It has not said yet. */
  | { readonly kind: "unknown" }
  | { readonly kind: "parents"; readonly parents: readonly CandidateParent[] }
  /** `reason`: why nobody else can give it, where that is known: for whoever may not ask the source */
  | { readonly kind: "back-to-source"; readonly reason?: string };

/** A finished piece as a scheduler is told of it. */
export interface FinishedPiece {
  readonly number: number;
  /** In the content, bytes. */
  readonly offset: number;
  readonly length: number;
  /** "crc32:<decimal>". */
  readonly digest: string;
  /** Whose it was; absent: the source's. */
  readonly parentId?: string;
  readonly costMs: number;
}

/** One download's conversation with the scheduler, from registration to its terminal message. */
export interface PeerSession {
  /** The newest placement. */
  placement(): Placement;
  /** Calls back whenever the placement has changed. @returns the unsubscriber */
  onPlacement(listener: () => void): () => void;
  pieceFinished(piece: FinishedPiece): void;
  /** A parent failed for a piece: the scheduler may offer others. */
  pieceFailed(piece: { readonly number: number; readonly parentId: string }): void;
  /** None of the parents is of any use any more: asks for others. */
  reschedule(reason: string): void;
  /** Ends the conversation with what became of the download. Idempotent. */
  end(outcome: "finished" | "failed" | "idle", failure?: DownloadFailure): Promise<void>;
}

export interface Scheduler {
  /** True for a host by itself: there is nobody to ask, and nothing to wait for. */
  readonly alone: boolean;
  /** Resolves once the conversation has begun; what the scheduler says comes later. @throws UnavailableError, the signal's reason */
  register(registration: PeerRegistration, signal: AbortSignal): Promise<PeerSession>;
  close(): Promise<void>;
}
