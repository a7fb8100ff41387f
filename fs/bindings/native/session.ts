/** One mount through the kernel channel, from its first answer until the kernel has let go of it. */
import { constants } from "node:os";
import type { Clock } from "../../../base/clock.ts";
import { deadlineSignal, orAborted } from "../../../base/deadline.ts";
import type { P2pfsError } from "../../../base/errors.ts";
import {
  CHANNEL_BODY_BYTES,
  RESTORE_HANDLE_MS,
  RESTORED_AT_ONCE_MAX,
  UNMOUNT_LINGER_MS,
  UNMOUNT_MS,
} from "../../../base/limits.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { NativeAddon } from "../../../native/linux/addon.ts";
import type { ChannelCounters, KernelChannel } from "../../../native/linux/kernel-channel.ts";
import type { Filesystem } from "../../filesystem.ts";
import type { InodeNumber } from "../../inode-table.ts";
import { XATTR_PREFIX } from "../../xattr.ts";
import type { MountSession, UnmountOptions } from "../binding.ts";
import { negotiate } from "../kernel-abi/negotiation.ts";
import { EMPTY_NOTIFICATION } from "../kernel-abi/notifications.ts";
import { NOTIFICATION } from "../kernel-abi/opcodes.ts";
import { writeInit } from "../kernel-abi/replies.ts";
import type { InitOffer } from "../kernel-abi/requests.ts";
import type { MountedDevice } from "./device.ts";
import { Dispatcher } from "./dispatcher.ts";
import { FileOperations } from "./file-operations.ts";
import type { Agreement, JournalState, KeptHandle } from "./journal-records.ts";
import { KernelRequests } from "./kernel-requests.ts";
import type { MountJournal } from "./mount-journal.ts";
import { NameOperations, type Timeouts } from "./name-operations.ts";
import { OpenNodes } from "./open-nodes.ts";
import { raiseReadAhead } from "./read-ahead.ts";
import { ReplyWriter } from "./reply-writer.ts";

export interface NativeSessionParts {
  readonly directory: string;
  /** Closed by the session. */
  readonly device: MountedDevice;
  /** Told what a successor of this process must know; begun. undefined: there will be none. */
  readonly journal: MountJournal | undefined;
  readonly addon: NativeAddon;
  readonly filesystem: Filesystem;
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  /** See NegotiationWishes. */
  readonly stackDepth: 0 | 1 | 2;
  /** Offers of the kernel's that are refused: INIT_FLAG. */
  readonly refusedFlags: bigint;
}

export class NativeSession implements MountSession {
  readonly directory: string;
  /** Resolves when kernel and session have agreed. @throws NotSupportedError when the kernel is too old */
  readonly began: Promise<void>;
  readonly #parts: NativeSessionParts;
  readonly #channel: KernelChannel;
  readonly #writer: ReplyWriter;
  readonly #openNodes: OpenNodes;
  readonly #files: FileOperations;
  readonly #listeners = new Set<() => void>();
  readonly #ended: Promise<void>;
  #begin: (failure?: P2pfsError) => void = () => {};
  #end: () => void = () => {};
  #hasEnded = false;
  #closing: Promise<void> | undefined;

  constructor(parts: NativeSessionParts) {
    const { filesystem, addon, device, timeouts, journal } = parts;
    this.directory = parts.directory;
    this.#parts = parts;
    this.began = new Promise((resolve, reject) => {
      this.#begin = (failure) => (failure === undefined ? resolve() : reject(failure));
    });
    // Whoever does not wait for it learns of it by the end.
    this.began.catch(() => undefined);
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#channel = addon.openChannel(device.fd, {
      xattrPrefix: XATTR_PREFIX,
      onRequests: (inbox, usedBytes) => dispatcher.dispatch(inbox, usedBytes),
      onReadFailed: (unique, result) => files.readFailed(unique, result),
      onEnd: (errno) => void this.#finish(errno),
    });
    const { logger } = filesystem;
    const writer = new ReplyWriter(this.#channel, () => {
      journal?.flush();
      device.served();
    });
    const requests = new KernelRequests(logger, writer);
    const openNodes = new OpenNodes(this.#channel, (reason) => void this.#withoutPassthrough(reason));
    const names = new NameOperations({ filesystem, writer, requests, timeouts, journal });
    const channel = this.#channel;
    const files = new FileOperations({ filesystem, channel, writer, requests, openNodes, journal });
    const onInit = (unique: bigint, offer: InitOffer) => this.#agree(unique, offer);
    const dispatcher = new Dispatcher({ names, files, requests, writer, onInit });
    this.#writer = writer;
    this.#openNodes = openNodes;
    this.#files = files;
  }

  /** Begins to answer the kernel, which begins with INIT. */
  start(): void {
    this.#channel.start();
  }

  /**
   * Goes on where an earlier process stopped: opens what it had open, has the kernel send again what it left unanswered, and
   * begins to answer.
   * @param state what that process wrote into the journal
   */
  async resume(state: JournalState, { passthrough }: Agreement): Promise<void> {
    const { filesystem } = this.#parts;
    if (!passthrough) this.#openNodes.refuse("the kernel offers no passthrough (6.9 does)");
    const handles = [...state.handles];
    const { length } = handles;
    let lost = 0;
    const restoring = Array.from({ length: Math.min(length, RESTORED_AT_ONCE_MAX) }, async () => {
      for (let kept = handles.pop(); kept !== undefined; kept = handles.pop())
        if (!(await this.#restore(kept))) lost += 1;
    });
    await Promise.all(restoring);
    this.#channel.notifyNow(NOTIFICATION.RESEND, EMPTY_NOTIFICATION);
    this.#begin();
    this.start();
    const { directory } = this;
    filesystem.logger.info({ directory, inodes: state.inodes.size, handles: length, lost }, "mount resumed");
  }

  /** Stops answering and leaves the mount as it is: whoever serves it next is sent what has no answer yet. */
  async leave(): Promise<boolean> {
    const { journal } = this.#parts;
    if (journal === undefined || this.#hasEnded) return false;
    // Answers may still leave until then, and the journal must have what they let the kernel know.
    await this.#channel.close();
    journal.stop();
    return true;
  }

  /** @returns false when what was open is not here any more */
  async #restore(kept: KeptHandle): Promise<boolean> {
    const { filesystem, clock } = this.#parts;
    const { handle, kind, nodeid } = kept;
    const deadline = deadlineSignal(clock, "opening again what was open", RESTORE_HANDLE_MS);
    try {
      if (kind === "file") await orAborted(this.#files.restore(kept), deadline.signal);
      else {
        this.#parts.journal?.restored(kept);
        filesystem.restoreDirectory(handle, nodeid as InodeNumber);
      }
      return true;
    } catch (error) {
      const { code, message } = fromUnknown(error);
      filesystem.logger.warn({ handle, kind, nodeid, code, reason: message }, "handle lost");
      return false;
    } finally {
      deadline.close();
    }
  }

  /** What the channel has done so far; undefined after the end. */
  counters(): ChannelCounters | undefined {
    return this.#channel.counters();
  }

  /** Why complete files are not read by the kernel itself; undefined: they are, as far as is known. */
  get passthroughRefusal(): string | undefined {
    return this.#openNodes.refusal;
  }

  async unmount(options: UnmountOptions = {}): Promise<void> {
    const { clock, device, filesystem } = this.#parts;
    if (this.#hasEnded) return;
    await device.unmount(options);
    if (options.lazy === true && options.force !== true) return;
    if (options.force === true) {
      // Whoever waits is answered; then the connection is cut, and what is still open fails.
      await filesystem.close();
      await this.#finish(0);
    }
    const waitMs = options.force === true ? UNMOUNT_MS : UNMOUNT_LINGER_MS;
    const deadline = deadlineSignal(clock, `the end of the mount at ${this.directory}`, waitMs);
    try {
      await orAborted(this.#ended, deadline.signal);
    } catch (error) {
      if (options.force === true) throw error;
      // It was not busy here, or the kernel had said so: another mount namespace has a copy, which is served on.
      filesystem.logger.info({ directory: this.directory }, "mount lives on in another namespace");
    } finally {
      deadline.close();
    }
  }

  onEnd(listener: () => void): () => void {
    if (this.#hasEnded) queueMicrotask(listener);
    else this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Answers INIT. */
  #agree(unique: bigint, offer: InitOffer): void {
    const { filesystem, stackDepth, refusedFlags } = this.#parts;
    try {
      const wishes = { stackDepth, maxReadaheadBytes: CHANNEL_BODY_BYTES, refused: refusedFlags };
      const { reply, passthrough } = negotiate(offer, wishes);
      if (!passthrough) this.#openNodes.refuse("the kernel offers no passthrough (6.9 does)");
      this.#parts.journal?.agreed({ minor: reply.minor, flags: reply.flags, passthrough });
      this.#writer.send(unique, (view, from) => writeInit(view, from, reply));
      filesystem.logger.debug({ minor: reply.minor, flags: reply.flags.toString(16) }, "kernel agreed");
      this.#begin();
    } catch (error) {
      this.#writer.fail(unique, constants.errno.EPROTO);
      this.#begin(fromUnknown(error));
    }
  }

  /** Says so, and makes the best of it. */
  async #withoutPassthrough(reason: string): Promise<void> {
    const { logger } = this.#parts.filesystem;
    const { directory } = this;
    try {
      const readAheadKib = await raiseReadAhead(directory);
      logger.info({ directory, reason, readAheadKib }, "no passthrough; reads go through the daemon");
    } catch (error) {
      const { message: readAhead } = fromUnknown(error);
      logger.info({ directory, reason, readAhead }, "no passthrough; reads go through the daemon");
    }
  }

  /** The kernel is gone, or is to be. Idempotent. */
  #finish(errno: number): Promise<void> {
    this.#closing ??= this.#close(errno);
    return this.#closing;
  }

  async #close(errno: number): Promise<void> {
    const { device, filesystem } = this.#parts;
    // An abort and an unmount are both ends; anything else is worth a look.
    const ordinary = [0, constants.errno.ENODEV, constants.errno.ECONNABORTED].includes(errno);
    if (!ordinary) filesystem.logger.warn({ directory: this.directory, errno }, "kernel channel broke");
    await this.#channel.close();
    device.close();
    this.#hasEnded = true;
    this.#begin();
    this.#end();
    for (const listener of [...this.#listeners]) listener();
  }
}
