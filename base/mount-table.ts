/**
 * What is mounted where, from /proc/self/mountinfo alone: no path is touched, so a hung or own mount cannot hang the
 * asker. Linux only; elsewhere the table is empty.
 */
import { readFile, readlink } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { P2pfsError } from "./errors.ts";
import { MOUNT_TABLE_BYTES_MAX, SYMLINKS_MAX } from "./limits.ts";
import { fromUnknown } from "./node-errors.ts";

/** The type by which the kernel lists our mounts. */
export const OWN_MOUNT_TYPE = "fuse.p2pfs";

/** One line of mountinfo (proc_pid_mountinfo(5)). */
export interface MountEntry {
  /** Absolute path of the mountpoint, unescaped. */
  readonly directory: string;
  /** "ext4", "fuse.p2pfs". */
  readonly type: string;
  readonly source: string;
  /** "major:minor" of st_dev. */
  readonly device: string;
}

/** The entries in the order of the table: of two with one directory the later covers the earlier. */
export function parseMountInfo(text: string): MountEntry[] {
  return text.split("\n").flatMap((line) => {
    const [before, after] = line.split(" - ");
    const fields = before?.split(" ") ?? [];
    const [type, source] = after?.split(" ") ?? [];
    const [device, directory] = [fields[2], fields[4]];
    if (device === undefined || directory === undefined || type === undefined) return [];
    return [{ directory: unescaped(directory), type, source: unescaped(source ?? ""), device }];
  });
}

/** Blanks, tabs, newlines and backslashes are written in octal. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** @throws P2pfsError when the table cannot be read although the system has one */
export async function readMountTable(): Promise<MountEntry[]> {
  let text: Buffer;
  try {
    text = await readFile("/proc/self/mountinfo");
  } catch (error) {
    const failure = fromUnknown(error, "cannot read /proc/self/mountinfo");
    // Not Linux: there is no table, and no mount of ours that could hang us.
    if (failure.code === "NOT_FOUND") return [];
    throw failure;
  }
  if (text.length > MOUNT_TABLE_BYTES_MAX)
    throw new P2pfsError("TOO_MANY", "the table of mounts is longer than can be read");
  return parseMountInfo(text.toString("utf8"));
}

/** Directories at which one of our mounts, whoever serves it, is on top. */
export function ownMountsOf(table: readonly MountEntry[]): string[] {
  const top = new Map(table.map((entry) => [entry.directory, entry.type]));
  return [...top].filter(([, type]) => type === OWN_MOUNT_TYPE).map(([directory]) => directory);
}

/** The mount of `directories` that holds the path, by the text of both alone. */
export function mountHolding(directories: readonly string[], path: string): string | undefined {
  return directories
    .filter((directory) => path === directory || path.startsWith(directory === sep ? sep : directory + sep))
    .sort((a, b) => b.length - a.length)[0];
}

/** Where a path really leads, as far as that can be told without entering one of `avoided`. */
export interface Resolved {
  /** Absolute, without symbolic links in the part that exists and was looked at. */
  readonly path: string;
  /** The member of `avoided` at which looking stopped; undefined: the path leads into none. */
  readonly into: string | undefined;
}

/**
 * Resolves the symbolic links of an absolute path, asking the kernel only about components outside the avoided
 * directories. What does not exist is taken as it is written.
 * @throws P2pfsError when links go in circles, or a component cannot be looked at
 */
export async function resolveAvoiding(path: string, avoided: readonly string[]): Promise<Resolved> {
  let done: string = sep;
  const rest = componentsOf(path);
  for (let links = 0; rest.length > 0; ) {
    const part = rest.shift() ?? "";
    const next = part === ".." ? dirname(done) : join(done, part);
    const into = avoided.find((directory) => directory === next);
    if (into !== undefined) return { path: join(next, ...rest), into };
    const target = await linkTarget(next);
    if (target === undefined) {
      done = next;
      continue;
    }
    links += 1;
    if (links > SYMLINKS_MAX)
      throw new P2pfsError("FAILED_PRECONDITION", `${path} leads through too many links`);
    rest.unshift(...componentsOf(target));
    if (target.startsWith(sep)) done = sep;
  }
  return { path: done, into: undefined };
}

/** Not normalised: ".." after a link means the parent of where the link leads. */
function componentsOf(path: string): string[] {
  return path.split(sep).filter((name) => name !== "" && name !== ".");
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    const failure = fromUnknown(error, `cannot look at ${path}`);
    // EINVAL: no link. Absent, or below a file: nothing to follow. No right to look: whoever uses the path will be told.
    if (["INVALID_ARGUMENT", "NOT_FOUND", "NOT_A_DIRECTORY", "PERMISSION"].includes(failure.code))
      return undefined;
    throw failure;
  }
}
