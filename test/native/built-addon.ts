/** The addon under test: the built one, or a sanitizer's variant named by P2PFS_NATIVE_ADDON. */
import { loadNativeAddon, NATIVE_ADDON_PATH, NativeAddon } from "../../native/linux/addon.ts";

export const ADDON_PATH = process.env.P2PFS_NATIVE_ADDON ?? NATIVE_ADDON_PATH;

/** A sanitizer's library must be loaded into Node, and into no other program that a test runs. */
const PRELOADED = process.env.LD_PRELOAD;
delete process.env.LD_PRELOAD;

/** Words that run a script in Node with the addon under test. */
export const NODE_WORDS: readonly string[] =
  PRELOADED === undefined ? [process.execPath] : ["env", `LD_PRELOAD=${PRELOADED}`, process.execPath];

const loaded = loadNativeAddon(ADDON_PATH);

/** Why the addon's tests cannot run here, as node:test's `skip` wants it. */
export const addonMissing: string | false = loaded instanceof NativeAddon ? false : loaded.unavailable;

/** Only for tests that are skipped when it is missing. */
export function addon(): NativeAddon {
  if (!(loaded instanceof NativeAddon)) throw new TypeError(loaded.unavailable);
  return loaded;
}
