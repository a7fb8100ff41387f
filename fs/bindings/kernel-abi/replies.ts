/**
 * Replies as bytes. Each function writes one struct at a place in a reply's buffer and returns its bytes; the caller puts
 * the header in front. Pure.
 */
import { strict as assert } from "node:assert";
import { setNumber64, type Timestamp } from "./fields.ts";
import * as layouts from "./layouts.ts";

/** Where a reply's body begins. */
export const REPLY_BODY = layouts.OUT_HEADER.bytes;

/** Bytes of a file's attributes, as stat(2) shows them. */
export interface KernelAttributes {
  /** Shown as st_ino; may differ from the node's number. */
  readonly ino: number;
  readonly size: number;
  /** Of 512 bytes. */
  readonly blocks: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
  /** With the type's bits. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  /** Best size of a read, bytes. */
  readonly blksize: number;
}

/** A name's node and how long the kernel may believe it. */
export interface EntryReply {
  /** 0: there is no such name, and that may be believed for entryValidMs. */
  readonly nodeid: number;
  readonly generation: number;
  readonly entryValidMs: number;
  readonly attrValidMs: number;
  readonly attributes: KernelAttributes;
}

export interface OpenReply {
  readonly handle: number;
  /** OPEN_FLAG. */
  readonly flags: number;
  /** With OPEN_FLAG.PASSTHROUGH; else 0. */
  readonly backingId: number;
}

export interface StatfsReply {
  readonly blocks: number;
  readonly blocksFree: number;
  readonly blocksAvailable: number;
  readonly files: number;
  readonly filesFree: number;
  readonly blockBytes: number;
  readonly nameBytesMax: number;
}

/** Answer to INIT; see negotiation.ts. */
export interface InitReply {
  readonly minor: number;
  readonly maxReadaheadBytes: number;
  /** INIT_FLAG, both words. */
  readonly flags: bigint;
  readonly maxBackground: number;
  readonly congestionThreshold: number;
  readonly maxWriteBytes: number;
  readonly timeGranularityNs: number;
  readonly maxPages: number;
  readonly maxStackDepth: number;
  readonly requestTimeoutS: number;
}

/** Writes the header of a reply whose body has `bodyBytes`. @param error 0 or a negative errno @returns its bytes with the body */
export function writeReplyHeader(view: DataView, unique: bigint, error: number, bodyBytes: number): number {
  const { at } = layouts.OUT_HEADER;
  assert(error <= 0, "a reply's error is a negative errno");
  view.setUint32(at.len, REPLY_BODY + bodyBytes, true);
  view.setInt32(at.error, error, true);
  view.setBigUint64(at.unique, unique, true);
  return REPLY_BODY + bodyBytes;
}

/** @returns bytes written */
function writeAttributes(view: DataView, from: number, attributes: KernelAttributes): number {
  const { at, bytes } = layouts.ATTR;
  setNumber64(view, from + at.ino, attributes.ino);
  setNumber64(view, from + at.size, attributes.size);
  setNumber64(view, from + at.blocks, attributes.blocks);
  setNumber64(view, from + at.atime, attributes.atime.seconds);
  setNumber64(view, from + at.mtime, attributes.mtime.seconds);
  setNumber64(view, from + at.ctime, attributes.ctime.seconds);
  view.setUint32(from + at.atimensec, attributes.atime.nanoseconds, true);
  view.setUint32(from + at.mtimensec, attributes.mtime.nanoseconds, true);
  view.setUint32(from + at.ctimensec, attributes.ctime.nanoseconds, true);
  view.setUint32(from + at.mode, attributes.mode, true);
  view.setUint32(from + at.nlink, attributes.nlink, true);
  view.setUint32(from + at.uid, attributes.uid, true);
  view.setUint32(from + at.gid, attributes.gid, true);
  view.setUint32(from + at.rdev, attributes.rdev, true);
  view.setUint32(from + at.blksize, attributes.blksize, true);
  view.setUint32(from + at.flags, 0, true);
  return bytes;
}

/** Answer to GETATTR and SETATTR. @returns bytes written */
export function writeAttributesReply(
  view: DataView,
  from: number,
  attributes: KernelAttributes,
  validMs: number,
): number {
  const { at, bytes } = layouts.ATTR_OUT;
  zero(view, from, at.attr);
  writeDuration(view, from + at.attr_valid, from + at.attr_valid_nsec, validMs);
  writeAttributes(view, from + at.attr, attributes);
  return bytes;
}

/** Answer to LOOKUP, MKDIR, …: @returns bytes written */
export function writeEntry(view: DataView, from: number, entry: EntryReply): number {
  const { at, bytes } = layouts.ENTRY_OUT;
  setNumber64(view, from + at.nodeid, entry.nodeid);
  setNumber64(view, from + at.generation, entry.generation);
  writeDuration(view, from + at.entry_valid, from + at.entry_valid_nsec, entry.entryValidMs);
  writeDuration(view, from + at.attr_valid, from + at.attr_valid_nsec, entry.attrValidMs);
  writeAttributes(view, from + at.attr, entry.attributes);
  return bytes;
}

/** "There is no such name", believed for a while; without a while, answer ENOENT. @returns bytes written */
export function writeNegativeEntry(view: DataView, from: number, validMs: number): number {
  const { at, bytes } = layouts.ENTRY_OUT;
  zero(view, from, bytes);
  writeDuration(view, from + at.entry_valid, from + at.entry_valid_nsec, validMs);
  return bytes;
}

/** Answer to OPEN and OPENDIR, and behind the entry of CREATE. @returns bytes written */
export function writeOpen(view: DataView, from: number, open: OpenReply): number {
  const { at, bytes } = layouts.OPEN_OUT;
  setNumber64(view, from + at.fh, open.handle);
  view.setUint32(from + at.open_flags, open.flags, true);
  view.setInt32(from + at.backing_id, open.backingId, true);
  return bytes;
}

/** Answer to WRITE and COPY_FILE_RANGE. @returns bytes written */
export function writeWritten(view: DataView, from: number, count: number): number {
  zero(view, from, layouts.WRITE_OUT.bytes);
  view.setUint32(from + layouts.WRITE_OUT.at.size, count, true);
  return layouts.WRITE_OUT.bytes;
}

/** Answer to COPY_FILE_RANGE_64, whose counts may exceed 4 GiB. @returns bytes written */
export function writeCopied(view: DataView, from: number, count: number): number {
  setNumber64(view, from + layouts.COPY_FILE_RANGE_OUT.at.bytes_copied, count);
  return layouts.COPY_FILE_RANGE_OUT.bytes;
}

/** Answer to LSEEK. @returns bytes written */
export function writeOffset(view: DataView, from: number, offset: number): number {
  setNumber64(view, from + layouts.LSEEK_OUT.at.offset, offset);
  return layouts.LSEEK_OUT.bytes;
}

/** Answer to GETXATTR and LISTXATTR that asked for the length only. @returns bytes written */
export function writeXattrLength(view: DataView, from: number, length: number): number {
  zero(view, from, layouts.GETXATTR_OUT.bytes);
  view.setUint32(from + layouts.GETXATTR_OUT.at.size, length, true);
  return layouts.GETXATTR_OUT.bytes;
}

/** Answer to STATFS. @returns bytes written */
export function writeStatfs(view: DataView, from: number, figures: StatfsReply): number {
  const { at, bytes } = layouts.KSTATFS;
  zero(view, from, bytes);
  setNumber64(view, from + at.blocks, figures.blocks);
  setNumber64(view, from + at.bfree, figures.blocksFree);
  setNumber64(view, from + at.bavail, figures.blocksAvailable);
  setNumber64(view, from + at.files, figures.files);
  setNumber64(view, from + at.ffree, figures.filesFree);
  view.setUint32(from + at.bsize, figures.blockBytes, true);
  view.setUint32(from + at.frsize, figures.blockBytes, true);
  view.setUint32(from + at.namelen, figures.nameBytesMax, true);
  return bytes;
}

/** Answer to INIT. @returns bytes written */
export function writeInit(view: DataView, from: number, init: InitReply): number {
  const { at, bytes } = layouts.INIT_OUT;
  zero(view, from, bytes);
  view.setUint32(from + at.major, 7, true);
  view.setUint32(from + at.minor, init.minor, true);
  view.setUint32(from + at.max_readahead, init.maxReadaheadBytes, true);
  view.setUint32(from + at.flags, Number(init.flags & 0xffff_ffffn), true);
  view.setUint16(from + at.max_background, init.maxBackground, true);
  view.setUint16(from + at.congestion_threshold, init.congestionThreshold, true);
  view.setUint32(from + at.max_write, init.maxWriteBytes, true);
  view.setUint32(from + at.time_gran, init.timeGranularityNs, true);
  view.setUint16(from + at.max_pages, init.maxPages, true);
  view.setUint32(from + at.flags2, Number(init.flags >> 32n), true);
  view.setUint32(from + at.max_stack_depth, init.maxStackDepth, true);
  view.setUint16(from + at.request_timeout, init.requestTimeoutS, true);
  return bytes;
}

function writeDuration(view: DataView, secondsAt: number, nanosecondsAt: number, ms: number): void {
  const seconds = Math.floor(ms / 1000);
  setNumber64(view, secondsAt, seconds);
  view.setUint32(nanosecondsAt, Math.floor((ms - seconds * 1000) * 1e6), true);
}

/** What is not written must not show what stood there before. `bytes` is a multiple of 4. */
function zero(view: DataView, from: number, bytes: number): void {
  for (let at = from; at < from + bytes; at += 4) view.setUint32(at, 0, true);
}
