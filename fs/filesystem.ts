/**
 * The mount's operations by inode and handle, with no kernel types: what a binding calls for each request. Each is here
 * with its checks and its deadline; reading is open-files.ts, listing open-directories.ts, which version a name means
 * version-choice.ts. Bytes never pass through here, and nothing here can be written: every change is refused with EROFS.
 * Longer than other files because it is the one list of everything a kernel may ask.
 */
import type { Clock } from "../base/clock.ts";
import { NotFoundError, NotSupportedError, P2pfsError, PermissionError } from "../base/errors.ts";
import { MOUNT_REQUEST_MS } from "../base/limits.ts";
import type { Logger } from "../base/logger.ts";
import {
  type Credentials,
  type Ownership,
  permits,
  type StatAttributes,
  statOf,
  W_OK,
} from "./attributes.ts";
import type {
  ContentSource,
  MayFetch,
  NodeAttributes,
  OpenContent,
  SourceNode,
  SpaceFigures,
} from "./content-source.ts";
import type { InodeJournal, KeptInode, KeptInodes } from "./inode-journal.ts";
import {
  type Inode,
  type InodeNumber,
  InodeTable,
  type InodeTableOptions,
  ROOT_INODE,
} from "./inode-table.ts";
import { isName } from "./name.ts";
import { type DirectoryEntry, OpenDirectories } from "./open-directories.ts";
import { OpenFiles } from "./open-files.ts";
import type { ReadPlan } from "./opened-file.ts";
import { type ByteRange, ReadAheadBudget } from "./read-window.ts";
import { sharedController, waitFor } from "./request-wait.ts";
import { type GuardedPrograms, ScannerGuard } from "./scanner-guard.ts";
import { VersionChoice, type VersionPolicy } from "./version-choice.ts";
import { attributeValue, isOurAttribute } from "./xattr.ts";

export interface FilesystemOptions {
  readonly source: ContentSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ownership: Ownership;
  /** Must be what the binding demands. */
  readonly versions: VersionPolicy;
  /** Programs for which little or nothing is fetched; default none. */
  readonly guarded?: GuardedPrograms;
  /** Shared by the mounts of a daemon; default: one of its own. */
  readonly budget?: ReadAheadBudget;
  /** What an earlier process of the mount left; its open files and directories are restored one by one. */
  readonly kept?: KeptInodes;
  /** For tests. */
  readonly limits?: Pick<InodeTableOptions, "cachedMax" | "referencedMax" | "dentriesMax"> & {
    readonly handlesMax?: number;
    readonly entriesMax?: number;
    readonly requestMs?: number;
    readonly releaseGraceMs?: number;
  };
}

/** A name's inode, with one lookup counted: give it back with forget(). */
export interface Entry {
  readonly inode: InodeNumber;
  readonly attributes: StatAttributes;
}

/** Operations that would change something. */
export const MUTATIONS = [
  "chmod",
  "chown",
  "create",
  "fallocate",
  "link",
  "mkdir",
  "mknod",
  "removexattr",
  "rename",
  "rmdir",
  "setxattr",
  "symlink",
  "truncate",
  "unlink",
  "utimens",
  "write",
] as const;
export type Mutation = (typeof MUTATIONS)[number];

/** The mount without a kernel. Closed by whoever made it, after the binding's session ended. */
export class Filesystem {
  readonly versions: VersionPolicy;
  /** Where whoever answers requests logs those that failed. */
  readonly logger: Logger;
  readonly #source: ContentSource;
  readonly #clock: Clock;
  readonly #requestMs: number;
  readonly #ownership: Ownership;
  readonly #inodes: InodeTable;
  readonly #files: OpenFiles;
  readonly #directories: OpenDirectories;
  readonly #choice: VersionChoice;
  readonly #scanners: ScannerGuard;
  readonly #closed = sharedController();

  constructor(options: FilesystemOptions) {
    const { source, clock, logger, limits = {} } = options;
    this.versions = options.versions;
    this.logger = logger;
    this.#source = source;
    this.#clock = clock;
    this.#requestMs = limits.requestMs ?? MOUNT_REQUEST_MS;
    this.#ownership = options.ownership;
    const { kept } = options;
    this.#inodes = new InodeTable({ root: source.root, clock, ...limits, kept });
    const shared = {
      source,
      clock,
      ...limits,
      hold: (inode: Inode) => this.#inodes.hold(inode),
      letGo: (inode: Inode) => this.#inodes.letGo(inode),
    };
    const budget = options.budget ?? new ReadAheadBudget();
    this.#files = new OpenFiles({ ...shared, logger, budget, handlesFrom: kept?.lastFile });
    this.#directories = new OpenDirectories({ ...shared, handlesFrom: kept?.lastDirectory });
    const parts = { inodes: this.#inodes, files: this.#files };
    this.#scanners = new ScannerGuard(options.guarded ?? { scanners: [], headerReaders: [] });
    this.#choice = new VersionChoice({ policy: options.versions, source, ...parts });
  }

  /** Open files and directories. */
  get handleCount(): number {
    return this.#files.handleCount + this.#directories.handleCount;
  }

  /** Inodes in use now: those that the kernel refers to, and what is open or asked for. */
  get inodeCount(): number {
    return this.#inodes.referencedCount;
  }

  /** From now on tells what a successor of this process would have to know of inodes. */
  tell(journal: InodeJournal): void {
    this.#inodes.tell(journal);
  }

  /** All of that, as it is now. */
  kept(): { inodes: Iterable<KeptInode>; last: number } {
    return this.#inodes.kept();
  }

  /**
   * Opens what an earlier process had open, under its old handle, in the version it had; asks no origin.
   * @param resume `OpenContent.resume` of that time; undefined: bytes made at open, which are made anew
   * @throws P2pfsError STALE when those bytes are not here any more; the handle then answers everything so
   */
  async restoreFile(handle: number, number: InodeNumber, resume: string | undefined): Promise<void> {
    await this.#files.restore(handle, this.#inodes.get(number), resume);
  }

  /** Opens a directory again under its old handle: it is listed anew, from the place the kernel asks for. @throws P2pfsError STALE */
  restoreDirectory(handle: number, number: InodeNumber): void {
    this.#directories.restore(handle, this.#directory(number));
  }

  /**
   * Finds a name, and counts one lookup of its inode. @param pid see open()
   * @throws NotFoundError, PermissionError, P2pfsError NAME_TOO_LONG, NOT_A_DIRECTORY, STALE; what the source throws
   */
  async lookup(parent: InodeNumber, name: string, signal?: AbortSignal, pid?: number): Promise<Entry> {
    const directory = this.#directory(parent);
    if (!isName(name)) throw badName(name);
    const pinned = this.#choice.withoutAsking(this.#inodes.remembered(parent, name));
    if (pinned !== undefined) return this.#entry(pinned.inode, pinned.attributes);
    const found = await this.#find(directory, name, signal, pid);
    const inode = this.#inodes.obtain(found.node);
    const current = await this.#held(inode, () => this.#choice.of(inode, found.attributes));
    this.#inodes.remember(parent, name, current.inode);
    return this.#entry(current.inode, current.attributes);
  }

  /** The inode of a directory looked up a moment ago, without asking anyone; no lookup is counted. */
  recentDirectory(parent: InodeNumber, name: string): InodeNumber | undefined {
    const inode = this.#inodes.fresh(parent, name);
    return inode?.node.kind === "directory" ? inode.number : undefined;
  }

  /** Takes back lookups. Never fails. */
  forget(inode: InodeNumber, count: number): void {
    this.#inodes.forget(inode, count);
  }

  /** Attributes of the version that is open in the inode, else the newest. @param pid see open() @throws what the source throws */
  async getattr(number: InodeNumber, signal?: AbortSignal, pid?: number): Promise<StatAttributes> {
    const inode = this.#inodes.get(number);
    const opened = this.#files.opened(inode);
    if (opened !== undefined) return this.#stat(inode, opened.attributes);
    const attributes = await this.#held(inode, () =>
      this.#wait("the attributes", signal, (inner) =>
        this.#source.attributes(inode.node, inner, this.#mayFetch(pid)),
      ),
    );
    return this.#stat(inode, attributes);
  }

  /** Attributes of an open file's version: fstat(2). @throws P2pfsError BAD_HANDLE */
  fgetattr(handle: number): StatAttributes {
    const { file, inode } = this.#files.fileOf(handle);
    return this.#stat(inode, file.attributes);
  }

  /** Names the bytes that are open: equal names, equal bytes. @throws P2pfsError BAD_HANDLE */
  versionOf(handle: number): string {
    return this.#files.fileOf(handle).file.version;
  }

  /**
   * Opens a file for reading. @param write the file is to be written or cut
   * @param pid process that asks, where the binding knows it: see GuardedPrograms
   * @returns the handle; release() it
   * @throws NotSupportedError READ_ONLY, PermissionError, P2pfsError IS_A_DIRECTORY, TOO_MANY_OPEN, STALE; what the source throws
   */
  async open(
    number: InodeNumber,
    options: { write: boolean; pid?: number },
    signal?: AbortSignal,
  ): Promise<number> {
    const inode = this.#inodes.get(number);
    if (inode.node.kind === "directory")
      throw new P2pfsError("IS_A_DIRECTORY", "a directory cannot be read as a file");
    if (options.write) throw this.refusal("write");
    return this.#wait("the file", signal, async (inner) => {
      const pid = this.#scanners.guards(options.pid) ? options.pid : undefined;
      // Asked before the origin is.
      if (pid !== undefined && !(await this.#isHere(inode))) await this.#guard(pid);
      await this.#choice.refuseOutdated(inode, inner);
      const handle = await this.#files.open(inode, inner);
      try {
        const { file } = this.#files.fileOf(handle);
        this.#choice.refuseUnshown(inode, file);
        // Once more: what was here may be out of date, and the new version not here.
        if (pid !== undefined && !file.complete && (await this.#guard(pid)) === "header")
          this.#files.limitToHeader(handle);
        // Whoever asked was told already, and will release nothing.
        inner.throwIfAborted();
        return handle;
      } catch (error) {
        this.#files.release(handle);
        throw error;
      }
    });
  }

  /** Content of an open file, for bindings that answer reads themselves; undefined for bytes made at open. @throws P2pfsError BAD_HANDLE */
  contentOf(handle: number): OpenContent | undefined {
    return this.#files.fileOf(handle).file.content;
  }

  /** A read was answered without read(). Unknown handles are ignored: it may have been closed meanwhile. */
  observe(handle: number, range: ByteRange): void {
    this.#files.observe(handle, range);
  }

  /**
   * True when the inode was last opened in the same version, so that what a kernel cached of its bytes is right still;
   * notes this opening as the last. @throws P2pfsError BAD_HANDLE
   */
  keepsCache(handle: number): boolean {
    const { file, inode } = this.#files.fileOf(handle);
    const same = inode.cachedVersion === file.version;
    inode.cachedVersion = file.version;
    return same;
  }

  /** From now on names lead to a new inode of the node, with the same st_ino; what is open in this one goes on. */
  detach(number: InodeNumber): void {
    const inode = this.#inodes.get(number);
    if (inode.current && number !== ROOT_INODE) this.#inodes.renew(inode);
  }

  /** True while names lead to the inode. */
  isCurrent(number: InodeNumber): boolean {
    return this.#inodes.get(number).current;
  }

  /**
   * What lookup() would find, if that is known without waiting: the name's inode, with one lookup counted, or "absent".
   * undefined: only lookup() can tell. @throws P2pfsError NAME_TOO_LONG, NOT_A_DIRECTORY, STALE
   */
  peek(parent: InodeNumber, name: string): Entry | "absent" | undefined {
    const directory = this.#directory(parent);
    if (!isName(name)) throw badName(name);
    const known = this.#source.known?.(directory.node, name);
    if (known === undefined) return undefined;
    if (known === null) {
      this.#inodes.unremember(parent, name);
      return "absent";
    }
    const inode = this.#inodes.obtain(known.node);
    const opened = this.#files.opened(inode);
    // Which version the name means then takes a lookup.
    if (opened !== undefined && opened.attributes.version !== known.attributes.version) return undefined;
    return this.#entry(inode, known.attributes);
  }

  /**
   * Where the bytes of a read are; at once when they are here. The caller calls the plan's `end()`.
   * @throws P2pfsError BAD_HANDLE, ChangedError, UnavailableError, DeadlineError, CancelledError, …
   */
  read(handle: number, range: ByteRange, signal?: AbortSignal): ReadPlan | Promise<ReadPlan> {
    return this.#files.read(handle, range, signal);
  }

  /** A descriptor of the handle was closed. @throws P2pfsError BAD_HANDLE */
  flush(handle: number): void {
    this.#files.flush(handle);
  }

  /** Closes a file handle and calls off what it waits for. Never fails. */
  release(handle: number): void {
    this.#files.release(handle);
  }

  /** @returns the handle; releasedir() it. @throws P2pfsError NOT_A_DIRECTORY, TOO_MANY_OPEN */
  opendir(number: InodeNumber): number {
    return this.#directories.open(this.#directory(number));
  }

  /** Entries behind a cookie, "." and ".." first; at once when they are here. @throws what the source throws */
  readdir(
    handle: number,
    cookie: number,
    countMax: number,
    signal?: AbortSignal,
  ): readonly DirectoryEntry[] | Promise<readonly DirectoryEntry[]> {
    return this.#directories.read(handle, cookie, countMax, signal);
  }

  /** The st_ino of a name that was looked up before; undefined when it is not known. */
  knownIno(parent: InodeNumber, name: string): number | undefined {
    const known = this.#source.known?.(this.#inodes.get(parent).node, name);
    return (known ? this.#inodes.find(known.node) : this.#inodes.remembered(parent, name))?.ino;
  }

  releasedir(handle: number): void {
    this.#directories.release(handle);
  }

  /**
   * Value of an extended attribute. @param sizeMax the caller's buffer; 0 asks for the length only and is never too small
   * @throws P2pfsError NO_ATTRIBUTE, BUFFER_TOO_SMALL
   */
  async getxattr(number: InodeNumber, name: string, sizeMax: number, signal?: AbortSignal): Promise<Buffer> {
    const inode = this.#inodes.get(number);
    const value = isOurAttribute(name)
      ? await this.#held(inode, () =>
          this.#wait("the attribute", signal, () => this.#source.xattr(inode.node, name)),
        )
      : undefined;
    return attributeValue(value, name, sizeMax);
  }

  /** Names of extended attributes. */
  async listxattr(number: InodeNumber, signal?: AbortSignal): Promise<readonly string[]> {
    const inode = this.#inodes.get(number);
    const names = await this.#held(inode, () =>
      this.#wait("the attributes' names", signal, () => this.#source.xattrNames(inode.node)),
    );
    return names.filter(isOurAttribute);
  }

  /** Figures of the place where bytes are kept. */
  statfs(signal?: AbortSignal): Promise<SpaceFigures> {
    return this.#wait("the figures of the filesystem", signal, () => this.#source.space());
  }

  /** access(2) for bindings whose kernel does not check permissions. @throws NotSupportedError READ_ONLY, PermissionError */
  async access(number: InodeNumber, mask: number, who: Credentials, signal?: AbortSignal): Promise<void> {
    const attributes = await this.getattr(number, signal);
    if ((mask & W_OK) !== 0) throw this.refusal("write");
    if (!permits(attributes, mask, who)) throw new PermissionError("the permissions do not allow it");
  }

  /** There are no symbolic links. @throws P2pfsError INVALID_ARGUMENT always, STALE */
  readlink(number: InodeNumber): never {
    this.#inodes.get(number);
    throw new P2pfsError("INVALID_ARGUMENT", "it is no symbolic link");
  }

  /** What every attempt to change something is answered with. */
  refusal(mutation: Mutation): NotSupportedError {
    return new NotSupportedError(`this part of the mount cannot be changed (${mutation})`, {}, "READ_ONLY");
  }

  /** Answers everything that waits with CLOSED and closes what is open. Idempotent. */
  async close(): Promise<void> {
    this.#closed.abort(new P2pfsError("CLOSED", "the mount is closed"));
    this.#directories.close();
    await this.#files.close();
  }

  /** For attributes that cost the content: a file whose length nobody tells. */
  #mayFetch(pid: number | undefined): MayFetch | undefined {
    if (pid === undefined || !this.#scanners.guards(pid)) return undefined;
    return async () => (await this.#scanners.accessOf(pid)) === "all";
  }

  async #isHere(inode: Inode): Promise<boolean> {
    return this.#files.opened(inode)?.complete ?? (await this.#source.isHere(inode.node));
  }

  /** @throws PermissionError for a scanner: what it passes over without a word or a second try */
  async #guard(pid: number): Promise<"header" | "all"> {
    const access = await this.#scanners.accessOf(pid);
    if (access !== "nothing") return access;
    throw new PermissionError("nothing is fetched for a program that scans all files (mount.scanners)", {
      details: { pid, guarded: true },
    });
  }

  async #find(
    directory: Inode,
    name: string,
    signal: AbortSignal | undefined,
    pid: number | undefined,
  ): Promise<{ node: SourceNode; attributes: NodeAttributes }> {
    try {
      return await this.#held(directory, () =>
        this.#wait("the name", signal, async (inner) => {
          const node = await this.#source.lookup(directory.node, name, inner);
          if (node === undefined) throw new NotFoundError("there is no such name");
          return { node, attributes: await this.#source.attributes(node, inner, this.#mayFetch(pid)) };
        }),
      );
    } catch (error) {
      this.#inodes.unremember(directory.number, name);
      throw error;
    }
  }

  #directory(number: InodeNumber): Inode {
    const inode = this.#inodes.get(number);
    if (inode.node.kind !== "directory") throw new P2pfsError("NOT_A_DIRECTORY", "it is no directory");
    return inode;
  }

  #entry(inode: Inode, attributes: NodeAttributes): Entry {
    const shown = this.#stat(inode, attributes);
    this.#inodes.lookedUp(inode);
    return { inode: inode.number, attributes: shown };
  }

  #stat(inode: Inode, attributes: NodeAttributes): StatAttributes {
    this.#inodes.show(inode, attributes.version);
    return statOf(attributes, inode.ino, this.#ownership);
  }

  async #held<T>(inode: Inode, work: () => Promise<T>): Promise<T> {
    this.#inodes.hold(inode);
    try {
      return await work();
    } finally {
      this.#inodes.letGo(inode);
    }
  }

  #wait<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const parents = [this.#closed.signal, signal];
    return waitFor({ clock: this.#clock, what, afterMs: this.#requestMs, parents }, work);
  }
}

function badName(name: string): P2pfsError {
  if (name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0"))
    return new NotFoundError("there is no such name");
  return new P2pfsError("NAME_TOO_LONG", "the name is longer than 1,024 bytes");
}
