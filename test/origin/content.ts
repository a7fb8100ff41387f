/**
 * Pseudo-random content of any size, the same for the same seed, readable at any offset: an AES-CTR key stream. Nothing
 * is held in memory, and a test can say what byte 31 GiB of a file must be without having the file.
 */
import { createCipheriv, createHash, type Hash } from "node:crypto";

/** Something that has bytes: what an origin serves. */
export interface Content {
  /** Length in bytes. */
  readonly bytes: number;
  /** The bytes of [offset, offset + length), cut at the content's end. */
  read(offset: number, length: number): Buffer;
}

/** Bytes of one AES block, the unit of the key stream. */
const CIPHER_BLOCK_BYTES = 16;
/** Bytes made at once where a whole content is gone through. */
export const CONTENT_CHUNK_BYTES = 1024 * 1024;

/** Content of `bytes` bytes from `seed`; any two seeds differ everywhere. */
export function randomContent(bytes: number, seed = 1): Content {
  const key = createHash("sha256").update(`p2pfs test content ${seed}`).digest().subarray(0, 16);
  return {
    bytes,
    read(offset, length) {
      const end = Math.min(bytes, offset + length);
      if (end <= offset) return Buffer.alloc(0);
      const skipped = offset % CIPHER_BLOCK_BYTES;
      const counter = Buffer.alloc(CIPHER_BLOCK_BYTES);
      counter.writeBigUInt64BE(BigInt((offset - skipped) / CIPHER_BLOCK_BYTES), 8);
      const cipher = createCipheriv("aes-128-ctr", key, counter);
      return cipher.update(Buffer.alloc(skipped + end - offset)).subarray(skipped);
    },
  };
}

/** Content that is exactly these bytes. */
export function fixedContent(bytes: Buffer | string): Content {
  const buffer = Buffer.from(bytes);
  return {
    bytes: buffer.length,
    read: (offset, length) => buffer.subarray(offset, offset + length),
  };
}

/** Goes through a content in order, chunk by chunk. */
export function* chunksOf(content: Content, chunkBytes = CONTENT_CHUNK_BYTES): Generator<Buffer> {
  for (let offset = 0; offset < content.bytes; offset += chunkBytes) yield content.read(offset, chunkBytes);
}

/** Digest of a whole content, hexadecimal. Makes a GiB in about two seconds. */
export function digestOf(content: Content, algorithm = "sha256"): string {
  const hash: Hash = createHash(algorithm);
  for (const chunk of chunksOf(content)) hash.update(chunk);
  return hash.digest("hex");
}
