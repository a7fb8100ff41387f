/** Listings from real servers: nginx with ten thousand files, Python, and pages that are none. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import {
  INDEX_BYTES_MAX,
  INDEX_ENTRIES_MAX,
  INDEX_HEAD_BYTES_MAX,
  LIST_DEPTH_MAX,
} from "../../../../base/limits.ts";
import type { Behaviour } from "../../../origin/behaviour.ts";
import { type Content, fixedContent } from "../../../origin/content.ts";
import { startMisbehavingOrigin } from "../../../origin/misbehaving.ts";
import { nginxMissing, startNginx } from "../../../origin/nginx.ts";
import { pythonMissing, startPythonOrigin } from "../../../origin/python.ts";
import { listed, never } from "../../../suites/source-suite.ts";
import { httpSourceFor } from "./http-fixture.ts";
import * as pages from "./index-pages.ts";

async function originFor(t: TestContext, behaviours: Record<string, Behaviour>) {
  const origin = await startMisbehavingOrigin();
  t.after(() => origin.stop());
  for (const [path, behaviour] of Object.entries(behaviours))
    origin.serve(path, { contentType: "text/html", ranges: "ignored", ...behaviour });
  return origin;
}

/** A long text that repeats a line; `NUMBER` in it is the line's number, ten digits. */
function repeated(head: string, line: string, count: number): Content {
  const width = Buffer.byteLength(line.replace("NUMBER", "0000000000"));
  const start = Buffer.from(head);
  const at = (index: number) => line.replace("NUMBER", String(index).padStart(10, "0"));
  return {
    bytes: start.length + width * count,
    read(offset, length) {
      const parts: Buffer[] = [];
      if (offset < start.length) parts.push(start.subarray(offset, offset + length));
      const from = Math.max(0, offset - start.length);
      const firstLine = Math.floor(from / width);
      const end = Math.max(0, offset + length - start.length);
      const text = [];
      for (let index = firstLine; index < Math.min(count, Math.ceil(end / width)); index++)
        text.push(at(index));
      parts.push(Buffer.from(text.join("")).subarray(from - firstLine * width, end - firstLine * width));
      return Buffer.concat(parts);
    },
  };
}

describe("listings", () => {
  test("of ten thousand files of nginx come in pages, with exact sizes", {
    skip: nginxMissing(),
  }, async (t) => {
    const origin = await startNginx({ autoindex: true });
    t.after(() => origin.stop());
    mkdirSync(join(origin.root, "many"));
    for (let index = 0; index < 10_000; index++)
      writeFileSync(join(origin.root, "many", `shard ${index}.bin`), Buffer.alloc(index % 7));
    const source = httpSourceFor(t);
    const sizes: number[] = [];
    const names = new Map<string, number | undefined>();
    for await (const page of source.list({ url: origin.url("many"), headers: {} }, never)) {
      sizes.push(page.length);
      for (const { name, length } of page) names.set(name, length);
    }
    assert.equal(names.size, 10_000);
    assert.ok(sizes.every((size) => size <= 1_000));
    for (const [name, length] of names) assert.equal(length, Number(/\d+/.exec(name)?.[0]) % 7);
    assert.equal((await origin.log()).length, 1);
  });

  test("of Python's http.server have names and kinds, no sizes", { skip: pythonMissing() }, async (t) => {
    const root = mkdtempSync(join(tmpdir(), "p2pfs-list-"));
    t.after(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, "folder"));
    for (const name of ["a b.bin", "wörld", "100%.bin", "it's.bin", 'q"?#.bin', "folder/inner"])
      writeFileSync(join(root, name), name);
    const origin = await startPythonOrigin(root);
    t.after(() => origin.stop());
    const source = httpSourceFor(t);
    const found = await listed(source, { url: origin.url("/"), headers: {} });
    assert.deepEqual([...found.keys()].sort(), [
      "directory folder",
      "file 100%.bin",
      "file a b.bin",
      "file it's.bin",
      'file q"?#.bin',
      "file wörld",
    ]);
    for (const { kind, url, length } of found.values()) {
      assert.equal(length, undefined);
      const stat = await source.stat({ url, headers: {} }, never);
      assert.equal(stat.kind, kind);
    }
    const below = await listed(source, { url: origin.url("/"), headers: {}, recursive: true });
    assert.ok(below.has("file folder/inner"));
  });

  test("of the same page from the wire and from Apache's pen are the same", async (t) => {
    const origin = await originFor(t, {
      "/pub/models/": { content: fixedContent(pages.APACHE_FANCY), framing: "chunked" },
      "/json/": { content: fixedContent(pages.CADDY_JSON), contentType: "application/json" },
    });
    const source = httpSourceFor(t);
    const found = await listed(source, { url: origin.url("pub/models"), headers: {} });
    assert.equal(found.size, 4);
    assert.equal(found.get("file read me #1?.txt")?.url, origin.url("pub/models/read%20me%20%231%3f.txt"));
    assert.match(origin.requests[0]?.headers.accept ?? "", /application\/json/);
    assert.equal((await listed(source, { url: origin.url("json/"), headers: {} })).size, 2);
  });

  test("in another character set are understood", async (t) => {
    const page = Buffer.from('<title>Index of /</title><a href="w\u00f6rld">x</a>', "latin1");
    const origin = await originFor(t, {
      "/latin/": { content: fixedContent(page), contentType: 'text/html; charset="ISO-8859-1"' },
      "/unknown/": { content: fixedContent(pages.GO), contentType: "text/html; charset=no-such" },
    });
    const source = httpSourceFor(t);
    assert.deepEqual(
      [...(await listed(source, { url: origin.url("latin/"), headers: {} })).keys()],
      ["file wörld"],
    );
    assert.equal((await listed(source, { url: origin.url("unknown/"), headers: {} })).size, 2);
  });

  test("of pages that are no index are empty, and long ones are not read to their end", async (t) => {
    const origin = await originFor(t, {
      "/site/": { content: fixedContent(pages.WEB_SITE) },
      "/api/": { content: fixedContent('{"models":[]}'), contentType: "application/json" },
      "/long/": { content: repeated("<p>", "<a href='NUMBER'>x</a>", 10_000_000), framing: "chunked" },
    });
    const source = httpSourceFor(t);
    for (const path of ["site/", "api/", "long/"])
      assert.equal((await listed(source, { url: origin.url(path), headers: {} })).size, 0, path);
    while (origin.requests.at(-1)?.state === "answering")
      await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok((origin.requests.at(-1)?.bodyBytes ?? 0) < 20_000_000 + INDEX_HEAD_BYTES_MAX);
  });

  test("of what is no page are NOT_SUPPORTED, and not downloaded", async (t) => {
    const origin = await originFor(t, {
      "/model/": { content: repeated("", "NUMBER", 20_000_000), contentType: "application/octet-stream" },
    });
    const pending = listed(httpSourceFor(t), { url: origin.url("model"), headers: {} });
    await assert.rejects(pending, { code: "NOT_SUPPORTED" });
    while (origin.requests.at(-1)?.state === "answering")
      await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok((origin.requests.at(-1)?.bodyBytes ?? 0) < 20_000_000);
  });

  test("that are forbidden or fail say so, and what may pass is asked again", async (t) => {
    const index = { content: fixedContent(pages.GO) };
    const origin = await originFor(t, {
      "/closed/": { ...index, status: 403 },
      "/down/": { ...index, status: 500 },
      "/soon/": { ...index, failures: { count: 1, status: 503 } },
    });
    const source = httpSourceFor(t, { maxRetries: 1 });
    const listing = (path: string) => listed(source, { url: origin.url(path), headers: {} });
    await assert.rejects(listing("closed/"), { code: "PERMISSION" });
    await assert.rejects(listing("down/"), { code: "SOURCE_FAILED" });
    assert.equal((await listing("soon/")).size, 2);
    assert.deepEqual(
      origin.requests.map(({ path }) => path),
      ["/closed/", "/down/", "/down/", "/soon/", "/soon/"],
    );
  });

  test("of an index without an end stop at their bounds with TOO_MANY", async (t) => {
    const head = "<title>Index of /</title><pre>";
    const origin = await originFor(t, {
      "/entries/": { content: repeated(head, "<a href='NUMBER'>x</a>\n", INDEX_ENTRIES_MAX + 5_000) },
      "/bytes/": {
        content: repeated(head, `<p title="${"x".repeat(1_000)}NUMBER">`, Math.ceil(INDEX_BYTES_MAX / 1_000)),
      },
    });
    const source = httpSourceFor(t);
    for (const path of ["entries/", "bytes/"])
      await assert.rejects(
        listed(source, { url: origin.url(path), headers: {} }),
        { code: "TOO_MANY" },
        path,
      );
  });

  test("that break off are INTEGRITY, those that stall DEADLINE", async (t) => {
    const origin = await originFor(t, {
      "/short/": { content: fixedContent(pages.NGINX), closeAfterBytes: 300 },
      "/stuck/": { content: fixedContent(pages.NGINX), stallAfterBytes: 300 },
    });
    const source = httpSourceFor(t, { idleTimeoutMs: 100 });
    await assert.rejects(listed(source, { url: origin.url("short/"), headers: {} }), { code: "INTEGRITY" });
    await assert.rejects(listed(source, { url: origin.url("stuck/"), headers: {} }), { code: "DEADLINE" });
  });

  test("recursive ones end, whatever folders the server makes up", async (t) => {
    const origin = await originFor(t, {
      "*": { content: fixedContent("<title>Index of /</title><a href='again/'>again</a>") },
    });
    const pending = listed(httpSourceFor(t), { url: origin.url("/"), headers: {}, recursive: true });
    await assert.rejects(pending, { code: "TOO_MANY" });
    assert.equal(origin.requests.length, LIST_DEPTH_MAX);
  });

  test("that are left early give up the connection; those that are aborted say why", async (t) => {
    const content = repeated("<title>Index of /</title><pre>", "<a href='NUMBER'>x</a>\n", 150_000);
    const origin = await originFor(t, { "/many/": { content } });
    const source = httpSourceFor(t);
    for await (const page of source.list({ url: origin.url("many/"), headers: {} }, never)) {
      assert.equal(page.length, 1_000);
      break;
    }
    while (origin.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const controller = new AbortController();
    await assert.rejects(
      async () => {
        for await (const page of source.list({ url: origin.url("many/"), headers: {} }, controller.signal))
          if (page.length > 0) controller.abort();
      },
      { code: "CANCELLED" },
    );
    while (origin.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});
