/**
 * The port by which a parent tells which pieces it has finished, as they become so (dfdaemon.v2 SyncPieces). Implementations
 * pass test/suites/announcements-suite.ts.
 */

/** Whom to ask. */
export interface AnnouncingParent {
  readonly peerId: string;
  readonly ip: string;
  /** Port of its DfdaemonUpload service. */
  readonly uploadPort: number;
}

/** A piece that a parent has, and where it may be fetched. */
export interface AnnouncedPiece {
  readonly number: number;
  /** In the content, bytes. */
  readonly offset: number;
  readonly length: number;
  /** Of the parent's piece server. */
  readonly ip: string;
  readonly port: number;
  /** The parent takes TLS there as well. */
  readonly offersTls?: boolean;
}

export interface Announcements {
  /**
   * Calls back for every finished piece of the wanted ones, each once, until the parent has told all it will.
   * Resolves then. @throws NotFoundError when the parent does not know the task, UnavailableError, DeadlineError after a silence,
   * the signal's reason
   */
  listen(
    parent: AnnouncingParent,
    wanted: { readonly taskId: string; readonly pieces: readonly number[] },
    onPiece: (piece: AnnouncedPiece) => void,
    signal: AbortSignal,
  ): Promise<void>;
  close(): Promise<void>;
}
