/**
 * Serves finished pieces to other peers over vortex TCP, as Dragonfly's peers do: one request per connection, the piece, and
 * the connection is closed. What is served, and whether at all, the store says; nothing here looks at tasks.
 */
import { read } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { promisify } from "node:util";
import type { BufferPool } from "../../../base/buffer-pool.ts";
import type { Clock, Timer } from "../../../base/clock.ts";
import { P2pfsError } from "../../../base/errors.ts";
import {
  BLOCK_BYTES,
  PIECE_REQUEST_MS,
  PIECE_SEND_STALL_MS,
  SERVED_PIECES_MAX,
  SERVER_BACKLOG,
} from "../../../base/limits.ts";
import type { Logger } from "../../../base/logger.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { CertificateFiles } from "../../tls/certificate-files.ts";
import {
  beginsRequest,
  decodeRequest,
  ERROR_CODE,
  encodeContent,
  encodeError,
  HEADER_BYTES,
  type PieceMetadata,
  type PieceRequest,
  REQUEST_PACKET_BYTES,
} from "./packet.ts";
import { TlsDoor } from "./piece-tls.ts";

const readAt = promisify(read);

/** A piece that is being served. */
export interface ServedPiece {
  readonly metadata: PieceMetadata;
  /** Of the content file, at the same offsets; valid until close(). */
  readonly fd: number;
  /** All of it is on its way. Called once at most, before close(). */
  sent?(): void;
  /** The piece was sent, or nobody wants it any more. Idempotent. */
  close(): Promise<void>;
}

/** Where pieces come from. */
export interface PieceStore {
  /**
   * The piece, once it is finished; may wait for one that is about to be.
   * @returns undefined when there is none
   * @throws P2pfsError what the client is told as an internal error
   */
  piece(request: PieceRequest, signal: AbortSignal): Promise<ServedPiece | undefined>;
}

/**
 * Has the kernel send a stretch of a file, all of which is with it when the promise resolves.
 * @returns undefined: not over this socket. @throws the signal's reason; what the file or the peer says
 */
export type SendFile = (
  socket: Socket,
  file: { readonly fd: number; readonly offset: number; readonly length: number },
  signal: AbortSignal,
) => Promise<void> | undefined;

export interface PieceServerOptions {
  readonly store: PieceStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly buffers: BufferPool;
  /** Resolves when so many bytes may be sent; default: at once (upload.bandwidthLimit). */
  readonly allow?: (bytes: number, signal: AbortSignal) => Promise<void>;
  /** Default: pieces are read into buffers and written. */
  readonly sendFile?: SendFile | undefined;
  /** Told of bytes sent. */
  readonly onSent?: (bytes: number) => void;
  /** TLS for children of p2pfs; default: all are served in clear, as Dragonfly's. */
  readonly tls?: { readonly files: CertificateFiles; readonly required: boolean };
}

/** Closed by whoever opened it. */
export class PieceServer {
  readonly #options: PieceServerOptions;
  readonly #server: Server;
  readonly #door: TlsDoor | undefined;
  readonly #serving = new Map<Socket, AbortController>();
  readonly #ends = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(options: PieceServerOptions) {
    this.#options = options;
    this.#door = this.#doorOf(options);
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      // Closed as well, then.
      socket.on("error", () => {});
      if (this.#door === undefined) this.#accept(socket);
      else this.#door.take(socket);
    });
    // Beyond it they are closed at once: their peers ask another parent.
    this.#server.maxConnections = SERVED_PIECES_MAX;
  }

  /** Connections served now. */
  get connectionCount(): number {
    return this.#serving.size;
  }

  /** @returns the port in use. @throws P2pfsError when the address cannot be had */
  listen(ip: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error) => reject(fromUnknown(error, `cannot listen on ${ip}:${port}`)));
      this.#server.listen({ host: ip, port, backlog: SERVER_BACKLOG }, () => {
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#door?.close();
    for (const [socket, controller] of this.#serving) {
      controller.abort(new P2pfsError("CLOSED", "the daemon is stopping"));
      socket.destroy();
    }
    await closed;
    await Promise.all(this.#ends);
  }

  #doorOf({ tls, clock, log }: PieceServerOptions): TlsDoor | undefined {
    if (tls === undefined) return undefined;
    return new TlsDoor({
      ...tls,
      clock,
      onConnection: (socket) => this.#accept(socket),
      onRefused: (reason) => log.debug({ reason }, "piece-handshake-failed"),
    });
  }

  #accept(socket: Socket): void {
    const controller = new AbortController();
    this.#serving.set(socket, controller);
    socket.once("close", () => {
      this.#serving.delete(socket);
      controller.abort(new P2pfsError("CLOSED", "the peer is gone"));
    });
    // Closed as well, then.
    socket.on("error", () => {});
    const end = this.#serve(socket, controller.signal)
      .catch((error) => {
        const { code, message } = fromUnknown(error);
        if (controller.signal.aborted) return;
        // A child that went away, or takes nothing, is no trouble of ours.
        const level = code === "UNAVAILABLE" || code === "DEADLINE" ? "debug" : "warn";
        this.#options.log[level]({ code, reason: message }, "piece not served");
      })
      .finally(() => {
        socket.destroySoon();
        this.#ends.delete(end);
      });
    this.#ends.add(end);
  }

  async #serve(socket: Socket, signal: AbortSignal): Promise<void> {
    const request = await this.#request(socket);
    // As Dragonfly's server: what is no request is not answered.
    if (request === undefined) return;
    const { id, family } = request;
    let piece: ServedPiece | undefined;
    try {
      piece = await this.#options.store.piece(request, signal);
    } catch (error) {
      await this.#send(socket, encodeError(ERROR_CODE.INTERNAL, fromUnknown(error).message, id), signal);
      throw error;
    }
    if (piece === undefined) {
      const text = `piece ${request.taskId}-${request.piece} not found`;
      await this.#send(socket, encodeError(ERROR_CODE.NOT_FOUND, text, id), signal);
      return;
    }
    try {
      await this.#options.allow?.(piece.metadata.length, signal);
      await this.#send(socket, encodeContent(family, piece.metadata, id), signal);
      await (this.#sendFile(socket, piece, signal) ?? this.#sendBytes(socket, piece, signal));
      piece.sent?.();
    } finally {
      await piece.close();
    }
  }

  /** @returns undefined for anything else than one request in time */
  #request(socket: Socket): Promise<ReturnType<typeof decodeRequest>> {
    return new Promise((resolve) => {
      let came = Buffer.alloc(0);
      const timer = this.#options.clock.schedule(PIECE_REQUEST_MS, () => settle(undefined));
      const settle = (request: ReturnType<typeof decodeRequest>) => {
        timer.cancel();
        socket.off("data", onData);
        // An end that comes from now on is noticed, and what is sent against the protocol is thrown away.
        socket.resume();
        resolve(request);
      };
      const onData = (chunk: Buffer) => {
        came = Buffer.concat([came, chunk]);
        if (came.length >= HEADER_BYTES && !beginsRequest(came)) settle(undefined);
        else if (came.length >= REQUEST_PACKET_BYTES)
          settle(decodeRequest(came.subarray(0, REQUEST_PACKET_BYTES)));
      };
      socket.on("data", onData);
      // Whoever looked at the first bytes may have stopped it.
      socket.resume();
      socket.once("end", () => settle(undefined));
      socket.once("close", () => settle(undefined));
    });
  }

  /** @returns undefined where the kernel cannot do it by itself */
  #sendFile(socket: Socket, { fd, metadata }: ServedPiece, signal: AbortSignal): Promise<void> | undefined {
    const { sendFile, onSent } = this.#options;
    const { offset, length } = metadata;
    return sendFile?.(socket, { fd, offset, length }, signal)?.then(() => onSent?.(length));
  }

  /** A buffer's worth after the other; the next is read while the one before travels no further than the socket. */
  async #sendBytes(socket: Socket, { fd, metadata }: ServedPiece, signal: AbortSignal): Promise<void> {
    const { buffers, onSent } = this.#options;
    const end = metadata.offset + metadata.length;
    for (let offset = metadata.offset; offset < end; ) {
      const buffer = await buffers.lend(signal);
      try {
        const wanted = Math.min(BLOCK_BYTES, end - offset);
        const { bytesRead } = await readAt(fd, buffer, 0, wanted, offset);
        if (bytesRead === 0) throw new P2pfsError("IO", "the content file has fewer bytes than it should");
        await this.#send(socket, buffer.subarray(0, bytesRead), signal);
        offset += bytesRead;
        onSent?.(bytesRead);
      } finally {
        buffers.giveBack(buffer);
      }
    }
  }

  /** Resolves when the bytes are with the kernel: the buffer is used again. @throws P2pfsError when the peer takes nothing for long */
  #send(socket: Socket, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined;
      const settle = (error?: Error | null) => {
        timer?.cancel();
        signal.removeEventListener("abort", onAbort);
        if (error) reject(error);
        else resolve();
      };
      // A buffer that the kernel still reads is given back only after the socket is closed.
      const onAbort = () => socket.destroy();
      if (signal.aborted) return settle(fromUnknown(signal.reason));
      signal.addEventListener("abort", onAbort, { once: true });
      timer = this.#options.clock.schedule(PIECE_SEND_STALL_MS, () => socket.destroy());
      socket.write(bytes, settle);
    });
  }
}
