/** What the soak finds to be more than before, and what it lets pass. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { grown, type Holdings } from "../../scripts/soak/holdings.ts";

const BEFORE: Holdings = {
  descriptors: 60,
  sockets: 12,
  threads: 24,
  inodes: 14,
  handles: 0,
  conversations: 0,
  residentMiB: 150,
};

test("a daemon that holds what it held, or a connection more, has grown in nothing", () => {
  assert.deepEqual(grown(BEFORE, BEFORE), []);
  assert.deepEqual(grown(BEFORE, { ...BEFORE, descriptors: 64, sockets: 16, residentMiB: 170 }), []);
});

test("each thing that is held beyond what was is named", () => {
  assert.deepEqual(grown(BEFORE, { ...BEFORE, handles: 1, conversations: 2 }), ["handles", "conversations"]);
  const after = {
    descriptors: 90,
    sockets: 40,
    threads: 40,
    inodes: 40,
    handles: 3,
    conversations: 1,
    residentMiB: 400,
  };
  assert.deepEqual(grown(BEFORE, after), Object.keys(BEFORE));
});
