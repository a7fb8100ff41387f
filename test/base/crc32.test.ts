/** CRC-32 joined from parts equals the CRC-32 of the whole; the witness is node:zlib. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { crc32Combine, crc32Digest } from "../../base/crc32.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import { seededRandom } from "./seeded-random.ts";

test("the checksum of two stretches joined is that of the bytes joined, for any cut", () => {
  const random = seededRandom("crc32");
  for (let round = 0; round < 300; round++) {
    const bytes = random.bytes(random.below(5_000));
    const cut = random.below(bytes.length + 1);
    const joined = crc32Combine(
      crc32(bytes.subarray(0, cut)),
      crc32(bytes.subarray(cut)),
      bytes.length - cut,
    );
    assert.equal(joined, crc32(bytes), `cut at ${cut} of ${bytes.length}`);
  }
});

test("blocks joined one after the other give the checksum of the piece", () => {
  const random = seededRandom("crc32-blocks");
  const bytes = random.bytes(3 * BLOCK_BYTES + 12_345);
  let joined = 0;
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    joined = crc32Combine(joined, crc32(block), block.length);
  }
  assert.equal(joined, crc32(bytes));
});

test("lengths beyond 32 bits shift as many zero bytes do", () => {
  // 2^33 zero bytes after A are 2^32 zero bytes twice; a zero stretch's own checksum is joined from halves as well.
  const zeros = (count: number): number => {
    if (count === 1) return crc32(new Uint8Array(1));
    const half = zeros(count / 2);
    return crc32Combine(half, half, count / 2);
  };
  const crcA = crc32("a stretch of bytes");
  const half = 2 ** 32;
  const once = crc32Combine(crcA, zeros(2 * half), 2 * half);
  const twice = crc32Combine(crc32Combine(crcA, zeros(half), half), zeros(half), half);
  assert.equal(once, twice);
});

test("a digest is written as Dragonfly peers write it, in unsigned decimal", () => {
  assert.equal(crc32Digest(crc32("123456789")), "crc32:3421780262");
  assert.equal(crc32Digest(-1), "crc32:4294967295");
});
