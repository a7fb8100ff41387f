/** Decoders of requests about names, nodes and their attributes; see decode-request.ts. */
import { InvalidInputError, NotFoundError } from "../../../base/errors.ts";
import { BODY, type Decoder } from "./decoder.ts";
import type { MessageReader } from "./fields.ts";
import { GETATTR_FH, SETATTR_FLAG } from "./flags.ts";
import * as layouts from "./layouts.ts";
import type { AttributeChange } from "./requests.ts";

/** A name of a directory entry at `from`, and where the next text begins. */
export function nameAt(message: MessageReader, from: number): string {
  const name = message.text(from);
  if (name === undefined) throw new NotFoundError("names in this mount are UTF-8");
  if (name === "" || name.includes("/")) throw new InvalidInputError("a kernel message holds no proper name");
  return name;
}

function pairAt(message: MessageReader, from: number): [string, string] {
  return [nameAt(message, from), nameAt(message, message.textEnd(from) + 1)];
}

/** Attribute names are looked up as they are, wherever they lead. */
export function attributeNameAt(message: MessageReader, from: number): string {
  const name = message.text(from);
  if (name === undefined || name === "")
    throw new InvalidInputError("a kernel message holds no proper attribute name");
  return name;
}

export const lookup: Decoder = (m) => ({ op: "lookup", name: nameAt(m, BODY) });

export const forget: Decoder = (m, header) => ({
  op: "forget",
  forgets: [{ nodeid: header.nodeid, lookups: m.number(BODY + layouts.FORGET_IN.at.nlookup) }],
});

export const batchForget: Decoder = (m) => {
  const { at } = layouts.FORGET_ONE;
  const count = m.u32(BODY + layouts.BATCH_FORGET_IN.at.count);
  const first = BODY + layouts.BATCH_FORGET_IN.bytes;
  m.need(first + count * layouts.FORGET_ONE.bytes);
  const forgets = [];
  for (let i = 0, from = first; i < count; i++, from += layouts.FORGET_ONE.bytes) {
    forgets.push({ nodeid: m.number(from + at.nodeid), lookups: m.number(from + at.nlookup) });
  }
  return { op: "forget", forgets };
};

/** Kernels before 7.9 sent nothing here. */
export const getattr: Decoder = (m) => {
  const { at, bytes } = layouts.GETATTR_IN;
  if (m.bytes < BODY + bytes) return { op: "getattr", handle: undefined };
  const hasHandle = (m.u32(BODY + at.getattr_flags) & GETATTR_FH) !== 0;
  return { op: "getattr", handle: hasHandle ? m.number(BODY + at.fh) : undefined };
};

export const statx: Decoder = (m) => {
  const { at } = layouts.STATX_IN;
  const hasHandle = (m.u32(BODY + at.getattr_flags) & GETATTR_FH) !== 0;
  return {
    op: "statx",
    handle: hasHandle ? m.number(BODY + at.fh) : undefined,
    flags: m.u32(BODY + at.sx_flags),
    mask: m.u32(BODY + at.sx_mask),
  };
};

export const setattr: Decoder = (m) => {
  const { at, bytes } = layouts.SETATTR_IN;
  m.need(BODY + bytes);
  const valid = m.u32(BODY + at.valid);
  const has = (flag: number) => (valid & flag) !== 0;
  const time = (flag: number, now: number, seconds: number, nanoseconds: number) => {
    if (has(now)) return "now" as const;
    return has(flag) ? m.time(BODY + seconds, BODY + nanoseconds) : undefined;
  };
  const atime = time(SETATTR_FLAG.ATIME, SETATTR_FLAG.ATIME_NOW, at.atime, at.atimensec);
  const mtime = time(SETATTR_FLAG.MTIME, SETATTR_FLAG.MTIME_NOW, at.mtime, at.mtimensec);
  const change: AttributeChange = {
    ...(has(SETATTR_FLAG.MODE) && { mode: m.u32(BODY + at.mode) }),
    ...(has(SETATTR_FLAG.UID) && { uid: m.u32(BODY + at.uid) }),
    ...(has(SETATTR_FLAG.GID) && { gid: m.u32(BODY + at.gid) }),
    ...(has(SETATTR_FLAG.SIZE) && { size: m.number(BODY + at.size) }),
    ...(atime !== undefined && { atime }),
    ...(mtime !== undefined && { mtime }),
    ...(has(SETATTR_FLAG.CTIME) && { ctime: m.time(BODY + at.ctime, BODY + at.ctimensec) }),
    ...(has(SETATTR_FLAG.FH) && { handle: m.number(BODY + at.fh) }),
    killSuidgid: has(SETATTR_FLAG.KILL_SUIDGID),
  };
  return { op: "setattr", ...change };
};

export const symlink: Decoder = (m) => {
  const name = nameAt(m, BODY);
  const target = m.text(m.textEnd(BODY) + 1);
  if (target === undefined) throw new InvalidInputError("a link's target is not UTF-8");
  return { op: "symlink", name, target };
};

export const mknod: Decoder = (m) => {
  const { at, bytes } = layouts.MKNOD_IN;
  return {
    op: "mknod",
    name: nameAt(m, BODY + bytes),
    mode: m.u32(BODY + at.mode),
    device: m.u32(BODY + at.rdev),
    umask: m.u32(BODY + at.umask),
  };
};

export const mkdir: Decoder = (m) => {
  const { at, bytes } = layouts.MKDIR_IN;
  return {
    op: "mkdir",
    name: nameAt(m, BODY + bytes),
    mode: m.u32(BODY + at.mode),
    umask: m.u32(BODY + at.umask),
  };
};

export const rename: Decoder = (m) => {
  const { at, bytes } = layouts.RENAME_IN;
  const [name, toName] = pairAt(m, BODY + bytes);
  return { op: "rename", name, toName, toParent: m.number(BODY + at.newdir), flags: 0 };
};

export const rename2: Decoder = (m) => {
  const { at, bytes } = layouts.RENAME2_IN;
  const [name, toName] = pairAt(m, BODY + bytes);
  return {
    op: "rename",
    name,
    toName,
    toParent: m.number(BODY + at.newdir),
    flags: m.u32(BODY + at.flags),
  };
};

export const link: Decoder = (m) => ({
  op: "link",
  nodeid: m.number(BODY + layouts.LINK_IN.at.oldnodeid),
  name: nameAt(m, BODY + layouts.LINK_IN.bytes),
});

export const setxattr: Decoder = (m) => {
  const { at } = layouts.SETXATTR_IN;
  const nameFrom = BODY + layouts.SETXATTR_IN_BYTES;
  const valueFrom = m.textEnd(nameFrom) + 1;
  return {
    op: "setxattr",
    name: attributeNameAt(m, nameFrom),
    value: m.slice(valueFrom, valueFrom + m.u32(BODY + at.size)),
    flags: m.u32(BODY + at.flags),
  };
};

export const getxattr: Decoder = (m) => ({
  op: "getxattr",
  size: m.u32(BODY + layouts.GETXATTR_IN.at.size),
  name: attributeNameAt(m, BODY + layouts.GETXATTR_IN.bytes),
});

/** TMPFILE has no name of its own: the kernel sends the parent's, or an empty one. */
export function createDecoder(op: "create" | "tmpfile"): Decoder {
  const { at, bytes } = layouts.CREATE_IN;
  return (m) => ({
    op,
    name: op === "create" ? nameAt(m, BODY + bytes) : (m.text(BODY + bytes) ?? ""),
    flags: m.u32(BODY + at.flags),
    mode: m.u32(BODY + at.mode),
    umask: m.u32(BODY + at.umask),
  });
}
