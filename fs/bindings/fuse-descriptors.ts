/** This process's descriptors of /dev/fuse: one for each living connection to the kernel. */
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";

const DESCRIPTORS = "/proc/self/fd";

/** Their numbers; none where there is no /proc. Synchronous, so that nothing is opened or closed meanwhile by us. */
export function fuseDescriptors(): Set<number> {
  if (process.platform !== "linux") return new Set();
  return new Set(readdirSync(DESCRIPTORS).map(Number).filter(isFuseDescriptor));
}

/** True while the descriptor is one of /dev/fuse. */
export function isFuseDescriptor(fd: number): boolean {
  try {
    return readlinkSync(join(DESCRIPTORS, String(fd))) === "/dev/fuse";
  } catch {
    // Closed.
    return false;
  }
}
