/** Memory goes back to the system when the daemon has become idle, once, and not while it works. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { IDLE_MEMORY_LOOK_MS, IDLE_MEMORY_WORK_MS, IDLE_PROCESSOR_PART } from "../../base/limits.ts";
import { IdleMemory } from "../../daemon/idle-memory.ts";

const IDLE_MS = IDLE_MEMORY_LOOK_MS * IDLE_PROCESSOR_PART;

function watched(startMs = 0) {
  const clock = new FakeClock();
  let [used, given] = [startMs, 0];
  const memory = new IdleMemory({
    clock,
    processorMs: () => used,
    giveBack: () => {
      given += 1;
    },
  });
  memory.start();
  /** One look's time, in which so much of the processor is used. */
  const pass = (usedMs: number) => {
    used += usedMs;
    clock.advance(IDLE_MEMORY_LOOK_MS);
    return given;
  };
  return { memory, clock, pass };
}

test("a daemon that has become idle gives memory back once", () => {
  const { pass } = watched();
  assert.equal(pass(20_000), 0);
  assert.equal(pass(IDLE_MS), 1);
  for (let look = 0; look < 9; look++) assert.equal(pass(IDLE_MEMORY_WORK_MS / 10), 1);
});

test("one that works keeps what it has, however long", () => {
  const { pass } = watched();
  for (let look = 0; look < 100; look++) assert.equal(pass(IDLE_MS + 1), 0);
});

test("each time that work is over it gives back again", () => {
  const { pass } = watched();
  for (let time = 1; time <= 3; time++) {
    pass(10_000);
    assert.equal(pass(0), time);
  }
});

test("one that does a little all the time gives back now and then", () => {
  const { pass } = watched();
  const looks = Array.from({ length: 20 }, () => pass(IDLE_MEMORY_WORK_MS / 2));
  assert.equal(looks.at(-1), 10);
});

test("what its start took goes back too", () => {
  const { pass } = watched(5_000);
  assert.equal(pass(0), 1);
});

test("closed, it looks no more", () => {
  const { memory, clock } = watched();
  memory.close();
  memory.close();
  assert.equal(clock.pending, 0);
});
