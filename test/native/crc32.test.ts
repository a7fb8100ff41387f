/** The addon's CRC-32, beside Node's own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { seededRandom } from "../base/seeded-random.ts";
import { addon, addonMissing } from "./built-addon.ts";

test("the addon's CRC-32 is Node's, for every length, place and beginning", { skip: addonMissing }, (t) => {
  const ours = addon().crc32;
  if (ours === undefined) {
    t.skip("this processor has no instructions for it");
    return;
  }
  const random = seededRandom("crc32");
  const bytes = random.bytes(70_000);
  for (let length = 0; length < 300; length++)
    for (let from = 0; from < 17; from++) {
      const part = bytes.subarray(from, from + length);
      assert.equal(ours(part, 0), crc32(part), `${length} bytes from ${from}`);
    }
  for (let round = 0; round < 300; round++) {
    const from = random.below(4000);
    const part = bytes.subarray(from, from + random.below(66_000));
    const before = random.below(2 ** 32);
    assert.equal(
      ours(part, before),
      crc32(part, before),
      `${part.length} bytes from ${from} after ${before}`,
    );
  }
  const cut = random.below(70_000);
  assert.equal(ours(bytes.subarray(cut), ours(bytes.subarray(0, cut), 0)), crc32(bytes), "in two parts");
  assert.throws(() => ours("text" as never, 0), TypeError);
});
