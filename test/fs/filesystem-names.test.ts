/** Names, attributes, listings, extended attributes and refusals, without a kernel. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { P2pfsError, PermissionError, UnavailableError } from "../../base/errors.ts";
import { MOUNT_REQUEST_MS } from "../../base/limits.ts";
import { MUTATIONS } from "../../fs/filesystem.ts";
import { type InodeNumber, ROOT_INODE } from "../../fs/inode-table.ts";
import { bytesContent, patternContent } from "../../fs/memory-file.ts";
import { makeFilesystem, settle } from "./fixture.ts";

const coded = (code: string) => (error: unknown) => error instanceof P2pfsError && error.code === code;
const never = () => new Promise<void>(() => {});

test("a name is found with its attributes, and one name in two places is one inode", async (t) => {
  const { source, filesystem, find } = await makeFilesystem(t);
  source.addFile("a/f", bytesContent("hello"), { modifiedAtMs: 5000 });
  source.addAlias("b", "a/f");
  const entry = await filesystem.lookup(await find("a"), "f");
  assert.equal(entry.attributes.sizeBytes, 5);
  assert.equal(entry.attributes.modifiedAtMs, 5000);
  assert.equal(entry.attributes.uid, 501);
  assert.equal((await filesystem.lookup(ROOT_INODE, "b")).inode, entry.inode);
  assert.deepEqual(await filesystem.getattr(entry.inode), entry.attributes);
});

test("what is not there is ENOENT; what cannot be a name is not asked for", async (t) => {
  const { source, filesystem, find } = await makeFilesystem(t);
  source.addFile("f", bytesContent("x"));
  source.setFault("lookup", "", async () => assert.fail("the source was asked"));
  await assert.rejects(filesystem.lookup(ROOT_INODE, "g"), coded("NOT_FOUND"));
  await assert.rejects(filesystem.lookup(ROOT_INODE, ""), coded("NOT_FOUND"));
  await assert.rejects(filesystem.lookup(ROOT_INODE, "a/b"), coded("NOT_FOUND"));
  await assert.rejects(filesystem.lookup(ROOT_INODE, "n".repeat(1025)), coded("NAME_TOO_LONG"));
  await assert.rejects(filesystem.lookup(await find("f"), "x"), coded("NOT_A_DIRECTORY"));
  await assert.rejects(filesystem.lookup(99 as InodeNumber, "x"), coded("STALE"));
});

test("errors of the source reach the caller as they are", async (t) => {
  const { source, filesystem } = await makeFilesystem(t);
  source.addFile("secret", bytesContent("x"));
  source.setFault("attributes", "secret", async () => {
    throw new PermissionError("the origin answers 403");
  });
  await assert.rejects(filesystem.lookup(ROOT_INODE, "secret"), coded("PERMISSION"));
});

test("a lookup that the source never answers ends at the deadline, others go on meanwhile", async (t) => {
  const { source, filesystem, clock, find } = await makeFilesystem(t);
  source.addFile("hangs", bytesContent("x"));
  source.addFile("works", bytesContent("y"));
  source.setFault("lookup", "hangs", never);
  const hanging = filesystem.lookup(ROOT_INODE, "hangs");
  await find("works");
  assert.equal((await filesystem.statfs()).files, 1000);
  clock.advance(MOUNT_REQUEST_MS);
  await assert.rejects(hanging, coded("DEADLINE"));
});

test("an interrupted request ends at once with the interrupt's reason", async (t) => {
  const { source, filesystem } = await makeFilesystem(t);
  source.addFile("hangs", bytesContent("x"));
  source.setFault("lookup", "hangs", never);
  const controller = new AbortController();
  const hanging = filesystem.lookup(ROOT_INODE, "hangs", controller.signal);
  controller.abort(new P2pfsError("CANCELLED", "interrupted"));
  await assert.rejects(hanging, coded("CANCELLED"));
});

test("a listing has every entry once, with cookies that go on where they say", async (t) => {
  const { source, filesystem, find } = await makeFilesystem(t);
  for (let n = 0; n < 2500; n++) source.addFile(`d/f${n}`, bytesContent(""));
  source.addDirectory("d/sub");
  const handle = filesystem.opendir(await find("d"));
  const names: string[] = [];
  for (let cookie = 0; ; ) {
    const entries = await filesystem.readdir(handle, cookie, 999);
    if (entries.length === 0) break;
    names.push(...entries.map(({ name }) => name));
    cookie = entries.at(-1)?.cookie ?? 0;
  }
  assert.deepEqual(names.slice(0, 3), [".", "..", "f0"]);
  assert.equal(names.length, 2503);
  assert.equal(new Set(names).size, 2503);
  const [again] = await filesystem.readdir(handle, 1200, 1);
  assert.equal(again?.name, names[1200]);
  filesystem.releasedir(handle);
  await assert.rejects(async () => filesystem.readdir(handle, 0, 1), coded("BAD_HANDLE"));
});

test("an open directory keeps what it listed, and lists anew when it is rewound", async (t) => {
  const { source, filesystem } = await makeFilesystem(t);
  source.addFile("a", bytesContent(""));
  const handle = filesystem.opendir(ROOT_INODE);
  const list = async (cookie: number) =>
    (await filesystem.readdir(handle, cookie, 100)).map(({ name }) => name);
  assert.deepEqual(await list(2), ["a"]);
  source.addFile("b", bytesContent(""));
  assert.deepEqual(await list(2), ["a"]);
  assert.deepEqual(await list(0), [".", ".."]);
  assert.deepEqual(await list(2), ["a", "b"]);
  filesystem.releasedir(handle);
});

test("names that cannot be looked up are not listed", async (t) => {
  const { source, filesystem } = await makeFilesystem(t);
  source.addFile("ok", bytesContent(""));
  source.addFile(`long/${"n".repeat(1025)}`, bytesContent(""));
  source.addFile("long/fits", bytesContent(""));
  const handle = filesystem.opendir((await filesystem.lookup(ROOT_INODE, "long")).inode);
  const entries = await filesystem.readdir(handle, 2, 100);
  assert.deepEqual(
    entries.map(({ name }) => name),
    ["fits"],
  );
});

test("a listing that breaks off is an error, not a short listing", async (t) => {
  const { source, filesystem } = await makeFilesystem(t);
  source.addFile("a", bytesContent(""));
  source.setFault("list", "", async () => {
    throw new UnavailableError("the origin answers 500");
  });
  const handle = filesystem.opendir(ROOT_INODE);
  assert.deepEqual(
    (await filesystem.readdir(handle, 2, 10)).map(({ name }) => name),
    ["a"],
  );
  await assert.rejects(async () => filesystem.readdir(handle, 3, 10), coded("UNAVAILABLE"));
});

test("a directory with more entries than the bound is an error", async (t) => {
  const { source, filesystem } = await makeFilesystem(t, { limits: { entriesMax: 10 } });
  for (let n = 0; n < 20; n++) source.addFile(`f${n}`, bytesContent(""));
  const handle = filesystem.opendir(ROOT_INODE);
  await assert.rejects(async () => filesystem.readdir(handle, 2, 10), coded("TOO_MANY"));
});

test("closing a directory calls off its listing", async (t) => {
  const { source, filesystem } = await makeFilesystem(t);
  source.setFault("list", "", never);
  const handle = filesystem.opendir(ROOT_INODE);
  const reading = Promise.resolve(filesystem.readdir(handle, 2, 10));
  await settle();
  filesystem.releasedir(handle);
  await assert.rejects(reading, coded("CANCELLED"));
});

test("a file is no directory and a directory is no file", async (t) => {
  const { source, filesystem, find } = await makeFilesystem(t);
  source.addFile("f", bytesContent(""));
  const inode = await find("f");
  assert.throws(() => filesystem.opendir(inode), coded("NOT_A_DIRECTORY"));
  await assert.rejects(filesystem.open(ROOT_INODE, { write: false }), coded("IS_A_DIRECTORY"));
  assert.throws(() => filesystem.readlink(inode), coded("INVALID_ARGUMENT"));
});

test("every change is refused with EROFS", async (t) => {
  const { source, filesystem, find } = await makeFilesystem(t);
  source.addFile("f", bytesContent(""));
  for (const mutation of MUTATIONS) assert.equal(filesystem.refusal(mutation).errno, "EROFS");
  await assert.rejects(filesystem.open(await find("f"), { write: true }), coded("READ_ONLY"));
  await assert.rejects(filesystem.access(await find("f"), 2, { uid: 0, gid: 0 }), coded("READ_ONLY"));
});

test("access follows the permission bits", async (t) => {
  const { source, filesystem, find } = await makeFilesystem(t);
  source.addFile("f", bytesContent(""), { mode: 0o400, uid: 7 });
  await filesystem.access(await find("f"), 4, { uid: 7, gid: 7 });
  await assert.rejects(filesystem.access(await find("f"), 4, { uid: 8, gid: 8 }), coded("PERMISSION"));
});

test("an attribute's length can be asked for, and a buffer that is too small is ERANGE", async (t) => {
  const { source, filesystem, find } = await makeFilesystem(t);
  source.addFile("f", bytesContent(""), { xattrs: { "user.p2p.url": "http://h/f", "user.other": "x" } });
  const inode = await find("f");
  assert.equal((await filesystem.getxattr(inode, "user.p2p.url", 0)).toString(), "http://h/f");
  assert.equal((await filesystem.getxattr(inode, "user.p2p.url", 10)).length, 10);
  await assert.rejects(filesystem.getxattr(inode, "user.p2p.url", 9), coded("BUFFER_TOO_SMALL"));
  assert.deepEqual(await filesystem.listxattr(inode), ["user.p2p.url"]);
});

test("a value longer than the kernel can carry is ERANGE, not part of it", async (t) => {
  const { source, filesystem, find } = await makeFilesystem(t);
  const xattrs = { "user.p2p.fits": "x".repeat(65_536), "user.p2p.long": "x".repeat(65_537) };
  source.addFile("f", bytesContent(""), { xattrs });
  const inode = await find("f");
  assert.equal((await filesystem.getxattr(inode, "user.p2p.fits", 65_536)).length, 65_536);
  await assert.rejects(filesystem.getxattr(inode, "user.p2p.long", 0), coded("BUFFER_TOO_SMALL"));
});

test("attributes that are not ours have no value, those of other namespaces no place, and the source is not asked", async (t) => {
  const { source, filesystem, find } = await makeFilesystem(t);
  source.addFile("f", bytesContent(""), { xattrs: { "user.other": "x" } });
  const inode = await find("f");
  await assert.rejects(filesystem.getxattr(inode, "user.p2p.nothing", 0), coded("NO_ATTRIBUTE"));
  source.setFault("xattr", "f", async () => assert.fail("the source was asked"));
  await assert.rejects(filesystem.getxattr(inode, "user.other", 0), coded("NO_ATTRIBUTE"));
  for (const name of ["security.capability", "system.posix_acl_access", "trusted.x"])
    await assert.rejects(filesystem.getxattr(inode, name, 0), coded("NOT_SUPPORTED"));
});

test("a directory looked up a moment ago is known without asking", async (t) => {
  const { source, filesystem, find } = await makeFilesystem(t);
  source.addFile("d/f", patternContent(10, 1));
  const inode = await find("d");
  assert.equal(filesystem.recentDirectory(ROOT_INODE, "d"), inode);
  await find("d/f");
  assert.equal(filesystem.recentDirectory(inode, "f"), undefined, "files are always looked up");
});

test("a closed filesystem answers what waits and what comes with CLOSED", async (t) => {
  const { source, filesystem } = await makeFilesystem(t);
  source.addFile("hangs", bytesContent("x"));
  source.setFault("lookup", "hangs", never);
  const hanging = filesystem.lookup(ROOT_INODE, "hangs");
  await settle();
  await filesystem.close();
  await assert.rejects(hanging, coded("CLOSED"));
  await assert.rejects(filesystem.getattr(ROOT_INODE), coded("CLOSED"));
});

test("the number of a name is known once it was looked up, with a request or without", async (t) => {
  const { source, filesystem, find } = await makeFilesystem(t);
  for (const name of ["asked", "told", "neither"]) source.addFile(`d/${name}`, bytesContent(""));
  const directory = await find("d");
  const asked = await filesystem.lookup(directory, "asked");
  const told = filesystem.peek(directory, "told");
  assert.ok(told !== undefined && told !== "absent");
  assert.equal(filesystem.knownIno(directory, "asked"), asked.attributes.ino);
  assert.equal(filesystem.knownIno(directory, "told"), told.attributes.ino);
  assert.equal(filesystem.knownIno(directory, "neither"), undefined);
});
