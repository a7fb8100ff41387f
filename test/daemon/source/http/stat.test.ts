/** What stat makes of origins that answer well, oddly, badly, late or not at all. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { P2pfsError } from "../../../../base/errors.ts";
import { UNWANTED_BODY_BYTES_MAX } from "../../../../base/limits.ts";
import type { HttpSourceOptions } from "../../../../daemon/source/http/http-source.ts";
import type { Behaviour } from "../../../origin/behaviour.ts";
import { fixedContent, randomContent } from "../../../origin/content.ts";
import { type MisbehavingOrigin, startMisbehavingOrigin } from "../../../origin/misbehaving.ts";
import { nginxMissing, startNginx } from "../../../origin/nginx.ts";
import { never } from "../../../suites/source-suite.ts";
import { httpSourceFor } from "./http-fixture.ts";

const DAY = "Sun, 06 Nov 1994 08:49:37 GMT";

async function originFor(t: TestContext, behaviour: Behaviour, options: Partial<HttpSourceOptions> = {}) {
  const origin = await startMisbehavingOrigin();
  t.after(() => origin.stop());
  origin.serve("/f", behaviour);
  const source = httpSourceFor(t, options);
  const stat = (path = "f", headers = {}) => source.stat({ url: origin.url(path), headers }, never);
  return { origin, source, stat };
}

function failsWith(expected: { code: string; status?: number }) {
  return (error: P2pfsError) => {
    assert.equal(error.code, expected.code, error.message);
    assert.equal(error.origin?.statusCode, expected.status);
    return true;
  };
}

async function untilClosed(origin: MisbehavingOrigin): Promise<void> {
  while (origin.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("stat", () => {
  test("is one GET of the first byte, for plain bytes, and reads its answer to the end", async (t) => {
    const { origin, stat } = await originFor(t, {
      content: randomContent(5_000_000),
      etag: '"v1"',
      lastModified: DAY,
      contentType: "Application/X-Model; version=1",
      headers: { "X-Kept": "yes", "Set-Cookie": "secret=1", "Keep-Alive": "timeout=5" },
    });
    const found = await stat();
    assert.deepEqual(found, {
      kind: "file",
      length: 5_000_000,
      ranges: true,
      validator: { etag: '"v1"', lastModified: DAY, length: 5_000_000 },
      modifiedAtMs: Date.UTC(1994, 10, 6, 8, 49, 37),
      contentType: "application/x-model",
      finalUrl: origin.url("f"),
      responseHeaders: {
        "content-type": "Application/X-Model; version=1",
        "x-kept": "yes",
        "content-length": "5000000",
        "accept-ranges": "bytes",
        etag: '"v1"',
        "last-modified": DAY,
      },
      statusCode: 200,
      digests: [],
    });
    await stat();
    const [first, second] = origin.requests;
    assert.equal(first?.method, "GET");
    assert.equal(first?.headers.range, "bytes=0-0");
    assert.equal(first?.headers["accept-encoding"], "identity");
    assert.equal(first?.headers["user-agent"], "p2pfs/test");
    assert.deepEqual([first?.state, first?.bodyBytes], ["done", 1]);
    assert.equal(second?.connection, first?.connection, "the connection is used again");
  });

  test("a large 200 is not downloaded, and says that ranges do not work", async (t) => {
    const { origin, stat } = await originFor(t, { content: randomContent(50_000_000), ranges: "ignored" });
    const found = await stat();
    assert.deepEqual([found.kind, found.length, found.ranges], ["file", 50_000_000, false]);
    await untilClosed(origin);
    const [request] = origin.requests;
    assert.equal(request?.state, "closed");
    assert.ok((request?.bodyBytes ?? 0) < 20_000_000, `${request?.bodyBytes} bytes were sent`);
  });

  test("a small 200 is read to its end and keeps the connection", async (t) => {
    const { origin, stat } = await originFor(t, {
      content: randomContent(UNWANTED_BODY_BYTES_MAX),
      ranges: "ignored",
      headers: { "Accept-Ranges": "bytes" },
    });
    const found = await stat();
    assert.deepEqual(
      [found.length, found.ranges],
      [UNWANTED_BODY_BYTES_MAX, false],
      "deeds count, not Accept-Ranges",
    );
    await stat();
    assert.deepEqual(
      origin.requests.map(({ connection, state }) => [connection, state]),
      [
        [0, "done"],
        [0, "done"],
      ],
    );
  });

  test("an answer without a length is no proof of a file", async (t) => {
    for (const framing of ["chunked", "close"] as const) {
      const { stat } = await originFor(t, { content: randomContent(1_000), ranges: "ignored", framing });
      const found = await stat();
      assert.deepEqual([found.kind, found.length, found.ranges], ["directory", undefined, false]);
      assert.equal(found.responseHeaders["content-length"], undefined);
    }
  });

  test("an endless answer without a length is cut", async (t) => {
    const { origin, stat } = await originFor(t, {
      content: randomContent(1_000_000_000_000),
      ranges: "ignored",
      framing: "chunked",
    });
    assert.equal((await stat()).length, undefined);
    await untilClosed(origin);
    assert.ok((origin.requests[0]?.bodyBytes ?? 0) < 20_000_000);
  });

  test("HTML is a directory, whatever its length and ranges", async (t) => {
    for (const contentType of ["text/html; charset=utf-8", "application/xhtml+xml"]) {
      const { stat } = await originFor(t, { content: fixedContent("<p>hello"), contentType });
      const found = await stat();
      assert.deepEqual([found.kind, found.length, found.ranges], ["directory", 8, true]);
    }
  });

  test("a total that the server does not know makes a content that is streamed", async (t) => {
    const { stat } = await originFor(t, {
      content: randomContent(1_000),
      contentRange: (first, last) => `bytes ${first}-${last}/*`,
    });
    const found = await stat();
    assert.deepEqual([found.length, found.ranges], [undefined, false]);
  });

  test("an empty content is found out although it has no first byte, with its validators", async (t) => {
    const { origin, stat } = await originFor(t, { content: fixedContent(""), etag: '"empty"' });
    const found = await stat();
    assert.deepEqual([found.kind, found.length, found.ranges], ["file", 0, true]);
    assert.equal(found.validator.etag, '"empty"');
    assert.deepEqual(
      origin.requests.map(({ status, headers }) => [status, headers.range]),
      [
        [416, "bytes=0-0"],
        [200, undefined],
      ],
    );
  });

  test("a part that does not say of what it is one is an INTEGRITY error", async (t) => {
    for (const told of ["", "bytes 0-0", "bytes 5-5/10", "bytes 0-0/0", "bytes 0-0/10, bytes 5-5/10"]) {
      const { stat } = await originFor(t, { content: randomContent(10), contentRange: () => told });
      await assert.rejects(stat(), failsWith({ code: "INTEGRITY", status: 206 }), told);
    }
    const { stat } = await originFor(t, {
      content: randomContent(10),
      contentType: "multipart/byteranges; boundary=x",
      contentRange: () => "",
    });
    await assert.rejects(stat(), failsWith({ code: "INTEGRITY", status: 206 }));
  });

  test("bytes coded on the fly are SOURCE_REFUSED; bytes that are stored so are taken as they are", async (t) => {
    const coded = { content: randomContent(1_000), headers: { "Content-Encoding": "gzip" } };
    const onTheFly = await originFor(t, { ...coded, ranges: "ignored", framing: "chunked", etag: 'W/"v"' });
    await assert.rejects(onTheFly.stat(), failsWith({ code: "SOURCE_REFUSED", status: 200 }));
    const weak = await originFor(t, { ...coded, ranges: "ignored", etag: 'W/"v"' });
    await assert.rejects(weak.stat(), failsWith({ code: "SOURCE_REFUSED", status: 200 }));
    const ranged = await originFor(t, coded);
    assert.equal((await ranged.stat()).length, 1_000);
    const stored = await originFor(t, { ...coded, ranges: "ignored", etag: '"v"' });
    assert.equal((await stored.stat()).length, 1_000);
    const plain = await originFor(t, {
      ...coded,
      headers: { "Content-Encoding": "identity" },
      ranges: "ignored",
    });
    assert.equal((await plain.stat()).length, 1_000);
  });

  test("an interim answer is passed over", async (t) => {
    const { stat } = await originFor(t, { content: randomContent(10), interim: 103 });
    assert.equal((await stat()).length, 10);
  });

  test("a whole-content digest that the server states is told", async (t) => {
    const base64 = Buffer.alloc(32, 7).toString("base64");
    const { stat } = await originFor(t, {
      content: randomContent(10),
      headers: { "Repr-Digest": `sha-256=:${base64}:` },
    });
    assert.deepEqual((await stat()).digests, [`sha256:${"07".repeat(32)}`]);
  });

  for (const [status, code] of [
    [400, "SOURCE_REFUSED"],
    [401, "PERMISSION"],
    [403, "PERMISSION"],
    [404, "NOT_FOUND"],
    [407, "PERMISSION"],
    [410, "NOT_FOUND"],
    [418, "SOURCE_REFUSED"],
    [204, "SOURCE_REFUSED"],
    [304, "SOURCE_REFUSED"],
    [408, "SOURCE_FAILED"],
    [425, "SOURCE_FAILED"],
    [429, "SOURCE_FAILED"],
    [500, "SOURCE_FAILED"],
    [503, "SOURCE_FAILED"],
    [599, "SOURCE_FAILED"],
  ] as const) {
    test(`status ${status} is ${code}, with the status and public headers`, async (t) => {
      const headers = { "X-Reason": "because", "Set-Cookie": "secret=1" };
      const framing = status === 204 || status === 304 ? ("close" as const) : ("length" as const);
      const content = randomContent(10);
      const { stat } = await originFor(t, { content, status, headers, framing }, { maxRetries: 0 });
      await assert.rejects(stat("f?token=secret"), (error: P2pfsError) => {
        failsWith({ code, status })(error);
        assert.equal(error.origin?.headers["x-reason"], "because");
        assert.doesNotMatch(JSON.stringify(error.origin) + error.message, /secret/);
        return true;
      });
    });
  }

  test("what may pass is asked again, as often as configured", async (t) => {
    for (const status of [503, "close"] as const) {
      const served = { content: randomContent(10), failures: { count: 2, status } };
      const patient = await originFor(t, served, { maxRetries: 2 });
      assert.equal((await patient.stat()).length, 10);
      assert.equal(patient.origin.requests.length, 3);
      const hasty = await originFor(t, served, { maxRetries: 1 });
      await assert.rejects(hasty.stat(), (error: P2pfsError) =>
        /^(SOURCE_FAILED|UNAVAILABLE)$/.test(error.code),
      );
      assert.equal(hasty.origin.requests.length, 2);
    }
  });

  test("what will not pass is asked once", async (t) => {
    for (const status of [403, 404, 400]) {
      const served = { content: randomContent(10), status };
      const { origin, stat } = await originFor(t, served, { maxRetries: 5 });
      await assert.rejects(stat());
      assert.equal(origin.requests.length, 1);
    }
  });

  test("a Retry-After within reason is waited for, one beyond ends the question", async (t) => {
    const failing = (retryAfter: string) => ({
      content: randomContent(10),
      failures: { count: 1, status: 503, headers: { "Retry-After": retryAfter } },
    });
    const soon = await originFor(t, failing("1"));
    assert.equal((await soon.stat()).length, 10);
    const [first, second] = soon.origin.requests;
    assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 990);
    const late = await originFor(t, failing("3600"));
    await assert.rejects(late.stat(), failsWith({ code: "SOURCE_FAILED", status: 503 }));
    assert.equal(late.origin.requests.length, 1);
  });

  test("an origin that does not answer is a DEADLINE error", async (t) => {
    const { stat, origin } = await originFor(t, { silent: true }, { headersTimeoutMs: 100, maxRetries: 0 });
    await assert.rejects(stat(), failsWith({ code: "DEADLINE" }));
    await untilClosed(origin);
  });

  test("an origin that refuses connections is UNAVAILABLE", async (t) => {
    const { source, origin } = await originFor(t, {}, { maxRetries: 0 });
    const url = origin.url("f");
    await origin.stop();
    await assert.rejects(source.stat({ url, headers: {} }, never), failsWith({ code: "UNAVAILABLE" }));
  });

  test("a signal that fires ends the wait with its reason, and the connection", async (t) => {
    const { source, origin } = await originFor(t, { silent: true });
    const controller = new AbortController();
    const found = source.stat({ url: origin.url("f"), headers: {} }, controller.signal);
    while (origin.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    controller.abort();
    await assert.rejects(found, { code: "CANCELLED" });
    await untilClosed(origin);
  });

  test("a header that cannot be sent is INVALID_ARGUMENT and not repeated in the message", async (t) => {
    const { stat, origin } = await originFor(t, {});
    await assert.rejects(stat("f", { "X-Token": "secret\r\nInjected: 1" }), (error: P2pfsError) => {
      assert.equal(error.code, "INVALID_ARGUMENT");
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    assert.equal(origin.requests.length, 0);
    const other = httpSourceFor(t);
    await assert.rejects(other.stat({ url: "ftp://h/f", headers: {} }, never), { code: "INVALID_ARGUMENT" });
    await assert.rejects(other.stat({ url: "no url", headers: {} }, never), { code: "INVALID_ARGUMENT" });
  });

  test("a folder of nginx that redirects to name/ is a directory", { skip: nginxMissing() }, async (t) => {
    const origin = await startNginx({ autoindex: true });
    t.after(() => origin.stop());
    await origin.write("folder.bin/f", "x");
    const found = await httpSourceFor(t).stat({ url: origin.url("folder.bin"), headers: {} }, never);
    assert.equal(found.kind, "directory");
    assert.equal(found.finalUrl, origin.url("folder.bin/"));
  });
});
