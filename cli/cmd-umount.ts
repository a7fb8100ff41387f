/** `p2pfs umount`: unmounts cleanly, names who holds a busy mount, and takes away what a dead daemon left. */
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { systemClock } from "../base/clock.ts";
import { NotFoundError, P2pfsError } from "../base/errors.ts";
import { MOUNT_CALL_MS } from "../base/limits.ts";
import { fromUnknown } from "../base/node-errors.ts";
import { unmountDirectory } from "../fs/bindings/unmount.ts";
import { ask } from "./daemon-client.ts";
import { connectDaemon } from "./daemon-start.ts";
import { type Home, type HomeOptions, openHome, withHomeOptions } from "./home.ts";
import { describeHolders, holdersOf } from "./mount-holders.ts";
import { mountAbove, ownMountAt } from "./mountpoint.ts";

interface UmountFlags extends HomeOptions {
  readonly lazy: boolean;
  readonly force: boolean;
}

export function addUmount(program: Command): void {
  const command = program
    .command("umount")
    .description("Unmounts; a busy mount names who holds it.")
    .argument("<DIR>", "the mountpoint")
    .option("--lazy", "take the name away now; open files go on", false)
    .option("--force", "end open files with an error", false);
  withHomeOptions(command).action((directory: string, flags: UmountFlags) => umount(directory, flags));
}

async function umount(path: string, flags: UmountFlags): Promise<void> {
  const home = await openHome(flags);
  const directory = await ownMountAt(resolve(path));
  if (directory === undefined) {
    const above = await mountAbove(resolve(path));
    const hint = above === undefined ? "" : `; it lies in the mount ${above}`;
    throw new NotFoundError(`nothing of p2pfs is mounted at ${resolve(path)}${hint}`);
  }
  if (await byDaemon(home, directory, flags)) return;
  await detachDead(directory);
}

/** @returns false when no daemon of this workhome has the mount */
async function byDaemon(home: Home, directory: string, { lazy, force }: UmountFlags): Promise<boolean> {
  const client = await connectDaemon(home).catch((error) => {
    if (fromUnknown(error).code === "UNAVAILABLE") return undefined;
    throw error;
  });
  if (client === undefined) return false;
  try {
    await ask(client.control, "unmount", { directory, lazy, force }, { deadlineMs: MOUNT_CALL_MS });
    return true;
  } catch (error) {
    const failure = fromUnknown(error);
    if (failure.code === "NOT_FOUND" || failure.code === "UNAVAILABLE") return false;
    if (failure.code !== "BUSY") throw failure;
    throw await busy(directory, failure);
  } finally {
    client.close();
  }
}

async function busy(directory: string, failure: P2pfsError): Promise<P2pfsError> {
  const holders = await holdersOf(directory);
  const who = holders.length === 0 ? "a process that this user cannot see" : describeHolders(holders);
  return new P2pfsError("BUSY", `${directory} is in use by ${who}; end it, or unmount with --lazy`, {
    cause: failure,
  });
}

/** A mount whose daemon died, or has another workhome: detached by the system's own means. */
async function detachDead(directory: string): Promise<void> {
  if (await isServed(directory))
    throw new P2pfsError(
      "BUSY",
      `${directory} is served by a daemon of another workhome; give its --workhome`,
    );
  await unmountDirectory(directory, { lazy: true, clock: systemClock });
}

/**
 * Whether somebody answers for the mount. A dead one answers too, at once: with ENOTCONN, with ECONNABORTED while it
 * dies, and with EIO when its holder found no daemon that lives.
 */
async function isServed(directory: string): Promise<boolean> {
  // Attributes the kernel may still remember; whether the directory can be opened, it must ask.
  const look = readdir(directory).then(
    () => true,
    (error: NodeJS.ErrnoException) => !["ENOTCONN", "ECONNABORTED", "EIO"].includes(error.code ?? ""),
  );
  return look;
}
