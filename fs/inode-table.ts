/**
 * Inode numbers ↔ nodes of the source, and remembered names. An inode lives while the kernel looks it up or a file of
 * it is open; after that it is remembered for a while, so that its number stays the same. Asks nothing of the source.
 */
import { strict as assert } from "node:assert";
import type { Clock } from "../base/clock.ts";
import { LimitError, P2pfsError } from "../base/errors.ts";
import {
  DENTRIES_CACHED_MAX,
  DENTRY_CACHE_MS,
  INODES_CACHED_MAX,
  INODES_REFERENCED_MAX,
} from "../base/limits.ts";
import type { SourceNode } from "./content-source.ts";
import type { InodeJournal, KeptInode, KeptInodes } from "./inode-journal.ts";

/** The number by which the kernel names an inode (nodeid); never used twice. */
export type InodeNumber = number & { readonly brand: "InodeNumber" };

/** FUSE_ROOT_ID of the kernel. */
export const ROOT_INODE = 1 as InodeNumber;

/** One inode: one node of the source in one version, for as long as files of it are open. */
export interface Inode {
  readonly number: InodeNumber;
  /** st_ino: the number of the node's first inode, so that it does not change with the version. */
  readonly ino: number;
  /** As the source gave it last. */
  node: SourceNode;
  /** Replies that gave this number to the kernel and were not forgotten yet (FUSE's nlookup). */
  lookups: number;
  /** Handles and requests that hold it here. */
  holds: number;
  /** False once the node has a newer inode: no name leads here any more. */
  current: boolean;
  /** Version whose attributes were told last; undefined: none. */
  shownVersion: string | undefined;
  /** Version of the last opening, whose bytes the kernel may have cached; undefined: none. */
  cachedVersion: string | undefined;
}

export interface InodeTableOptions {
  readonly root: SourceNode;
  readonly clock: Clock;
  readonly cachedMax?: number;
  readonly referencedMax?: number;
  readonly dentriesMax?: number;
  /** What an earlier process left. */
  readonly kept?: KeptInodes | undefined;
}

interface Dentry {
  readonly inode: InodeNumber;
  untilMs: number;
}

export class InodeTable {
  readonly #clock: Clock;
  readonly #cachedMax: number;
  readonly #referencedMax: number;
  readonly #dentriesMax: number;
  #journal: InodeJournal | undefined;
  readonly #byNumber = new Map<InodeNumber, Inode>();
  readonly #byKey = new Map<string, Inode>();
  /** Inodes nothing refers to, the longest untouched first. */
  readonly #idle = new Set<Inode>();
  /** "parent/name" → inode, the oldest first. */
  readonly #dentries = new Map<string, Dentry>();
  #last: number = ROOT_INODE;

  constructor(options: InodeTableOptions) {
    this.#clock = options.clock;
    this.#cachedMax = options.cachedMax ?? INODES_CACHED_MAX;
    this.#referencedMax = options.referencedMax ?? INODES_REFERENCED_MAX;
    this.#dentriesMax = options.dentriesMax ?? DENTRIES_CACHED_MAX;
    assert(this.#cachedMax >= 1, "an inode must live until it is referred to");
    // The kernel holds the root without ever looking it up.
    const root = {
      number: ROOT_INODE,
      ino: ROOT_INODE,
      node: options.root,
      lookups: 1,
      holds: 0,
      current: true,
      shownVersion: undefined,
      cachedVersion: undefined,
    };
    this.#byNumber.set(ROOT_INODE, root);
    this.#byKey.set(options.root.key, root);
    if (options.kept !== undefined) this.#restore(options.kept);
  }

  /** From now on tells what a successor of this process would have to know. */
  tell(journal: InodeJournal): void {
    this.#journal = journal;
  }

  /** Inodes the kernel refers to, besides the root, and the number given last. */
  kept(): { inodes: Iterable<KeptInode>; last: number } {
    return { inodes: this.#referenced(), last: this.#last };
  }

  *#referenced(): Generator<KeptInode> {
    for (const inode of this.#byNumber.values())
      if (inode.number !== ROOT_INODE && inode.lookups > 0) yield inode;
  }

  #restore({ inodes, lastInode }: KeptInodes): void {
    for (const kept of inodes) {
      const { number, ino, node, lookups, current, shownVersion } = kept;
      const inode: Inode = {
        number: number as InodeNumber,
        ino,
        node,
        lookups,
        holds: 0,
        // A key has one inode that names lead to.
        current: current && !this.#byKey.has(node.key),
        shownVersion,
        cachedVersion: undefined,
      };
      this.#byNumber.set(inode.number, inode);
      if (inode.current) this.#byKey.set(node.key, inode);
      this.#last = Math.max(this.#last, number);
    }
    this.#last = Math.max(this.#last, lastInode);
  }

  /** Inodes known, referred to or not. */
  get size(): number {
    return this.#byNumber.size;
  }

  /** Inodes that the kernel refers to, or a handle or request holds; the others are remembered for the sake of their numbers. */
  get referencedCount(): number {
    return this.#byNumber.size - this.#idle.size;
  }

  get dentryCount(): number {
    return this.#dentries.size;
  }

  /** @throws P2pfsError STALE when the number is not known (any more) */
  get(number: InodeNumber): Inode {
    const inode = this.#byNumber.get(number);
    if (inode === undefined) throw new P2pfsError("STALE", `inode ${number} is not known any more`);
    return inode;
  }

  /** The inode a node has. */
  find(node: SourceNode): Inode | undefined {
    const known = this.#byKey.get(node.key);
    return known?.node.kind === node.kind ? known : undefined;
  }

  /** The inode of a node: the one it has, or a new one. @throws LimitError when the kernel holds too many */
  obtain(node: SourceNode): Inode {
    const known = this.#byKey.get(node.key);
    // A name that was a directory and is a file now is another inode.
    if (known !== undefined && known.node.kind === node.kind) {
      this.#touch(known);
      known.node = node;
      return known;
    }
    if (known !== undefined) this.retire(known);
    return this.#make(node, undefined);
  }

  /** Gives the node a new inode number with the same st_ino; what is open in the old one stays as it is. */
  renew(inode: Inode): Inode {
    assert(inode.current && inode.number !== ROOT_INODE);
    this.retire(inode);
    return this.#make(inode.node, inode.ino);
  }

  /** Names lead to the inode no more; it goes when nothing refers to it. */
  retire(inode: Inode): void {
    if (!inode.current) return;
    inode.current = false;
    if (inode.lookups > 0) this.#journal?.retired(inode.number);
    this.#byKey.delete(inode.node.key);
    if (this.#idle.has(inode)) this.#drop(inode);
  }

  /** Counts one reply that names the inode. */
  lookedUp(inode: Inode): void {
    this.#idle.delete(inode);
    if (inode.lookups === 0) {
      inode.lookups = 1;
      this.#journal?.met(inode);
    } else {
      if (inode.number !== ROOT_INODE) this.#journal?.lookedUp(inode.number);
      inode.lookups += 1;
    }
  }

  /** The kernel dropped `count` of its references. Unknown numbers are ignored: it may be late. */
  forget(number: InodeNumber, count: number): void {
    const inode = this.#byNumber.get(number);
    if (inode === undefined || number === ROOT_INODE) return;
    this.#journal?.forgot(number, count);
    inode.lookups = Math.max(0, inode.lookups - count);
    this.#rest(inode);
  }

  /** The kernel is about to be told attributes of this version. */
  show(inode: Inode, version: string): void {
    if (inode.shownVersion === version) return;
    inode.shownVersion = version;
    if (inode.lookups > 0 && inode.number !== ROOT_INODE) this.#journal?.shown(inode.number, version);
  }

  /** Keeps the inode while a handle or a request needs it. */
  hold(inode: Inode): void {
    inode.holds += 1;
    this.#idle.delete(inode);
  }

  letGo(inode: Inode): void {
    assert(inode.holds > 0);
    inode.holds -= 1;
    this.#rest(inode);
  }

  /** Remembers a name for path walks. */
  remember(parent: InodeNumber, name: string, inode: Inode): void {
    const key = `${parent}/${name}`;
    const untilMs = this.#clock.monotonicMs() + DENTRY_CACHE_MS;
    const known = this.#dentries.get(key);
    if (known?.inode === inode.number) {
      known.untilMs = untilMs;
      return;
    }
    this.#dentries.set(key, { inode: inode.number, untilMs });
    if (this.#dentries.size <= this.#dentriesMax) return;
    const oldest = this.#dentries.keys().next();
    if (!oldest.done) this.#dentries.delete(oldest.value);
  }

  /** The inode last found under the name, however long ago. */
  remembered(parent: InodeNumber, name: string): Inode | undefined {
    const dentry = this.#dentries.get(`${parent}/${name}`);
    const inode = dentry === undefined ? undefined : this.#byNumber.get(dentry.inode);
    return inode?.current === true ? inode : undefined;
  }

  /** As `remembered`, but only while the answer is fresh. */
  fresh(parent: InodeNumber, name: string): Inode | undefined {
    const dentry = this.#dentries.get(`${parent}/${name}`);
    if (dentry === undefined || dentry.untilMs <= this.#clock.monotonicMs()) return undefined;
    const inode = this.remembered(parent, name);
    if (inode !== undefined) this.#touch(inode);
    return inode;
  }

  unremember(parent: InodeNumber, name: string): void {
    this.#dentries.delete(`${parent}/${name}`);
  }

  #make(node: SourceNode, ino: number | undefined): Inode {
    if (this.referencedCount >= this.#referencedMax)
      throw new LimitError(`the kernel holds more than ${this.#referencedMax} inodes of the mount`);
    this.#last += 1;
    const number = this.#last as InodeNumber;
    const inode: Inode = {
      number,
      ino: ino ?? number,
      node,
      lookups: 0,
      holds: 0,
      current: true,
      shownVersion: undefined,
      cachedVersion: undefined,
    };
    this.#byNumber.set(number, inode);
    this.#byKey.set(node.key, inode);
    this.#rest(inode);
    return inode;
  }

  #touch(inode: Inode): void {
    if (this.#idle.delete(inode)) this.#idle.add(inode);
  }

  #rest(inode: Inode): void {
    if (inode.lookups > 0 || inode.holds > 0) return;
    if (!inode.current) {
      this.#drop(inode);
      return;
    }
    this.#idle.delete(inode);
    this.#idle.add(inode);
    if (this.#idle.size <= this.#cachedMax) return;
    const oldest = this.#idle.values().next();
    if (!oldest.done) this.#drop(oldest.value);
  }

  #drop(inode: Inode): void {
    this.#idle.delete(inode);
    this.#byNumber.delete(inode.number);
    if (this.#byKey.get(inode.node.key) === inode) this.#byKey.delete(inode.node.key);
  }
}
