/** Folders made with all above them, and an end where the kernel can make none. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeFolder } from "../../base/folder.ts";

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-folder-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("a folder is made with all above it, and the first that was missing is told", async (t) => {
  const folder = folderOf(t);
  assert.equal(await makeFolder(join(folder, "a/b/c")), join(folder, "a"));
  for (const name of ["a", "a/b", "a/b/c"]) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o700);
  assert.equal(await makeFolder(join(folder, "a/b/c")), undefined);
  assert.equal(await makeFolder(join(folder, "a/b/d")), join(folder, "a/b/d"));
});

test("where nothing can be made the answer is an error, and it comes", async (t) => {
  const folder = folderOf(t);
  const [file, volume] = [join(folder, "file"), join(folder, "volume")];
  writeFileSync(file, "");
  symlinkSync("/nowhere/at/all", volume);
  await assert.rejects(makeFolder(file), { code: "EEXIST" });
  await assert.rejects(makeFolder(join(file, "below")), { code: "ENOTDIR" });
  await assert.rejects(makeFolder(join(volume, "logs")), { code: "ENOENT" });
  // As root mkdir says ENOENT there for good; as anybody else, too.
  if (process.platform === "linux") await assert.rejects(makeFolder("/proc/p2pfs/logs"));
});
