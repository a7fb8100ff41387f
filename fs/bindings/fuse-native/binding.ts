/**
 * The portable binding: libfuse 2.9 through the npm package fuse-native. Its interface is by path, so one inode shows one
 * version while files of it are open ("pinned"). Every request blocks a thread of libfuse's until it is answered.
 */
import { join } from "node:path";
import type { Clock } from "../../../base/clock.ts";
import { deadlineSignal, orAborted } from "../../../base/deadline.ts";
import { P2pfsError } from "../../../base/errors.ts";
import { FUSE_NATIVE_TEXT_BYTES_MAX, MOUNT_READY_MS } from "../../../base/limits.ts";
import type { Filesystem } from "../../filesystem.ts";
import type { Binding, MountOptions, MountSession } from "../binding.ts";
import { checkDevice } from "../device.ts";
import { probe } from "../mount-probe.ts";
import { prepareMountpoint } from "../mountpoint.ts";
import { loadAddon } from "./addon.ts";
import { Connection } from "./connection.ts";
import { mountText } from "./mount-text.ts";
import { makeOperations } from "./operations.ts";
import { FuseNativeSession } from "./session.ts";

/** The binding over fuse-native. @throws P2pfsError NOT_SUPPORTED when the addon or a library of it is missing */
export function fuseNativeBinding(env: { readonly clock: Clock }): Binding {
  loadAddon();
  return {
    name: "fuse-native",
    versions: "pinned",
    mount: (filesystem, options, signal) => mount(env.clock, filesystem, options, signal),
  };
}

async function mount(
  clock: Clock,
  filesystem: Filesystem,
  options: MountOptions,
  signal: AbortSignal | undefined,
): Promise<MountSession> {
  if (filesystem.versions !== "pinned")
    throw new P2pfsError("INVALID_ARGUMENT", "fuse-native needs a filesystem with pinned versions");
  await checkDevice(options);
  const { logger } = filesystem;
  const directory = await prepareMountpoint(options.directory, { clock, logger });
  const text = mountText(options, process.platform);
  if (Buffer.byteLength(directory) > FUSE_NATIVE_TEXT_BYTES_MAX)
    throw new P2pfsError("NAME_TOO_LONG", `the path of the mountpoint is longer than fuse-native can take`);
  const operations = makeOperations({
    filesystem,
    clock,
    logger,
    onLinkShown: (path) => followSoon(join(directory, path), clock),
  });
  const connection = new Connection({ directory, options: text, operations, clock, logger });
  const session = new FuseNativeSession({ directory, connection, filesystem, clock });
  try {
    await untilReady(connection, directory, clock, signal);
    return session;
  } catch (error) {
    await session.unmount({ force: true });
    throw error;
  }
}

async function untilReady(
  connection: Connection,
  directory: string,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = deadlineSignal(clock, `the mount at ${directory}`, MOUNT_READY_MS, signal);
  try {
    await orAborted(connection.began, deadline.signal);
    const found = await orAborted(probe(directory, { clock }), deadline.signal);
    if (found !== "answers") throw new P2pfsError("UNAVAILABLE", `the mount at ${directory} ${found}`);
  } finally {
    deadline.close();
  }
}

/** See path-versions.ts: somebody has to follow the link, or lstat(2) would go on showing one. */
function followSoon(path: string, clock: Clock): void {
  // Whatever it finds: the kernel has asked for the link's target then.
  void probe(path, { clock }).catch(() => undefined);
}
