/** What calls with piece content may hold at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PIECE_CONTENT_BYTES_MAX, PIECE_CONTENT_SPARE_MAX } from "../../../base/limits.ts";
import { PieceBuffers } from "../../../daemon/server/piece-content.ts";

const never = new AbortController().signal;
/** Held twice: here, and in the frame that is made of it. */
const QUARTER = PIECE_CONTENT_BYTES_MAX / 8;

test("content of pieces is held up to the budget, and the next piece waits until one has left", async () => {
  const buffers = new PieceBuffers();
  const lent = [];
  for (let count = 0; count < 4; count += 1) lent.push(await buffers.admit(QUARTER, never));
  let isIn = false;
  const next = buffers.admit(QUARTER, never).then((leave) => {
    isIn = true;
    return leave;
  });
  await new Promise(setImmediate);
  assert.equal(isIn, false);
  lent[0]?.();
  lent[0]?.();
  (await next)();
  const gone = new AbortController();
  for (const leave of lent) leave();
  const whole = await buffers.admit(4 * QUARTER, never);
  const waiting = buffers.admit(1, gone.signal);
  gone.abort(new Error("the client is gone"));
  await assert.rejects(waiting, /the client is gone/);
  whole();
});

test("a piece larger than the budget is let through by itself", async () => {
  const buffers = new PieceBuffers();
  const leave = await buffers.admit(2 * PIECE_CONTENT_BYTES_MAX, never);
  leave();
});

test("buffers are used again, and few are kept", () => {
  const buffers = new PieceBuffers();
  const lent = Array.from({ length: PIECE_CONTENT_SPARE_MAX + 1 }, () => buffers.take(4096));
  for (const buffer of lent) buffers.give(buffer);
  const again = Array.from(lent, () => buffers.take(1000));
  const known = new Set(lent.map(({ buffer }) => buffer));
  assert.equal(again.filter(({ buffer }) => known.has(buffer)).length, PIECE_CONTENT_SPARE_MAX);
});
