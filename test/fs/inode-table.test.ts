import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { P2pfsError } from "../../base/errors.ts";
import { DENTRY_CACHE_MS } from "../../base/limits.ts";
import type { SourceNode } from "../../fs/content-source.ts";
import { type InodeNumber, InodeTable, type InodeTableOptions, ROOT_INODE } from "../../fs/inode-table.ts";

const file = (key: string): SourceNode => ({ key, kind: "file" });
const directory = (key: string): SourceNode => ({ key, kind: "directory" });

function makeTable(limits: Partial<InodeTableOptions> = {}): { table: InodeTable; clock: FakeClock } {
  const clock = new FakeClock();
  return { clock, table: new InodeTable({ root: directory("root"), clock, ...limits }) };
}

const coded = (code: string) => (error: unknown) => error instanceof P2pfsError && error.code === code;

test("the root is inode 1 and is never forgotten", () => {
  const { table } = makeTable();
  table.forget(ROOT_INODE, 5);
  assert.equal(table.get(ROOT_INODE).node.key, "root");
});

test("nodes with one key are one inode, and a node keeps its number while anything refers to it", () => {
  const { table } = makeTable({ cachedMax: 1 });
  const inode = table.obtain(file("a"));
  table.lookedUp(inode);
  table.obtain(file("b"));
  table.obtain(file("c"));
  assert.equal(table.obtain(file("a")), inode);
  assert.equal(table.get(inode.number), inode);
});

test("an inode that nothing refers to is evicted, the longest untouched first", () => {
  const { table } = makeTable({ cachedMax: 2 });
  const [a, b] = [table.obtain(file("a")), table.obtain(file("b"))];
  table.obtain(file("a"));
  table.obtain(file("c"));
  assert.equal(table.obtain(file("a")), a);
  assert.throws(() => table.get(b.number), coded("STALE"));
});

test("forgetting gives back as many lookups as it says, and only the last lets the inode go", () => {
  const { table } = makeTable({ cachedMax: 1 });
  const inode = table.obtain(file("a"));
  table.lookedUp(inode);
  table.lookedUp(inode);
  table.lookedUp(inode);
  table.forget(inode.number, 2);
  table.obtain(file("b"));
  assert.equal(table.get(inode.number), inode);
  table.forget(inode.number, 1);
  table.obtain(file("c"));
  assert.throws(() => table.get(inode.number), coded("STALE"));
  table.forget(inode.number, 1);
});

test("what is only remembered does not count as referred to, what is looked up or held does", () => {
  const { table } = makeTable();
  const inodes = Array.from({ length: 50 }, (_, index) => table.obtain(file(`${index}`)));
  assert.equal(table.referencedCount, 1, "the root");
  for (const inode of inodes) table.lookedUp(inode);
  table.hold(inodes[0] as (typeof inodes)[0]);
  assert.equal(table.referencedCount, 51);
  for (const { number } of inodes) table.forget(number, 1);
  assert.equal(table.referencedCount, 2, "the root, and what is held");
  table.letGo(inodes[0] as (typeof inodes)[0]);
  assert.deepEqual([table.referencedCount, table.size], [1, 51]);
});

test("a held inode outlives the kernel's references", () => {
  const { table } = makeTable({ cachedMax: 1 });
  const inode = table.obtain(file("a"));
  table.hold(inode);
  table.obtain(file("b"));
  table.obtain(file("c"));
  assert.equal(table.get(inode.number), inode);
  table.letGo(inode);
  table.obtain(file("d"));
  assert.throws(() => table.get(inode.number), coded("STALE"));
});

test("a number is never given twice, and 100,000 nodes leave no more than the bound behind", () => {
  const { table } = makeTable({ cachedMax: 100 });
  const seen = new Set<InodeNumber>();
  for (let n = 0; n < 100_000; n++) seen.add(table.obtain(file(`k${n}`)).number);
  assert.equal(seen.size, 100_000);
  assert.ok(table.size <= 101);
});

test("a renewed inode has another number and the same st_ino; the old one lives while it is held", () => {
  const { table } = makeTable();
  const old = table.obtain(file("a"));
  table.hold(old);
  const renewed = table.renew(old);
  assert.notEqual(renewed.number, old.number);
  assert.equal(renewed.ino, old.ino);
  assert.equal(table.obtain(file("a")), renewed);
  assert.equal(table.get(old.number), old);
  assert.equal(old.current, false);
  table.letGo(old);
  assert.throws(() => table.get(old.number), coded("STALE"));
  assert.equal(table.obtain(file("a")), renewed, "the old one takes nothing with it");
});

test("a name that was a directory and is a file now is another inode", () => {
  const { table } = makeTable();
  const before = table.obtain(directory("a"));
  const after = table.obtain(file("a"));
  assert.notEqual(before.number, after.number);
  assert.equal(after.node.kind, "file");
});

test("when the kernel refers to more inodes than the bound, the next is refused", () => {
  const { table } = makeTable({ referencedMax: 3 });
  const hold = (key: string) => {
    const inode = table.obtain(file(key));
    table.lookedUp(inode);
    return inode;
  };
  const first = hold("a");
  hold("b");
  assert.throws(() => hold("c"), coded("TOO_MANY"));
  table.forget(first.number, 1);
  hold("c");
});

test("a remembered name is fresh for a second and remembered after that, until its inode goes", () => {
  const { table, clock } = makeTable();
  const inode = table.obtain(directory("a"));
  table.remember(ROOT_INODE, "a", inode);
  assert.equal(table.fresh(ROOT_INODE, "a"), inode);
  clock.advance(DENTRY_CACHE_MS);
  assert.equal(table.fresh(ROOT_INODE, "a"), undefined);
  assert.equal(table.remembered(ROOT_INODE, "a"), inode);
  table.retire(inode);
  assert.equal(table.remembered(ROOT_INODE, "a"), undefined);
});

test("no more names are remembered than the bound, the oldest go", () => {
  const { table } = makeTable({ dentriesMax: 2 });
  const inode = table.obtain(directory("a"));
  for (const name of ["x", "y", "z"]) table.remember(ROOT_INODE, name, inode);
  assert.equal(table.dentryCount, 2);
  assert.equal(table.remembered(ROOT_INODE, "x"), undefined);
  assert.equal(table.remembered(ROOT_INODE, "z"), inode);
});
