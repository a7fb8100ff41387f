/**
 * The plain HTTP answers of the daemon: Prometheus metrics on one port, health on another. Nothing here changes
 * anything but the metrics' own counters.
 */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { P2pfsError } from "../../base/errors.ts";
import { HTTP_CONNECTIONS_MAX, HTTP_REQUEST_MS } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { DaemonMetrics } from "./metrics.ts";

/** Where a server listens, and whether someone asked for just that port. */
export interface Endpoint {
  readonly name: "metrics" | "health";
  readonly ip: string;
  readonly port: number;
  /** False: the port is a default, and a free one will do when it is taken. */
  readonly isSet: boolean;
}

/** A listening server. */
export interface Listening {
  readonly port: number;
  /** Idempotent. */
  close(): Promise<void>;
}

type Answer = (method: string, path: string, response: ServerResponse) => Promise<void> | void;

/** GET /metrics; DELETE /metrics sets them to zero. @throws P2pfsError BUSY when a configured port is taken */
export function serveMetrics(endpoint: Endpoint, metrics: DaemonMetrics, log: Logger): Promise<Listening> {
  return listen(endpoint, log, async (method, path, response) => {
    if (path !== "/metrics") return reply(response, 404, "");
    if (method === "DELETE") {
      metrics.reset();
      return reply(response, 200, "");
    }
    if (method !== "GET") return reply(response, 405, "");
    reply(response, 200, await metrics.registry.metrics(), metrics.registry.contentType);
  });
}

/** GET /healthy: 200 while `healthy` says so, else 503. @throws P2pfsError BUSY when a configured port is taken */
export function serveHealth(endpoint: Endpoint, healthy: () => boolean, log: Logger): Promise<Listening> {
  return listen(endpoint, log, (method, path, response) => {
    if (path !== "/healthy") return reply(response, 404, "");
    if (method !== "GET" && method !== "HEAD") return reply(response, 405, "");
    reply(response, healthy() ? 200 : 503, "");
  });
}

function reply(response: ServerResponse, status: number, body: string, type = "text/plain"): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

async function listen(endpoint: Endpoint, log: Logger, answer: Answer): Promise<Listening> {
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    Promise.resolve(answer(request.method ?? "GET", path, response)).catch((error) => {
      log.error({ server: endpoint.name, reason: fromUnknown(error).message }, "http-answer-failed");
      if (!response.headersSent) reply(response, 500, "");
      else response.destroy();
    });
  });
  server.maxConnections = HTTP_CONNECTIONS_MAX;
  server.requestTimeout = HTTP_REQUEST_MS;
  server.headersTimeout = HTTP_REQUEST_MS;
  const port = await bindOrMove(server, endpoint, log);
  let closing: Promise<void> | undefined;
  return { port, close: () => (closing ??= close(server)) };
}

async function bindOrMove(server: Server, endpoint: Endpoint, log: Logger): Promise<number> {
  const { name, ip, port } = endpoint;
  try {
    return await bind(server, ip, port);
  } catch (error) {
    const failure = fromUnknown(error, `cannot listen on ${ip}:${port} for ${name}`);
    if (failure.code !== "BUSY") throw failure;
    if (endpoint.isSet)
      throw new P2pfsError("BUSY", `${name}.server.port ${port} on ${ip} is taken by another program`, {
        cause: error,
      });
    const free = await bind(server, ip, 0);
    log.warn({ server: name, ip, taken: port, port: free }, "default-port-taken");
    return free;
  }
}

function bind(server: Server, ip: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: ip, port }, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
