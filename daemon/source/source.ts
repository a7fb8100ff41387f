/**
 * The port to origins: whatever holds content that is not a peer. One implementation per kind of origin; all pass
 * test/suites/source-suite.ts. A source knows nothing of tasks: it stats, reads ranges into a file, and lists.
 */
import type { Destination, FetchResult } from "../../base/destination.ts";

/** Credentials and place of an object store (common.v2.ObjectStorage). Secret: never logged, never in an error. */
export interface ObjectStorageOptions {
  readonly region?: string;
  readonly endpoint?: string;
  readonly accessKeyID?: string;
  readonly accessKeySecret?: string;
  readonly securityToken?: string;
  /** OSS: v1 or v4; S3: always v4. Default v4. */
  readonly signature?: "v1" | "v4";
  /** Sign nothing: public buckets. */
  readonly anonymous?: boolean;
  readonly insecureSkipVerify?: boolean;
  /**
   * How a bucket is named in requests: "virtual": BUCKET.ENDPOINT/KEY; "path": ENDPOINT/BUCKET/KEY; "cname": the endpoint is the
   * bucket's own domain. Default: virtual at the vendors' endpoints, path at addresses and localhost; at other endpoints
   * virtual for OSS and path for S3, as Dragonfly does.
   */
  readonly addressing?: "virtual" | "path" | "cname";
}

/**
 * Who wants the bytes, for the address guard: "local" is the mount and the Unix socket, "network" whoever asks over TCP (other
 * peers, the proxy).
 */
export type Asker = "local" | "network";

/** What to ask an origin for. `url` is absolute; its scheme picks the source. */
export interface SourceRequest {
  readonly url: string;
  /** Extra request headers, as the user gave them. May hold credentials: they never follow to another origin. */
  readonly headers: Readonly<Record<string, string>>;
  /** PEM certificates to trust in addition to the system's. */
  readonly certificateChain?: readonly string[];
  /** Default "local". */
  readonly asker?: Asker;
  readonly objectStorage?: ObjectStorageOptions;
}

/**
 * What identifies a version of the content at its origin. Two answers with the same strong ETag, or else the same
 * Last-Modified and length, are taken to be the same bytes (RFC 9110 §8.8).
 */
export interface Validator {
  /** Exactly as sent, quotes and `W/` included. */
  readonly etag?: string;
  /** Exactly as sent: an HTTP date. */
  readonly lastModified?: string;
  /** Content length in bytes, when known. */
  readonly length?: number;
}

export interface SourceStat {
  /**
   * Over HTTP a file only if that is proven: the answer has a length or ranges, is not HTML, and did not come from `name/`. What a
   * name means in the mount is decided from all of this answer, not from this field alone.
   */
  readonly kind: "file" | "directory";
  /** Bytes; undefined when the origin does not say (streamed answers). */
  readonly length: number | undefined;
  /** Whether ranged reads work. When false only whole reads, from 0 to the end, may be asked. */
  readonly ranges: boolean;
  readonly validator: Validator;
  /** Last modification, ms since the epoch; undefined when unknown. */
  readonly modifiedAtMs: number | undefined;
  /** Media type without parameters, lower case; undefined when not sent. */
  readonly contentType: string | undefined;
  /** Where the answer came from after redirects; differs from the request's URL only by redirects. May hold secrets in its query. */
  readonly finalUrl: string;
  /** Origin's response headers for clients (Content-Range dropped, Content-Length the whole content's). */
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly statusCode: number;
  /** Whole-content checksums the store itself vouches for, "algorithm:hex" (md5 …); empty when none. */
  readonly digests: readonly string[];
}

export interface SourceReadRequest extends SourceRequest {
  /** Where the bytes go; its offset and length are the range. Length undefined or ranges unsupported: the whole, from 0. */
  readonly into: Destination;
  /** Total content length in bytes, if known: an answer that disagrees is a ChangedError. */
  readonly contentLength: number | undefined;
  /** The version wanted; sent as If-Range where the origin can check it, and compared with the answer in any case. */
  readonly validator: Validator;
  /** False when stat said so: one GET without a Range header is made and must start at 0. */
  readonly ranges: boolean;
}

/** One name below a listed directory. */
export interface SourceEntry {
  /** Last path component, decoded; never "", ".", ".." and without "/". */
  readonly name: string;
  readonly kind: "file" | "directory";
  /** Absolute URL of the entry. */
  readonly url: string;
  readonly length: number | undefined;
  readonly modifiedAtMs: number | undefined;
  readonly etag: string | undefined;
}

export interface ListRequest extends SourceRequest {
  /** Everything below instead of one level; entries then carry their whole relative path in `name`. */
  readonly recursive?: boolean;
  /** A hint: the caller reads no more than so many entries, so that no larger page need be asked for. More may come. */
  readonly entriesMax?: number;
}

/**
 * An origin. Errors: NotFoundError (404, 410), PermissionError (401, 403), UnavailableError SOURCE_FAILED (5xx, 408,
 * 429 — worth another try) or SOURCE_REFUSED (other statuses), UNAVAILABLE (refused, reset, unresolvable),
 * DeadlineError, ChangedError (another version than asked), IntegrityError (an answer that contradicts itself: short,
 * long, wrong range), NotSupportedError. Those caused by an HTTP answer carry `origin`. A source does not retry what
 * failed after bytes began to flow: the engine does.
 */
export interface Source {
  /** URL schemes it serves, lower case, without colon: ["http", "https"]. */
  readonly schemes: readonly string[];
  /** What the origin holds at the URL now. */
  stat(request: SourceRequest, signal: AbortSignal): Promise<SourceStat>;
  /** Fills `into`, in order. Bytes reach the file only after status, range and validator were checked. */
  read(request: SourceReadRequest, signal: AbortSignal): Promise<FetchResult>;
  /** Pages of entries, in the origin's order, each page bounded. NotSupportedError where the origin has no listings. */
  list(request: ListRequest, signal: AbortSignal): AsyncIterable<readonly SourceEntry[]>;
  /** Ends idle connections and fails what is in flight. Idempotent. */
  close(): Promise<void>;
}

/** The sources by scheme. */
export type SourceOf = (url: string) => Source;
