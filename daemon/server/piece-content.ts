/**
 * Pieces with their bytes, for clients that take content over the socket. A message is encoded around the bytes, which
 * are read from the content file straight into their place, and one budget bounds what all calls hold at once.
 */
import assert from "node:assert/strict";
import { read as readCallback } from "node:fs";
import { promisify } from "node:util";
import { P2pfsError } from "../../base/errors.ts";
import { PIECE_CONTENT_BYTES_MAX, PIECE_CONTENT_SPARE_MAX } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { Piece } from "../../proto/gen/common/v2/Piece.ts";
import type { DownloadTaskResponse } from "../../proto/gen/dfdaemon/v2/DownloadTaskResponse.ts";
import { DfdaemonDownload } from "../../proto/local.ts";

const read = promisify(readCallback);

/** Field numbers (dfdaemon.proto, common.proto), all length-delimited and below 16: their tags are one byte. */
const RESPONSE_PIECE_FINISHED = 5;
const FINISHED_PIECE = 1;
const PIECE_CONTENT = 6;

/** Where a piece's bytes are. */
export interface PieceBytes {
  readonly fd: number;
  readonly offset: number;
  readonly length: number;
}

const serialize = DfdaemonDownload.service.DownloadTask.responseSerialize;

/**
 * The bytes of a DownloadTaskResponse with a finished piece and its content, in a buffer to be given back.
 * @throws P2pfsError when the content cannot be read
 */
export async function encodePieceFinished(
  parts: { readonly head: DownloadTaskResponse; readonly piece: Piece; readonly content: PieceBytes },
  buffers: PieceBuffers,
): Promise<Buffer> {
  const { content } = parts;
  const head = serialize(parts.head);
  const piece = inner(inner(serialize({ downloadPieceFinishedResponse: { piece: parts.piece } })));
  const contentTag = lengthDelimited(PIECE_CONTENT, content.length);
  const pieceLength = piece.length + contentTag.length + content.length;
  const pieceTag = lengthDelimited(FINISHED_PIECE, pieceLength);
  const finishedTag = lengthDelimited(RESPONSE_PIECE_FINISHED, pieceTag.length + pieceLength);
  const before = [head, finishedTag, pieceTag, piece, contentTag];
  const start = before.reduce((sum, part) => sum + part.length, 0);
  const message = buffers.take(start + content.length);
  let at = 0;
  for (const part of before) {
    message.set(part, at);
    at += part.length;
  }
  try {
    await readFully(message, start, content);
    return message;
  } catch (error) {
    buffers.give(message);
    throw error;
  }
}

/** What a message holds whose only field is another message. */
function inner(message: Uint8Array): Uint8Array {
  let at = 1;
  while (((message[at] ?? 0) & 0x80) !== 0) at += 1;
  return message.subarray(at + 1);
}

/** Fills the buffer from `start` on with content. @throws P2pfsError when it cannot be read */
export async function readFully(
  into: Buffer,
  start: number,
  { fd, offset, length }: PieceBytes,
): Promise<void> {
  for (let done = 0; done < length; ) {
    const { bytesRead } = await read(fd, into, start + done, length - done, offset + done).catch((error) =>
      Promise.reject(fromUnknown(error, "cannot read the content file")),
    );
    if (bytesRead === 0) throw new P2pfsError("IO", "the content file is shorter than its pieces");
    done += bytesRead;
  }
}

function lengthDelimited(field: number, length: number): Uint8Array {
  const bytes = [(field << 3) | 2];
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/**
 * Buffers for whole pieces, lent one at a time to each call. What is lent and what the connections still hold of earlier
 * messages stays within `PIECE_CONTENT_BYTES_MAX`; a single piece is always let through.
 */
export class PieceBuffers {
  readonly #spare: Buffer[] = [];
  readonly #waiting: (() => void)[] = [];
  #usedBytes = 0;

  /**
   * Resolves when a piece of this length may be sent; call the result when it has left.
   * @throws the signal's reason
   */
  async admit(length: number, signal: AbortSignal): Promise<() => void> {
    // Once in our buffer, once in the frame that grpc-js makes of it.
    const bytes = 2 * length;
    while (this.#usedBytes > 0 && this.#usedBytes + bytes > PIECE_CONTENT_BYTES_MAX) await this.#turn(signal);
    this.#usedBytes += bytes;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#usedBytes -= bytes;
      for (const wake of this.#waiting.splice(0)) wake();
    };
  }

  /** A buffer of exactly this many bytes, with anything in it. */
  take(bytes: number): Buffer {
    const index = this.#spare.findIndex((buffer) => buffer.length >= bytes);
    const spare = index === -1 ? undefined : this.#spare.splice(index, 1)[0];
    return (spare ?? Buffer.allocUnsafeSlow(bytes)).subarray(0, bytes);
  }

  /** Gives a buffer back for the next piece. */
  give(buffer: Buffer): void {
    assert.equal(buffer.byteOffset, 0, "buffers are lent from their beginning");
    if (this.#spare.length < PIECE_CONTENT_SPARE_MAX) this.#spare.push(Buffer.from(buffer.buffer));
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1);
        reject(signal.reason);
      };
      const wake = () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(wake);
    });
  }
}
