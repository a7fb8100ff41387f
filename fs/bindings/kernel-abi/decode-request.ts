/**
 * Kernel messages as requests. Pure: bytes in, a value out, and for anything that is no such message a P2pfsError
 * (InvalidInputError; NotFoundError for a name that is not UTF-8, because nothing here can have it).
 */
import { InvalidInputError } from "../../../base/errors.ts";
import * as files from "./decode-files.ts";
import * as names from "./decode-names.ts";
import { BODY, type Decoder } from "./decoder.ts";
import type { MessageReader } from "./fields.ts";
import * as layouts from "./layouts.ts";
import { OPCODE } from "./opcodes.ts";
import type { KernelRequest, Operation, RequestHeader } from "./requests.ts";

/** The header of the message the reader is turned to. @throws InvalidInputError */
export function decodeHeader(message: MessageReader): RequestHeader {
  message.need(BODY);
  const { at } = layouts.IN_HEADER;
  if (message.u32(at.len) !== message.bytes)
    throw new InvalidInputError("a kernel message's length is not what its header says");
  return {
    opcode: message.u32(at.opcode),
    unique: message.u64(at.unique),
    nodeid: message.number(at.nodeid),
    uid: message.u32(at.uid),
    gid: message.u32(at.gid),
    pid: message.u32(at.pid),
  };
}

/** The whole request. @throws P2pfsError, see above */
export function decodeRequest(message: MessageReader, header = decodeHeader(message)): KernelRequest {
  return Object.assign(decodeOperation(message, header), { header });
}

/** The operation of a message whose header says something else than its opcode. @throws P2pfsError */
export function decodeAs(message: MessageReader, header: RequestHeader, opcode: number): KernelRequest {
  return decodeRequest(message, { ...header, opcode });
}

function decodeOperation(message: MessageReader, header: RequestHeader): Operation {
  return DECODERS.get(header.opcode)?.(message, header) ?? { op: "other" };
}

const DECODERS = new Map<number, Decoder>([
  [OPCODE.LOOKUP, names.lookup],
  [OPCODE.FORGET, names.forget],
  [OPCODE.BATCH_FORGET, names.batchForget],
  [OPCODE.GETATTR, names.getattr],
  [OPCODE.STATX, names.statx],
  [OPCODE.SETATTR, names.setattr],
  [OPCODE.READLINK, () => ({ op: "readlink" })],
  [OPCODE.SYMLINK, names.symlink],
  [OPCODE.MKNOD, names.mknod],
  [OPCODE.MKDIR, names.mkdir],
  [OPCODE.UNLINK, (m) => ({ op: "unlink", name: names.nameAt(m, BODY) })],
  [OPCODE.RMDIR, (m) => ({ op: "rmdir", name: names.nameAt(m, BODY) })],
  [OPCODE.RENAME, names.rename],
  [OPCODE.RENAME2, names.rename2],
  [OPCODE.LINK, names.link],
  [OPCODE.OPEN, (m) => ({ op: "open", flags: m.u32(BODY + layouts.OPEN_IN.at.flags) })],
  [OPCODE.OPENDIR, (m) => ({ op: "opendir", flags: m.u32(BODY + layouts.OPEN_IN.at.flags) })],
  [OPCODE.READ, files.read],
  [OPCODE.WRITE, files.write],
  [OPCODE.STATFS, () => ({ op: "statfs" })],
  [OPCODE.RELEASE, files.release],
  [OPCODE.RELEASEDIR, files.releasedir],
  [OPCODE.FSYNC, files.fsync],
  [OPCODE.FSYNCDIR, files.fsyncdir],
  [OPCODE.SETXATTR, names.setxattr],
  [OPCODE.GETXATTR, names.getxattr],
  [OPCODE.LISTXATTR, (m) => ({ op: "listxattr", size: m.u32(BODY + layouts.GETXATTR_IN.at.size) })],
  [OPCODE.REMOVEXATTR, (m) => ({ op: "removexattr", name: names.attributeNameAt(m, BODY) })],
  [OPCODE.FLUSH, files.flush],
  [OPCODE.INIT, files.init],
  [OPCODE.READDIR, files.readdir],
  [OPCODE.READDIRPLUS, files.readdirplus],
  [OPCODE.GETLK, files.lockDecoder("getlk")],
  [OPCODE.SETLK, files.lockDecoder("setlk")],
  [OPCODE.SETLKW, files.lockDecoder("setlkw")],
  [OPCODE.ACCESS, (m) => ({ op: "access", mask: m.u32(BODY + layouts.ACCESS_IN.at.mask) })],
  [OPCODE.CREATE, names.createDecoder("create")],
  [OPCODE.TMPFILE, names.createDecoder("tmpfile")],
  [OPCODE.INTERRUPT, (m) => ({ op: "interrupt", target: m.u64(BODY + layouts.INTERRUPT_IN.at.unique) })],
  [
    OPCODE.BMAP,
    (m) => ({
      op: "bmap",
      block: m.number(BODY + layouts.BMAP_IN.at.block),
      blockBytes: m.u32(BODY + layouts.BMAP_IN.at.blocksize),
    }),
  ],
  [OPCODE.DESTROY, () => ({ op: "destroy" })],
  [OPCODE.IOCTL, files.ioctl],
  [
    OPCODE.POLL,
    (m) => ({
      op: "poll",
      handle: m.number(BODY + layouts.POLL_IN.at.fh),
      events: m.u32(BODY + layouts.POLL_IN.at.events),
    }),
  ],
  [OPCODE.FALLOCATE, files.fallocate],
  [OPCODE.LSEEK, files.lseek],
  [OPCODE.COPY_FILE_RANGE, files.copyFileRange],
  [OPCODE.COPY_FILE_RANGE_64, files.copyFileRange],
  [OPCODE.SYNCFS, () => ({ op: "syncfs" })],
]);
