/** ls and find of ten thousand names. */
import { describe, test } from "node:test";
import { nginxMissing } from "../origin/nginx.ts";
import { mountMissing } from "./daemon.ts";
import { scopeOf } from "./scope.ts";
import { showBucketListing, showIndexTree } from "./shows/listings.ts";

describe("large listings", { skip: nginxMissing() || mountMissing() }, () => {
  for (const scheme of ["oss", "s3"] as const) {
    test(`10,000 keys of a prefix in ${scheme} are listed and found in less than 300 MiB of memory`, async (t) => {
      await showBucketListing(scopeOf(t), scheme, { fileCount: 10_000 });
    });
  }

  test("10,000 files of a tree of index pages are listed and found in less than 300 MiB of memory", async (t) => {
    await showIndexTree(scopeOf(t), { fileCount: 10_000 });
  });
});
