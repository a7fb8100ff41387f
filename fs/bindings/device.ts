/** Whether this user can mount with FUSE on this machine at all. */
import { access, constants, readFile } from "node:fs/promises";
import { P2pfsError, PermissionError } from "../../base/errors.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { MountOptions } from "./binding.ts";

const DEVICE = "/dev/fuse";
const FUSE_CONFIG = "/etc/fuse.conf";

/**
 * What would otherwise be a riddle of the system's.
 * @throws P2pfsError NOT_SUPPORTED without the device, PermissionError when this user may not open it, or may not allow others
 */
export async function checkDevice(options: MountOptions): Promise<void> {
  if (process.platform !== "linux") return;
  try {
    await access(DEVICE, constants.R_OK | constants.W_OK);
  } catch (error) {
    const failure = fromUnknown(error);
    if (failure.code === "PERMISSION")
      throw new PermissionError(`this user may not open ${DEVICE}; its mode should be 0666`);
    throw new P2pfsError(
      "NOT_SUPPORTED",
      `${DEVICE} is missing: load the kernel's fuse module (modprobe fuse) or give the container the device`,
    );
  }
  if (options.allowOther !== true || process.getuid?.() === 0) return;
  const config = await readFile(FUSE_CONFIG, "utf8").catch(() => "");
  if (!/^\s*user_allow_other\s*$/m.test(config))
    throw new PermissionError(`allowing other users needs the line user_allow_other in ${FUSE_CONFIG}`);
}
