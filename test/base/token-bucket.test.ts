/** What a bucket of tokens promises: the rate on average, order, and no memory of whoever gave up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { BUCKET_WAITERS_MAX } from "../../base/limits.ts";
import { TokenBucket } from "../../base/token-bucket.ts";

/** Lets promises that were resolved be seen. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function world(perSecond: number, burst?: number) {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ clock, perSecond, ...(burst === undefined ? {} : { burst }) });
  const served: number[] = [];
  const take = (amount: number, name: number, signal?: AbortSignal) =>
    bucket.take(amount, signal).then(() => void served.push(name));
  return { clock, bucket, served, take };
}

test("what was saved is spent at once, and no more than the burst is ever saved", async () => {
  const { clock, bucket, served, take } = world(100, 50);
  clock.advance(60_000);
  await take(50, 1);
  assert.deepEqual(served, [1]);
  assert.equal(bucket.tryTake(1), false);
  clock.advance(10);
  assert.equal(bucket.tryTake(1), true);
});

test("amounts beyond the burst are let through, and the rate holds on average all the same", async () => {
  const { clock, served, take } = world(1000, 1000);
  for (let index = 0; index < 11; index += 1) take(4000, index).catch(() => {});
  let passedMs = 0;
  await turn();
  while (served.length < 11) {
    clock.advance(1);
    passedMs += 1;
    await turn();
    assert.ok(served.length <= 1 + Math.ceil(passedMs / 4000) + 1, `${served.length} after ${passedMs} ms`);
  }
  // Ten amounts had to be earned, less what was saved at the beginning.
  assert.ok(passedMs >= 39_000 && passedMs <= 40_100, `${passedMs} ms`);
  assert.deepEqual(served, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("who gives up is forgotten, spends nothing, and stands in nobody's way", async () => {
  const { clock, bucket, served, take } = world(1000, 1);
  await take(1001, 0);
  const giveUp = new AbortController();
  const given = take(1_000_000, 1, giveUp.signal);
  const next = take(1, 2);
  giveUp.abort(new Error("enough"));
  await assert.rejects(given, /enough/);
  assert.equal(bucket.waitingCount, 1);
  clock.advance(1002);
  await next;
  assert.deepEqual(served, [0, 2]);
  await assert.rejects(bucket.take(1, giveUp.signal), /enough/);
});

test("while somebody waits nobody passes by, and no timer is left when nobody does", async () => {
  const { clock, bucket, take } = world(1000, 10);
  await take(20, 0);
  const waiting = take(5, 1);
  clock.advance(10);
  assert.equal(bucket.tryTake(1), false);
  clock.advance(10);
  await waiting;
  assert.equal(clock.pending, 0);
});

test("more waiters than the bound are refused", async () => {
  const { bucket, take } = world(1, 1);
  await take(1_000_000, 0);
  for (let index = 0; index < BUCKET_WAITERS_MAX; index += 1) bucket.take(1).catch(() => {});
  await assert.rejects(bucket.take(1), { code: "TOO_MANY" });
});
