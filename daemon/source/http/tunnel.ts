/** A connection through a proxy: CONNECT (RFC 9110 §9.3.6), for https:// URLs. What is said through it is not its business. */
import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { orAborted } from "../../../base/deadline.ts";
import { PermissionError, UnavailableError } from "../../../base/errors.ts";
import { ANSWER_HEAD_BYTES_MAX } from "../../../base/limits.ts";
import type { HostLookup } from "../name-lookup.ts";
import { hostOf, portOf, type WebProxy } from "./proxies.ts";

export interface TunnelOptions {
  readonly names: HostLookup;
  /** For proxies spoken to over TLS. */
  readonly secureContext: () => Promise<SecureContext>;
}

/**
 * @param place HOST:PORT to be connected with.
 * @throws PermissionError when the proxy wants credentials or forbids the place; UnavailableError for its other answers; Node's
 *   errors when it cannot be reached; the signal's reason
 */
export async function openTunnel(
  proxy: WebProxy,
  place: string,
  options: TunnelOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const host = hostOf(proxy.url);
  const addresses = await orAborted(options.names.addresses(host, signal), signal);
  const secure = proxy.url.protocol === "https:";
  const headers: Record<string, string> = { host: place };
  if (proxy.authorization !== undefined) headers["proxy-authorization"] = proxy.authorization;
  const request = (secure ? requestTls : requestPlain)({
    ...(secure ? { secureContext: await options.secureContext(), servername: host } : {}),
    agent: false,
    host: addresses[0]?.address ?? host,
    port: portOf(proxy.url),
    method: "CONNECT",
    path: place,
    headers,
    maxHeaderSize: ANSWER_HEAD_BYTES_MAX,
    signal,
  });
  return new Promise<Socket>((resolve, reject) => {
    request.once("error", (error) => reject(signal.aborted ? signal.reason : error));
    request.once("connect", (answer, socket, head) => {
      const status = answer.statusCode ?? 0;
      // What breaks it later is told by the TLS connection within.
      socket.on("error", () => {});
      if (status >= 200 && status < 300) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket as Socket);
        return;
      }
      socket.destroy();
      reject(refusal(proxy, status));
    });
    request.end();
  });
}

function refusal(proxy: WebProxy, status: number): PermissionError | UnavailableError {
  const message = `the proxy ${proxy.url.host} refused a connection with status ${status}`;
  if (status === 401 || status === 403 || status === 407) return new PermissionError(message);
  return new UnavailableError(message, {}, status >= 500 ? "SOURCE_FAILED" : "SOURCE_REFUSED");
}
