/**
 * Where a mount is to go: an existing, empty directory outside our own mounts. What a dead p2pfs left there is taken
 * away. Looks at nothing below a mount of ours from this process.
 */
import { opendir } from "node:fs/promises";
import type { Clock } from "../../base/clock.ts";
import { P2pfsError, PermissionError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { ownMountsOf, readMountTable, resolveAvoiding } from "../../base/mount-table.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { probe } from "./mount-probe.ts";
import { unmountDirectory } from "./unmount.ts";

/**
 * Makes sure that something can be mounted at `directory`.
 * @returns its path as the mount table will have it
 * @throws P2pfsError NOT_FOUND, NOT_A_DIRECTORY, BUSY when a living mount is there, FAILED_PRECONDITION when it is not
 * empty or lies in a mount of p2pfs
 */
export async function prepareMountpoint(
  directory: string,
  env: { clock: Clock; logger: Logger },
): Promise<string> {
  const mounts = ownMountsOf(await readMountTable());
  const { path, into } = await resolveAvoiding(directory, mounts);
  if (into !== undefined && into !== path)
    throw new P2pfsError("FAILED_PRECONDITION", `${directory} lies in ${into}, which is a mount of p2pfs`);
  if (into !== undefined) await healMountpoint(into, env);
  await checkEmpty(path);
  return path;
}

/**
 * Takes away what a p2pfs that died left mounted at `directory` ("Transport endpoint is not connected").
 * @returns true when there was something to take away
 * @throws P2pfsError BUSY when what is mounted there lives, or does not answer
 */
async function healMountpoint(directory: string, env: { clock: Clock; logger: Logger }): Promise<boolean> {
  if (!ownMountsOf(await readMountTable()).includes(directory)) return false;
  const found = await probe(directory, env);
  if (found === "hangs")
    throw new P2pfsError("BUSY", `a p2pfs mounted at ${directory} does not answer; unmount it with --force`);
  if (found !== "disconnected") throw new P2pfsError("BUSY", `a p2pfs is mounted at ${directory} already`);
  await unmountDirectory(directory, { lazy: true, clock: env.clock });
  env.logger.info({ directory }, "stale mount removed");
  return true;
}

async function checkEmpty(path: string): Promise<void> {
  try {
    const listing = await opendir(path);
    try {
      if ((await listing.read()) !== null)
        throw new P2pfsError("FAILED_PRECONDITION", `${path} is not empty; a mount would hide what is in it`);
    } finally {
      await listing.close();
    }
  } catch (error) {
    const failure = fromUnknown(error);
    if (failure.code === "NOT_FOUND") throw new P2pfsError("NOT_FOUND", `there is no directory ${path}`);
    if (failure.code === "NOT_A_DIRECTORY")
      throw new P2pfsError("NOT_A_DIRECTORY", `${path} is no directory`);
    if (failure.code === "PERMISSION") throw new PermissionError(`this user may not look into ${path}`);
    throw failure;
  }
}
