/** The lane: how many run, in which order the others follow, and what ends a wait. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LimitError } from "../../../base/errors.ts";
import { Lane } from "../../../daemon/source/lane.ts";

test("a lane lets so many in at once, and the others in the order they came", async () => {
  const lane = new Lane({ runningMax: 2, waitingMax: 10, of: "tests" });
  const entered: number[] = [];
  const turns = [0, 1, 2, 3].map(async (index) => {
    const end = await lane.enter();
    entered.push(index);
    return end;
  });
  const [first, second] = await Promise.all(turns.slice(0, 2));
  assert.deepEqual(entered, [0, 1]);
  first?.();
  first?.();
  (await turns[2])?.();
  (await turns[3])?.();
  assert.deepEqual(entered, [0, 1, 2, 3]);
  assert.equal(lane.idle, false);
  second?.();
  assert.equal(lane.idle, true);
});

test("a lane whose line is full answers TOO_MANY", async () => {
  const lane = new Lane({ runningMax: 1, waitingMax: 1, of: "tests" });
  const end = await lane.enter();
  const waiting = lane.enter();
  await assert.rejects(lane.enter(), (error) => error instanceof LimitError && error.code === "TOO_MANY");
  end();
  (await waiting)();
});

test("who is aborted leaves the line with the reason, and takes nobody's turn", async () => {
  const lane = new Lane({ runningMax: 1, waitingMax: 10, of: "tests" });
  const end = await lane.enter();
  const controller = new AbortController();
  const given = lane.enter(controller.signal);
  const patient = lane.enter();
  const reason = new LimitError("enough");
  controller.abort(reason);
  await assert.rejects(given, reason);
  await assert.rejects(lane.enter(AbortSignal.abort(reason)), reason);
  end();
  (await patient)();
  assert.equal(lane.idle, true);
});
