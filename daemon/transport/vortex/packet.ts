/**
 * Packets of the vortex protocol, in which Dragonfly's peers hand pieces over: bytes and what they mean, pure. One packet is
 * id u8 | tag u8 | length u32 | value; all numbers are big-endian (vortex-protocol 0.1).
 *
 * A request's value is the task id, 64 ASCII characters, and the piece's number, u32. The answer's value is
 *   metadata length u32 | number u32 | offset u64 | length u64 | digest length u32 | digest | parent id length u32 | parent id |
 *   traffic type u8 | cost u64, seconds | created at i64, seconds since the epoch
 * and the piece's bytes follow behind the packet: its length does not count them.
 */
import { InvalidInputError } from "../../../base/errors.ts";

export const HEADER_BYTES = 6;
const TASK_ID_BYTES = 64;
/** Value of a request. */
const REQUEST_BYTES = TASK_ID_BYTES + 4;
/** The metadata without digest and parent id. */
const METADATA_BYTES_MIN = 45;
/** A digest is "crc32:" and ten digits, a parent id an address, a host name and a UUID. */
const METADATA_BYTES_MAX = 4096;
const ERROR_BYTES_MAX = 4096;

/** Kinds of packets. */
export const TAG = {
  DOWNLOAD_PIECE: 0,
  PIECE_CONTENT: 1,
  DOWNLOAD_PERSISTENT_PIECE: 2,
  PERSISTENT_PIECE_CONTENT: 3,
  DOWNLOAD_PERSISTENT_CACHE_PIECE: 4,
  PERSISTENT_CACHE_PIECE_CONTENT: 5,
  CLOSE: 254,
  ERROR: 255,
} as const;

/** Codes of an error packet. */
export const ERROR_CODE = { UNKNOWN: 0, INVALID_ARGUMENT: 1, NOT_FOUND: 2, INTERNAL: 3 } as const;

/** Families of tasks, each with a pair of tags. */
export type TaskFamily = "standard" | "persistent" | "persistent-cache";

const FAMILY_TAG: Readonly<Record<TaskFamily, number>> = {
  standard: TAG.DOWNLOAD_PIECE,
  persistent: TAG.DOWNLOAD_PERSISTENT_PIECE,
  "persistent-cache": TAG.DOWNLOAD_PERSISTENT_CACHE_PIECE,
};

/** TrafficType of common.v2: the bytes came from another peer. */
const TRAFFIC_REMOTE_PEER = 1;

export interface PieceRequest {
  readonly family: TaskFamily;
  readonly taskId: string;
  readonly piece: number;
}

export interface PieceMetadata {
  readonly number: number;
  /** In the content, bytes. */
  readonly offset: number;
  readonly length: number;
  /** "crc32:<decimal>"; empty when the parent never computed it. */
  readonly digest: string;
  /** Who gave it to the parent; empty: its source. */
  readonly parentId: string;
  readonly costSeconds: number;
  readonly createdAtSeconds: number;
}

export interface PacketHeader {
  readonly id: number;
  readonly tag: number;
  /** Bytes of the value. */
  readonly length: number;
}

function packet(id: number, tag: number, valueBytes: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + valueBytes);
  bytes.writeUInt8(id, 0);
  bytes.writeUInt8(tag, 1);
  bytes.writeUInt32BE(valueBytes, 2);
  return bytes;
}

/** @param id any byte; nobody compares it. @throws InvalidInputError when the task id has not 64 characters */
export function encodeRequest({ family, taskId, piece }: PieceRequest, id: number): Buffer {
  if (!isTaskId(taskId)) throw new InvalidInputError(`a task id of 64 hex digits is wanted, not ${taskId}`);
  const bytes = packet(id, FAMILY_TAG[family], REQUEST_BYTES);
  bytes.write(taskId, HEADER_BYTES, "latin1");
  bytes.writeUInt32BE(piece, HEADER_BYTES + TASK_ID_BYTES);
  return bytes;
}

/** Bytes of a request with its header. */
export const REQUEST_PACKET_BYTES = HEADER_BYTES + REQUEST_BYTES;

export function decodeHeader(bytes: Buffer): PacketHeader {
  return { id: bytes.readUInt8(0), tag: bytes.readUInt8(1), length: bytes.readUInt32BE(2) };
}

/** Whether a request may follow the header: other packets are not waited for. @param bytes HEADER_BYTES at least */
export function beginsRequest(bytes: Buffer): boolean {
  const { tag, length } = decodeHeader(bytes);
  return familyOf(tag) !== undefined && length === REQUEST_BYTES;
}

/** @param bytes REQUEST_PACKET_BYTES. @returns undefined for what is no request */
export function decodeRequest(bytes: Buffer): (PieceRequest & { readonly id: number }) | undefined {
  const { id, tag, length } = decodeHeader(bytes);
  const family = familyOf(tag);
  const taskId = bytes.toString("latin1", HEADER_BYTES, HEADER_BYTES + TASK_ID_BYTES);
  if (family === undefined || length !== REQUEST_BYTES || !isTaskId(taskId)) return undefined;
  return { id, family, taskId, piece: bytes.readUInt32BE(HEADER_BYTES + TASK_ID_BYTES) };
}

/** The header and the metadata; the piece's bytes follow. */
export function encodeContent(family: TaskFamily, metadata: PieceMetadata, id: number): Buffer {
  const digest = Buffer.from(metadata.digest);
  const parentId = Buffer.from(metadata.parentId);
  const metadataBytes = METADATA_BYTES_MIN + digest.length + parentId.length;
  const bytes = packet(id, FAMILY_TAG[family] + 1, 4 + metadataBytes);
  let at = bytes.writeUInt32BE(metadataBytes, HEADER_BYTES);
  at = bytes.writeUInt32BE(metadata.number, at);
  at = bytes.writeBigUInt64BE(BigInt(metadata.offset), at);
  at = bytes.writeBigUInt64BE(BigInt(metadata.length), at);
  at = bytes.writeUInt32BE(digest.length, at);
  at += digest.copy(bytes, at);
  at = bytes.writeUInt32BE(parentId.length, at);
  at += parentId.copy(bytes, at);
  at = bytes.writeUInt8(TRAFFIC_REMOTE_PEER, at);
  at = bytes.writeBigUInt64BE(BigInt(metadata.costSeconds), at);
  bytes.writeBigInt64BE(BigInt(metadata.createdAtSeconds), at);
  return bytes;
}

export function encodeError(code: number, message: string, id: number): Buffer {
  const text = Buffer.from(message).subarray(0, ERROR_BYTES_MAX - 1);
  const bytes = packet(id, TAG.ERROR, 1 + text.length);
  bytes.writeUInt8(code, HEADER_BYTES);
  text.copy(bytes, HEADER_BYTES + 1);
  return bytes;
}

/** What a parent answers, as far as it came. */
export type Answer =
  /** More bytes are needed. */
  | undefined
  | { readonly kind: "content"; readonly metadata: PieceMetadata; readonly bytes: number }
  | { readonly kind: "error"; readonly code: number; readonly message: string };

/**
 * The answer at the beginning of what came.
 * @returns undefined while it is not whole; with content, `bytes` says where the piece begins
 * @throws InvalidInputError for what is no answer to a request of this family
 */
export function decodeAnswer(bytes: Buffer, family: TaskFamily): Answer {
  if (bytes.length < HEADER_BYTES) return undefined;
  const { tag, length } = decodeHeader(bytes);
  if (tag === TAG.ERROR) return decodeError(bytes, length);
  if (tag !== FAMILY_TAG[family] + 1)
    throw new InvalidInputError(`a packet with the tag ${tag} is no answer`);
  if (bytes.length < HEADER_BYTES + 4) return undefined;
  // The packet's own length is not looked at, as Dragonfly's peers do not look at it.
  const metadataBytes = bytes.readUInt32BE(HEADER_BYTES);
  if (metadataBytes < METADATA_BYTES_MIN || metadataBytes > METADATA_BYTES_MAX)
    throw new InvalidInputError(`${metadataBytes} bytes of metadata cannot be`);
  const begin = HEADER_BYTES + 4;
  if (bytes.length < begin + metadataBytes) return undefined;
  const metadata = decodeMetadata(bytes.subarray(begin, begin + metadataBytes));
  return { kind: "content", metadata, bytes: begin + metadataBytes };
}

function decodeError(bytes: Buffer, length: number): Answer {
  if (length < 1 || length > ERROR_BYTES_MAX)
    throw new InvalidInputError("an error packet of that length cannot be");
  if (bytes.length < HEADER_BYTES + length) return undefined;
  const message = bytes.toString("utf8", HEADER_BYTES + 1, HEADER_BYTES + length);
  return { kind: "error", code: bytes.readUInt8(HEADER_BYTES), message };
}

function decodeMetadata(bytes: Buffer): PieceMetadata {
  const digestBytes = bytes.readUInt32BE(20);
  const parentAt = 24 + digestBytes;
  if (parentAt + 4 > bytes.length) throw new InvalidInputError("a piece's digest does not fit its metadata");
  const parentIdBytes = bytes.readUInt32BE(parentAt);
  if (bytes.length !== METADATA_BYTES_MIN + digestBytes + parentIdBytes)
    throw new InvalidInputError("a piece's metadata has not the length it should have");
  const tail = parentAt + 4 + parentIdBytes;
  return {
    number: bytes.readUInt32BE(0),
    offset: safe(bytes.readBigUInt64BE(4)),
    length: safe(bytes.readBigUInt64BE(12)),
    digest: bytes.toString("utf8", 24, parentAt),
    parentId: bytes.toString("utf8", parentAt + 4, tail),
    costSeconds: safe(bytes.readBigUInt64BE(tail + 1)),
    createdAtSeconds: Number(bytes.readBigInt64BE(tail + 9)),
  };
}

function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new InvalidInputError("a number of a piece is beyond all files");
  return Number(value);
}

function familyOf(tag: number): TaskFamily | undefined {
  const families = Object.keys(FAMILY_TAG) as TaskFamily[];
  return families.find((family) => FAMILY_TAG[family] === tag);
}

function isTaskId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
