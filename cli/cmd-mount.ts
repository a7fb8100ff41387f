/** `p2pfs mount`: mounts, starting a daemon where none runs; returns once the mount answers. */
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { P2pfsError } from "../base/errors.ts";
import { DAEMON_START_MS, FOREGROUND_LOOK_MS, MOUNT_CALL_MS } from "../base/limits.ts";
import { ownMountsOf, readMountTable } from "../base/mount-table.ts";
import { fromUnknown } from "../base/node-errors.ts";
import { VERSION } from "../base/version.ts";
import { ask, type DaemonClient } from "./daemon-client.ts";
import { connectOrStartDaemon } from "./daemon-start.ts";
import { type Home, type HomeOptions, openHome, withHomeOptions, withSchedulerOption } from "./home.ts";
import { type FstabOptions, parseMountOptions } from "./mount-options.ts";
import { mountAnswers, prepareMountpoint, removeMade } from "./mountpoint.ts";
import { untilSignal } from "./signals.ts";
import { isNewer, takeOver } from "./takeover.ts";

interface MountFlags extends HomeOptions {
  readonly foreground: boolean;
  readonly allowOther?: boolean;
  readonly readOnly: boolean;
  readonly binding: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly umask?: number;
  readonly o?: readonly string[];
}

const BINDINGS = ["auto", "native", "fuse-native"];

function id(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 0xffff_fffe)
    throw new InvalidArgumentError("It must be a number, 0 or more.");
  return value;
}

function umask(text: string): number {
  if (!/^[0-7]{1,4}$/.test(text) || Number.parseInt(text, 8) > 0o777)
    throw new InvalidArgumentError("It must be octal, up to 777.");
  return Number.parseInt(text, 8);
}

export function addMount(program: Command): void {
  const command = program
    .command("mount")
    .description("Mounts, starting a daemon where none runs.")
    .argument("<DIR>", "the directory to mount at; made when it is not there")
    .option("--foreground", "stay until it is unmounted, or unmount on a signal", false)
    .option("--allow-other", "let other users in (the default for root)")
    .option("--no-allow-other", "let only this user in")
    .option("--read-only", "mount read-only; this version always is", false)
    .addOption(new Option("--binding <NAME>", "how the kernel is reached").choices(BINDINGS).default("auto"))
    .option("--uid <UID>", "owner of every file", id)
    .option("--gid <GID>", "group of every file", id)
    .option("--umask <BITS>", "permission bits taken from every file, octal", umask)
    .option("-o <OPTIONS>", "options as in fstab, separated by commas", (text, before: string[] = []) => [
      ...before,
      text,
    ]);
  withSchedulerOption(withHomeOptions(command)).action((directory: string, flags: MountFlags) =>
    mount(directory, flags),
  );
}

async function mount(path: string, given: MountFlags): Promise<void> {
  const flags = withFstab(given, parseMountOptions(given.o ?? []));
  const home = await openHome(flags);
  const mountpoint = await prepareMountpoint(resolve(path));
  const { directory, occupied } = mountpoint;
  const request = requestOf(directory, flags);
  // From here on: a signal while the mount is being made ends it once it is.
  const signals = flags.foreground ? untilSignal() : undefined;
  const client = await mountOnce(home, request, occupied).catch(async (error) => {
    await removeMade(mountpoint);
    throw error;
  });
  try {
    await mountAnswers(directory);
    if (signals !== undefined) await stay(client, directory, signals.signal);
  } finally {
    client.close();
    signals?.close();
  }
}

type Request = ReturnType<typeof requestOf>;

function requestOf(directory: string, flags: MountFlags) {
  return {
    directory,
    allowOther: flags.allowOther ?? process.getuid?.() === 0,
    readOnly: flags.readOnly,
    binding: flags.binding,
    ...(flags.uid === undefined ? {} : { uid: flags.uid }),
    ...(flags.gid === undefined ? {} : { gid: flags.gid }),
    ...(flags.umask === undefined ? {} : { umask: flags.umask }),
    ...(flags.foreground ? { ownerPid: process.pid } : {}),
  };
}

/** What -o says counts where no flag says it. @throws InvalidArgumentError */
function withFstab(flags: MountFlags, fstab: FstabOptions): MountFlags {
  const { allowOther, readOnly, binding, workhome, config } = fstab;
  if (binding !== undefined && !BINDINGS.includes(binding))
    throw new P2pfsError("INVALID_ARGUMENT", `the mount option binding is one of ${BINDINGS.join(", ")}`);
  return {
    ...(fstab.uid === undefined ? {} : { uid: fstabNumber("uid", fstab.uid, id) }),
    ...(fstab.gid === undefined ? {} : { gid: fstabNumber("gid", fstab.gid, id) }),
    ...(fstab.umask === undefined ? {} : { umask: fstabNumber("umask", fstab.umask, umask) }),
    ...(allowOther === undefined ? {} : { allowOther }),
    ...(workhome === undefined ? {} : { workhome }),
    ...(config === undefined ? {} : { config }),
    ...flags,
    readOnly: flags.readOnly || readOnly === true,
    binding: flags.binding === "auto" ? (binding ?? "auto") : flags.binding,
  };
}

function fstabNumber(name: string, text: string, parse: (text: string) => number): number {
  try {
    return parse(text);
  } catch {
    throw new P2pfsError("INVALID_ARGUMENT", `the mount option ${name} cannot be ${text}`);
  }
}

/** A daemon that is just ending refuses new mounts: then the next one is asked. */
async function mountOnce(home: Home, request: Request, occupied: boolean): Promise<DaemonClient> {
  const untilMs = Date.now() + DAEMON_START_MS;
  for (;;) {
    const client = await connectOrStartDaemon(home, "last-unmount");
    try {
      if (occupied && (await takenOver(home, client, request.directory))) return client;
      await ask(client.control, "mount", request, { deadlineMs: MOUNT_CALL_MS });
      return client;
    } catch (error) {
      client.close();
      const failure = fromUnknown(error);
      const ending = failure.code === "CLOSED" || failure.code === "UNAVAILABLE";
      if (!ending || Date.now() > untilMs) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/**
 * There is a mount of p2pfs at the directory. One that nobody serves may be replaced, and the binding tells; one of an older
 * build is gone on with by this one.
 * @returns true when it is served by this build now
 */
async function takenOver(home: Home, client: DaemonClient, directory: string): Promise<boolean> {
  const running = await ask(client.control, "status", {});
  const served = running.mounts.find((mount) => mount.directory === directory);
  if (served === undefined) return false;
  if (!isNewer(VERSION, running.version))
    throw new P2pfsError("BUSY", `${directory} is already mounted by this daemon`);
  if (served.binding !== "native")
    throw new P2pfsError(
      "BUSY",
      `${directory} is mounted by p2pfs ${running.version} through ${served.binding}, which cannot be taken over; unmount it first`,
    );
  await takeOver(home, running);
  return true;
}

/** Until the mount is gone, whoever unmounts it, or a signal comes: then it is unmounted. */
async function stay(client: DaemonClient, directory: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && ownMountsOf(await readMountTable()).includes(directory))
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, FOREGROUND_LOOK_MS);
      signal.addEventListener("abort", done, { once: true });
      function done() {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      }
    });
  if (!signal.aborted) return;
  await ask(client.control, "unmount", { directory, lazy: true }, { deadlineMs: MOUNT_CALL_MS });
}
