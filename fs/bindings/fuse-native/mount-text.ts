/** The options libfuse is given, as text. */
import { FUSE_NATIVE_BACKGROUND_MAX, FUSE_NATIVE_CONGESTED } from "../../../base/limits.ts";
import type { MountOptions } from "../binding.ts";

/** The name under which the kernel lists the mount: type "fuse.p2pfs", source "p2pfs". */
const NAME = "p2pfs";

/**
 * Options of mount.fuse(8) for libfuse 2.9.
 *
 * The time-outs are 0, so that the kernel never works with an old size: a file that grew would be cut short by it. There
 * is one set of time-outs for the whole mount here, so directories cannot have longer ones. `default_permissions` lets
 * the kernel check the permission bits, because the addon does not tell who asks. `use_ino` shows our inode numbers.
 * `auto_cache` keeps the page cache over opens of a file whose size and time are the same; without it every open would
 * wait for all reads under way in that file, to drop their pages (see also path-versions.ts). Without `max_background`,
 * twelve reads that hang would hold up the reads of all other files; `congestion_threshold` keeps the kernel from reading
 * ahead while some wait, because each needs a thread of libfuse's (see connection.ts).
 */
export function mountText(options: MountOptions, platform: NodeJS.Platform): string {
  const common = [
    `fsname=${NAME}`,
    "attr_timeout=0",
    "entry_timeout=0",
    "negative_timeout=0",
    "auto_cache",
    "ac_attr_timeout=0",
    "default_permissions",
    "use_ino",
  ];
  const linux = [
    `subtype=${NAME}`,
    "big_writes",
    `max_background=${FUSE_NATIVE_BACKGROUND_MAX}`,
    `congestion_threshold=${FUSE_NATIVE_CONGESTED}`,
  ];
  // macFUSE: what Finder calls it, and no "._" files asked for on every look.
  const darwin = [`volname=${NAME}`, "noappledouble"];
  const chosen = [
    ...common,
    ...(platform === "darwin" ? darwin : linux),
    ...(options.readOnly === true ? ["ro"] : []),
    ...(options.allowOther === true ? ["allow_other"] : []),
  ];
  return `-o${chosen.join(",")}`;
}
