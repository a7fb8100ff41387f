import assert from "node:assert/strict";
import { test } from "node:test";
import { permits, R_OK, statOf, W_OK, X_OK } from "../../fs/attributes.ts";
import type { NodeAttributes } from "../../fs/content-source.ts";

const FILE: NodeAttributes = { kind: "file", size: 1000, modifiedAtMs: 1_600_000_000_123, version: "v" };
const DIRECTORY: NodeAttributes = { kind: "directory", size: 0, modifiedAtMs: 1, version: "" };
const OWNER = { defaultUid: 10, defaultGid: 20 };

test("files are 0444 and directories 0555, of the mounting user, unless a node carries its own", () => {
  const file = statOf(FILE, 7, OWNER);
  assert.deepEqual([file.mode, file.uid, file.gid, file.ino], [0o100444, 10, 20, 7]);
  assert.equal(statOf(DIRECTORY, 7, OWNER).mode, 0o040555);
  const own = statOf({ ...FILE, mode: 0o640, uid: 1, gid: 2 }, 7, OWNER);
  assert.deepEqual([own.mode, own.uid, own.gid], [0o100640, 1, 2]);
});

test("uid, gid and umask of the mount win over what a node carries", () => {
  const forced = { ...OWNER, uid: 0, gid: 5, umask: 0o027 };
  const own = statOf({ ...FILE, mode: 0o646, uid: 1, gid: 2 }, 7, forced);
  assert.deepEqual([own.mode, own.uid, own.gid], [0o100640, 0, 5]);
  assert.equal(statOf(DIRECTORY, 7, forced).mode, 0o040550);
});

test("st_blocks is that of the whole file, so that nothing looks like a hole", () => {
  assert.equal(statOf(FILE, 7, OWNER).blocks, 2);
  assert.equal(statOf({ ...FILE, size: 2 ** 40 }, 7, OWNER).blocks, 2 ** 31);
  assert.equal(statOf({ ...FILE, size: 0 }, 7, OWNER).blocks, 0);
});

test("permission bits are those of the owner, else of the group, else of others", () => {
  const attributes = statOf({ ...FILE, mode: 0o640, uid: 1, gid: 2 }, 7, OWNER);
  assert.equal(permits(attributes, R_OK | W_OK, { uid: 1, gid: 99 }), true);
  assert.equal(permits(attributes, R_OK, { uid: 9, gid: 2 }), true);
  assert.equal(permits(attributes, W_OK, { uid: 9, gid: 2 }), false);
  assert.equal(permits(attributes, R_OK, { uid: 9, gid: 3, groups: [2] }), true);
  assert.equal(permits(attributes, R_OK, { uid: 9, gid: 9 }), false);
});

test("root may read everything, and enter every directory, but executes nothing that nobody may", () => {
  const attributes = statOf({ ...FILE, mode: 0o000, uid: 1, gid: 2 }, 7, OWNER);
  assert.equal(permits(attributes, R_OK, { uid: 0, gid: 0 }), true);
  assert.equal(permits(attributes, X_OK, { uid: 0, gid: 0 }), false);
  assert.equal(permits(statOf({ ...DIRECTORY, mode: 0 }, 7, OWNER), X_OK, { uid: 0, gid: 0 }), true);
});
