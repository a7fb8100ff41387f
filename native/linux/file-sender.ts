/** Files to sockets by sendfile(2), on threads of the addon's own: the bytes do not enter the process (file_sender.h). */
import type { Socket } from "node:net";
import { CancelledError, P2pfsError } from "../../base/errors.ts";
import { fromErrno } from "./errno-error.ts";

/** The addon's functions. Results are 0 or -errno. */
export interface FileSenderExports {
  fileSenderOpen(): object;
  fileSenderSend(
    sender: object,
    id: number,
    socket: number,
    file: number,
    offset: number,
    length: number,
    stallMs: number,
  ): Promise<number>;
  fileSenderCancel(sender: object, id: number): void;
  fileSenderClose(sender: object): void;
}

/** Bytes of a file; the descriptor may be closed once they were asked for. */
export interface FileStretch {
  readonly fd: number;
  readonly offset: number;
  readonly length: number;
}

/** Closed by whoever opened it. */
export class FileSender {
  readonly #exports: FileSenderExports;
  readonly #sender: object;
  #next = 1;

  constructor(exports: FileSenderExports) {
    this.#exports = exports;
    this.#sender = exports.fileSenderOpen();
  }

  /** The descriptor of a socket that speaks plainly; undefined for TLS, and for what is no socket of the kernel's. */
  static descriptorOf(socket: Socket): number | undefined {
    if ("encrypted" in socket) return undefined;
    const handle = (socket as { _handle?: { fd?: unknown } | null })._handle;
    return typeof handle?.fd === "number" && handle.fd >= 0 ? handle.fd : undefined;
  }

  /**
   * Sends a stretch; resolves when all of it is with the kernel. Nothing else may be written to the socket meanwhile; it may be
   * closed.
   * @param socket see descriptorOf
   * @param stallMs longest the other side may take nothing
   * @throws the signal's reason; DeadlineError; IO where the file is too short; UnavailableError; CLOSED after close()
   */
  async send(socket: number, file: FileStretch, stallMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const id = this.#next++;
    const onAbort = () => this.#exports.fileSenderCancel(this.#sender, id);
    signal.addEventListener("abort", onAbort, { once: true });
    const { fd, offset, length } = file;
    const result = await this.#exports
      .fileSenderSend(this.#sender, id, socket, fd, offset, length, stallMs)
      .finally(() => signal.removeEventListener("abort", onAbort));
    if (result === 0) return;
    signal.throwIfAborted();
    if (result === -ENODATA) throw new P2pfsError("IO", "the content file has fewer bytes than it should");
    if (result === -ECANCELED || result === -EBADF) throw new CancelledError("nothing is sent any more");
    throw fromErrno(result, "the peer did not take the piece");
  }

  /** What is being sent is given up. Idempotent. */
  close(): void {
    this.#exports.fileSenderClose(this.#sender);
  }
}

/** asm-generic/errno.h */
const EBADF = 9;
const ENODATA = 61;
const ECANCELED = 125;
