/** Waits with an end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { deadlineSignal } from "../../base/deadline.ts";

test("a deadline that was moved says how long was waited since, not how long was allowed at first", () => {
  const clock = new FakeClock();
  const first = deadlineSignal(clock, "an answer", 2_000);
  const moved = deadlineSignal(clock, "an answer", 2_000);
  moved.extend(10_000);
  clock.advance(2_000);
  assert.match(String(first.signal.reason), /an answer did not come within 2 s/);
  assert.equal(moved.signal.aborted, false);
  clock.advance(8_000);
  assert.match(String(moved.signal.reason), /an answer did not come within 10 s/);
});

test("a deadline that is closed never comes, and closing it again does nothing", () => {
  const clock = new FakeClock();
  const deadline = deadlineSignal(clock, "an answer", 1_000);
  deadline.close();
  deadline.close();
  clock.advance(5_000);
  assert.equal(deadline.signal.aborted, false);
});
