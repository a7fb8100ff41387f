/** What is S3's alone: regions, checksums, reasons for refused HEADs, TLS. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FakeClock } from "../../../../base/clock.ts";
import { InvalidInputError, P2pfsError, PermissionError, UnavailableError } from "../../../../base/errors.ts";
import { makeCertificates, readCertificates } from "../../../origin/certificates.ts";
import { fixedContent, randomContent } from "../../../origin/content.ts";
import { refuse } from "../../../origin/received-request.ts";
import { StoreLab } from "../object-store/store-lab.ts";

for (const wrongRegion of ["malformed", "redirect"] as const)
  test(`a bucket of another region, told by ${wrongRegion}, is asked once more and from then on there`, async (context) => {
    const lab = await StoreLab.start(context, "s3", {
      server: { wrongRegion, bucketRegions: { bucket: "eu-west-1", third: "ap-south-1" } },
    });
    lab.server.objects.put("bucket", "key", randomContent(10));
    lab.server.objects.put("third", "key", randomContent(20));
    assert.equal((await lab.stat("bucket/key")).length, 10);
    await lab.read("bucket/key", { offset: 0, length: 10 });
    await lab.entries("bucket/");
    const refused = wrongRegion === "redirect" ? 301 : 400;
    assert.deepEqual(
      lab.server.log.map(({ statusCode }) => statusCode),
      [refused, 200, 206, 200],
    );
    await lab.read("third/key", { offset: 0, length: 20 });
    assert.deepEqual(
      lab.server.log.slice(4).map(({ statusCode }) => statusCode),
      [refused, 206],
    );
  });

test("a store that tells the region only in documents, which a HEAD has not, is understood too", async (context) => {
  const lab = await StoreLab.start(context, "s3", {
    server: { regionHeader: false, bucketRegions: { bucket: "eu-west-1" } },
  });
  lab.server.objects.put("bucket", "key", randomContent(10));
  lab.server.objects.put("bucket", "empty", randomContent(0));
  assert.equal((await lab.stat("bucket/key")).length, 10);
  assert.equal((await lab.stat("bucket/empty")).length, 0);
  assert.deepEqual(
    lab.server.log.map(({ method, statusCode }) => [method, statusCode]),
    [
      ["HEAD", 400],
      ["GET", 400],
      ["GET", 206],
      ["HEAD", 200],
      ["HEAD", 200],
    ],
  );
});

test("a store that names a new region each time is not followed for ever", async (context) => {
  const lab = await StoreLab.start(context, "s3");
  let asked = 0;
  lab.server.faultOf = () => ({
    kind: "refuse",
    refusal: refuse(301, "PermanentRedirect", "Elsewhere.", { Region: `eu-west-${++asked}` }),
  });
  await assert.rejects(
    lab.entries("bucket/"),
    (error: unknown) => error instanceof UnavailableError && error.code === "SOURCE_REFUSED",
  );
  assert.equal(asked, 3);
});

test("a redirect's Location is not followed: the signature would go to another host", async (context) => {
  const lab = await StoreLab.start(context, "s3");
  lab.server.objects.put("bucket", "key", randomContent(10));
  lab.server.faultOf = () => ({
    kind: "change",
    change: (answer) => ({
      ...answer,
      statusCode: 307,
      headers: { ...answer.headers, location: `${lab.server.endpoint}/bucket/other` },
    }),
  });
  await assert.rejects(lab.read("bucket/key", { offset: 0, length: 10 }), UnavailableError);
  assert.equal(lab.server.log.length, 1);
});

test("checksums of the full object are the stat's digests; those of parts and other stores' ETags are not", async (context) => {
  const lab = await StoreLab.start(context, "s3");
  const content = Buffer.from("checked content");
  const sha256 = createHash("sha256").update(content);
  const checksum = { "x-amz-checksum-sha256": sha256.copy().digest("base64") };
  const put = (key: string, type: string) =>
    lab.server.objects.put("bucket", key, fixedContent(content), {
      headers: { ...checksum, "x-amz-checksum-type": type },
    });
  put("full", "FULL_OBJECT");
  put("parts", "COMPOSITE");
  assert.deepEqual((await lab.stat("bucket/full")).digests, [`sha256:${sha256.digest("hex")}`]);
  assert.deepEqual((await lab.stat("bucket/parts")).digests, []);
});

test("a refused HEAD is explained by a GET of one byte, as S3 gives no reason with a HEAD", async (context) => {
  const lab = await StoreLab.start(context, "s3", { storage: { accessKeySecret: "wrong" } });
  lab.server.objects.put("bucket", "key", randomContent(10));
  await assert.rejects(
    lab.stat("bucket/key"),
    (error: unknown) => error instanceof PermissionError && /SignatureDoesNotMatch/.test(error.message),
  );
  assert.deepEqual(
    lab.server.log.map(({ method, headers }) => [method, headers.range]),
    [
      ["HEAD", undefined],
      ["GET", "bytes=0-0"],
    ],
  );
});

test("headers of S3's own go along and are signed; others, and those that sign, do not", async (context) => {
  const lab = await StoreLab.start(context, "s3");
  lab.server.objects.put("bucket", "key", randomContent(10));
  const headers = {
    "X-Amz-Request-Payer": "requester",
    "x-amz-date": "20000101T000000Z",
    Authorization: "Bearer of somebody else",
    "X-Other": "thing",
  };
  await lab.stat("bucket/key", { headers });
  await lab.read("bucket/key", { offset: 0, length: 10 }, { headers });
  for (const { headers: sent, statusCode } of lab.server.log) {
    assert.ok(statusCode < 300);
    assert.equal(sent["x-amz-request-payer"], "requester");
    assert.match(sent.authorization ?? "", /^AWS4-HMAC-SHA256 .*SignedHeaders=[^,]*x-amz-request-payer/);
    assert.equal(sent["x-other"], undefined);
  }
});

test("over TLS the store's certificate is checked, against the request's own authorities too", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-s3-tls-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const files = await makeCertificates(folder);
  const { cert, key } = readCertificates(files);
  const lab = await StoreLab.start(context, "s3", { server: { tls: { cert, key } } });
  lab.server.objects.put("bucket", "key", randomContent(1000));
  await assert.rejects(
    lab.stat("bucket/key"),
    (error: unknown) => error instanceof P2pfsError && error.code !== "INTERNAL",
  );
  const trusting = { certificateChain: [readFileSync(files.caFile, "utf8")] };
  assert.equal((await lab.stat("bucket/key", trusting)).length, 1000);
  const file = await lab.read("bucket/key", { offset: 0, length: 1000 }, trusting);
  assert.deepEqual(file.bytes(), randomContent(1000).read(0, 1000));
  assert.ok(lab.server.log.every(({ headers }) => headers["x-amz-content-sha256"] === "UNSIGNED-PAYLOAD"));
  const careless = { objectStorage: { ...lab.storage, insecureSkipVerify: true } };
  assert.equal((await lab.stat("bucket/key", careless)).length, 1000);
});

test("the time of the signature is the clock's that was handed in", async (context) => {
  const nowMs = Date.UTC(2031, 6, 5, 4, 3, 2);
  const clock = new FakeClock(nowMs);
  const lab = await StoreLab.start(context, "s3", { clock, server: { nowMs: () => nowMs } });
  lab.server.objects.put("bucket", "key", randomContent(10));
  await lab.stat("bucket/key");
  assert.equal(lab.server.log[0]?.headers["x-amz-date"], "20310705T040302Z");
  assert.equal(lab.server.log.length, 1);
});

test("credentials must come whole, or not at all with anonymous: true", async (context) => {
  const lab = await StoreLab.start(context, "s3");
  const { endpoint = "" } = lab.storage;
  for (const objectStorage of [{ endpoint }, { endpoint, accessKeyID: "AKID" }])
    await assert.rejects(
      lab.stat("bucket/key", { objectStorage }),
      (error: unknown) => error instanceof InvalidInputError && error.code === "INVALID_CONFIG",
    );
  assert.equal(lab.server.log.length, 0);
});
