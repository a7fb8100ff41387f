/**
 * Buffers a connection reads into, so that a GiB does not cost thousands of allocations: node:net's `onread` fills them, and
 * long reads are handed to the stream as they are. It knows nothing of HTTP.
 */
import type { OnReadOpts, Socket } from "node:net";
import { SOCKET_COPY_BYTES } from "../../../base/limits.ts";

/**
 * Three are enough: whoever reads the stream holds at most one chunk (he pauses while he does), one more may lie in the
 * stream, and one is being filled. While the stream holds anything, further reads are copied.
 */
const BUFFER_COUNT = 3;

/**
 * Options for net.connect and tls.connect: `onread` with `highWaterMark`, which makes the stream stop reading at each chunk until
 * it is taken. Call `attach` with the socket before anything is read. Readers must be done with a chunk, or pause, before they
 * take the next.
 */
export class ReadBuffers {
  readonly highWaterMark = 1;
  readonly onread: OnReadOpts;
  readonly #buffers: readonly Buffer[];
  #filling = 0;
  #socket: Socket | undefined;

  constructor(bufferBytes: number) {
    this.#buffers = Array.from({ length: BUFFER_COUNT }, () => Buffer.allocUnsafeSlow(bufferBytes));
    this.onread = {
      // Taken before the first read and after each: the next buffer is always the one that nobody holds.
      buffer: () => this.#buffers[this.#filling] as Buffer,
      callback: (count, buffer) => this.#onRead(Buffer.from(buffer.buffer, buffer.byteOffset, count)),
    };
  }

  attach(socket: Socket): void {
    this.#socket = socket;
  }

  /** @returns whether to go on reading */
  #onRead(chunk: Buffer): boolean {
    const socket = this.#socket;
    if (socket === undefined) return false;
    if (chunk.length < SOCKET_COPY_BYTES || socket.readableLength > 0) return socket.push(Buffer.from(chunk));
    this.#filling = (this.#filling + 1) % BUFFER_COUNT;
    return socket.push(chunk);
  }
}
