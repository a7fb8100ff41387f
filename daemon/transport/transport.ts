/**
 * The port to other peers' pieces: fetch piece n of task t from a parent into a descriptor. Implementations pass
 * test/suites/transport-suite.ts.
 */
import type { Destination, FetchResult } from "../../base/destination.ts";

/** A place that holds pieces of a task. */
export interface Parent {
  readonly peerId: string;
  readonly hostId: string;
  readonly ip: string;
  /** Port of its piece server. */
  readonly port: number;
  /** That takes TLS as well. Default: no. */
  readonly offersTls?: boolean;
}

export interface PieceFetch {
  readonly taskId: string;
  readonly piece: number;
  /** Expected digest, "crc32:<decimal>", when known before; otherwise the parent's own is checked. */
  readonly digest?: string;
  readonly into: Destination;
}

/**
 * Fetches whole pieces. Resolves only after the digest was checked against the bytes written. Errors: IntegrityError (block the
 * parent), NotFoundError (it lacks the piece), UnavailableError, DeadlineError.
 */
export interface Transport {
  fetch(
    parent: Parent,
    piece: PieceFetch,
    signal: AbortSignal,
  ): Promise<FetchResult & { readonly digest: string }>;
  close(): Promise<void>;
}
