/** This host as a cluster of our own would know it, by its configuration and its machine. */
import { systemClock } from "../base/clock.ts";
import { InvalidInputError } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import type { Config } from "../daemon/config/config.ts";
import type { HostFacts } from "../daemon/membership/set-up.ts";
import type { Home } from "./home.ts";

/**
 * @param clusterName for people
 * @throws InvalidInputError when the configuration names another cluster, or the host has no address for others
 */
export async function clusterHost(
  home: Home,
  clusterName: string,
): Promise<{ readonly host: HostFacts; readonly config: Config }> {
  const { config } = await home.loaded();
  const { refuseOtherClusters } = await import("../daemon/membership/member-config.ts");
  const { chooseIdentity } = await import("../daemon/identity/identity.ts");
  const { machineFacts, reachableAddresses } = await import("../daemon/identity/machine.ts");
  refuseOtherClusters(config, clusterName);
  const { ip, hostname } = chooseIdentity(
    {
      ip: config.host.ip,
      hostname: config.host.hostname,
      preferIPv6: config.network.enableIPv6,
      isSeedPeer: false,
    },
    await machineFacts(systemClock),
  );
  if (config.host.ip === undefined && ip === "127.0.0.1")
    throw new InvalidInputError(
      "this machine has no address that other hosts could reach; host.ip of the configuration may name one",
    );
  return { host: { hostname, ip, addresses: reachableAddresses(), version: VERSION }, config };
}
