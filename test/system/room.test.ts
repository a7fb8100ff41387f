/** Files larger than their room, read through a real mount with either binding. */
import { describe, test } from "node:test";
import { nginxMissing } from "../origin/nginx.ts";
import { mountMissing } from "./daemon.ts";
import { scopeOf } from "./scope.ts";
import { showHeaders } from "./shows/cold-reads.ts";
import { GIB, MIB } from "./shows/figures.ts";
import { addonMissing, showCrowd, showRoom } from "./shows/room.ts";

const SMALL = { fileBytes: 192 * MIB + 4321, quotaBytes: 48 * MIB, pageCount: 100 };

describe("a file larger than its room", { skip: nginxMissing() || mountMissing() || addonMissing() }, () => {
  for (const binding of ["native", "fuse-native"] as const)
    test(`is read from end to end, in order, by mmap and at random, through ${binding}`, async (t) => {
      await showRoom(scopeOf(t), { ...SMALL, binding });
    });
});

describe("files that together are larger than their room", {
  skip: nginxMissing() || mountMissing() || addonMissing(),
}, () => {
  for (const binding of ["native", "fuse-native"] as const)
    test(`are read by many at once, in every way, through ${binding}`, async (t) => {
      const fileBytes = [8, 20, 30, 64].map((mib) => mib * MIB + 1001);
      await showCrowd(scopeOf(t), {
        fileBytes,
        quotaBytes: 48 * MIB,
        readerCount: 4,
        readsEach: 5,
        binding,
      });
    });
});

describe("cold headers", { skip: nginxMissing() || mountMissing() }, () => {
  test("of 60 sparse files of 5 GiB take a block each", async (t) => {
    await showHeaders(scopeOf(t), { fileBytes: 5 * GIB, fileCount: 60, diskBytesMax: 128 * MIB });
  });
});
