/** Decoders of requests about open files, and of INIT; see decode-request.ts. */
import { BODY, type Decoder } from "./decoder.ts";
import type { MessageReader } from "./fields.ts";
import { FSYNC_FDATASYNC, WRITE_CACHE, WRITE_KILL_SUIDGID } from "./flags.ts";
import * as layouts from "./layouts.ts";
import type { InitOffer } from "./requests.ts";

export const read: Decoder = (m) => ({ op: "read", ...rangeOf(m) });
export const readdir: Decoder = (m) => ({ op: "readdir", ...rangeOf(m) });
export const readdirplus: Decoder = (m) => ({ op: "readdirplus", ...rangeOf(m) });

function rangeOf(m: MessageReader) {
  const { at, bytes } = layouts.READ_IN;
  m.need(BODY + bytes);
  return {
    handle: m.number(BODY + at.fh),
    offset: m.number(BODY + at.offset),
    size: m.u32(BODY + at.size),
    flags: m.u32(BODY + at.flags),
  };
}

export const write: Decoder = (m) => {
  const { at, bytes } = layouts.WRITE_IN;
  const size = m.u32(BODY + at.size);
  const writeFlags = m.u32(BODY + at.write_flags);
  return {
    op: "write",
    handle: m.number(BODY + at.fh),
    offset: m.number(BODY + at.offset),
    bytes: m.slice(BODY + bytes, BODY + bytes + size),
    flags: m.u32(BODY + at.flags),
    fromCache: (writeFlags & WRITE_CACHE) !== 0,
    killSuidgid: (writeFlags & WRITE_KILL_SUIDGID) !== 0,
  };
};

export const release: Decoder = (m) => {
  const { at } = layouts.RELEASE_IN;
  return {
    op: "release",
    handle: m.number(BODY + at.fh),
    flags: m.u32(BODY + at.flags),
    lockOwner: m.u64(BODY + at.lock_owner),
  };
};

export const releasedir: Decoder = (m) => ({
  op: "releasedir",
  handle: m.number(BODY + layouts.RELEASE_IN.at.fh),
});

export const fsync: Decoder = (m) => ({ op: "fsync", ...syncOf(m) });
export const fsyncdir: Decoder = (m) => ({ op: "fsyncdir", ...syncOf(m) });

function syncOf(m: MessageReader) {
  const { at } = layouts.FSYNC_IN;
  return {
    handle: m.number(BODY + at.fh),
    dataOnly: (m.u32(BODY + at.fsync_flags) & FSYNC_FDATASYNC) !== 0,
  };
}

export const flush: Decoder = (m) => {
  const { at } = layouts.FLUSH_IN;
  return { op: "flush", handle: m.number(BODY + at.fh), lockOwner: m.u64(BODY + at.lock_owner) };
};

export const init: Decoder = (m) => ({ op: "init", offer: offerOf(m) });

function offerOf(m: MessageReader): InitOffer {
  const { at, bytes } = layouts.INIT_IN;
  m.need(BODY + layouts.INIT_IN_BYTES_MIN);
  const high = m.bytes >= BODY + bytes ? m.u32(BODY + at.flags2) : 0;
  return {
    major: m.u32(BODY + at.major),
    minor: m.u32(BODY + at.minor),
    maxReadaheadBytes: m.u32(BODY + at.max_readahead),
    flags: (BigInt(high) << 32n) | BigInt(m.u32(BODY + at.flags)),
  };
}

export function lockDecoder(op: "getlk" | "setlk" | "setlkw"): Decoder {
  const { at, bytes } = layouts.LK_IN;
  const lock = BODY + at.lk;
  return (m) => {
    m.need(BODY + bytes);
    return {
      op,
      handle: m.number(BODY + at.fh),
      owner: m.u64(BODY + at.owner),
      lock: {
        start: m.u64(lock + layouts.FILE_LOCK.at.start),
        end: m.u64(lock + layouts.FILE_LOCK.at.end),
        type: m.u32(lock + layouts.FILE_LOCK.at.type),
        pid: m.u32(lock + layouts.FILE_LOCK.at.pid),
      },
      flags: m.u32(BODY + at.lk_flags),
    };
  };
}

export const ioctl: Decoder = (m) => {
  const { at, bytes } = layouts.IOCTL_IN;
  m.need(BODY + bytes);
  return {
    op: "ioctl",
    handle: m.number(BODY + at.fh),
    flags: m.u32(BODY + at.flags),
    command: m.u32(BODY + at.cmd),
    inBytes: m.u32(BODY + at.in_size),
    outBytes: m.u32(BODY + at.out_size),
  };
};

export const fallocate: Decoder = (m) => {
  const { at, bytes } = layouts.FALLOCATE_IN;
  m.need(BODY + bytes);
  return {
    op: "fallocate",
    handle: m.number(BODY + at.fh),
    offset: m.number(BODY + at.offset),
    length: m.number(BODY + at.length),
    mode: m.u32(BODY + at.mode),
  };
};

export const lseek: Decoder = (m) => {
  const { at, bytes } = layouts.LSEEK_IN;
  m.need(BODY + bytes);
  return {
    op: "lseek",
    handle: m.number(BODY + at.fh),
    offset: m.number(BODY + at.offset),
    whence: m.u32(BODY + at.whence),
  };
};

export const copyFileRange: Decoder = (m) => {
  const { at, bytes } = layouts.COPY_FILE_RANGE_IN;
  m.need(BODY + bytes);
  return {
    op: "copyFileRange",
    handle: m.number(BODY + at.fh_in),
    offset: m.number(BODY + at.off_in),
    toNodeid: m.number(BODY + at.nodeid_out),
    toHandle: m.number(BODY + at.fh_out),
    toOffset: m.number(BODY + at.off_out),
    length: m.u64(BODY + at.len),
    flags: m.u64(BODY + at.flags),
  };
};
