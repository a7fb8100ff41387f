/** Block buffers are lent within a budget, and the memory that a burst needed goes back to the system after it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BufferPool } from "../../base/buffer-pool.ts";
import { FakeClock } from "../../base/clock.ts";
import { BLOCK_BYTES, BUFFERS_KEPT, BUFFERS_UNUSED_MS } from "../../base/limits.ts";

const BURST = 32;

function poolOf(discard?: (buffer: Buffer) => void) {
  const clock = new FakeClock();
  return { clock, pool: new BufferPool(BURST * BLOCK_BYTES, { clock, discard }) };
}

function lendAll(pool: BufferPool, count: number): Buffer[] {
  return Array.from({ length: count }, () => {
    const buffer = pool.tryLend();
    assert.ok(buffer !== undefined);
    return buffer;
  });
}

test("the memory that a burst needed is given back, but for what a single reader needs", () => {
  const discarded: Buffer[] = [];
  const { clock, pool } = poolOf((buffer) => discarded.push(buffer));
  const burst = lendAll(pool, BURST);
  clock.advance(BUFFERS_UNUSED_MS);
  for (const buffer of burst) pool.giveBack(buffer);
  assert.equal(pool.idleCount, BURST, "the next burst may follow at once");
  clock.advance(BUFFERS_UNUSED_MS * 2);
  assert.equal(pool.idleCount, BUFFERS_KEPT);
  assert.equal(new Set(discarded).size, BURST - BUFFERS_KEPT);
  assert.equal(clock.pending, 0, "a pool at rest waits for nothing");
});

test("what is needed again and again is kept, however long the rest lies idle", () => {
  const discarded: Buffer[] = [];
  const { clock, pool } = poolOf((buffer) => discarded.push(buffer));
  for (const buffer of lendAll(pool, BURST)) pool.giveBack(buffer);
  for (let round = 0; round < 20; round++) {
    for (const buffer of lendAll(pool, 10)) pool.giveBack(buffer);
    clock.advance(BUFFERS_UNUSED_MS / 4);
  }
  assert.equal(pool.idleCount, 10);
  assert.equal(discarded.length, BURST - 10, "none of the ten was given back in between");
});

test("a buffer without memory is lent like any other, and the budget counts it once", () => {
  const { clock, pool } = poolOf((buffer) => buffer.fill(0));
  const first = lendAll(pool, BURST);
  for (const buffer of first) pool.giveBack(buffer.fill(1));
  clock.advance(BUFFERS_UNUSED_MS * 2);
  const again = lendAll(pool, BURST);
  assert.deepEqual(new Set(again), new Set(first), "the same buffers, and no new ones");
  assert.equal(pool.tryLend(), undefined);
  for (const buffer of again) pool.giveBack(buffer);
});

test("a burst in the middle of a look loses nothing it is using", () => {
  const { clock, pool } = poolOf((buffer) => buffer.fill(0));
  for (const buffer of lendAll(pool, BURST)) pool.giveBack(buffer);
  clock.advance(BUFFERS_UNUSED_MS / 2);
  const used = lendAll(pool, BURST).map((buffer) => buffer.fill(7));
  clock.advance(BUFFERS_UNUSED_MS * 3);
  assert.ok(used.every((buffer) => buffer.every((byte) => byte === 7)));
  for (const buffer of used) pool.giveBack(buffer);
});

test("where memory cannot be given back by hand, unused buffers are let go of", () => {
  const { clock, pool } = poolOf();
  for (const buffer of lendAll(pool, BURST)) pool.giveBack(buffer);
  clock.advance(BUFFERS_UNUSED_MS * 2);
  assert.equal(pool.idleCount, BUFFERS_KEPT);
  assert.equal(lendAll(pool, BURST).length, BURST);
});
