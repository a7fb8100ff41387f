/**
 * The facade of native/linux: finds the addon, or says in one sentence why there is none, and turns its errno values
 * into errors. Only this file, kernel-channel.ts and file-sender.ts know the addon's own functions. No FUSE protocol here: that is
 * kernel-abi/.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { MOUNT_HELPER_MS } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { FileSender, type FileSenderExports } from "./file-sender.ts";
import { type ChannelExports, type ChannelOptions, KernelChannel } from "./kernel-channel.ts";

/** The addon's exports. Numbers that can fail are 0 (or a value) or -errno. */
interface Exports extends ChannelExports, FileSenderExports {
  mountDirect(target: string, source: string, type: string, flags: number, options: string): Promise<number>;
  mountHelper(program: string, target: string, options: string, timeoutMs: number): Promise<number>;
  unmountDirect(target: string, lazy: boolean): Promise<void>;
  unmountHelper(program: string, target: string, lazy: boolean, timeoutMs: number): Promise<void>;
  adoptDescriptor(fd: number): number;
  sendDescriptor(socket: number, fd: number, bytes: Uint8Array): void;
  receiveDescriptor(
    socket: number,
    bytesMax: number,
    timeoutMs: number,
  ): Promise<{ fd: number; bytes: Buffer }>;
  socketPair(messages: boolean): [number, number];
  fallocate(fd: number, mode: number, offset: number, length: number): Promise<number>;
  lseek(fd: number, offset: number, whence: number): number;
  copyFileRange(
    fromFd: number,
    fromOffset: number,
    toFd: number,
    toOffset: number,
    length: number,
  ): Promise<number>;
  fadvise(fd: number, offset: number, length: number, advice: number): Promise<number>;
  peerCredentials(fd: number): PeerCredentials;
  memoryFile(name: string): number;
  discardPages(bytes: Uint8Array): void;
  trimHeap(): Promise<void>;
  crc32?(bytes: Uint8Array, before: number): number;
}

/** Who connected the other end of a Unix socket, as of then. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** The addon: system calls that Node lacks, ways to mount, and channels. */
export class NativeAddon {
  readonly #exports: Exports;
  /**
   * CRC-32 as `zlib.crc32` tells it of a Uint8Array and what came before, in two fifths of the time; undefined where this
   * processor lacks what that takes.
   */
  readonly crc32: ((bytes: Uint8Array, before: number) => number) | undefined;

  constructor(exports: Exports) {
    this.#exports = exports;
    this.crc32 = exports.crc32;
  }

  /** @param fd of /dev/fuse, or a SOCK_SEQPACKET socket in its place; becomes non-blocking. @throws P2pfsError */
  openChannel(fd: number, options: ChannelOptions): KernelChannel {
    return calling("cannot open the kernel channel", () => new KernelChannel(this.#exports, fd, options));
  }

  /** Threads that send files over sockets. @throws P2pfsError */
  openFileSender(): FileSender {
    return calling("cannot start the threads that send files", () => new FileSender(this.#exports));
  }

  /**
   * Opens /dev/fuse and mounts it with mount(2), which needs CAP_SYS_ADMIN.
   * @param options without fd=
   * @returns the descriptor; the caller closes it
   * @throws P2pfsError NOT_PERMITTED, NOT_FOUND, BUSY, …
   */
  mountDirect(mount: {
    target: string;
    source: string;
    type: string;
    flags: number;
    options: string;
  }): Promise<number> {
    const { target, source, type, flags, options } = mount;
    return waiting(`cannot mount on ${target}`, () =>
      this.#exports.mountDirect(target, source, type, flags, options),
    );
  }

  /**
   * Has fusermount3 mount. @param program its absolute path
   * @returns the descriptor; the caller closes it
   * @throws P2pfsError with what the program said; DEADLINE
   */
  mountHelper(mount: { program: string; target: string; options: string }): Promise<number> {
    const { program, target, options } = mount;
    return waiting(`cannot mount on ${target}`, () =>
      this.#exports.mountHelper(program, target, options, MOUNT_HELPER_MS),
    );
  }

  /** umount2(2). @param lazy take the name away now, open files go on. @throws P2pfsError BUSY, INVALID_ARGUMENT, … */
  unmountDirect(target: string, lazy: boolean): Promise<void> {
    return waiting(`cannot unmount ${target}`, () => this.#exports.unmountDirect(target, lazy));
  }

  /** By fusermount3 -u. @throws P2pfsError with what the program said; DEADLINE */
  unmountHelper(program: string, target: string, lazy: boolean): Promise<void> {
    return waiting(`cannot unmount ${target}`, () =>
      this.#exports.unmountHelper(program, target, lazy, MOUNT_HELPER_MS),
    );
  }

  /** Takes over an inherited descriptor of a mounted /dev/fuse. @throws P2pfsError INVALID_ARGUMENT when it is something else */
  adoptDescriptor(fd: number): number {
    return calling(`cannot use /dev/fd/${fd} as a mounted /dev/fuse`, () =>
      this.#exports.adoptDescriptor(fd),
    );
  }

  /** Sends a descriptor, and at least one byte, over a Unix socket, without waiting. @throws P2pfsError */
  sendDescriptor(socket: number, fd: number, bytes: Uint8Array): void {
    calling("cannot hand a descriptor over", () => this.#exports.sendDescriptor(socket, fd, bytes));
  }

  /** Waits for one message. @returns its bytes, and its descriptor or -1; the caller closes it. @throws P2pfsError DEADLINE, … */
  receiveDescriptor(
    socket: number,
    bytesMax: number,
    timeoutMs: number,
  ): Promise<{ fd: number; bytes: Buffer }> {
    return waiting("cannot take a descriptor over", () =>
      this.#exports.receiveDescriptor(socket, bytesMax, timeoutMs),
    );
  }

  /** Two connected Unix sockets, closed on exec. `messages`: SOCK_SEQPACKET, else SOCK_STREAM. The caller closes both. */
  socketPair(kind: "messages" | "stream"): [number, number] {
    return calling("cannot make a pair of sockets", () => this.#exports.socketPair(kind === "messages"));
  }

  /** Frees the blocks of a range; the file's size stays (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE). @throws P2pfsError */
  async punchHole(fd: number, offset: number, length: number): Promise<void> {
    await this.fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, offset, length);
  }

  /** fallocate(2). @throws P2pfsError NO_SPACE, NOT_SUPPORTED, … */
  async fallocate(fd: number, mode: number, offset: number, length: number): Promise<void> {
    await waiting("cannot change the file's room", () => this.#exports.fallocate(fd, mode, offset, length));
  }

  /** Where the first data (SEEK_DATA) or hole (SEEK_HOLE) at or behind `offset` begins; undefined: there is none. @throws P2pfsError */
  seek(fd: number, offset: number, whence: typeof SEEK_DATA | typeof SEEK_HOLE): number | undefined {
    try {
      return this.#exports.lseek(fd, offset, whence);
    } catch (error) {
      if ((error as { code?: unknown }).code === "ENXIO") return undefined;
      throw fromUnknown(error, "cannot look for holes");
    }
  }

  /** copy_file_range(2). @returns bytes copied, at most `length`; 0 at the end of the file. @throws P2pfsError FAILED_PRECONDITION, … */
  copyFileRange(
    from: { fd: number; offset: number },
    to: { fd: number; offset: number },
    length: number,
  ): Promise<number> {
    return waiting("cannot copy between files", () =>
      this.#exports.copyFileRange(from.fd, from.offset, to.fd, to.offset, length),
    );
  }

  /** posix_fadvise(2) for a range. @throws P2pfsError */
  async fadvise(
    fd: number,
    offset: number,
    length: number,
    advice: typeof POSIX_FADV_WILLNEED | typeof POSIX_FADV_DONTNEED,
  ): Promise<void> {
    await waiting("cannot give advice on a file", () => this.#exports.fadvise(fd, offset, length, advice));
  }

  /** Who connected the other end of a Unix socket (SO_PEERCRED). @throws P2pfsError */
  peerCredentials(fd: number): PeerCredentials {
    return calling("cannot tell the socket's other end", () => this.#exports.peerCredentials(fd));
  }

  /** A file in memory, gone with its last descriptor (memfd_create). @returns the descriptor; the caller closes it. @throws P2pfsError */
  memoryFile(name: string): number {
    return calling("cannot make a file in memory", () => this.#exports.memoryFile(name));
  }

  /** Gives the memory of an array's whole pages back to the system (MADV_DONTNEED): the bytes are lost, the array stays usable. */
  discardPages(bytes: Uint8Array): void {
    this.#exports.discardPages(bytes);
  }

  /** Gives pages that the C allocator keeps free back to the system (malloc_trim). Whoever allocates meanwhile waits a little. */
  trimHeap(): Promise<void> {
    return this.#exports.trimHeap();
  }
}

/** linux/falloc.h */
export const FALLOC_FL_KEEP_SIZE = 1;
export const FALLOC_FL_PUNCH_HOLE = 2;
/** unistd.h */
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;
/** fcntl.h */
export const POSIX_FADV_WILLNEED = 3;
export const POSIX_FADV_DONTNEED = 4;

/** Where `npm run build:native` puts it, seen from dist/native/linux/. */
export const NATIVE_ADDON_PATH = fileURLToPath(
  new URL("../../../native/linux/build/Release/p2pfs_linux.node", import.meta.url),
);

/**
 * Loads the addon; that there is none is an answer, not an error.
 * @param path default: where it is built
 */
export function loadNativeAddon(
  path: string = NATIVE_ADDON_PATH,
): NativeAddon | { readonly unavailable: string } {
  if (process.platform !== "linux") return { unavailable: "the kernel channel is for Linux only" };
  if (!existsSync(path)) {
    return { unavailable: "the kernel channel is not built; `npm run build:native` says what it needs" };
  }
  try {
    return new NativeAddon(createRequire(import.meta.url)(path) as Exports);
  } catch (error) {
    return { unavailable: `the kernel channel cannot be loaded: ${fromUnknown(error).message}` };
  }
}

function calling<T>(doing: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromUnknown(error, doing);
  }
}

async function waiting<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw fromUnknown(error, doing);
  }
}
