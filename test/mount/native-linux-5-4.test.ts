/** The native binding keeps the promises of fs/SEMANTICS.md with no more of the kernel's offers than Linux 5.4 made. */
import { mountSuite } from "../suites/mount-suite.ts";

mountSuite({
  binding: "native on Linux 5.4",
  supports: { versionsSideBySide: true, interrupts: true, timesBefore1970: true },
});
