/** grpc.health.v1 from the client's side: whether a service says that it serves. */
import type { ChannelCredentials } from "@grpc/grpc-js";
import { CLUSTER_CONNECT_MS } from "../../base/limits.ts";
import { Health } from "../../proto/local.ts";
import { serverNameOptions } from "../tls/server-name.ts";
import { parseHostPort } from "./endpoint.ts";
import { type CallOptions, callUnary } from "./unary-call.ts";

/** A client of a health service; its maker closes it. */
export type HealthClient = InstanceType<typeof Health>;

/** @param service full name; "" is the server as a whole. @throws P2pfsError as `callUnary`: it does not answer */
export async function isServing(client: HealthClient, options: CallOptions, service = ""): Promise<boolean> {
  const { status } = await callUnary<{ status: string | number }>(
    { afterMs: CLUSTER_CONNECT_MS, ...options },
    (answered) => client.check({ service }, answered),
  );
  return status === "SERVING";
}

/** The same over a connection of its own, which is closed again. A server that does not answer does not serve. */
export async function asksServing(
  address: string,
  credentials: ChannelCredentials,
  options: CallOptions,
  service = "",
): Promise<boolean> {
  const client = new Health(address, credentials, {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_http_proxy": 0,
    ...serverNameOptions(parseHostPort(address).host),
  });
  try {
    return await isServing(client, options, service);
  } catch {
    // Whatever it was, nobody serves there now.
    return false;
  } finally {
    client.close();
  }
}
