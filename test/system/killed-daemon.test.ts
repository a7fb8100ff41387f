/** A daemon that is killed under load; `npm run bench -- must-show killed-daemon` does the same a hundred times. */
import { describe, test } from "node:test";
import { addonMissing } from "../native/built-addon.ts";
import { mountMissing } from "./daemon.ts";
import { scopeOf } from "./scope.ts";
import { MIB } from "./shows/figures.ts";
import { showKilledDaemon } from "./shows/killed-daemon.ts";

describe("kill -9 of the daemon", { skip: mountMissing() || addonMissing }, () => {
  test("costs readers a pause: they get the right bytes, and the mount stays", async (t) => {
    const figures = await showKilledDaemon(scopeOf(t), { kills: 8, fileBytes: 16 * MIB });
    t.diagnostic(JSON.stringify(figures));
  });
});
