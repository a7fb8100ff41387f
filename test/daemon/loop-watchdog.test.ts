/** The watch over the event loop: what it notices, what it names, what it tells a scraper. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { LOOP_DELAY_MS_MAX, LOOP_LOOK_MS } from "../../base/limits.ts";
import { createLogger } from "../../base/logger.ts";
import { blockedBy, LoopWatchdog } from "../../daemon/loop-watchdog.ts";

function watchdog() {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({
    level: "warn",
    destination: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const clock = new FakeClock();
  return { lines, clock, dog: new LoopWatchdog(clock, log) };
}

/** Lets the loop turn for real, so that Node's own measure is taken. */
const turn = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("a loop that was blocked is told in the log and to the scraper, once", async () => {
  const { lines, clock, dog } = watchdog();
  dog.start();
  await turn(30);
  const until = performance.now() + LOOP_DELAY_MS_MAX + 100;
  while (performance.now() < until);
  await turn(30);
  clock.advance(LOOP_LOOK_MS);
  const worst = new Map(dog.sinceScrape()).get("1") ?? 0;
  assert.ok(worst >= LOOP_DELAY_MS_MAX, `the worst delay is ${worst} ms`);
  assert.equal(dog.lateCount, 1);
  const [line] = lines;
  assert.equal(line?.event, "event-loop-late");
  // A machine under load may have given the computing no processor time; then that is what is told.
  assert.match(String(line?.blockedBy), /computing|no processor time/);
  clock.advance(LOOP_LOOK_MS);
  dog.sinceScrape();
  clock.advance(LOOP_LOOK_MS);
  assert.ok((new Map(dog.sinceScrape()).get("1") ?? 0) < worst, "a scrape forgets what the one before told");
  dog.close();
});

test("two scrapes at one time are told the same", async () => {
  const { clock, dog } = watchdog();
  dog.start();
  await turn(50);
  clock.advance(LOOP_LOOK_MS);
  dog.sinceScrape();
  await turn(50);
  assert.deepEqual(dog.sinceScrape(), dog.sinceScrape());
  dog.close();
});

test("what blocked is named from what the process did meanwhile", () => {
  assert.equal(blockedBy(300, 200, 300), "garbage collection");
  assert.equal(blockedBy(300, 10, 290), "computing");
  assert.match(blockedBy(300, 10, 20), /blocking call/);
});
