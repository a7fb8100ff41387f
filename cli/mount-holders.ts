/**
 * Who keeps a mount busy: processes with a working directory, root, open file or mapping in it, told from the text of the
 * links in /proc, which asks the mount nothing. Linux only; elsewhere nobody is found.
 */
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { HOLDER_FDS_MAX, HOLDERS_MAX } from "../base/limits.ts";
import { mountHolding } from "../base/mount-table.ts";

export interface Holder {
  readonly pid: number;
  /** The program's name as the kernel has it, at most 15 characters. */
  readonly command: string;
  /** How it holds the mount: "working directory", "open file a/b", … */
  readonly how: string;
}

/** The holders that this user may see, by pid. */
export async function holdersOf(directory: string): Promise<Holder[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found: Holder[] = [];
  for (const pid of pids) {
    const how = await holdOf(pid, directory);
    if (how === undefined) continue;
    const command = (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "?")).trim();
    found.push({ pid: Number(pid), command, how });
    if (found.length >= HOLDERS_MAX) break;
  }
  return found;
}

/** In one line: "bash (pid 12, working directory), cat (pid 13, open file x)". */
export function describeHolders(holders: readonly Holder[]): string {
  return holders.map(({ pid, command, how }) => `${command} (pid ${pid}, ${how})`).join(", ");
}

async function holdOf(pid: string, directory: string): Promise<string | undefined> {
  const base = `/proc/${pid}`;
  if (await leadsInto(join(base, "cwd"), directory)) return "working directory";
  if (await leadsInto(join(base, "root"), directory)) return "root directory";
  const fds = await readdir(join(base, "fd")).catch(() => []);
  for (const fd of fds.slice(0, HOLDER_FDS_MAX)) {
    const path = await leadsInto(join(base, "fd", fd), directory);
    if (path !== undefined) return `open file ${path}`;
  }
  const maps = await readFile(join(base, "maps"), "utf8").catch(() => "");
  const mapped = maps
    .split("\n")
    .map((line) => line.split(/ +/, 6)[5] ?? "")
    .find((path) => mountHolding([directory], path) !== undefined);
  return mapped === undefined ? undefined : `mapped file ${mapped}`;
}

async function leadsInto(link: string, directory: string): Promise<string | undefined> {
  const target = await readlink(link).catch(() => "");
  const path = target.replace(/ \(deleted\)$/, "");
  return mountHolding([directory], path) === undefined ? undefined : path;
}
