/** What the soak finds to be more than before, what it lets pass, and how it tells. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { grown, type Holdings, KEYS, table } from "../../scripts/soak/holdings.ts";

const BEFORE: Holdings = {
  descriptors: 60,
  sockets: 12,
  threads: 24,
  announceStreams: 0,
  callsMade: 2,
  callsServed: 2,
  conversations: 0,
  inodes: 14,
  handles: 0,
  openTasks: 0,
  anonymousMiB: 90,
  heapMiB: 45,
  objectsMiB: 40,
  mappedMiB: 48,
};

test("a daemon that holds what it held, or a connection more, has grown in nothing", () => {
  assert.deepEqual(grown(BEFORE, BEFORE), []);
  assert.deepEqual(grown(BEFORE, { ...BEFORE, descriptors: 64, sockets: 16, anonymousMiB: 95 }), []);
});

test("each thing that is held beyond what was is named", () => {
  assert.deepEqual(grown(BEFORE, { ...BEFORE, handles: 1, conversations: 2 }), ["conversations", "handles"]);
  const more = Object.fromEntries(KEYS.map((key) => [key, BEFORE[key] * 2 + 20]));
  assert.deepEqual(grown(BEFORE, more as unknown as Holdings), KEYS);
});

test("the table has a line for each thing, with what was, what is and what is allowed of each host", () => {
  const lines = table(["one", "two"], [BEFORE, BEFORE], [BEFORE, { ...BEFORE, threads: 30 }]).split("\n");
  assert.deepEqual(lines[0]?.trim().split(/\s+/), ["one", "two"]);
  assert.equal(lines.length, KEYS.length + 1);
  assert.ok(lines.some((line) => /^threads +24 → 24 ≤ 25 +24 → 30 ≤ 25$/.test(line)));
});
