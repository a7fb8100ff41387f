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
import type { Binding, MountOptions, MountSession } from "../binding.ts";
import { checkDevice } from "../device.ts";
import { probe } from "../mount-probe.ts";
import { prepareMountpoint } from "../mountpoint.ts";
import { mountDevice } from "./mounting.ts";
import type { Timeouts } from "./name-operations.ts";
import { NativeSession } from "./session.ts";

/** statfs(2) type of overlayfs (linux/magic.h). */
const OVERLAYFS_SUPER_MAGIC = 0x794c7630;

export interface NativeBindingEnvironment {
  readonly clock: Clock;
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

/** The binding over native/linux. @throws NotSupportedError when the addon is not there; the message says what to do */
export function nativeBinding(env: NativeBindingEnvironment): Binding {
  const addon = loadNativeAddon(env.addonPath);
  if (!(addon instanceof NativeAddon)) throw new NotSupportedError(addon.unavailable);
  return {
    name: "native",
    versions: "side-by-side",
    mount: (filesystem, options, signal) => mount(addon, env, filesystem, options, signal),
  };
}

async function mount(
  addon: NativeAddon,
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
  const stackDepth = await stackDepthOf(env.storageDirectory);
  const device = await mountDevice(addon, directory, options);
  const session = new NativeSession({
    directory,
    device,
    addon,
    filesystem,
    clock,
    timeouts: env.timeouts ?? DEFAULT_TIMEOUTS,
    stackDepth,
    refusedFlags: env.refusedFlags ?? 0n,
  });
  try {
    await untilReady(session, clock, signal);
    return session;
  } catch (error) {
    await session.unmount({ force: true });
    throw error;
  }
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
