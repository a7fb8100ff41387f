/** Object URLs and keys: there and back for every key a URL can name, and read as the task id's URL is read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidInputError } from "../../../../base/errors.ts";
import {
  encodeKeyPath,
  hasUrl,
  isPosixPath,
  objectUrl,
  parseObjectUrl,
} from "../../../../daemon/source/object-store/object-url.ts";
import { normalizedUrl } from "../../../../daemon/task/task-url.ts";

/** Keys that a store accepts, and the URL each has. */
const KEYS: readonly (readonly [key: string, url: string])[] = [
  ["model.bin", "oss://bucket/model.bin"],
  ["dir/model.bin", "oss://bucket/dir/model.bin"],
  ["with space", "oss://bucket/with%20space"],
  ["100%", "oss://bucket/100%25"],
  ["a%41", "oss://bucket/a%2541"],
  ["what?", "oss://bucket/what%3F"],
  ["a#b", "oss://bucket/a%23b"],
  ["a+b&c=d;e:f@g,h", "oss://bucket/a+b&c=d;e:f@g,h"],
  ["'(quoted)*!'", "oss://bucket/'(quoted)*!'"],
  ["a\\b|c^d[e]", "oss://bucket/a\\b|c^d[e]"],
  ['<{"`"}>', "oss://bucket/%3C%7B%22%60%22%7D%3E"],
  ["模型/权重.bin", "oss://bucket/%E6%A8%A1%E5%9E%8B/%E6%9D%83%E9%87%8D.bin"],
  ["a😀b", "oss://bucket/a%F0%9F%98%80b"],
  ["/leading", "oss://bucket//leading"],
  ["//two", "oss://bucket///two"],
  ["trailing/", "oss://bucket/trailing/"],
  ["a//b", "oss://bucket/a//b"],
  ["tab\tnew\nline\u0000", "oss://bucket/tab%09new%0Aline%00"],
  ["\u007f", "oss://bucket/%7F"],
  [" ", "oss://bucket/%20"],
  ["...", "oss://bucket/..."],
  ["", "oss://bucket/"],
];

for (const [key, url] of KEYS)
  test(`the key ${JSON.stringify(key)} and its URL give each other, and the task id's URL is the same`, () => {
    assert.equal(objectUrl("oss", { bucket: "bucket", key }), url);
    assert.deepEqual(parseObjectUrl(url, "oss"), { bucket: "bucket", key });
    assert.equal(normalizedUrl(url), key === "" ? "oss://bucket" : url);
  });

test("any key made of any characters survives the way into a URL and back", () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  console.log(`SEED=${seed}`);
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
  const alphabet = [..."abZ09-._~!*'();:@&=+$,/?%#[]{}|\\^`\"<> \t\n\u0001\u007fäß中文😀𝔘"];
  for (let round = 0; round < 5000; round++) {
    const key = Array.from({ length: 1 + random(12) }, () => alphabet[random(alphabet.length)]).join("");
    if (!hasUrl(key)) continue;
    const url = objectUrl("s3", { bucket: "b", key });
    assert.deepEqual(parseObjectUrl(url, "s3"), { bucket: "b", key }, `SEED=${seed}`);
    assert.equal(new URL(url).href, url, `SEED=${seed}`);
  }
});

test("a URL as people type it is read as Dragonfly reads it", () => {
  const keyOf = (url: string) => parseObjectUrl(url, "s3").key;
  assert.equal(keyOf("s3://bucket/with space"), "with space");
  assert.equal(keyOf("s3://bucket/模型"), "模型");
  assert.equal(keyOf("s3://bucket/100%"), "100%");
  assert.equal(keyOf("s3://bucket/50%off%zz"), "50%off%zz");
  assert.equal(keyOf("s3://bucket/key?versionId=1#part"), "key");
  assert.equal(keyOf("s3://bucket/a/../b/./c"), "b/c");
  assert.equal(keyOf("s3://bucket/a/%2e%2E/b"), "b");
  assert.equal(keyOf("S3://bucket/K"), "K");
});

test("the store, the bucket and the key are told apart", () => {
  assert.deepEqual(parseObjectUrl("oss://", "oss"), { bucket: "", key: "" });
  assert.deepEqual(parseObjectUrl("oss://bucket", "oss"), { bucket: "bucket", key: "" });
  assert.deepEqual(parseObjectUrl("oss://bucket/", "oss"), { bucket: "bucket", key: "" });
  assert.deepEqual(parseObjectUrl("oss://My_Old.Bucket/k", "oss"), { bucket: "My_Old.Bucket", key: "k" });
  assert.equal(objectUrl("oss", { bucket: "", key: "" }), "oss://");
});

test("what is no object URL is refused, and never repeated in the message", () => {
  for (const url of [
    "oss:bucket/key",
    "s3://bucket/key",
    "not a url secret",
    "oss://bucket:80/key",
    "oss://user:secret@bucket/key",
    "oss:///key",
    "oss://-bucket/key",
    "oss://bu%20cket/key",
    "oss://bucket/%ff",
    `oss://bucket/${"k".repeat(1025)}`,
  ])
    assert.throws(
      () => parseObjectUrl(url, "oss"),
      (error: unknown) => error instanceof InvalidInputError && !error.message.includes("secret"),
      url.slice(0, 40),
    );
  assert.equal(parseObjectUrl(`oss://bucket/${"k".repeat(1024)}`, "oss").key.length, 1024);
});

test("a key with a component . or .. has no URL, and one with an empty component no path", () => {
  for (const key of [".", "..", "a/./b", "a/..", "../a"]) {
    assert.equal(hasUrl(key), false);
    assert.equal(isPosixPath(key), false);
    assert.throws(() => objectUrl("oss", { bucket: "b", key }), InvalidInputError);
  }
  for (const key of ["a//b", "/a", "a/", "", "a\0b"]) assert.equal(isPosixPath(key), false);
  for (const key of ["a", "a/b", "...", "a b/😀"]) assert.equal(isPosixPath(key), true);
});

test("a key in a request's path has all but unreserved characters and slashes encoded", () => {
  assert.equal(encodeKeyPath("a/b c+d!'()*~"), "a/b%20c%2Bd%21%27%28%29%2A~");
  assert.equal(encodeKeyPath("/x//y/"), "/x//y/");
});
