/**
 * A session with the kernel as TypeScript sees it: the addon's channel functions behind one class. Carries messages and
 * answers READs of files it was given; what the messages mean is kernel-abi/.
 */
import { strict as assert } from "node:assert";
import {
  CHANNEL_INBOX_BYTES,
  CHANNEL_OUTBOX_BYTES,
  CHANNEL_READERS,
  CHANNEL_WORKERS,
} from "../../base/limits.ts";
import { fromErrno } from "./errno-error.ts";

/** Messages of an inbox begin at multiples of this many bytes. */
export const MESSAGE_ALIGNMENT = 8;

/** The addon's functions for channels. Numbers that can fail are 0 (or a value) or -errno. */
export interface ChannelExports {
  channelOpen(
    fd: number,
    readers: number,
    workers: number,
    inboxBytes: number,
    outboxBytes: number,
    xattrPrefix: string,
    onBatch: (inbox: Uint8Array, usedBytes: number, count: number) => void,
    onReadFailed: (unique: bigint, result: number) => void,
    onEnd: (errno: number) => void,
  ): { readonly id: number; readonly outbox: Uint8Array };
  channelStart(id: number): number;
  channelReply(id: number, length: number, payload?: Uint8Array): number;
  channelReplyFromFile(id: number, unique: bigint, fd: number, offset: number, length: number): number;
  channelNotify(id: number, code: number, body: Uint8Array): Promise<number>;
  channelNotifyNow(id: number, code: number, body: Uint8Array): number;
  channelSetFile(
    id: number,
    handle: number,
    fd: number,
    sizeBytes: number,
    blockShift: number,
    blocks: Uint8Array | undefined,
    observed: boolean,
  ): number;
  channelShareFile(id: number, handle: number, other: number): boolean;
  channelDeleteFile(id: number, handle: number): void;
  channelDrain(id: number): Promise<number>;
  channelBackingOpen(id: number, fd: number): number;
  channelBackingClose(id: number, backingId: number): number;
  channelCounters(id: number): ChannelCounters | undefined;
  channelStopReading(id: number): Promise<number>;
  channelClose(id: number): Promise<number>;
}

/** What a channel has done since it was opened. */
export interface ChannelCounters {
  /** READs answered without JavaScript, and their bytes. */
  readonly nativeReads: number;
  readonly nativeReadBytes: number;
  /** READs answered by replyFromFile, and their bytes. */
  readonly workerReads: number;
  readonly workerReadBytes: number;
  /** READs among the native ones that JavaScript was told of. */
  readonly observedReads: number;
  /** GETXATTRs answered without JavaScript. */
  readonly nativeXattrs: number;
  /** Requests handed to JavaScript, READs among them, their bytes, and the batches they came in. */
  readonly requests: number;
  readonly requestedReads: number;
  readonly requestBytes: number;
  readonly batches: number;
  /** Messages dropped because their header does not fit them. */
  readonly malformed: number;
  /** Answers the kernel did not want any more. */
  readonly repliesRefused: number;
}

export interface ChannelOptions {
  /** Threads that read requests. Default 2. */
  readonly readers?: number;
  /** Threads that answer replyFromFile. Default 2. */
  readonly workers?: number;
  /**
   * Attributes whose names do not begin so are answered without JavaScript: ENODATA, or EOPNOTSUPP where not even the namespace is
   * the same. Default "": all are handed on.
   */
  readonly xattrPrefix?: string;
  /**
   * Requests that JavaScript must answer: `count` of them in the first `usedBytes` of `inbox`, each beginning at a
   * multiple of 8. The bytes are overwritten after it returns.
   */
  readonly onRequests: (inbox: Uint8Array, usedBytes: number, count: number) => void;
  /**
   * A replyFromFile found fewer bytes than it was to send (result 0) or could not read (-errno). The request has no answer
   * yet: the caller owes it.
   */
  readonly onReadFailed: (unique: bigint, result: number) => void;
  /** Nothing more will come: ENODEV after an unmount, 0 when a socket's other end closed. Called once; close() then. */
  readonly onEnd: (errno: number) => void;
}

/** A file whose present blocks are answered without JavaScript. */
export interface ChannelFile {
  /** Duplicated: the number may be closed afterwards. */
  readonly fd: number;
  readonly sizeBytes: number;
  /** A power of two. */
  readonly blockBytes: number;
  /**
   * Bit i (byte i >> 3, bit i & 7): block i is in the file. Read by other threads as long as the file is set: its buffer
   * must not be transferred or resized. undefined: all blocks are there.
   */
  readonly blocks: Uint8Array | undefined;
  /**
   * READs answered natively are told of afterwards: as a request with the opcode OBSERVED_READ, which wants no answer.
   * Some may be left out when JavaScript is slow. Default false.
   */
  readonly observed?: boolean;
}

/** Opcode of a READ that was answered already: READ with a bit of ours. */
export const OBSERVED_READ = 0x8000_000f;

/** -errno of a request the kernel no longer waits for (ENOENT). */
export const REQUEST_GONE = -2;
/** -errno after the channel's end (EBADF). */
export const CHANNEL_CLOSED = -9;

/** A session with the kernel. Holds its own duplicate of the descriptor; closing it leaves the mount as it is. */
export class KernelChannel {
  /** Where a reply's header and body are put before reply(). */
  readonly outbox: Uint8Array;
  readonly #exports: ChannelExports;
  readonly #id: number;
  #closing: Promise<void> | undefined;

  constructor(exports: ChannelExports, fd: number, options: ChannelOptions) {
    const { id, outbox } = exports.channelOpen(
      fd,
      options.readers ?? CHANNEL_READERS,
      options.workers ?? CHANNEL_WORKERS,
      CHANNEL_INBOX_BYTES,
      CHANNEL_OUTBOX_BYTES,
      options.xattrPrefix ?? "",
      options.onRequests,
      options.onReadFailed,
      options.onEnd,
    );
    this.#exports = exports;
    this.#id = id;
    this.outbox = outbox;
  }

  /** Begins to read requests. @throws P2pfsError TOO_MANY when there can be no more threads */
  start(): void {
    const result = this.#exports.channelStart(this.#id);
    if (result < 0) throw fromErrno(result, "cannot start the kernel channel's readers");
  }

  /** Sends the outbox's first `length` bytes, and the payload behind them, as one message. @returns 0 or -errno */
  reply(length: number, payload?: Uint8Array): number {
    return this.#exports.channelReply(this.#id, length, payload);
  }

  /**
   * Answers a READ from a file, on a worker's thread; what fails there comes back as onReadFailed. The descriptor is
   * duplicated.
   * @param length bytes, at most a megabyte: so many are sent, or none
   * @returns 0; -EAGAIN when too many wait already, or another -errno: the caller still owes the answer then
   */
  replyFromFile(unique: bigint, fd: number, offset: number, length: number): number {
    return this.#exports.channelReplyFromFile(this.#id, unique, fd, offset, length);
  }

  /** From now on READs with this handle are answered natively where the blocks are present. @throws P2pfsError TOO_MANY_OPEN */
  setFile(handle: number, file: ChannelFile): void {
    const { fd, sizeBytes, blockBytes, blocks, observed = false } = file;
    const shift = Math.log2(blockBytes);
    assert(Number.isInteger(shift), "a block's bytes are a power of two");
    const result = this.#exports.channelSetFile(this.#id, handle, fd, sizeBytes, shift, blocks, observed);
    if (result < 0 && result !== CHANNEL_CLOSED) throw fromErrno(result, "cannot hold the content file");
  }

  /** Gives a handle the file of another. @returns false when the other has none */
  shareFile(handle: number, other: number): boolean {
    return this.#exports.channelShareFile(this.#id, handle, other);
  }

  /** Unknown handles are ignored. */
  deleteFile(handle: number): void {
    this.#exports.channelDeleteFile(this.#id, handle);
  }

  /**
   * Resolves when every native read that has begun by now has its bytes: after clearing bits, and before punching holes.
   * @returns 0, or -ECANCELED when the channel was closed
   */
  drainReads(): Promise<number> {
    return this.#exports.channelDrain(this.#id);
  }

  /**
   * Sends a notification on the notifications' own thread. One that invalidates pages waits for the answers of their
   * unanswered READs: never hold such an answer back until this resolves, and answer them before the process ends.
   * @returns 0 or -errno; -ENOENT: the kernel does not know the inode or name
   */
  notify(code: number, body: Uint8Array): Promise<number> {
    return this.#exports.channelNotify(this.#id, code, body);
  }

  /** Sends one at once; only for codes that wait for no page, such as RESEND before start(). @returns 0 or -errno */
  notifyNow(code: number, body: Uint8Array): number {
    return this.#exports.channelNotifyNow(this.#id, code, body);
  }

  /** Registers a file for passthrough. @returns its id > 0, or -errno: -EPERM when passthrough is not to be had */
  backingOpen(fd: number): number {
    return this.#exports.channelBackingOpen(this.#id, fd);
  }

  /** Takes a registration back; files opened with it go on. @returns 0 or -errno */
  backingClose(backingId: number): number {
    return this.#exports.channelBackingClose(this.#id, backingId);
  }

  /** undefined after the end. */
  counters(): ChannelCounters | undefined {
    return this.#exports.channelCounters(this.#id);
  }

  /** Stops reading. Resolves when all requests that were read have been handed on; replies remain possible. */
  async stopReading(): Promise<void> {
    await this.#exports.channelStopReading(this.#id);
  }

  /** Ends all threads. Queued answers are still sent; requests that were not handed on are lost to us. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#exports.channelClose(this.#id).then(() => undefined);
    return this.#closing;
  }
}
