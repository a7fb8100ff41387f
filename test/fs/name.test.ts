import assert from "node:assert/strict";
import { test } from "node:test";
import { isName, loggablePath } from "../../fs/name.ts";

test("a name may have 1,024 bytes, counted as UTF-8", () => {
  assert.equal(isName("a".repeat(1024)), true);
  assert.equal(isName("a".repeat(1025)), false);
  assert.equal(isName("ä".repeat(512)), true);
  assert.equal(isName("ä".repeat(513)), false);
  assert.equal(isName("字".repeat(342)), false);
});

test("what is no name of a directory's entry is none", () => {
  for (const name of ["", ".", "..", "a/b", "a\0b"]) assert.equal(isName(name), false, JSON.stringify(name));
  for (const name of ["...", ".hidden", "a b", "%3Fq"]) assert.equal(isName(name), true, name);
});

test("a path is logged without the queries in its names", () => {
  assert.equal(loggablePath("/https/host/f.bin%3Fsignature=secret&x=1/y"), "/https/host/f.bin?…/y");
  assert.equal(loggablePath("/https/host/f.bin%3fsecret"), "/https/host/f.bin?…");
  assert.equal(loggablePath("/oss/bucket/key"), "/oss/bucket/key");
});
