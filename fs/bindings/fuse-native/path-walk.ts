/** Finds what a path of libfuse's means by looking up name after name; the inode of the last is given back afterwards. */
import { NotFoundError } from "../../../base/errors.ts";
import type { StatAttributes } from "../../attributes.ts";
import type { Filesystem } from "../../filesystem.ts";
import { type InodeNumber, ROOT_INODE } from "../../inode-table.ts";

/** What the addon makes of bytes that are no UTF-8. Such a name would otherwise mean another one. */
const REPLACEMENT = "\ufffd";

export interface PathEntry {
  readonly inode: InodeNumber;
  readonly attributes: StatAttributes;
}

/**
 * Runs `work` with the inode of an absolute path, and forgets it after that.
 * @throws what lookups throw; NotFoundError for names that are no UTF-8
 */
export async function withPath<T>(
  filesystem: Filesystem,
  path: string,
  work: (entry: PathEntry) => T | Promise<T>,
): Promise<T> {
  if (path.includes(REPLACEMENT)) throw new NotFoundError("names in the mount are UTF-8");
  const names = path.split("/").filter(Boolean);
  const last = names.pop();
  if (last === undefined)
    return work({ inode: ROOT_INODE, attributes: await filesystem.getattr(ROOT_INODE) });
  const looked: InodeNumber[] = [];
  const lookup = async (parent: InodeNumber, name: string) => {
    const entry = await filesystem.lookup(parent, name);
    looked.push(entry.inode);
    return entry;
  };
  try {
    let parent: InodeNumber = ROOT_INODE;
    for (const name of names)
      parent = filesystem.recentDirectory(parent, name) ?? (await lookup(parent, name)).inode;
    return await work(await lookup(parent, last));
  } finally {
    for (const inode of looked) filesystem.forget(inode, 1);
  }
}
