/** kill -9 in mid-read; SEED repeats the moments. */
import { describe, test } from "node:test";
import { nginxMissing } from "../origin/nginx.ts";
import { mountMissing } from "./daemon.ts";
import { scopeOf } from "./scope.ts";
import { showCrashes } from "./shows/crash.ts";
import { MIB } from "./shows/figures.ts";

describe("a killed daemon", { skip: nginxMissing() || mountMissing() }, () => {
  test("fetches nothing again that a reader had read, and the file's sha256 is right", async (t) => {
    await showCrashes(scopeOf(t), { fileBytes: 192 * MIB + 99, kills: 4 });
  });
});
