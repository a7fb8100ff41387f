/** What one question finds down, the others know; and a listing that has begun is waited for. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { UnavailableError } from "../../../base/errors.ts";
import {
  ORIGIN_DOWN_MS,
  ORIGIN_SCOUT_MS,
  ORIGIN_STALE_WAIT_MS,
  ORIGINS_DOWN_MAX,
} from "../../../base/limits.ts";
import { OriginMemory, type Question } from "../../../daemon/engine/origin-memory.ts";
import { OriginsDown } from "../../../daemon/engine/origins-down.ts";

const clock = new FakeClock();
const TEN = { consistency: "stale-if-error", maxAgeMs: 10_000 } as const;
const turn = () => new Promise((resolve) => setImmediate(resolve));

function memoryWith(down: OriginsDown): OriginMemory<string> {
  const store = { load: async () => undefined, save() {}, forget() {} };
  return new OriginMemory<string>({ clock, store, negativeMs: 1_000, down });
}

function question(key: string, ask: Question<string>["ask"]): Question<string> {
  return { key, origin: "http://o", ask };
}

describe("origins that are down", () => {
  test("are known for a while, and asked whether they are back once in a while", () => {
    const down = new OriginsDown(clock);
    assert.equal(down.mayAsk("http://o"), true);
    down.add("http://o");
    assert.equal(down.has("http://o"), true);
    assert.equal(down.mayAsk("http://o"), false);
    clock.advance(ORIGIN_SCOUT_MS);
    assert.equal(down.mayAsk("http://o"), true);
    assert.equal(down.mayAsk("http://o"), false);
    down.add("http://o");
    assert.equal(down.mayAsk("http://o"), false);
    clock.advance(ORIGIN_DOWN_MS);
    assert.equal(down.has("http://o"), false);
    assert.equal(down.mayAsk("http://o"), true);
    down.add("http://o");
    down.delete("http://o");
    assert.equal(down.has("http://o"), false);
  });

  test("are so many at most; beyond that all are asked anew", () => {
    const down = new OriginsDown(clock);
    for (let i = 0; i <= ORIGINS_DOWN_MAX; i += 1) down.add(`http://o${i}`);
    assert.equal(down.has("http://o0"), false);
    assert.equal(down.has(`http://o${ORIGINS_DOWN_MAX}`), true);
  });

  test("are waited for once, whichever memory found them down", async () => {
    const down = new OriginsDown(clock);
    const [stats, listings] = [memoryWith(down), memoryWith(down)];
    await stats.get(
      question("a", async () => "stat"),
      TEN,
    );
    await listings.get(
      question("a", async () => "listing"),
      TEN,
    );
    clock.advance(60_000);
    const never = () => new Promise<string>(() => {});
    const first = stats.get(question("a", never), TEN);
    await turn();
    clock.advance(ORIGIN_STALE_WAIT_MS);
    assert.equal((await first).stale, true);
    const second = await listings.get(question("a", never), TEN);
    assert.deepEqual([second.value, second.stale], ["listing", true]);
    await stats.close();
    await listings.close();
  });

  test("are not those that answer one name with 5xx which was never better", async () => {
    const down = new OriginsDown(clock);
    const memory = memoryWith(down);
    const failed = new UnavailableError("500", { origin: { statusCode: 500, headers: {} } }, "SOURCE_FAILED");
    await assert.rejects(
      memory.get(
        question("prefix", () => Promise.reject(failed)),
        TEN,
      ),
    );
    assert.equal(down.has("http://o"), false);
    await memory.get(
      question("file", async () => "good"),
      TEN,
    );
    clock.advance(60_000);
    const stale = await memory.get(
      question("file", () => Promise.reject(failed)),
      TEN,
    );
    assert.equal(stale.stale, true);
    assert.equal(down.has("http://o"), true);
  });
});

describe("an origin that has begun to answer", () => {
  test("is waited for to the end, and its failure then leaves the older answer", async () => {
    const memory = memoryWith(new OriginsDown(clock));
    await memory.get(
      question("l", async () => "old"),
      TEN,
    );
    for (const [end, value] of [
      ["good", "new"],
      ["bad", "new"],
    ] as const) {
      clock.advance(60_000);
      let finish = () => {};
      const listing = memory.get(
        question("l", (_signal, answering) => {
          answering();
          return new Promise((resolve, reject) => {
            finish = () => (end === "good" ? resolve("new") : reject(new UnavailableError("reset")));
          });
        }),
        TEN,
      );
      await turn();
      clock.advance(2 * ORIGIN_STALE_WAIT_MS);
      await turn();
      finish();
      const recalled = await listing;
      assert.deepEqual([recalled.value, recalled.stale], [value, end === "bad"]);
    }
  });
});

test("what is known is told without asking", async () => {
  const memory = memoryWith(new OriginsDown(clock));
  assert.equal(await memory.known("a"), undefined);
  await memory.get(
    question("a", async () => "value"),
    TEN,
  );
  clock.advance(1_000_000);
  assert.equal((await memory.known("a"))?.value, "value");
});
