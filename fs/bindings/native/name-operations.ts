/** Requests about names, attributes and listings, and the refusal of every change. */
import { constants } from "node:os";
import { P2pfsError } from "../../../base/errors.ts";
import { NAME_BYTES_MAX } from "../../../base/limits.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { Entry, Filesystem, Mutation } from "../../filesystem.ts";
import type { InodeNumber } from "../../inode-table.ts";
import type { DirectoryEntry } from "../../open-directories.ts";
import { attributeList } from "../../xattr.ts";
import { DirectoryPage, DT_DIR, DT_REG } from "../kernel-abi/directory-page.ts";
import * as replies from "../kernel-abi/replies.ts";
import type { KernelRequest } from "../kernel-abi/requests.ts";
import type { KernelRequests, RequestWait } from "./kernel-requests.ts";
import { type MountJournal, openedBefore } from "./mount-journal.ts";
import { kernelAttributes, type ReplyWriter } from "./reply-writer.ts";

type Request<Op extends KernelRequest["op"]> = Extract<KernelRequest, { op: Op }>;

/** How long the kernel believes what it is told, ms. */
export interface Timeouts {
  /** Names that are there, and attributes. */
  readonly attributesMs: number;
  /** Names that are not there. */
  readonly absentMs: number;
}

/** d_ino of entries whose inode is not known, as libfuse has it (FUSE_UNKNOWN_INO); 0 would hide the entry. */
const UNKNOWN_INO = 0xffff_ffff;
/** Bytes of the smallest record of a directory, with a name of up to eight bytes. */
const RECORD_BYTES_MIN = 32;
/** Grain in which space is counted, bytes. */
const SPACE_GRAIN_BYTES = 4096;

export interface NameOperationsParts {
  readonly filesystem: Filesystem;
  readonly writer: ReplyWriter;
  readonly requests: KernelRequests;
  readonly timeouts: Timeouts;
  readonly journal: MountJournal | undefined;
}

export class NameOperations {
  readonly #filesystem: Filesystem;
  readonly #writer: ReplyWriter;
  readonly #requests: KernelRequests;
  readonly #timeouts: Timeouts;
  readonly #journal: MountJournal | undefined;

  constructor(parts: NameOperationsParts) {
    this.#filesystem = parts.filesystem;
    this.#writer = parts.writer;
    this.#requests = parts.requests;
    this.#timeouts = parts.timeouts;
    this.#journal = parts.journal;
  }

  lookup(request: Request<"lookup">, wait: RequestWait): undefined | Promise<void> {
    const { header, name } = request;
    const known = this.#filesystem.peek(header.nodeid as InodeNumber, name);
    if (known === undefined) return this.#find(request, wait);
    if (known === "absent") this.#answerAbsent(header.unique);
    else this.#answerEntry(header.unique, known);
    return undefined;
  }

  async #find({ header, name }: Request<"lookup">, wait: RequestWait): Promise<void> {
    let entry: Entry;
    try {
      entry = await this.#filesystem.lookup(header.nodeid as InodeNumber, name, wait.signal, header.pid);
    } catch (error) {
      if (fromUnknown(error).code !== "NOT_FOUND") throw error;
      this.#requests.errnoOf({ operation: "lookup", path: name }, error);
      this.#answerAbsent(header.unique);
      return;
    }
    this.#answerEntry(header.unique, entry);
  }

  #answerEntry(unique: bigint, entry: Entry): void {
    const reply = this.#entry(entry);
    if (!this.#writer.send(unique, (view, from) => replies.writeEntry(view, from, reply)))
      this.#filesystem.forget(entry.inode, 1);
  }

  #answerAbsent(unique: bigint): void {
    const { absentMs } = this.#timeouts;
    if (absentMs === 0) this.#writer.fail(unique, constants.errno.ENOENT);
    else this.#writer.send(unique, (view, from) => replies.writeNegativeEntry(view, from, absentMs));
  }

  forget(request: Request<"forget">): void {
    for (const { nodeid, lookups } of request.forgets)
      this.#filesystem.forget(nodeid as InodeNumber, lookups);
  }

  async getattr(request: Request<"getattr">, wait: RequestWait): Promise<void> {
    const { header, handle } = request;
    const attributes =
      handle === undefined
        ? await this.#filesystem.getattr(header.nodeid as InodeNumber, wait.signal, header.pid)
        : this.#filesystem.fgetattr(handle);
    const reply = kernelAttributes(attributes);
    this.#writer.send(header.unique, (view, from) =>
      replies.writeAttributesReply(view, from, reply, this.#timeouts.attributesMs),
    );
  }

  readlink(request: Request<"readlink">): void {
    this.#filesystem.readlink(request.header.nodeid as InodeNumber);
  }

  opendir(request: Request<"opendir">): void {
    const { nodeid, unique } = request.header;
    const before = openedBefore(this.#journal, "directory", unique);
    if (before !== undefined) this.#closeDirectory(before.handle);
    const handle = this.#filesystem.opendir(nodeid as InodeNumber);
    const kept = { handle, nodeid, kind: "directory", unique, backingId: 0, resume: undefined } as const;
    this.#journal?.opened(kept);
    const reply = { handle, flags: 0, backingId: 0 };
    if (!this.#writer.send(unique, (view, from) => replies.writeOpen(view, from, reply)))
      this.#closeDirectory(handle);
  }

  releasedir(request: Request<"releasedir">): void {
    this.#closeDirectory(request.handle);
    this.#writer.send(request.header.unique);
  }

  #closeDirectory(handle: number): void {
    this.#filesystem.releasedir(handle);
    this.#journal?.released("directory", handle);
  }

  readdir(request: Request<"readdir" | "readdirplus">, wait: RequestWait): void | Promise<void> {
    const { handle, offset, size } = request;
    const countMax = Math.max(1, Math.floor(size / RECORD_BYTES_MIN));
    const entries = this.#filesystem.readdir(handle, offset, countMax, wait.signal);
    if (!(entries instanceof Promise)) return this.#tell(request, entries);
    return entries.then((come) => this.#tell(request, come));
  }

  /** Without waiting, as the outbox is everybody's. */
  #tell(request: Request<"readdir" | "readdirplus">, entries: readonly DirectoryEntry[]): void {
    const { header, size } = request;
    const page = new DirectoryPage(this.#writer.outbox, replies.REPLY_BODY, size);
    const told = this.#fill(page, header.nodeid as InodeNumber, entries, request.op === "readdirplus");
    if (entries.length > 0 && page.bytes === 0)
      throw new P2pfsError("BUFFER_TOO_SMALL", "no entry fits into the program's buffer");
    if (this.#writer.send(header.unique, () => page.bytes)) return;
    for (const inode of told) this.#filesystem.forget(inode, 1);
  }

  async getxattr(request: Request<"getxattr">, wait: RequestWait): Promise<void> {
    const { header, name, size } = request;
    this.#sendXattr(
      request,
      await this.#filesystem.getxattr(header.nodeid as InodeNumber, name, size, wait.signal),
    );
  }

  async listxattr(request: Request<"listxattr">, wait: RequestWait): Promise<void> {
    const names = await this.#filesystem.listxattr(request.header.nodeid as InodeNumber, wait.signal);
    this.#sendXattr(request, attributeList(names, request.size));
  }

  async statfs(request: Request<"statfs">, wait: RequestWait): Promise<void> {
    const space = await this.#filesystem.statfs(wait.signal);
    const blocks = (bytes: number) => Math.floor(bytes / SPACE_GRAIN_BYTES);
    this.#writer.send(request.header.unique, (view, from) =>
      replies.writeStatfs(view, from, {
        blocks: blocks(space.totalBytes),
        blocksFree: blocks(space.freeBytes),
        blocksAvailable: blocks(space.availableBytes),
        files: space.files,
        filesFree: 0,
        blockBytes: SPACE_GRAIN_BYTES,
        nameBytesMax: NAME_BYTES_MAX,
      }),
    );
  }

  /** @throws NotSupportedError READ_ONLY always */
  refuse(mutation: Mutation): never {
    throw this.#filesystem.refusal(mutation);
  }

  /** @returns the inodes of which a lookup was counted */
  #fill(
    page: DirectoryPage,
    directory: InodeNumber,
    entries: readonly DirectoryEntry[],
    plus: boolean,
  ): InodeNumber[] {
    const told: InodeNumber[] = [];
    for (const { name, kind, cookie } of entries) {
      if (!page.hasRoom(name, plus)) break;
      const type = kind === "directory" ? DT_DIR : DT_REG;
      const isDots = name === "." || name === "..";
      const entry = plus && !isDots ? this.#peekEntry(directory, name) : undefined;
      const known =
        entry?.attributes.ino ?? (isDots ? undefined : this.#filesystem.knownIno(directory, name));
      const record = { ino: known ?? UNKNOWN_INO, name, type, nextOffset: cookie };
      if (!plus) page.add(record);
      else page.addPlus(record, entry === undefined ? undefined : this.#entry(entry));
      if (entry !== undefined) told.push(entry.inode);
    }
    return told;
  }

  /** One name that cannot be told must not cost the page: who looks at it will see. */
  #peekEntry(directory: InodeNumber, name: string): Entry | undefined {
    try {
      const known = this.#filesystem.peek(directory, name);
      return known === "absent" ? undefined : known;
    } catch {
      return undefined;
    }
  }

  #entry({ inode, attributes }: Entry): replies.EntryReply {
    const { attributesMs } = this.#timeouts;
    return {
      nodeid: inode,
      generation: 0,
      entryValidMs: attributesMs,
      attrValidMs: attributesMs,
      attributes: kernelAttributes(attributes),
    };
  }

  #sendXattr({ header, size }: Request<"getxattr" | "listxattr">, bytes: Uint8Array): void {
    if (size > 0) this.#writer.sendBytes(header.unique, bytes);
    else this.#writer.send(header.unique, (view, from) => replies.writeXattrLength(view, from, bytes.length));
  }
}
