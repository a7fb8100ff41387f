/** Goal: a Range header means what RFC 9110 §14 says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidInputError, NotSupportedError, P2pfsError } from "../../../base/errors.ts";
import { parseRangeHeader } from "../../../daemon/task/range.ts";

test("first and last byte, first byte alone, and a count from the end are read", () => {
  const cases: [header: string, contentLength: number, offset: number, length: number][] = [
    ["bytes=0-0", 10, 0, 1],
    ["bytes=0-9", 10, 0, 10],
    ["bytes=2-5", 10, 2, 4],
    ["bytes=9-", 10, 9, 1],
    ["bytes=0-", 10, 0, 10],
    ["bytes=-1", 10, 9, 1],
    ["bytes=-10", 10, 0, 10],
    ["Bytes=1-2", 10, 1, 2],
    ["\tbytes = 1-2 ", 10, 1, 2],
    ["bytes=0001-0002", 10, 1, 2],
  ];
  for (const [header, contentLength, offset, length] of cases)
    assert.deepEqual(parseRangeHeader(header, contentLength), { offset, length }, header);
});

test("what lies past the end is cut off, however far it lies", () => {
  assert.deepEqual(parseRangeHeader("bytes=5-10", 10), { offset: 5, length: 5 });
  assert.deepEqual(parseRangeHeader("bytes=-11", 10), { offset: 0, length: 10 });
  assert.deepEqual(parseRangeHeader(`bytes=5-${"9".repeat(400)}`, 10), { offset: 5, length: 5 });
  assert.deepEqual(parseRangeHeader(`bytes=-${"9".repeat(400)}`, 10), { offset: 0, length: 10 });
});

test("a range that holds no byte of the content is not satisfiable: 416", () => {
  const cases: [header: string, contentLength: number][] = [
    ["bytes=10-", 10],
    ["bytes=10-20", 10],
    [`bytes=${"9".repeat(400)}-`, 10],
    ["bytes=-0", 10],
    ["bytes=0-", 0],
    ["bytes=-5", 0],
  ];
  for (const [header, contentLength] of cases)
    assert.throws(
      () => parseRangeHeader(header, contentLength),
      (error) =>
        error instanceof InvalidInputError &&
        error.code === "RANGE_NOT_SATISFIABLE" &&
        error.httpStatus === 416,
      header,
    );
});

test("a header that is not well-formed is an invalid argument", () => {
  for (const header of [
    "",
    "bytes",
    "bytes=",
    "bytes=-",
    "bytes=a-b",
    "bytes=1",
    "bytes=1-2-3",
    "bytes=2-1",
    "bytes=+1-2",
    "bytes=1.5-2",
    "bytes=0x1-2",
    "bytes=1 - 2",
    "bytes=1-2\n",
    "items=0-1",
    "0-1",
  ])
    assert.throws(
      () => parseRangeHeader(header, 10),
      (error) => error instanceof P2pfsError && error.code === "INVALID_ARGUMENT",
      JSON.stringify(header),
    );
});

test("more than one range is not supported", () => {
  assert.throws(() => parseRangeHeader("bytes=0-0,-1", 10), NotSupportedError);
});
