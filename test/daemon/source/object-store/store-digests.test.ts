/** Checksums that stores vouch for: only those of the whole content count. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { ossDigests, s3Digests } from "../../../../daemon/source/object-store/store-digests.ts";
import { formatDigest, parseDigest } from "../../../../daemon/task/digest.ts";

const content = Buffer.from("the whole content");
const md5 = createHash("md5").update(content);
const md5Hex = md5.copy().digest("hex");
const sha256 = createHash("sha256").update(content);
const sha256Hex = sha256.copy().digest("hex");
const crcBytes = Buffer.alloc(4);
crcBytes.writeUInt32BE(crc32(content));
const crcHex = crcBytes.toString("hex");

const checksums = {
  "x-amz-checksum-sha256": sha256.copy().digest("base64"),
  "x-amz-checksum-crc32": crcBytes.toString("base64"),
};

test("S3: checksums of the full object are given, and can be read as digests", () => {
  const digests = s3Digests({ ...checksums, "x-amz-checksum-type": "FULL_OBJECT" }, false);
  assert.deepEqual(digests, [`sha256:${sha256Hex}`, `crc32:${crcHex}`]);
  for (const digest of digests) assert.equal(formatDigest(parseDigest(digest)), digest);
});

test("S3: composite checksums, and those of a type that was not told, are not the content's", () => {
  assert.deepEqual(s3Digests({ ...checksums, "x-amz-checksum-type": "COMPOSITE" }, true), []);
  assert.deepEqual(s3Digests(checksums, true), []);
  assert.deepEqual(
    s3Digests({ "x-amz-checksum-sha256": "AAAA-3", "x-amz-checksum-type": "FULL_OBJECT" }, true),
    [],
  );
});

test("S3: an ETag is an MD5 only where AWS promises it", () => {
  const etag = `"${md5Hex}"`;
  assert.deepEqual(s3Digests({ etag }, true), [`md5:${md5Hex}`]);
  assert.deepEqual(s3Digests({ etag, "x-amz-server-side-encryption": "AES256" }, true), [`md5:${md5Hex}`]);
  assert.deepEqual(s3Digests({ etag }, false), [], "other stores make ETags as they like");
  assert.deepEqual(s3Digests({ etag: `"${md5Hex}-4"` }, true), [], "an upload in parts");
  assert.deepEqual(s3Digests({ etag, "x-amz-server-side-encryption": "aws:kms" }, true), []);
  assert.deepEqual(
    s3Digests({ etag, "x-amz-server-side-encryption-customer-algorithm": "AES256" }, true),
    [],
  );
  assert.deepEqual(s3Digests({ etag: `W/${etag}` }, true), []);
});

test("OSS: Content-MD5 of an object that was put at once is given, of others not, and no ETag or CRC-64", () => {
  const base64 = md5.copy().digest("base64");
  const digests = [`md5:${md5Hex}`];
  assert.deepEqual(ossDigests({ "content-md5": base64, "x-oss-object-type": "Normal" }), digests);
  assert.deepEqual(ossDigests({ "content-md5": base64 }), digests);
  for (const type of ["Multipart", "Appendable", "Symlink"])
    assert.deepEqual(ossDigests({ "content-md5": base64, "x-oss-object-type": type }), []);
  assert.deepEqual(ossDigests({ etag: `"${md5Hex.toUpperCase()}"`, "x-oss-hash-crc64ecma": "1" }), []);
  assert.deepEqual(ossDigests({ "content-md5": "not base64 of 16 bytes" }), []);
});
