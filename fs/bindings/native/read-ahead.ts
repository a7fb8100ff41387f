/**
 * How much the kernel reads ahead of a reader of this mount. More makes native reads faster, yet a fault of a mapping
 * reads that much around itself: measured on Linux 6.18, a random fault in a cold file touches 1.1 blocks of 1 MiB with
 * the kernel's 128 KiB, 1.5 with 512 KiB, and 2.8 with 1 MiB, while in-order reads gain nothing beyond 512 KiB. Only for
 * mounts without passthrough: there the kernel reads ahead in the content file.
 */
import { readFile, writeFile } from "node:fs/promises";
import { NotFoundError } from "../../../base/errors.ts";
import { NATIVE_READ_AHEAD_KIB } from "../../../base/limits.ts";
import { readMountTable } from "../../../base/mount-table.ts";
import { fromUnknown } from "../../../base/node-errors.ts";

/**
 * Raises the read-ahead of the mount at the directory; a larger one stays. INIT can only lower it, so it takes root.
 * @returns KiB in force now
 * @throws P2pfsError PERMISSION when this user may not, NOT_FOUND when the system shows no such setting
 */
export async function raiseReadAhead(directory: string): Promise<number> {
  const entries = (await readMountTable()).filter((entry) => entry.directory === directory);
  const device = entries.at(-1)?.device;
  if (device === undefined) throw new NotFoundError(`nothing is mounted at ${directory}`);
  const path = `/sys/class/bdi/${device}/read_ahead_kb`;
  try {
    const before = Number((await readFile(path, "utf8")).trim());
    if (before >= NATIVE_READ_AHEAD_KIB) return before;
    await writeFile(path, String(NATIVE_READ_AHEAD_KIB));
    return NATIVE_READ_AHEAD_KIB;
  } catch (error) {
    throw fromUnknown(error, "the kernel's read-ahead cannot be raised");
  }
}
