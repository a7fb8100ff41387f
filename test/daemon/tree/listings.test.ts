/** Listings and what else is remembered: bounded in memory and on disk, and read back only when whole. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import {
  KEPT_LISTING_PAGE_ENTRIES,
  KEPT_LISTING_PAGES_MAX,
  KNOWN_DIRECTORIES_MAX,
  LISTING_GATHER_MS,
  LISTING_PAGE_NAMES,
  REVALIDATIONS_MAX,
} from "../../../base/limits.ts";
import { MemoryFacts } from "../../../daemon/storage/memory-facts.ts";
import { BoundedMap } from "../../../daemon/tree/bounded-map.ts";
import { KnownDirectories } from "../../../daemon/tree/known-directories.ts";
import { Listing } from "../../../daemon/tree/listing.ts";
import { ListingShelf } from "../../../daemon/tree/listing-shelf.ts";
import { entry, listingOf, names } from "./made-listings.ts";
import { TreeWorld } from "./tree-world.ts";

async function countOf(facts: MemoryFacts, space: string): Promise<number> {
  let count = 0;
  for await (const _ of facts.entries(space)) count += 1;
  return count;
}

describe("a listing", () => {
  test("shows a name once, as a directory where it is both, in whichever order it was told", () => {
    const listing = new Listing();
    listing.add(entry("a"), "a");
    listing.add(entry("a", "directory"), "a");
    listing.add(entry("b", "directory"), "b");
    listing.add(entry("b"), "b");
    assert.deepEqual(
      [...listing.entries()],
      [
        { name: "a", kind: "directory" },
        { name: "b", kind: "directory" },
      ],
    );
    assert.equal(listing.child("a")?.file?.length, 1);
    assert.equal(listing.child("b")?.file?.etag, '"b"');
  });

  test("comes back from the disk as it was", async () => {
    const facts = new MemoryFacts();
    const shelf = await ListingShelf.open(facts);
    const listing = listingOf(names(3 * KEPT_LISTING_PAGE_ENTRIES + 1));
    listing.add(entry("both"), "both");
    listing.add(entry("both", "directory"), "both");
    listing.add({ ...entry("bare"), length: undefined, modifiedAtMs: undefined, etag: undefined }, "bare");
    shelf.save("k", shelf.shelve(listing), 7);
    assert.equal(await countOf(facts, "tree.listing-page"), 4);
    const kept = await (await ListingShelf.open(facts)).load("k");
    assert.equal(kept?.checkedAtMs, 7);
    assert.deepEqual(kept?.shelved.listing?.fingerprint(), listing.fingerprint());
    assert.deepEqual([...(kept?.shelved.listing?.entries() ?? [])], [...listing.entries()]);
  });

  test("of which a page is missing, of another listing or damaged counts as none", async () => {
    const damages: ((facts: MemoryFacts) => void)[] = [
      (facts) => facts.delete("tree.listing-page", "k 000001"),
      (facts) => facts.put("tree.listing-page", "k 000001", { of: "another", entries: [] }),
      (facts) => facts.put("tree.listing-page", "k 000001", 5),
    ];
    for (const damage of damages) {
      const facts = new MemoryFacts();
      const shelf = await ListingShelf.open(facts);
      shelf.save("k", shelf.shelve(listingOf(names(2 * KEPT_LISTING_PAGE_ENTRIES))), 7);
      damage(facts);
      assert.equal(await (await ListingShelf.open(facts)).load("k"), undefined);
    }
    const facts = new MemoryFacts();
    facts.put("tree.listing", "k", { pages: "many" });
    assert.equal(await (await ListingShelf.open(facts)).load("k"), undefined);
    assert.equal(new Listing().restore([["name", 1, 2]]), false);
  });

  test("that did not change is not written again", async () => {
    class CountingFacts extends MemoryFacts {
      pages = 0;
      override put(space: string, key: string, value: unknown): void {
        if (space === "tree.listing-page") this.pages += 1;
        super.put(space, key, value);
      }
    }
    const facts = new CountingFacts();
    const shelf = await ListingShelf.open(facts);
    shelf.save("k", shelf.shelve(listingOf(names(10))), 1);
    shelf.save("k", shelf.shelve(listingOf(names(10))), 2);
    assert.equal(facts.pages, 1);
    assert.equal((await shelf.load("k"))?.checkedAtMs, 2);
    shelf.save("k", shelf.shelve(listingOf(names(11))), 3);
    assert.equal(facts.pages, 2);
    assert.equal((await shelf.load("k"))?.shelved.listing?.size, 11);
  });
});

describe("the listings kept", () => {
  test("on disk have so many pages together; the least recently used listing goes first", async () => {
    const facts = new MemoryFacts();
    const shelf = await ListingShelf.open(facts);
    for (let i = 0; i < KEPT_LISTING_PAGES_MAX; i += 1)
      shelf.save(`k${i}`, shelf.shelve(listingOf(["x"])), i);
    shelf.save("k0", shelf.shelve(listingOf(["x"])), 9);
    shelf.save("two pages", shelf.shelve(listingOf(names(KEPT_LISTING_PAGE_ENTRIES + 1))), 10);
    assert.equal(await countOf(facts, "tree.listing-page"), KEPT_LISTING_PAGES_MAX);
    assert.notEqual(await shelf.load("k0"), undefined);
    assert.equal(await shelf.load("k1"), undefined);
    assert.equal(await shelf.load("k2"), undefined);
    assert.notEqual(await shelf.load("k3"), undefined);
  });

  test("on disk do not grow by empty ones without end", async () => {
    const facts = new MemoryFacts();
    const shelf = await ListingShelf.open(facts);
    for (let i = 0; i <= KEPT_LISTING_PAGES_MAX; i += 1) shelf.save(`k${i}`, shelf.shelve(new Listing()), i);
    assert.equal(await countOf(facts, "tree.listing"), KEPT_LISTING_PAGES_MAX);
  });
});

test("the directories remembered are so many, the least recently found go first", async () => {
  const facts = new MemoryFacts();
  const known = await KnownDirectories.open(facts);
  known.add("http://h/first/");
  for (let i = 0; i < KNOWN_DIRECTORIES_MAX - 1; i += 1) known.add(`http://h/d${i}/`);
  assert.equal(known.has("http://h/first/"), false);
  assert.equal(known.has("http://h/"), true, "what lies above was used with each");
  assert.equal(await countOf(facts, "tree.directory"), KNOWN_DIRECTORIES_MAX);
  const again = await KnownDirectories.open(facts);
  assert.deepEqual(again.tops("http"), ["h"]);
  again.delete("http://h/");
  assert.deepEqual((await KnownDirectories.open(facts)).tops("http"), []);
});

test("a bounded map forgets what was used least recently", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  assert.equal(map.get("a"), 1);
  map.set("c", 3);
  assert.deepEqual([map.get("a"), map.get("b"), map.get("c"), map.size], [1, undefined, 3, 2]);
  map.delete("a");
  assert.equal(map.size, 1);
});

describe("a directory", () => {
  let world: TreeWorld;
  beforeEach(async () => {
    world = await TreeWorld.open();
  });
  afterEach(() => world.close());

  function fill(count: number): void {
    for (let i = 0; i < count; i += 1)
      world.web.objects.set(`b/d/f${String(i).padStart(7, "0")}`, { body: "x", etag: '"x"' });
  }

  test("that takes long to list is handed on as it comes", async () => {
    fill(50);
    world.web.keysPerPage = 10;
    world.web.beforePage = async () => world.clock.advance(LISTING_GATHER_MS / 2);
    assert.equal((await world.ls("s3/b/d")).length, 50);
    assert.equal(world.web.taken().filter((line) => line.startsWith("LIST s3://b/d/")).length, 3);
  });

  test("gives its names in pages", async () => {
    fill(2 * LISTING_PAGE_NAMES + 1);
    const sizes: number[] = [];
    for await (const page of world.tree.list(await world.node("s3/b/d"))) sizes.push(page.length);
    assert.deepEqual(sizes, [LISTING_PAGE_NAMES, LISTING_PAGE_NAMES, 1]);
  });
});

test("directories asked about in the background are so many at once", async () => {
  const world = await TreeWorld.open();
  const H = "http://h.example";
  for (let i = 0; i < 2 * REVALIDATIONS_MAX; i += 1) {
    world.web.pages.set(`${H}/d${i}/m.bin`, { body: "m" });
    await world.node(`http/h.example/d${i}/m.bin`);
  }
  world.clock.advance(60_000);
  world.web.taken();
  world.web.weather = "silent";
  const host = await world.node("http/h.example");
  for (let i = 0; i < 2 * REVALIDATIONS_MAX; i += 1)
    assert.equal((await world.tree.lookup(host, `d${i}`))?.kind, "directory");
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(world.web.taken().length, REVALIDATIONS_MAX);
  await world.close();
});
