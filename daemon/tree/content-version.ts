/**
 * Tokens that name a version of a file's content, from whatever tells of it: equal tokens, equal bytes, as far as the
 * origin's validators reach. Pure.
 */

/** What an answer, a record or a line of a listing says of the version. */
export interface VersionFacts {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
  /** Bytes. */
  readonly length: number | undefined;
}

/** A strong ETag alone names a version (RFC 9110 §8.8.3); else everything that is known must agree. */
export function versionToken({ etag, lastModified, length }: VersionFacts): string {
  if (etag !== undefined && !etag.startsWith("W/")) return `e:${etag}`;
  return `m:${etag ?? ""}:${lastModified ?? ""}:${length ?? ""}`;
}

/** A Last-Modified date as ms since the epoch; undefined when there is none or it is no date. */
export function modifiedAtMsOf(lastModified: string | undefined): number | undefined {
  const parsed = lastModified === undefined ? Number.NaN : Date.parse(lastModified);
  return Number.isNaN(parsed) ? undefined : parsed;
}
