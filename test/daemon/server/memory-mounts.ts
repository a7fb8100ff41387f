/** A MountHost that keeps its mounts in a map and none in the kernel. A directory in `busy` cannot be unmounted cleanly. */
import { NotFoundError, P2pfsError } from "../../../base/errors.ts";
import type { MountHost, MountInfo, MountOptions } from "../../../daemon/server/ports.ts";

export class MemoryMounts implements MountHost {
  readonly busy = new Set<string>();
  readonly options: MountOptions[] = [];
  readonly #mounts = new Map<string, MountInfo>();
  readonly #listeners = new Set<() => void>();

  async mount(options: MountOptions): Promise<MountInfo> {
    this.options.push(options);
    const { directory } = options;
    if (this.#mounts.has(directory)) throw new P2pfsError("BUSY", `${directory} is mounted already`);
    const info = { directory, binding: "memory", readOnly: true };
    this.#mounts.set(directory, info);
    this.#changed();
    return info;
  }

  async unmount({
    directory,
    lazy,
    force,
  }: {
    directory: string;
    lazy: boolean;
    force: boolean;
  }): Promise<void> {
    const mount = this.#mounts.get(directory);
    if (mount === undefined) throw new NotFoundError(`${directory} is no mount of this daemon`);
    if (this.busy.has(directory) && !lazy && !force) throw new P2pfsError("BUSY", `${directory} is in use`);
    this.gone(directory);
  }

  list(): readonly MountInfo[] {
    return [...this.#mounts.values()];
  }

  held(): { readonly inodes: number; readonly handles: number } {
    return { inodes: this.#mounts.size, handles: 0 };
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** As when somebody calls umount(8). */
  gone(directory: string): void {
    if (this.#mounts.delete(directory)) this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
