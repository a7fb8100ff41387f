/** Sends answers: puts each into the channel's outbox and writes it to the kernel. Knows how answers look, not why. */

import { type KernelChannel, REQUEST_GONE } from "../../../native/linux/kernel-channel.ts";
import type { StatAttributes } from "../../attributes.ts";
import { timestampOf } from "../kernel-abi/fields.ts";
import * as replies from "../kernel-abi/replies.ts";

/** Writes a body into the outbox. @returns its bytes */
export type WriteBody = (view: DataView, from: number) => number;

export class ReplyWriter {
  readonly outbox: Uint8Array;
  readonly #channel: KernelChannel;
  readonly #before: (() => void) | undefined;
  readonly #view: DataView;

  /** @param before called before every answer */
  constructor(channel: KernelChannel, before?: () => void) {
    this.#channel = channel;
    this.#before = before;
    this.outbox = channel.outbox;
    this.#view = new DataView(this.outbox.buffer, this.outbox.byteOffset, this.outbox.byteLength);
  }

  /** @returns false when nobody waits for it any more */
  send(unique: bigint, write?: WriteBody): boolean {
    const bytes = write?.(this.#view, replies.REPLY_BODY) ?? 0;
    return this.#write(replies.writeReplyHeader(this.#view, unique, 0, bytes));
  }

  /** Bytes that lie elsewhere. */
  sendBytes(unique: bigint, bytes: Uint8Array): boolean {
    replies.writeReplyHeader(this.#view, unique, 0, bytes.length);
    return this.#write(replies.REPLY_BODY, bytes);
  }

  /** @param errno positive */
  fail(unique: bigint, errno: number): boolean {
    return this.#write(replies.writeReplyHeader(this.#view, unique, -errno, 0));
  }

  #write(length: number, payload?: Uint8Array): boolean {
    this.#before?.();
    return this.#channel.reply(length, payload) !== REQUEST_GONE;
  }
}

/** What the kernel is told of an inode. */
export function kernelAttributes(attributes: StatAttributes): replies.KernelAttributes {
  const time = timestampOf(attributes.modifiedAtMs);
  return {
    ino: attributes.ino,
    size: attributes.sizeBytes,
    blocks: attributes.blocks,
    atime: time,
    mtime: time,
    ctime: time,
    mode: attributes.mode,
    nlink: attributes.nlink,
    uid: attributes.uid,
    gid: attributes.gid,
    rdev: 0,
    blksize: attributes.preferredReadBytes,
  };
}
