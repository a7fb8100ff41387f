import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { NotFoundError, P2pfsError, UnavailableError } from "../../../base/errors.ts";
import { ORIGIN_DOWN_MS, ORIGIN_STALE_WAIT_MS } from "../../../base/limits.ts";
import type { Freshness } from "../../../daemon/engine/open-task.ts";
import { OriginMemory, type Remembered } from "../../../daemon/engine/origin-memory.ts";

const FRESH_10_S: Freshness = { consistency: "stale-if-error", maxAgeMs: 10_000 };

/** An origin that answers what it is told to, and a memory of it with a store that survives. */
function setUp(stored = new Map<string, Remembered<string>>()) {
  const clock = new FakeClock();
  const origin = { asked: 0, answer: async (): Promise<string> => "first" };
  const memory = new OriginMemory<string>({
    clock,
    negativeMs: 1_000,
    store: {
      load: async (key) => stored.get(key),
      save: (key, remembered) => void stored.set(key, remembered),
      forget: (key) => void stored.delete(key),
    },
  });
  const question = {
    key: "k",
    origin: "http://origin",
    ask: () => {
      origin.asked += 1;
      return origin.answer();
    },
  };
  return { clock, origin, memory, question, stored };
}

/** Lets promises that are ready run on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe("what an origin said", () => {
  test("is believed until it is too old, then asked again", async () => {
    const { clock, origin, memory, question } = setUp();
    assert.equal((await memory.get(question, FRESH_10_S)).value, "first");
    clock.advance(9_999);
    await memory.get(question, FRESH_10_S);
    assert.equal(origin.asked, 1);
    clock.advance(1);
    origin.answer = async () => "second";
    assert.equal((await memory.get(question, FRESH_10_S)).value, "second");
  });

  test("is never asked again when it is immutable", async () => {
    const { clock, origin, memory, question } = setUp();
    await memory.get(question, { consistency: "immutable", maxAgeMs: 0 });
    clock.advance(1e9);
    await memory.get(question, { consistency: "immutable", maxAgeMs: 0 });
    assert.equal(origin.asked, 1);
  });

  test("stands in while the origin refuses, and says so", async () => {
    const { clock, origin, memory, question } = setUp();
    await memory.get(question, FRESH_10_S);
    clock.advance(20_000);
    origin.answer = async () => {
      throw new UnavailableError("refused");
    };
    const recalled = await memory.get(question, FRESH_10_S);
    assert.deepEqual(
      [recalled.value, recalled.stale, recalled.staleBecause?.code],
      ["first", true, "UNAVAILABLE"],
    );
  });

  test("stands in after a bounded wait for a silent origin, then at once while it is presumed down", async () => {
    const { clock, origin, memory, question } = setUp();
    await memory.get(question, FRESH_10_S);
    clock.advance(20_000);
    origin.answer = () => new Promise(() => {});
    let settled = false;
    const first = memory.get(question, FRESH_10_S).then((recalled) => {
      settled = true;
      return recalled;
    });
    await turns();
    clock.advance(ORIGIN_STALE_WAIT_MS - 1);
    await turns();
    assert.equal(settled, false);
    clock.advance(1);
    assert.equal((await first).stale, true);
    const second = memory.get({ ...question, key: "k" }, FRESH_10_S);
    await turns();
    clock.advance(0);
    assert.equal((await second).stale, true);
    assert.ok(ORIGIN_DOWN_MS > ORIGIN_STALE_WAIT_MS);
  });

  test("does not stand in under strict consistency", async () => {
    const { clock, origin, memory, question } = setUp();
    await memory.get(question, FRESH_10_S);
    clock.advance(20_000);
    origin.answer = async () => {
      throw new UnavailableError("refused");
    };
    await assert.rejects(memory.get(question, { consistency: "strict", maxAgeMs: 10_000 }), UnavailableError);
  });

  test("is forgotten when the origin says the file is gone, and that is believed for a second", async () => {
    const { clock, origin, memory, question, stored } = setUp();
    await memory.get(question, FRESH_10_S);
    clock.advance(20_000);
    origin.answer = async () => {
      throw new NotFoundError("404");
    };
    await assert.rejects(memory.get(question, FRESH_10_S), NotFoundError);
    assert.equal(stored.size, 0);
    origin.answer = async () => "back";
    await assert.rejects(memory.get(question, FRESH_10_S), NotFoundError);
    clock.advance(1_000);
    assert.equal((await memory.get(question, FRESH_10_S)).value, "back");
  });

  test("survives a restart", async () => {
    const first = setUp();
    await first.memory.get(first.question, FRESH_10_S);
    const second = setUp(first.stored);
    second.origin.answer = async () => {
      throw new UnavailableError("refused");
    };
    second.clock.advance(60_000);
    assert.equal((await second.memory.get(second.question, FRESH_10_S)).value, "first");
  });

  test("is asked once for many who want it at the same time", async () => {
    const { origin, memory, question } = setUp();
    await Promise.all(Array.from({ length: 100 }, () => memory.get(question, FRESH_10_S)));
    assert.equal(origin.asked, 1);
  });

  test("one caller's giving up does not take the answer from the others", async () => {
    const { origin, memory, question } = setUp();
    let answer: (value: string) => void = () => {};
    origin.answer = () => new Promise((resolve) => (answer = resolve));
    const controller = new AbortController();
    const impatient = memory.get(question, FRESH_10_S, controller.signal);
    const patient = memory.get(question, FRESH_10_S);
    await turns();
    controller.abort(new P2pfsError("CANCELLED", "gone"));
    await assert.rejects(impatient, P2pfsError);
    answer("late");
    assert.equal((await patient).value, "late");
  });
});
