/** That there is no kernel channel is an answer in one sentence, never an exception. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { loadNativeAddon, NativeAddon } from "../../native/linux/addon.ts";
import { scopeOf } from "../system/scope.ts";
import { ADDON_PATH, addonMissing } from "./built-addon.ts";

test("an addon that was not built is told as such, with what builds it", () => {
  const loaded = loadNativeAddon("/nowhere/p2pfs_linux.node");
  assert.ok(!(loaded instanceof NativeAddon));
  assert.match(loaded.unavailable, /not built.*npm run build:native|for Linux only/);
});

test("a file that is no addon is told as such", async (t) => {
  const path = `${await scopeOf(t).folder()}/broken.node`;
  writeFileSync(path, "not a shared object");
  const loaded = loadNativeAddon(path);
  assert.ok(!(loaded instanceof NativeAddon));
  assert.match(loaded.unavailable, /^the kernel channel (cannot be loaded: .+|is for Linux only)$/);
});

test("the addon loads, twice to the same", { skip: addonMissing }, () => {
  assert.ok(loadNativeAddon(ADDON_PATH) instanceof NativeAddon);
  assert.ok(loadNativeAddon(ADDON_PATH) instanceof NativeAddon);
});
