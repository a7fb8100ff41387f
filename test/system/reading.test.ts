/** Whole files, headers, random pages and interleaved readers through a real mount; sizes that a test run allows. */
import { describe, test } from "node:test";
import { nginxMissing } from "../origin/nginx.ts";
import { mountMissing } from "./daemon.ts";
import { scopeOf } from "./scope.ts";
import { showBigFiles } from "./shows/big-files.ts";
import { showHeaders, showRandomReads } from "./shows/cold-reads.ts";
import { GIB, MIB } from "./shows/figures.ts";
import { showInterleaved } from "./shows/interleaved.ts";

describe("reading through the mount", { skip: nginxMissing() || mountMissing() }, () => {
  test("8 files read at once with 200 more open have the origin's sha256, in less than 300 MiB of memory", async (t) => {
    await showBigFiles(scopeOf(t), { fileBytes: 64 * MIB + 4321, fileCount: 8, openCount: 200 });
  });

  test("the first 8 bytes of 30 cold files of 1 GiB cost 30 blocks and less than 64 MiB of disk", async (t) => {
    await showHeaders(scopeOf(t), { fileBytes: GIB, fileCount: 30 });
  });

  test("random pages of a sparse file of 32 GiB are right and cost a block each", async (t) => {
    await showRandomReads(scopeOf(t), { fileBytes: 32 * GIB, readCount: 40 });
  });

  test("of readers that interleave, apart or over one descriptor, the origin sends each byte once", async (t) => {
    await showInterleaved(scopeOf(t), { fileBytes: 128 * MIB + 77 });
  });
});
