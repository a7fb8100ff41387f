/** System calls that Node lacks, on real files of this machine's temporary folder. */
import assert from "node:assert/strict";
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { describe, test } from "node:test";
import { P2pfsError } from "../../base/errors.ts";
import {
  FALLOC_FL_KEEP_SIZE,
  POSIX_FADV_DONTNEED,
  POSIX_FADV_WILLNEED,
  SEEK_DATA,
  SEEK_HOLE,
} from "../../native/linux/addon.ts";
import { scopeOf } from "../system/scope.ts";
import { addon, addonMissing } from "./built-addon.ts";

const MIB = 1 << 20;

async function fileOf(t: { after(end: () => Promise<void>): void }, bytes: number, fill = 7) {
  const scope = scopeOf(t);
  const fd = openSync(`${await scope.folder()}/file`, "w+");
  scope.after(() => closeSync(fd));
  writeSync(fd, Buffer.alloc(bytes, fill));
  return fd;
}

function bytesAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  readSync(fd, bytes, 0, length, offset);
  return bytes;
}

/** Some filesystems have no holes (and say so). */
async function punched(t: { skip(why: string): void }, fd: number, offset: number, length: number) {
  try {
    await addon().punchHole(fd, offset, length);
    return true;
  } catch (error) {
    if (!(error instanceof P2pfsError) || error.code !== "NOT_SUPPORTED") throw error;
    t.skip("the temporary folder's filesystem has no holes");
    return false;
  }
}

describe("system calls", { skip: addonMissing }, () => {
  test("a hole frees room, reads as zeros, and keeps the size; holes and data are found", async (t) => {
    const fd = await fileOf(t, 4 * MIB);
    const before = fstatSync(fd).blocks;
    if (!(await punched(t, fd, MIB, 2 * MIB))) return;
    assert.equal(fstatSync(fd).size, 4 * MIB);
    assert.equal(before - fstatSync(fd).blocks, (2 * MIB) / 512);
    assert.deepEqual(bytesAt(fd, MIB - 1, 2), Buffer.from([7, 0]));
    assert.equal(addon().seek(fd, 0, SEEK_HOLE), MIB);
    assert.equal(addon().seek(fd, MIB, SEEK_DATA), 3 * MIB);
    assert.equal(addon().seek(fd, 3 * MIB, SEEK_HOLE), 4 * MIB, "the end counts as a hole");
    assert.equal(addon().seek(fd, 4 * MIB, SEEK_DATA), undefined);
  });

  test("room can be taken ahead without changing the size", async (t) => {
    const fd = await fileOf(t, 1);
    await addon().fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, MIB);
    const { size, blocks } = fstatSync(fd);
    assert.equal(size, 1);
    assert.ok(blocks * 512 >= MIB);
  });

  test("bytes are copied between files without passing through us", async (t) => {
    const from = await fileOf(t, MIB, 3);
    const to = await fileOf(t, 10, 9);
    const copied = await addon().copyFileRange({ fd: from, offset: 100 }, { fd: to, offset: 5 }, 1000);
    assert.equal(copied, 1000);
    assert.deepEqual(
      bytesAt(to, 4, 1002),
      Buffer.concat([Buffer.from([9]), Buffer.alloc(1000, 3), Buffer.alloc(1)]),
    );
    assert.equal(await addon().copyFileRange({ fd: from, offset: MIB }, { fd: to, offset: 0 }, 10), 0);
  });

  test("advice on a file is taken", async (t) => {
    const fd = await fileOf(t, MIB);
    await addon().fadvise(fd, 0, MIB, POSIX_FADV_WILLNEED);
    await addon().fadvise(fd, 0, MIB, POSIX_FADV_DONTNEED);
    assert.deepEqual(bytesAt(fd, 0, 3), Buffer.alloc(3, 7));
  });

  test("memory that is given back is lost from the process, and the array stays usable", () => {
    const bytes = Buffer.allocUnsafeSlow(16 * MIB).fill(7);
    // The pages at both ends are shared with whatever lies beside it.
    const inner = bytes.subarray(100, -100);
    const before = process.memoryUsage.rss();
    addon().discardPages(inner);
    assert.ok(process.memoryUsage.rss() < before - 12 * MIB);
    assert.ok(
      bytes.subarray(0, 100).every((byte) => byte === 7) && bytes.subarray(-100).every((byte) => byte === 7),
    );
    assert.equal(bytes[8 * MIB], 0);
    assert.ok(bytes.fill(9).every((byte) => byte === 9));
    addon().discardPages(bytes.subarray(0, 10));
    assert.equal(bytes[0], 9, "less than a page");
  });

  test("pages that the allocator keeps free are given back, and what is in use stays", async () => {
    const kept = Buffer.allocUnsafeSlow(1000).fill(7);
    await Promise.all([addon().trimHeap(), addon().trimHeap()]);
    assert.ok(kept.every((byte) => byte === 7));
  });

  test("errors come as ours, with what was tried", async (t) => {
    const fd = openSync("/dev/null", "r");
    t.after(() => closeSync(fd));
    await assert.rejects(addon().punchHole(fd, 0, 1), {
      name: "P2pfsError",
      message: /cannot change the file's room/,
    });
    await assert.rejects(addon().fallocate(1_000_000, 0, 0, 1), { code: "BAD_HANDLE" });
    await assert.rejects(addon().fadvise(1_000_000, 0, 1, POSIX_FADV_WILLNEED), { code: "BAD_HANDLE" });
    assert.throws(() => addon().seek(1_000_000, 0, SEEK_DATA), { code: "BAD_HANDLE" });
    await assert.rejects(addon().copyFileRange({ fd: 1_000_000, offset: 0 }, { fd, offset: 0 }, 1), {
      code: "BAD_HANDLE",
    });
  });

  test("a descriptor may be closed as soon as the call was made", async (t) => {
    const folder = await scopeOf(t).folder();
    const calls = Array.from({ length: 20 }, (_, i) => {
      const fd = openSync(`${folder}/${i}`, "w+");
      writeSync(fd, "x");
      const call = addon().fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
      closeSync(fd);
      return call;
    });
    await Promise.all(calls);
  });
});
