/**
 * Ranges of bytes, and the Range header of HTTP (RFC 9110 §14). It reads what a client asks for; the Content-Range of
 * an origin's answer is the source's to check.
 */
import { InvalidInputError, NotSupportedError } from "../../base/errors.ts";

/** Bytes `offset` to `offset + length`, the end not included. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * The bytes that a Range header means of a content of `contentLength` bytes: `bytes=A-B`, `bytes=A-` or `bytes=-N`.
 * What lies past the end is cut off.
 * @throws InvalidInputError RANGE_NOT_SATISFIABLE when no byte is meant, INVALID_ARGUMENT when it is not well-formed
 * @throws NotSupportedError when more than one range is asked for; a server may then ignore the header (RFC 9110 §14.2)
 */
export function parseRangeHeader(header: string, contentLength: number): ByteRange {
  const [, set] = /^[ \t]*bytes[ \t]*=(.*)$/is.exec(header) ?? [];
  if (set === undefined) throw new InvalidInputError("a Range header begins with bytes=");
  if (set.includes(",")) throw new NotSupportedError("only one range of bytes can be asked for at once");
  const [, first = "", last = ""] = /^[ \t]*(\d*)-(\d*)[ \t]*$/.exec(set) ?? [];
  if (first === "" && last === "")
    throw new InvalidInputError("a Range header reads bytes=FIRST-LAST, bytes=FIRST- or bytes=-COUNT");
  return first === "" ? suffix(Number(last), contentLength) : between(first, last, contentLength);
}

function between(first: string, last: string, contentLength: number): ByteRange {
  // Digits beyond 2^53 lose precision, but only where the number is far past any content's end.
  const offset = Number(first);
  const end = last === "" ? contentLength : Math.min(Number(last) + 1, contentLength);
  if (last !== "" && Number(last) < offset)
    throw new InvalidInputError("a range's last byte does not come before its first");
  if (offset >= contentLength) throw unsatisfiable(contentLength);
  return { offset, length: end - offset };
}

function suffix(count: number, contentLength: number): ByteRange {
  const length = Math.min(count, contentLength);
  if (length === 0) throw unsatisfiable(contentLength);
  return { offset: contentLength - length, length };
}

function unsatisfiable(contentLength: number): InvalidInputError {
  const message = `the range holds none of the content's ${contentLength} bytes`;
  return new InvalidInputError(message, { details: { contentLength } }, "RANGE_NOT_SATISFIABLE");
}
