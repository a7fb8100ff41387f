/** An origin that is down does not take away what is here: names, listings, attributes and complete files. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { codeOf } from "../../base/promises.ts";
import { TreeWorld } from "./tree-world.ts";

const H = "http://h.example";
const HTML = { body: "<html>", type: "text/html" } as const;
const TIME = 1_600_000_020_000;
let world: TreeWorld;

beforeEach(async () => {
  world = await TreeWorld.open({ roots: [{ path: "http/strict.example", consistency: "strict" }] });
});
afterEach(() => world.close());

/** A web tree and a bucket, both read to the end. */
async function readTrees(): Promise<void> {
  const { pages, objects } = world.web;
  pages.set(`${H}/t/`, {
    ...HTML,
    index: [{ href: "sub/" }, { href: "one.bin", size: 3, modifiedAtMs: TIME }],
  });
  pages.set(`${H}/t/sub/`, { ...HTML, index: [{ href: "TWO" }] });
  pages.set(`${H}/t/one.bin`, { body: "one", etag: '"1"' });
  pages.set(`${H}/t/sub/TWO`, { body: "two!", etag: '"2"' });
  objects.set("bucket/t/sub/three", { body: "three", etag: '"3"' });
  objects.set("bucket/t/four.bin", { body: "four", etag: '"4"' });
  assert.equal(await world.cat("http/h.example/t/one.bin"), "one");
  assert.equal(await world.cat("http/h.example/t/sub/TWO"), "two!");
  assert.equal(await world.cat("s3/bucket/t/sub/three"), "three");
  assert.equal(await world.cat("s3/bucket/t/four.bin"), "four");
  await lists();
}

async function lists(): Promise<void> {
  assert.deepEqual(await world.ls("http/h.example/t"), ["sub", "one.bin"]);
  assert.deepEqual(await world.ls("http/h.example/t/sub"), ["TWO"]);
  assert.deepEqual(await world.ls("s3/bucket/t"), ["sub", "four.bin"]);
  assert.deepEqual(await world.ls("s3/bucket/t/sub"), ["three"]);
}

async function opens(): Promise<void> {
  assert.equal(await world.size("http/h.example/t/one.bin"), 3);
  assert.equal(await world.cat("http/h.example/t/one.bin"), "one");
  assert.equal(await world.cat("http/h.example/t/sub/TWO"), "two!");
  assert.equal(await world.cat("s3/bucket/t/sub/three"), "three");
  assert.equal(await world.cat("s3/bucket/t/four.bin"), "four");
}

describe("a tree that is complete here", () => {
  for (const weather of ["refused", 503, 500] as const)
    for (const restarted of [false, true])
      test(`lists and opens while its origin is ${weather === "refused" ? weather : `answering ${weather}`}${restarted ? ", after a restart too" : ""}`, async () => {
        await readTrees();
        if (restarted) await world.restart();
        world.clock.advance(60_000);
        world.web.weather = weather;
        await lists();
        await opens();
      });

  for (const restarted of [false, true])
    test(`lists and opens within 2 s while its origin is silent${restarted ? ", after a restart too" : ""}`, async () => {
      await readTrees();
      if (restarted) await world.restart();
      world.clock.advance(60_000);
      world.web.weather = "silent";
      const { waitedMs } = await world.inSilence(async () => {
        await lists();
        await opens();
      });
      assert.ok(waitedMs <= 2_000, `one wait for each of the two origins, not ${waitedMs} ms`);
    });

  test("whose prefixes are all 404 opens while its origin is refused, after a restart too", async () => {
    world.web.pages.set(`${H}/a/b/model.bin`, { body: "weights" });
    assert.equal(await world.cat("http/h.example/a/b/model.bin"), "weights");
    await world.restart();
    world.clock.advance(60_000);
    world.web.weather = "refused";
    assert.equal(await world.cat("http/h.example/a/b/model.bin"), "weights");
  });

  test("is revalidated when its origin is back, without being asked to", async () => {
    await readTrees();
    world.clock.advance(60_000);
    world.web.weather = "refused";
    await opens();
    world.web.weather = "up";
    world.web.pages.set(`${H}/t/one.bin`, { body: "one, newer", etag: '"1b"' });
    world.clock.advance(6_000);
    assert.equal(await world.cat("http/h.example/t/one.bin"), "one, newer");
  });
});

describe("what was only listed", () => {
  test("has its size while the origin is down, and says EIO when its bytes are wanted", async () => {
    await readTrees();
    const { pages, objects } = world.web;
    pages.set(`${H}/u/`, {
      ...HTML,
      index: [{ href: "new.bin", size: 7, modifiedAtMs: TIME }, { href: "DIR/" }],
    });
    objects.set("bucket/u/new.bin", { body: "7 bytes", etag: '"7"' });
    await world.ls("http/h.example/u");
    await world.ls("s3/bucket/u");
    await world.restart();
    world.clock.advance(60_000);
    world.web.weather = "refused";
    assert.equal(await world.kind("http/h.example/u/DIR"), "directory");
    for (const path of ["http/h.example/u/new.bin", "s3/bucket/u/new.bin"]) {
      assert.equal(await world.size(path), 7);
      assert.equal(await codeOf(world.cat(path)), "UNAVAILABLE");
    }
  });

  test("does not wait a second time for a silent origin", async () => {
    const index = Array.from({ length: 50 }, (_, i) => ({ href: `f${i}.bin`, size: i, modifiedAtMs: TIME }));
    world.web.pages.set(`${H}/many/`, { ...HTML, index });
    await world.ls("http/h.example/many");
    world.clock.advance(60_000);
    world.web.weather = "silent";
    world.web.taken();
    const { waitedMs } = await world.inSilence(async () => {
      for (let i = 0; i < 50; i += 1) assert.equal(await world.size(`http/h.example/many/f${i}.bin`), i);
    });
    assert.ok(waitedMs <= 1_000, `${waitedMs} ms`);
    assert.ok(world.web.taken().length <= 3, "a silent origin is not asked for every name");
  });
});

test("an open file keeps its version while its origin is down, whatever an index page said of it", async () => {
  await readTrees();
  await world.restart();
  world.clock.advance(60_000);
  world.web.weather = "refused";
  const node = await world.node("http/h.example/t/one.bin");
  const content = await world.tree.open(node);
  assert.equal((await world.tree.attributes(node)).version, content.attributes.version);
  await content.close();
});

test("strict paths get the origin's error, not an older answer", async () => {
  const url = "http://strict.example/d/";
  world.web.pages.set(url, { ...HTML, index: [{ href: "m.bin", size: 1, modifiedAtMs: TIME }] });
  world.web.pages.set(`${url}m.bin`, { body: "m" });
  assert.equal(await world.cat("http/strict.example/d/m.bin"), "m");
  await world.ls("http/strict.example/d");
  const directory = await world.node("http/strict.example/d");
  const file = await world.node("http/strict.example/d/m.bin");
  world.clock.advance(60_000);
  world.web.weather = "refused";
  assert.equal(await codeOf(world.tree.attributes(file)), "UNAVAILABLE");
  assert.equal(await codeOf(world.tree.lookup(directory, "m.bin")), "UNAVAILABLE");
  assert.equal(await codeOf(world.tree.open(file)), "UNAVAILABLE");
  const listing = async () => {
    for await (const _ of world.tree.list(directory));
  };
  assert.equal(await codeOf(listing()), "UNAVAILABLE");
});

test("a listing that comes slowly, page by page, is not taken for a silent origin", async () => {
  world.web.keysPerPage = 2;
  for (let i = 0; i < 10; i += 1) world.web.objects.set(`slow/f${i}`, { body: "x", etag: `"${i}"` });
  await world.ls("s3/slow");
  world.web.objects.set("slow/f99", { body: "x", etag: '"99"' });
  world.clock.advance(60_000);
  world.web.beforePage = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(900);
  };
  assert.equal((await world.ls("s3/slow")).length, 11, "the new name is there: nothing old was served");
});

test("a listing that ends in an error keeps the older one", async () => {
  world.web.keysPerPage = 2;
  for (let i = 0; i < 6; i += 1) world.web.objects.set(`b/f${i}`, { body: "x", etag: `"${i}"` });
  await world.ls("s3/b");
  world.clock.advance(60_000);
  let pages = 0;
  world.web.beforePage = async () => {
    pages += 1;
    if (pages > 1) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  };
  assert.equal((await world.ls("s3/b")).length, 6);
});

test("an empty answer about a listing replaces the older one", async () => {
  world.web.pages.set(`${H}/e/`, { ...HTML, index: [{ href: "x.bin", size: 1, modifiedAtMs: TIME }] });
  await world.ls("http/h.example/e");
  world.web.pages.set(`${H}/e/`, { ...HTML, index: [] });
  world.clock.advance(60_000);
  assert.deepEqual(await world.ls("http/h.example/e"), []);
  await world.restart();
  world.clock.advance(60_000);
  world.web.weather = "refused";
  assert.deepEqual(await world.ls("http/h.example/e"), []);
});
