/**
 * Who this host is to Dragonfly. The host name in our ids carries `-p2pfs`, so that a dfdaemon of Dragonfly's on the same
 * host stays another host.
 */

import { isIPv4 } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import type { Config } from "./config/config.ts";
import type { HostIdentity } from "./task/ids.ts";

export function hostIdentity(config: Config): HostIdentity {
  const name = config.host.hostname ?? hostname();
  return {
    ip: config.host.ip ?? ownAddress(config.network.enableIPv6),
    hostname: `${name}-p2pfs`,
    isSeedPeer: false,
  };
}

/** The first address of the preferred family that other hosts could reach; loopback when there is none. */
function ownAddress(preferIPv6: boolean): string {
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
    .map(({ address }) => address);
  return addresses.find((address) => isIPv4(address) !== preferIPv6) ?? addresses[0] ?? "127.0.0.1";
}
