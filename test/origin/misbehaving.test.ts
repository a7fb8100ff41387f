/** Each fault of the misbehaving origin is what it says, seen by a plain socket: no client that could set it right. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { makeCertificates, readCertificates } from "./certificates.ts";
import { fixedContent, randomContent } from "./content.ts";
import { type MisbehavingOrigin, startMisbehavingOrigin } from "./misbehaving.ts";

/** Small enough that the kernel's buffers hold it: what was sent is then known to the byte. */
const CONTENT = randomContent(200_000, 11);
const WHOLE = CONTENT.read(0, CONTENT.bytes);

async function originFor(t: TestContext): Promise<MisbehavingOrigin> {
  const origin = await startMisbehavingOrigin();
  t.after(() => origin.stop());
  return origin;
}

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function parseAnswer(bytes: Buffer): RawAnswer {
  const end = bytes.indexOf("\r\n\r\n");
  const [first = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const headers = lines.map((line) => line.toLowerCase().split(": ", 2) as [string, string]);
  const status = Number(first.split(" ")[1]);
  return { status, headers: Object.fromEntries(headers), body: bytes.subarray(end + 4) };
}

/** Sends one GET and takes all that comes until the origin closes, as it should when asked to, or is silent. */
async function rawGet(origin: MisbehavingOrigin, path: string, headers: string[] = [], quietMs = 300) {
  const socket = connect(origin.port, "127.0.0.1");
  socket.write(`GET ${path} HTTP/1.1\r\n${["Connection: close", ...headers].join("\r\n")}\r\n\r\n`);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("error", () => undefined);
  socket.setTimeout(quietMs, () => socket.destroy());
  await once(socket, "close");
  return parseAnswer(Buffer.concat(chunks));
}

test("is a good server where no fault is asked for: ranges, conditions and unknown paths", async (t) => {
  const origin = await originFor(t);
  origin.serve("/f", { content: CONTENT, etag: '"v1"', lastModified: "Mon, 01 Jan 2024 00:00:00 GMT" });
  const whole = await rawGet(origin, "/f");
  assert.deepEqual([whole.status, whole.headers["content-length"]], [200, "200000"]);
  assert.equal(whole.body.compare(WHOLE), 0);
  const part = await rawGet(origin, "/f", ["Range: bytes=100-199"]);
  assert.deepEqual([part.status, part.headers["content-range"]], [206, "bytes 100-199/200000"]);
  assert.deepEqual(part.body, WHOLE.subarray(100, 200));
  assert.deepEqual((await rawGet(origin, "/f", ["Range: bytes=-10"])).body, WHOLE.subarray(-10));
  assert.equal((await rawGet(origin, "/f", ["Range: bytes=200000-"])).status, 416);
  assert.equal((await rawGet(origin, "/f", ["Range: bytes=0-0", 'If-Range: "v1"'])).status, 206);
  assert.equal((await rawGet(origin, "/f", ["Range: bytes=0-0", 'If-Range: "v0"'])).status, 200);
  assert.equal((await rawGet(origin, "/f", ['If-None-Match: "v1"'])).status, 304);
  assert.equal((await rawGet(origin, "/f", ['If-Match: "v0"'])).status, 412);
  assert.equal((await rawGet(origin, "/g")).status, 404);
});

test("records method, path, headers and bytes of every request, and which connection carried it", async (t) => {
  const origin = await originFor(t);
  origin.serve("/f", { content: CONTENT });
  const socket = connect(origin.port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.resume();
  socket.write("GET /f?a=b HTTP/1.1\r\nX-One: 1\r\n\r\nHEAD /f HTTP/1.1\r\n\r\n");
  while (origin.requests.at(1)?.state !== "done") await delay(5);
  await rawGet(origin, "/none");
  const seen = origin.requests.map((r) => [r.method, r.path, r.status, r.bodyBytes, r.connection, r.state]);
  assert.deepEqual(seen, [
    ["GET", "/f?a=b", 200, 200_000, 0, "done"],
    ["HEAD", "/f", 200, 0, 0, "done"],
    ["GET", "/none", 404, 0, 1, "done"],
  ]);
  assert.equal(origin.requestsOf("/f?a=b")[0]?.headers["x-one"], "1");
});

test("ignores ranges", async (t) => {
  const origin = await originFor(t);
  origin.serve("/f", { content: CONTENT, ranges: "ignored" });
  const { status, headers, body } = await rawGet(origin, "/f", ["Range: bytes=100-199"]);
  assert.deepEqual([status, headers["accept-ranges"], body.length], [200, undefined, 200_000]);
});

test("sends no length: chunked, or ended by closing", async (t) => {
  const origin = await originFor(t);
  origin.serve("/chunked", { content: fixedContent("hello"), framing: "chunked" });
  origin.serve("/empty", { framing: "chunked" });
  origin.serve("/close", { content: fixedContent("hello"), framing: "close" });
  const chunked = await rawGet(origin, "/chunked");
  assert.deepEqual(
    [chunked.headers["content-length"], chunked.body.toString()],
    [undefined, "5\r\nhello\r\n0\r\n\r\n"],
  );
  assert.equal((await rawGet(origin, "/empty")).body.toString(), "0\r\n\r\n");
  const closed = await rawGet(origin, "/close");
  assert.deepEqual([closed.headers["content-length"], closed.body.toString()], [undefined, "hello"]);
});

test("closes short, sends too much, and stalls at the byte it is told", async (t) => {
  const origin = await originFor(t);
  origin.serve("/short", { content: CONTENT, closeAfterBytes: 70_001 });
  origin.serve("/long", { content: fixedContent("hello"), extraBytes: 3 });
  origin.serve("/stall", { content: CONTENT, stallAfterBytes: 70_001 });
  const short = await rawGet(origin, "/short");
  assert.deepEqual([short.headers["content-length"], short.body.length], ["200000", 70_001]);
  const long = await rawGet(origin, "/long");
  assert.deepEqual([long.headers["content-length"], long.body.toString()], ["5", "helloxxx"]);
  const stall = await rawGet(origin, "/stall");
  assert.equal(stall.body.length, 70_001);
  while (origin.connections > 0) await delay(5);
  assert.deepEqual(origin.requests.map(({ state }) => state).sort(), ["closed", "closed", "done"]);
});

test("tells a wrong Content-Range, serves another range than asked, and answers with a wrong status", async (t) => {
  const origin = await originFor(t);
  origin.serve("/told", {
    content: CONTENT,
    contentRange: (first, last) => `bytes ${first + 1}-${last + 1}/9`,
  });
  origin.serve("/untold", { content: CONTENT, contentRange: () => "" });
  origin.serve("/served", {
    content: CONTENT,
    rangeServed: (first, end) => ({ first: first - 50, end: end + 50 }),
  });
  origin.serve("/status", { content: CONTENT, status: 203 });
  const ask = ["Range: bytes=100-199"];
  const told = await rawGet(origin, "/told", ask);
  assert.deepEqual([told.headers["content-range"], told.body.length], ["bytes 101-200/9", 100]);
  assert.equal((await rawGet(origin, "/untold", ask)).headers["content-range"], undefined);
  const served = await rawGet(origin, "/served", ask);
  assert.deepEqual(served.body, WHOLE.subarray(50, 250));
  assert.equal(served.headers["content-range"], "bytes 50-249/200000");
  assert.equal((await rawGet(origin, "/status", ask)).status, 203);
});

test("changes its content at a byte, in the running body or behind it, with or without a new ETag", async (t) => {
  const origin = await originFor(t);
  const next = randomContent(CONTENT.bytes, 12);
  const change = { atByte: 100_000, to: { content: next, etag: '"v2"' } };
  origin.serve("/new", { content: CONTENT, etag: '"v1"', change: { ...change, running: "new" } });
  const mixed = (await rawGet(origin, "/new")).body;
  assert.deepEqual(mixed.subarray(0, 100_000), WHOLE.subarray(0, 100_000));
  assert.deepEqual(mixed.subarray(100_000), next.read(100_000, 100_000));
  assert.equal((await rawGet(origin, "/new")).headers.etag, '"v2"');

  const silent = { content: next, etag: '"v1"' };
  origin.serve("/old", { content: CONTENT, etag: '"v1"', change: { ...change, to: silent, running: "old" } });
  assert.equal((await rawGet(origin, "/old", ["Range: bytes=0-9"])).body.compare(WHOLE.subarray(0, 10)), 0);
  assert.equal((await rawGet(origin, "/old")).body.compare(WHOLE), 0);
  const after = await rawGet(origin, "/old");
  assert.deepEqual([after.headers.etag, after.body.compare(next.read(0, 200_000))], ['"v1"', 0]);
});

test("accepts and never answers", async (t) => {
  const origin = await originFor(t);
  origin.serve("*", { silent: true });
  const socket = connect(origin.port, "127.0.0.1");
  socket.write("GET /any HTTP/1.1\r\n\r\n");
  const first = await Promise.race([once(socket, "data"), delay(150, "nothing")]);
  assert.equal(first, "nothing");
  assert.deepEqual([origin.requests[0]?.state, origin.connections], ["answering", 1]);
  socket.destroy();
});

test("drips as slowly as told", async (t) => {
  const origin = await originFor(t);
  origin.serve("/f", { content: CONTENT, bytesPerSecond: 1 });
  assert.equal((await rawGet(origin, "/f")).body.length, 1);
});

test("fails k times, with a status or by hanging up, then serves", async (t) => {
  const origin = await originFor(t);
  origin.serve("/status", { content: fixedContent("ok"), failures: { count: 2, status: 503 } });
  origin.serve("/close", { content: fixedContent("ok"), failures: { count: 1, status: "close" } });
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await rawGet(origin, "/status")).status);
  assert.deepEqual(statuses, [503, 503, 200]);
  assert.ok(Number.isNaN((await rawGet(origin, "/close")).status), "no answer");
  assert.equal((await rawGet(origin, "/close")).body.toString(), "ok");
});

test("redirects to another origin, which records the headers that came along", async (t) => {
  const [first, second] = [await originFor(t), await originFor(t)];
  second.serve("/there", { content: fixedContent("arrived") });
  for (const status of [301, 302, 307] as const) {
    first.serve("/here", { redirect: { status, location: second.url("/there") } });
    const answer = await fetch(first.url("/here"), { headers: { "x-mark": String(status) } });
    assert.equal(await answer.text(), "arrived");
    assert.equal(first.requests.at(-1)?.status, status);
    assert.equal(second.requests.at(-1)?.headers["x-mark"], String(status));
  }
});

test("speaks TLS with a certificate made for it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-tls-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const { ca, ...tls } = readCertificates(await makeCertificates(folder));
  const origin = await startMisbehavingOrigin({ tls });
  t.after(() => origin.stop());
  origin.serve("/f", { content: fixedContent("secret"), framing: "close" });
  const socket = connectTls({ port: origin.port, host: "127.0.0.1", ca });
  socket.write("GET /f HTTP/1.1\r\n\r\n");
  let said = "";
  for await (const chunk of socket) said += chunk;
  assert.match(said, /secret$/);
  assert.match(origin.url("/f"), /^https:/);
});

test("stops twice without complaint, with connections open", async () => {
  const origin = await startMisbehavingOrigin();
  origin.serve("/f", { silent: true });
  const waiting = rawGet(origin, "/f");
  while (origin.requests.length === 0) await delay(5);
  await Promise.all([origin.stop(), origin.stop()]);
  await origin.stop();
  assert.ok(Number.isNaN((await waiting).status));
});
