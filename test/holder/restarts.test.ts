/** When a dead daemon is started again. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RESTART_DEATHS_MAX, RESTART_LIFE_MS } from "../../base/limits.ts";
import { Restarts } from "../../holder/restarts.ts";

const FAILED = { served: false, livedMs: 10 };

describe("a daemon that dies", () => {
  test("is started again at once, then after 0.1 s, doubling to 2 s, and no more after ten deaths", () => {
    const restarts = new Restarts();
    const waits = Array.from({ length: RESTART_DEATHS_MAX }, () => restarts.after(FAILED));
    assert.deepEqual(waits, [0, 100, 200, 400, 800, 1600, 2000, 2000, 2000, undefined]);
    assert.equal(restarts.deaths, RESTART_DEATHS_MAX);
  });

  test("begins the count anew when it had served somebody, or had lived for long", () => {
    for (const life of [
      { served: true, livedMs: 10 },
      { served: false, livedMs: RESTART_LIFE_MS },
    ]) {
      const restarts = new Restarts();
      for (let death = 1; death < RESTART_DEATHS_MAX; death++) restarts.after(FAILED);
      assert.equal(restarts.after(life), 0);
      assert.equal(restarts.after(FAILED), 100);
    }
  });
});
