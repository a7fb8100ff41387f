/** The object stores of the tests do what the real ones do, as far as tests rely on it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { randomContent } from "./content.ts";
import type { ObjectServer } from "./object-server.ts";
import { startOssServer } from "./oss-server.ts";
import { startS3Server } from "./s3-server.ts";
import { fileContent } from "./stored-objects.ts";

const GIB = 1024 ** 3;

/** Both, each with a public bucket, so that any client can ask without a signature. */
async function withServers(use: (server: ObjectServer, vendor: string) => Promise<void>): Promise<void> {
  const servers = [
    [await startS3Server({ secrets: {} }), "s3"],
    [await startOssServer({ secrets: {} }), "oss"],
  ] as const;
  try {
    for (const [server, vendor] of servers) {
      server.objects.createBucket("open", { public: true });
      server.objects.createBucket("closed");
      await use(server, vendor);
    }
  } finally {
    for (const [server] of servers) await server.close();
  }
}

test("objects are served whole, in ranges and under conditions, and the log counts what was sent", async () => {
  await withServers(async (server) => {
    const content = randomContent(700_000, 7);
    const { etag } = server.objects.put("open", "dir/a b", content);
    const url = `${server.endpoint}/open/dir/a%20b`;
    const whole = await fetch(url);
    assert.equal(whole.status, 200);
    assert.deepEqual(Buffer.from(await whole.arrayBuffer()), content.read(0, 700_000));
    const part = await fetch(url, { headers: { range: "bytes=100000-100009", "if-match": etag } });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get("content-range"), "bytes 100000-100009/700000");
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), content.read(100_000, 10));
    const changed = await fetch(url, { headers: { range: "bytes=0-9", "if-match": '"other"' } });
    assert.equal(changed.status, 412);
    assert.match(await changed.text(), /<Code>PreconditionFailed<\/Code>/);
    const beyond = await fetch(url, { headers: { range: "bytes=700000-" } });
    assert.equal(beyond.status, 416);
    await beyond.text();
    const head = await fetch(url, { method: "HEAD" });
    assert.equal(head.headers.get("content-length"), "700000");
    assert.equal(head.headers.get("etag"), etag);
    assert.equal(server.objectBytes, 700_000 + 10 + errorBytes(server));
    assert.deepEqual(
      server.log.map(({ operation, statusCode, key }) => [operation, statusCode, key]),
      [200, 206, 412, 416].map((status) => ["get", status, "dir/a b"]).concat([["head", 200, "dir/a b"]]),
    );
  });
});

/** Error documents are bodies too. */
function errorBytes(server: ObjectServer): number {
  return server.log
    .filter(({ statusCode }) => statusCode >= 400)
    .reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
}

test("without a signature a closed bucket, a missing one and a missing key are refused in the vendor's words", async () => {
  await withServers(async (server, vendor) => {
    for (const [path, status, code] of [
      ["/closed/key", 403, "AccessDenied"],
      ["/none/key", 404, "NoSuchBucket"],
      ["/open/none", 404, "NoSuchKey"],
    ] as const) {
      const answer = await fetch(server.endpoint + path);
      assert.equal(answer.status, status);
      assert.match(await answer.text(), new RegExp(`<Code>${code}</Code>`));
      const id = answer.headers.get(vendor === "s3" ? "x-amz-request-id" : "x-oss-request-id");
      assert.match(id ?? "", /^REQUEST/);
    }
  });
});

test("10,000 keys are listed in pages, in the order of their bytes, grouped by the delimiter", async () => {
  await withServers(async (server) => {
    const one = randomContent(1);
    for (let index = 0; index < 10_000; index++)
      server.objects.put("open", `many/${index}`, one, { etag: '"e"' });
    for (const key of ["a", "a-b", "a/x", "a/y/z", "b/", "ä"]) server.objects.put("open", key, one);
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const query = `list-type=2&prefix=many/${token === undefined ? "" : `&continuation-token=${encodeURIComponent(token)}`}`;
      const page = await (await fetch(`${server.endpoint}/open?${query}`)).text();
      const found = [...page.matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1] ?? "");
      assert.ok(found.length <= 1000);
      keys.push(...found);
      token = /<NextContinuationToken>([^<]*)</.exec(page)?.[1];
    } while (token !== undefined);
    const expected = Array.from({ length: 10_000 }, (_, index) => `many/${index}`).sort();
    assert.deepEqual(keys, expected);
    const level = await (await fetch(`${server.endpoint}/open?list-type=2&delimiter=/&max-keys=1000`)).text();
    assert.deepEqual(
      [...level.matchAll(/<Prefix>([^<]+)</g)].map((match) => match[1]),
      ["a/", "b/", "many/"],
    );
    assert.deepEqual(
      [...level.matchAll(/<Key>([^<]+)</g)].map((match) => match[1]),
      ["a", "a-b", "ä"],
    );
  });
});

test("pages of one entry each give every key and prefix exactly once", async () => {
  await withServers(async (server) => {
    for (const key of ["a", "a/1", "a/2", "a0", "b/c/d", "b/e", "z"])
      server.objects.put("open", key, randomContent(1));
    const bucket = server.objects.bucket("open");
    assert.ok(bucket);
    const seen: string[] = [];
    let after = "";
    for (;;) {
      const page = server.objects.list(bucket, { prefix: "", delimiter: "/", after, countMax: 1 });
      seen.push(...page.objects.map(({ key }) => key), ...page.prefixes);
      if (page.next === undefined) break;
      after = page.next;
    }
    assert.deepEqual(seen, ["a", "a/", "a0", "b/", "z"]);
  });
});

test("huge objects cost nothing: 32 GiB made on the way, and a sparse file of 32 GiB", async () => {
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-objects-"));
  const path = join(folder, "sparse");
  writeFileSync(path, "begin");
  truncateSync(path, 32 * GIB);
  const file = fileContent(path);
  try {
    await withServers(async (server) => {
      server.objects.put("open", "made", randomContent(32 * GIB, 3));
      server.objects.put("open", "sparse", file);
      const rangeOf = async (key: string, from: number, to: number) => {
        const answer = await fetch(`${server.endpoint}/open/${key}`, {
          headers: { range: `bytes=${from}-${to}` },
        });
        assert.equal(answer.headers.get("content-range"), `bytes ${from}-${to}/${32 * GIB}`);
        return Buffer.from(await answer.arrayBuffer());
      };
      const far = 31 * GIB + 12_345;
      assert.deepEqual(await rangeOf("made", far, far + 4095), randomContent(32 * GIB, 3).read(far, 4096));
      assert.equal((await rangeOf("sparse", 0, 7)).toString("latin1"), "begin\0\0\0");
      assert.deepEqual(await rangeOf("sparse", 32 * GIB - 4, 32 * GIB - 1), Buffer.alloc(4));
    });
  } finally {
    file.close();
    rmSync(folder, { recursive: true });
  }
});

test("an ETag is the content's MD5 for what is put at once, another for a large object, and new for new content", async () => {
  await withServers(async (server) => {
    const content = randomContent(1000, 1);
    const md5 = createHash("md5").update(content.read(0, 1000)).digest("hex");
    assert.equal(server.objects.put("open", "k", content).etag, `"${md5}"`);
    const large = server.objects.put("open", "k", randomContent(GIB)).etag;
    assert.match(large, /^"[0-9a-f]{32}-2"$/);
    assert.notEqual(server.objects.put("open", "k", randomContent(GIB)).etag, large);
  });
});
