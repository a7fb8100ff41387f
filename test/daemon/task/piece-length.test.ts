/** Goal: content is cut where Dragonfly cuts it. Method: both sides of every threshold, then random layouts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidInputError } from "../../../base/errors.ts";
import { CONTENT_BYTES_MAX } from "../../../base/limits.ts";
import {
  checkedPieceLength,
  pieceCount,
  pieceLengthFor,
  pieceRange,
  piecesOverlapping,
} from "../../../daemon/task/piece-length.ts";
import { seededRandom } from "../../base/seeded-random.ts";

const MIB = 1024 * 1024;

test("the piece length doubles behind each multiple of 500 pieces, from 4 to 64 MiB", () => {
  const lengths: [contentLength: number, pieceLength: number][] = [
    [0, 4 * MIB],
    [1, 4 * MIB],
    [4 * MIB, 4 * MIB],
    [2_097_152_000, 4 * MIB],
    [2_097_152_499, 4 * MIB],
    [2_097_152_500, 8 * MIB],
    [500 * 8 * MIB + 499, 8 * MIB],
    [500 * 8 * MIB + 500, 16 * MIB],
    [500 * 16 * MIB + 499, 16 * MIB],
    [500 * 16 * MIB + 500, 32 * MIB],
    [500 * 32 * MIB + 499, 32 * MIB],
    [500 * 32 * MIB + 500, 64 * MIB],
    [500 * 64 * MIB + 500, 64 * MIB],
    [CONTENT_BYTES_MAX, 64 * MIB],
  ];
  for (const [contentLength, pieceLength] of lengths)
    assert.equal(pieceLengthFor(contentLength), pieceLength, String(contentLength));
});

test("a content length beyond the limit, or that is none, is refused", () => {
  for (const contentLength of [CONTENT_BYTES_MAX + 1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => pieceLengthFor(contentLength), InvalidInputError, String(contentLength));
    assert.throws(() => pieceCount({ contentLength, pieceLength: 4 * MIB }), InvalidInputError);
  }
});

test("a request may name a piece length of 4 to 64 whole MiB", () => {
  for (const length of [4 * MIB, 5 * MIB, 64 * MIB]) assert.equal(checkedPieceLength(length), length);
  for (const length of [0, -4 * MIB, 4 * MIB - 1, 4 * MIB + 1, 64 * MIB + 1, 65 * MIB, Number.NaN])
    assert.throws(() => checkedPieceLength(length), InvalidInputError, String(length));
});

test("the last piece is shorter unless the content ends with it, and an empty content has no pieces", () => {
  const pieceLength = 4 * MIB;
  assert.equal(pieceCount({ contentLength: 0, pieceLength }), 0);
  assert.equal(pieceCount({ contentLength: 1, pieceLength }), 1);
  assert.equal(pieceCount({ contentLength: 8 * MIB, pieceLength }), 2);
  assert.equal(pieceCount({ contentLength: 8 * MIB + 1, pieceLength }), 3);
  const layout = { contentLength: 8 * MIB + 1, pieceLength };
  assert.deepEqual(pieceRange(layout, 0), { offset: 0, length: 4 * MIB });
  assert.deepEqual(pieceRange(layout, 2), { offset: 8 * MIB, length: 1 });
  assert.deepEqual(pieceRange({ contentLength: 8 * MIB, pieceLength }, 1), {
    offset: 4 * MIB,
    length: 4 * MIB,
  });
});

test("a piece that the task does not have has no range", () => {
  const layout = { contentLength: 8 * MIB + 1, pieceLength: 4 * MIB };
  for (const number of [-1, 3, 0.5, Number.NaN])
    assert.throws(() => pieceRange(layout, number), InvalidInputError, String(number));
  assert.throws(() => pieceRange({ contentLength: 0, pieceLength: 4 * MIB }, 0), InvalidInputError);
});

test("the pieces of a range are those that hold at least one of its bytes", () => {
  const layout = { contentLength: 10 * MIB, pieceLength: 4 * MIB };
  const cases: [offset: number, length: number, first: number, count: number][] = [
    [0, 1, 0, 1],
    [0, 4 * MIB, 0, 1],
    [0, 4 * MIB + 1, 0, 2],
    [4 * MIB - 1, 1, 0, 1],
    [4 * MIB - 1, 2, 0, 2],
    [4 * MIB, 1, 1, 1],
    [10 * MIB - 1, 1, 2, 1],
    [0, 10 * MIB, 0, 3],
    [5 * MIB, Number.MAX_SAFE_INTEGER, 1, 2],
  ];
  for (const [offset, length, first, count] of cases)
    assert.deepEqual(piecesOverlapping(layout, { offset, length }), { first, count }, `${offset}+${length}`);
});

test("a range of length zero or outside the content is refused, except in an empty content", () => {
  const layout = { contentLength: 10 * MIB, pieceLength: 4 * MIB };
  for (const range of [
    { offset: 0, length: 0 },
    { offset: 1, length: -1 },
    { offset: -1, length: 2 },
    { offset: 0.5, length: 1 },
    { offset: 0, length: Number.NaN },
    { offset: 10 * MIB, length: 1 },
  ])
    assert.throws(() => piecesOverlapping(layout, range), InvalidInputError, JSON.stringify(range));
  assert.deepEqual(piecesOverlapping({ contentLength: 0, pieceLength: 4 * MIB }, { offset: 0, length: 0 }), {
    first: 0,
    count: 0,
  });
});

test("the pieces of any content follow one another and cover it, and each overlaps with itself alone", () => {
  const random = seededRandom("piece-length");
  for (let round = 0; round < 200; round++) {
    const layout = { contentLength: 1 + random.below(200 * MIB), pieceLength: (4 + random.below(61)) * MIB };
    let end = 0;
    for (let number = 0; number < pieceCount(layout); number++) {
      const range = pieceRange(layout, number);
      assert.equal(range.offset, end);
      assert.ok(range.length > 0 && range.length <= layout.pieceLength);
      assert.deepEqual(piecesOverlapping(layout, range), { first: number, count: 1 });
      end += range.length;
    }
    assert.equal(end, layout.contentLength);
  }
});
