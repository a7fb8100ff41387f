/** A daemon is never hung on its own mount, whatever path it is given and whoever asks. */
import { describe, test } from "node:test";
import { addonMissing } from "../native/built-addon.ts";
import { mountMissing } from "./daemon.ts";
import { scopeOf } from "./scope.ts";
import { showOwnMount } from "./shows/own-mount.ts";

describe("with a reader blocked in the mount", { skip: mountMissing() }, () => {
  test("every way to hang the daemon on it is answered, through the native binding", {
    skip: addonMissing,
  }, async (t) => {
    await showOwnMount(scopeOf(t), { binding: "native" });
  });

  test("every way to hang the daemon on it is answered, through fuse-native", async (t) => {
    await showOwnMount(scopeOf(t), { binding: "fuse-native" });
  });
});
