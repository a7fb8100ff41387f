/** Where OSS buckets are asked, and with which signature: the endpoint tells what the config leaves out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidInputError } from "../../../../base/errors.ts";
import { pathAt, urlAt } from "../../../../daemon/source/object-store/store-address.ts";
import { ossPlace } from "../../../../daemon/source/oss/oss-place.ts";
import type { ObjectStorageOptions } from "../../../../daemon/source/source.ts";

function urlOf(options: ObjectStorageOptions): string {
  const place = ossPlace("bucket", options);
  return urlAt(place, pathAt(place, "a b/c"));
}

test("public endpoints are asked at the bucket's host, bare addresses by path, a bucket's own domain as it is", () => {
  assert.equal(
    urlOf({ endpoint: "oss-cn-hangzhou.aliyuncs.com" }),
    "https://bucket.oss-cn-hangzhou.aliyuncs.com/a%20b/c",
  );
  assert.equal(urlOf({ region: "oss-cn-beijing" }), "https://bucket.oss-cn-beijing.aliyuncs.com/a%20b/c");
  assert.equal(urlOf({ region: "cn-beijing" }), "https://bucket.oss-cn-beijing.aliyuncs.com/a%20b/c");
  assert.equal(urlOf({ endpoint: "http://10.1.2.3:8080" }), "http://10.1.2.3:8080/bucket/a%20b/c");
  assert.equal(
    urlOf({ endpoint: "https://files.example.com", addressing: "cname" }),
    "https://files.example.com/a%20b/c",
  );
  assert.equal(
    urlOf({ endpoint: "https://bucket.oss-cn-hangzhou.aliyuncs.com" }),
    "https://bucket.oss-cn-hangzhou.aliyuncs.com/a%20b/c",
  );
});

test("the region stands in the endpoint where the config does not name it", () => {
  const regionOf = (endpoint: string) => ossPlace("bucket", { endpoint }).region;
  assert.equal(regionOf("oss-cn-hangzhou.aliyuncs.com"), "cn-hangzhou");
  assert.equal(regionOf("oss-cn-hangzhou-internal.aliyuncs.com"), "cn-hangzhou");
  assert.equal(regionOf("https://oss-ap-southeast-1.aliyuncs.com"), "ap-southeast-1");
  assert.equal(regionOf("oss-accelerate.aliyuncs.com"), undefined);
  assert.equal(regionOf("oss-accelerate-overseas.aliyuncs.com"), undefined);
  assert.equal(regionOf("files.example.com"), undefined);
  assert.equal(ossPlace("bucket", { endpoint: "files.example.com", region: "oss-cn-x" }).region, "cn-x");
});

test("signatures are V4 where the region is known, V1 where it is not, and what the config says in any case", () => {
  const versionOf = (options: ObjectStorageOptions) => ossPlace("bucket", options).signature;
  assert.equal(versionOf({ endpoint: "oss-cn-hangzhou.aliyuncs.com" }), "v4");
  assert.equal(versionOf({ endpoint: "files.example.com" }), "v1");
  assert.equal(versionOf({ endpoint: "oss-cn-hangzhou.aliyuncs.com", signature: "v1" }), "v1");
  assert.throws(
    () => versionOf({ endpoint: "files.example.com", signature: "v4" }),
    (error: unknown) => error instanceof InvalidInputError && error.code === "INVALID_CONFIG",
  );
});

test("without endpoint and region the config is wrong", () => {
  assert.throws(
    () => ossPlace("bucket", { accessKeyID: "a", accessKeySecret: "b" }),
    (error: unknown) => error instanceof InvalidInputError && /endpoint or a region/.test(error.message),
  );
});
