/** The native binding keeps the promises of fs/SEMANTICS.md with no more of the kernel's offers than Linux 4.18 made. */
import { mountSuite } from "../suites/mount-suite.ts";

mountSuite({
  binding: "native on Linux 4.18",
  supports: { versionsSideBySide: true, interrupts: true, timesBefore1970: true },
});
