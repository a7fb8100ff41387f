/**
 * Requests as the kernel sends them, byte by byte from linux/fuse.h. Written with plain offsets on purpose, sharing
 * nothing with the decoders that are tested with them.
 */

export interface MessageHeader {
  readonly opcode: number;
  readonly unique: bigint;
  readonly nodeid?: bigint;
  readonly uid?: number;
  readonly gid?: number;
  readonly pid?: number;
  /** In place of the true length. */
  readonly length?: number;
}

export const HEADER_BYTES = 40;

/** A message of the header and a body. */
export function message(header: MessageHeader, body: Uint8Array = new Uint8Array(0)): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + body.length);
  bytes.writeUInt32LE(header.length ?? bytes.length, 0);
  bytes.writeUInt32LE(header.opcode, 4);
  bytes.writeBigUInt64LE(header.unique, 8);
  bytes.writeBigUInt64LE(header.nodeid ?? 1n, 16);
  bytes.writeUInt32LE(header.uid ?? 0, 24);
  bytes.writeUInt32LE(header.gid ?? 0, 28);
  bytes.writeUInt32LE(header.pid ?? 0, 32);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** LOOKUP (1): the name and a NUL. */
export function lookupMessage(unique: bigint, nodeid: bigint, name: string): Buffer {
  return message({ opcode: 1, unique, nodeid }, Buffer.from(`${name}\0`));
}

/** READ (15): fuse_read_in. */
export function readMessage(
  unique: bigint,
  read: { handle: bigint; offset: bigint; size: number; nodeid?: bigint },
): Buffer {
  const body = Buffer.alloc(40);
  body.writeBigUInt64LE(read.handle, 0);
  body.writeBigUInt64LE(read.offset, 8);
  body.writeUInt32LE(read.size, 16);
  return message({ opcode: 15, unique, nodeid: read.nodeid ?? 2n }, body);
}

/** GETXATTR (22): fuse_getxattr_in, the name and a NUL. */
export function getxattrMessage(unique: bigint, name: string, size = 256): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt32LE(size, 0);
  return message({ opcode: 22, unique }, Buffer.concat([body, Buffer.from(`${name}\0`)]));
}

export interface Reply {
  readonly length: number;
  /** 0, a negative errno, or a notification's code. */
  readonly error: number;
  readonly unique: bigint;
  readonly body: Buffer;
}

/** What was written to the kernel. */
export function parseReply(bytes: Buffer): Reply {
  return {
    length: bytes.readUInt32LE(0),
    error: bytes.readInt32LE(4),
    unique: bytes.readBigUInt64LE(8),
    body: bytes.subarray(16),
  };
}

/** A part of a message's body, packed one behind the other. */
export type Part =
  | { readonly u16: number }
  | { readonly u32: number }
  | { readonly u64: bigint }
  | { readonly i64: bigint }
  | { readonly text: string }
  | { readonly bytes: Uint8Array };

/** The parts as bytes; texts end with a NUL. */
export function pack(...parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.map(packOne));
}

function packOne(part: Part): Uint8Array {
  if ("text" in part) return Buffer.from(`${part.text}\0`);
  if ("bytes" in part) return part.bytes;
  const bytes = Buffer.alloc("u16" in part ? 2 : "u32" in part ? 4 : 8);
  if ("u16" in part) bytes.writeUInt16LE(part.u16);
  else if ("u32" in part) bytes.writeUInt32LE(part.u32);
  else if ("u64" in part) bytes.writeBigUInt64LE(part.u64);
  else bytes.writeBigInt64LE(part.i64);
  return bytes;
}
