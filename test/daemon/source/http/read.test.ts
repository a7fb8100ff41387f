/** What read makes of answers that are right, wrong, short, long, late, of another version, or none. */
import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import type { P2pfsError } from "../../../../base/errors.ts";
import { BufferPool } from "../../../../base/file-pump.ts";
import { BLOCK_BYTES } from "../../../../base/limits.ts";
import type { HttpSourceOptions } from "../../../../daemon/source/http/http-source.ts";
import type { SourceReadRequest } from "../../../../daemon/source/source.ts";
import type { Behaviour } from "../../../origin/behaviour.ts";
import { fixedContent, randomContent } from "../../../origin/content.ts";
import { type MisbehavingOrigin, startMisbehavingOrigin } from "../../../origin/misbehaving.ts";
import { never, openDestination, type RecordedDestination } from "../../../suites/source-suite.ts";
import { httpSourceFor } from "./http-fixture.ts";

const DAY = "Sun, 06 Nov 1994 08:49:37 GMT";
const BYTES = 4 * BLOCK_BYTES + 100;
const content = randomContent(BYTES, 3);
const good = { content, etag: '"v1"', lastModified: DAY };

interface Asked extends Partial<Omit<SourceReadRequest, "into">> {
  readonly offset?: number;
  readonly length?: number | undefined;
}

async function originFor(t: TestContext, behaviour: Behaviour, options: Partial<HttpSourceOptions> = {}) {
  const origin = await startMisbehavingOrigin();
  t.after(() => origin.stop());
  origin.serve("/f", behaviour);
  const url = origin.url("f");
  const source = httpSourceFor(t, options);
  const destination = (asked: Asked = {}) =>
    openDestination(t, { offset: asked.offset ?? 0, length: "length" in asked ? asked.length : BYTES });
  const read = (into: RecordedDestination, asked: Asked = {}, signal = never) => {
    const { offset: _offset, length: _length, ...request } = asked;
    const validator = { etag: '"v1"', lastModified: DAY, length: BYTES };
    const defaults = { url, headers: {}, contentLength: BYTES, validator, ranges: true };
    return source.read({ ...defaults, ...request, into }, signal);
  };
  return { origin, source, destination, read };
}

/** Reads and expects an error of this code before a byte was written. */
async function refused(t: TestContext, behaviour: Behaviour, code: string, asked: Asked = {}) {
  const { origin, read, destination } = await originFor(t, behaviour);
  const into = destination(asked);
  await assert.rejects(read(into, asked), (error: P2pfsError) => {
    assert.equal(error.code, code, error.message);
    return true;
  });
  assert.equal(into.content().length, 0, "not a byte was written");
  assert.deepEqual(into.blocks, []);
  return origin;
}

async function untilClosed(origin: MisbehavingOrigin): Promise<void> {
  while (origin.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

function isContent(into: RecordedDestination, offset: number, length: number): boolean {
  return into
    .content()
    .subarray(offset, offset + length)
    .equals(content.read(offset, length));
}

describe("a ranged read", () => {
  test("is one GET of the range under If-Range, on a connection that is used again", async (t) => {
    const { origin, read, destination } = await originFor(t, good);
    for (const [offset, length] of [
      [BLOCK_BYTES, BLOCK_BYTES],
      [4 * BLOCK_BYTES, 100],
    ] as const) {
      const into = destination({ offset, length });
      assert.deepEqual(await read(into), { length });
      assert.ok(isContent(into, offset, length));
    }
    const [first, second] = origin.requests;
    assert.equal(origin.requests.length, 2);
    assert.equal(first?.headers.range, `bytes=${BLOCK_BYTES}-${2 * BLOCK_BYTES - 1}`);
    assert.equal(first?.headers["if-range"], '"v1"');
    assert.equal(first?.headers["accept-encoding"], "identity");
    assert.deepEqual([first?.state, first?.bodyBytes], ["done", BLOCK_BYTES]);
    assert.equal(second?.connection, first?.connection);
  });

  test("works over chunked answers as well", async (t) => {
    const { read, destination } = await originFor(t, { ...good, framing: "chunked" });
    const into = destination();
    await read(into);
    assert.ok(isContent(into, 0, BYTES));
  });

  test("of nothing asks nobody", async (t) => {
    const { origin, read, destination } = await originFor(t, good);
    assert.deepEqual(await read(destination({ length: 0 })), { length: 0 });
    assert.equal(origin.requests.length, 0);
  });

  for (const [what, told] of [
    ["no range", () => ""],
    ["a range that starts elsewhere", (first, last, total) => `bytes ${first + 1}-${last}/${total}`],
    ["a range that ends elsewhere", (first, last, total) => `bytes ${first}-${last - 1}/${total}`],
    ["a range that is none", () => "bytes 7"],
    ["several ranges", (first, last, total) => `bytes ${first}-${last}/${total}, bytes 0-0/${total}`],
  ] as [string, NonNullable<Behaviour["contentRange"]>][]) {
    test(`answered with ${what} is INTEGRITY before a byte is written`, async (t) => {
      await refused(t, { ...good, contentRange: told }, "INTEGRITY");
    });
  }

  test("answered with another length than the range is INTEGRITY before a byte is written", async (t) => {
    // A server whose file shrank between two of its own looks at it: the range is the old one's, the length the new one's.
    const shrunk = { ...good, content: fixedContent("short") };
    const told = (first: number) => `bytes ${first}-${BYTES - 1}/${BYTES}`;
    await refused(t, { ...shrunk, contentRange: told }, "INTEGRITY");
  });

  test("whose total is another is CHANGED before a byte is written", async (t) => {
    const told = (first: number, last: number, total: number) => `bytes ${first}-${last}/${total + 1}`;
    await refused(t, { ...good, contentRange: told }, "CHANGED");
  });

  test("answered with another version is CHANGED, and the new content is not downloaded", async (t) => {
    const origin = await refused(
      t,
      { ...good, content: randomContent(200_000_000, 9), etag: '"v2"' },
      "CHANGED",
    );
    await untilClosed(origin);
    assert.equal(origin.requests[0]?.status, 200, "If-Range did not hold");
    assert.ok((origin.requests[0]?.bodyBytes ?? 0) < 20_000_000);
  });

  test("answered with a part of another version is CHANGED, also where the server knows no If-Range", async (t) => {
    const weak = { etag: 'W/"v1"', lastModified: DAY, length: BYTES };
    await refused(t, { ...good, etag: 'W/"v2"' }, "CHANGED", { validator: weak });
    await refused(t, { ...good, etag: 'W/"v1"', lastModified: "Sun, 06 Nov 1994 08:49:38 GMT" }, "CHANGED", {
      validator: weak,
    });
    const dated = { lastModified: DAY, length: BYTES };
    await refused(t, { content, lastModified: "Sun, 06 Nov 1994 08:49:38 GMT" }, "CHANGED", {
      validator: dated,
    });
  });

  test("with a weak ETag sends no If-Range and compares afterwards", async (t) => {
    const { origin, read, destination } = await originFor(t, { ...good, etag: 'W/"v1"' });
    const into = destination();
    await read(into, { validator: { etag: 'W/"v1"', lastModified: DAY, length: BYTES } });
    assert.ok(isContent(into, 0, BYTES));
    assert.equal(origin.requests[0]?.headers["if-range"], undefined);
  });

  test("with a Last-Modified alone sends it once it is settled", async (t) => {
    const { origin, read, destination } = await originFor(t, { content, lastModified: DAY });
    await read(destination(), { validator: { lastModified: DAY, length: BYTES } });
    assert.equal(origin.requests[0]?.headers["if-range"], DAY);
  });

  test("of parts that do not say of which version they are is NOT_SUPPORTED, so that the whole is read instead", async (t) => {
    await refused(t, { content }, "NOT_SUPPORTED", { validator: { etag: 'W/"v1"', length: BYTES } });
  });

  test("without any validator is told apart by its length alone", async (t) => {
    const { read, destination } = await originFor(t, { content });
    const into = destination();
    await read(into, { validator: { length: BYTES } });
    assert.ok(isContent(into, 0, BYTES));
    await refused(t, { content }, "CHANGED", { validator: {}, contentLength: BYTES + 1 });
  });

  test("refused as out of bounds is CHANGED where the length is another, else INTEGRITY", async (t) => {
    await refused(t, { ...good, content: randomContent(10) }, "CHANGED", {
      offset: BLOCK_BYTES,
      length: 100,
    });
    await refused(t, { ...good, content: fixedContent("") }, "CHANGED");
    await refused(
      t,
      { ...good, status: 416, headers: { "Content-Range": `bytes */${BYTES}` }, contentRange: () => "" },
      "INTEGRITY",
    );
    await refused(t, { ...good, status: 412 }, "CHANGED");
  });

  test("whose connection ends early is INTEGRITY, and the blocks before it are right", async (t) => {
    for (const framing of ["length", "chunked"] as const) {
      const { read, destination } = await originFor(t, {
        ...good,
        framing,
        closeAfterBytes: 2 * BLOCK_BYTES + 5,
      });
      const into = destination();
      await assert.rejects(read(into), { code: "INTEGRITY", name: "IntegrityError" });
      assert.ok(isContent(into, 0, into.blocks.length * BLOCK_BYTES));
    }
  });

  test("that gets fewer bytes than the answer promised is INTEGRITY", async (t) => {
    const told = () => `bytes 0-${BYTES - 1}/${BYTES}`;
    const { read, destination } = await originFor(t, {
      ...good,
      content: { bytes: BLOCK_BYTES + 1, read: (offset, length) => content.read(offset, length) },
      framing: "chunked",
      contentRange: told,
    });
    const into = destination();
    await assert.rejects(read(into), { code: "INTEGRITY" });
    assert.equal(into.blocks.length, 1);
  });

  test("that gets more bytes than the answer promised writes none of them", async (t) => {
    const chunked = await originFor(t, { ...good, framing: "chunked", extraBytes: 10 });
    await assert.rejects(chunked.read(chunked.destination()), { code: "INTEGRITY" });
    const beyond = await originFor(t, { ...good, extraBytes: 10 });
    const into = beyond.destination();
    await beyond.read(into);
    assert.equal(into.content().length, BYTES);
    assert.ok(isContent(into, 0, BYTES));
  });

  test("that stalls is a DEADLINE error after the silence, and gives up the connection", async (t) => {
    const { origin, read, destination } = await originFor(
      t,
      { ...good, stallAfterBytes: BLOCK_BYTES + 10 },
      { idleTimeoutMs: 200 },
    );
    const into = destination();
    await assert.rejects(read(into), { code: "DEADLINE", name: "DeadlineError" });
    assert.equal(into.blocks.length, 1);
    await untilClosed(origin);
  });

  test("of a file that is replaced in mid-read keeps its version, or is CHANGED: never both", async (t) => {
    const next = { content: randomContent(BYTES, 4), etag: '"v2"' };
    const { read, destination } = await originFor(t, {
      ...good,
      change: { atByte: BLOCK_BYTES, to: next, running: "old" },
    });
    const first = destination({ length: 2 * BLOCK_BYTES });
    await read(first);
    assert.ok(isContent(first, 0, 2 * BLOCK_BYTES));
    const second = destination({ offset: 2 * BLOCK_BYTES, length: BLOCK_BYTES });
    await assert.rejects(read(second), { code: "CHANGED" });
    assert.deepEqual(second.blocks, []);
  });

  for (const [status, code] of [
    [404, "NOT_FOUND"],
    [403, "PERMISSION"],
    [503, "SOURCE_FAILED"],
    [400, "SOURCE_REFUSED"],
  ] as const) {
    test(`answered with ${status} is ${code} at once: the engine repeats it, not the source`, async (t) => {
      const origin = await refused(t, { ...good, status }, code);
      assert.equal(origin.requests.length, 1);
    });
  }

  test("that is refused a connection is UNAVAILABLE", async (t) => {
    const { origin, read, destination } = await originFor(t, good);
    await origin.stop();
    await assert.rejects(read(destination()), { code: "UNAVAILABLE", name: "UnavailableError" });
  });
});

describe("an origin without ranges", () => {
  const ignoring = { ...good, ranges: "ignored" } as const;

  test("serves the whole to a ranged read of the whole", async (t) => {
    const { read, destination } = await originFor(t, ignoring);
    const into = destination();
    await read(into);
    assert.ok(isContent(into, 0, BYTES));
  });

  test("is NOT_SUPPORTED for parts, and not downloaded", async (t) => {
    for (const asked of [{ length: BLOCK_BYTES }, { offset: BLOCK_BYTES, length: BLOCK_BYTES }])
      await refused(t, ignoring, "NOT_SUPPORTED", asked);
  });

  test("is read whole by one GET without a Range, with or without a length", async (t) => {
    for (const framing of ["length", "chunked", "close"] as const) {
      const { origin, read, destination } = await originFor(t, { ...ignoring, framing });
      for (const length of [BYTES, undefined]) {
        const into = destination({ length });
        const asked = length === undefined ? { contentLength: undefined, validator: { etag: '"v1"' } } : {};
        assert.deepEqual(await read(into, { ...asked, ranges: false }), { length: BYTES });
        assert.ok(isContent(into, 0, BYTES));
        assert.equal(into.blocks.length, 5);
      }
      assert.equal(origin.requests[0]?.headers.range, undefined);
      assert.equal(origin.requests[0]?.headers["if-range"], undefined);
    }
  });

  test("is CHANGED when the whole is another version or of another length", async (t) => {
    await refused(t, { ...ignoring, etag: '"v2"' }, "CHANGED", { ranges: false });
    await refused(t, ignoring, "CHANGED", { ranges: false, contentLength: 10, validator: {}, length: 10 });
  });

  test("that sends a part of its own accord is INTEGRITY", async (t) => {
    await refused(t, { ...ignoring, status: 206 }, "INTEGRITY", { ranges: false });
  });

  test("whose whole is cut off is INTEGRITY wherever that can be seen", async (t) => {
    for (const framing of ["length", "chunked"] as const) {
      const { read, destination } = await originFor(t, { ...ignoring, framing, closeAfterBytes: 1_000 });
      const asked = { ranges: false, contentLength: undefined, validator: {}, length: undefined };
      await assert.rejects(read(destination(asked), asked), { code: "INTEGRITY" });
    }
  });

  test("a whole that is coded on the fly is SOURCE_REFUSED", async (t) => {
    const coded = {
      ...ignoring,
      etag: 'W/"v1"',
      framing: "chunked",
      headers: { "Content-Encoding": "br" },
    } as const;
    await refused(t, coded, "SOURCE_REFUSED", { ranges: false, validator: {}, contentLength: undefined });
  });

  test("a whole read that begins elsewhere is INVALID_ARGUMENT", async (t) => {
    await refused(t, ignoring, "INVALID_ARGUMENT", { ranges: false, offset: BLOCK_BYTES, length: 1 });
  });
});

describe("connections and buffers of reads", () => {
  test("a kept connection that the server closed meanwhile is replaced at once, unseen", async (t) => {
    const { origin, read, destination } = await originFor(t, good);
    await read(destination());
    origin.serve("/f", { ...good, failures: { count: 1, status: "close" } });
    const into = destination();
    await read(into);
    assert.ok(isContent(into, 0, BYTES));
    assert.equal(origin.requests.length, 3);
  });

  test("an origin that closes every connection without an answer is UNAVAILABLE after one GET", async (t) => {
    const origin = await refused(t, { ...good, failures: { count: 99, status: "close" } }, "UNAVAILABLE");
    assert.equal(origin.requests.length, 1);
  });

  test("an aborted read gives up its connection and its buffers", async (t) => {
    const buffers = new BufferPool(4 * BLOCK_BYTES);
    const { origin, read, destination } = await originFor(
      t,
      { ...good, bytesPerSecond: 2_000_000 },
      { buffers },
    );
    const controller = new AbortController();
    const going = read(destination(), {}, controller.signal);
    while ((origin.requests[0]?.bodyBytes ?? 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    await assert.rejects(going, { code: "CANCELLED" });
    await untilClosed(origin);
    assert.equal(buffers.lentCount, 0);
    assert.equal(buffers.waitingCount, 0);
  });

  test("a disk that is full is NO_SPACE, and gives up the connection", async (t) => {
    const { origin, read, destination } = await originFor(t, good);
    const fd = openSync("/dev/full", "w");
    t.after(() => closeSync(fd));
    await assert.rejects(read({ ...destination(), fd }), { code: "NO_SPACE", name: "LimitError" });
    await untilClosed(origin);
  });

  test("many reads share few buffers, and all end well", async (t) => {
    const buffers = new BufferPool(2 * BLOCK_BYTES);
    const { read, destination } = await originFor(t, good, { buffers });
    const all = Array.from({ length: 20 }, () => destination());
    await Promise.all(all.map((into) => read(into)));
    for (const into of all) assert.ok(isContent(into, 0, BYTES));
    assert.equal(buffers.lentCount, 0);
  });

  test("closing the source ends reads and questions under way with CLOSED", async (t) => {
    const { origin, source, read, destination } = await originFor(t, { ...good, stallAfterBytes: 100 });
    origin.serve("/silent", { silent: true });
    const reading = assert.rejects(read(destination()), { code: "CLOSED" });
    const asking = assert.rejects(source.stat({ url: origin.url("silent"), headers: {} }, never), {
      code: "CLOSED",
    });
    while (origin.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await source.close();
    await Promise.all([reading, asking]);
    await untilClosed(origin);
  });
});
