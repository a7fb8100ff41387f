/** The tests' nginx keeps its word: content, log, answers, ends. Clients here are Node's own. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { get as httpGet, type IncomingMessage } from "node:http";
import { get as httpsGet } from "node:https";
import { dirname } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { digestOf, fixedContent, randomContent } from "./content.ts";
import { nginxMissing, startNginx } from "./nginx.ts";
import type { NginxOptions } from "./nginx-config.ts";

async function nginxFor(t: TestContext, options: NginxOptions = {}) {
  const origin = await startNginx(options);
  t.after(() => origin.stop());
  return origin;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

function get(url: string, headers: Record<string, string> = {}, ca?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onAnswer = async (answer: IncomingMessage) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) });
    };
    const asked = url.startsWith("https:")
      ? httpsGet(url, { headers, agent: false, ...(ca === undefined ? {} : { ca }) }, onAnswer)
      : httpGet(url, { headers, agent: false }, onAnswer);
    asked.once("error", reject);
  });
}

describe("nginx as an origin", { skip: nginxMissing() }, () => {
  test("serves a written content byte for byte, also from the middle", async (t) => {
    const origin = await nginxFor(t);
    const content = randomContent(3_000_001, 7);
    await origin.write("a/model.bin", content);
    const whole = await get(origin.url("/a/model.bin"));
    assert.equal(whole.body.compare(content.read(0, content.bytes)), 0);
    const part = await get(origin.url("a/model.bin"), { range: "bytes=1000005-1000104" });
    assert.equal(part.status, 206);
    assert.deepEqual(part.body, content.read(1_000_005, 100));
  });

  test("logs status, range and bytes sent of every request, as soon as log() is asked", async (t) => {
    const origin = await nginxFor(t);
    await origin.write("m.bin", randomContent(1_000_000));
    await get(origin.url("m.bin"), { range: "bytes=0-99" });
    await get(origin.url("m.bin?x=%20y"));
    await get(origin.url("none"));
    const seen = (await origin.log()).map(({ method, uri, status, range }) => [method, uri, status, range]);
    assert.deepEqual(seen, [
      ["GET", "/m.bin", 206, "bytes=0-99"],
      ["GET", "/m.bin?x=%20y", 200, ""],
      ["GET", "/none", 404, ""],
    ]);
    assert.equal(await origin.bytesSent("/m.bin"), 1_000_100);
    await origin.clearLog();
    assert.deepEqual(await origin.log(), []);
  });

  test("logs what an abandoned GET had cost", async (t) => {
    const origin = await nginxFor(t);
    await origin.writeSparse("big.bin", 1_000_000_000);
    await new Promise<void>((resolve, reject) => {
      httpGet(origin.url("big.bin"), { agent: false }, (answer) => {
        answer.once("data", () => {
          answer.destroy();
          resolve();
        });
      }).once("error", reject);
    });
    const sent = await origin.bytesSent("/big.bin");
    assert.ok(sent > 0 && sent < 1_000_000_000, `${sent} bytes`);
  });

  test("gives a rewritten file of the same length another ETag, even within one second", async (t) => {
    const origin = await nginxFor(t);
    await origin.write("v", "one");
    const before = await get(origin.url("v"));
    await origin.write("v", "two");
    const after = await get(origin.url("v"));
    assert.equal(after.body.toString(), "two");
    assert.notEqual(before.headers.etag, after.headers.etag);
  });

  test("makes sparse files of any length that take no room", async (t) => {
    const origin = await nginxFor(t);
    const path = await origin.writeSparse("sparse.bin", 32 * 2 ** 30);
    assert.ok(statSync(path).blocks * 512 < 1_000_000);
    const end = await get(origin.url("sparse.bin"), { range: `bytes=${32 * 2 ** 30 - 1}-` });
    assert.deepEqual([end.status, end.body.length], [206, 1]);
  });

  test("lists folders with autoindex, and leaves out ETag and Last-Modified where told", async (t) => {
    const origin = await nginxFor(t, { autoindex: true, etag: false, lastModified: false });
    await origin.write("d/file name.txt", "x");
    assert.match((await get(origin.url("d/"))).body.toString(), /href="file%20name\.txt"/);
    const { headers } = await get(origin.url("d/file%20name.txt"));
    assert.deepEqual([headers.etag, headers["last-modified"]], [undefined, undefined]);
  });

  test("asks for the password where one is set", async (t) => {
    const origin = await nginxFor(t, { basicAuth: { user: "me", password: "secret:word" } });
    await origin.write("f", "private");
    assert.equal((await get(origin.url("f"))).status, 401);
    const authorization = `Basic ${Buffer.from("me:secret:word").toString("base64")}`;
    assert.equal((await get(origin.url("f"), { authorization })).body.toString(), "private");
  });

  test("answers every path alike where told, and takes blocks in nginx's own words", async (t) => {
    const html = await nginxFor(t, { everywhere: "html" });
    const page = await get(html.url("any/path.bin"));
    assert.deepEqual([page.status, page.headers["content-type"]], [200, "text/html"]);
    for (const status of [403, 404, 500]) {
      const origin = await nginxFor(t, { everywhere: status });
      assert.equal((await get(origin.url("x"))).status, status);
    }
    const moved = await nginxFor(t, { locations: ["location /old/ { return 302 /new/; }"] });
    const answer = await get(moved.url("old/f"));
    assert.deepEqual([answer.status, answer.headers.location], [302, moved.url("new/")]);
  });

  test("speaks TLS below its own authority", async (t) => {
    const origin = await nginxFor(t, { tls: true });
    await origin.write("f", "over TLS");
    await assert.rejects(get(origin.url("f")), "an unknown authority is not trusted");
    const ca = readFileSync(origin.caFile ?? "", "utf8");
    assert.equal((await get(origin.url("f"), {}, ca)).body.toString(), "over TLS");
  });

  test("refuses connections while halted and serves the same files at the same port after", async (t) => {
    const origin = await nginxFor(t);
    await origin.write("f", "still here");
    await origin.halt();
    await assert.rejects(get(origin.url("f")), { code: "ECONNREFUSED" });
    await origin.resume();
    assert.equal((await get(origin.url("f"))).body.toString(), "still here");
  });

  test("stops twice without complaint and leaves no file", async () => {
    const origin = await startNginx();
    await Promise.all([origin.stop(), origin.stop()]);
    await origin.stop();
    assert.equal(existsSync(dirname(origin.root)), false);
    await assert.rejects(get(origin.url("f")), { code: "ECONNREFUSED" });
  });

  test("says why it does not start", async (t) => {
    const origin = await nginxFor(t);
    await assert.rejects(startNginx({ port: origin.port }), /taken/);
    await assert.rejects(startNginx({ locations: ["no such directive;"] }), /unknown directive "no"/);
  });
});

describe("content", () => {
  test("is the same from the same seed wherever reading begins, and differs between seeds", () => {
    const content = randomContent(100_000, 3);
    const whole = content.read(0, 100_000);
    for (const [offset, length] of [
      [0, 1],
      [15, 2],
      [16, 16],
      [99_999, 10],
      [31_337, 4096],
    ] as const) {
      assert.deepEqual(content.read(offset, length), whole.subarray(offset, offset + length));
    }
    assert.equal(content.read(100_000, 1).length, 0);
    assert.notDeepEqual(randomContent(100_000, 4).read(0, 64), whole.subarray(0, 64));
  });

  test("has the digest of its bytes", () => {
    const known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert.equal(digestOf(fixedContent("abc")), known);
  });
});
