/** Redirects: where they lead, what goes along, what is remembered, and for how long. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { FakeClock } from "../../../../base/clock.ts";
import { REDIRECTS_KEPT_MAX, REDIRECTS_MAX } from "../../../../base/limits.ts";
import type { HttpSourceOptions } from "../../../../daemon/source/http/http-source.ts";
import { RedirectCache } from "../../../../daemon/source/http/redirects.ts";
import { makeCertificates, readCertificates } from "../../../origin/certificates.ts";
import { fixedContent } from "../../../origin/content.ts";
import { type MisbehavingOptions, startMisbehavingOrigin } from "../../../origin/misbehaving.ts";
import { never, openDestination, readOf } from "../../../suites/source-suite.ts";
import { httpSourceFor } from "./http-fixture.ts";

const good = { content: fixedContent("content"), etag: '"v1"' };
const SECRETS = {
  Authorization: "Bearer secret",
  Cookie: "id=secret",
  "X-Api-Key": "secret",
  "X-Whatever": "secret",
};

async function originFor(t: TestContext, options: MisbehavingOptions = {}) {
  const origin = await startMisbehavingOrigin(options);
  t.after(() => origin.stop());
  return origin;
}

function whereTo(location: string, status: 301 | 302 | 303 | 307 | 308 = 302) {
  return { redirect: { status, location } };
}

/** Stats and reads a URL of the source; resolves to what was read. */
async function readAll(t: TestContext, source: ReturnType<typeof httpSourceFor>, url: string, headers = {}) {
  const request = { url, headers };
  const stat = await source.stat(request, never);
  const read = async () => {
    const into = openDestination(t, { length: stat.length });
    await source.read(readOf(request, stat, into), never);
    return into.content().toString();
  };
  return { stat, read };
}

describe("redirects", () => {
  test("of every kind are followed, relative ones too, and the end is told", async (t) => {
    const origin = await originFor(t);
    origin.serve("/deep/end", good);
    for (const status of [301, 302, 303, 307, 308] as const) {
      for (const location of ["/deep/end", "deep/end#part", origin.url("deep/end")]) {
        origin.serve("/f", whereTo(location, status));
        const { stat, read } = await readAll(t, httpSourceFor(t), origin.url("f"));
        assert.equal(stat.finalUrl, origin.url("deep/end"));
        assert.equal(stat.kind, "file");
        assert.equal(await read(), "content");
      }
    }
  });

  test("keep headers at their origin, and give none but harmless ones to another", async (t) => {
    const [first, second] = [await originFor(t), await originFor(t)];
    first.serve("/f", whereTo("/g"));
    first.serve("/g", whereTo(second.url("h?signed=1")));
    second.serve("/h", good);
    const headers = { ...SECRETS, Accept: "application/x", "User-Agent": "me/1", "Accept-Language": "de" };
    const source = httpSourceFor(t, { requestHeader: { "X-Config": "secret" } });
    await readAll(t, source, first.url("f"), headers);
    for (const request of first.requests) {
      assert.equal(request.headers.authorization, "Bearer secret");
      assert.equal(request.headers["x-config"], "secret");
    }
    const [crossed] = second.requests;
    assert.doesNotMatch(JSON.stringify(crossed?.headers), /secret/);
    assert.equal(crossed?.headers.accept, "application/x");
    assert.equal(crossed?.headers["user-agent"], "me/1");
    assert.equal(crossed?.headers["accept-language"], "de");
  });

  test("that lead back give the credentials to nobody any more", async (t) => {
    const [first, second] = [await originFor(t), await originFor(t)];
    first.serve("/f", whereTo(second.url("there")));
    second.serve("/there", whereTo(first.url("back")));
    first.serve("/back", good);
    const { read } = await readAll(t, httpSourceFor(t), first.url("f"), SECRETS);
    await read();
    for (const request of first.requestsOf("/back"))
      assert.doesNotMatch(JSON.stringify(request.headers), /secret/);
    assert.equal(first.requestsOf("/back").length, 2);
  });

  test("do not carry user info: not the URL's to others, not a server's to anybody", async (t) => {
    const [first, second] = [await originFor(t), await originFor(t)];
    first.serve("/f", whereTo(second.url("g").replace("://", "://planted:word@")));
    second.serve("/g", good);
    const url = first.url("f").replace("://", "://me:p%40ss@");
    const { stat } = await readAll(t, httpSourceFor(t), url);
    assert.equal(
      first.requests[0]?.headers.authorization,
      `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
    );
    assert.equal(second.requests[0]?.headers.authorization, undefined);
    assert.equal(stat.finalUrl, second.url("g"));
  });

  test("from https to http are followed without credentials and refused with them", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "p2pfs-redirects-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const { ca, cert, key } = readCertificates(await makeCertificates(folder));
    const [secure, plain] = [await originFor(t, { tls: { cert, key } }), await originFor(t)];
    secure.serve("/f", whereTo(plain.url("g")));
    plain.serve("/g", good);
    const source = httpSourceFor(t);
    const request = { url: secure.url("f"), certificateChain: [ca], headers: {} };
    assert.equal((await source.stat(request, never)).length, 7);
    for (const headers of [{ Authorization: "secret" }, { "X-Token": "secret" }]) {
      await assert.rejects(source.stat({ ...request, headers }, never), {
        code: "SOURCE_REFUSED",
        message: /https to http/,
      });
    }
    assert.equal(plain.requests.length, 1);
    plain.serve("/up", whereTo(secure.url("end")));
    secure.serve("/end", good);
    assert.equal((await source.stat({ ...request, url: plain.url("up") }, never)).length, 7);
  });

  test("are followed so often and no oftener", async (t) => {
    const origin = await originFor(t);
    for (let hop = 0; hop <= REDIRECTS_MAX; hop++) origin.serve(`/${hop}`, whereTo(`/${hop + 1}`));
    origin.serve(`/${REDIRECTS_MAX + 1}`, good);
    const source = httpSourceFor(t);
    assert.equal((await source.stat({ url: origin.url("1"), headers: {} }, never)).length, 7);
    const refused = { code: "SOURCE_REFUSED", message: /redirects more than/ };
    await assert.rejects(source.stat({ url: origin.url("0"), headers: {} }, never), refused);
    origin.serve("/loop", whereTo("/loop"));
    await assert.rejects(source.stat({ url: origin.url("loop"), headers: {} }, never), refused);
  });

  test("to something else than http are SOURCE_REFUSED; one without a place is an answer like any other", async (t) => {
    const origin = await originFor(t);
    const source = httpSourceFor(t);
    for (const location of ["file:///etc/passwd", "ftp://h/f", "http://", "https://[bad/"]) {
      origin.serve("/f", whereTo(location));
      await assert.rejects(
        source.stat({ url: origin.url("f"), headers: {} }, never),
        { code: "SOURCE_REFUSED" },
        location,
      );
    }
    origin.serve("/f", { content: fixedContent("x"), status: 302 });
    await assert.rejects(source.stat({ url: origin.url("f"), headers: {} }, never), {
      code: "SOURCE_REFUSED",
    });
  });

  test("with names in plain UTF-8 are understood", async (t) => {
    const origin = await originFor(t);
    origin.serve("/f", whereTo("/wörld"));
    origin.serve("/w%C3%B6rld", good);
    const stat = await httpSourceFor(t).stat({ url: origin.url("f"), headers: {} }, never);
    assert.equal(stat.finalUrl, origin.url("w%C3%B6rld"));
  });
});

describe("remembered redirects", () => {
  async function chain(t: TestContext, status: 302 | 308, options: Partial<HttpSourceOptions> = {}) {
    const origin = await originFor(t);
    origin.serve("/f", whereTo("/g", status));
    origin.serve("/g", good);
    const source = httpSourceFor(t, options);
    const { read } = await readAll(t, source, origin.url("f"));
    const asked = () => origin.requests.map(({ path }) => path).splice(0);
    const forget = () => void (origin.requests as unknown[]).splice(0);
    return { origin, source, read, asked, forget };
  }

  test("spare reads the way, for the configured time", async (t) => {
    const clock = new FakeClock();
    const { read, asked, forget } = await chain(t, 302, { clock, temporaryRedirectMs: 10_000 });
    forget();
    await read();
    clock.advance(9_999);
    await read();
    assert.deepEqual(asked(), ["/g", "/g"]);
    clock.advance(1);
    forget();
    await read();
    assert.deepEqual(asked(), ["/f", "/g"]);
  });

  test("are not taken for temporary ones where that is switched off; permanent ones always are", async (t) => {
    const temporary = await chain(t, 302, { cacheTemporaryRedirects: false });
    temporary.forget();
    await temporary.read();
    assert.deepEqual(temporary.asked(), ["/f", "/g"]);
    const permanent = await chain(t, 308, { cacheTemporaryRedirects: false });
    permanent.forget();
    await permanent.read();
    assert.deepEqual(permanent.asked(), ["/g"]);
  });

  test("do not keep stat from seeing that a temporary one leads elsewhere now", async (t) => {
    const { origin, source } = await chain(t, 302);
    origin.serve("/f", whereTo("/h"));
    origin.serve("/h", { content: fixedContent("newer content"), etag: '"v2"' });
    const { stat, read } = await readAll(t, source, origin.url("f"));
    assert.equal(stat.length, 13);
    assert.equal(await read(), "newer content");
  });

  test("are dropped when their target lets nobody in any more, and the way is asked again", async (t) => {
    for (const status of [400, 401, 403, 404, 410]) {
      const { origin, read, asked, forget } = await chain(t, 302);
      origin.serve("/g", { ...good, status });
      origin.serve("/f", whereTo("/h"));
      origin.serve("/h", good);
      forget();
      assert.equal(await read(), "content");
      assert.deepEqual(asked(), ["/g", "/f", "/h"]);
      forget();
      await read();
      assert.deepEqual(asked(), ["/h"]);
    }
  });

  test("are kept apart by the headers they were given for", async (t) => {
    const { origin, source, forget, asked } = await chain(t, 308);
    forget();
    await source.stat({ url: origin.url("f"), headers: { Authorization: "another" } }, never);
    assert.deepEqual(asked(), ["/f", "/g"]);
  });

  test("are so many and no more, those used last", () => {
    const cache = new RedirectCache({ clock: new FakeClock(), keepTemporary: true, temporaryMs: 1_000 });
    const where = { url: new URL("http://h/"), strayed: false };
    for (let index = 0; index < REDIRECTS_KEPT_MAX; index++) cache.keep(`k${index}`, where, "temporary");
    cache.find("k0", true);
    cache.keep("one more", where, "temporary");
    assert.notEqual(cache.find("k0", true), undefined);
    assert.equal(cache.find("k1", true), undefined);
    assert.notEqual(cache.find("k2", true), undefined);
  });
});
