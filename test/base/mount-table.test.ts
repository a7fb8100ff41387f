/** What is mounted where, and where a path leads, without touching what is mounted. */
import assert from "node:assert/strict";
import { mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { SYMLINKS_MAX } from "../../base/limits.ts";
import {
  mountHolding,
  ownMountsOf,
  parseMountInfo,
  readMountTable,
  resolveAvoiding,
} from "../../base/mount-table.ts";

const TABLE = [
  "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
  "30 22 0:27 / /proc rw - proc proc rw",
  "40 22 0:50 / /p2p rw,nosuid,nodev - fuse.p2pfs p2pfs rw,user_id=0",
  "41 22 0:51 / /mnt/with\\040blank\\134and\\011tab rw master:3 propagate_from:2 - fuse.p2pfs p2pfs rw",
  "42 22 0:52 / /covered rw - fuse.p2pfs p2pfs rw",
  "43 42 0:53 / /covered rw - tmpfs tmpfs rw",
  "",
].join("\n");

describe("a mount table", () => {
  test("is read with its escapes, whatever optional fields a line has", () => {
    const table = parseMountInfo(TABLE);
    assert.equal(table.length, 6);
    assert.deepEqual(table[0], { directory: "/", type: "ext4", source: "/dev/sda1", device: "8:1" });
    assert.equal(table[3]?.directory, "/mnt/with blank\\and\ttab");
    assert.equal(table[3]?.type, "fuse.p2pfs");
  });

  test("shows our mounts where they are on top", () => {
    assert.deepEqual(ownMountsOf(parseMountInfo(TABLE)), ["/p2p", "/mnt/with blank\\and\ttab"]);
  });

  test("of this machine has a root", {
    skip: process.platform === "linux" ? false : "only Linux has the table",
  }, async () => {
    assert.ok((await readMountTable()).some(({ directory }) => directory === "/"));
  });

  test("tells which mount holds a path by whole components, the deepest one", () => {
    const mounts = ["/p2p", "/p2p/deep", "/a"];
    assert.equal(mountHolding(mounts, "/p2p/x"), "/p2p");
    assert.equal(mountHolding(mounts, "/p2p/deep/y"), "/p2p/deep");
    assert.equal(mountHolding(mounts, "/p2p"), "/p2p");
    assert.equal(mountHolding(mounts, "/p2pfs/x"), undefined);
    assert.equal(mountHolding(["/"], "/x"), "/");
  });
});

describe("a path", () => {
  async function folderOf(t: TestContext): Promise<string> {
    const folder = await mkdtemp(join(realpathSync(tmpdir()), "p2pfs-paths-"));
    t.after(() => rm(folder, { recursive: true }));
    return folder;
  }

  test("is followed through links to where it really leads", async (t) => {
    const folder = await folderOf(t);
    mkdirSync(join(folder, "real/deep"), { recursive: true });
    symlinkSync("real", join(folder, "relative"));
    symlinkSync(join(folder, "relative/deep"), join(folder, "absolute"));
    const { path, into } = await resolveAvoiding(`${folder}/absolute/../deep/new/file`, []);
    assert.equal(into, undefined);
    assert.equal(path, join(folder, "real/deep/new/file"));
  });

  test("that leads into an avoided directory stops at it, through links and dots too", async (t) => {
    const folder = await folderOf(t);
    // Never made: looking into it would find nothing.
    const mount = join(folder, "mount");
    mkdirSync(join(folder, "dir"));
    symlinkSync("../mount/below", join(folder, "dir/link"));
    symlinkSync("dir/link", join(folder, "chain"));
    for (const path of [
      mount,
      `${mount}/a/b`,
      join(folder, "dir/link/x"),
      join(folder, "chain"),
      `${folder}/dir/../mount`,
    ]) {
      const found = await resolveAvoiding(path, [mount]);
      assert.equal(found.into, mount, path);
    }
    assert.equal((await resolveAvoiding(join(folder, "dir/link/x"), [mount])).path, join(mount, "below/x"));
    assert.equal((await resolveAvoiding(join(folder, "mountain"), [mount])).into, undefined);
  });

  test("through a circle of links is an error, not an endless walk", async (t) => {
    const folder = await folderOf(t);
    symlinkSync("b", join(folder, "a"));
    symlinkSync("a", join(folder, "b"));
    await assert.rejects(resolveAvoiding(join(folder, "a/x"), []), { code: "FAILED_PRECONDITION" });
    for (let link = 0; link < SYMLINKS_MAX; link++) symlinkSync(`l${link + 1}`, join(folder, `l${link}`));
    assert.equal((await resolveAvoiding(join(folder, "l0"), [])).path, join(folder, `l${SYMLINKS_MAX}`));
    symlinkSync("l0", join(folder, "one-more"));
    await assert.rejects(resolveAvoiding(join(folder, "one-more"), []), /too many links/);
  });
});
