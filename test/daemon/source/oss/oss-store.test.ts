/** What is OSS's alone: types of objects, checksums, keys the SDK would change, and the SDK's silence. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { FakeClock } from "../../../../base/clock.ts";
import { InvalidInputError, NotFoundError } from "../../../../base/errors.ts";
import { fixedContent, randomContent } from "../../../origin/content.ts";
import { StoreLab } from "../object-store/store-lab.ts";

const VERSIONS = ["oss v4", "oss v1"] as const;

for (const version of VERSIONS) {
  test(`${version}: Content-MD5 of an object put at once is the stat's digest; of others there is none`, async (context) => {
    const lab = await StoreLab.start(context, version);
    const content = Buffer.from("checked content");
    const md5 = createHash("md5").update(content);
    const headers = { "content-md5": md5.copy().digest("base64"), "x-oss-hash-crc64ecma": "123" };
    lab.server.objects.put("bucket", "normal", fixedContent(content), { headers });
    lab.server.objects.put("bucket", "appended", fixedContent(content), { headers, type: "Appendable" });
    assert.deepEqual((await lab.stat("bucket/normal")).digests, [`md5:${md5.digest("hex")}`]);
    assert.deepEqual((await lab.stat("bucket/appended")).digests, []);
  });

  test(`${version}: a symbolic link is listed without a length, which only its HEAD tells`, async (context) => {
    const lab = await StoreLab.start(context, version);
    lab.server.objects.put("bucket", "link", randomContent(500), { type: "Symlink" });
    const [entry] = await lab.entries("bucket/");
    assert.equal(entry?.length, undefined);
    assert.equal(entry?.etag, undefined);
    assert.equal((await lab.stat("bucket/link")).length, 500);
  });

  test(`${version}: a key that begins with a slash is not taken for another key`, async (context) => {
    const lab = await StoreLab.start(context, version);
    lab.server.objects.put("bucket", "key", randomContent(10));
    await assert.rejects(lab.stat("bucket//key"), NotFoundError);
    await assert.rejects(lab.read("bucket//key", { offset: 0, length: 10 }), NotFoundError);
    assert.equal(lab.server.log.length, 0);
  });

  test(`${version}: headers of OSS's own go along and are signed`, async (context) => {
    const lab = await StoreLab.start(context, version);
    lab.server.objects.put("bucket", "key.json", randomContent(10));
    const headers = { "X-OSS-Request-Payer": "requester", "x-oss-date": "wrong", "X-Other": "thing" };
    await lab.stat("bucket/key.json", { headers });
    await lab.entries("bucket/", { headers });
    await lab.read("bucket/key.json", { offset: 0, length: 10 }, { headers });
    for (const { headers: sent, statusCode } of lab.server.log) {
      assert.ok(statusCode < 300);
      assert.equal(sent["x-oss-request-payer"], "requester");
      assert.equal(sent["x-other"], undefined);
      assert.equal(sent["user-agent"], "p2pfs/test");
    }
    assert.equal(lab.server.log.length, 3);
  });

  test(`${version}: the time of the signature is the clock's that was handed in`, async (context) => {
    const nowMs = Date.UTC(2031, 6, 5, 4, 3, 2);
    const lab = await StoreLab.start(context, version, {
      clock: new FakeClock(nowMs),
      server: { nowMs: () => nowMs },
    });
    lab.server.objects.put("bucket", "key", randomContent(10));
    await lab.stat("bucket/key");
    await lab.read("bucket/key", { offset: 0, length: 10 });
    // A correction would have been one more request.
    assert.deepEqual(
      lab.server.log.map(({ statusCode }) => statusCode),
      [200, 206],
    );
  });

  test(`${version}: the SDK prints nothing, with temporary credentials either`, async (context) => {
    const lab = await StoreLab.start(context, version, {
      storage: {
        accessKeyID: "TEMPORARY",
        accessKeySecret: "another secret",
        securityToken: "session+token/==",
      },
    });
    lab.server.objects.put("bucket", "key", randomContent(10));
    const printed: unknown[] = [];
    const { warn, log, error } = console;
    console.warn = console.log = console.error = (...words: unknown[]) => void printed.push(...words);
    try {
      await lab.stat("bucket/key");
      await lab.entries("bucket/");
    } finally {
      Object.assign(console, { warn, log, error });
    }
    assert.deepEqual(printed, []);
  });

  test(`${version}: a page of more than one token is signed with it`, async (context) => {
    const lab = await StoreLab.start(context, version);
    for (let index = 0; index < 2500; index++)
      lab.server.objects.put("bucket", `k${index}`, randomContent(1), { etag: '"e"' });
    assert.equal((await lab.entries("bucket/")).length, 2500);
    assert.deepEqual(
      lab.server.log.map(({ statusCode }) => statusCode),
      [200, 200, 200],
    );
    assert.match(lab.server.log[1]?.target ?? "", /continuation-token=1%2B/);
  });
}

test("credentials must come whole, and a bucket have a name that OSS allows", async (context) => {
  const lab = await StoreLab.start(context, "oss v4");
  const { endpoint = "" } = lab.storage;
  const withoutSecret = { objectStorage: { endpoint, region: "cn-hangzhou", accessKeyID: "AKID" } };
  await assert.rejects(
    lab.stat("bucket/key", withoutSecret),
    (error: unknown) => error instanceof InvalidInputError && error.code === "INVALID_CONFIG",
  );
  await assert.rejects(lab.stat("Bucket.With.Dots/key"), InvalidInputError);
  assert.equal(lab.server.log.length, 0);
});
