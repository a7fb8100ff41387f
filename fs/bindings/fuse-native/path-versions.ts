/**
 * Keeps the bytes of two versions apart although libfuse 2 ties the kernel's inode, and with it the page cache, to the
 * path. Two things could mix them: a path that leads to new bytes while files with the old ones are open, and pages of an
 * old version that libfuse keeps over an open (auto_cache) because size and time are the same.
 *
 * Then the kernel must let go of its inode before it may see the new bytes. It does so when the path shows another type:
 * for one lookup the path is a symbolic link to itself. Following it, the kernel drops the old inode (I/O on what is
 * open in it fails from then on: fuse_iget() in fs/fuse/inode.c) and looks the name up again. That it asks for the
 * link's target proves that it has dropped it; before that the new version is not shown.
 */
import type { Clock } from "../../../base/clock.ts";
import { FUSE_NATIVE_PATHS_MAX, RELEASE_GRACE_MS } from "../../../base/limits.ts";
import type { StatAttributes } from "../../attributes.ts";
import type { InodeNumber } from "../../inode-table.ts";

/** What was opened at a path. */
export interface OpenedVersion {
  readonly inode: InodeNumber;
  /** See Filesystem.versionOf. */
  readonly version: string;
  readonly attributes: Pick<StatAttributes, "sizeBytes" | "modifiedAtMs">;
}

interface KernelInode extends OpenedVersion {
  readonly handles: Set<number>;
  /** The kernel must let go of it. */
  outdated: boolean;
  shownAsLink: boolean;
}

/** How long the link's target is still told after the first who asked: others follow it at the same time. */
const LINK_GRACE_MS = 10 * RELEASE_GRACE_MS;

export class PathVersions {
  readonly #clock: Clock;
  readonly #max: number;
  /** What the kernel has of a path; those that are closed in the order of their opening. */
  readonly #paths = new Map<string, KernelInode>();
  readonly #byHandle = new Map<number, string>();
  /** Path → until when it is still answered as a link's target. */
  readonly #followed = new Map<string, number>();

  constructor(clock: Clock, max: number = FUSE_NATIVE_PATHS_MAX) {
    this.#clock = clock;
    this.#max = max;
  }

  /** Paths remembered. */
  get size(): number {
    return this.#paths.size;
  }

  /**
   * Notes that a file was opened.
   * @returns false when the kernel may have pages of other bytes at the path: the opening must fail with ESTALE, so that
   * the kernel looks the name up again and finds the link
   */
  opened(path: string, handle: number, opened: OpenedVersion): boolean {
    let known = this.#paths.get(path);
    if (known !== undefined && (known.outdated || !agrees(known, opened))) {
      known.outdated = true;
      return false;
    }
    known = { ...opened, handles: known?.handles ?? new Set(), outdated: false, shownAsLink: false };
    known.handles.add(handle);
    this.#paths.delete(path);
    this.#paths.set(path, known);
    this.#byHandle.set(handle, path);
    this.#evict();
    return true;
  }

  released(handle: number): void {
    const path = this.#byHandle.get(handle);
    if (path === undefined) return;
    this.#byHandle.delete(handle);
    this.#paths.get(path)?.handles.delete(handle);
  }

  /** True when the path must be shown as a link, so that the kernel does not see `inode` there yet. */
  mustShowLink(path: string, inode: InodeNumber): boolean {
    const known = this.#paths.get(path);
    if (known === undefined) return false;
    return known.outdated || (known.handles.size > 0 && known.inode !== inode);
  }

  /** Notes that the path is shown as a link now. @returns true the first time */
  showLink(path: string): boolean {
    const known = this.#paths.get(path);
    if (known === undefined || known.shownAsLink) return false;
    known.outdated = true;
    known.shownAsLink = true;
    return true;
  }

  /** The kernel asks where the link leads. @returns the target, or undefined when the path is no link */
  follow(path: string): string | undefined {
    const nowMs = this.#clock.monotonicMs();
    if (this.#paths.get(path)?.shownAsLink === true) {
      // The kernel has a link at this path, so the inode it had before is gone.
      this.#paths.delete(path);
      for (const [other, untilMs] of this.#followed) if (untilMs <= nowMs) this.#followed.delete(other);
      this.#followed.set(path, nowMs + LINK_GRACE_MS);
    } else if ((this.#followed.get(path) ?? 0) <= nowMs) return undefined;
    return path.slice(path.lastIndexOf("/") + 1);
  }

  #evict(): void {
    if (this.#paths.size <= this.#max) return;
    for (const [path, { handles }] of this.#paths) {
      if (handles.size > 0) continue;
      this.#paths.delete(path);
      return;
    }
  }
}

/**
 * True when the kernel's pages may stay, or go by themselves: with nothing open, a change of size or time makes libfuse
 * drop them at the open.
 */
function agrees(known: KernelInode, opened: OpenedVersion): boolean {
  if (known.handles.size > 0) return known.inode === opened.inode && known.version === opened.version;
  if (known.version === opened.version) return true;
  return (
    known.attributes.sizeBytes !== opened.attributes.sizeBytes ||
    known.attributes.modifiedAtMs !== opened.attributes.modifiedAtMs
  );
}
