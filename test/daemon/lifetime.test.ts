/** How long a daemon lives that nobody told to run until told. Time is moved by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { IDLE_END_MS, LAST_UNMOUNT_END_MS } from "../../base/limits.ts";
import { Lifetime, type Until } from "../../daemon/lifetime.ts";

function lifetime(until: Until) {
  const clock = new FakeClock();
  const ends: string[] = [];
  const life = new Lifetime({ clock, until, end: (reason) => ends.push(reason) });
  life.start();
  return { clock, ends, life };
}

test("a daemon that runs until told never ends by itself", () => {
  const { clock, ends, life } = lifetime("told");
  life.mountsAre(1);
  life.mountsAre(0);
  clock.advance(1000 * IDLE_END_MS);
  assert.deepEqual(ends, []);
});

test("a daemon that dfget started ends after a minute in which nobody used it, and not before", () => {
  const { clock, ends, life } = lifetime("idle");
  clock.advance(IDLE_END_MS - 1);
  const first = life.beginUse();
  const second = life.beginUse();
  first();
  first();
  clock.advance(10 * IDLE_END_MS);
  assert.deepEqual(ends, [], "the second use goes on");
  second();
  clock.advance(IDLE_END_MS - 1);
  assert.deepEqual(ends, []);
  clock.advance(1);
  assert.deepEqual(ends, ["nobody uses the daemon"]);
});

test("a daemon that dfget started stays while something is mounted", () => {
  const { clock, ends, life } = lifetime("idle");
  life.mountsAre(1);
  clock.advance(10 * IDLE_END_MS);
  assert.deepEqual(ends, []);
  life.mountsAre(0);
  clock.advance(IDLE_END_MS);
  assert.equal(ends.length, 1);
});

test("a daemon that a mount started ends after the last unmount, once nobody else uses it", () => {
  const { clock, ends, life } = lifetime("last-unmount");
  life.mountsAre(1);
  life.mountsAre(2);
  life.mountsAre(1);
  clock.advance(10 * IDLE_END_MS);
  const download = life.beginUse();
  life.mountsAre(0);
  clock.advance(10 * IDLE_END_MS);
  assert.deepEqual(ends, [], "a download still runs");
  download();
  clock.advance(LAST_UNMOUNT_END_MS);
  assert.deepEqual(ends, ["no mount is left"]);
});

test("a daemon whose only mount failed ends at once, one that is mounted again meanwhile does not", () => {
  const { clock, ends, life } = lifetime("last-unmount");
  const failing = life.beginUse();
  failing();
  clock.advance(LAST_UNMOUNT_END_MS - 1);
  const mounting = life.beginUse();
  life.mountsAre(1);
  mounting();
  clock.advance(10 * IDLE_END_MS);
  assert.deepEqual(ends, []);
  life.mountsAre(0);
  clock.advance(LAST_UNMOUNT_END_MS);
  assert.equal(ends.length, 1);
});

test("a daemon whose starter died before it asked for anything ends like an idle one", () => {
  const { clock, ends } = lifetime("last-unmount");
  clock.advance(IDLE_END_MS - 1);
  assert.deepEqual(ends, []);
  clock.advance(1);
  assert.equal(ends.length, 1);
});

test("a lifetime that was closed ends nothing", () => {
  const { clock, ends, life } = lifetime("idle");
  life.close();
  clock.advance(2 * IDLE_END_MS);
  assert.deepEqual(ends, []);
});
