/** The arithmetic of the marks. What is spared and in which order things go is in the contract suite. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOverLowMark, DEFAULT_COLLECT_POLICY } from "../../../daemon/storage/collection.ts";

const over = (usedBytes: number, availableBytes: number, totalBytes = usedBytes + availableBytes) =>
  bytesOverLowMark(
    { usedBytes, availableBytes, totalBytes, cacheBytes: 0, seededBytes: 0, pinnedBytes: 0, taskCount: 1 },
    DEFAULT_COLLECT_POLICY,
  );

test("below the high mark nothing is to be freed; at it, down to the low mark", () => {
  assert.equal(over(799, 201), 0);
  assert.equal(over(800, 200), 200);
  assert.equal(over(1_000, 0), 400);
});

test("other people's data on the disk does not count, what is left for us does", () => {
  // A disk of 10,000 of which others hold 9,000.
  assert.equal(over(500, 500), 0);
  assert.equal(over(850, 150), 250);
});

test("an empty disk and an empty storage need nothing", () => {
  assert.equal(over(0, 0), 0);
  assert.equal(over(0, 100), 0);
});

test("usage beyond the threshold is freed to the low mark of the threshold", () => {
  assert.equal(over(1_500, 0, 1_000), 900);
});
