/** Goal: URLs enter ids as upstream's do: parsed and written by the WHATWG URL Standard, then trimmed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { blobSha256, DEFAULT_FILTERED_QUERY_PARAMS, normalizedUrl } from "../../../daemon/task/task-url.ts";
import { seededRandom } from "../../base/seeded-random.ts";

const NORMALIZED: readonly [title: string, url: string, expected: string][] = [
  ["the slash of an empty path goes", "https://example.com/", "https://example.com"],
  ["a URL without a path gets none", "https://example.com", "https://example.com"],
  ["the slash of a longer path stays", "https://example.com/a/", "https://example.com/a/"],
  ["further slashes make a path and stay", "https://example.com//", "https://example.com//"],
  ["a slash before a query stays", "https://example.com/?a=1", "https://example.com/?a=1"],
  [
    "a query's own slash is escaped and not trimmed",
    "https://example.com/?a=/",
    "https://example.com/?a=%2F",
  ],
  ["a fragment stays", "https://example.com/a#part", "https://example.com/a#part"],
  [
    "a fragment after an empty path keeps its slash before it",
    "https://example.com/#x",
    "https://example.com/#x",
  ],
  [
    "slashes that end a fragment after an empty path go",
    "https://example.com/#x//",
    "https://example.com/#x",
  ],
  ["a fragment's slash after a longer path stays", "https://example.com/a#/", "https://example.com/a#/"],
  ["an empty query goes", "https://example.com/a?", "https://example.com/a"],
  ["a query of separators alone goes", "https://example.com/a?&&", "https://example.com/a"],
  ["a name without = gets one", "https://example.com/a?x", "https://example.com/a?x="],
  ["a space becomes +", "https://example.com/a?x=1%202&y=a b", "https://example.com/a?x=1+2&y=a+b"],
  ["escapes are written anew", "https://example.com/a?x=%7e%2a%2F'", "https://example.com/a?x=%7E*%2F%27"],
  ["a broken escape is taken as written", "https://example.com/a?x=%zz", "https://example.com/a?x=%25zz"],
  [
    "bytes that are no UTF-8 are replaced",
    "https://example.com/a?x=%ff",
    "https://example.com/a?x=%EF%BF%BD",
  ],
  [
    "letters beyond ASCII are escaped",
    "https://example.com/ä?ö=ü",
    "https://example.com/%C3%A4?%C3%B6=%C3%BC",
  ],
  ["the order of parameters stays", "https://example.com/a?b=2&a=1&b=1", "https://example.com/a?b=2&a=1&b=1"],
  ["a second ? belongs to the name", "https://example.com/a??x=1", "https://example.com/a?%3Fx=1"],
  ["host and scheme become lower case", "HTTPS://EXAMPLE.com/A", "https://example.com/A"],
  ["a default port goes", "https://example.com:443/a", "https://example.com/a"],
  ["another port stays", "http://example.com:443/", "http://example.com:443"],
  ["dots in the path are resolved", "https://example.com/a/./b/../c", "https://example.com/a/c"],
  ["escapes of the path stay as they are", "https://example.com/a%2fb%20c", "https://example.com/a%2fb%20c"],
  ["an object store's bucket keeps its case", "oss://Bucket/key", "oss://Bucket/key"],
  ["a bucket alone loses its slash", "s3://bucket/", "s3://bucket"],
  ["a key's query is a query", "oss://bucket/key?versionId=a b", "oss://bucket/key?versionId=a+b"],
];

for (const [title, url, expected] of NORMALIZED)
  test(`in ids, ${title}`, () => assert.equal(normalizedUrl(url, []), expected));

test("filtered parameters go by their decoded name, wherever and however often they stand", () => {
  const url = "https://example.com/a?%66oo=1&x=1&foo=2&y=2&foo";
  assert.equal(normalizedUrl(url, ["foo"]), "https://example.com/a?x=1&y=2");
});

test("names of filtered parameters are compared with their case, and whole", () => {
  assert.equal(
    normalizedUrl("https://example.com/a?Foo=1&fo=2&foob=3", ["foo"]),
    "https://example.com/a?Foo=1&fo=2&foob=3",
  );
});

test("when all parameters are filtered the ? goes with them", () => {
  assert.equal(normalizedUrl("https://example.com/?ns=docker.io#f"), "https://example.com/#f");
  assert.equal(normalizedUrl("https://example.com/?ns=docker.io"), "https://example.com");
});

test("by default exactly the parameters that sign a URL or let it expire are filtered", () => {
  const s3 = "Algorithm Credential Date Expires SignedHeaders Signature Security-Token User-Agent";
  const gcs = "Algorithm Credential Date Expires SignedHeaders Signature";
  const cos = "sign-algorithm ak sign-time key-time header-list url-param-list signature";
  const names = [
    ...s3.split(" ").map((name) => `X-Amz-${name}`),
    ...gcs.split(" ").map((name) => `X-Goog-${name}`),
    ...["OSSAccessKeyId", "Expires", "Signature", "SecurityToken"],
    ...["AccessKeyId", "X-Obs-Date", "X-Obs-Security-Token"],
    ...cos.split(" ").map((name) => `q-${name}`),
    ...["x-cos-security-token", "ns"],
  ];
  assert.deepEqual([...DEFAULT_FILTERED_QUERY_PARAMS].sort(), names.sort());
  const query = names.map((name) => `${name}=secret`).join("&");
  assert.equal(
    normalizedUrl(`https://example.com/k?${query}&versionId=1`),
    "https://example.com/k?versionId=1",
  );
});

test("normalising twice changes nothing more, whatever the query", () => {
  const random = seededRandom("task-url");
  const pieces = [
    "a",
    "=",
    "&",
    "%",
    "%41",
    "%2B",
    "+",
    " ",
    "/",
    "?",
    "é",
    "'",
    '"',
    "|",
    "~",
    "*",
    "[",
    "\\",
  ] as const;
  for (let round = 0; round < 2000; round++) {
    const query = Array.from({ length: random.below(12) }, () => random.pick(pieces)).join("");
    const path = random.pick(["", "/", "/a", "/a/"]);
    const once = normalizedUrl(`https://example.com${path}?${query}`, []);
    assert.equal(normalizedUrl(once, []), once);
  }
});

const HEX = "b2c366cce7e68013d5441c6326d5a3e1b12aeb5ed58564d0fd3fa089bc29cb6e";

test("the digest of an OCI blob's URL is found where upstream finds it", () => {
  for (const url of [
    `http://registry.example.com/v2/library/ubuntu/blobs/sha256:${HEX}`,
    `https://registry.io/v2/org/team/project/blobs/sha256:${HEX}`,
    `http://localhost:5000/v2/myrepo/blobs/sha256:${HEX}`,
    `https://index.docker.io/v2/library/alpine/blobs/sha256:${HEX}?ns=docker.io`,
    `http://h/v2/a/blobs/b/blobs/sha256:${HEX}?x=/blobs/?y`,
    `http://h/v2/a?redirect=/blobs/sha256:${HEX}`,
  ])
    assert.equal(blobSha256(url), HEX, url);
});

test("a URL that is no OCI blob's, or whose digest makes no task id, has no blob digest", () => {
  for (const url of [
    "",
    "not-a-url",
    `http://registry.example.com/blobs/sha256:${HEX}`,
    `http://registry.example.com/v2/repo/manifests/sha256:${HEX}`,
    `registry.example.com/v2/repo/blobs/sha256:${HEX}`,
    `http://registry.example.com/v2/blobs/sha256:${HEX}`,
    `/v2/repo/blobs/sha256:${HEX}?http://`,
    "http://registry.example.com/v2/repo/blobs/",
    "http://registry.example.com/v2/repo/blobs/?ns=x",
    "http://registry.example.com/v2/repo/blobs/invalid-digest",
    `http://registry.example.com/v2/repo/blobs/sha256:${HEX.toUpperCase()}`,
    `http://registry.example.com/v2/repo/blobs/sha256:${HEX}#f`,
    `http://registry.example.com/v2/repo/blobs/sha512:${HEX}${HEX}`,
    `http://h/v2/a/blobs/sha256:${HEX}?x=/blobs/y`,
  ])
    assert.equal(blobSha256(url), undefined, url);
});

test("where upstream's expression matches a digest, ours finds the same, and nowhere else", () => {
  const random = seededRandom("task-url");
  const upstream = /^(.*):\/\/(.*)\/v2\/(.*)\/blobs\/([^?]+)(?:\?.*)?$/;
  const parts = ["://", "/v2/", "/v2", "/blobs/", "/blobs", "/", "?", "a", `sha256:${HEX}`] as const;
  let found = 0;
  for (let round = 0; round < 20_000; round++) {
    const middle = Array.from({ length: random.below(8) }, () => random.pick(parts)).join("");
    const url = random.pick(["", "http://h/v2/a/blobs"]) + middle;
    const expected = new RegExp(`^sha256:(${HEX})$`).exec(upstream.exec(url)?.[4] ?? "")?.[1];
    if (expected !== undefined) found++;
    assert.equal(blobSha256(url), expected, url);
  }
  assert.ok(found > 20, "some of the random URLs were blobs'");
});
