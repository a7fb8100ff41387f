/** fuse-native keeps the promises of fs/SEMANTICS.md. */
import { mountSuite } from "../suites/mount-suite.ts";

mountSuite({
  binding: "fuse-native",
  supports: { versionsSideBySide: false, interrupts: false, timesBefore1970: false },
});
