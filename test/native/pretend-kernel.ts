/**
 * A kernel for tests without rights: the other end of a SOCK_SEQPACKET socket that stands in place of /dev/fuse. It
 * sends requests and receives replies, one message each, like the device.
 */
import { closeSync, read, write, writeSync } from "node:fs";
import { promisify } from "node:util";
import type { ChannelOptions, KernelChannel } from "../../native/linux/kernel-channel.ts";
import { addon } from "./built-addon.ts";
import { parseReply, type Reply } from "./kernel-messages.ts";

const readDescriptor = promisify(read);
const writeDescriptor = promisify(write);
/** Largest message a socket carries here, bytes. */
const MESSAGE_BYTES_MAX = 160 * 1024;

export class PretendKernel {
  /** What the channel is opened on. */
  readonly device: number;
  /** Our end. */
  readonly end: number;
  #closed = false;

  constructor() {
    [this.end, this.device] = addon().socketPair("messages");
  }

  /** Waits while the socket is full: only as long as somebody reads on another thread. */
  send(request: Uint8Array): void {
    writeSync(this.end, request);
  }

  /** Waits on another thread while the socket is full. */
  async sendPatiently(request: Uint8Array): Promise<void> {
    await writeDescriptor(this.end, request);
  }

  /** The next reply or notification; undefined when the channel is closed. */
  async receive(): Promise<Reply | undefined> {
    const buffer = Buffer.alloc(MESSAGE_BYTES_MAX);
    const { bytesRead } = await readDescriptor(this.end, buffer, 0, buffer.length, null);
    return bytesRead === 0 ? undefined : parseReply(buffer.subarray(0, bytesRead));
  }

  /** Takes the socket away, as an unmount takes the device away. */
  disconnect(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.end);
  }

  close(): void {
    this.disconnect();
    closeSync(this.device);
  }
}

/** A channel on a pretend kernel, with what it handed to JavaScript. */
export interface OpenedChannel {
  readonly kernel: PretendKernel;
  readonly channel: KernelChannel;
  /** Copies of the requests handed on, in order. */
  readonly requests: Buffer[];
  readonly ends: number[];
  readonly failedReads: [bigint, number][];
  /** Resolves once `count` requests came in all. */
  received(count: number): Promise<void>;
  /** Resolves once it is so; looked at whenever something comes. */
  until(isSo: () => boolean): Promise<void>;
  /** Resolves once onEnd was called. */
  readonly ended: Promise<void>;
}

interface Ends {
  after(ending: () => Promise<void>): void;
}

/** Opens a channel for one test, closed after it. */
export function openChannel(t: Ends, options: Partial<ChannelOptions> = {}): OpenedChannel {
  const kernel = new PretendKernel();
  const requests: Buffer[] = [];
  const ends: number[] = [];
  const failedReads: [bigint, number][] = [];
  const waiting = new Set<() => void>();
  let onEnded: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    onEnded = resolve;
  });
  const channel = addon().openChannel(kernel.device, {
    onRequests(inbox, usedBytes, count) {
      requests.push(...messagesOf(inbox, usedBytes, count));
      for (const look of waiting) look();
    },
    onReadFailed(unique, result) {
      failedReads.push([unique, result]);
      for (const look of waiting) look();
    },
    onEnd(errno) {
      ends.push(errno);
      onEnded();
    },
    ...options,
  });
  t.after(async () => {
    await channel.close();
    kernel.close();
  });
  const until = (isSo: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!isSo()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  const received = (count: number) => until(() => requests.length >= count);
  return { kernel, channel, requests, ends, failedReads, received, until, ended };
}

/** Copies of a batch's messages. */
export function messagesOf(inbox: Uint8Array, usedBytes: number, count: number): Buffer[] {
  const messages: Buffer[] = [];
  const view = new DataView(inbox.buffer, inbox.byteOffset, usedBytes);
  let at = 0;
  while (at < usedBytes) {
    const length = view.getUint32(at, true);
    messages.push(Buffer.from(inbox.subarray(at, at + length)));
    at += (length + 7) & ~7;
  }
  if (messages.length !== count) throw new RangeError(`${messages.length} messages, but ${count} were told`);
  return messages;
}

/** Puts a reply into the channel's outbox and sends it. @returns 0 or -errno */
export function replyWith(
  channel: KernelChannel,
  unique: bigint,
  error: number,
  body = new Uint8Array(0),
): number {
  const header = Buffer.from(channel.outbox.buffer, channel.outbox.byteOffset, 16);
  header.writeUInt32LE(16 + body.length, 0);
  header.writeInt32LE(error, 4);
  header.writeBigUInt64LE(unique, 8);
  return channel.reply(16, body);
}
