/**
 * Makes the daemon's mounts: joins the tree, the filesystem over it and a binding to the kernel. The daemon itself knows
 * mounts only through the port this fulfils.
 */
import type { Clock } from "../base/clock.ts";
import { sleep } from "../base/deadline.ts";
import { NotFoundError, P2pfsError, UnavailableError } from "../base/errors.ts";
import { MOUNT_REQUEST_MS, OWNER_LOOK_MS, READ_AHEAD_BYTES_MAX, READ_DEADLINE_MS } from "../base/limits.ts";
import type { Logger } from "../base/logger.ts";
import { fromUnknown } from "../base/node-errors.ts";
import { livingProcess } from "../base/process-life.ts";
import type { OwnedMountHost } from "../daemon/daemon.ts";
import type { MountInfo, MountOptions } from "../daemon/server/ports.ts";
import type { Binding, MountSession, UnmountOptions } from "../fs/bindings/binding.ts";
import type { NativeBinding } from "../fs/bindings/native/binding.ts";
import type { ContentSource } from "../fs/content-source.ts";
import { Filesystem } from "../fs/filesystem.ts";
import type { KeptInodes } from "../fs/inode-journal.ts";
import { ReadAheadBudget } from "../fs/read-window.ts";
import type { GuardedPrograms } from "../fs/scanner-guard.ts";
import type { Inherited } from "../holder/daemon-end.ts";

export interface KernelMountsOptions {
  readonly source: ContentSource;
  readonly clock: Clock;
  readonly log: Logger;
  /** Loads a binding when it is first asked for. @throws NotSupportedError when this machine or version lacks it */
  readonly bindings: {
    readonly "fuse-native": () => Promise<Binding>;
    readonly native: () => Promise<NativeBinding>;
  };
  /** What an earlier daemon had mounted. */
  readonly inherited?: Promise<readonly Inherited[]>;
  /** Longest wait of a read, ms (mount.readTimeout); every request may wait a little longer, for the reason of the failure. */
  readonly readTimeoutMs: number;
  /** Programs for which little or nothing is fetched (mount.scanners, mount.headerReaders). */
  readonly guarded: GuardedPrograms;
  /** Owner of what carries none: the daemon's. */
  readonly uid: number;
  readonly gid: number;
}

interface Mount {
  readonly info: MountInfo;
  /** Ends the watch over the mount's owner. */
  readonly unwatch: () => void;
  readonly session: MountSession;
  readonly filesystem: Filesystem;
}

export class KernelMounts implements OwnedMountHost {
  readonly #options: KernelMountsOptions;
  readonly #budget = new ReadAheadBudget(() =>
    Math.min(READ_AHEAD_BYTES_MAX, this.#options.source.windowBytesMax ?? Number.POSITIVE_INFINITY),
  );
  readonly #mounts = new Map<string, Mount>();
  readonly #mounting = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #closing: Promise<void> | undefined;

  constructor(options: KernelMountsOptions) {
    this.#options = options;
  }

  async mount(options: MountOptions): Promise<MountInfo> {
    const { directory } = options;
    if (this.#closing !== undefined) throw new P2pfsError("CLOSED", "the daemon is stopping");
    if (this.#mounts.has(directory) || this.#mounting.has(directory))
      throw new P2pfsError("BUSY", `${directory} is already mounted by this daemon`);
    this.#mounting.add(directory);
    try {
      return await this.#mount(options);
    } finally {
      this.#mounting.delete(directory);
    }
  }

  async #mount(options: MountOptions): Promise<MountInfo> {
    const { log } = this.#options;
    const { directory, allowOther } = options;
    const binding = await this.#binding(options.binding);
    const filesystem = this.#filesystem(binding, options);
    let session: MountSession;
    try {
      // Nothing in the tree can be written yet, whatever was asked for: the kernel then says so to access(2) too.
      const note = JSON.stringify(options);
      session = await binding.mount(filesystem, { directory, allowOther, readOnly: true, note });
    } catch (error) {
      await filesystem.close();
      throw error;
    }
    const info = this.#serve(options, { binding: binding.name, session, filesystem });
    log.info({ directory, binding: binding.name }, "mounted");
    return info;
  }

  /** Our own channel where it is to be had, unless one is asked for by name. */
  async #binding(wanted: MountOptions["binding"]): Promise<Binding> {
    const { bindings, log } = this.#options;
    if (wanted === "fuse-native") return bindings["fuse-native"]();
    try {
      return await bindings.native();
    } catch (error) {
      const failure = fromUnknown(error);
      if (wanted === "native" || failure.code !== "NOT_SUPPORTED") throw failure;
      log.warn({ reason: failure.message }, "mounts go through fuse-native, which is slower");
      return bindings["fuse-native"]();
    }
  }

  #filesystem(binding: Binding, { uid, gid, umask }: MountOptions, kept?: KeptInodes): Filesystem {
    const { source, clock, log } = this.#options;
    return new Filesystem({
      source,
      clock,
      logger: log,
      ownership: { defaultUid: this.#options.uid, defaultGid: this.#options.gid, uid, gid, umask },
      versions: binding.versions,
      budget: this.#budget,
      guarded: this.#options.guarded,
      limits: { requestMs: this.#options.readTimeoutMs + (MOUNT_REQUEST_MS - READ_DEADLINE_MS) },
      ...(kept === undefined ? {} : { kept }),
    });
  }

  #serve(
    options: MountOptions,
    { binding, ...served }: { binding: Binding["name"] } & Pick<Mount, "session" | "filesystem">,
  ): MountInfo {
    const { directory, ownerPid } = options;
    const info: MountInfo = { directory, binding, readOnly: true };
    const watch = ownerPid === undefined ? undefined : this.#watchOwner(directory, ownerPid);
    const mount: Mount = { ...served, info, unwatch: () => watch?.abort() };
    this.#mounts.set(directory, mount);
    served.session.onEnd(() => this.#ended(mount));
    this.#changed();
    return info;
  }

  async restore(): Promise<void> {
    const { log } = this.#options;
    try {
      for (const inherited of (await this.#options.inherited) ?? []) await this.#restore(inherited);
    } catch (error) {
      log.error({ reason: fromUnknown(error).message }, "mounts could not be taken over");
    }
  }

  async #restore({ directory, note, isCut, device }: Inherited): Promise<void> {
    const { bindings, log } = this.#options;
    const options = JSON.parse(note) as MountOptions;
    try {
      if (isCut) throw new UnavailableError("it was cut off from the kernel");
      const binding = await bindings.native();
      const make = (kept: KeptInodes) => this.#filesystem(binding, options, kept);
      this.#serve(options, { binding: "native", ...(await binding.resume(directory, device, make)) });
    } catch (error) {
      const { code, message } = fromUnknown(error);
      log.warn({ directory, code, reason: message }, "mount is made anew");
      // What was open in it fails: there is nobody who could answer for it.
      await device.unmount({ lazy: true }).catch((failure) => {
        log.warn({ directory, reason: fromUnknown(failure).message }, "unmount failed");
      });
      device.close();
      await this.mount(options).catch((failure) => {
        log.error({ directory, reason: fromUnknown(failure).message }, "mount lost");
      });
    }
  }

  async unmount({ directory, ...how }: UnmountOptions & { directory: string }): Promise<void> {
    const mount = this.#mounts.get(directory);
    if (mount === undefined) throw new NotFoundError(`${directory} is not a mount of this daemon`);
    await mount.session.unmount(how);
    // A lazy one is still served until its files are closed, but it is nobody's mount any more.
    this.#forget(mount);
  }

  list(): readonly MountInfo[] {
    return [...this.#mounts.values()].map(({ info }) => info);
  }

  held(): { readonly inodes: number; readonly handles: number } {
    const filesystems = [...this.#mounts.values()].map(({ filesystem }) => filesystem);
    const sum = (count: (of: Filesystem) => number) =>
      filesystems.reduce((all, each) => all + count(each), 0);
    return { inodes: sum((each) => each.inodeCount), handles: sum((each) => each.handleCount) };
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  close({ leaveMounts }: { readonly leaveMounts: boolean } = { leaveMounts: false }): Promise<void> {
    this.#closing ??= this.#close(leaveMounts);
    return this.#closing;
  }

  async #close(leaveMounts: boolean): Promise<void> {
    await Promise.all(
      [...this.#mounts.values()].map(async (mount) => {
        const { session, filesystem, unwatch } = mount;
        if (!leaveMounts || !(await session.leave?.())) return this.#end(mount);
        unwatch();
        await filesystem.close();
      }),
    );
  }

  async #end(mount: Mount): Promise<void> {
    const { log } = this.#options;
    const { directory } = mount.info;
    try {
      await mount.session.unmount();
    } catch (error) {
      const failure = fromUnknown(error);
      log.warn({ directory, code: failure.code, reason: failure.message }, "unmounting-lazily");
      await mount.session.unmount({ lazy: true, force: true }).catch((second) => {
        log.error({ directory, reason: fromUnknown(second).message }, "unmount-failed");
      });
    }
    this.#forget(mount);
    await mount.filesystem.close();
  }

  /** Unmounts when the owner is gone; until then, or until the result is aborted, looks now and then. */
  #watchOwner(directory: string, pid: number): AbortController {
    const { clock, log } = this.#options;
    const watch = new AbortController();
    const look = async () => {
      const owner = await livingProcess(pid);
      for (let now = owner; now !== undefined && now === owner; now = await livingProcess(pid))
        await sleep(clock, OWNER_LOOK_MS, watch.signal);
      log.info({ directory, pid }, "owner-gone");
      await this.unmount({ directory, lazy: true });
    };
    look().catch((error) => {
      if (!watch.signal.aborted)
        log.error({ directory, reason: fromUnknown(error).message }, "unmount-failed");
    });
    return watch;
  }

  #ended(mount: Mount): void {
    this.#forget(mount);
    mount.filesystem.close().catch((error) => {
      this.#options.log.error(
        { directory: mount.info.directory, reason: fromUnknown(error).message },
        "filesystem-close-failed",
      );
    });
  }

  #forget(mount: Mount): void {
    const { directory } = mount.info;
    if (this.#mounts.get(directory) !== mount) return;
    this.#mounts.delete(directory);
    mount.unwatch();
    this.#options.log.info({ directory }, "unmounted");
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
