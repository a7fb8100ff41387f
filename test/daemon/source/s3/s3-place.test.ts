/** Where S3 buckets are asked: AWS by the bucket's host, other endpoints as Dragonfly does, unless the config says so. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidInputError } from "../../../../base/errors.ts";
import { pathAt, urlAt } from "../../../../daemon/source/object-store/store-address.ts";
import { s3Place } from "../../../../daemon/source/s3/s3-place.ts";
import type { ObjectStorageOptions } from "../../../../daemon/source/source.ts";

function urlOf(options: ObjectStorageOptions, bucket = "bucket", learned?: string): string {
  const place = s3Place(bucket, options, learned);
  return urlAt(place, pathAt(place, "a b/c"));
}

test("AWS is asked at the bucket's host in the region's endpoint", () => {
  assert.equal(urlOf({}), "https://bucket.s3.us-east-1.amazonaws.com/a%20b/c");
  assert.equal(urlOf({ region: "eu-west-1" }), "https://bucket.s3.eu-west-1.amazonaws.com/a%20b/c");
  assert.equal(urlOf({ region: "cn-north-1" }), "https://bucket.s3.cn-north-1.amazonaws.com.cn/a%20b/c");
});

test("a bucket whose name is no host label, or has a dot, is asked by path", () => {
  assert.equal(urlOf({}, "my.bucket"), "https://s3.us-east-1.amazonaws.com/my.bucket/a%20b/c");
  assert.equal(urlOf({}, "Old_Bucket"), "https://s3.us-east-1.amazonaws.com/Old_Bucket/a%20b/c");
});

test("the region the store names wins, and AWS's endpoint follows it", () => {
  assert.equal(
    urlOf({ region: "eu-west-1" }, "bucket", "us-west-2"),
    "https://bucket.s3.us-west-2.amazonaws.com/a%20b/c",
  );
  const own = { endpoint: "https://minio.example:9000", region: "x" };
  assert.equal(urlOf(own, "bucket", "y"), "https://minio.example:9000/bucket/a%20b/c");
  assert.equal(s3Place("bucket", own, "y").region, "y");
});

test("an endpoint of AWS tells its region", () => {
  const regionOf = (endpoint: string) => s3Place("bucket", { endpoint }).region;
  assert.equal(regionOf("https://s3.eu-central-1.amazonaws.com"), "eu-central-1");
  assert.equal(regionOf("s3-eu-west-1.amazonaws.com"), "eu-west-1");
  assert.equal(regionOf("s3.amazonaws.com"), "us-east-1");
  assert.equal(regionOf("s3.dualstack.ap-southeast-2.amazonaws.com"), "ap-southeast-2");
  assert.equal(
    urlOf({ endpoint: "s3.dualstack.ap-southeast-2.amazonaws.com" }),
    "https://bucket.s3.dualstack.ap-southeast-2.amazonaws.com/a%20b/c",
  );
});

test("other endpoints are asked by path, the clouds that refuse that by host", () => {
  assert.equal(urlOf({ endpoint: "http://127.0.0.1:9000" }), "http://127.0.0.1:9000/bucket/a%20b/c");
  assert.equal(urlOf({ endpoint: "http://localhost:9000" }), "http://localhost:9000/bucket/a%20b/c");
  assert.equal(urlOf({ endpoint: "[::1]:9000" }), "https://[::1]:9000/bucket/a%20b/c");
  assert.equal(urlOf({ endpoint: "minio.example" }), "https://minio.example/bucket/a%20b/c");
  assert.equal(
    urlOf({ endpoint: "s3.oss-cn-hangzhou.aliyuncs.com" }),
    "https://bucket.s3.oss-cn-hangzhou.aliyuncs.com/a%20b/c",
  );
});

test("the config's form of address wins, and an endpoint that is the bucket's own already is taken as it is", () => {
  assert.equal(
    urlOf({ endpoint: "minio.example", addressing: "virtual" }),
    "https://bucket.minio.example/a%20b/c",
  );
  assert.equal(urlOf({ addressing: "path" }), "https://s3.us-east-1.amazonaws.com/bucket/a%20b/c");
  assert.equal(
    urlOf({ endpoint: "https://cdn.example", addressing: "cname" }),
    "https://cdn.example/a%20b/c",
  );
  assert.equal(
    urlOf({ endpoint: "bucket.s3.dualstack.eu-west-1.amazonaws.com" }),
    "https://bucket.s3.dualstack.eu-west-1.amazonaws.com/a%20b/c",
  );
});

test("only AWS's own buckets, and not those of S3 Express, are AWS", () => {
  assert.equal(s3Place("b", {}).isAws, true);
  assert.equal(s3Place("b", { endpoint: "s3.amazonaws.com" }).isAws, true);
  assert.equal(s3Place("b", { endpoint: "minio.example" }).isAws, false);
  assert.equal(s3Place("b", { endpoint: "amazonaws.com.example" }).isAws, false);
  assert.equal(s3Place("b", { endpoint: "s3express-use1-az4.us-east-1.amazonaws.com" }).isAws, false);
});

test("an endpoint with a path, a user or another scheme is an error of the config that does not repeat it", () => {
  for (const endpoint of [
    "https://h/secret",
    "https://u:secret@h",
    "ftp://secret",
    "https://h?secret",
    "secret host",
    "",
  ])
    assert.throws(
      () => s3Place("b", { endpoint }),
      (error: unknown) =>
        error instanceof InvalidInputError &&
        error.code === "INVALID_CONFIG" &&
        !error.message.includes("secret"),
    );
});
