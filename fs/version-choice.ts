/**
 * Which version a name means, and so which inode it leads to, while files of it are open. Knows the two policies and
 * nothing of requests; looked up names come from filesystem.ts.
 */
import type { ContentSource, NodeAttributes } from "./content-source.ts";
import type { Inode, InodeTable } from "./inode-table.ts";
import { type OpenFiles, staleOpening } from "./open-files.ts";
import type { OpenedFile } from "./opened-file.ts";

/**
 * What a name means while files of it are open in an older version. `side-by-side`: a new inode, so that new opens get
 * the new version and old handles keep theirs. `pinned`: still the open version if it is complete, for bindings whose
 * kernel interface ties the inode, and with it the page cache, to the path.
 */
export type VersionPolicy = "side-by-side" | "pinned";

/** An inode, and the attributes of the version it stands for. */
export interface ChosenVersion {
  readonly inode: Inode;
  readonly attributes: NodeAttributes;
}

export class VersionChoice {
  readonly #policy: VersionPolicy;
  readonly #source: ContentSource;
  readonly #inodes: InodeTable;
  readonly #files: OpenFiles;

  constructor(parts: {
    readonly policy: VersionPolicy;
    readonly source: ContentSource;
    readonly inodes: InodeTable;
    readonly files: OpenFiles;
  }) {
    this.#policy = parts.policy;
    this.#source = parts.source;
    this.#inodes = parts.inodes;
    this.#files = parts.files;
  }

  /** Under `pinned`, what is open decides without asking anyone, unless it is being closed. */
  withoutAsking(inode: Inode | undefined): ChosenVersion | undefined {
    if (inode === undefined || this.#policy !== "pinned") return undefined;
    const opened = this.#files.opened(inode);
    if (opened === undefined || opened.superseded || this.#files.isClosing(inode)) return undefined;
    return { inode, attributes: opened.attributes };
  }

  /** What the name of the inode means, now that the newest version is known. */
  async of(inode: Inode, newest: NodeAttributes): Promise<ChosenVersion> {
    const opened = this.#files.opened(inode);
    if (opened === undefined) return { inode, attributes: newest };
    if (opened.superseded) return { inode: this.#renewed(inode), attributes: newest };
    if (opened.attributes.version === newest.version) return { inode, attributes: opened.attributes };
    if (this.#policy === "side-by-side") return { inode: this.#renewed(inode), attributes: newest };
    await this.#files.released(inode);
    const still = this.#files.opened(inode);
    if (still === undefined) return { inode: this.#inodes.obtain(inode.node), attributes: newest };
    return still.superseded ? this.of(inode, newest) : { inode, attributes: still.attributes };
  }

  /**
   * What is missing of an old version cannot be had any more: whoever opens the file now should get the new one.
   * @throws P2pfsError STALE, so that the kernel looks the name up again
   */
  async refuseOutdated(inode: Inode, signal: AbortSignal): Promise<void> {
    const opened = this.#files.opened(inode);
    if (opened === undefined || opened.complete || !inode.current) return;
    let newest: NodeAttributes;
    try {
      newest = await this.#source.attributes(inode.node, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      // An origin that cannot be asked does not take away what is open already.
      return;
    }
    if (newest.version === opened.attributes.version) return;
    opened.supersede();
    throw staleOpening();
  }

  /**
   * Under `side-by-side` the kernel works with the size it was shown last: what is opened in another version would be cut
   * short, or padded.
   * @throws P2pfsError STALE, so that the kernel looks the name up again
   */
  refuseUnshown(inode: Inode, opened: OpenedFile): void {
    if (this.#policy !== "side-by-side" || !inode.current || opened.content === undefined) return;
    if (inode.shownVersion !== undefined && inode.shownVersion !== opened.attributes.version)
      throw staleOpening();
  }

  /** Another request may have renewed it already. */
  #renewed(inode: Inode): Inode {
    return inode.current ? this.#inodes.renew(inode) : this.#inodes.obtain(inode.node);
  }
}
