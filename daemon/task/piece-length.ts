/**
 * How content is cut into pieces: Dragonfly's rule for their length, and the arithmetic between bytes and pieces. All
 * numbers and offsets are those of the whole content, also when only a range of it is wanted.
 */

import { InvalidInputError } from "../../base/errors.ts";
import {
  BLOCK_BYTES,
  CONTENT_BYTES_MAX,
  PIECE_BYTES_MAX,
  PIECE_BYTES_MIN,
  PIECE_COUNT_AIM,
} from "../../base/limits.ts";
import type { ByteRange } from "./range.ts";

/** What the cut depends on; a task's record is one. */
export interface PieceLayout {
  /** Bytes. */
  readonly contentLength: number;
  /** Bytes, above zero. */
  readonly pieceLength: number;
}

/** Pieces `first` to `first + count`, the end not included. */
export interface PieceSpan {
  readonly first: number;
  readonly count: number;
}

/**
 * Length of the pieces of a content when no request names one, bytes: as many as make `PIECE_COUNT_AIM` pieces, rounded
 * up to a power of two, from `PIECE_BYTES_MIN` to `PIECE_BYTES_MAX` (dragonflyoss/client, piece.rs).
 * @throws InvalidInputError when the content length is not one
 */
export function pieceLengthFor(contentLength: number): number {
  checkContentLength(contentLength);
  const aim = Math.floor(contentLength / PIECE_COUNT_AIM);
  let length = PIECE_BYTES_MIN;
  while (length < aim && length < PIECE_BYTES_MAX) length *= 2;
  return length;
}

/**
 * Checks a piece length that a request names, bytes, and returns it. Schedulers accept `PIECE_BYTES_MIN` to
 * `PIECE_BYTES_MAX`; whole blocks are our own need, because no block may belong to two pieces.
 * @throws InvalidInputError
 */
export function checkedPieceLength(pieceLength: number): number {
  if (pieceLength >= PIECE_BYTES_MIN && pieceLength <= PIECE_BYTES_MAX && pieceLength % BLOCK_BYTES === 0)
    return pieceLength;
  const mib = 1024 * 1024;
  throw new InvalidInputError(
    `a piece length is ${PIECE_BYTES_MIN / mib} to ${PIECE_BYTES_MAX / mib} MiB, in whole MiB`,
    { details: { pieceLength } },
  );
}

/** Number of pieces; an empty content has none. @throws InvalidInputError when the content length is not one */
export function pieceCount({ contentLength, pieceLength }: PieceLayout): number {
  checkContentLength(contentLength);
  return Math.ceil(contentLength / pieceLength);
}

/** Where a piece lies. The last one may be shorter. @throws InvalidInputError when there is no such piece */
export function pieceRange(layout: PieceLayout, number: number): ByteRange {
  if (!Number.isInteger(number) || number < 0 || number >= pieceCount(layout))
    throw new InvalidInputError(`the task has no piece ${number}`, { details: { ...layout } });
  const offset = number * layout.pieceLength;
  return { offset, length: Math.min(layout.pieceLength, layout.contentLength - offset) };
}

/**
 * The pieces that hold bytes of a range. What lies past the content's end is cut off; an empty content has no pieces,
 * whatever the range.
 * @throws InvalidInputError when the range is empty, or begins at the end or past it
 */
export function piecesOverlapping(layout: PieceLayout, range: ByteRange): PieceSpan {
  const count = pieceCount(layout);
  if (count === 0) return { first: 0, count: 0 };
  const valid = Number.isSafeInteger(range.offset) && range.offset >= 0 && range.length > 0;
  if (!valid || range.offset >= layout.contentLength)
    throw new InvalidInputError("a range holds at least one byte of the content", { details: { ...range } });
  const end = Math.min(range.offset + range.length, layout.contentLength);
  const first = Math.floor(range.offset / layout.pieceLength);
  return { first, count: Math.ceil(end / layout.pieceLength) - first };
}

function checkContentLength(contentLength: number): void {
  if (!Number.isInteger(contentLength) || contentLength < 0 || contentLength > CONTENT_BYTES_MAX)
    throw new InvalidInputError("a content length is a whole number of bytes within the limit", {
      details: { contentLength, CONTENT_BYTES_MAX },
    });
}
