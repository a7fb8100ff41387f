import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { RELEASE_GRACE_MS } from "../../../base/limits.ts";
import { type OpenedVersion, PathVersions } from "../../../fs/bindings/fuse-native/path-versions.ts";
import type { InodeNumber } from "../../../fs/inode-table.ts";

const opened = (inode: number, version: string, sizeBytes = 10, modifiedAtMs = 0): OpenedVersion => ({
  inode: inode as InodeNumber,
  version,
  attributes: { sizeBytes, modifiedAtMs },
});
const [FIRST, SECOND] = [5 as InodeNumber, 6 as InodeNumber];

test("handles of one version share a path, and nothing has to be shown", () => {
  const versions = new PathVersions(new FakeClock());
  assert.equal(versions.opened("/a/f", 1, opened(5, "v1")), true);
  assert.equal(versions.opened("/a/f", 2, opened(5, "v1")), true);
  assert.equal(versions.mustShowLink("/a/f", FIRST), false);
  assert.equal(versions.follow("/a/f"), undefined);
});

test("while files are open, another inode at their path is shown as a link until the kernel has followed it", () => {
  const versions = new PathVersions(new FakeClock());
  versions.opened("/a/f", 1, opened(5, "v1"));
  assert.equal(versions.mustShowLink("/a/f", SECOND), true);
  assert.equal(versions.showLink("/a/f"), true);
  assert.equal(versions.showLink("/a/f"), false, "once is enough to have it followed");
  assert.equal(versions.mustShowLink("/a/f", SECOND), true, "until it was followed");
  assert.equal(versions.opened("/a/f", 2, opened(6, "v2")), false, "nobody may open it before");
  assert.equal(versions.follow("/a/f"), "f");
  assert.equal(versions.mustShowLink("/a/f", SECOND), false);
  assert.equal(versions.opened("/a/f", 3, opened(6, "v2")), true);
  versions.released(1);
  assert.equal(versions.mustShowLink("/a/f", SECOND), false, "the old handle's end changes nothing");
});

test("pages that libfuse would keep, because size and time are the same, make the opening fail first", () => {
  const versions = new PathVersions(new FakeClock());
  versions.opened("/f", 1, opened(5, "v1"));
  versions.released(1);
  assert.equal(versions.mustShowLink("/f", FIRST), false, "looking is harmless");
  assert.equal(versions.opened("/f", 2, opened(5, "v2")), false);
  assert.equal(versions.mustShowLink("/f", FIRST), true);
  versions.showLink("/f");
  assert.equal(versions.follow("/f"), "f");
  assert.equal(versions.opened("/f", 3, opened(5, "v2")), true);
});

test("pages that libfuse drops by itself need no link", () => {
  const versions = new PathVersions(new FakeClock());
  versions.opened("/f", 1, opened(5, "v1", 10, 1));
  versions.released(1);
  assert.equal(versions.opened("/f", 2, opened(5, "v2", 11, 1)), true, "another size");
  versions.released(2);
  assert.equal(versions.opened("/f", 3, opened(5, "v3", 11, 2)), true, "another time");
});

test("those who met the link a moment later are told its target, too", () => {
  const clock = new FakeClock();
  const versions = new PathVersions(clock);
  versions.opened("/f", 1, opened(5, "v1"));
  versions.showLink("/f");
  assert.equal(versions.follow("/f"), "f");
  assert.equal(versions.follow("/f"), "f");
  clock.advance(10 * RELEASE_GRACE_MS);
  assert.equal(versions.follow("/f"), undefined);
});

test("closed paths are remembered up to the bound, open ones always", () => {
  const versions = new PathVersions(new FakeClock(), 10);
  versions.opened("/open", 1, opened(5, "v1"));
  for (let n = 2; n < 100; n++) {
    versions.opened(`/f${n}`, n, opened(n + 10, "v"));
    versions.released(n);
  }
  assert.equal(versions.size, 10);
  assert.equal(versions.mustShowLink("/open", SECOND), true);
});
