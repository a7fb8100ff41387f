/**
 * Pieces from parents over vortex TCP: one connection per piece, whose bytes go straight into the content file. Nothing is
 * announced before the piece's digest was checked. Chooses no parent and tries nothing twice: the engine does.
 */
import { connect } from "node:net";
import type { BufferPool } from "../../../base/buffer-pool.ts";
import type { Clock } from "../../../base/clock.ts";
import { P2pfsError, UnavailableError } from "../../../base/errors.ts";
import {
  PIECE_SOCKET_BUFFERS_KEPT_MAX,
  PIECE_SOCKET_BYTES,
  VORTEX_CONNECTIONS_MAX,
} from "../../../base/limits.ts";
import type { CertificateFiles } from "../../tls/certificate-files.ts";
import type { Parent, PieceFetch, Transport } from "../transport.ts";
import { type Fetched, type Open, PieceConnection } from "./piece-connection.ts";
import { TlsAsker } from "./piece-tls.ts";

export interface VortexTransportOptions {
  readonly clock: Clock;
  readonly buffers: BufferPool;
  /** TLS with parents of p2pfs; default: all are asked in clear, as Dragonfly's. */
  readonly tls?: { readonly files: CertificateFiles; readonly required: boolean };
}

export class VortexTcpTransport implements Transport {
  readonly #options: VortexTransportOptions;
  readonly #asker: TlsAsker | undefined;
  readonly #connections = new Set<PieceConnection>();
  /** Of PIECE_SOCKET_BYTES, for the next connections: to make one for each piece costs more than to fill it. */
  readonly #idleBuffers: Buffer[] = [];
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
      return { socket: this.#asker.connect(parent, onBytes), ready: "secureConnect", release: () => {} };
    return this.#openInClear(parent, onBytes);
  };

  #openInClear({ ip, port }: Parent, onBytes: (bytes: Buffer) => boolean): ReturnType<Open> {
    const buffer = this.#idleBuffers.pop() ?? Buffer.allocUnsafeSlow(PIECE_SOCKET_BYTES);
    const callback = (count: number) => onBytes(buffer.subarray(0, count));
    const socket = connect({ host: ip, port, noDelay: true, onread: { buffer, callback } });
    const release = () => {
      if (this.#idleBuffers.length < PIECE_SOCKET_BUFFERS_KEPT_MAX) this.#idleBuffers.push(buffer);
    };
    return { socket, ready: "connect", release };
  }
}
