/** What is done about a fetch that failed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ChangedError, NotFoundError, P2pfsError, UnavailableError } from "../../../base/errors.ts";
import { remedyFor, remedyWithoutRoom } from "../../../daemon/engine/remedy.ts";

const fetch = { ranges: true, granted: true, attempts: 0, retries: 1 };
const noSpace = new P2pfsError("NO_SPACE", "the disk is full");

test("a fetch that failed for a moment is tried again, as often as is configured", () => {
  const error = new UnavailableError("the origin hung up");
  assert.equal(remedyFor(error, fetch), "rest");
  assert.equal(remedyFor(error, { ...fetch, attempts: 1 }), "give-up");
  assert.equal(remedyFor(error, { ...fetch, retries: 0 }), "give-up");
});

test("what would fail again is not tried again", () => {
  assert.equal(remedyFor(new NotFoundError("gone"), fetch), "give-up");
  assert.equal(remedyFor(new ChangedError("other bytes"), fetch), "changed");
});

test("an origin that ignores ranges is asked for the whole, once", () => {
  const error = new P2pfsError("NOT_SUPPORTED", "no ranges here");
  assert.equal(remedyFor(error, fetch), "without-ranges");
  assert.equal(remedyFor(error, { ...fetch, ranges: false }), "give-up");
});

test("a full disk is told apart from a fetch that was never given room, and room is made for it once", () => {
  assert.equal(remedyFor(noSpace, { ...fetch, granted: false }), "no-room");
  assert.equal(remedyFor(noSpace, fetch), "make-room");
  assert.notEqual(remedyFor(noSpace, { ...fetch, attempts: 1 }), "make-room");
  assert.equal(remedyWithoutRoom(noSpace, { ...fetch, retries: 0 }), "give-up");
});
