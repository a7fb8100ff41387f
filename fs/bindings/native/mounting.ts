/**
 * Getting /dev/fuse mounted: by mount(2) where this user may, else by fusermount3. Serves nothing. Whoever gets the
 * descriptor closes it.
 */
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { NotSupportedError, P2pfsError } from "../../../base/errors.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { NativeAddon } from "../../../native/linux/addon.ts";
import type { MountOptions } from "../binding.ts";

/** The name under which the kernel lists the mount: type "fuse.p2pfs", source "p2pfs". */
const NAME = "p2pfs";
/** Where fusermount3 may lie; NixOS has its setuid programs in the last one. */
const HELPER_FOLDERS = ["/usr/bin", "/bin", "/usr/local/bin", "/run/wrappers/bin"];
/** libfuse 2 has its own, which does the same. */
const HELPER_NAMES = ["fusermount3", "fusermount"];

const MS_RDONLY = 1;
const MS_NOSUID = 2;
const MS_NODEV = 4;
/** st_mode of a directory, in octal as the kernel wants it. */
const ROOT_MODE = "40000";

/** @param directory its path as the mount table will have it. @returns the mounted descriptor. @throws P2pfsError NOT_PERMITTED, NOT_SUPPORTED, … */
export async function mountDevice(
  addon: NativeAddon,
  directory: string,
  options: Pick<MountOptions, "readOnly" | "allowOther">,
): Promise<number> {
  const refusals: P2pfsError[] = [];
  for (const way of [mountDirectly, mountByHelper]) {
    try {
      return await way(addon, directory, options);
    } catch (error) {
      const failure = fromUnknown(error);
      // The other way leads to the same end unless rights or the helper are what is missing.
      if (failure.code !== "NOT_PERMITTED" && failure.code !== "NOT_SUPPORTED" && failure.code !== "IO")
        throw failure;
      refusals.push(failure);
    }
  }
  const isRoot = process.getuid?.() === 0;
  const hint = isRoot
    ? "in a container it needs /dev/fuse and the capability SYS_ADMIN"
    : "fusermount3 of Debian's package fuse3 must be there, and the directory must be this user's";
  const reasons = refusals.map(({ message }) => message).join("; ");
  throw new P2pfsError("NOT_PERMITTED", `nothing could be mounted at ${directory}: ${hint} (${reasons})`);
}

function mountDirectly(
  addon: NativeAddon,
  directory: string,
  options: Pick<MountOptions, "readOnly" | "allowOther">,
): Promise<number> {
  const words = [
    `rootmode=${ROOT_MODE}`,
    `user_id=${process.getuid?.() ?? 0}`,
    `group_id=${process.getgid?.() ?? 0}`,
    "default_permissions",
    ...(options.allowOther === true ? ["allow_other"] : []),
  ];
  return addon.mountDirect({
    target: directory,
    source: NAME,
    type: `fuse.${NAME}`,
    flags: MS_NOSUID | MS_NODEV | (options.readOnly === true ? MS_RDONLY : 0),
    options: words.join(","),
  });
}

async function mountByHelper(
  addon: NativeAddon,
  directory: string,
  options: Pick<MountOptions, "readOnly" | "allowOther">,
): Promise<number> {
  const words = [
    `fsname=${NAME}`,
    `subtype=${NAME}`,
    "nosuid",
    "nodev",
    "default_permissions",
    ...(options.readOnly === true ? ["ro"] : []),
    ...(options.allowOther === true ? ["allow_other"] : []),
  ];
  return addon.mountHelper({ program: await findHelper(), target: directory, options: words.join(",") });
}

/** Path of fusermount3 or its elder. @throws NotSupportedError when there is none */
export async function findHelper(): Promise<string> {
  for (const name of HELPER_NAMES) {
    for (const folder of HELPER_FOLDERS) {
      const path = join(folder, name);
      const found = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return path;
    }
  }
  throw new NotSupportedError("fusermount3 is missing; install Debian's package fuse3");
}
