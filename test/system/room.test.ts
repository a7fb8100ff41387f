/** Files larger than their room, read through a real mount with either binding. */
import { describe, test } from "node:test";
import { nginxMissing } from "../origin/nginx.ts";
import { mountMissing } from "./daemon.ts";
import { scopeOf } from "./scope.ts";
import { showHeaders } from "./shows/cold-reads.ts";
import { GIB, MIB } from "./shows/figures.ts";
import { addonMissing, showRoom } from "./shows/room.ts";

const SMALL = { fileBytes: 192 * MIB + 4321, quotaBytes: 48 * MIB, pageCount: 100 };

describe("a file larger than its room", { skip: nginxMissing() || mountMissing() || addonMissing() }, () => {
  for (const binding of ["native", "fuse-native"] as const)
    test(`is read from end to end, in order, by mmap and at random, through ${binding}`, async (t) => {
      await showRoom(scopeOf(t), { ...SMALL, binding });
    });
});

describe("cold headers", { skip: nginxMissing() || mountMissing() }, () => {
  test("of 60 sparse files of 5 GiB take a block each", async (t) => {
    await showHeaders(scopeOf(t), { fileBytes: 5 * GIB, fileCount: 60, diskBytesMax: 128 * MIB });
  });
});
