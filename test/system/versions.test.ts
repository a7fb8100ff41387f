/** One version at a time, however a file is read, and complete files without their origin. */
import { describe, test } from "node:test";
import { nginxMissing } from "../origin/nginx.ts";
import { mountMissing } from "./daemon.ts";
import { scopeOf } from "./scope.ts";
import { MIB } from "./shows/figures.ts";
import { OUTAGES } from "./shows/outages.ts";
import { showOriginDown, showReadersAgree, showRewrite } from "./shows/versions.ts";

describe("bytes and versions", { skip: nginxMissing() || mountMissing() }, () => {
  test("mmap and O_DIRECT readers see the origin's bytes", async (t) => {
    await showReadersAgree(scopeOf(t), { fileBytes: 24 * MIB + 1234 });
  });

  test("a file rewritten in mid-read gives old bytes or ESTALE, and the new bytes on re-open", async (t) => {
    await showRewrite(scopeOf(t), { fileBytes: 64 * MIB });
  });

  for (const outage of OUTAGES) {
    test(`a complete tree opens within 2 s and hashes right: ${outage.name}, after a restart too`, async (t) => {
      await showOriginDown(scopeOf(t), { fileCount: 9, fileBytes: 2 * MIB + 5 }, outage);
    });
  }
});
