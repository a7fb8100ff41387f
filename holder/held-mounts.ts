/**
 * The mounts that a holder keeps: their kernel descriptors, and the journals that a daemon's successor reads. Mounts,
 * unmounts and cuts off; knows no daemon.
 */
import { closeSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Clock } from "../base/clock.ts";
import { LimitError, NotFoundError } from "../base/errors.ts";
import { HELD_MOUNTS_MAX } from "../base/limits.ts";
import { readMountTable } from "../base/mount-table.ts";
import type { UnmountOptions } from "../fs/bindings/binding.ts";
import { mountDevice } from "../fs/bindings/native/mounting.ts";
import { unmountDirectory } from "../fs/bindings/unmount.ts";
import type { NativeAddon } from "../native/linux/addon.ts";
import type { HeldMount } from "./messages.ts";

/** A mount, and what is held of it. */
export interface Held extends HeldMount {
  /** The mounted /dev/fuse. */
  readonly device: number;
  /** A file in memory. */
  readonly journal: number;
}

export class HeldMounts {
  readonly #addon: NativeAddon;
  readonly #clock: Clock;
  readonly #mounts = new Map<number, Held>();
  #last = 0;

  constructor(addon: NativeAddon, clock: Clock) {
    this.#addon = addon;
    this.#clock = clock;
  }

  get size(): number {
    return this.#mounts.size;
  }

  list(): readonly Held[] {
    return [...this.#mounts.values()];
  }

  /** @throws P2pfsError NOT_PERMITTED, NOT_SUPPORTED, TOO_MANY, … */
  async mount(wanted: {
    directory: string;
    readOnly: boolean;
    allowOther: boolean;
    note: string;
  }): Promise<Held> {
    if (this.#mounts.size >= HELD_MOUNTS_MAX)
      throw new LimitError(`a daemon has at most ${HELD_MOUNTS_MAX} mounts`);
    const { directory, note } = wanted;
    const journal = this.#addon.memoryFile("p2pfs-journal");
    try {
      const device = await mountDevice(this.#addon, directory, wanted);
      this.#last += 1;
      const held = { mount: this.#last, directory, note, isCut: false, device, journal };
      this.#mounts.set(held.mount, held);
      return held;
    } catch (error) {
      closeSync(journal);
      throw error;
    }
  }

  /** Takes the mount's name away; it is held until `end`. @throws P2pfsError BUSY, NOT_PERMITTED, NOT_FOUND, … */
  async unmount(mount: number, how: UnmountOptions): Promise<void> {
    const held = this.#mounts.get(mount);
    if (held === undefined) throw new NotFoundError("that mount is not held any more");
    await unmountDirectory(held.directory, { ...how, clock: this.#clock });
  }

  /** The kernel is done with it. Unknown ones are ignored. */
  end(mount: number): void {
    const held = this.#mounts.get(mount);
    if (held === undefined) return;
    this.#mounts.delete(mount);
    closeSync(held.device);
    closeSync(held.journal);
  }

  /**
   * Ends the mount's connection to the kernel: everything that waits for it fails at once, and what could not be killed
   * because it waited is free. The name stays, and answers ENOTCONN.
   */
  async cutOff(held: Held): Promise<void> {
    const { directory } = held;
    this.#mounts.set(held.mount, { ...held, isCut: true });
    const found = (await readMountTable()).filter((entry) => entry.directory === directory).at(-1);
    const connection = found?.device.split(":")[1];
    if (connection !== undefined) {
      const aborted = await writeFile(`/sys/fs/fuse/connections/${connection}/abort`, "1").then(
        () => true,
        // Not this user's, or the control filesystem is not mounted.
        () => false,
      );
      if (aborted) return;
    }
    await unmountDirectory(directory, { force: true, lazy: true, clock: this.#clock });
  }
}
