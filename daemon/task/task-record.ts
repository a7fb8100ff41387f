/** What is remembered of a task for as long as any of its bytes are kept. Plain data; the storage writes it as JSON. */

/** Which of Dragonfly's task kinds (common.v2.TaskType). */
export type TaskKind = "standard" | "persistent" | "persistent-cache";

/** How much is known about the bytes, weakest first. */
export type Verified = "none" | "transport" | "agreed" | "anchored";

export interface TaskRecord {
  readonly id: string;
  readonly kind: TaskKind;
  /** As asked for, filtered query parameters included: it may hold secrets and is shown only through `loggableUrl`. */
  readonly url: string;
  readonly tag: string;
  readonly application: string;
  /** Bytes. */
  readonly contentLength: number;
  /** Bytes; a power of two times MiB unless a request said otherwise; always a multiple of BLOCK_BYTES. */
  readonly pieceLength: number;
  /** False when the origin only streams whole answers in order. */
  readonly ranges: boolean;
  readonly etag?: string;
  readonly lastModified?: string;
  /** The origin's headers, answered to dfget and the proxy. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Whole-content digests "algorithm:hex" that belong to the content; checked before the task counts as complete. */
  readonly anchors: readonly string[];
  readonly verified: Verified;
  /** Some of the bytes rest on the word of the one peer that gave them: nobody else was heard to say the same. Default false. */
  readonly onOneWord?: boolean;
  readonly createdAtMs: number;
  /** Last use: the LRU key. */
  readonly updatedAtMs: number;
  readonly prefetchedAtMs?: number;
  readonly failedAtMs?: number;
  /** Set once every piece is in and the anchors held. */
  readonly finishedAtMs?: number;
  readonly bytesFromSource: number;
  readonly bytesFromPeers: number;
  readonly uploadedCount: number;
}
