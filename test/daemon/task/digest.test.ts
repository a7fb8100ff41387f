/** Goal: digests are read in every spelling that our neighbours write, and made right. Method: published vectors. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidInputError } from "../../../base/errors.ts";
import {
  createHasher,
  type DigestAlgorithm,
  digestsEqual,
  formatDigest,
  formatPieceDigest,
  parseDigest,
  parsePieceDigest,
} from "../../../daemon/task/digest.ts";

/** The input of BLAKE3's published test vectors: 0, 1, … 250, 0, 1, … */
const blake3Input = (bytes: number) => Buffer.from(Array.from({ length: bytes }, (_, at) => at % 251));

const VECTORS: readonly [source: string, DigestAlgorithm, input: Buffer, hex: string][] = [
  ["RFC 1321", "md5", Buffer.from(""), "d41d8cd98f00b204e9800998ecf8427e"],
  ["RFC 1321", "md5", Buffer.from("message digest"), "f96b697d7cb7938d525a2f31aaf161d0"],
  ["FIPS 180", "sha1", Buffer.from("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d"],
  [
    "FIPS 180",
    "sha256",
    Buffer.from("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  ],
  [
    "FIPS 180",
    "sha512",
    Buffer.from("abc"),
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
  ["the CRC catalogue", "crc32", Buffer.from("123456789"), "cbf43926"],
  ["the CRC catalogue", "crc32", Buffer.from(""), "00000000"],
  ["BLAKE3", "blake3", blake3Input(0), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"],
  ["BLAKE3", "blake3", blake3Input(1), "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"],
  ["BLAKE3", "blake3", blake3Input(1025), "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"],
  [
    "BLAKE3",
    "blake3",
    blake3Input(102400),
    "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085",
  ],
];

for (const [source, algorithm, input, hex] of VECTORS)
  test(`${algorithm} of ${input.length} bytes is ${source}'s, in one chunk and in many`, async () => {
    const whole = await createHasher(algorithm);
    whole.update(input);
    assert.equal(whole.digest(), hex);

    const pieces = await createHasher(algorithm);
    const chunk = Buffer.alloc(1000);
    for (let at = 0; at < input.length; at += chunk.length) {
      const copied = input.copy(chunk, 0, at, at + chunk.length);
      pieces.update(chunk.subarray(0, copied));
    }
    chunk.fill(0xff);
    assert.equal(pieces.digest(), hex);
  });

test("hashers of one algorithm do not disturb one another", async () => {
  for (const algorithm of ["blake3", "crc32", "sha256"] as const) {
    const [first, second, expected] = await Promise.all([1, 2, 3].map(() => createHasher(algorithm)));
    assert.ok(first && second && expected);
    first.update(Buffer.from("ab"));
    second.update(Buffer.from("xy"));
    first.update(Buffer.from("c"));
    expected.update(Buffer.from("abc"));
    assert.equal(first.digest(), expected.digest());
  }
});

test("a hasher gives its digest once and takes nothing after it", async () => {
  for (const algorithm of ["md5", "crc32", "blake3"] as const) {
    const hasher = await createHasher(algorithm);
    hasher.digest();
    assert.throws(() => hasher.digest(), /once/);
    assert.throws(() => hasher.update(Buffer.from("a")), /after its digest/);
  }
});

test("every algorithm's digest is read back as it was written", () => {
  for (const [, algorithm, , hex] of VECTORS)
    assert.equal(formatDigest(parseDigest(`${algorithm}:${hex}`)), `${algorithm}:${hex}`);
});

test("upper case means the same", () => {
  assert.deepEqual(parseDigest("CRC32:CBF43926"), { algorithm: "crc32", hex: "cbf43926" });
});

test("a CRC-32 is read in hex and in Dragonfly's decimal, and both are equal", () => {
  const hex = parseDigest("crc32:cbf43926");
  assert.ok(digestsEqual(hex, parseDigest("crc32:3421780262")));
  assert.deepEqual(parseDigest("crc32:0"), { algorithm: "crc32", hex: "00000000" });
  assert.deepEqual(parseDigest("crc32:4294967295"), { algorithm: "crc32", hex: "ffffffff" });
  assert.deepEqual(parseDigest("crc32:123456789"), { algorithm: "crc32", hex: "075bcd15" });
});

test("eight decimal digits of a CRC-32 are hex", () => {
  assert.deepEqual(parseDigest("crc32:12345678"), { algorithm: "crc32", hex: "12345678" });
});

test("digests of two algorithms are never equal", () => {
  const hex = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
  assert.ok(!digestsEqual(parseDigest(`sha256:${hex}`), parseDigest(`blake3:${hex}`)));
  assert.ok(!digestsEqual(parseDigest(`sha256:${hex}`), parseDigest(`sha256:${hex.replace("a", "b")}`)));
});

test("anything else is refused with a sentence that says how a digest reads", () => {
  const sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  for (const text of [
    "",
    ":",
    "sha256",
    "sha256:",
    sha256,
    `:${sha256}`,
    `sha256:${sha256.slice(1)}`,
    `sha256:${sha256}0`,
    `sha256:${sha256.slice(1)}g`,
    ` sha256:${sha256}`,
    `sha256:${sha256}\n`,
    `sha512:${sha256}`,
    `sha3:${sha256}`,
    `toString:${sha256}`,
    "crc32:",
    "crc32:4294967296",
    "crc32:cbf4392",
    "crc32:-1",
    "crc32:+1",
    "crc32:1e3",
    "crc32:12345678901",
    `${"x".repeat(10_000)}:1`,
  ])
    assert.throws(
      () => parseDigest(text),
      (error) =>
        error instanceof InvalidInputError &&
        /ALGORITHM:HEX/.test(error.message) &&
        error.message.length < 300,
      text,
    );
});

test("a piece's digest is decimal at every length, unlike a user's", () => {
  for (const crc of [0, 7, 12345678, 3421780262, 4294967295]) {
    assert.equal(formatPieceDigest(crc), `crc32:${crc}`);
    assert.equal(parsePieceDigest(`crc32:${crc}`), crc);
  }
  for (const text of ["", "crc32:", "crc32:cbf43926", "crc32:4294967296", "12345678", "sha256:1", "crc32:1 "])
    assert.throws(() => parsePieceDigest(text), InvalidInputError, text);
  for (const crc of [-1, 2 ** 32, 0.5]) assert.throws(() => formatPieceDigest(crc), /unsigned/);
});
