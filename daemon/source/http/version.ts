/** Which version of a content an answer is of: what RFC 9110 §8.8 lets us conclude from ETag, Last-Modified and length. Pure. */
import { LAST_MODIFIED_SETTLED_MS } from "../../../base/limits.ts";
import type { Validator } from "../source.ts";
import type { AnswerHead } from "./failure.ts";
import { parseHttpDate } from "./fields.ts";

/** A well-formed strong entity tag (§8.8.3). */
function isStrong(etag: string): boolean {
  return /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag);
}

function opaque(etag: string): string {
  return etag.replace(/^W\//, "");
}

/** The validator of an answer. */
export function validatorOf(head: AnswerHead, length: number | undefined): Validator {
  const { etag, "last-modified": lastModified } = head.headers;
  return {
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    ...(length === undefined ? {} : { length }),
  };
}

/**
 * What to send as If-Range (§13.1.5): the strong ETag; without any ETag the Last-Modified, once it is so old that the content can
 * hardly have changed twice within its second (§8.8.2.2). A weak ETag must not be used, nor a date beside it.
 */
export function ifRangeOf(wanted: Validator, nowMs: number): string | undefined {
  if (wanted.etag !== undefined) return isStrong(wanted.etag) ? wanted.etag : undefined;
  const modifiedMs = parseHttpDate(wanted.lastModified);
  const settled = modifiedMs !== undefined && nowMs - modifiedMs >= LAST_MODIFIED_SETTLED_MS;
  return settled ? wanted.lastModified : undefined;
}

/**
 * Compares the version wanted with an answer's. "unknown": the answer shows none of the validators that are wanted.
 * @param total length of the whole content as the answer tells it.
 */
export function compareVersion(
  wanted: Validator,
  head: AnswerHead,
  total: number | undefined,
): "same" | "changed" | "unknown" {
  const { etag, "last-modified": lastModified } = head.headers;
  if (wanted.length !== undefined && total !== undefined && wanted.length !== total) return "changed";
  const etags = wanted.etag !== undefined && etag !== undefined;
  if (etags && opaque(wanted.etag ?? "") !== opaque(etag)) return "changed";
  // The same strong ETag is the same bytes, whatever the dates say: servers of one cluster often differ in them.
  if (etags && isStrong(wanted.etag ?? "") && isStrong(etag)) return "same";
  if (wanted.lastModified !== undefined && lastModified !== undefined)
    return wanted.lastModified === lastModified ? "same" : "changed";
  if (etags) return "same";
  return wanted.etag === undefined && wanted.lastModified === undefined ? "same" : "unknown";
}
