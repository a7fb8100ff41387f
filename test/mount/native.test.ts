/** The native binding keeps the promises of fs/SEMANTICS.md. */
import { mountSuite } from "../suites/mount-suite.ts";

mountSuite({
  binding: "native",
  supports: { versionsSideBySide: true, interrupts: true, timesBefore1970: true },
});
