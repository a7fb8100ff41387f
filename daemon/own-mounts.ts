/**
 * The daemon never touches its own mount: a path that leads into one is refused before anything is opened. Asks the
 * mount table and the links on the way, never the mount.
 */
import { InvalidInputError } from "../base/errors.ts";
import { ownMountsOf, readMountTable, resolveAvoiding } from "../base/mount-table.ts";

/**
 * @param what the path's role, as the beginning of a sentence: "storage.dir"
 * @param because why it is refused, as the end of one
 * @throws InvalidInputError when the path lies under a mount of p2pfs, this daemon's or another's
 */
export async function refuseUnderOwnMount(
  what: string,
  path: string,
  because = "which the daemon must not use itself",
): Promise<void> {
  const mounts = ownMountsOf(await readMountTable());
  if (mounts.length === 0) return;
  const { into } = await resolveAvoiding(path, mounts);
  if (into !== undefined)
    throw new InvalidInputError(`${what} ${path} lies in ${into}, a mount of p2pfs, ${because}`);
}
