/** Headers of a ranged read: which bytes, of which version. */
import type { SourceReadRequest } from "../source.ts";

/**
 * Range and condition of a read. Both vendors check If-Match on ranged GETs and answer 412 when the object changed, which
 * is clearer than If-Range's whole new object. Without a strong ETag the time is the condition (RFC 9110 §13.1.4).
 */
export function readHeaders(read: SourceReadRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  const { offset, length } = read.into;
  if (read.ranges && length !== undefined && length > 0)
    headers.range = `bytes=${offset}-${offset + length - 1}`;
  const { etag, lastModified } = read.validator;
  if (etag?.startsWith('"')) headers["if-match"] = etag;
  else if (lastModified !== undefined) headers["if-unmodified-since"] = lastModified;
  return headers;
}

/**
 * Those of a request's own headers that go to a store: the vendor's, as for requester-pays buckets or a customer's
 * encryption key. What the signature is made of is not among them; other headers are for HTTP origins.
 */
export function vendorHeaders(
  headers: Readonly<Record<string, string>>,
  prefix: string,
): Record<string, string> {
  const signing = ["date", "content-sha256", "security-token"].map((name) => `${prefix}${name}`);
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(own.filter(([name]) => name.startsWith(prefix) && !signing.includes(name)));
}
