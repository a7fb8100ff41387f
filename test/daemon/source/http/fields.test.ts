/** Fields of answers: what RFC 9110 allows is understood, anything else counts as not there; versions are told apart. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  parseBytes,
  parseContentRange,
  parseHttpDate,
  parseMediaType,
  parseReprDigest,
  parseRetryAfter,
  parseUnsatisfied,
} from "../../../../daemon/source/http/fields.ts";
import { compareVersion, ifRangeOf } from "../../../../daemon/source/http/version.ts";

const HELLO_SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

describe("fields", () => {
  test("lengths are digits up to what p2pfs handles", () => {
    assert.equal(parseBytes("0"), 0);
    assert.equal(parseBytes("4503599627370496"), 4_503_599_627_370_496);
    for (const text of [
      undefined,
      "",
      "-1",
      "1.5",
      "1e3",
      " 1",
      "0x10",
      "4503599627370497",
      "99999999999999999",
    ])
      assert.equal(parseBytes(text), undefined, text);
  });

  test("a Content-Range names a part that lies in its whole", () => {
    assert.deepEqual(parseContentRange("bytes 0-0/10"), { offset: 0, length: 1, total: 10 });
    assert.deepEqual(parseContentRange("Bytes 5-9/*"), { offset: 5, length: 5, total: undefined });
    for (const text of [
      "bytes 5-4/10",
      "bytes 0-10/10",
      "bytes */10",
      "items 0-1/2",
      "bytes 0-1",
      "bytes=0-1/2",
      "bytes 0-1/2, bytes 3-4/5",
      "",
    ])
      assert.equal(parseContentRange(text), undefined, text);
    assert.equal(parseUnsatisfied("bytes */10"), 10);
    assert.equal(parseUnsatisfied("bytes 0-1/10"), undefined);
  });

  test("dates are in GMT, Retry-After is seconds or a date", () => {
    const atMs = Date.UTC(1994, 10, 6, 8, 49, 37);
    assert.equal(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), atMs);
    assert.equal(parseHttpDate("Sun, 06 Nov 1994 08:49:37"), undefined);
    assert.equal(parseHttpDate("never GMT"), undefined);
    assert.equal(parseRetryAfter("120", 0), 120_000);
    assert.equal(parseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", atMs - 3_000), 3_000);
    assert.equal(parseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", atMs + 3_000), 0);
    assert.equal(parseRetryAfter("soon", 0), undefined);
  });

  test("media types come without parameters, in lower case", () => {
    assert.equal(parseMediaType("Text/HTML; charset=UTF-8"), "text/html");
    assert.equal(parseMediaType(""), undefined);
    assert.equal(parseMediaType(undefined), undefined);
  });

  test("Repr-Digest gives the digests that prove something", () => {
    const base64 = Buffer.from(HELLO_SHA256, "hex").toString("base64");
    assert.deepEqual(parseReprDigest(`md5=:XUFAKrxLKna5cZ2REBfFkg==:, sha-256=:${base64}:`), [
      `sha256:${HELLO_SHA256}`,
    ]);
    assert.deepEqual(parseReprDigest("sha-256=:AAAA:"), []);
    assert.deepEqual(parseReprDigest(undefined), []);
  });
});

describe("versions", () => {
  const head = (headers: Record<string, string>) => ({ statusCode: 206, headers });
  const day = "Sun, 06 Nov 1994 08:49:37 GMT";
  const other = "Sun, 06 Nov 1994 08:49:38 GMT";

  test("only what is strong is sent as If-Range", () => {
    const nowMs = Date.UTC(1994, 10, 6, 9, 0, 0);
    assert.equal(ifRangeOf({ etag: '"a"', lastModified: day }, nowMs), '"a"');
    assert.equal(ifRangeOf({ etag: 'W/"a"', lastModified: day }, nowMs), undefined);
    assert.equal(ifRangeOf({ etag: "unquoted", lastModified: day }, nowMs), undefined);
    assert.equal(ifRangeOf({ lastModified: day }, nowMs), day);
    assert.equal(ifRangeOf({ lastModified: day }, Date.UTC(1994, 10, 6, 8, 50, 0)), undefined, "too fresh");
    assert.equal(ifRangeOf({ lastModified: "yesterday" }, nowMs), undefined);
    assert.equal(ifRangeOf({ length: 5 }, nowMs), undefined);
  });

  test("answers are the same version, another, or do not say", () => {
    const same = (wanted: object, headers: Record<string, string>, total?: number) =>
      compareVersion(wanted, head(headers), total);
    assert.equal(same({ etag: '"a"', lastModified: day }, { etag: '"a"', "last-modified": other }), "same");
    assert.equal(same({ etag: '"a"' }, { etag: '"b"' }), "changed");
    assert.equal(same({ etag: '"a"', length: 5 }, { etag: '"a"' }, 6), "changed");
    assert.equal(same({ etag: 'W/"a"' }, { etag: '"a"' }), "same");
    assert.equal(
      same({ etag: 'W/"a"', lastModified: day }, { etag: 'W/"a"', "last-modified": other }),
      "changed",
    );
    assert.equal(same({ lastModified: day }, { "last-modified": day }), "same");
    assert.equal(same({ lastModified: day }, { "last-modified": other }), "changed");
    assert.equal(same({ etag: '"a"', lastModified: day }, { "last-modified": day }), "same");
    assert.equal(same({ etag: '"a"' }, {}), "unknown");
    assert.equal(same({ lastModified: day }, { etag: '"a"' }), "unknown");
    assert.equal(same({ length: 5 }, { etag: '"a"' }, 5), "same");
    assert.equal(same({}, {}), "same");
  });
});
