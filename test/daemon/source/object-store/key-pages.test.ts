/** Keys to directory entries: what is an entry, what is left out, and that a listing always ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { IntegrityError, LimitError, NotFoundError } from "../../../../base/errors.ts";
import { LIST_PAGES_MAX } from "../../../../base/limits.ts";
import {
  entryPages,
  type KeyPage,
  type ListedKey,
} from "../../../../daemon/source/object-store/key-pages.ts";

const key = (name: string): ListedKey => ({ key: name, length: 1, modifiedAtMs: 2, etag: '"e"' });

function pagesOf(pages: readonly Partial<KeyPage>[]) {
  let asked = 0;
  return (): Promise<KeyPage> => {
    const page = pages[asked++] ?? {};
    return Promise.resolve({
      keys: page.keys ?? [],
      prefixes: page.prefixes ?? [],
      next: asked < pages.length ? `token ${asked}` : undefined,
    });
  };
}

async function entriesOf(prefix: string, recursive: boolean, ...pages: Partial<KeyPage>[]) {
  const entries = [];
  const listing = { scheme: "oss", bucket: "bucket", prefix, recursive };
  for await (const page of entryPages(listing, pagesOf(pages))) entries.push(...page);
  return entries;
}

test("one level gives prefixes as directories and keys as files, with their URLs", async () => {
  const entries = await entriesOf("dir/", false, {
    keys: [key("dir/"), key("dir/a b"), key("dir/100%")],
    prefixes: ["dir/sub/"],
  });
  assert.deepEqual(entries, [
    {
      name: "sub",
      kind: "directory",
      url: "oss://bucket/dir/sub/",
      length: undefined,
      modifiedAtMs: undefined,
      etag: undefined,
    },
    { name: "a b", kind: "file", url: "oss://bucket/dir/a%20b", length: 1, modifiedAtMs: 2, etag: '"e"' },
    { name: "100%", kind: "file", url: "oss://bucket/dir/100%25", length: 1, modifiedAtMs: 2, etag: '"e"' },
  ]);
});

test("keys that cannot be POSIX paths are left out of one level", async () => {
  const entries = await entriesOf("", false, {
    keys: [key("."), key(".."), key("a\0b"), key("..."), key("x/y")],
    prefixes: ["/", "./", "../", "ok/"],
  });
  assert.deepEqual(
    entries.map(({ name, kind }) => [name, kind]),
    [
      ["ok", "directory"],
      ["...", "file"],
    ],
  );
});

test("a recursive listing gives whole relative names, markers as directories, and leaves out what is no path", async () => {
  const entries = await entriesOf("top/", true, {
    keys: [
      "top/",
      "top/a",
      "top/b//c",
      "top/d/./e",
      "top/f/../g",
      "top/empty/",
      "top/h/i",
      "top/j//",
      "top//k",
    ].map(key),
  });
  assert.deepEqual(
    entries.map(({ name, kind, url }) => [name, kind, url]),
    [
      ["a", "file", "oss://bucket/top/a"],
      ["empty", "directory", "oss://bucket/top/empty/"],
      ["h/i", "file", "oss://bucket/top/h/i"],
    ],
  );
});

test("pages are given one by one, and a page on which nothing is an entry is passed over", async () => {
  const pages = [];
  const listing = { scheme: "s3", bucket: "b", prefix: "", recursive: false };
  const source = pagesOf([{ keys: [key("a")] }, { keys: [key("..")] }, { keys: [key("b"), key("c")] }]);
  for await (const page of entryPages(listing, source)) pages.push(page.map(({ name }) => name));
  assert.deepEqual(pages, [["a"], ["b", "c"]]);
});

test("a prefix that no key begins with is not found; an empty bucket and a lone marker are empty directories", async () => {
  await assert.rejects(entriesOf("none/", false, {}), NotFoundError);
  assert.deepEqual(await entriesOf("", false, {}), []);
  assert.deepEqual(await entriesOf("empty/", false, { keys: [key("empty/")] }), []);
});

test("keys that do not begin with the listed prefix are never entries", async () => {
  assert.deepEqual(await entriesOf("dir/", false, { keys: [key("other/x")], prefixes: ["../../etc/"] }), []);
});

test("a store that names the same next page for ever is found out, and one that never ends is given up", async () => {
  const listing = { scheme: "s3", bucket: "b", prefix: "", recursive: false };
  const exhaust = async (pageOf: (token: string | undefined) => Promise<KeyPage>) => {
    for await (const _ of entryPages(listing, pageOf));
  };
  await assert.rejects(
    exhaust(async () => ({ keys: [], prefixes: [], next: "same" })),
    IntegrityError,
  );
  let count = 0;
  await assert.rejects(
    exhaust(async () => ({ keys: [], prefixes: [], next: String(count++) })),
    LimitError,
  );
  assert.equal(count, LIST_PAGES_MAX);
});
