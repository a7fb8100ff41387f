/** Pieces that wait for parents. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { HeldBack } from "../../../daemon/engine/held-back.ts";

test("a piece is held back until its time, or until it may be had; what comes in one go is looked at once", async () => {
  const clock = new FakeClock();
  let kicks = 0;
  const held = new HeldBack(clock, 5_000, () => {
    kicks += 1;
  });
  const startMs = clock.monotonicMs();
  held.until(1, startMs + 100);
  held.until(2, startMs + 50);
  held.until(3, startMs + 500);
  assert.ok(held.has(1) && held.has(2) && held.has(3) && !held.has(4));
  held.release(1);
  held.release(3);
  assert.ok(!held.has(1) && held.has(2) && !held.has(3));
  assert.equal(kicks, 0);
  await clock.advance(1);
  assert.equal(kicks, 1);
  await clock.advance(48);
  assert.equal(kicks, 1);
  await clock.advance(1);
  assert.equal(kicks, 2);
  assert.ok(!held.has(2));
  held.until(5, clock.monotonicMs() + 10);
  held.close();
  await clock.advance(1_000);
  assert.equal(kicks, 2);
  assert.ok(!held.has(5));
});

test("when one piece's time has come, the others are held back on, each to its own", () => {
  const clock = new FakeClock();
  let kicks = 0;
  const held = new HeldBack(clock, 5_000, () => {
    kicks += 1;
  });
  const startMs = clock.monotonicMs();
  for (const piece of [1, 2, 3]) held.until(piece, startMs + piece * 100);
  clock.advance(100);
  assert.deepEqual([held.has(1), held.has(2), held.has(3), kicks], [false, true, true, 1]);
  clock.advance(100);
  assert.deepEqual([held.has(2), held.has(3), kicks], [false, true, 2]);
  clock.advance(100);
  assert.deepEqual([held.has(3), kicks], [false, 3]);
  held.close();
});
