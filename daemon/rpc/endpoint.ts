/**
 * Where a gRPC service of the cluster is: addresses as configs write them, and the bounds of its connections. Opens none.
 */
import { isIP, isIPv6 } from "node:net";
import type { ChannelOptions } from "@grpc/grpc-js";
import { InvalidInputError } from "../../base/errors.ts";
import {
  CLUSTER_KEEPALIVE_MS,
  CLUSTER_KEEPALIVE_WAIT_MS,
  CLUSTER_MESSAGE_BYTES_MAX,
  SCHEDULER_REST_MS,
  SCHEDULER_REST_MS_MAX,
} from "../../base/limits.ts";
import { serverNameOptions } from "../tls/server-name.ts";

/** A host by address or name, and a port. */
export interface HostPort {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads "HOST:PORT", "[IPv6]:PORT", or either after "http://" or "https://", as Dragonfly's configs write addresses.
 * @throws InvalidInputError
 */
export function parseHostPort(text: string, defaultPort?: number): HostPort {
  const bare = text
    .trim()
    .replace(/^https?:\/\//, "")
    .replace(/\/$/, "");
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?$/.exec(bare) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? defaultPort : Number(digits);
  const valid =
    port !== undefined && port > 0 && port <= 65_535 && (bracketed === undefined || isIP(bracketed) === 6);
  if (host === undefined || !valid)
    throw new InvalidInputError(`${JSON.stringify(text.slice(0, 200))} is no address such as 10.0.0.2:8002`);
  return { host, port };
}

/** As gRPC and logs want it. */
export function formatHostPort({ host, port }: HostPort): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Options of a connection to a scheduler, manager or their like. @param host its address or name */
export function clusterChannel(host: string): ChannelOptions {
  return { ...CLUSTER_CHANNEL, ...serverNameOptions(host) };
}

const CLUSTER_CHANNEL: ChannelOptions = {
  "grpc.max_receive_message_length": CLUSTER_MESSAGE_BYTES_MAX,
  "grpc.max_send_message_length": CLUSTER_MESSAGE_BYTES_MAX,
  "grpc.keepalive_time_ms": CLUSTER_KEEPALIVE_MS,
  "grpc.keepalive_timeout_ms": CLUSTER_KEEPALIVE_WAIT_MS,
  "grpc.initial_reconnect_backoff_ms": SCHEDULER_REST_MS,
  "grpc.max_reconnect_backoff_ms": SCHEDULER_REST_MS_MAX,
  // What is asked of other hosts goes to them, whatever proxy this host's programs use.
  "grpc.enable_http_proxy": 0,
  // One daemon's trouble with an address is not another's.
  "grpc.use_local_subchannel_pool": 1,
};
