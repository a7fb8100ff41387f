/** What a cluster forbids. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BLOCK_LIST_ENTRIES_MAX, BLOCK_LIST_REGEX_MAX, BLOCK_LIST_URL_MAX } from "../../../base/limits.ts";
import { isBlocked, readBlockLists } from "../../../daemon/manager/block-list.ts";

const RULES = {
  applications: ["torch"],
  urls: ["^https?://private\\.", "(?i)SECRET"],
  tags: ["t1"],
  priorities: [3],
};

test("whatever matches one entry is blocked, and nothing else", () => {
  const { lists, problems } = readBlockLists({ block_list: { task: { download: RULES } } });
  const rules = lists.task?.download;
  const url = "http://origin/file";
  assert.deepEqual(problems, []);
  assert.equal(isBlocked(rules, { url, application: "torch" }), true);
  assert.equal(isBlocked(rules, { url: "https://private.example/x" }), true);
  assert.equal(isBlocked(rules, { url: "http://origin/secret.bin" }), true, "flags at the beginning count");
  assert.equal(isBlocked(rules, { url, tag: "t1" }), true);
  assert.equal(isBlocked(rules, { url, priority: 3 }), true);
  assert.equal(isBlocked(rules, { url, application: "torch2", tag: "", priority: 6 }), false);
  assert.equal(isBlocked(undefined, { url }), false);
});

test("both spellings are read, for every kind and direction", () => {
  const camel = {
    blockList: { persistentCacheTask: { upload: RULES }, persistentTask: { download: RULES } },
  };
  const snake = {
    block_list: { persistent_cache_task: { upload: RULES }, persistent_task: { download: RULES } },
  };
  for (const config of [camel, snake]) {
    const { lists } = readBlockLists(config);
    assert.equal(isBlocked(lists.persistentCacheTask?.upload, { tag: "t1" }), true);
    assert.equal(isBlocked(lists.persistentTask?.download, { tag: "t1" }), true);
    assert.equal(lists.persistentTask?.upload, undefined);
  }
});

test("what cannot be understood is passed over and told of, and the rest holds", () => {
  const long = "x".repeat(BLOCK_LIST_REGEX_MAX + 1);
  const download = { urls: ["(", "^http://a/", long, 7], tags: "t1", applications: [7, "x"] };
  const { lists, problems } = readBlockLists({ block_list: { task: { download } } });
  assert.equal(problems.length, 2);
  assert.equal(isBlocked(lists.task?.download, { url: "http://a/b" }), true);
  assert.equal(isBlocked(lists.task?.download, { application: "x" }), true);
  for (const nothing of [undefined, null, 7, [], { block_list: [] }, { load_limit: 200 }])
    assert.deepEqual(readBlockLists(nothing), { lists: {}, problems: [] });
});

test("of a list only so many entries count, and of a URL only so many characters are looked at", () => {
  const tags = Array.from({ length: BLOCK_LIST_ENTRIES_MAX + 1 }, (_, index) => `t${index}`);
  const { lists } = readBlockLists({ block_list: { task: { download: { tags, urls: ["secret$"] } } } });
  const rules = lists.task?.download;
  assert.equal(isBlocked(rules, { tag: tags.at(-2) as string }), true);
  assert.equal(isBlocked(rules, { tag: tags.at(-1) as string }), false);
  const url = `http://origin/${"x".repeat(BLOCK_LIST_URL_MAX)}secret`;
  assert.equal(isBlocked(rules, { url }), false);
  assert.equal(isBlocked(rules, { url: "http://origin/secret" }), true);
});
