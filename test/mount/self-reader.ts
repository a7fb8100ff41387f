/**
 * A daemon with the one fault that a daemon must not have: a thread of it waits for a read that only the daemon itself could
 * answer. Started by a holder; says by its reports how far it is. Killed then, it cannot go. Its successor makes the mount
 * anew, if it was cut off, and serves.
 */
import { spawn } from "node:child_process";
import { write } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/logger.ts";
import { invalidateInode } from "../../fs/bindings/kernel-abi/notifications.ts";
import { NOTIFICATION } from "../../fs/bindings/kernel-abi/opcodes.ts";
import { nativeBinding } from "../../fs/bindings/native/binding.ts";
import type { MountedDevice } from "../../fs/bindings/native/device.ts";
import { Filesystem } from "../../fs/filesystem.ts";
import { MemoryContentSource } from "../../fs/memory-content-source.ts";
import { patternContent } from "../../fs/memory-file.ts";
import { DaemonEnd } from "../../holder/daemon-end.ts";

// Nothing else keeps it.
setInterval(() => {}, 60_000);
const [directory = "", fds = ""] = process.argv.slice(2);
const [lines = 3, descriptors] = fds.split(",").map(Number);
const holder = new DaemonEnd(descriptors === undefined ? [lines] : [lines, descriptors], systemClock);
const source = await MemoryContentSource.create();
const file = source.addFile("file", patternContent(100_000, 1));
let device: MountedDevice | undefined;
const binding = nativeBinding({
  clock: systemClock,
  mounter: async (...mount) => {
    device = await holder.mounter(...mount);
    return device;
  },
});
const inherited = await holder.inherited;
for (const { device: old } of inherited) {
  await old.unmount({ lazy: true });
  old.close();
}
const filesystem = new Filesystem({
  source,
  clock: systemClock,
  logger: silentLogger,
  ownership: { defaultUid: 0, defaultGid: 0 },
  versions: binding.versions,
});
await binding.mount(filesystem, { directory, readOnly: true });
holder.report({ mounted: true, cut: inherited.map(({ isCut }) => isCut) });
if (inherited.length === 0) await waitForOneself(device?.fd ?? -1);

/** A notification about a page waits for the read that has it locked, which nobody answers. */
async function waitForOneself(fd: number): Promise<void> {
  file.setGate("held");
  spawn("cat", [join(directory, "file")], { stdio: "ignore", detached: true }).unref();
  while (file.wants.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  // The root's number is 1, and the file is the first that was looked up.
  const body = invalidateInode(2, 0, 0);
  const message = Buffer.alloc(16 + body.length);
  message.writeUInt32LE(message.length, 0);
  message.writeInt32LE(NOTIFICATION.INVAL_INODE, 4);
  message.set(body, 16);
  write(fd, message, () => holder.report({ waited: true }));
  holder.report({ waiting: true });
}
