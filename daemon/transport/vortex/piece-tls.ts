/**
 * TLS around vortex between hosts of p2pfs, on the port where Dragonfly's peers get pieces in clear: the first bytes of a
 * connection tell which it is. A full handshake for each piece would cost more than the piece's bytes, so sessions are resumed.
 */
import type { Socket } from "node:net";
import {
  connect,
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
} from "node:tls";
import type { Clock } from "../../../base/clock.ts";
import { PIECE_REQUEST_MS, PIECE_SESSION_SECONDS, PIECE_SESSIONS_MAX } from "../../../base/limits.ts";
import { type CertificateFiles, type CertificateTexts, contextOptions } from "../../tls/certificate-files.ts";
import { MutualTlsServer } from "../../tls/mutual-tls-server.ts";
import { checkServer } from "../../tls/server-name.ts";
import type { Parent } from "../transport.ts";

/** A TLS record of a handshake: its type, and the first byte of its version. No request of vortex has a tag of 3. */
const HANDSHAKE = [0x16, 0x03] as const;

/** Both sides are ours: nothing older, and the cheapest cipher that processors have instructions for comes first. */
const SETTINGS: SecureContextOptions = {
  minVersion: "TLSv1.3",
  ciphers: "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
};
/** So that no connection to another service of the same authority is taken for one of these. */
const PROTOCOL = "p2pfs-vortex";
/** OpenSSL resumes no session of clients that showed a certificate without it. */
const SESSION_CONTEXT = "p2pfs-vortex";

export interface TlsDoorOptions {
  readonly files: CertificateFiles;
  /** Connections in clear are closed. */
  readonly required: boolean;
  readonly clock: Clock;
  /** What comes through: a connection in clear, or one whose other side has shown a certificate of the authority. */
  readonly onConnection: (socket: Socket) => void;
  /** A handshake that failed, in OpenSSL's words. */
  readonly onRefused: (reason: string) => void;
}

/** The serving side. Closed by whoever made it. */
export class TlsDoor {
  readonly #options: TlsDoorOptions;
  readonly #server: MutualTlsServer;
  /** That have not come through yet. */
  readonly #waiting = new Set<Socket>();

  constructor(options: TlsDoorOptions) {
    this.#options = options;
    const { files, onConnection, onRefused } = options;
    this.#server = new MutualTlsServer({
      files,
      settings: {
        ...SETTINGS,
        ALPNProtocols: [PROTOCOL],
        handshakeTimeout: PIECE_REQUEST_MS,
        sessionIdContext: SESSION_CONTEXT,
        sessionTimeout: PIECE_SESSION_SECONDS,
        allowHalfOpen: true,
        noDelay: true,
      },
      onConnection,
      onRefused,
    });
  }

  /** Waits for the first bytes of a new connection, no longer than PIECE_REQUEST_MS. */
  take(socket: Socket): void {
    const { clock, required, onConnection } = this.#options;
    let came = Buffer.alloc(0);
    this.#waiting.add(socket);
    socket.once("close", () => this.#waiting.delete(socket));
    const timer = clock.schedule(PIECE_REQUEST_MS, () => socket.destroy());
    const settle = () => {
      timer.cancel();
      socket.off("data", onData);
      socket.off("end", onEnd);
      socket.off("close", settle);
    };
    const onEnd = () => {
      settle();
      socket.destroy();
    };
    const onData = (chunk: Buffer) => {
      came = Buffer.concat([came, chunk]);
      if (came.length < HANDSHAKE.length) return;
      settle();
      const isTls = HANDSHAKE.every((byte, at) => came[at] === byte);
      if (!isTls && required) {
        socket.destroy();
        return;
      }
      socket.pause();
      socket.unshift(came);
      if (isTls) this.#server.take(socket);
      else onConnection(socket);
    };
    socket.on("data", onData);
    socket.once("end", onEnd);
    socket.once("close", settle);
  }

  /** Ends connections that have not come through. Idempotent. */
  close(): void {
    this.#server.close();
    for (const socket of this.#waiting) socket.destroy();
  }
}

/** The asking side. Closed by whoever made it. */
export class TlsAsker {
  readonly #files: CertificateFiles;
  readonly #ends: readonly (() => void)[];
  #context: SecureContext;
  /** The newest ticket of each place, the longest unused first. */
  readonly #sessions = new Map<string, Buffer>();

  constructor(files: CertificateFiles) {
    const contextOf = (texts: CertificateTexts) =>
      createSecureContext({ ...SETTINGS, ...contextOptions(texts) });
    this.#files = files;
    this.#context = contextOf(files.texts);
    this.#ends = [
      files.onChange((texts) => {
        this.#context = contextOf(texts);
        this.#sessions.clear();
      }),
      // Who a server is, is looked at in full handshakes alone.
      files.refused.onChange(() => this.#sessions.clear()),
    ];
  }

  /** Tickets kept. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /**
   * A connection that is "secureConnect"ed once the other side has shown a certificate of the authority for its address.
   * @param onBytes @returns whether to go on reading; else `resume` of the connection does
   */
  connect({ ip, port }: Pick<Parent, "ip" | "port">, onBytes: (bytes: Buffer) => boolean): TLSSocket {
    const place = `${ip} ${port}`;
    const session = this.#sessions.get(place);
    const socket = connect({
      secureContext: this.#context,
      host: ip,
      port,
      ALPNProtocols: [PROTOCOL],
      checkServerIdentity: (name, certificate) => checkServer(name, certificate, this.#files.refused),
      ...(session === undefined ? {} : { session }),
    });
    socket.setNoDelay(true);
    // Not `onread`: several records that came at once are all handed on, whether or not the first was one too many.
    socket.on("data", (bytes: Buffer) => {
      if (!onBytes(bytes)) socket.pause();
    });
    socket.on("session", (ticket) => this.#keep(place, ticket));
    // Whatever was wrong, the next one begins from nothing.
    socket.once("error", () => this.#sessions.delete(place));
    return socket;
  }

  /** Idempotent. */
  close(): void {
    for (const end of this.#ends) end();
    this.#sessions.clear();
  }

  #keep(place: string, ticket: Buffer): void {
    this.#sessions.delete(place);
    this.#sessions.set(place, ticket);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > PIECE_SESSIONS_MAX && oldest !== undefined) this.#sessions.delete(oldest);
  }
}
