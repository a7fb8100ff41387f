/**
 * Linux's own binding: native/linux speaks the kernel's FUSE protocol, so a complete file is read by the kernel itself
 * where it may, and what is here of others by the channel's threads. Versions stand side by side, each in an inode.
 */
import { statfs } from "node:fs/promises";
import type { Clock } from "../../../base/clock.ts";
import { deadlineSignal, orAborted } from "../../../base/deadline.ts";
import { NotSupportedError, P2pfsError } from "../../../base/errors.ts";
import { ABSENT_NAMES_MS_DEFAULT, ATTRIBUTES_MS_DEFAULT, MOUNT_READY_MS } from "../../../base/limits.ts";
import { loadNativeAddon, NativeAddon } from "../../../native/linux/addon.ts";
import type { Filesystem } from "../../filesystem.ts";
import type { KeptInodes } from "../../inode-journal.ts";
import type { Binding, MountOptions, MountSession } from "../binding.ts";
import { checkDevice } from "../device.ts";
import { INIT_FLAG } from "../kernel-abi/flags.ts";
import { probe } from "../mount-probe.ts";
import { prepareMountpoint } from "../mountpoint.ts";
import { type MountedDevice, type Mounter, ownMounter } from "./device.ts";
import type { JournalState } from "./journal-records.ts";
import { MountJournal } from "./mount-journal.ts";
import type { Timeouts } from "./name-operations.ts";
import { NativeSession } from "./session.ts";

/** statfs(2) type of overlayfs (linux/magic.h). */
const OVERLAYFS_SUPER_MAGIC = 0x794c7630;

export interface NativeBindingEnvironment {
  readonly clock: Clock;
  /** Who mounts. Default: this process, and the mounts end with it. */
  readonly mounter?: Mounter;
  /** Folder of the content files; says how deep passthrough has to reach. */
  readonly storageDirectory?: string;
  /** Default: names and attributes 10 s, absent names 1 s. */
  readonly timeouts?: Timeouts;
  /** Offers of the kernel's that are refused, as if it were an older one: INIT_FLAG. For tests. */
  readonly refusedFlags?: bigint;
  /** Default: where `npm run build:native` puts it. */
  readonly addonPath?: string;
}

const DEFAULT_TIMEOUTS: Timeouts = {
  attributesMs: ATTRIBUTES_MS_DEFAULT,
  absentMs: ABSENT_NAMES_MS_DEFAULT,
};

/** The binding, and what it can besides: go on with mounts that another process served. */
export interface NativeBinding extends Binding {
  /**
   * Makes the filesystem over a mount that an earlier process served, and goes on answering it.
   * @param device closed by the session; by the caller when this fails
   * @throws P2pfsError FAILED_PRECONDITION when the kernel cannot send again what that process left unanswered, or no
   * kernel had agreed with it: the mount has to be made anew then
   */
  resume(directory: string, device: MountedDevice, make: (kept: KeptInodes) => Filesystem): Promise<Resumed>;
}

export interface Resumed {
  readonly session: NativeSession;
  readonly filesystem: Filesystem;
}

/** The binding over native/linux. @throws NotSupportedError when the addon is not there; the message says what to do */
export function nativeBinding(env: NativeBindingEnvironment): NativeBinding {
  const addon = loadNativeAddon(env.addonPath);
  if (!(addon instanceof NativeAddon)) throw new NotSupportedError(addon.unavailable);
  const mounter = env.mounter ?? ownMounter(addon, env.clock);
  return {
    name: "native",
    versions: "side-by-side",
    mount: (filesystem, options, signal) => mount(addon, mounter, env, filesystem, options, signal),
    resume: (directory, device, make) => resume(addon, env, directory, device, make),
  };
}

async function mount(
  addon: NativeAddon,
  mounter: Mounter,
  env: NativeBindingEnvironment,
  filesystem: Filesystem,
  options: MountOptions,
  signal: AbortSignal | undefined,
): Promise<MountSession> {
  const { clock } = env;
  const { logger } = filesystem;
  if (filesystem.versions !== "side-by-side")
    throw new P2pfsError("INVALID_ARGUMENT", "the native binding needs versions side by side");
  await checkDevice(options);
  const directory = await prepareMountpoint(options.directory, { clock, logger });
  const parts = await sessionParts(addon, env);
  const device = await mounter(directory, options);
  const kept = device.journalFd === undefined ? undefined : openJournal(addon, device.journalFd);
  kept?.journal.begin(() => filesystem.kept());
  if (kept !== undefined) filesystem.tell(kept.journal);
  const session = new NativeSession({ ...parts, directory, device, journal: kept?.journal, filesystem });
  try {
    session.start();
    await untilReady(session, clock, signal);
    return session;
  } catch (error) {
    await session.unmount({ force: true });
    throw error;
  }
}

async function resume(
  addon: NativeAddon,
  env: NativeBindingEnvironment,
  directory: string,
  device: MountedDevice,
  make: (kept: KeptInodes) => Filesystem,
): Promise<Resumed> {
  const { journalFd } = device;
  const past = journalFd === undefined ? undefined : openJournal(addon, journalFd);
  const agreement = past?.state.agreement;
  if (past === undefined || agreement === undefined)
    throw new P2pfsError("FAILED_PRECONDITION", `the mount at ${directory} was never begun`);
  if ((agreement.flags & INIT_FLAG.HAS_RESEND) === 0n)
    throw new P2pfsError("FAILED_PRECONDITION", "this kernel does not send requests again (6.9 does)");
  const { inodes, last } = past.state;
  const filesystem = make({
    inodes: inodes.values(),
    lastInode: last.inode,
    lastFile: last.file,
    lastDirectory: last.directory,
  });
  filesystem.tell(past.journal);
  const parts = await sessionParts(addon, env);
  const session = new NativeSession({ ...parts, directory, device, journal: past.journal, filesystem });
  await session.resume(past.state, agreement);
  past.journal.begin(() => filesystem.kept());
  return { session, filesystem };
}

function openJournal(addon: NativeAddon, fd: number): { journal: MountJournal; state: JournalState } {
  return MountJournal.open(fd, (offset, length) => addon.punchHole(fd, offset, length));
}

/** What all sessions have in common. */
async function sessionParts(addon: NativeAddon, env: NativeBindingEnvironment) {
  return {
    addon,
    clock: env.clock,
    timeouts: env.timeouts ?? DEFAULT_TIMEOUTS,
    stackDepth: await stackDepthOf(env.storageDirectory),
    refusedFlags: env.refusedFlags ?? 0n,
  };
}

/**
 * With 2, nobody can put another stacking filesystem (a container's overlay) on top of the mount: only where the storage
 * itself lies on one.
 */
async function stackDepthOf(storageDirectory: string | undefined): Promise<1 | 2> {
  if (storageDirectory === undefined) return 1;
  const { type } = await statfs(storageDirectory);
  return type === OVERLAYFS_SUPER_MAGIC ? 2 : 1;
}

async function untilReady(
  session: NativeSession,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { directory } = session;
  const deadline = deadlineSignal(clock, `the mount at ${directory}`, MOUNT_READY_MS, signal);
  try {
    await orAborted(session.began, deadline.signal);
    const found = await orAborted(probe(directory, { clock }), deadline.signal);
    if (found !== "answers") throw new P2pfsError("UNAVAILABLE", `the mount at ${directory} ${found}`);
  } finally {
    deadline.close();
  }
}
