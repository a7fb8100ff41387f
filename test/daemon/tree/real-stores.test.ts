/** The tree over object stores that speak their vendors' APIs on loopback and check every signature. */
import assert from "node:assert/strict";
import { after, describe, type TestContext, test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { fixedContent } from "../../origin/content.ts";
import { StoreLab, VENDORS, type Vendor } from "../source/object-store/store-lab.ts";
import { TreeWorld } from "./tree-world.ts";

// The system clock's timers do not keep a process alive; waiting for them is part of this.
const alive = setInterval(() => {}, 1_000);
after(() => clearInterval(alive));

async function storeWorld(
  t: TestContext,
  vendor: Vendor,
): Promise<{ lab: StoreLab; world: TreeWorld; top: string }> {
  const lab = await StoreLab.start(t, vendor);
  const world = await TreeWorld.open({
    sourceOf: () => lab.source,
    clock: systemClock,
    roots: [{ path: lab.scheme, ...lab.storage }],
  });
  t.after(() => world.close());
  return { lab, world, top: `${lab.scheme}/bucket` };
}

for (const vendor of VENDORS)
  describe(`a bucket of ${vendor}`, () => {
    test("reads a key through its prefixes, and a key beside a prefix of its name by @file", async (t) => {
      const { lab, world, top } = await storeWorld(t, vendor);
      lab.server.objects.put("bucket", "a", fixedContent("the key"));
      lab.server.objects.put("bucket", "a/b/model.bin", fixedContent("weights"));
      assert.equal(await world.cat(`${top}/a/b/model.bin`), "weights");
      assert.equal(await world.kind(`${top}/a`), "directory");
      assert.equal(await world.cat(`${top}/a@file`), "the key");
      assert.deepEqual(await world.entries(top), [{ name: "a", kind: "directory" }]);
      assert.equal(await world.kind(`${top}/a/missing.bin`), "ENOENT");
      assert.equal(await world.kind(`${top}/missing`), "ENOENT");
    });

    test("shows an empty folder that has only its marker", async (t) => {
      const { lab, world, top } = await storeWorld(t, vendor);
      lab.server.objects.put("bucket", "folder/", fixedContent(""));
      assert.equal(await world.kind(`${top}/folder`), "directory");
      assert.deepEqual(await world.ls(`${top}/folder`), []);
      assert.deepEqual(await world.ls(top), ["folder"]);
    });

    test("reads odd keys by the names that its listing shows", async (t) => {
      const { lab, world, top } = await storeWorld(t, vendor);
      const keys = ["100%", "a%2Fb", "q?x=1", "#hash", "a b+c", "größe", "x@file", "%41", "<&>", "quote'\""];
      for (const key of keys) lab.server.objects.put("bucket", key, fixedContent(`bytes of ${key}`));
      const bytes: string[] = [];
      for (const name of await world.ls(top)) bytes.push(await world.cat(`${top}/${name}`));
      assert.deepEqual(bytes.sort(), keys.map((key) => `bytes of ${key}`).sort());
    });

    test("lists and stats 2,500 keys with its three pages, and opens the version that was listed", async (t) => {
      const { lab, world, top } = await storeWorld(t, vendor);
      for (let i = 0; i < 2_500; i += 1)
        lab.server.objects.put("bucket", `d/f${i}`, fixedContent("x".repeat(i % 9)));
      const names = await world.ls(`${top}/d`);
      assert.equal(names.length, 2_500);
      const before = lab.server.log.length;
      const directory = await world.node(`${top}/d`);
      for (const name of names) {
        const node = await world.tree.lookup(directory, name);
        assert.ok(node !== undefined);
        assert.equal((await world.tree.attributes(node)).size, Number(name.slice(1)) % 9);
      }
      assert.equal(lab.server.log.length, before);
      assert.ok(before <= 4, "one to find the directory, three pages");
      const node = await world.node(`${top}/d/f7`);
      const listed = await world.tree.attributes(node);
      const content = await world.tree.open(node);
      assert.equal(content.attributes.version, listed.version);
      assert.equal(content.attributes.modifiedAtMs, listed.modifiedAtMs);
      await content.close();
    });
  });
