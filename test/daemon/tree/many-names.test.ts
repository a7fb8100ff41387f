/** Directories with more names than are remembered: they take a while to make. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LISTED_ENTRIES_MAX } from "../../../base/limits.ts";
import { MemoryFacts } from "../../../daemon/storage/memory-facts.ts";
import { ListingShelf } from "../../../daemon/tree/listing-shelf.ts";
import { listingOf, names } from "./made-listings.ts";
import { TreeWorld } from "./tree-world.ts";

test("the listings kept in memory hold so many entries together; the least recently used are read from the disk again", async () => {
  const shelf = await ListingShelf.open(new MemoryFacts());
  const first = shelf.shelve(listingOf(names(1_000)));
  const second = shelf.shelve(listingOf(names(1_000)));
  shelf.save("first", first, 1);
  assert.notEqual(shelf.take(first), undefined);
  const large = shelf.shelve(listingOf(names(LISTED_ENTRIES_MAX - 1_500)));
  assert.equal(second.listing, undefined, "the one used longer ago went");
  assert.notEqual(first.listing, undefined);
  shelf.shelve(listingOf(names(1_000)));
  assert.equal(first.listing, undefined);
  assert.notEqual(large.listing, undefined);
  assert.equal((await shelf.restore("first", first))?.size, 1_000);
  assert.equal(await shelf.restore("second", second), undefined);
});

test("a directory with more names than are remembered is listed whole all the same, and hides nothing", async () => {
  const count = LISTED_ENTRIES_MAX + 2_500;
  const world = await TreeWorld.open();
  for (let i = 0; i < count; i += 1)
    world.web.objects.set(`b/d/f${String(i).padStart(7, "0")}`, { body: "x", etag: '"x"' });
  world.web.keysPerPage = 10_000;
  const listed = await world.ls("s3/b/d");
  assert.equal(listed.length, count);
  assert.equal(new Set(listed).size, count);
  world.web.taken();
  assert.equal(await world.kind("s3/b/d/f0000001"), "file");
  assert.deepEqual(world.web.taken(), [], "what was gathered is known");
  assert.equal(await world.kind(`s3/b/d/f${String(count - 1).padStart(7, "0")}`), "file");
  assert.notDeepEqual(world.web.taken(), [], "what was not is asked for");
  await world.close();
});
