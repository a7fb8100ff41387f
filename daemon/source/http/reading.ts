/**
 * How a connection is read. Into buffers of its own, so that a GiB does not cost thousands of allocations; and only while its
 * reader is not pausing, so that nothing happens to the connection while he does. It knows nothing of HTTP.
 */
import type { OnReadOpts, Socket } from "node:net";
import { Duplex } from "node:stream";
import { SOCKET_COPY_BYTES } from "../../../base/limits.ts";

/**
 * Three are enough: whoever reads the stream holds at most one chunk (he pauses while he does), one more may lie in the
 * stream, and one is being filled. While the stream holds anything, further reads are copied.
 */
const BUFFER_COUNT = 3;

/**
 * Options for net.connect and tls.connect: `onread` with `highWaterMark`, which makes the stream stop reading at each chunk until
 * it is taken. Readers must be done with a chunk, or pause, before they take the next.
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

  /** To be called before anything is read. */
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

/**
 * Lets an open connection be read, and its end be noticed, only while its reader wants more. undici 7 takes the stream chunk by chunk
 * until there is none (`read()` is null) or its parser pauses; an end or a reset that comes while it pauses fails an assertion in
 * an event handler, which would end the process (nodejs/undici#5360, mended in version 8). The kernel keeps what comes meanwhile.
 */
export function readOnDemand(socket: Socket): void {
  // Not the socket's own, which begins to read whenever it is asked.
  const read = Duplex.prototype.read.bind(socket);
  const push = socket.push.bind(socket);
  const startReading = socket._read.bind(socket);
  /** The stream asked for more, and has not been given leave. */
  let wanted = false;
  /** The reader found nothing more, and waits. */
  let waiting = false;
  /** The end has come, and is not told yet. */
  let ended = false;

  socket._read = () => {
    wanted = true;
  };
  socket.read = (size?: number) => {
    const chunk: unknown = read(size);
    // A size is given only by the stream itself, which looks whether there is anything.
    if (size !== undefined) return chunk;
    waiting = chunk === null;
    if (waiting && ended) {
      ended = false;
      process.nextTick(push, null);
    } else if (waiting && wanted) {
      wanted = false;
      startReading(0);
    }
    return chunk;
  };
  socket.push = (chunk: unknown, encoding?: BufferEncoding) => {
    // The last records of TLS and its end may come in one go.
    if (chunk !== null || (waiting && socket.readableLength === 0)) return push(chunk, encoding);
    ended = true;
    return false;
  };
}
