/** The root of the mount, links, tasks, control files and extended attributes. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, test } from "node:test";
import {
  LINK_HEADER_BYTES_MAX,
  LINK_HEADERS_MAX,
  LINKS_MAX,
  NAME_BYTES_MAX,
  URL_BYTES_MAX,
} from "../../../base/limits.ts";
import { MemoryFacts } from "../../../daemon/storage/memory-facts.ts";
import { Links } from "../../../daemon/tree/links.ts";
import { codeOf } from "../../base/promises.ts";
import { TreeWorld } from "./tree-world.ts";

const H = "http://h.example";
let stats = "tasks 0\n";
let world: TreeWorld;

beforeEach(async () => {
  world = await TreeWorld.open({
    controls: { stats: () => stats, config: async () => "mount: {}\n", log: () => "" },
    roots: [{ path: "s3/b", accessKeyID: "id", accessKeySecret: "secret" }],
  });
});
afterEach(() => world.close());

async function xattrs(path: string): Promise<Record<string, string | undefined>> {
  const node = await world.node(path);
  const values: Record<string, string | undefined> = {};
  for (const name of await world.tree.xattrNames(node))
    values[name.replace("user.p2p.", "")] = await world.tree.xattr(node, name);
  return values;
}

describe("the root", () => {
  test("holds the fixed names, and hides .p2pfs", async () => {
    assert.deepEqual(await world.ls("/"), ["http", "https", "oss", "s3", "url", "task"]);
    for (const name of ["http", "https", "oss", "s3", "url", "task", ".p2pfs"])
      assert.equal(await world.kind(name), "directory", name);
    for (const name of ["ftp", "seed", ".git", "HTTP", "..", "", "a/b"])
      assert.equal(await world.tree.lookup(world.tree.root, name), undefined, name);
    assert.deepEqual(world.web.taken(), []);
  });

  test("is a directory of its own, and so are the branches", async () => {
    for (const path of ["/", "http", ".p2pfs"]) {
      const { kind, size, version } = await world.tree.attributes(await world.node(path));
      assert.deepEqual([kind, size, version], ["directory", 0, ""]);
    }
  });

  test("has no bytes, and files hold no names", async () => {
    assert.equal(await codeOf(world.tree.open(world.tree.root)), "IS_A_DIRECTORY");
    assert.equal(await codeOf(world.tree.open(await world.node("http"))), "IS_A_DIRECTORY");
    const file = await world.node(".p2pfs/stats");
    assert.equal(await codeOf(world.tree.lookup(file, "x")), "NOT_A_DIRECTORY");
    const listing = async () => {
      for await (const _ of world.tree.list(file));
    };
    assert.equal(await codeOf(listing()), "NOT_A_DIRECTORY");
  });

  test("tells the storage's room", async () => {
    const usage = await world.storage.usage();
    assert.deepEqual(await world.tree.space(), {
      totalBytes: usage.totalBytes,
      freeBytes: usage.availableBytes,
      availableBytes: usage.availableBytes,
      files: usage.taskCount,
    });
  });

  test("gives one identity to a name however often it is looked up, and another to a directory of that name", async () => {
    world.web.pages.set(`${H}/x`, { body: "x" });
    const file = await world.node("http/h.example/x");
    assert.equal((await world.node("http/h.example/x")).key, file.key);
    world.web.pages.set(`${H}/x`, { type: "text/html" });
    world.clock.advance(10_000);
    const directory = await world.node("http/h.example/x");
    assert.equal(directory.kind, "directory");
    assert.notEqual(directory.key, file.key);
  });
});

describe("control files", () => {
  test("are made when they are opened", async () => {
    assert.deepEqual(await world.ls(".p2pfs"), ["stats", "config", "log"]);
    assert.equal(await world.cat(".p2pfs/stats"), "tasks 0\n");
    stats = "tasks 12\n";
    assert.equal(await world.size(".p2pfs/stats"), 9);
    assert.equal(await world.cat(".p2pfs/stats"), "tasks 12\n");
    assert.equal(await world.cat(".p2pfs/log"), "");
    assert.equal(await world.kind(".p2pfs/other"), "ENOENT");
    assert.deepEqual(world.web.taken(), []);
  });
});

describe("a link", () => {
  const signature = "s".repeat(600);
  const signed = `${H}/models/m.bin?X-Amz-Signature=${signature}`;

  test("to a signed URL of 600 bytes and more reads like a file, after a restart too, and shows no secret", async () => {
    world.web.pages.set(signed, { body: "weights", etag: '"1"' });
    const name = await world.tree.links.link({ url: signed, headers: { Authorization: "Bearer hush" } });
    assert.equal(name, "m.bin");
    assert.deepEqual(world.web.taken(), [], "linking asks nobody");
    assert.equal(await world.cat("url/m.bin"), "weights");
    assert.equal(world.web.requests[0]?.headers.Authorization, "Bearer hush");
    await world.restart();
    assert.deepEqual(await world.ls("url"), ["m.bin"]);
    assert.equal(await world.cat("url/m.bin"), "weights");
    const shown = JSON.stringify([
      world.tree.links.list(),
      await xattrs("url/m.bin"),
      await world.entries("url"),
    ]);
    assert.doesNotMatch(shown, /sss|hush/);
    assert.match(shown, /http:\/\/h\.example\/models\/m\.bin/);
  });

  test("is refused when its name, its URL or its headers are too long, with the bound in the sentence", async () => {
    const { links } = world.tree;
    const tooLong = [
      [{ url: `${H}/m`, name: "n".repeat(NAME_BYTES_MAX + 1) }, `name has at most ${NAME_BYTES_MAX} bytes`],
      [{ url: `${H}/${"u".repeat(URL_BYTES_MAX)}` }, `URL has at most ${URL_BYTES_MAX} bytes`],
      [
        { url: `${H}/m`, headers: { A: "v".repeat(LINK_HEADER_BYTES_MAX) } },
        `${LINK_HEADER_BYTES_MAX} bytes`,
      ],
    ] as const;
    for (const [link, words] of tooLong)
      await assert.rejects(links.link(link), (error: Error) => error.message.includes(words));
    assert.deepEqual(await world.ls("url"), []);
    await links.link({ url: `${H}/m`, name: "n".repeat(NAME_BYTES_MAX) });
  });

  test("is a file whatever its URL answers, and says what it answered", async () => {
    world.web.pages.set(`${H}/page`, { body: "<html>", type: "text/html" });
    await world.tree.links.link({ url: `${H}/page` });
    await world.tree.links.link({ url: `${H}/gone` });
    assert.equal(await world.cat("url/page"), "<html>");
    assert.equal(await world.kind("url/gone"), "file");
    assert.equal(await codeOf(world.size("url/gone")), "NOT_FOUND");
    assert.equal(await world.kind("url/other"), "ENOENT");
  });

  test("into an object store uses the credentials of its root", async () => {
    world.web.objects.set("b/dir/k.bin", { body: "object", etag: '"o"' });
    assert.equal(await world.tree.links.link({ url: "s3://b/dir/k.bin", name: "object" }), "object");
    assert.equal(await world.cat("url/object"), "object");
    assert.equal(world.web.requests[0]?.objectStorage?.accessKeySecret, "secret");
  });

  test("without a name is called after its URL, with a number where that is taken", async () => {
    const names: string[] = [];
    for (const url of [
      `${H}/a/m.bin`,
      `${H}/b/m.bin`,
      `${H}/c/m.bin`,
      `${H}/`,
      `${H}/a%20b%2Fc`,
      `${H}/.conf`,
      `${H}/x/.conf`,
    ])
      names.push(await world.tree.links.link({ url }));
    assert.deepEqual(names, ["m.bin", "m-2.bin", "m-3.bin", "h.example", "a b_c", ".conf", ".conf-2"]);
  });

  test("under a name that is taken is refused, unless it is the same link", async () => {
    const link = { url: `${H}/m.bin`, name: "m", headers: { a: "1" }, digest: `sha256:${"0".repeat(64)}` };
    await world.tree.links.link(link);
    assert.equal(await world.tree.links.link(link), "m");
    assert.equal(await codeOf(world.tree.links.link({ ...link, headers: { a: "2" } })), "ALREADY_EXISTS");
    assert.equal(await codeOf(world.tree.links.link({ ...link, url: `${H}/n.bin` })), "ALREADY_EXISTS");
  });

  test("with a digest counts as complete only when the content has it", async () => {
    world.web.pages.set(`${H}/m.bin`, { body: "weights" });
    world.web.pages.set(`${H}/n.bin`, { body: "weights" });
    const right = `sha256:${createHash("sha256").update("weights").digest("hex")}`;
    const wrong = `sha256:${"0".repeat(64)}`;
    await world.tree.links.link({ url: `${H}/m.bin`, name: "right", digest: right.toUpperCase() });
    await world.tree.links.link({ url: `${H}/n.bin`, name: "wrong", digest: wrong });
    for (const name of ["right", "wrong"]) {
      const content = await world.tree.open(await world.node(`url/${name}`));
      assert.ok("want" in content);
      await content.want({ offset: 0, length: 7 }, "demand").catch(() => {});
      await world.inSilence(async () => {
        const { task_id: id = "" } = await xattrs(`url/${name}`);
        const task = await world.engine.openKnown(id);
        await task.finish("copy").catch(() => {});
        await task.close();
      });
      await content.close();
    }
    const [good, bad] = [await xattrs("url/right"), await xattrs("url/wrong")];
    assert.deepEqual([good.complete, good.verified, good.digest], ["true", "anchored", right]);
    assert.equal(bad.complete, "false");
    assert.equal(bad.digest, wrong);
  });

  test("that is removed is gone, and its name may mean something else, of another version", async () => {
    world.web.pages.set(`${H}/a`, { body: "aaa" });
    world.web.pages.set(`${H}/b`, { body: "bbb" });
    await world.tree.links.link({ url: `${H}/a`, name: "x" });
    const node = await world.node("url/x");
    const before = await world.tree.attributes(node);
    assert.equal(await world.cat("url/x"), "aaa");
    await world.tree.links.unlink("x");
    assert.equal(await world.kind("url/x"), "ENOENT");
    assert.equal(await codeOf(world.tree.attributes(node)), "NOT_FOUND");
    assert.equal(await codeOf(world.tree.links.unlink("x")), "NOT_FOUND");
    world.clock.advance(1);
    await world.tree.links.link({ url: `${H}/b`, name: "x" });
    assert.equal(await world.cat("url/x"), "bbb");
    assert.notEqual((await world.tree.attributes(node)).version, before.version);
    await world.restart();
    assert.equal(await world.cat("url/x"), "bbb");
  });

  test("that cannot be made says why, without its secrets", async () => {
    const url = `${H}/x?sig=hush`;
    const bad = [
      { url: "no url" },
      { url: "ftp://h/x" },
      { url: "s3://bucket" },
      { url: "file:///etc/passwd" },
      { url: `${H}/${"x".repeat(9_000)}` },
      { url, name: "a/b" },
      { url, name: "" },
      { url, name: ".." },
      { url, name: "a\0b" },
      { url, name: "n".repeat(1_025) },
      { url, headers: { "bad name": "x" } },
      { url, headers: { good: "line\r\nbreak: hush" } },
      { url, headers: { long: "hush".repeat(5_000) } },
      {
        url,
        headers: Object.fromEntries(Array.from({ length: LINK_HEADERS_MAX + 1 }, (_, i) => [`h${i}`, "x"])),
      },
      { url, digest: "sha256:zz" },
    ];
    for (const link of bad)
      await assert.rejects(world.tree.links.link(link), (error: Error & { code?: string }) => {
        assert.equal(error.code, "INVALID_ARGUMENT", JSON.stringify(link).slice(0, 80));
        assert.doesNotMatch(error.message, /hush/);
        return true;
      });
    assert.deepEqual(await world.ls("url"), []);
  });

  test("beyond the most links there may be is refused with a sentence", async () => {
    const links = await Links.open(new MemoryFacts(), () => 0);
    for (let i = 0; i < LINKS_MAX; i += 1) await links.link({ url: `${H}/x`, name: String(i) });
    await assert.rejects(links.link({ url: `${H}/x`, name: "more" }), /already 10000 links/);
    await links.unlink("0");
    assert.equal(await links.link({ url: `${H}/x`, name: "more" }), "more");
  });
});

describe("a task", () => {
  test("known here is read by its id, and listed", async () => {
    world.web.pages.set(`${H}/m.bin`, { body: "weights", lastModified: "Sun, 13 Sep 2020 12:27:45 GMT" });
    await world.cat("http/h.example/m.bin");
    const [id = ""] = await world.ls("task");
    assert.match(id, /^[0-9a-f]{64}$/);
    world.web.taken();
    world.web.weather = "refused";
    assert.equal(await world.cat(`task/${id}`), "weights");
    const attributes = await world.tree.attributes(await world.node(`task/${id}`));
    assert.equal(attributes.size, 7);
    assert.equal(attributes.modifiedAtMs, Date.parse("Sun, 13 Sep 2020 12:27:45 GMT"));
    assert.equal((await xattrs(`task/${id}`)).complete, "true");
    assert.deepEqual(world.web.taken(), []);
  });

  test("not known here is ENOENT, without asking", async () => {
    for (const name of ["0".repeat(64), "x", ".."]) assert.equal(await world.kind(`task/${name}`), "ENOENT");
    assert.deepEqual(world.web.taken(), []);
  });

  test("that was deleted meanwhile is gone", async () => {
    world.web.pages.set(`${H}/m.bin`, { body: "weights" });
    await world.cat("http/h.example/m.bin");
    const [id = ""] = await world.ls("task");
    const node = await world.node(`task/${id}`);
    await world.engine.delete(id);
    assert.equal(await codeOf(world.tree.attributes(node)), "NOT_FOUND");
    assert.equal(await codeOf(world.tree.open(node)), "NOT_FOUND");
  });
});

describe("extended attributes", () => {
  test("tell where a file's bytes are and came from, before, while and after it is read", async () => {
    const body = "x".repeat(9 * 1024 * 1024);
    world.web.pages.set(`${H}/m.bin`, { body, etag: '"v1"' });
    const node = await world.node("http/h.example/m.bin");
    await world.tree.attributes(node);
    const before = await xattrs("http/h.example/m.bin");
    assert.match(before.task_id ?? "", /^[0-9a-f]{64}$/);
    assert.deepEqual(
      { ...before, task_id: "" },
      {
        task_id: "",
        url: `${H}/m.bin`,
        pieces: "0/3",
        complete: "false",
        bytes_from_peers: "0",
        bytes_from_source: "0",
        parents: "",
        verified: "none",
        state: "remote",
        revision: '"v1"',
      },
    );
    const content = await world.tree.open(node);
    assert.ok("want" in content);
    await content.want({ offset: 0, length: 4 * 1024 * 1024 }, "demand");
    const during = await xattrs("http/h.example/m.bin");
    assert.deepEqual([during.pieces, during.complete, during.state], ["1/3", "false", "partial"]);
    await content.want({ offset: 0, length: body.length }, "demand");
    await content.close();
    const after = await xattrs("http/h.example/m.bin");
    assert.deepEqual([after.pieces, after.complete, after.state], ["3/3", "true", "complete"]);
    assert.equal(after.bytes_from_source, String(body.length));
    assert.notEqual(after.verified, undefined);
  });

  test("ask no origin, whatever is known", async () => {
    world.web.objects.set("b/d/k.bin", { body: "object", etag: '"o"' });
    world.web.pages.set(`${H}/m.bin`, { body: "m" });
    const cold = await world.node("http/h.example/m.bin");
    await world.ls("s3/b/d");
    world.web.taken();
    assert.deepEqual(await world.tree.xattrNames(cold), ["user.p2p.url"]);
    const listed = await xattrs("s3/b/d/k.bin");
    assert.deepEqual([listed.pieces, listed.state], ["0/1", "remote"]);
    assert.deepEqual(await xattrs("s3/b/d"), { url: "s3://b/d/" });
    assert.deepEqual(await xattrs("http/h.example"), { url: `${H}/` });
    assert.deepEqual(await xattrs("http"), {});
    assert.equal(await world.tree.xattr(cold, "security.selinux"), undefined);
    assert.equal(await world.tree.xattr(cold, "user.p2p.nothing"), undefined);
    assert.deepEqual(world.web.taken(), []);
  });

  test("name the same task by every name of a file", async () => {
    world.web.objects.set("b/d/k.bin", { body: "object", etag: '"o"' });
    await world.ls("s3/b/d");
    const listed = (await xattrs("s3/b/d/k.bin")).task_id;
    await world.cat("s3/b/d/k.bin@file");
    assert.equal((await xattrs("s3/b/d/k.bin@file")).task_id, listed);
    assert.deepEqual(await world.ls("task"), [listed]);
  });
});
