/**
 * A mounted /dev/fuse, whoever mounted it: this process itself, or a holder that keeps it when this process dies. Serves
 * nothing.
 */
import { closeSync } from "node:fs";
import type { Clock } from "../../../base/clock.ts";
import type { NativeAddon } from "../../../native/linux/addon.ts";
import type { MountOptions, UnmountOptions } from "../binding.ts";
import { unmountDirectory } from "../unmount.ts";
import { mountDevice } from "./mounting.ts";

export interface MountedDevice {
  /** Open until close(). */
  readonly fd: number;
  /** Where what a successor must know is written; undefined: this process will have none. */
  readonly journalFd: number | undefined;
  /** Called whenever somebody was answered. */
  served(): void;
  /** Takes the mount away. @throws P2pfsError BUSY, NOT_PERMITTED, DeadlineError */
  unmount(options: UnmountOptions): Promise<void>;
  /** The kernel is done with it, and so is everyone. Idempotent. */
  close(): void;
}

/** Mounts. @param directory its path as the mount table will have it */
export type Mounter = (
  directory: string,
  options: Pick<MountOptions, "readOnly" | "allowOther" | "note">,
) => Promise<MountedDevice>;

/** Mounts that end with this process. */
export function ownMounter(addon: NativeAddon, clock: Clock): Mounter {
  return async (directory, options) => {
    const fd = await mountDevice(addon, directory, options);
    let closed = false;
    return {
      fd,
      journalFd: undefined,
      // Nobody counts.
      served() {},
      unmount: (how) => unmountDirectory(directory, { ...how, clock }),
      close() {
        if (closed) return;
        closed = true;
        closeSync(fd);
      },
    };
  };
}
