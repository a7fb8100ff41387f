/** What names below /oss and /s3 are, and how few requests that costs. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { InvalidInputError } from "../../../base/errors.ts";
import { codeOf } from "../../base/promises.ts";
import { seededRandom } from "../../base/seeded-random.ts";
import { TreeWorld } from "./tree-world.ts";

let world: TreeWorld;

beforeEach(async () => {
  world = await TreeWorld.open({
    roots: [
      { path: "oss", endpoint: "https://oss.example", accessKeyID: "wide", accessKeySecret: "hush" },
      {
        path: "oss/models",
        endpoint: "https://models.example",
        uid: 7,
        gid: 8,
        mode: 0o640,
        anonymous: true,
      },
      { path: "s3/strict", consistency: "strict" },
    ],
  });
});
afterEach(() => world.close());

function put(path: string, body = path): void {
  world.web.objects.set(path, { body, etag: `"${body.length}-${path.length}"` });
}

async function drain(path: string): Promise<void> {
  for await (const _ of world.tree.list({ key: path, kind: "directory" }));
}

describe("a key", () => {
  test("is reached through its prefixes", async () => {
    put("models/a/b/model.bin", "weights");
    assert.equal(await world.cat("oss/models/a/b/model.bin"), "weights");
    assert.equal(await world.kind("oss/models/a/b"), "directory");
    assert.equal(await world.kind("oss/models/a/b/none.bin"), "ENOENT");
    assert.equal(await world.kind("oss/models/a/none"), "ENOENT");
  });

  test("beside a prefix of its name is a directory, and its bytes are name@file", async () => {
    put("models/a", "the key");
    put("models/a/b", "below");
    assert.equal(await world.kind("oss/models/a"), "directory");
    assert.equal(await world.cat("oss/models/a/b"), "below");
    assert.equal(await world.cat("oss/models/a@file"), "the key");
    assert.deepEqual(await world.entries("oss/models"), [{ name: "a", kind: "directory" }]);
    world.web.taken();
    assert.equal(await world.kind("oss/models/a"), "directory");
    assert.equal(await world.cat("oss/models/a@file"), "the key");
    assert.deepEqual(world.web.taken(), []);
  });

  test("may have any character in its name, and is read by the name that the listing shows", async () => {
    const random = seededRandom("keys of a bucket");
    const alphabet = ["a", "%", "%2F", "%25", "2F", "?", "#", "@", "@file", " ", "é", "\\", "+", "&", ".x"];
    for (let i = 0; i < 200; i += 1) {
      const key = Array.from({ length: 1 + random.below(6) }, () => random.pick(alphabet)).join("");
      put(`models/${key}`, `bytes of ${key}`);
    }
    const names = await world.ls("oss/models");
    assert.equal(names.length, world.web.objects.size);
    const bytes = new Set<string>();
    for (const name of names) bytes.add(await world.cat(`oss/models/${name}`));
    assert.deepEqual([...bytes].sort(), [...world.web.objects.values()].map(({ body }) => body).sort());
    await world.restart();
    world.clock.advance(60_000);
    for (const name of names.slice(0, 20)) await world.cat(`oss/models/${name}`);
  });

  test("with an empty component is reached by %2F", async () => {
    put("models/a//b.bin", "double");
    assert.equal(await world.cat("oss/models/a%2F/b.bin"), "double");
    assert.equal(await world.cat("oss/models/a%2F%2Fb.bin"), "double");
    await world.ls("oss/models");
    assert.equal(await world.cat("oss/models/a%2F%2Fb.bin"), "double");
  });

  test("that no URL can hold is ENOENT, and one of more than 1,024 bytes ENAMETOOLONG, without asking", async () => {
    put("models/x", "x");
    const x = { key: "/oss/models/x/", kind: "directory" } as const;
    assert.equal(await world.tree.lookup(x, "a%2F..%2Fb"), undefined);
    assert.equal(await world.tree.lookup(x, "\ud800"), undefined);
    assert.equal(await world.tree.lookup(x, "@file"), undefined);
    const deep = { key: `/oss/models/${"d".repeat(600)}/`, kind: "directory" } as const;
    assert.equal(await codeOf(world.tree.lookup(deep, "e".repeat(600))), "NAME_TOO_LONG");
    assert.deepEqual(world.web.taken(), []);
  });
});

describe("a bucket", () => {
  test("is a directory without asking; what can be none is ENOENT", async () => {
    assert.equal(await world.kind("oss/anything"), "directory");
    for (const name of [".git", "a b", "a@file"]) assert.equal(await world.kind(`oss/${name}`), "ENOENT");
    assert.deepEqual(world.web.taken(), []);
  });

  test("is listed when the configuration names it or something was found in it", async () => {
    put("found/x", "x");
    assert.deepEqual(await world.ls("oss"), ["models"]);
    await world.cat("oss/found/x");
    await world.kind("oss/typo/x");
    assert.deepEqual(await world.ls("oss"), ["found", "models"]);
  });

  test("is asked with the credentials and endpoint of the longest root, which show nowhere", async () => {
    put("models/x", "x");
    put("other/x", "x");
    await world.cat("oss/models/x");
    await world.cat("oss/other/x");
    const byUrl = (url: string) => world.web.requests.find((request) => request.url === url)?.objectStorage;
    assert.deepEqual(byUrl("oss://models/x"), { endpoint: "https://models.example", anonymous: true });
    assert.equal(byUrl("oss://other/x")?.accessKeySecret, "hush");
    assert.equal(
      world.web.requests.find(({ url }) => url.startsWith("s3:")),
      undefined,
    );
    const node = await world.node("oss/other/x");
    for (const name of await world.tree.xattrNames(node))
      assert.doesNotMatch((await world.tree.xattr(node, name)) ?? "", /hush|wide|oss\.example/);
  });

  test("gives its files the owner and mode of its root, and its directories the right to be searched", async () => {
    put("models/d/x", "x");
    const file = await world.tree.attributes(await world.node("oss/models/d/x"));
    assert.deepEqual([file.uid, file.gid, file.mode], [7, 8, 0o640]);
    const directory = await world.tree.attributes(await world.node("oss/models/d"));
    assert.deepEqual([directory.uid, directory.gid, directory.mode], [7, 8, 0o750]);
    assert.equal((await world.tree.attributes(await world.node("oss/other"))).uid, undefined);
  });

  test("that does not exist says so when it is listed", async () => {
    world.web.weather = 404;
    assert.equal(await codeOf(drain("/oss/typo/")), "NOT_FOUND");
  });
});

describe("requests", () => {
  test("for a directory are one listing of one key", async () => {
    put("models/dir/x", "x");
    await world.kind("oss/models/dir");
    assert.deepEqual(world.web.taken(), ["LIST oss://models/dir/"]);
    await world.kind("oss/models/dir");
    assert.deepEqual(world.web.taken(), []);
  });

  test("for a file are one HEAD and one listing, at the same time", async () => {
    put("models/x.bin", "x");
    await Promise.all([world.kind("oss/models/x.bin"), world.kind("oss/models/x.bin")]);
    assert.deepEqual(world.web.taken().sort(), ["LIST oss://models/x.bin/", "STAT oss://models/x.bin"]);
    assert.equal(await world.size("oss/models/x.bin"), 1);
    assert.deepEqual(world.web.taken(), []);
  });

  test("are none below a prefix listed a moment ago, for what is there and for what is not", async () => {
    put("models/d/x.bin", "x");
    put("models/d/sub/y", "y");
    await world.ls("oss/models/d");
    world.web.taken();
    assert.equal(await world.size("oss/models/d/x.bin"), 1);
    assert.equal(await world.kind("oss/models/d/sub"), "directory");
    assert.equal(await world.kind("oss/models/d/config.json"), "ENOENT");
    assert.equal(await world.kind("oss/models/d/sub@file"), "ENOENT");
    assert.deepEqual(world.web.taken(), []);
  });

  test("find a new key once the attribute time-out is over, and a missing one after a second", async () => {
    put("models/d/x.bin", "x");
    await world.ls("oss/models/d");
    put("models/d/new.bin", "new");
    assert.equal(await world.kind("oss/models/d/new.bin"), "ENOENT");
    world.clock.advance(10_000);
    assert.equal(await world.kind("oss/models/d/new.bin"), "file");
    assert.equal(await world.kind("oss/models/d/newer.bin"), "ENOENT");
    put("models/d/newer.bin", "newer");
    world.clock.advance(1_000);
    assert.equal(await world.kind("oss/models/d/newer.bin"), "file");
  });

  test("for 10,000 keys listed and stat'ed are the pages of the listing alone", async () => {
    for (let i = 0; i < 10_000; i += 1) put(`models/many/f${String(i).padStart(5, "0")}`, "x".repeat(i % 7));
    assert.equal((await world.ls("oss/models/many")).length, 10_000);
    const directory = await world.node("oss/models/many");
    const asked = world.web.taken();
    for (let i = 0; i < 10_000; i += 1) {
      const node = await world.tree.lookup(directory, `f${String(i).padStart(5, "0")}`);
      assert.ok(node !== undefined);
      assert.equal((await world.tree.attributes(node)).size, i % 7);
    }
    assert.deepEqual(world.web.taken(), []);
    assert.ok(asked.length <= 3, asked.join());
  });

  test("of a listing make the version that opening makes", async () => {
    put("models/d/x.bin", "x");
    await world.ls("oss/models/d");
    const node = await world.node("oss/models/d/x.bin");
    const { version } = await world.tree.attributes(node);
    const content = await world.tree.open(node);
    assert.equal(content.attributes.version, version);
    await content.close();
  });
});

describe("credentials that may not list", () => {
  beforeEach(() => {
    world.web.mayList = false;
    put("models/a/b/model.bin", "weights");
  });

  test("read objects through prefixes without an extension", async () => {
    assert.equal(await world.cat("oss/models/a/b/model.bin"), "weights");
  });

  test("get EACCES from ls and for missing names with an extension", async () => {
    assert.equal(await world.kind("oss/models/missing.bin"), "EACCES");
    assert.equal(await codeOf(drain("/oss/models/a/")), "PERMISSION");
  });
});

test("a prefix whose last key is gone is ENOENT", async () => {
  put("models/d/x", "x");
  assert.equal(await world.kind("oss/models/d"), "directory");
  world.web.objects.clear();
  world.clock.advance(10_000);
  assert.equal(await world.kind("oss/models/d"), "ENOENT");
  assert.equal(await codeOf(drain("/oss/models/d/")), "NOT_FOUND");
});

test("a strict bucket that does not answer is EIO, though it did before", async () => {
  put("strict/d/x", "x");
  assert.equal(await world.kind("s3/strict/d"), "directory");
  world.clock.advance(10_000);
  world.web.weather = "refused";
  assert.equal(await world.kind("s3/strict/d"), "EIO");
});

test("an error of the configuration reaches the caller as it is", async () => {
  world.web.beforePage = async () => {
    throw new InvalidInputError("oss needs an endpoint: set it in mount.roots");
  };
  await assert.rejects(drain("/oss/models/"), /oss:\/\/models\/: oss needs an endpoint/);
});
