/**
 * The port to seed peers that are p2pfs' own: single blocks of a content are had of one, which gets what it lacks from the source
 * once for everybody (p2pfs.v1 Pieces/Want). For contents that are only looked into; whole pieces come from parents.
 */
import type { Destination, FetchResult } from "../../base/destination.ts";
import type { Download } from "../../proto/gen/common/v2/Download.ts";
import type { UploadAddress } from "./parent-channels.ts";

/** A seed peer's host. */
export interface Seed extends UploadAddress {
  readonly hostId: string;
}

/** What blocks are wanted of. */
export interface SeedContent {
  readonly taskId: string;
  /** Of which anybody makes the task; without secrets. */
  readonly download: Download;
  /** Bytes. */
  readonly length: number;
  /** Of the version, as the source told them. */
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

export interface SeedRead {
  readonly content: SeedContent;
  readonly priority: "demand" | "read-ahead" | "copy" | "warm" | "seed";
  /** Whole blocks, of known length; at most WANT_BLOCKS_MAX. Each is announced as it comes. */
  readonly into: Destination;
}

export interface Seeds {
  /** The content may be wanted soon: who its seed is, is looked up, and a connection made. Never fails. */
  prepare(taskId: string): void;
  /** The content's seed, the same for all hosts that know the same seeds. "unknown": nobody was asked yet who they are. */
  of(taskId: string): Seed | "unknown" | "none";
  /** Resolves when it is known who they are, or that this cannot be known now. */
  known(): Promise<void>;
  /**
   * Fills `into`. A seed that is not there, or cannot do this, is not named by `of` for a while.
   * @throws P2pfsError: IntegrityError for bytes that are not what the seed says; others: have them elsewhere
   */
  read(seed: Seed, read: SeedRead, signal: AbortSignal): Promise<FetchResult>;
  /** Ends what is under way. Idempotent. */
  close(): Promise<void>;
}
