/**
 * How each inode is open, because the kernel lets one inode be open in one way at a time: cached reads that come to us, or
 * passthrough, where the kernel reads the content file itself and nothing comes to us. Mixing them fails at the client
 * with EIO, so whoever opens first decides, and a mapping counts as open until its RELEASE. Counts from the answer to an
 * OPEN to the RELEASE; asks nothing of the filesystem.
 */
import { strict as assert } from "node:assert";
import { constants } from "node:os";

/** How one opening is answered. */
export type OpenWay =
  | { readonly way: "cached" }
  | { readonly way: "passthrough"; readonly backingId: number }
  /** Everything is here now, but older openings read through us: the node needs another inode for passthrough. */
  | { readonly way: "elsewhere" };

/** Registers files with the kernel for passthrough. */
export interface BackingFiles {
  /** @returns an id > 0, or -errno */
  backingOpen(fd: number): number;
  backingClose(backingId: number): number;
}

interface OpenNode {
  readonly backingId: number | undefined;
  readonly handles: Set<number>;
}

export class OpenNodes {
  readonly #files: BackingFiles;
  readonly #onRefused: (reason: string) => void;
  readonly #nodes = new Map<number, OpenNode>();
  #refusal: string | undefined;

  /** @param onRefused called once, when it turns out that no file is passed through */
  constructor(files: BackingFiles, onRefused: (reason: string) => void) {
    this.#files = files;
    this.#onRefused = onRefused;
  }

  /** No file is passed through from now on. */
  refuse(reason: string): void {
    if (this.#refusal !== undefined) return;
    this.#refusal = reason;
    this.#onRefused(reason);
  }

  /** Why files are not passed through; undefined: they are, as far as is known. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Nodes with something open. */
  get size(): number {
    return this.#nodes.size;
  }

  /** A handle of the node that is open through us, other than this one; undefined: there is none. */
  otherCached(nodeid: number, handle: number): number | undefined {
    const node = this.#nodes.get(nodeid);
    if (node === undefined || node.backingId !== undefined) return undefined;
    for (const other of node.handles) if (other !== handle) return other;
    return undefined;
  }

  /**
   * Decides how a handle is opened, and counts it unless the answer is "elsewhere".
   * @param backing the content file, when all of it is here and the kernel may read it itself
   * @param canMove the node may be given another inode
   */
  open(nodeid: number, handle: number, backing: { fd: number } | undefined, canMove: boolean): OpenWay {
    const node = this.#nodes.get(nodeid);
    const wishes = backing !== undefined && this.#refusal === undefined;
    if (node !== undefined) {
      if (node.backingId === undefined && wishes && canMove) return { way: "elsewhere" };
      assert(!node.handles.has(handle), "a handle is opened once");
      node.handles.add(handle);
      return answer(node);
    }
    const backingId = wishes ? this.#register(backing.fd) : undefined;
    const made: OpenNode = { backingId, handles: new Set([handle]) };
    this.#nodes.set(nodeid, made);
    return answer(made);
  }

  /** A handle that an earlier process opened. @param backingId 0: read through us */
  restore(nodeid: number, handle: number, backingId: number): void {
    const node = this.#nodes.get(nodeid);
    if (node !== undefined) node.handles.add(handle);
    else {
      const made = { backingId: backingId === 0 ? undefined : backingId, handles: new Set([handle]) };
      this.#nodes.set(nodeid, made);
    }
  }

  /** The handle was released, or its opening never reached the client. Unknown ones are ignored. */
  release(nodeid: number, handle: number): void {
    const node = this.#nodes.get(nodeid);
    if (node === undefined || !node.handles.delete(handle) || node.handles.size > 0) return;
    this.#nodes.delete(nodeid);
    if (node.backingId !== undefined) this.#files.backingClose(node.backingId);
  }

  #register(fd: number): number | undefined {
    const result = this.#files.backingOpen(fd);
    if (result > 0) return result;
    const errno = -result;
    // Of the process or the kernel, so of every file: it is not tried again.
    if (errno === constants.errno.EPERM)
      this.refuse("the daemon lacks CAP_SYS_ADMIN in the first user namespace");
    else if (errno === constants.errno.ENOTTY || errno === constants.errno.EOPNOTSUPP)
      this.refuse("the kernel has no passthrough (6.9 has)");
    else if (errno === constants.errno.ELOOP)
      this.refuse("the storage lies on a filesystem that is stacked too deep");
    return undefined;
  }
}

function answer(node: OpenNode): OpenWay {
  return node.backingId === undefined ? { way: "cached" } : { way: "passthrough", backingId: node.backingId };
}
