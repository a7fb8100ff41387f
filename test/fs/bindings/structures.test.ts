import assert from "node:assert/strict";
import { test } from "node:test";
import { statOf } from "../../../fs/attributes.ts";
import {
  entryWords,
  linkWords,
  statvfsWords,
  statWords,
  UNKNOWN_INO,
} from "../../../fs/bindings/fuse-native/structures.ts";

const OWNER = { defaultUid: 10, defaultGid: 20 };
const file = (size: number, modifiedAtMs = 0, ino = 7) =>
  statOf({ kind: "file", size, modifiedAtMs, version: "v" }, ino, OWNER);

/** The 64-bit value at a place, as the addon puts it together. */
const pair = (words: Uint32Array, index: number) => (words[index] ?? 0) + (words[index + 1] ?? 0) * 2 ** 32;

test("sizes, block counts and times beyond 32 bits arrive whole", () => {
  const words = statWords(file(2 ** 52 + 5, 1_700_000_000_123));
  assert.equal(pair(words, 3), 2 ** 52 + 5);
  assert.equal(pair(words, 10), 2 ** 43 + 1);
  for (const index of [12, 14, 16]) assert.equal(pair(words, index), 1_700_000_000_123);
  assert.deepEqual([...words.slice(0, 3)], [0o100444, 10, 20]);
  assert.deepEqual([words[6], words[7], words[9]], [1, 7, 4096]);
});

test("times before 1970 and fractions of a millisecond are cut off", () => {
  assert.equal(pair(statWords(file(1, -1)), 12), 0);
  assert.equal(pair(statWords(file(1, 1234.9)), 12), 1234);
});

test("an inode number beyond 32 bits wraps and never becomes 0", () => {
  assert.equal(statWords(file(1, 0, 2 ** 32 + 9))[7], 9);
  assert.equal(statWords(file(1, 0, 2 ** 32))[7], 1);
});

test("a link has its target's length and no permissions to check", () => {
  const words = linkWords(file(1000), 12);
  assert.equal(words[0], 0o120777);
  assert.equal(pair(words, 3), 12);
});

test("a listed entry has its type, and its number only where it is known", () => {
  assert.deepEqual([entryWords("file")[0], entryWords("file")[7]], [0o100000, UNKNOWN_INO]);
  assert.deepEqual([entryWords("directory", 5)[0], entryWords("directory", 5)[7]], [0o040000, 5]);
});

test("figures of space fit into 32 bits at any size, by a coarser grain", () => {
  for (const totalBytes of [2 ** 30, 2 ** 44, 2 ** 53]) {
    const words = statvfsWords({
      totalBytes,
      freeBytes: totalBytes / 2,
      availableBytes: 4096,
      files: 2 ** 40,
    });
    assert.equal((words[0] ?? 0) * (words[2] ?? 0), totalBytes);
    assert.equal((words[1] ?? 0) * (words[3] ?? 0), totalBytes / 2);
    assert.equal(words[5], 2 ** 32 - 1);
    assert.equal(words[10], 1024);
  }
});
