/**
 * An HTTP/1.1 origin on raw sockets that breaks its word as told, below anything that could set it right, and records
 * every request. Each path has one behaviour; behaviour.ts says what there is.
 */
import { once } from "node:events";
import { createServer as createPlainServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import { type Behaviour, type PlannedAnswer, planAnswer, type Version } from "./behaviour.ts";
import { fixedContent } from "./content.ts";

/** Bytes written at once: small enough that a stall or a close falls where it was asked for. */
const WRITE_BYTES = 64 * 1024;
/** Longest request head taken, bytes; longer ones are cut off. */
const HEAD_BYTES_MAX = 64 * 1024;
/** What a slow body is cut into: so many writes a second. */
const SLOW_WRITES_PER_SECOND = 10;

/** A request as it came in. The object is kept up to date while it is answered. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names in lower case; the last of equal ones. */
  readonly headers: Readonly<Record<string, string>>;
  /** ms since the Unix epoch. */
  readonly at: number;
  /** Counts connections from 0: equal numbers shared one. */
  readonly connection: number;
  /** 0 until a head was sent. */
  readonly status: number;
  /** Body bytes that the kernel took. */
  readonly bodyBytes: number;
  /** "answering" until the body ended as it should or the connection was closed by either side. */
  readonly state: "answering" | "done" | "closed";
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type RequestInProgress = Mutable<RecordedRequest>;

export interface MisbehavingOptions {
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Certificate and key, PEM, for HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface MisbehavingOrigin {
  readonly port: number;
  /** HOST:PORT, as it stands in a URL. */
  readonly host: string;
  /** All requests so far, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Connections open now. */
  readonly connections: number;
  url(path: string): string;
  /**
   * Sets how a path (with its query, or without for any query) is answered from now on; "*" stands for every path that
   * has no behaviour of its own. Paths without any are 404.
   */
  serve(path: string, behaviour: Behaviour): void;
  requestsOf(path: string): readonly RecordedRequest[];
  /** Cuts all connections and stops listening. Idempotent. */
  stop(): Promise<void>;
}

/** One path: its behaviour, and what of it has already come to pass. */
interface Route {
  readonly behaviour: Behaviour;
  version: Version;
  failuresLeft: number;
}

/** Resolves to false when the connection ended before the kernel took the bytes. */
function send(socket: Socket, bytes: Buffer | string): Promise<boolean> {
  if (socket.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    socket.write(bytes, (error) => resolve(error === undefined || error === null));
  });
}

async function untilClosed(socket: Socket): Promise<void> {
  if (!socket.destroyed) await once(socket, "close").catch(() => undefined);
}

async function pause(socket: Socket, delayMs: number): Promise<void> {
  const controller = new AbortController();
  const onClose = () => controller.abort();
  socket.once("close", onClose);
  await delay(delayMs, undefined, { signal: controller.signal }).catch(() => undefined);
  socket.off("close", onClose);
}

/** The bytes at [offset, end) of the content, as the route has it by now, noticing when it becomes another. */
function readNow(route: Route, answer: PlannedAnswer, offset: number, end: number): Buffer {
  const { change } = route.behaviour;
  if (change === undefined || end < change.atByte) return answer.content.read(offset, end - offset);
  route.version = change.to;
  if (change.running === "old") return answer.content.read(offset, end - offset);
  const keep = Math.max(0, change.atByte - offset);
  const kept = answer.content.read(offset, Math.min(keep, end - offset));
  return Buffer.concat([kept, change.to.content.read(offset + kept.length, end - offset - kept.length)]);
}

/** Sends a body with its faults. Resolves to whether the connection may be used again. */
async function sendBody(
  socket: Socket,
  route: Route,
  answer: PlannedAnswer,
  request: RequestInProgress,
): Promise<boolean> {
  const { behaviour } = route;
  const chunked = behaviour.framing === "chunked";
  const speed = behaviour.bytesPerSecond;
  const stepBytes = speed === undefined ? WRITE_BYTES : Math.ceil(speed / SLOW_WRITES_PER_SECOND);
  const cut = Math.min(behaviour.closeAfterBytes ?? Infinity, behaviour.stallAfterBytes ?? Infinity);
  const end = Math.min(answer.end, answer.first + cut);
  const deliver = async (bytes: Buffer) => {
    const framed = chunked
      ? [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]
      : [bytes];
    const taken = await send(socket, Buffer.concat(framed));
    if (taken) request.bodyBytes += bytes.length;
    return taken;
  };
  for (let offset = answer.first; offset < end; ) {
    const next = Math.min(end, offset + stepBytes);
    const bytes = readNow(route, answer, offset, next);
    // A version that is shorter than the one before leaves the body cut off.
    if (!(await deliver(bytes)) || bytes.length < next - offset) return false;
    if (speed !== undefined) await pause(socket, ((next - offset) / speed) * 1000);
    offset = next;
  }
  if (behaviour.closeAfterBytes !== undefined && answer.end - answer.first >= behaviour.closeAfterBytes)
    return false;
  if (end < answer.end) {
    await untilClosed(socket);
    return false;
  }
  const extra = behaviour.extraBytes ?? 0;
  if (extra > 0 && !(await deliver(Buffer.alloc(extra, "x")))) return false;
  if (chunked && !(await send(socket, "0\r\n\r\n"))) return false;
  request.state = "done";
  return behaviour.framing !== "close" && extra === 0;
}

function headerLines(headers: readonly (readonly [string, string])[]): string {
  return headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
}

/** Answers one request. Resolves to whether the connection may be used again. */
async function answerRequest(
  socket: Socket,
  route: Route | undefined,
  request: RequestInProgress,
): Promise<boolean> {
  if (route?.behaviour.silent === true) {
    await untilClosed(socket);
    return false;
  }
  let failure: number | "close" | undefined = route === undefined ? 404 : undefined;
  if (route !== undefined && route.failuresLeft > 0) {
    route.failuresLeft--;
    failure = route.behaviour.failures?.status;
  }
  if (failure === "close") return false;
  if (failure !== undefined || route === undefined) {
    request.status = failure ?? 404;
    const more = headerLines(Object.entries(route?.behaviour.failures?.headers ?? {}));
    const sent = await send(socket, `HTTP/1.1 ${request.status} Failed\r\n${more}Content-Length: 0\r\n\r\n`);
    request.state = "done";
    return sent;
  }
  const answer = planAnswer(route.behaviour, route.version, request);
  request.status = answer.status;
  const { interim } = route.behaviour;
  const first = interim === undefined ? "" : `HTTP/1.1 ${interim} Wait\r\nLink: </later>\r\n\r\n`;
  const head = `HTTP/1.1 ${answer.status} Answer\r\n${headerLines(answer.headers)}\r\n`;
  if (!(await send(socket, first + head))) return false;
  if (answer.bodiless) {
    request.state = "done";
    return true;
  }
  return sendBody(socket, route, answer, request);
}

function parseHead(head: string, connection: number): RequestInProgress {
  const [first = "", ...lines] = head.split("\r\n");
  const [method = "", path = ""] = first.split(" ");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return {
    ...{ method, path, headers: Object.fromEntries(headers), connection, at: Date.now() },
    ...{ status: 0, bodyBytes: 0, state: "answering" },
  };
}

class RawOrigin implements MisbehavingOrigin {
  readonly #server: Server;
  readonly #scheme: string;
  readonly #address: string;
  readonly #sockets = new Set<Socket>();
  readonly #routes = new Map<string, Route>();
  readonly #requests: RequestInProgress[] = [];
  #connectionsMade = 0;

  constructor(options: MisbehavingOptions) {
    this.#address = options.address ?? "127.0.0.1";
    this.#scheme = options.tls === undefined ? "http" : "https";
    const onSocket = (socket: Socket) => void this.#serveConnection(socket);
    this.#server =
      options.tls === undefined ? createPlainServer(onSocket) : createTlsServer(options.tls, onSocket);
  }

  async listen(): Promise<void> {
    this.#server.listen(0, this.#address);
    await once(this.#server, "listening");
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }
  get host(): string {
    return `${this.#address}:${this.port}`;
  }
  get requests(): readonly RecordedRequest[] {
    return this.#requests;
  }
  get connections(): number {
    return this.#sockets.size;
  }

  url(path: string): string {
    return `${this.#scheme}://${this.host}/${path.replace(/^\//, "")}`;
  }

  serve(path: string, behaviour: Behaviour): void {
    const { content = fixedContent(""), etag, lastModified } = behaviour;
    const version: Version = {
      content,
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { lastModified }),
    };
    this.#routes.set(path, { behaviour, version, failuresLeft: behaviour.failures?.count ?? 0 });
  }

  requestsOf(path: string): readonly RecordedRequest[] {
    return this.#requests.filter((request) => request.path === path);
  }

  async #serveConnection(socket: Socket): Promise<void> {
    const connection = this.#connectionsMade++;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.once("close", () => this.#sockets.delete(socket));
    // A client that resets the connection is part of the play; what it cost stands in the record.
    socket.on("error", () => undefined);
    let received = "";
    let reusable = true;
    const queue: RequestInProgress[] = [];
    let answering = false;
    const answerAll = async () => {
      if (answering) return;
      answering = true;
      for (let next = queue.shift(); next !== undefined && reusable; next = queue.shift()) {
        const path = next.path;
        const route =
          this.#routes.get(path) ?? this.#routes.get(path.replace(/\?.*$/, "")) ?? this.#routes.get("*");
        reusable = (await answerRequest(socket, route, next)) && next.headers.connection !== "close";
        if (next.state === "answering") next.state = "closed";
      }
      answering = false;
      if (!reusable) socket.destroySoon();
    };
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      for (let end = received.indexOf("\r\n\r\n"); end !== -1; end = received.indexOf("\r\n\r\n")) {
        const request = parseHead(received.slice(0, end), connection);
        received = received.slice(end + 4);
        this.#requests.push(request);
        queue.push(request);
      }
      if (received.length > HEAD_BYTES_MAX) socket.destroy();
      void answerAll();
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Starts an origin on a free port. The caller stops it. */
export async function startMisbehavingOrigin(options: MisbehavingOptions = {}): Promise<MisbehavingOrigin> {
  const origin = new RawOrigin(options);
  await origin.listen();
  return origin;
}
