/** The options of `mount -o`: ours, those that mount(8) keeps to itself or passes on to everyone, and the rest. Pure. */
import { InvalidInputError } from "../base/errors.ts";

/** What `-o` may say for us; each also is a flag of `p2pfs mount`. */
export interface FstabOptions {
  readonly allowOther?: boolean;
  readonly readOnly?: boolean;
  readonly binding?: string;
  readonly uid?: string;
  readonly gid?: string;
  readonly umask?: string;
  readonly workhome?: string;
  readonly config?: string;
}

/** Words of fstab(5), mount(8) and mount.fuse(8) that mean nothing to us, or what we do anyway. */
const IGNORED =
  /^(rw|defaults|(no)?(auto|user|users|owner|group|fail|dev|suid|exec|atime|diratime|relatime|strictatime|lazytime|mand|iversion)|_netdev|nofail|sync|async|dirsync|remount|default_permissions|nonempty|(fsname|subtype|comment|context|x-[^=]+|X-[^=]+)(=.*)?)$/;

/** Words with a value, and our name for it. */
const VALUES: Readonly<Record<string, keyof FstabOptions>> = {
  binding: "binding",
  uid: "uid",
  gid: "gid",
  umask: "umask",
  workhome: "workhome",
  config: "config",
};

/** @param list of one or more -o, each a comma-separated list @throws InvalidInputError for a word nobody knows */
export function parseMountOptions(lists: readonly string[]): FstabOptions {
  const found: Record<string, string | boolean> = {};
  for (const word of lists.flatMap((list) => list.split(",")).filter((each) => each !== "")) {
    const [name = "", ...rest] = word.split("=");
    const value = VALUES[name];
    if (word === "allow_other") found.allowOther = true;
    else if (word === "ro") found.readOnly = true;
    else if (value !== undefined && rest.length > 0) found[value] = rest.join("=");
    else if (!IGNORED.test(word)) throw new InvalidInputError(`the mount option ${word} is not known`);
  }
  return found as FstabOptions;
}

/**
 * The arguments of `p2pfs mount` for those of a mount helper: mount(8) calls `p2pfs SOURCE DIR -o OPTIONS` for the type
 * fuse.p2pfs. Others stay as they are.
 * @param commands the names that a first argument may be
 */
export function withoutHelperForm(args: readonly string[], commands: ReadonlySet<string>): readonly string[] {
  const [source = "", directory = "", ...rest] = args;
  const isHelper =
    !source.startsWith("-") &&
    !commands.has(source) &&
    directory !== "" &&
    !directory.startsWith("-") &&
    rest.includes("-o");
  return isHelper ? ["mount", directory, ...rest.filter((word) => !/^-[svnr]$/.test(word))] : args;
}
