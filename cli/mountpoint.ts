/**
 * What a directory is to a mount: free, ours already, somebody else's, or left by a daemon that died. Reads the mount table
 * first and never enters a mount of p2pfs.
 */
import { readdir, rmdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { InvalidInputError, P2pfsError } from "../base/errors.ts";
import { makeFolder } from "../base/folder.ts";
import {
  mountHolding,
  OWN_MOUNT_TYPE,
  ownMountsOf,
  readMountTable,
  resolveAvoiding,
} from "../base/mount-table.ts";
import { fromUnknown } from "../base/node-errors.ts";

/** Where to mount, and whether a dead mount has to be taken away there first. */
export interface Mountpoint {
  /** Absolute, without symbolic links. */
  readonly directory: string;
  /** A mount of p2pfs that may have no daemon any more. */
  readonly occupied: boolean;
  /** The first directory that had to be made; undefined when all were there. */
  readonly made: string | undefined;
}

/**
 * Makes the directory if it is not there.
 * @throws InvalidInputError inside a mount of p2pfs; P2pfsError BUSY, NOT_A_DIRECTORY, and what the disk says
 */
export async function prepareMountpoint(path: string): Promise<Mountpoint> {
  const table = await readMountTable();
  const { path: directory, into } = await resolveAvoiding(path, ownMountsOf(table));
  if (into === directory) return { directory, occupied: true, made: undefined };
  if (into !== undefined)
    throw new InvalidInputError(`${path} lies in ${into}, which is a mount of p2pfs itself`);
  const other = table.filter((entry) => entry.directory === directory).at(-1);
  if (other !== undefined)
    throw new P2pfsError("BUSY", `${directory} is busy: ${other.source} (${other.type}) is mounted there`);
  return { directory, occupied: false, made: await makeEmptyDirectory(directory) };
}

/** Takes away what `prepareMountpoint` made, for a mount that did not come about. */
export async function removeMade({ directory, made }: Mountpoint): Promise<void> {
  if (made === undefined) return;
  for (let path = directory; path.startsWith(made); path = dirname(path)) {
    const removed = await rmdir(path).then(
      () => true,
      // Somebody uses it already.
      () => false,
    );
    if (!removed) return;
  }
}

/** @returns the first directory that was made */
async function makeEmptyDirectory(directory: string): Promise<string | undefined> {
  let made: string | undefined;
  try {
    made = await makeFolder(directory, 0o777);
  } catch (error) {
    const failure = fromUnknown(error, `cannot make the directory ${directory}`);
    // Something is there that is no directory, as the path itself or on the way.
    if (failure.code !== "ALREADY_EXISTS" && failure.code !== "NOT_A_DIRECTORY") throw failure;
    throw new P2pfsError("NOT_A_DIRECTORY", `${directory} is not a directory`);
  }
  const names = await readdir(directory).catch((error) => {
    throw fromUnknown(error, `cannot read the directory ${directory}`);
  });
  if (names.length > 0)
    throw new P2pfsError("BUSY", `${directory} is not empty: its files would be hidden by the mount`);
  return made;
}

/** The mount of p2pfs at a path, by the table alone; undefined when there is none. */
export async function ownMountAt(path: string): Promise<string | undefined> {
  const mounts = ownMountsOf(await readMountTable());
  const { into, path: resolved } = await resolveAvoiding(path, mounts);
  return into !== undefined && into === resolved ? into : undefined;
}

/** What the user may have meant when nothing of ours is mounted at the path: a mount that holds it. */
export async function mountAbove(path: string): Promise<string | undefined> {
  return mountHolding(ownMountsOf(await readMountTable()), path);
}

/** Waits until another process, this one, can use the mount. @throws P2pfsError when it does not answer */
export async function mountAnswers(directory: string): Promise<void> {
  const found = (await readMountTable()).filter((entry) => entry.directory === directory).at(-1);
  if (found?.type !== OWN_MOUNT_TYPE)
    throw new P2pfsError(
      "UNAVAILABLE",
      `the daemon mounted ${directory}, but not where this command can see it`,
    );
  await stat(directory).catch((error) => {
    throw fromUnknown(error, `the mount ${directory} does not answer`);
  });
}
