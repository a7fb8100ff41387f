/**
 * What stat(2) says of a node: the source's facts, plus what the mount decides (owner, permissions, block counts).
 * Knows neither inodes' lives nor the kernel's structures.
 */
import type { NodeAttributes } from "./content-source.ts";

/** File type bits of st_mode (inode(7)). */
export const S_IFREG = 0o100000;
export const S_IFDIR = 0o040000;
export const S_IFLNK = 0o120000;
/** st_blocks counts these, whatever the filesystem (stat(2)). */
const STAT_BLOCK_BYTES = 512;
/**
 * st_blksize: what programs take as their buffer. The page, not the block of 1 MiB: Python and stdio fill a whole
 * buffer for a read of 8 bytes, and cp, cat and dd take at least 128 KiB in any case.
 */
const PREFERRED_READ_BYTES = 4096;
/** The same of directories: what opendir(3) of glibc reads of one at a time, if it is more than 32 KiB. Some 700 names. */
const PREFERRED_LISTING_BYTES = 128 * 1024;

/** Owner and permissions of everything in the mount. */
export interface Ownership {
  /** Owner of nodes that carry none: the mounting user's. */
  readonly defaultUid: number;
  readonly defaultGid: number;
  /** --uid: owner of every node, also of those that carry one. */
  readonly uid?: number | undefined;
  /** --gid */
  readonly gid?: number | undefined;
  /** --umask: permission bits taken from every node. */
  readonly umask?: number | undefined;
}

/** What a binding tells the kernel of an inode. */
export interface StatAttributes {
  /** st_ino */
  readonly ino: number;
  /** Type and permission bits. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  /** Of 512 bytes. */
  readonly blocks: number;
  readonly preferredReadBytes: number;
  /** atime, mtime and ctime alike. ms since the epoch. */
  readonly modifiedAtMs: number;
}

const DEFAULT_FILE_MODE = 0o444;
const DEFAULT_DIRECTORY_MODE = 0o555;

/**
 * st_blocks is that of the whole file, whatever is here: GNU cp, tar and grep take a file with fewer for one with
 * holes, and skip them. nlink of a directory is 1: find(1) takes 2 for "no directories below".
 */
export function statOf(attributes: NodeAttributes, ino: number, ownership: Ownership): StatAttributes {
  const isFile = attributes.kind === "file";
  const permissions = attributes.mode ?? (isFile ? DEFAULT_FILE_MODE : DEFAULT_DIRECTORY_MODE);
  return {
    ino,
    mode: (isFile ? S_IFREG : S_IFDIR) | (permissions & 0o7777 & ~(ownership.umask ?? 0)),
    nlink: 1,
    uid: ownership.uid ?? attributes.uid ?? ownership.defaultUid,
    gid: ownership.gid ?? attributes.gid ?? ownership.defaultGid,
    sizeBytes: attributes.size,
    blocks: Math.ceil(attributes.size / STAT_BLOCK_BYTES),
    preferredReadBytes: isFile ? PREFERRED_READ_BYTES : PREFERRED_LISTING_BYTES,
    modifiedAtMs: attributes.modifiedAtMs,
  };
}

/** Bits of access(2). */
export const R_OK = 4;
export const W_OK = 2;
export const X_OK = 1;

/** Who asks. */
export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, where the binding knows them. */
  readonly groups?: readonly number[];
}

/** True when the permission bits allow `mask` (R_OK | X_OK …) to the caller; root may read everything (path_resolution(7)). */
export function permits(attributes: StatAttributes, mask: number, who: Credentials): boolean {
  const isDirectory = (attributes.mode & S_IFDIR) === S_IFDIR;
  if (who.uid === 0) return (mask & X_OK) === 0 || isDirectory || (attributes.mode & 0o111) !== 0;
  const inGroup = attributes.gid === who.gid || (who.groups?.includes(attributes.gid) ?? false);
  const shift = attributes.uid === who.uid ? 6 : inGroup ? 3 : 0;
  return ((attributes.mode >> shift) & mask) === mask;
}
