/** Goal: our ids are Dragonfly's. Method: the vectors of its own tests (dragonflyoss/client, id_generator), then edges. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { InvalidInputError } from "../../../base/errors.ts";
import {
  hostId,
  isTaskId,
  parseTaskId,
  peerId,
  persistentCacheTaskId,
  persistentCacheTaskIdFromBytes,
  persistentCacheTaskIdFromHash,
  persistentTaskId,
  pieceId,
  type StandardTask,
  standardTaskId,
  versionedContent,
} from "../../../daemon/task/ids.ts";

const url = "https://example.com";
const FILE = "This is a test file";
const FILE_SHA256 = "e2d0fe1585a63ec6009c8016ff8dda8b17719a637405a4e23c0ff81339148249";

const STANDARD_VECTORS: readonly [StandardTask, string][] = [
  [
    { url, pieceLength: 1024, tag: "foo", application: "bar", revision: "v1.0" },
    "5844f27a257287e9b734256bb25603d8005422ced8c0377f15063ec11963b25f",
  ],
  [
    { url, tag: "foo", application: "bar" },
    "06408fbf247ddaca478f8cb9565fe5591c28efd0994b8fea80a6a87d3203c5ca",
  ],
  [{ url, tag: "foo" }, "3c3f230ef9f191dd2821510346a7bc138e4894bee9aee184ba250a3040701d2a"],
  [{ url, application: "bar" }, "c9f9261b7305c24371244f9f149f5d4589ed601348fdf22d7f6f4b10658fdba2"],
  [{ url, pieceLength: 1024 }, "9f7c9aafbc6f30f8f41a96ca77eeae80c5b60964b3034b0ee43ccf7b2f9e52b8"],
  [
    { url: "https://example.com?foo=foo&bar=bar", filteredQueryParams: ["foo", "bar"] },
    "457b4328cde278e422c9e243f7bfd1e97f511fec43a80f535cf6b0ef6b086776",
  ],
  [{ url, revision: "v1.0" }, "b171331534b80e0bf91da38ebbfcdbf4d177898f4b9beac44f14733e3f004d4e"],
  [{ url, contentForCalculatingTaskId: FILE }, FILE_SHA256],
];

for (const [task, id] of STANDARD_VECTORS)
  test(`the standard id of ${JSON.stringify(task)} is Dragonfly's`, () => {
    assert.equal(standardTaskId({ filteredQueryParams: [], ...task }), id);
  });

test("an empty tag or application makes the same id as none", () => {
  assert.equal(standardTaskId({ url, tag: "", application: "" }), standardTaskId({ url }));
});

test("a content given for the id replaces everything else, also when it is empty", () => {
  const emptySha256 = createHash("sha256").digest("hex");
  assert.equal(standardTaskId({ url: "", tag: "t", contentForCalculatingTaskId: "" }), emptySha256);
});

test("two signatures of one object make one id by default, and two when no parameter is filtered", () => {
  const first = "https://b.oss.example/k?Expires=1&OSSAccessKeyId=A&Signature=x%2By&versionId=7";
  const second = "https://b.oss.example/k?versionId=7&Expires=2&OSSAccessKeyId=B&Signature=z";
  assert.equal(standardTaskId({ url: first }), standardTaskId({ url: second }));
  assert.notEqual(
    standardTaskId({ url: first, filteredQueryParams: [] }),
    standardTaskId({ url: second, filteredQueryParams: [] }),
  );
});

test("the digest in an OCI blob's URL is the id if and only if that is asked for", () => {
  const blob = `https://registry.example/v2/library/ubuntu/blobs/sha256:${FILE_SHA256}?ns=docker.io`;
  assert.equal(standardTaskId({ url: blob, enableTaskIdBasedBlobDigest: true }), FILE_SHA256);
  assert.notEqual(standardTaskId({ url: blob }), FILE_SHA256);
  const content = { contentForCalculatingTaskId: "other" };
  assert.notEqual(standardTaskId({ url: blob, enableTaskIdBasedBlobDigest: true, ...content }), FILE_SHA256);
});

test("a URL that is no blob's keeps its ordinary id when blob digests are asked for", () => {
  assert.equal(standardTaskId({ url, enableTaskIdBasedBlobDigest: true }), standardTaskId({ url }));
});

test("the persistent id is Dragonfly's, and needs url, region and endpoint", () => {
  const task = { url: "my-object-key", region: "us-west-1", endpoint: "https://s3.us-west-1.amazonaws.com" };
  assert.equal(persistentTaskId(task), "b51f4f44921bb585277a5cbac13e7f6e2858238e98546f3ee6bfeb56369979c0");
  for (const field of ["url", "region", "endpoint"])
    assert.throws(() => persistentTaskId({ ...task, [field]: "" }), InvalidInputError, field);
});

test("the persistent cache id of a content is Dragonfly's", () => {
  assert.equal(persistentCacheTaskId(FILE), FILE_SHA256);
});

const CACHE_VECTORS = [
  [
    { pieceLength: 1024, tag: "tag1", application: "app1" },
    "7160a071a9acea5ac341e770c14d0211c38a4b15b3bbe2c5f848a706fd47419e",
  ],
  [{ application: "app1" }, "0d0f8536f51227fda07141308f5ae8149b561b51b61c6517125f25dfa27acf5b"],
  [{ tag: "tag1" }, "a98b76813681e30cf83733fe055792b86393bba6f18e3d89fd8c18253922d992"],
  [{ pieceLength: 1024 }, "e894374a39e39cfa78c409cac02f2cdbb5605a24f5ff55c7bc2b624877556c03"],
] as const;

for (const [task, id] of CACHE_VECTORS)
  test(`the persistent cache id of a file with ${JSON.stringify(task)} is Dragonfly's`, async () => {
    async function* chunks() {
      yield Buffer.from(FILE.slice(0, 7));
      yield Buffer.from(FILE.slice(7));
    }
    assert.equal(await persistentCacheTaskIdFromBytes(chunks(), task), id);
  });

test("a hash that made an id can be used again", () => {
  const hash = createHash("sha256").update(FILE);
  const [withTag, withApplication] = [CACHE_VECTORS[2], CACHE_VECTORS[1]];
  assert.equal(persistentCacheTaskIdFromHash(hash, withTag[0]), withTag[1]);
  assert.equal(persistentCacheTaskIdFromHash(hash, withApplication[0]), withApplication[1]);
  assert.equal(hash.digest("hex"), FILE_SHA256);
});

test("the same URL makes different ids as different kinds of task", () => {
  assert.notEqual(persistentTaskId({ url, region: "r", endpoint: "e" }), standardTaskId({ url: `${url}re` }));
});

test("hosts, peers and pieces are named as Dragonfly names them", () => {
  const normal = { ip: "127.0.0.1", hostname: "localhost", isSeedPeer: false };
  const seed = { ...normal, isSeedPeer: true };
  const uuid = "9b2d6a2e-0f0a-4a57-8d0c-2f6f6f1c9a11";
  assert.equal(hostId(normal), "127.0.0.1-localhost");
  assert.equal(hostId(seed), "127.0.0.1-localhost-seed");
  assert.equal(peerId(normal, uuid), `127.0.0.1-localhost-${uuid}`);
  assert.equal(peerId(seed, uuid), `127.0.0.1-localhost-${uuid}-seed`);
  assert.equal(pieceId(parseTaskId(FILE_SHA256), 12), `${FILE_SHA256}-12`);
});

test("only 64 lower-case hex digits are a task id", () => {
  assert.equal(parseTaskId(FILE_SHA256), FILE_SHA256);
  const wrong = [
    "",
    FILE_SHA256.slice(1),
    `${FILE_SHA256}0`,
    FILE_SHA256.toUpperCase(),
    `${FILE_SHA256}\n`,
    ` ${FILE_SHA256.slice(1)}`,
    FILE_SHA256.replace("e", "g"),
    `../${FILE_SHA256.slice(3)}`,
    "a".repeat(128),
  ];
  for (const text of wrong) {
    assert.ok(!isTaskId(text), text);
    assert.throws(() => parseTaskId(text), InvalidInputError, text);
  }
});

test("an id cannot be made of something that is no URL, and the error does not show it", () => {
  for (const wrong of ["", "example.com/token", "/token", "http://", "http://[token]/", "http://h:token/"])
    assert.throws(
      () => standardTaskId({ url: wrong }),
      (error) =>
        error instanceof InvalidInputError &&
        !/token/.test(JSON.stringify([error, error.message, error.cause])),
      wrong,
    );
});

test("a version's content is the normalised URL, an @, and the strong ETag", () => {
  const task = { url: "https://example.com/a b?Signature=s&x=1" };
  assert.equal(
    versionedContent(task, { etag: '"v2"', lastModified: "Tue, 01 Jul 2025 00:00:00 GMT", length: 5 }),
    'https://example.com/a%20b?x=1@"v2"',
  );
});

test("without a strong ETag a version is named by Last-Modified and length, and by nothing less", () => {
  const lastModified = "Tue, 01 Jul 2025 00:00:00 GMT";
  assert.equal(
    versionedContent({ url }, { etag: 'W/"v2"', lastModified, length: 5 }),
    `https://example.com@${lastModified}@5`,
  );
  assert.equal(versionedContent({ url }, { etag: 'W/"v2"' }), undefined);
  assert.equal(versionedContent({ url }, { lastModified }), undefined);
  assert.equal(versionedContent({ url }, { length: 5 }), undefined);
});

test("two versions, two piece lengths, two tags and two given contents have ids of their own", () => {
  const contents = [
    versionedContent({ url }, { etag: '"1"' }),
    versionedContent({ url }, { etag: '"2"' }),
    versionedContent({ url, pieceLength: 8 * 1024 * 1024 }, { etag: '"1"' }),
    versionedContent({ url, tag: "t" }, { etag: '"1"' }),
    versionedContent({ url, contentForCalculatingTaskId: "mine" }, { etag: '"1"' }),
  ];
  const ids = contents.map((content) => standardTaskId({ url, contentForCalculatingTaskId: content }));
  assert.equal(new Set([...ids, standardTaskId({ url })]).size, 6);
});
