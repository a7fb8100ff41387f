/** Records as one text each: nothing is lost in it, and damage is noticed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskEntry } from "../../../daemon/storage/task-entry.ts";
import type { TaskRecord } from "../../../daemon/task/task-record.ts";
import { seededRandom } from "../../base/seeded-random.ts";
import { recordOf } from "../../suites/storage-fixtures.ts";

const STATE = { nonce: 0xfedcba98, usedBytes: 12_345, dirtyBootId: "boot-1" };
const same = (bootId: string) => bootId;

/** A record in which no field has the value that is left out. */
const FULL: TaskRecord = {
  id: "task-a",
  kind: "persistent-cache",
  url: "http://origin.test/größe/✓?x=\u0000\u2028𝄞",
  tag: "tag",
  application: "application",
  contentLength: 2 ** 41 + 1,
  pieceLength: 64 * 1024 * 1024,
  ranges: false,
  etag: 'W/"x"',
  lastModified: "Thu, 01 Jan 1970 00:00:00 GMT",
  responseHeaders: { "content-type": "text/plain; charset=ü" },
  anchors: ["sha256:abc"],
  verified: "anchored",
  createdAtMs: 1.5,
  updatedAtMs: 2,
  prefetchedAtMs: 3,
  failedAtMs: 4,
  finishedAtMs: 5,
  bytesFromSource: 6,
  bytesFromPeers: 7,
  uploadedCount: 8,
};

test("a record comes back from its text as it was, with all its fields or with the fewest", () => {
  for (const record of [FULL, recordOf("task-a"), recordOf("task-b", { contentLength: 0, url: "" })]) {
    const entry = TaskEntry.decode(record.id, TaskEntry.of(record, STATE).encode(), same);
    assert.deepEqual(entry?.record, record);
    const { nonce, usedBytes, dirtyBootId, updatedAtMs, kind } = entry;
    assert.deepEqual({ nonce, usedBytes, dirtyBootId }, STATE);
    assert.deepEqual({ updatedAtMs, kind }, { updatedAtMs: record.updatedAtMs, kind: record.kind });
  }
});

test("a durable task's text names no boot", () => {
  const text = TaskEntry.of(recordOf("task-a"), { ...STATE, dirtyBootId: undefined }).encode();
  assert.equal(TaskEntry.decode("task-a", text, same)?.dirtyBootId, undefined);
});

test("the text has one byte per character, whatever the record holds", () => {
  const text = TaskEntry.of(FULL, STATE).encode();
  assert.match(text, /^[\x20-\x7e]*$/);
});

test("a record that is let go after its text was made can be had again, changes included", () => {
  const entry = TaskEntry.of(recordOf("task-a"), STATE);
  entry.live = { ...recordOf("task-a"), uploadedCount: 5 };
  entry.encode();
  entry.live = undefined;
  assert.equal(entry.record.uploadedCount, 5);
});

test("a text that was altered anywhere is no record", () => {
  const random = seededRandom("task-entry");
  const text = TaskEntry.of(FULL, STATE).encode();
  for (let round = 0; round < 300; round++) {
    const bytes = Buffer.from(text, "latin1");
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(7));
    const altered = random.below(4) === 0 ? text.slice(0, at) : bytes.toString("latin1");
    // Digits of the checksum may change their case.
    if (altered.toLowerCase() === text.toLowerCase()) continue;
    assert.equal(TaskEntry.decode("task-a", altered, same), undefined, altered);
  }
  assert.equal(TaskEntry.decode("task-a", "", same), undefined);
  assert.equal(TaskEntry.decode("../a", text, same), undefined, "nor is one whose id cannot be");
});
