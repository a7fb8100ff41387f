/**
 * The serving side of connections whose other end must show a certificate of the authority: shakes hands on connections that it
 * is handed, with the newest files, and ends those of names that are refused, at once. Listens on no port; what is said over the
 * connections is others' business.
 */
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import { type CertificateFiles, contextOptions } from "./certificate-files.ts";

export interface MutualTlsServerOptions {
  readonly files: CertificateFiles;
  /** What goes beyond certificates: protocols, versions, times. */
  readonly settings: TlsOptions;
  /** The handshake is over, and the other side is known. */
  readonly onConnection: (socket: TLSSocket) => void;
  /** A handshake that failed, in OpenSSL's words, or a name that is refused. */
  readonly onRefused: (reason: string) => void;
}

/** Closed by whoever made it, who also ends the connections. */
export class MutualTlsServer {
  readonly #options: MutualTlsServerOptions;
  readonly #server: Server;
  readonly #live = new Set<TLSSocket>();
  readonly #ends: readonly (() => void)[];

  constructor(options: MutualTlsServerOptions) {
    this.#options = options;
    const { files, settings, onRefused } = options;
    const contextOf = () => ({ ...settings, ...contextOptions(files.texts) });
    this.#server = createServer({ ...contextOf(), requestCert: true, rejectUnauthorized: true });
    this.#server.on("secureConnection", (socket) => this.#known(socket));
    this.#server.on("tlsClientError", (error, socket) => {
      onRefused(error.message);
      socket.destroy();
    });
    this.#ends = [
      // Tickets of before are no good then: their holders shake hands anew.
      files.onChange(() => this.#server.setSecureContext(contextOf())),
      files.refused.onChange(() => this.#endRefused()),
    ];
  }

  /** Shakes hands on it. */
  take(socket: Socket): void {
    this.#server.emit("connection", socket);
  }

  /** Watches nothing any more. Idempotent. */
  close(): void {
    for (const end of this.#ends) end();
  }

  #known(socket: TLSSocket): void {
    if (this.#isRefused(socket)) {
      this.#options.onRefused("the host was removed from the cluster");
      socket.destroy();
      return;
    }
    this.#live.add(socket);
    socket.once("close", () => this.#live.delete(socket));
    this.#options.onConnection(socket);
  }

  #endRefused(): void {
    for (const socket of [...this.#live]) if (this.#isRefused(socket)) socket.destroy();
  }

  #isRefused(socket: TLSSocket): boolean {
    const { refused } = this.#options.files;
    // Certificates are only parsed where somebody is refused.
    return refused.size > 0 && refused.has(socket.getPeerCertificate().subject?.CN);
  }
}
