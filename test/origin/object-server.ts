/**
 * The HTTP side that both vendors' test servers share: takes requests, asks the vendor's dialect what they mean and
 * whether they may, answers from StoredObjects, and keeps an access log with the bytes that were really handed to the
 * socket. Faults are made here, on the wire, below everything that has to notice them.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { answerGet, type ObjectAnswer } from "./object-answers.ts";
import { type ReceivedRequest, type Refusal, refuse, type Verdict } from "./received-request.ts";
import type { Bucket, ListAnswer, ListQuery, StoredObject, StoredObjects } from "./stored-objects.ts";

/** What a request is about. */
export type Operation =
  | { readonly kind: "buckets" }
  | {
      readonly kind: "list";
      readonly bucket: string;
      readonly query: ListQuery;
      readonly urlEncoded: boolean;
    }
  | { readonly kind: "get" | "head"; readonly bucket: string; readonly key: string };

/** How one vendor speaks. */
export interface Dialect {
  /** What the request asks, or why it cannot be understood. */
  operationOf(request: ReceivedRequest): Operation | Refusal;
  check(request: ReceivedRequest, operation: Operation): Verdict;
  listDocument(bucket: Bucket, operation: Operation & { kind: "list" }, answer: ListAnswer): string;
  bucketsDocument(buckets: readonly Bucket[]): string;
  errorDocument(refusal: Refusal, requestId: string): string;
  /** Headers of every answer. */
  commonHeaders(requestId: string): Record<string, string>;
  /** Headers of an error's answer; HEAD has no document to say them in. */
  errorHeaders(refusal: Refusal, document: string, isHead: boolean): Record<string, string>;
  objectHeaders(object: StoredObject, request: ReceivedRequest): Record<string, string>;
}

/** One line of the access log. */
export interface LogEntry {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly operation: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly statusCode: number;
  /** Vendor's error code; undefined for a success. */
  readonly code: string | undefined;
  /** Bytes of the body that were handed to the socket. */
  readonly bodyBytes: number;
}

/** What goes wrong with one request. */
export type Fault =
  | { readonly kind: "refuse"; readonly refusal: Refusal }
  /** The body ends after so many bytes, the connection with it. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** Headers and so many bytes, then nothing more until the server closes. */
  | { readonly kind: "stall"; readonly afterBytes: number }
  /** Nothing at all until the server closes. */
  | { readonly kind: "silent" }
  /** The answer is changed before it is sent. */
  | { readonly kind: "change"; readonly change: (answer: ObjectAnswer) => ObjectAnswer }
  /** Something of the test's own happens when so many bytes were sent. */
  | { readonly kind: "meanwhile"; readonly afterBytes: number; readonly act: () => void };

/** Asked for every request before anything else; undefined means that nothing goes wrong. */
export type FaultOf = (request: ReceivedRequest, operation: Operation | undefined) => Fault | undefined;

export interface ObjectServerOptions {
  readonly objects: StoredObjects;
  readonly dialect: Dialect;
  /** PEM texts; with them it speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export class ObjectServer {
  readonly objects: StoredObjects;
  /** Requests answered so far, in the order they ended. */
  readonly log: LogEntry[] = [];
  faultOf: FaultOf = () => undefined;
  readonly #dialect: Dialect;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #secure: boolean;
  #requests = 0;

  private constructor(options: ObjectServerOptions) {
    this.objects = options.objects;
    this.#dialect = options.dialect;
    this.#secure = options.tls !== undefined;
    const serve = (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response).catch((error: unknown) => response.destroy(error as Error));
    };
    this.#server = options.tls === undefined ? createServer(serve) : createTlsServer(options.tls, serve);
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: ObjectServerOptions): Promise<ObjectServer> {
    const server = new ObjectServer(options);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** As an endpoint of a config. */
  get endpoint(): string {
    return `${this.#secure ? "https" : "http"}://127.0.0.1:${this.port}`;
  }

  /** Body bytes of all answers to requests that read objects. */
  get objectBytes(): number {
    return this.log.reduce((sum, entry) => sum + (entry.operation === "get" ? entry.bodyBytes : 0), 0);
  }

  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, "close") : undefined;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    incoming.resume();
    const request = receivedOf(incoming, this.#secure);
    const operation = this.#dialect.operationOf(request);
    const known = operation.kind === "refused" ? undefined : operation;
    const fault = this.faultOf(request, known);
    if (fault?.kind === "silent") return;
    const requestId = `REQUEST${String(++this.#requests).padStart(9, "0")}`;
    let answer = this.#answer(request, operation, requestId, fault);
    if (fault?.kind === "change") answer = fault.change(answer);
    const bodyBytes = await send(response, answer, fault, incoming.method === "HEAD");
    this.log.push({
      method: request.method,
      target: request.target,
      headers: Object.fromEntries(request.headers.map(([name, value]) => [name.toLowerCase(), value])),
      operation: known?.kind ?? "unknown",
      bucket: known !== undefined && "bucket" in known ? known.bucket : undefined,
      key: known !== undefined && "key" in known ? known.key : undefined,
      statusCode: answer.statusCode,
      code: answer.code,
      bodyBytes,
    });
  }

  #answer(
    request: ReceivedRequest,
    operation: Operation | Refusal,
    requestId: string,
    fault: Fault | undefined,
  ): ObjectAnswer {
    const refusal =
      fault?.kind === "refuse"
        ? fault.refusal
        : operation.kind === "refused"
          ? operation
          : this.#refusalOf(request, operation);
    if (refusal !== undefined) return this.#refused(request, refusal, requestId);
    const common = this.#dialect.commonHeaders(requestId);
    const done = this.#done(request, operation as Operation);
    if ("kind" in done) return this.#refused(request, done, requestId);
    return { ...done, headers: { ...common, ...done.headers } };
  }

  #refusalOf(request: ReceivedRequest, operation: Operation): Refusal | undefined {
    const verdict = this.#dialect.check(request, operation);
    if (verdict.kind === "refused") return verdict;
    const bucket = operation.kind === "buckets" ? undefined : this.objects.bucket(operation.bucket);
    if (operation.kind !== "buckets" && bucket === undefined)
      return refuse(404, "NoSuchBucket", "The specified bucket does not exist");
    if (verdict.kind === "anonymous" && bucket?.public !== true)
      return refuse(403, "AccessDenied", "Access Denied");
    return undefined;
  }

  #done(request: ReceivedRequest, operation: Operation): ObjectAnswer | Refusal {
    if (operation.kind === "buckets") return xml(this.#dialect.bucketsDocument(this.objects.buckets()));
    const bucket = this.objects.bucket(operation.bucket);
    if (bucket === undefined) return refuse(404, "NoSuchBucket", "The specified bucket does not exist");
    if (operation.kind === "list")
      return xml(this.#dialect.listDocument(bucket, operation, this.objects.list(bucket, operation.query)));
    const object = bucket.objects.get(operation.key);
    if (object === undefined) return refuse(404, "NoSuchKey", "The specified key does not exist.");
    return answerGet(request, object, this.#dialect.objectHeaders(object, request));
  }

  #refused(request: ReceivedRequest, refusal: Refusal, requestId: string): ObjectAnswer {
    const isHead = request.method === "HEAD";
    const document = this.#dialect.errorDocument(refusal, requestId);
    const headers = this.#dialect.errorHeaders(refusal, document, isHead);
    const body = Buffer.from(document);
    return {
      statusCode: refusal.statusCode,
      code: refusal.code,
      headers: {
        ...this.#dialect.commonHeaders(requestId),
        "content-type": "application/xml",
        ...(isHead ? {} : { "content-length": String(body.length) }),
        ...headers,
      },
      bytes: body.length,
      read: (offset, length) => body.subarray(offset, offset + length),
    };
  }
}

function xml(document: string): ObjectAnswer {
  const body = Buffer.from(document);
  return {
    statusCode: 200,
    code: undefined,
    headers: { "content-type": "application/xml", "content-length": String(body.length) },
    bytes: body.length,
    read: (offset, length) => body.subarray(offset, offset + length),
  };
}

function receivedOf(incoming: IncomingMessage, secure: boolean): ReceivedRequest {
  const headers: [string, string][] = [];
  for (let at = 0; at < incoming.rawHeaders.length; at += 2)
    headers.push([incoming.rawHeaders[at] ?? "", incoming.rawHeaders[at + 1] ?? ""]);
  return { method: incoming.method ?? "", target: incoming.url ?? "", headers, secure };
}

/** Bytes made at once while an answer is sent. */
const CHUNK_BYTES = 256 * 1024;

/** @returns body bytes handed to the socket */
async function send(
  response: ServerResponse,
  answer: ObjectAnswer,
  fault: Fault | undefined,
  isHead: boolean,
): Promise<number> {
  response.writeHead(answer.statusCode, answer.headers);
  const end = isHead ? 0 : answer.bytes;
  const stopAt = fault !== undefined && "afterBytes" in fault ? Math.min(fault.afterBytes, end) : end;
  let sent = await sendRange(response, answer, 0, stopAt);
  if (fault?.kind === "meanwhile") fault.act();
  if (fault?.kind === "cut") {
    response.destroy();
    return sent;
  }
  if (fault?.kind === "stall") {
    response.flushHeaders();
    return sent;
  }
  sent += await sendRange(response, answer, stopAt, end);
  response.end();
  return sent;
}

async function sendRange(
  response: ServerResponse,
  answer: ObjectAnswer,
  from: number,
  to: number,
): Promise<number> {
  let sent = 0;
  for (let at = from; at < to && !response.destroyed; at += CHUNK_BYTES) {
    const chunk = answer.read(at, Math.min(CHUNK_BYTES, to - at));
    const flowing = response.write(chunk);
    sent += chunk.length;
    if (!flowing) await drained(response);
  }
  return sent;
}

/** Resolves when more may be written, or never can be. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
  });
}
