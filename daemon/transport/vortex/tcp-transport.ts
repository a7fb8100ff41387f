/**
 * Pieces from parents over vortex TCP: one connection per piece, whose bytes go straight into the content file. Nothing is
 * announced before the piece's digest was checked. Chooses no parent and tries nothing twice: the engine does.
 */
import { connect, type Socket } from "node:net";
import type { Clock } from "../../../base/clock.ts";
import { crc32Combine, crc32Digest } from "../../../base/crc32.ts";
import { type DeadlineSignal, deadlineSignal } from "../../../base/deadline.ts";
import type { Destination, FetchResult } from "../../../base/destination.ts";
import {
  IntegrityError,
  InvalidInputError,
  NotFoundError,
  P2pfsError,
  UnavailableError,
} from "../../../base/errors.ts";
import { type BufferPool, FilePump } from "../../../base/file-pump.ts";
import {
  PIECE_CONNECT_MS,
  PIECE_PROGRESS_BYTES,
  PIECE_SILENCE_MS,
  PIECE_SOCKET_BYTES,
  VORTEX_CONNECTIONS_MAX,
} from "../../../base/limits.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { CertificateFiles } from "../../tls/certificate-files.ts";
import type { Parent, PieceFetch, Transport } from "../transport.ts";
import { decodeAnswer, ERROR_CODE, encodeRequest, type PieceMetadata } from "./packet.ts";
import { TlsAsker } from "./piece-tls.ts";

/** Bytes of an answer before the piece that are gathered at most. */
const HEAD_BYTES_MAX = 8192;

export interface VortexTransportOptions {
  readonly clock: Clock;
  readonly buffers: BufferPool;
  /** TLS with parents of p2pfs; default: all are asked in clear, as Dragonfly's. */
  readonly tls?: { readonly files: CertificateFiles; readonly required: boolean };
}

/** How a parent is connected to. */
type Open = (
  parent: Parent,
  onBytes: (bytes: Buffer) => boolean,
) => { readonly socket: Socket; readonly ready: string };

/** What a fetched piece came to. */
type Fetched = FetchResult & { readonly digest: string };

export class VortexTcpTransport implements Transport {
  readonly #options: VortexTransportOptions;
  readonly #asker: TlsAsker | undefined;
  readonly #connections = new Set<PieceConnection>();
  #closed = false;

  constructor(options: VortexTransportOptions) {
    this.#options = options;
    this.#asker = options.tls === undefined ? undefined : new TlsAsker(options.tls.files);
  }

  /** Connections open now. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  async fetch(parent: Parent, piece: PieceFetch, signal: AbortSignal): Promise<Fetched> {
    if (this.#closed) throw new UnavailableError("the daemon is stopping", {}, "CLOSED");
    signal.throwIfAborted();
    if (this.#connections.size >= VORTEX_CONNECTIONS_MAX)
      throw new P2pfsError(
        "TOO_MANY",
        `more than ${VORTEX_CONNECTIONS_MAX} pieces are fetched from peers at once`,
      );
    const connection = new PieceConnection({ ...this.#options, open: this.#open }, parent, piece);
    this.#connections.add(connection);
    try {
      return await connection.run(signal);
    } finally {
      this.#connections.delete(connection);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const reason = new UnavailableError("the daemon is stopping", {}, "CLOSED");
    await Promise.all([...this.#connections].map((connection) => connection.end(reason)));
    this.#asker?.close();
  }

  /** In TLS where the parent offers it, or where it must: then whatever the parent says. */
  readonly #open: Open = (parent, onBytes) => {
    const inTls = this.#options.tls?.required || parent.offersTls;
    if (inTls && this.#asker !== undefined)
      return { socket: this.#asker.connect(parent, onBytes), ready: "secureConnect" };
    return { socket: openInClear(parent, onBytes), ready: "connect" };
  };
}

function openInClear({ ip, port }: Parent, onBytes: (bytes: Buffer) => boolean): Socket {
  const buffer = Buffer.allocUnsafeSlow(PIECE_SOCKET_BYTES);
  const callback = (count: number) => onBytes(buffer.subarray(0, count));
  return connect({ host: ip, port, noDelay: true, onread: { buffer, callback } });
}

/** A block that came, and is told once the whole piece was checked. */
interface Block {
  readonly number: number;
  readonly length: number;
  readonly crc: number;
}

type ConnectionOptions = VortexTransportOptions & { readonly open: Open };

class PieceConnection {
  readonly #options: ConnectionOptions;
  readonly #parent: Parent;
  readonly #piece: PieceFetch;
  readonly #blocks: Block[] = [];
  readonly #pump: FilePump;
  readonly #ended: Promise<void>;
  #settle: (error?: unknown) => void = () => {};
  #finish: () => void = () => {};
  #deadline: DeadlineSignal | undefined;
  #socket: Socket | undefined;
  #head: Buffer | undefined = Buffer.alloc(0);
  #metadata: PieceMetadata | undefined;
  #crc = 0;
  /** Bytes that came since the deadline was moved. */
  #sinceExtended = 0;

  constructor(options: ConnectionOptions, parent: Parent, piece: PieceFetch) {
    this.#options = options;
    this.#parent = parent;
    this.#piece = piece;
    const { into } = piece;
    const checked: Destination = {
      fd: into.fd,
      offset: into.offset,
      length: into.length,
      ...(into.has === undefined ? {} : { has: (block) => into.has?.(block) ?? false }),
      onBlock: (number, length, crc) => {
        this.#blocks.push({ number, length, crc });
        this.#crc = crc32Combine(this.#crc, crc, length);
      },
    };
    this.#pump = new FilePump(checked, options.buffers);
    this.#ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  async run(signal: AbortSignal): Promise<Fetched> {
    const { clock } = this.#options;
    const deadline = deadlineSignal(clock, `an answer of the parent ${this.#name}`, PIECE_CONNECT_MS, signal);
    this.#deadline = deadline;
    const onAbort = () => this.#settle(deadline.signal.reason);
    deadline.signal.addEventListener("abort", onAbort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = (error) => (error === undefined ? resolve() : reject(error));
        if (deadline.signal.aborted) onAbort();
        else this.#open();
      });
      return await this.#check();
    } catch (error) {
      await this.#pump.abort();
      throw error;
    } finally {
      deadline.close();
      this.#socket?.destroy();
      this.#finish();
    }
  }

  /** Gives up; resolves when nothing is written any more. */
  end(reason: Error): Promise<void> {
    this.#settle(reason);
    return this.#ended;
  }

  get #name(): string {
    const { ip, port, peerId } = this.#parent;
    return `${peerId} (${ip}:${port})`;
  }

  #open(): void {
    const { taskId, piece } = this.#piece;
    const { socket, ready } = this.#options.open(this.#parent, (bytes) => this.#take(bytes));
    this.#socket = socket;
    socket.once(ready, () => {
      this.#deadline?.extend(PIECE_SILENCE_MS);
      socket.write(encodeRequest({ family: "standard", taskId, piece }, 0));
    });
    socket.once("error", (error) =>
      this.#settle(
        new UnavailableError(`the parent ${this.#name} failed: ${error.message}`, { cause: error }),
      ),
    );
    socket.once("end", () => this.#cutShort());
    socket.once("close", () => this.#cutShort());
  }

  #cutShort(): void {
    const { received } = this.#pump;
    if (this.#metadata === undefined || received < this.#metadata.length)
      this.#settle(
        new UnavailableError(
          `the parent ${this.#name} closed the connection after ${received} bytes of the piece`,
        ),
      );
  }

  /** Who sends next to nothing is as good as silent. */
  #progress(bytes: number): void {
    this.#sinceExtended += bytes;
    if (this.#sinceExtended < PIECE_PROGRESS_BYTES) return;
    this.#sinceExtended = 0;
    this.#deadline?.extend(PIECE_SILENCE_MS);
  }

  /** @returns whether to go on reading: the buffer is used again at once */
  #take(chunk: Buffer): boolean {
    try {
      this.#progress(chunk.length);
      if (this.#head === undefined) return this.#move(chunk);
      const rest = this.#readHead(Buffer.concat([this.#head, chunk]));
      return rest === undefined || rest.length === 0 || this.#move(rest);
    } catch (error) {
      this.#settle(
        error instanceof InvalidInputError
          ? new IntegrityError(`the parent ${this.#name} does not speak vortex: ${error.message}`)
          : error,
      );
      return false;
    }
  }

  /** @returns what came of the piece behind the answer's head; undefined while that is not whole */
  #readHead(came: Buffer): Buffer | undefined {
    const answer = decodeAnswer(came, "standard");
    if (answer === undefined) {
      if (came.length > HEAD_BYTES_MAX) throw new InvalidInputError("its answer has no end");
      this.#head = came;
      return undefined;
    }
    if (answer.kind === "error") throw refusal(this.#name, answer);
    this.#head = undefined;
    this.#metadata = this.#checkedMetadata(answer.metadata);
    const rest = came.subarray(answer.bytes);
    if (rest.length === 0 && this.#metadata.length === 0) this.#settle();
    return rest;
  }

  #checkedMetadata(metadata: PieceMetadata): PieceMetadata {
    const { piece, into, digest } = this.#piece;
    const wrong = (what: string) => new IntegrityError(`the parent ${this.#name} sent ${what}`);
    if (metadata.number !== piece) throw wrong(`piece ${metadata.number} in place of ${piece}`);
    if (metadata.offset !== into.offset)
      throw wrong(`piece ${piece} at ${metadata.offset} in place of ${into.offset}`);
    if (into.length !== undefined && metadata.length !== into.length)
      throw wrong(`${metadata.length} bytes for piece ${piece} in place of ${into.length}`);
    if (digest !== undefined && metadata.digest !== "" && metadata.digest !== digest)
      throw wrong(`piece ${piece} with the digest ${metadata.digest} in place of ${digest}`);
    return metadata;
  }

  #move(chunk: Buffer): boolean {
    const pause = this.#pump.write(chunk);
    const isWhole = () => this.#pump.received === this.#metadata?.length;
    if (pause === undefined) {
      if (isWhole()) this.#settle();
      return true;
    }
    pause.then(
      () => (isWhole() ? this.#settle() : this.#socket?.resume()),
      (error) => this.#settle(error),
    );
    return false;
  }

  async #check(): Promise<Fetched> {
    const result = await this.#pump.end();
    const actual = crc32Digest(this.#crc);
    const { digest } = this.#piece;
    // A parent that never computed one sends none: then only what is known from elsewhere can be compared.
    const told = this.#metadata?.digest ?? "";
    for (const expected of [told, digest ?? ""])
      if (expected !== "" && expected !== actual)
        throw new IntegrityError(
          `the parent ${this.#name} sent bytes with the digest ${actual}, not ${expected}`,
        );
    for (const { number, length, crc } of this.#blocks) this.#piece.into.onBlock(number, length, crc);
    return { ...result, digest: actual };
  }
}

function refusal(name: string, { code, message }: { code: number; message: string }): P2pfsError {
  const said = `the parent ${name} says: ${message}`;
  if (code === ERROR_CODE.NOT_FOUND) return new NotFoundError(said);
  return fromUnknown(new UnavailableError(said));
}
