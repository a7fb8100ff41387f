/** Programs that look at every file cost nothing, or one block of each. */
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { addonMissing } from "../native/built-addon.ts";
import { nginxMissing } from "../origin/nginx.ts";
import { mountMissing } from "./daemon.ts";
import { scopeOf } from "./scope.ts";
import { MIB } from "./shows/figures.ts";
import { showScanners } from "./shows/scanners.ts";

function programMissing(): string | false {
  const missing = ["/usr/sbin/updatedb.plocate", "/usr/bin/file"].find((path) => !existsSync(path));
  return missing === undefined ? false : `${missing} is missing (scripts/setup.sh installs it)`;
}

const skip = nginxMissing() || mountMissing() || programMissing();

describe("a cold tree of large files", { skip }, () => {
  test("updatedb, du -a, find -ls and thumbnailers fetch nothing, file * one block a file", {
    skip: addonMissing,
  }, async (t) => {
    await showScanners(scopeOf(t), { fileCount: 60, fileBytes: 64 * MIB, binding: "native" });
  });

  test("updatedb, du -a and find -ls fetch nothing through fuse-native either", async (t) => {
    await showScanners(scopeOf(t), { fileCount: 10, fileBytes: 16 * MIB, binding: "fuse-native" });
  });
});
