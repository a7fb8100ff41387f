/** The time at a store: learned from a refusal that was about time, and from no other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../../base/clock.ts";
import { STORES_REMEMBERED_MAX } from "../../../../base/limits.ts";
import { remember, StoreClock } from "../../../../daemon/source/object-store/store-clock.ts";
import type { StoreFault } from "../../../../daemon/source/object-store/store-error.ts";

const NOW_MS = Date.UTC(2024, 0, 1);
const HOUR_MS = 3_600_000;

const fault = (serverTimeMs: number | undefined, code?: string, statusCode = 403): StoreFault => ({
  statusCode,
  code,
  requestId: undefined,
  region: undefined,
  endpoint: undefined,
  serverTimeMs,
});

test("a refusal for the time teaches the store's time, which then goes on with our clock", () => {
  const clock = new FakeClock(NOW_MS);
  const store = new StoreClock(clock);
  assert.equal(store.nowMs("a"), NOW_MS);
  assert.equal(store.learn("a", fault(NOW_MS + HOUR_MS, "RequestTimeTooSkewed")), true);
  assert.equal(store.nowMs("a"), NOW_MS + HOUR_MS);
  assert.equal(store.nowMs("b"), NOW_MS);
  clock.advance(1000);
  assert.equal(store.nowMs("a"), NOW_MS + HOUR_MS + 1000);
});

test("a refusal without a code, as of a HEAD, teaches it when the times differ that much", () => {
  const store = new StoreClock(new FakeClock(NOW_MS));
  assert.equal(store.learn("a", fault(NOW_MS + 14 * 60_000)), false);
  assert.equal(store.learn("a", fault(NOW_MS - HOUR_MS)), true);
  assert.equal(store.nowMs("a"), NOW_MS - HOUR_MS);
});

test("other refusals, and those that do not tell the time, teach nothing, so that nothing is asked again", () => {
  const store = new StoreClock(new FakeClock(NOW_MS));
  assert.equal(store.learn("a", fault(NOW_MS + HOUR_MS, "AccessDenied")), false);
  assert.equal(store.learn("a", fault(NOW_MS + HOUR_MS, undefined, 404)), false);
  assert.equal(store.learn("a", fault(undefined, "RequestTimeTooSkewed")), false);
  assert.equal(store.learn("a", fault(NOW_MS, "RequestTimeTooSkewed")), false);
});

test("a host whose clock was set right again learns that too", () => {
  const clock = new FakeClock(NOW_MS);
  const store = new StoreClock(clock);
  store.learn("a", fault(NOW_MS + HOUR_MS, "RequestTimeTooSkewed"));
  clock.advance(HOUR_MS);
  assert.equal(store.learn("a", fault(NOW_MS + HOUR_MS, "RequestTimeTooSkewed")), true);
  assert.equal(store.nowMs("a"), clock.nowMs());
});

test("facts of so many stores are remembered, the latest", () => {
  const facts = new Map<string, number>();
  for (let index = 0; index < STORES_REMEMBERED_MAX + 10; index++) remember(facts, `store ${index}`, index);
  assert.equal(facts.size, STORES_REMEMBERED_MAX);
  assert.equal(facts.has("store 9"), false);
  assert.equal(facts.get("store 10"), 10);
  remember(facts, "store 10", 0);
  remember(facts, "one more", 1);
  assert.equal(facts.has("store 10"), true);
  assert.equal(facts.has("store 11"), false);
});
