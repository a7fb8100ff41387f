/** What the tree tells without asking: the same as lookup and attributes would, or nothing. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { TreeWorld } from "./tree-world.ts";

let world: TreeWorld;

beforeEach(async () => {
  world = await TreeWorld.open({
    roots: [{ path: "oss/models", endpoint: "https://models.example", uid: 7, mode: 0o640, anonymous: true }],
  });
});
afterEach(() => world.close());

function put(path: string, body: string): void {
  world.web.objects.set(path, { body, etag: `"${body.length}-${path.length}"` });
}

/** Known and asked for, both as kind, size and time. */
async function bothWays(directory: string, name: string) {
  const parent = await world.node(directory);
  const known = world.tree.known(parent, name);
  const node = await world.tree.lookup(parent, name);
  const asked = node === undefined ? null : { node, attributes: await world.tree.attributes(node) };
  return { known, asked };
}

test("nothing is known of a directory before it was listed, and nothing when the listing is old", async () => {
  put("models/d/file", "bytes");
  const directory = await world.node("oss/models/d");
  assert.equal(world.tree.known(directory, "file"), undefined);
  await world.ls("oss/models/d");
  assert.notEqual(world.tree.known(directory, "file"), undefined);
  world.clock.advance(20_000);
  assert.equal(world.tree.known(directory, "file"), undefined);
});

test("what a fresh listing tells is what lookup and attributes say, and costs no request", async () => {
  put("models/d/file", "bytes");
  put("models/d/both", "the key");
  put("models/d/both/below", "x");
  put("models/d/deep/below", "x");
  await world.ls("oss/models/d");
  world.web.taken();
  for (const name of ["file", "both", "deep"]) {
    const { known, asked } = await bothWays("oss/models/d", name);
    assert.deepEqual(known, asked, name);
    assert.ok(known);
  }
  assert.deepEqual(world.web.taken(), []);
});

test("a store's listing proves absence; a marked name, or one that no listing can hold, is asked for", async () => {
  put("models/d/file", "bytes");
  await world.ls("oss/models/d");
  const directory = await world.node("oss/models/d");
  assert.equal(world.tree.known(directory, "none"), null);
  for (const name of ["file@file", "a%2Fb"]) assert.equal(world.tree.known(directory, name), undefined, name);
  const top = await world.node("oss");
  assert.equal(world.tree.known(top, "models"), undefined);
  assert.equal(world.tree.known(world.tree.root, "oss"), undefined);
});

test("a file that was asked about is known by that answer, as long as the listing agrees", async () => {
  put("models/d/file", "bytes");
  await world.ls("oss/models/d");
  const directory = await world.node("oss/models/d");
  const before = world.tree.known(directory, "file");
  assert.equal(await world.cat("oss/models/d/file"), "bytes");
  const { known, asked } = await bothWays("oss/models/d", "file");
  assert.deepEqual(known, asked);
  assert.ok(before && known);
  assert.equal(known.attributes.size, before.attributes.size);
});

test("two names of one directory have one listing, and each its own nodes below it", async () => {
  put("models/a@b/file", "bytes");
  await world.ls("oss/models/a@b");
  for (const name of ["a@b", "a%40b", "a@b"]) {
    const { known, asked } = await bothWays(`oss/models/${name}`, "file");
    assert.deepEqual(known, asked, name);
    assert.ok(known);
    assert.ok(known.node.key.endsWith(`/${name}/file`));
  }
});
