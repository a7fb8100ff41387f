/** What a name and a handle mean when the origin's bytes change: old bytes, new bytes or an error, never a mix. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { P2pfsError, UnavailableError } from "../../base/errors.ts";
import { RELEASE_GRACE_MS } from "../../base/limits.ts";
import { ROOT_INODE } from "../../fs/inode-table.ts";
import { bytesContent, patternBytes, patternContent } from "../../fs/memory-file.ts";
import { type Fixture, MIB, makeFilesystem, settle, take } from "./fixture.ts";

const coded = (code: string) => (error: unknown) => error instanceof P2pfsError && error.code === code;
const [OLD, NEW] = [1, 2];

async function read(fixture: Fixture, handle: number, offset: number, length = 100): Promise<Buffer> {
  return take(await fixture.filesystem.read(handle, { offset, length }));
}

test("an open handle keeps its complete version, a new open gets the new one, both under one st_ino", async (t) => {
  const fixture = await makeFilesystem(t);
  const { source, filesystem, open } = fixture;
  const file = source.addFile("f", patternContent(2 * MIB, OLD), { arrival: "present" });
  const before = await filesystem.lookup(ROOT_INODE, "f");
  const old = await open("f");
  file.update(patternContent(3 * MIB, NEW));
  const after = await filesystem.lookup(ROOT_INODE, "f");
  assert.notEqual(after.inode, before.inode);
  assert.equal(after.attributes.ino, before.attributes.ino);
  assert.equal(after.attributes.sizeBytes, 3 * MIB);
  const fresh = await filesystem.open(after.inode, { write: false });
  assert.deepEqual(await read(fixture, old, MIB), patternBytes(OLD, MIB, 100));
  assert.deepEqual(await read(fixture, fresh, MIB), patternBytes(NEW, MIB, 100));
  assert.equal(filesystem.fgetattr(old).sizeBytes, 2 * MIB);
  assert.equal((await filesystem.getattr(before.inode)).sizeBytes, 2 * MIB);
  assert.equal((await filesystem.getattr(after.inode)).sizeBytes, 3 * MIB);
});

test("missing bytes of an old version are ESTALE, bytes that are here can still be read", async (t) => {
  const fixture = await makeFilesystem(t);
  const { source, open } = fixture;
  const file = source.addFile("f", patternContent(8 * MIB, OLD));
  const old = await open("f");
  await read(fixture, old, 0);
  file.update(patternContent(8 * MIB, NEW));
  await assert.rejects(read(fixture, old, 4 * MIB), (error) => {
    return coded("CHANGED")(error) && (error as P2pfsError).errno === "ESTALE";
  });
  assert.deepEqual(await read(fixture, old, 0), patternBytes(OLD, 0, 100));
  assert.deepEqual(await read(fixture, await open("f"), 0), patternBytes(NEW, 0, 100));
});

test("a reader that waits when the version changes gets ESTALE", async (t) => {
  const fixture = await makeFilesystem(t);
  const file = fixture.source.addFile("f", patternContent(8 * MIB, OLD));
  const old = await fixture.open("f");
  file.setGate("held");
  const reading = read(fixture, old, 0);
  await settle();
  file.update(patternContent(8 * MIB, NEW));
  await assert.rejects(reading, coded("CHANGED"));
});

test("the old inode goes when its last handle does", async (t) => {
  const { source, filesystem, open } = await makeFilesystem(t);
  const file = source.addFile("f", patternContent(MIB, OLD), { arrival: "present" });
  const before = await filesystem.lookup(ROOT_INODE, "f");
  const old = await open("f");
  file.update(patternContent(MIB, NEW));
  const after = await filesystem.lookup(ROOT_INODE, "f");
  filesystem.forget(before.inode, 2);
  assert.equal((await filesystem.getattr(before.inode)).ino, before.attributes.ino);
  filesystem.release(old);
  await assert.rejects(filesystem.getattr(before.inode), coded("STALE"));
  assert.equal((await filesystem.getattr(after.inode)).ino, before.attributes.ino);
});

test("pinned: while a complete version is open, its name means that version, without asking anyone", async (t) => {
  const fixture = await makeFilesystem(t, { versions: "pinned" });
  const { source, filesystem, open } = fixture;
  const file = source.addFile("f", patternContent(2 * MIB, OLD), { arrival: "present" });
  const before = await filesystem.lookup(ROOT_INODE, "f");
  const old = await open("f");
  file.update(patternContent(3 * MIB, NEW));
  source.setFault("lookup", "f", async () => assert.fail("the source was asked"));
  const during = await filesystem.lookup(ROOT_INODE, "f");
  assert.equal(during.inode, before.inode);
  assert.equal(during.attributes.sizeBytes, 2 * MIB);
  const second = await filesystem.open(during.inode, { write: false });
  assert.deepEqual(await read(fixture, second, MIB), patternBytes(OLD, MIB, 100));
  filesystem.release(old);
  filesystem.release(second);
  source.setFault("lookup", "f", undefined);
  const after = await filesystem.lookup(ROOT_INODE, "f");
  assert.equal(after.attributes.sizeBytes, 3 * MIB);
  assert.deepEqual(await read(fixture, await open("f"), MIB), patternBytes(NEW, MIB, 100));
});

test("pinned: once an old version lacks bytes for good, its name leads to a new inode", async (t) => {
  const fixture = await makeFilesystem(t, { versions: "pinned" });
  const { source, filesystem, open } = fixture;
  const file = source.addFile("f", patternContent(8 * MIB, OLD));
  const before = await filesystem.lookup(ROOT_INODE, "f");
  const old = await open("f");
  file.update(patternContent(8 * MIB, NEW));
  await assert.rejects(read(fixture, old, 0), coded("CHANGED"));
  const after = await filesystem.lookup(ROOT_INODE, "f");
  assert.notEqual(after.inode, before.inode);
  assert.deepEqual(await read(fixture, await open("f"), 0), patternBytes(NEW, 0, 100));
  await assert.rejects(read(fixture, old, 4 * MIB), coded("CHANGED"));
});

test("opening a file whose open version is incomplete and old is ESTALE, so that its name is looked up again", async (t) => {
  const fixture = await makeFilesystem(t, { versions: "pinned" });
  const { source, filesystem, open } = fixture;
  const file = source.addFile("f", patternContent(8 * MIB, OLD));
  await open("f");
  file.update(patternContent(8 * MIB, NEW));
  const { inode } = await filesystem.lookup(ROOT_INODE, "f");
  await assert.rejects(filesystem.open(inode, { write: false }), coded("STALE"));
  assert.deepEqual(await read(fixture, await open("f"), 0), patternBytes(NEW, 0, 100));
});

test("an origin that cannot be asked does not keep a file from being opened that is open already", async (t) => {
  const fixture = await makeFilesystem(t, { versions: "pinned" });
  const { source, open } = fixture;
  source.addFile("f", patternContent(8 * MIB, OLD));
  const first = await open("f");
  await read(fixture, first, 0);
  source.setFault("attributes", "f", async () => {
    throw new UnavailableError("the origin is down");
  });
  assert.deepEqual(await read(fixture, await open("f"), 0), patternBytes(OLD, 0, 100));
});

test("pinned: a file that was just closed is waited for, so that its next open gets the new version", async (t) => {
  const fixture = await makeFilesystem(t, { versions: "pinned" });
  const { source, filesystem, open } = fixture;
  const file = source.addFile("f", patternContent(MIB, OLD), { arrival: "present" });
  const old = await open("f");
  file.update(patternContent(2 * MIB, NEW));
  // close(2) has returned, the release is still on its way.
  filesystem.flush(old);
  const looking = filesystem.lookup(ROOT_INODE, "f");
  await settle();
  filesystem.release(old);
  assert.equal((await looking).attributes.sizeBytes, 2 * MIB);
});

test("pinned: a closed descriptor whose mapping lives on holds a lookup up only once, and only for a moment", async (t) => {
  const fixture = await makeFilesystem(t, { versions: "pinned" });
  const { source, filesystem, clock, open } = fixture;
  const file = source.addFile("f", patternContent(MIB, OLD), { arrival: "present" });
  const old = await open("f");
  filesystem.flush(old);
  assert.equal((await filesystem.lookup(ROOT_INODE, "f")).attributes.sizeBytes, MIB, "same version: no wait");
  file.update(patternContent(2 * MIB, NEW));
  const looking = filesystem.lookup(ROOT_INODE, "f");
  await settle();
  clock.advance(RELEASE_GRACE_MS);
  assert.equal((await looking).attributes.sizeBytes, MIB);
  assert.equal((await filesystem.lookup(ROOT_INODE, "f")).attributes.sizeBytes, MIB, "no wait any more");
  assert.deepEqual(await read(fixture, old, 0), patternBytes(OLD, 0, 100));
});

test("a name that means another node is another inode, whatever is open of the first", async (t) => {
  const fixture = await makeFilesystem(t);
  const { source, filesystem, open } = fixture;
  source.addFile("f", bytesContent("first"));
  const before = await filesystem.lookup(ROOT_INODE, "f");
  const old = await open("f");
  await read(fixture, old, 0);
  source.remove("f");
  await assert.rejects(filesystem.lookup(ROOT_INODE, "f"), coded("NOT_FOUND"));
  source.addFile("f", bytesContent("second"));
  const after = await filesystem.lookup(ROOT_INODE, "f");
  assert.notEqual(after.attributes.ino, before.attributes.ino);
  assert.equal((await read(fixture, old, 0)).toString(), "first");
  assert.equal((await read(fixture, await open("f"), 0)).toString(), "second");
});
