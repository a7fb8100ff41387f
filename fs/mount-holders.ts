/**
 * Who keeps a mount busy: processes with a file open, a working directory, a root or a mapping below it. Reads links of
 * /proc only, which never asks the mount. Linux only; without /proc nobody is found.
 */
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { MOUNT_HOLDERS_MAX } from "../base/limits.ts";
import { mountHolding } from "../base/mount-table.ts";

/** One process, and one thing by which it holds the mount. */
export interface MountHolder {
  readonly pid: number;
  /** Its name, as ps shows it. */
  readonly command: string;
  readonly holds: "working directory" | "root directory" | "open file" | "mapped file";
  /** Path of what it holds. */
  readonly path: string;
}

/**
 * @param directory the mountpoint as the mount table has it
 * @param procDirectory for tests; default /proc
 * @returns at most MOUNT_HOLDERS_MAX; processes of other users are seen by root only
 */
export async function holdersOf(directory: string, procDirectory = "/proc"): Promise<MountHolder[]> {
  const holders: MountHolder[] = [];
  for (const name of await readdir(procDirectory).catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const held = await heldBy(join(procDirectory, name), directory);
    if (held === undefined) continue;
    const command = (await textOf(join(procDirectory, name, "comm"))).trim();
    holders.push({ pid: Number(name), command, ...held });
    if (holders.length === MOUNT_HOLDERS_MAX) break;
  }
  return holders;
}

async function heldBy(
  processDirectory: string,
  directory: string,
): Promise<Pick<MountHolder, "holds" | "path"> | undefined> {
  const isBelow = (path: string) => mountHolding([directory], path) !== undefined;
  const cwd = await targetOf(join(processDirectory, "cwd"));
  if (isBelow(cwd)) return { holds: "working directory", path: cwd };
  const root = await targetOf(join(processDirectory, "root"));
  if (isBelow(root)) return { holds: "root directory", path: root };
  for (const fd of await readdir(join(processDirectory, "fd")).catch(() => [])) {
    const path = await targetOf(join(processDirectory, "fd", fd));
    if (isBelow(path)) return { holds: "open file", path };
  }
  for (const line of (await textOf(join(processDirectory, "maps"))).split("\n")) {
    const path = line.slice(line.indexOf("/")).replaceAll("\\012", "\n");
    if (line.includes("/") && isBelow(path)) return { holds: "mapped file", path };
  }
  return undefined;
}

/** Processes end while they are looked at, and other users' may not be: both hold nothing that could be told. */
async function targetOf(path: string): Promise<string> {
  return readlink(path).catch(() => "");
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
