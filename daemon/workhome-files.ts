/**
 * The daemon's own directories and its pid file, and who may reach the socket. Makes what is missing, never widens the
 * rights of what exists.
 */
import { chmod, chown, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "../base/folder.ts";
import { fromUnknown } from "../base/node-errors.ts";
import type { WorkhomePaths } from "./config/workhome.ts";
import type { SocketAccess } from "./server/download-server.ts";

/** The group whose members may use a daemon of root's. */
export const SOCKET_GROUP = "p2pfs";

/**
 * Who may connect: members of the group p2pfs where root serves and the group exists, else the daemon's own user alone. A
 * socket open to all would let anyone read what the daemon's credentials reach, as long as the kernel does not tell who
 * connects.
 */
export async function socketAccess(uid: number): Promise<SocketAccess> {
  const gid = uid === 0 ? await groupId(SOCKET_GROUP) : undefined;
  return gid === undefined ? { mode: 0o600 } : { mode: 0o660, gid };
}

/** A group's number, from /etc/group alone: Node cannot ask the system's other directories. */
export async function groupId(name: string): Promise<number | undefined> {
  const text = await readFile("/etc/group", "utf8").catch(() => "");
  const line = text.split("\n").find((each) => each.startsWith(`${name}:`));
  const gid = Number(line?.split(":")[2]);
  return Number.isInteger(gid) ? gid : undefined;
}

/**
 * Makes the missing ones of the daemon's directories, for its user alone; the socket's of the system's places for the
 * group as well.
 * @throws P2pfsError that names the directory
 */
export async function makeDirectories(
  paths: WorkhomePaths,
  more: { readonly socketPath: string; readonly storageDir: string; readonly access: SocketAccess },
): Promise<void> {
  for (const directory of [paths.home, more.storageDir, paths.logDir]) await makeDirectory(directory);
  const { gid } = more.access;
  const made = await makeDirectory(dirname(more.socketPath));
  if (made && paths.system && gid !== undefined) {
    await chown(dirname(more.socketPath), -1, gid);
    await chmod(dirname(more.socketPath), 0o750);
  }
}

/** @returns whether it was missing */
async function makeDirectory(directory: string): Promise<boolean> {
  try {
    const there = await stat(directory).catch(() => undefined);
    if (there?.isDirectory()) return false;
    await makeFolder(directory);
    return true;
  } catch (error) {
    throw fromUnknown(error, `cannot make the directory ${directory}`);
  }
}

/** Writes the pid of the daemon that serves; call only while nobody else can. @throws P2pfsError */
export async function writePidFile(path: string, pid: number): Promise<void> {
  await writeFile(path, `${pid}\n`, { mode: 0o644 }).catch((error) => {
    throw fromUnknown(error, `cannot write ${path}`);
  });
}

/** Removes the pid file if it still names this daemon. */
export async function removePidFile(path: string, pid: number): Promise<void> {
  const text = await readFile(path, "utf8").catch(() => "");
  if (Number(text) === pid) await rm(path, { force: true });
}
