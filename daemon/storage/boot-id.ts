/** Which boot of the machine this is: what the page cache holds outlives a process, and nothing outlives a boot but the disk. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";

/** random(4): one value from boot to boot. */
const BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id";

/** The kernel's boot id; where it has none, a new one each time, so that whatever is in doubt is checked. */
export async function readBootId(): Promise<string> {
  try {
    return (await readFile(BOOT_ID_FILE, "utf8")).trim();
  } catch {
    // Not Linux, or /proc is not mounted.
    return randomUUID();
  }
}
