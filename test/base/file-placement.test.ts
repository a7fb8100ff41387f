/** Files put under a user's path: whole or not at all. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { placeFile, stageFile, writeAll } from "../../base/file-placement.ts";

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "p2pfs-place-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

const placement = (from: string, to: string, more = {}) => ({
  from,
  to,
  overwrite: false,
  forceHardLink: false,
  token: "t",
  ...more,
});

test("a copy has the bytes, an inode of its own, and leaves nothing beside it", async (t) => {
  const folder = await folderOf(t);
  const [from, to] = [join(folder, "from"), join(folder, "to")];
  const bytes = Buffer.alloc(3 * 1024 * 1024 + 7, "abc");
  writeFileSync(from, bytes);
  await placeFile(placement(from, to));
  assert.ok(readFileSync(to).equals(bytes));
  assert.notEqual(statSync(to).ino, statSync(from).ino);
  assert.deepEqual(readdirSync(folder).sort(), ["from", "to"]);
});

test("what exists is replaced only when that is said, and stays whole until then", async (t) => {
  const folder = await folderOf(t);
  const [from, to] = [join(folder, "from"), join(folder, "to")];
  writeFileSync(from, "new");
  writeFileSync(to, "old");
  await assert.rejects(placeFile(placement(from, to)), { code: "ALREADY_EXISTS" });
  await assert.rejects(placeFile(placement(from, to, { forceHardLink: true })), { code: "ALREADY_EXISTS" });
  assert.equal(readFileSync(to, "utf8"), "old");
  await placeFile(placement(from, to, { overwrite: true }));
  assert.equal(readFileSync(to, "utf8"), "new");
  await placeFile(placement(from, to, { overwrite: true, forceHardLink: true }));
  assert.equal(statSync(to).ino, statSync(from).ino);
  await placeFile(placement(from, to));
  assert.deepEqual(readdirSync(folder).sort(), ["from", "to"]);
});

test("a hard link across filesystems is refused in words", {
  skip:
    existsSync("/dev/shm") && statSync("/dev/shm").dev !== statSync(tmpdir()).dev
      ? false
      : "needs a second filesystem",
}, async (t) => {
  const folder = await folderOf(t);
  const other = await mkdtemp("/dev/shm/p2pfs-place-");
  t.after(() => rm(other, { recursive: true }));
  writeFileSync(join(folder, "from"), "x");
  await assert.rejects(
    placeFile(placement(join(folder, "from"), join(other, "to"), { forceHardLink: true })),
    {
      code: "FAILED_PRECONDITION",
      message: /another filesystem/,
    },
  );
  await placeFile(placement(join(folder, "from"), join(other, "to")));
  assert.deepEqual(readdirSync(other), ["to"]);
});

test("a copy that is cancelled, or whose directory is missing, leaves nothing", async (t) => {
  const folder = await folderOf(t);
  const from = join(folder, "from");
  writeFileSync(from, "x");
  await assert.rejects(
    placeFile(placement(from, join(folder, "to")), AbortSignal.abort(new DOMException("over", "AbortError"))),
    { name: "AbortError" },
  );
  await assert.rejects(placeFile(placement(from, join(folder, "absent/to"))), { code: "NOT_FOUND" });
  assert.deepEqual(readdirSync(folder), ["from"]);
});

test("a staged file that is not kept is gone, one that is kept has its name, once", async (t) => {
  const folder = await folderOf(t);
  const to = join(folder, "to");
  const dropped = await stageFile(to, "a");
  await writeAll(dropped.file, Buffer.from("dropped"), 0);
  await dropped.close();
  await dropped.close();
  assert.deepEqual(readdirSync(folder), []);
  const [first, second] = [await stageFile(to, "b"), await stageFile(to, "c")];
  await writeAll(first.file, Buffer.from("first"), 0);
  await first.keep(false);
  await assert.rejects(second.keep(false), { code: "ALREADY_EXISTS" });
  await first.close();
  await second.close();
  assert.equal(readFileSync(to, "utf8"), "first");
  assert.deepEqual(readdirSync(folder), ["to"]);
});

test("a name as long as names may be can be staged", async (t) => {
  const folder = await folderOf(t);
  const to = join(folder, "n".repeat(255));
  const staged = await stageFile(to, "0123456789ab");
  await staged.keep(false);
  await staged.close();
  assert.ok(existsSync(to));
});
