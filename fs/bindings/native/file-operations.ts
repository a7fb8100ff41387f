/**
 * Requests about open files. Opening decides who will answer the reads: the kernel from the content file (passthrough),
 * the channel's threads from the blocks that are here, or we, once what is missing has come.
 */
import { fstatSync } from "node:fs";
import { constants } from "node:os";
import { P2pfsError } from "../../../base/errors.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { KernelChannel } from "../../../native/linux/kernel-channel.ts";
import type { OpenContent } from "../../content-source.ts";
import type { Filesystem } from "../../filesystem.ts";
import type { InodeNumber } from "../../inode-table.ts";
import { staleOpening } from "../../open-files.ts";
import type { ReadPlan } from "../../opened-file.ts";
import { OPEN_FLAG } from "../kernel-abi/flags.ts";
import { writeOpen } from "../kernel-abi/replies.ts";
import type { KernelRequest } from "../kernel-abi/requests.ts";
import { ContentKeeping } from "./content-keeping.ts";
import type { KeptHandle } from "./journal-records.ts";
import type { KernelRequests, RequestWait } from "./kernel-requests.ts";
import { type MountJournal, openedBefore } from "./mount-journal.ts";
import type { OpenNodes } from "./open-nodes.ts";
import type { ReplyWriter } from "./reply-writer.ts";

const { O_ACCMODE, O_RDONLY, O_TRUNC } = { O_ACCMODE: 0o3, O_RDONLY: 0, O_TRUNC: 0o1000 };

type Request<Op extends KernelRequest["op"]> = Extract<KernelRequest, { op: Op }>;

export interface FileOperationsParts {
  readonly filesystem: Filesystem;
  readonly channel: KernelChannel;
  readonly writer: ReplyWriter;
  readonly requests: KernelRequests;
  readonly openNodes: OpenNodes;
  readonly journal: MountJournal | undefined;
}

export class FileOperations {
  readonly #filesystem: Filesystem;
  readonly #channel: KernelChannel;
  readonly #writer: ReplyWriter;
  readonly #requests: KernelRequests;
  readonly #openNodes: OpenNodes;
  readonly #journal: MountJournal | undefined;
  readonly #keeping: ContentKeeping;

  constructor(parts: FileOperationsParts) {
    this.#filesystem = parts.filesystem;
    this.#channel = parts.channel;
    this.#writer = parts.writer;
    this.#requests = parts.requests;
    this.#openNodes = parts.openNodes;
    this.#journal = parts.journal;
    this.#keeping = new ContentKeeping(parts.channel);
  }

  /** Opens what an earlier process had open, as it was open. @throws P2pfsError STALE when it is not here any more */
  async restore(kept: KeptHandle): Promise<void> {
    const { handle, backingId, resume } = kept;
    const nodeid = kept.nodeid as InodeNumber;
    this.#journal?.restored(kept);
    // The kernel has it open in this way whether we have its bytes or not.
    if (resume !== undefined) this.#openNodes.restore(nodeid, handle, backingId);
    await this.#filesystem.restoreFile(handle, nodeid, resume);
    const content = this.#filesystem.contentOf(handle);
    if (content === undefined) return;
    if (backingId === 0) this.#lend(nodeid, handle, content);
    else this.#keeping.whole(handle, content.keepWhole());
  }

  async open(request: Request<"open">, wait: RequestWait): Promise<void> {
    const { unique } = request.header;
    const nodeid = request.header.nodeid as InodeNumber;
    const before = openedBefore(this.#journal, "file", unique);
    if (before !== undefined) this.#close(nodeid, before.handle);
    const write = (request.flags & O_ACCMODE) !== O_RDONLY || (request.flags & O_TRUNC) !== 0;
    const handle = await this.#filesystem.open(nodeid, { write, pid: request.header.pid }, wait.signal);
    let sent = false;
    try {
      const reply = { handle, ...this.#answer(nodeid, handle) };
      const { backingId } = reply;
      const resume = this.#filesystem.contentOf(handle)?.resume;
      this.#journal?.opened({ handle, nodeid, kind: "file", unique, backingId, resume });
      sent = this.#writer.send(unique, (view, from) => writeOpen(view, from, reply));
    } finally {
      // The client is gone, or something failed: nobody will release it.
      if (!sent) this.#close(nodeid, handle);
    }
  }

  read(request: Request<"read">, wait: RequestWait): void | Promise<void> {
    const { handle, offset, size, header } = request;
    this.#observeFromNowOn(handle);
    const plan = this.#filesystem.read(handle, { offset, length: size }, wait.signal);
    if (plan instanceof Promise) return plan.then((ready) => this.#answerRead(header.unique, ready));
    this.#answerRead(header.unique, plan);
  }

  /** A read that a thread answered. */
  observe(request: Request<"read">): void {
    this.#filesystem.observe(request.handle, { offset: request.offset, length: request.size });
  }

  /** A worker could not read what it was to answer with. */
  readFailed(unique: bigint, result: number): void {
    const error =
      result === 0
        ? new P2pfsError("IO", "the content file has fewer bytes than it should: it was cut short")
        : new P2pfsError("IO", `reading the content file failed: errno ${-result}`);
    this.#requests.fail(unique, { operation: "read" }, error);
  }

  release(request: Request<"release">): void {
    this.#close(request.header.nodeid as InodeNumber, request.handle);
    this.#writer.send(request.header.unique);
  }

  flush(request: Request<"flush">): void {
    this.#filesystem.flush(request.handle);
    this.#writer.send(request.header.unique);
  }

  #close(nodeid: InodeNumber, handle: number): void {
    this.#channel.deleteFile(handle);
    this.#keeping.end(handle);
    this.#openNodes.release(nodeid, handle);
    this.#filesystem.release(handle);
    this.#journal?.released("file", handle);
  }

  /** @throws P2pfsError STALE when the file is to be opened through another inode, TOO_MANY_OPEN */
  #answer(nodeid: InodeNumber, handle: number): { flags: number; backingId: number } {
    const content = this.#filesystem.contentOf(handle);
    // Bytes made at open have no size before.
    if (content === undefined) return { flags: OPEN_FLAG.DIRECT_IO, backingId: 0 };
    const keep = isWhole(content) ? content.passThrough() : undefined;
    const backing = keep === undefined ? undefined : content;
    const way = this.#openNodes.open(nodeid, handle, backing, this.#filesystem.isCurrent(nodeid));
    if (way.way !== "passthrough") keep?.();
    switch (way.way) {
      case "passthrough":
        this.#keeping.whole(handle, keep ?? content.keepWhole());
        return { flags: OPEN_FLAG.PASSTHROUGH | OPEN_FLAG.NOFLUSH, backingId: way.backingId };
      case "elsewhere":
        this.#filesystem.detach(nodeid);
        throw staleOpening();
      case "cached": {
        this.#lend(nodeid, handle, content);
        const keep = this.#filesystem.keepsCache(handle) ? OPEN_FLAG.KEEP_CACHE : 0;
        return { flags: OPEN_FLAG.NOFLUSH | keep, backingId: 0 };
      }
    }
  }

  /** Lets the channel's threads answer reads of the handle; all handles of a node share one descriptor there. */
  #lend(nodeid: InodeNumber, handle: number, content: OpenContent): void {
    this.#keeping.lent(handle, content);
    const other = this.#openNodes.otherCached(nodeid, handle);
    // What was lent when all was here is not observed; that must not be shared once some is missing.
    const alike = other !== undefined && (content.complete || this.#keeping.unobserved(other) === undefined);
    if (alike && this.#channel.shareFile(handle, other)) return;
    this.#setFile(handle, content);
  }

  /** A complete file too is read by its bits: it may lose pieces while it is open. */
  #setFile(handle: number, content: OpenContent): void {
    const { fd, blocks, blockBytes, complete } = content;
    const sizeBytes = content.attributes.size;
    this.#channel.setFile(handle, { fd, sizeBytes, blockBytes, blocks, observed: !complete });
    this.#keeping.observe(handle, !complete);
  }

  /** A file that was complete when it was lent has lost pieces: its reads are looked at like those of any that lacks some. */
  #observeFromNowOn(handle: number): void {
    const content = this.#keeping.unobserved(handle);
    if (content !== undefined && !content.complete) this.#setFile(handle, content);
  }

  #answerRead(unique: bigint, plan: ReadPlan): void {
    try {
      if (plan.bytes !== undefined || plan.length === 0) {
        this.#writer.sendBytes(unique, plan.bytes ?? NOTHING);
        return;
      }
      const result = this.#channel.replyFromFile(unique, plan.fd, plan.offset, plan.length);
      if (result === 0) return;
      const code = -result === constants.errno.EAGAIN ? "TOO_MANY" : "IO";
      throw new P2pfsError(code, `the read could not be handed to a worker: errno ${-result}`);
    } finally {
      // The worker has a descriptor of its own.
      plan.end();
    }
  }
}

const NOTHING = new Uint8Array(0);

/**
 * Whether the kernel may read the content file in our place: all is here. One that was cut on the disk must fail where it
 * is read, which only we see to.
 */
function isWhole(content: OpenContent): boolean {
  if (!content.complete) return false;
  try {
    return fstatSync(content.fd).size >= content.attributes.size;
  } catch (error) {
    throw fromUnknown(error, "the content file cannot be looked at");
  }
}
