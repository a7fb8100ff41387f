/** What a kernel can ask: one shape for each request, in this project's words. decode-request.ts makes them from bytes. */
import type { Timestamp } from "./fields.ts";

export interface RequestHeader {
  readonly opcode: number;
  /** Names the request; its reply carries the same. Bit 63 (UNIQUE_RESENT) is set when it was sent before. */
  readonly unique: bigint;
  readonly nodeid: number;
  readonly uid: number;
  readonly gid: number;
  /** 0 for work of the kernel's own, such as read-ahead. */
  readonly pid: number;
}

interface Forget {
  readonly nodeid: number;
  readonly lookups: number;
}

/** Fields of SETATTR that are to change; "now" stands for the server's own clock. */
export interface AttributeChange {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly atime?: Timestamp | "now";
  readonly mtime?: Timestamp | "now";
  readonly ctime?: Timestamp;
  readonly handle?: number;
  /** Clear set-user-id and set-group-id as the kernel would. */
  readonly killSuidgid: boolean;
}

interface FileLock {
  readonly start: bigint;
  readonly end: bigint;
  readonly type: number;
  readonly pid: number;
}

export interface CopyRange {
  readonly handle: number;
  readonly offset: number;
  readonly toNodeid: number;
  readonly toHandle: number;
  readonly toOffset: number;
  /** May be 2^64 - 1: as much as there is. */
  readonly length: bigint;
  readonly flags: bigint;
}

/** Offers of a kernel's INIT. */
export interface InitOffer {
  readonly major: number;
  readonly minor: number;
  readonly maxReadaheadBytes: number;
  /** INIT_FLAG, both words. */
  readonly flags: bigint;
}

/** What is asked, by `op`. Views of bytes are valid as long as the inbox is. */
export type Operation =
  | { readonly op: "lookup"; readonly name: string }
  | { readonly op: "forget"; readonly forgets: readonly Forget[] }
  | { readonly op: "getattr"; readonly handle: number | undefined }
  | {
      readonly op: "statx";
      readonly handle: number | undefined;
      readonly flags: number;
      readonly mask: number;
    }
  | ({ readonly op: "setattr" } & AttributeChange)
  | { readonly op: "readlink" }
  | { readonly op: "symlink"; readonly name: string; readonly target: string }
  | {
      readonly op: "mknod";
      readonly name: string;
      readonly mode: number;
      readonly device: number;
      readonly umask: number;
    }
  | { readonly op: "mkdir"; readonly name: string; readonly mode: number; readonly umask: number }
  | { readonly op: "unlink"; readonly name: string }
  | { readonly op: "rmdir"; readonly name: string }
  | {
      readonly op: "rename";
      readonly name: string;
      readonly toParent: number;
      readonly toName: string;
      /** Of renameat2(2). */
      readonly flags: number;
    }
  | { readonly op: "link"; readonly nodeid: number; readonly name: string }
  | { readonly op: "open"; readonly flags: number }
  | { readonly op: "opendir"; readonly flags: number }
  | {
      readonly op: "read";
      readonly handle: number;
      readonly offset: number;
      readonly size: number;
      readonly flags: number;
    }
  | {
      readonly op: "write";
      readonly handle: number;
      readonly offset: number;
      readonly bytes: Uint8Array;
      readonly flags: number;
      /** Written back from the page cache: the handle is a guess. */
      readonly fromCache: boolean;
      readonly killSuidgid: boolean;
    }
  | { readonly op: "statfs" }
  | { readonly op: "release"; readonly handle: number; readonly flags: number; readonly lockOwner: bigint }
  | { readonly op: "releasedir"; readonly handle: number }
  | { readonly op: "fsync"; readonly handle: number; readonly dataOnly: boolean }
  | { readonly op: "fsyncdir"; readonly handle: number; readonly dataOnly: boolean }
  | { readonly op: "flush"; readonly handle: number; readonly lockOwner: bigint }
  | { readonly op: "setxattr"; readonly name: string; readonly value: Uint8Array; readonly flags: number }
  | { readonly op: "getxattr"; readonly name: string; readonly size: number }
  | { readonly op: "listxattr"; readonly size: number }
  | { readonly op: "removexattr"; readonly name: string }
  | { readonly op: "init"; readonly offer: InitOffer }
  | { readonly op: "readdir"; readonly handle: number; readonly offset: number; readonly size: number }
  | { readonly op: "readdirplus"; readonly handle: number; readonly offset: number; readonly size: number }
  | {
      readonly op: "getlk" | "setlk" | "setlkw";
      readonly handle: number;
      readonly owner: bigint;
      readonly lock: FileLock;
      readonly flags: number;
    }
  | { readonly op: "access"; readonly mask: number }
  | {
      readonly op: "create" | "tmpfile";
      readonly name: string;
      readonly flags: number;
      readonly mode: number;
      readonly umask: number;
    }
  | { readonly op: "interrupt"; readonly target: bigint }
  | { readonly op: "bmap"; readonly block: number; readonly blockBytes: number }
  | { readonly op: "destroy" }
  | {
      readonly op: "ioctl";
      readonly handle: number;
      readonly flags: number;
      readonly command: number;
      readonly inBytes: number;
      readonly outBytes: number;
    }
  | { readonly op: "poll"; readonly handle: number; readonly events: number }
  | {
      readonly op: "fallocate";
      readonly handle: number;
      readonly offset: number;
      readonly length: number;
      readonly mode: number;
    }
  | { readonly op: "lseek"; readonly handle: number; readonly offset: number; readonly whence: number }
  | ({ readonly op: "copyFileRange" } & CopyRange)
  | { readonly op: "syncfs" }
  /** Opcodes that are not known, or are not asked for: answered with ENOSYS. */
  | { readonly op: "other" };

export type KernelRequest = Operation & { readonly header: RequestHeader };
