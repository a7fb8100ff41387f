/**
 * A process that mounts a directory of a few files through the kernel channel, to see the channel at work under a real
 * kernel: which way each file's READs are answered is told by its configuration. It is no filesystem of p2pfs's.
 *
 * Commands come as lines on stdin, each answered by one line of JSON: counters | set NAME BLOCK… | clear NAME BLOCK… |
 * swap NAME TIMES | invalidate NAME | send (the device, over descriptor 4) | close (keeps the mount) | unmount.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { createInterface } from "node:readline";
import { decodeRequest } from "../../fs/bindings/kernel-abi/decode-request.ts";
import { DirectoryPage, DT_DIR, DT_REG } from "../../fs/bindings/kernel-abi/directory-page.ts";
import { MessageReader, timestampOf } from "../../fs/bindings/kernel-abi/fields.ts";
import { OPEN_FLAG } from "../../fs/bindings/kernel-abi/flags.ts";
import { negotiate } from "../../fs/bindings/kernel-abi/negotiation.ts";
import { EMPTY_NOTIFICATION, invalidateInode } from "../../fs/bindings/kernel-abi/notifications.ts";
import { NOTIFICATION, wantsReply } from "../../fs/bindings/kernel-abi/opcodes.ts";
import * as replies from "../../fs/bindings/kernel-abi/replies.ts";
import type { KernelRequest } from "../../fs/bindings/kernel-abi/requests.ts";
import { mountDevice } from "../../fs/bindings/native/mounting.ts";
import type { KernelChannel } from "../../native/linux/kernel-channel.ts";
import { addon } from "./built-addon.ts";

/** How READs of a file are answered. `stuck`: never, until the process is another one. */
export type Way = "native" | "script" | "worker" | "passthrough" | "stuck";

export interface TinyFile {
  readonly name: string;
  /** The file its bytes are in. */
  readonly content: string;
  readonly way: Way;
  /** Default 1 MiB. */
  readonly blockBytes?: number;
  /** Blocks that the native way sees; default all. The others are answered by a worker. */
  readonly present?: readonly number[];
  /** FOPEN_KEEP_CACHE. */
  readonly keepCache?: boolean;
}

export interface TinyConfig {
  readonly target: string;
  readonly files: readonly TinyFile[];
  /** How it is mounted; "adopt": descriptor 3 is mounted already; "product": as p2pfs does. */
  readonly via: "direct" | "helper" | "adopt" | "product";
  readonly allowOther?: boolean;
  readonly maxReadaheadBytes?: number;
}

interface OpenFile extends TinyFile {
  readonly nodeid: number;
  readonly blocks: Uint8Array | undefined;
  fd: number;
  readonly sizeBytes: number;
  backingId: number;
  opens: number;
}

const ENOENT = -2;
const EIO = -5;
const ENOSYS = -38;
const VALID_MS = 60_000;
const config = JSON.parse(process.argv[2] ?? "{}") as TinyConfig;

function openFile(file: TinyFile, index: number): OpenFile {
  const fd = openSync(file.content, "r");
  const sizeBytes = fstatSync(fd).size;
  const blocks =
    file.present === undefined ? undefined : new Uint8Array(Math.ceil(sizeBytes / blockBytes(file) / 8));
  const open = { ...file, nodeid: index + 2, fd, sizeBytes, blocks, backingId: 0, opens: 0 };
  for (const block of file.present ?? []) setBit(open, block, true);
  return open;
}

function blockBytes(file: TinyFile): number {
  return file.blockBytes ?? 1 << 20;
}

function setBit(file: OpenFile, block: number, present: boolean): void {
  const blocks = file.blocks ?? new Uint8Array(0);
  if (present) Atomics.or(blocks, block >> 3, 1 << (block & 7));
  else Atomics.and(blocks, block >> 3, ~(1 << (block & 7)));
}

const files = config.files.map(openFile);
const byNode = new Map(files.map((file) => [file.nodeid, file]));

class TinyServer {
  readonly channel: KernelChannel;
  readonly device: number;
  readonly view: DataView;
  readonly readers = new Map<Uint8Array, MessageReader>();
  passthroughRefused = 0;
  initMinor = 0;

  constructor(fd: number) {
    this.device = fd;
    this.channel = addon().openChannel(fd, {
      xattrPrefix: "user.p2p.",
      onRequests: (inbox, usedBytes) => this.onRequests(inbox, usedBytes),
      onReadFailed: (unique) => {
        replies.writeReplyHeader(this.view, unique, EIO, 0);
        this.channel.reply(replies.REPLY_BODY);
      },
      onEnd: (errno) => {
        console.log(JSON.stringify({ ended: errno }));
        void this.channel.close().then(() => process.exit(errno === 19 ? 0 : 1));
      },
    });
    const { outbox } = this.channel;
    this.view = new DataView(outbox.buffer, outbox.byteOffset, outbox.byteLength);
    for (const file of files) this.register(file);
    if (config.via === "adopt") this.channel.notifyNow(NOTIFICATION.RESEND, EMPTY_NOTIFICATION);
    this.channel.start();
  }

  register(file: OpenFile): void {
    if (file.way !== "native") return;
    const { fd, sizeBytes, blocks, nodeid } = file;
    this.channel.setFile(nodeid, { fd, sizeBytes, blockBytes: blockBytes(file), blocks });
  }

  onRequests(inbox: Uint8Array, usedBytes: number): void {
    let reader = this.readers.get(inbox);
    if (reader === undefined) {
      reader = new MessageReader(inbox);
      this.readers.set(inbox, reader);
    }
    const lengths = new DataView(inbox.buffer, inbox.byteOffset, usedBytes);
    for (let at = 0; at < usedBytes; ) {
      const length = lengths.getUint32(at, true);
      reader.turnTo(at, at + length);
      this.answer(decodeRequest(reader));
      at += (length + 7) & ~7;
    }
  }

  send(request: KernelRequest, error: number, bodyBytes = 0, payload?: Uint8Array): number {
    const total = bodyBytes + (payload?.length ?? 0);
    replies.writeReplyHeader(this.view, request.header.unique, error, total);
    return this.channel.reply(replies.REPLY_BODY + bodyBytes, payload);
  }

  answer(request: KernelRequest): void {
    const { view } = this;
    const body = replies.REPLY_BODY;
    const file = byNode.get(request.header.nodeid);
    if (!wantsReply(request.header.opcode)) return;
    switch (request.op) {
      case "init": {
        const agreed = negotiate(request.offer, {
          stackDepth: 1,
          maxReadaheadBytes: config.maxReadaheadBytes ?? 1 << 20,
        });
        this.initMinor = agreed.reply.minor;
        this.send(request, 0, replies.writeInit(view, body, agreed.reply));
        return;
      }
      case "lookup": {
        const found = files.find(({ name }) => name === request.name);
        if (found === undefined) this.send(request, ENOENT);
        else this.send(request, 0, replies.writeEntry(view, body, entryOf(found)));
        return;
      }
      case "getattr":
        this.send(request, 0, replies.writeAttributesReply(view, body, attributesOf(file), VALID_MS));
        return;
      case "opendir":
        this.send(request, 0, replies.writeOpen(view, body, { handle: 0, flags: 0, backingId: 0 }));
        return;
      case "readdir":
      case "readdirplus":
        this.list(request);
        return;
      case "open":
        if (file !== undefined) this.open(request, file);
        return;
      case "read":
        if (file !== undefined) this.read(request, file);
        return;
      case "release":
        if (file !== undefined) this.release(file);
        this.send(request, 0);
        return;
      case "releasedir":
        this.send(request, 0);
        return;
      case "statfs":
        this.send(request, 0, 80, undefined);
        return;
      default:
        this.send(request, ENOSYS);
    }
  }

  list(request: KernelRequest & { op: "readdir" | "readdirplus" }): void {
    const page = new DirectoryPage(this.channel.outbox, replies.REPLY_BODY, request.size);
    const names = [".", "..", ...files.map(({ name }) => name)];
    for (let at = request.offset; at < names.length; at++) {
      const file = files[at - 2];
      const record = {
        ino: file?.nodeid ?? 1,
        name: names[at] ?? "",
        type: file === undefined ? DT_DIR : DT_REG,
        nextOffset: at + 1,
      };
      const entry = file === undefined ? undefined : entryOf(file);
      if (!(request.op === "readdir" ? page.add(record) : page.addPlus(record, entry))) break;
    }
    this.send(request, 0, page.bytes);
  }

  open(request: KernelRequest, file: OpenFile): void {
    let flags = file.keepCache === true ? OPEN_FLAG.KEEP_CACHE : 0;
    if (file.way === "passthrough") {
      if (file.opens === 0) file.backingId = this.channel.backingOpen(file.fd);
      if (file.backingId > 0) flags = OPEN_FLAG.PASSTHROUGH;
      else this.passthroughRefused = file.backingId;
    }
    file.opens++;
    const backingId = Math.max(0, file.backingId);
    const open = { handle: file.nodeid, flags: flags | OPEN_FLAG.NOFLUSH, backingId };
    this.send(request, 0, replies.writeOpen(this.view, replies.REPLY_BODY, open));
  }

  release(file: OpenFile): void {
    file.opens--;
    if (file.opens > 0 || file.backingId <= 0) return;
    this.channel.backingClose(file.backingId);
    file.backingId = 0;
  }

  read(request: KernelRequest & { op: "read" }, file: OpenFile): void {
    if (file.way === "stuck") return;
    const length = Math.max(0, Math.min(request.size, file.sizeBytes - request.offset));
    if (file.way === "script" || file.way === "passthrough") {
      const bytes = this.channel.outbox.subarray(replies.REPLY_BODY, replies.REPLY_BODY + length);
      this.send(request, 0, readSync(file.fd, bytes, 0, length, request.offset));
    } else if (this.channel.replyFromFile(request.header.unique, file.fd, request.offset, length) !== 0) {
      this.send(request, EIO);
    }
  }

  async command(words: readonly string[]): Promise<object> {
    const [verb, name, ...rest] = words;
    const file = files.find((candidate) => candidate.name === name);
    switch (verb) {
      case "counters":
        return {
          ...this.channel.counters(),
          passthroughRefused: this.passthroughRefused,
          initMinor: this.initMinor,
        };
      case "set":
      case "clear":
        for (const block of rest) if (file !== undefined) setBit(file, Number(block), verb === "set");
        return {};
      case "swap":
        return { swaps: file === undefined ? 0 : this.swap(file, Number(rest[0])) };
      case "invalidate":
        return {
          result: await this.channel.notify(
            NOTIFICATION.INVAL_INODE,
            invalidateInode(file?.nodeid ?? 0, 0, 0),
          ),
        };
      case "send":
        addon().sendDescriptor(4, this.device, Buffer.from("device"));
        return {};
      case "close":
        await this.channel.close();
        return {};
      case "unmount":
        await addon().unmountDirect(config.target, true);
        return {};
      default:
        return { unknown: verb };
    }
  }

  /**
   * Opens the content anew for the handle, and closes the descriptor before; its number is taken at once by a file with
   * other bytes. Whoever read by number would read those.
   */
  swap(file: OpenFile, times: number): number {
    const wrong: number[] = [];
    for (let i = 0; i < times; i++) {
      const next = openSync(file.content, "r");
      closeSync(file.fd);
      wrong.push(openSync("/dev/zero", "r"));
      file.fd = next;
      this.register(file);
      if (wrong.length > 16) for (const fd of wrong.splice(0)) closeSync(fd);
    }
    for (const fd of wrong) closeSync(fd);
    return times;
  }
}

function attributesOf(file: OpenFile | undefined): replies.KernelAttributes {
  const time = timestampOf(1_700_000_000_000);
  return {
    ino: file?.nodeid ?? 1,
    size: file?.sizeBytes ?? 0,
    blocks: Math.ceil((file?.sizeBytes ?? 0) / 512),
    atime: time,
    mtime: time,
    ctime: time,
    mode: file === undefined ? 0o40755 : 0o100444,
    nlink: 1,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    rdev: 0,
    blksize: 1 << 20,
  };
}

function entryOf(file: OpenFile): replies.EntryReply {
  const attributes = attributesOf(file);
  return { nodeid: file.nodeid, generation: 0, entryValidMs: VALID_MS, attrValidMs: VALID_MS, attributes };
}

async function mounted(): Promise<number> {
  const ids = `user_id=${process.getuid?.()},group_id=${process.getgid?.()}`;
  const others = config.allowOther === true ? ",allow_other" : "";
  switch (config.via) {
    case "adopt":
      return addon().adoptDescriptor(3);
    case "product":
      return mountDevice(addon(), config.target, { readOnly: true });
    case "helper":
      return addon().mountHelper({
        program: "/usr/bin/fusermount3",
        target: config.target,
        options: `fsname=tiny,subtype=p2pfs-test,nodev,nosuid,ro,max_read=1048576${others}`,
      });
    case "direct":
      return addon().mountDirect({
        target: config.target,
        source: "tiny",
        type: "fuse.p2pfs-test",
        // MS_RDONLY | MS_NOSUID | MS_NODEV
        flags: 7,
        options: `rootmode=40000,${ids},max_read=1048576${others}`,
      });
  }
}

try {
  const fd = await mounted();
  const server = new TinyServer(fd);
  console.log(JSON.stringify({ fd }));
  createInterface({ input: process.stdin }).on("line", (line) => {
    void server.command(line.split(" ")).then((answer) => console.log(JSON.stringify(answer)));
  });
} catch (error) {
  console.log(JSON.stringify({ failed: error instanceof Error ? error.message : String(error) }));
  process.exitCode = 1;
}
