/**
 * Opens connections for undici: finds addresses, asks the guard about each, goes through a proxy where one is set, does TLS,
 * all within one time. Connections read into buffers of their own. It sends nothing.
 */
import { setMaxListeners } from "node:events";
import {
  connect as connectPlain,
  isIP,
  type LookupFunction,
  type Socket,
  type TcpNetConnectOpts,
} from "node:net";
import { connect as connectTls, type SecureContext, type TLSSocket } from "node:tls";
import type { buildConnector } from "undici";
import type { Clock } from "../../../base/clock.ts";
import { deadlineSignal, orAborted } from "../../../base/deadline.ts";
import { DeadlineError, type P2pfsError, PermissionError, UnavailableError } from "../../../base/errors.ts";
import {
  ADDRESS_ATTEMPT_MS,
  SOCKET_READ_BYTES,
  TLS_READ_BYTES,
  TLS_SESSIONS_MAX,
} from "../../../base/limits.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { AddressGuard } from "../address-guard.ts";
import type { HostAddress, HostLookup } from "../name-lookup.ts";
import type { Asker } from "../source.ts";
import type { WebProxy } from "./proxies.ts";
import { ReadBuffers, readOnDemand } from "./reading.ts";
import { openTunnel } from "./tunnel.ts";

export interface ConnectorOptions {
  readonly clock: Clock;
  readonly names: HostLookup;
  /** Undefined: not asked, for connections to a configured proxy. */
  readonly guard: { readonly of: AddressGuard; readonly asker: Asker } | undefined;
  readonly connectTimeoutMs: number;
  /** Called for TLS alone; rejects when a certificate given with the request is none. */
  readonly secureContext: () => Promise<SecureContext>;
  readonly insecureSkipVerify: boolean;
  /** The proxy for a TLS connection to this place, if any. */
  readonly tunnelFor: (host: string, port: number) => WebProxy | undefined;
}

/** Seconds of silence after which the kernel probes a connection. */
const TCP_KEEPALIVE_MS = 60_000;

export class Connector {
  readonly #options: ConnectorOptions;
  /** host:port → session, oldest first. */
  readonly #sessions = new Map<string, Buffer>();
  readonly #closing = new AbortController();

  constructor(options: ConnectorOptions) {
    this.#options = options;
    // Each connection that is being opened listens.
    setMaxListeners(0, this.#closing.signal);
  }

  /** The function undici takes as its `connect` option. Errors are P2pfsErrors, for which it never tries again by itself. */
  readonly connect: buildConnector.connector = (target, callback) => {
    this.#open(target).then(
      (socket) => callback(null, socket),
      (error: P2pfsError) => callback(error, null),
    );
  };

  /** Ends connections being opened. Idempotent. */
  close(): void {
    this.#closing.abort(new UnavailableError("the source is closed", {}, "CLOSED"));
  }

  async #open(target: buildConnector.Options): Promise<Socket | TLSSocket> {
    const { clock, connectTimeoutMs } = this.#options;
    const secure = target.protocol === "https:";
    const host = target.hostname;
    const port = Number(target.port || (secure ? 443 : 80));
    const place = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
    const deadline = deadlineSignal(
      clock,
      `a connection to ${place}`,
      connectTimeoutMs,
      this.#closing.signal,
    );
    try {
      const proxy = secure ? this.#options.tunnelFor(host, port) : undefined;
      if (proxy !== undefined) {
        // The name is resolved beyond the proxy; here only a literal address can be judged.
        if (isIP(host) !== 0) this.#options.guard?.of.check(host, port, this.#options.guard.asker);
        // Made first: a tunnel that is there must not wait for it.
        await this.#options.secureContext();
        const tunnel = await openTunnel(proxy, place, this.#options, deadline.signal);
        return await this.#secured({ host, port, socket: tunnel }, deadline.signal);
      }
      const way = { host, port, addresses: await this.#permitted(host, port, deadline.signal) };
      return await (secure ? this.#secured(way, deadline.signal) : plain(way, deadline.signal));
    } catch (error) {
      throw asConnectError(error, place);
    } finally {
      deadline.close();
    }
  }

  /** @throws PermissionError when no address of the host may be reached */
  async #permitted(host: string, port: number, signal: AbortSignal): Promise<readonly HostAddress[]> {
    const found = await orAborted(this.#options.names.addresses(host, signal), signal);
    const { guard } = this.#options;
    if (guard === undefined) return found;
    const permitted = found.filter(
      ({ address }) => guard.of.refusal(address, port, guard.asker) === undefined,
    );
    const [first] = found;
    if (permitted.length === 0 && first !== undefined) guard.of.check(first.address, port, guard.asker);
    return permitted;
  }

  async #secured(way: Way, signal: AbortSignal): Promise<TLSSocket> {
    const secureContext = await this.#options.secureContext();
    const key = `${way.host}:${way.port}`;
    const session = this.#sessions.get(key);
    const buffers = new ReadBuffers(TLS_READ_BYTES);
    const socket = connectTls({
      ...(way.socket === undefined
        ? { ...addressOptions(way), highWaterMark: buffers.highWaterMark, onread: buffers.onread }
        : { socket: way.socket, host: way.host }),
      // A server name is never an address (RFC 6066 §3).
      ...(isIP(way.host) === 0 ? { servername: way.host } : {}),
      ...(session === undefined ? {} : { session }),
      secureContext,
      rejectUnauthorized: !this.#options.insecureSkipVerify,
      ALPNProtocols: ["http/1.1"],
    });
    buffers.attach(socket);
    socket.on("session", (fresh: Buffer) => this.#keepSession(key, fresh));
    return opened(socket, "secureConnect", signal);
  }

  #keepSession(key: string, session: Buffer): void {
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size <= TLS_SESSIONS_MAX) return;
    const oldest = this.#sessions.keys().next().value;
    if (oldest !== undefined) this.#sessions.delete(oldest);
  }
}

/** How a place is reached: by addresses, or through a socket that leads there. */
interface Way {
  readonly host: string;
  readonly port: number;
  readonly addresses?: readonly HostAddress[];
  readonly socket?: Socket;
}

function addressOptions(way: Way) {
  const found = way.addresses ?? [];
  const lookup: LookupFunction = (_host, options, callback) => {
    // node:net asks for all where it may try one after the other, else for one.
    if (options.all === true) callback(null, [...found]);
    else callback(null, found[0]?.address ?? way.host, found[0]?.family ?? 0);
  };
  return {
    host: way.host,
    port: way.port,
    lookup,
    autoSelectFamily: found.length > 1,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
  };
}

function plain(way: Way, signal: AbortSignal): Promise<Socket> {
  const buffers = new ReadBuffers(SOCKET_READ_BYTES);
  // highWaterMark is node:stream's, handed on by node:net; its types leave it out.
  const options: TcpNetConnectOpts & { highWaterMark: number } = {
    ...addressOptions(way),
    highWaterMark: buffers.highWaterMark,
    onread: buffers.onread,
  };
  const socket = connectPlain(options);
  buffers.attach(socket);
  return opened(socket, "connect", signal);
}

function opened<S extends Socket>(
  socket: S,
  event: "connect" | "secureConnect",
  signal: AbortSignal,
): Promise<S> {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, TCP_KEEPALIVE_MS);
  return new Promise<S>((resolve, reject) => {
    const onAbort = () => {
      settle();
      socket.destroy();
      reject(signal.reason);
    };
    const onError = (error: Error) => {
      settle();
      reject(error);
    };
    const onOpen = () => {
      settle();
      readOnDemand(socket);
      resolve(socket);
    };
    const settle = () => {
      signal.removeEventListener("abort", onAbort);
      socket.off(event, onOpen);
    };
    // Stays: an error between this and undici's own listener must not end the process.
    socket.on("error", onError);
    socket.once(event, onOpen);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}

function asConnectError(error: unknown, place: string): P2pfsError {
  const known = fromUnknown(error, `cannot connect to ${place}`);
  if (known instanceof PermissionError || known instanceof UnavailableError || known instanceof DeadlineError)
    return known;
  if (known.code === "DEADLINE") return new DeadlineError(known.message, { cause: error });
  if (known.code === "UNAVAILABLE" || known.code === "SOURCE_REFUSED")
    return new UnavailableError(known.message, { cause: error, details: known.details }, known.code);
  return known;
}
