/** The port by which a parent's host tells how busy it is (dfdaemon.v2 SyncHost). */
import type { UploadAddress } from "./parent-channels.ts";

/** A host that is watched. */
export interface LoadWatch {
  /** Bits a second it could send besides what it sends now; undefined until it has said so, and while it does not answer. */
  freeRate(): number | undefined;
  /** Idempotent. */
  close(): void;
}

export interface ParentLoads {
  /** Watches a host; several watches of one host are one stream. Never fails: a host that does not answer says nothing. */
  watch(host: UploadAddress): LoadWatch;
  close(): Promise<void>;
}
