/** The wire itself: bytes stay right however they arrive and whoever pauses, plain and over TLS, and every bound on it holds. */
import assert from "node:assert/strict";
import { once, setMaxListeners } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { FakeClock } from "../../../../base/clock.ts";
import { BufferPool } from "../../../../base/file-pump.ts";
import {
  ANSWER_HEAD_BYTES_MAX,
  BLOCK_BYTES,
  ORIGIN_CONNECTIONS_MAX,
  SOCKET_COPY_BYTES,
  UNWANTED_BODY_MS_MAX,
} from "../../../../base/limits.ts";
import type { HttpSourceOptions } from "../../../../daemon/source/http/http-source.ts";
import { until } from "../../../base/promises.ts";
import { seededRandom } from "../../../base/seeded-random.ts";
import { makeCertificates, readCertificates } from "../../../origin/certificates.ts";
import { fixedContent, randomContent } from "../../../origin/content.ts";
import { startMisbehavingOrigin } from "../../../origin/misbehaving.ts";
import { never, openDestination } from "../../../suites/source-suite.ts";
import { httpSourceFor } from "./http-fixture.ts";

const pause = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs));

/** A server that answers each request with what `answer` writes to its socket. */
async function serverFor(
  t: TestContext,
  answer: (socket: Socket, request: string) => Promise<void>,
  tls?: { cert: string; key: string },
) {
  const sockets = new Set<Socket>();
  const onSocket = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => void answer(socket, chunk.toString("latin1")));
  };
  const server = tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const scheme = tls === undefined ? "http" : "https";
  return { url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/f`, sockets };
}

async function certificatesFor(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-wire-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return readCertificates(await makeCertificates(folder));
}

function wholeRead(t: TestContext, url: string, length: number, certificateChain: string[] = []) {
  const into = openDestination(t, { length });
  const request = {
    url,
    headers: {},
    certificateChain,
    into,
    contentLength: length,
    validator: {},
    ranges: false,
  };
  return { into, request };
}

describe("bytes on the wire", () => {
  for (const secure of [false, true]) {
    test(`come out as they went in, in pieces of any size, while buffers are short${secure ? ", over TLS" : ""}`, async (t) => {
      const random = seededRandom(`wire ${secure ? "TLS" : "plain"}`);
      const bytes = 6 * BLOCK_BYTES + 4_321;
      const content = randomContent(bytes, random.below(1_000)).read(0, bytes);
      const made = secure ? await certificatesFor(t) : undefined;
      const { url } = await serverFor(
        t,
        async (socket) => {
          const chunked = random.below(2) === 0;
          socket.write(
            `HTTP/1.1 200 OK\r\n${chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${bytes}`}\r\n\r\n`,
          );
          for (let at = 0; at < bytes; ) {
            const most = random.pick([10, 1_000, SOCKET_COPY_BYTES, 3 * SOCKET_COPY_BYTES, 500_000]);
            const piece = content.subarray(at, at + 1 + random.below(most));
            if (chunked) socket.write(`${piece.length.toString(16)}\r\n`);
            socket.write(piece);
            const more = chunked ? socket.write("\r\n") : socket.writableLength < 500_000;
            if (!more && socket.writableNeedDrain) await once(socket, "drain");
            if (random.below(20) === 0) await pause(1);
            at += piece.length;
          }
          if (chunked) socket.write("0\r\n\r\n");
        },
        made,
      );
      const buffers = new BufferPool(2 * BLOCK_BYTES);
      const source = httpSourceFor(t, { buffers });
      const reads = Array.from({ length: 6 }, () =>
        wholeRead(t, url, bytes, made === undefined ? [] : [made.ca]),
      );
      await Promise.all(reads.map(({ request }) => source.read(request, never)));
      for (const { into } of reads) assert.ok(into.content().equals(content));
      assert.equal(buffers.lentCount, 0);
    });
  }

  for (const [how, cut] of [
    ["byte by byte", /(?=.)/s],
    ["line by line", /(?<=\r\n)/],
  ] as const) {
    test(`a head that comes ${how}, between large reads, is understood`, async (t) => {
      const bytes = 2 * BLOCK_BYTES;
      const content = randomContent(bytes, 8).read(0, bytes);
      const { url } = await serverFor(t, async (socket) => {
        const filler = Array.from({ length: 12 }, (_, index) => `X-Filler-${index}: ${"f".repeat(20)}\r\n`);
        const head = `HTTP/1.1 200 OK\r\nETag: "the-tag"\r\nContent-Length: ${bytes}\r\n${filler.join("")}\r\n`;
        for (const piece of head.split(cut)) {
          socket.write(piece);
          await pause(1);
        }
        socket.write(content);
      });
      const source = httpSourceFor(t);
      for (let round = 0; round < 2; round++) {
        const { into, request } = wholeRead(t, url, bytes);
        const { responseHeaders } = await source.stat(request, never);
        assert.equal(responseHeaders.etag, '"the-tag"');
        assert.equal(responseHeaders["x-filler-0"], "f".repeat(20));
        await source.read(request, never);
        assert.ok(into.content().equals(content));
      }
    });
  }

  test("waiting for a buffer is no silence of the origin", async (t) => {
    const origin = await startMisbehavingOrigin();
    t.after(() => origin.stop());
    const content = randomContent(3 * BLOCK_BYTES, 1);
    origin.serve("/f", { content });
    const buffers = new BufferPool(BLOCK_BYTES);
    const source = httpSourceFor(t, { buffers, idleTimeoutMs: 150 });
    const lent = await buffers.lend();
    const { into, request } = wholeRead(t, origin.url("f"), content.bytes);
    const reading = source.read(request, never);
    await pause(600);
    buffers.giveBack(lent);
    assert.deepEqual(await reading, { length: content.bytes });
    assert.ok(into.content().equals(content.read(0, content.bytes)));
  });
});

describe("an origin that closes while the reader pauses", () => {
  const bytes = BLOCK_BYTES;
  const content = randomContent(bytes, 4).read(0, bytes);

  for (const secure of [false, true]) {
    for (const [framing, head] of [
      ["a length", `Content-Length: ${bytes}\r\nConnection: close`],
      ["chunks", "Transfer-Encoding: chunked\r\nConnection: close"],
      ["its closing", "Connection: close"],
    ] as const) {
      test(`after a body that ends by ${framing}${secure ? ", over TLS," : ""} is read to its end`, async (t) => {
        const made = secure ? await certificatesFor(t) : undefined;
        const { url } = await serverFor(
          t,
          async (socket) => {
            socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`);
            if (framing === "chunks")
              socket.end(`${bytes.toString(16)}\r\n${content.toString("latin1")}\r\n0\r\n\r\n`, "latin1");
            else socket.end(content);
          },
          made,
        );
        const buffers = new BufferPool(BLOCK_BYTES);
        const source = httpSourceFor(t, { buffers });
        for (const length of [bytes, undefined]) {
          const lent = await buffers.lend();
          const { into, request } = wholeRead(t, url, bytes, made === undefined ? [] : [made.ca]);
          const reading = source.read({ ...request, into: { ...into, length } }, never);
          // Everything the origin has to say arrives meanwhile.
          await pause(100);
          buffers.giveBack(lent);
          assert.deepEqual(await reading, { length: bytes });
          assert.ok(into.content().equals(content));
        }
      });
    }

    test(`in the middle of a body${secure ? ", over TLS," : ""} ends the read, not the process`, async (t) => {
      const made = secure ? await certificatesFor(t) : undefined;
      for (const ending of ["end", "reset"]) {
        const { url } = await serverFor(
          t,
          async (socket) => {
            socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\nConnection: close\r\n\r\n`);
            socket.write(content.subarray(0, 100_000));
            await pause(50);
            // A TLS socket has no reset of its own; without a farewell it is as abrupt.
            if (ending === "end") socket.end();
            else if (secure) socket.destroy();
            else socket.resetAndDestroy();
          },
          made,
        );
        const buffers = new BufferPool(BLOCK_BYTES);
        const source = httpSourceFor(t, { buffers });
        const lent = await buffers.lend();
        const { request } = wholeRead(t, url, bytes, made === undefined ? [] : [made.ca]);
        const reading = assert.rejects(
          source.read(request, never),
          { code: /^(INTEGRITY|UNAVAILABLE)$/ },
          ending,
        );
        await pause(150);
        buffers.giveBack(lent);
        await reading;
        assert.equal(buffers.lentCount, 0);
      }
    });
  }
});

describe("bounds of the wire", () => {
  async function originFor(t: TestContext, options: Partial<HttpSourceOptions> = {}) {
    const origin = await startMisbehavingOrigin();
    t.after(() => origin.stop());
    return { origin, source: httpSourceFor(t, { maxRetries: 0, ...options }) };
  }

  test("a head larger than is taken is SOURCE_REFUSED", async (t) => {
    const { origin, source } = await originFor(t);
    const filled = (bytes: number) => ({
      content: fixedContent("x"),
      headers: { "X-Filler": "f".repeat(bytes) },
    });
    origin.serve("/fits", filled(ANSWER_HEAD_BYTES_MAX - 1_000));
    assert.equal((await source.stat({ url: origin.url("fits"), headers: {} }, never)).length, 1);
    origin.serve("/large", filled(ANSWER_HEAD_BYTES_MAX));
    await assert.rejects(source.stat({ url: origin.url("large"), headers: {} }, never), {
      code: "SOURCE_REFUSED",
    });
  });

  test("the rest of an unwanted body is waited for so long and no longer", async (t) => {
    const clock = new FakeClock();
    const { origin, source } = await originFor(t, { clock });
    origin.serve("/f", { content: fixedContent("0123456789"), ranges: "ignored", stallAfterBytes: 5 });
    const found = source.stat({ url: origin.url("f"), headers: {} }, never);
    while ((origin.requests[0]?.bodyBytes ?? 0) < 5) await pause(2);
    // The deadline of the question, and the wait for the rest.
    while (clock.pending < 2) await pause(2);
    clock.advance(UNWANTED_BODY_MS_MAX);
    assert.equal((await found).length, 10);
    while (origin.connections > 0) await pause(2);
  });

  test("reads of one origin share so many connections", async (t) => {
    // A hundred connections take their time on a busy machine, and those who wait for one wait as long.
    const { origin, source } = await originFor(t, { connectTimeoutMs: 60_000 });
    origin.serve("/f", { silent: true });
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const reads = Array.from({ length: ORIGIN_CONNECTIONS_MAX + 20 }, () => {
      const { request } = wholeRead(t, origin.url("f"), 10);
      return source.read(request, controller.signal).catch(() => "over");
    });
    await until(() => origin.requests.length >= ORIGIN_CONNECTIONS_MAX, "as many requests as connections");
    await pause(50);
    assert.equal(origin.connections, ORIGIN_CONNECTIONS_MAX);
    controller.abort();
    assert.ok((await Promise.all(reads)).every((end) => end === "over"));
  });
});
