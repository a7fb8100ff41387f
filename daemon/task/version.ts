/** When two answers about a content are taken to be of one version (RFC 9110 §8.8). Pure. */
import type { ContentVersion } from "./ids.ts";

/**
 * By ETag where both have one, else by Last-Modified; the length must agree where both know it. What names no version at all is
 * taken to be the one.
 */
export function isOneVersion(a: ContentVersion, b: ContentVersion): boolean {
  if (a.length !== undefined && b.length !== undefined && a.length !== b.length) return false;
  if (a.etag !== undefined && b.etag !== undefined) return a.etag === b.etag;
  if (a.lastModified !== undefined && b.lastModified !== undefined) return a.lastModified === b.lastModified;
  return true;
}
