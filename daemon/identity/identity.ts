/**
 * Who this host is to Dragonfly: its address, its name, its part. Pure: what is known of the machine is handed in; machine.ts
 * gathers it.
 */
import { isIPv4, isIPv6 } from "node:net";
import type { HostIdentity } from "../task/ids.ts";

/** An address of one of the machine's interfaces. */
export interface MachineAddress {
  readonly address: string;
  /** Loopback. */
  readonly internal: boolean;
  /** Name of the interface. */
  readonly device: string;
}

/** What is known of the machine. */
export interface MachineFacts {
  readonly hostname: string;
  /** In the order of the system. */
  readonly addresses: readonly MachineAddress[];
  /** A dfdaemon of Dragonfly's serves this machine. */
  readonly dragonflyServes: boolean;
}

/** What the configuration says: host.ip, host.hostname, network.enableIPv6, seedPeer. */
export interface IdentitySettings {
  readonly ip?: string | undefined;
  readonly hostname?: string | undefined;
  readonly preferIPv6: boolean;
  readonly isSeedPeer: boolean;
}

/** Added to the host's name where a dfdaemon of Dragonfly's has the plain one: two daemons are two hosts. */
const BESIDE_DRAGONFLY = "-p2pfs";

/** The identity that ids are made of (daemon/task/ids.ts). */
export function chooseIdentity(settings: IdentitySettings, facts: MachineFacts): HostIdentity {
  const name = settings.hostname ?? facts.hostname;
  return {
    ip: settings.ip ?? advertisedAddress(facts.addresses, settings.preferIPv6),
    hostname: facts.dragonflyServes ? `${name}${BESIDE_DRAGONFLY}` : name,
    isSeedPeer: settings.isSeedPeer,
  };
}

/**
 * The first address of the preferred family that other hosts can reach: neither loopback nor link-local. IPv4 comes first
 * unless IPv6 is wanted; loopback where there is none, for a host by itself.
 */
export function advertisedAddress(addresses: readonly MachineAddress[], preferIPv6: boolean): string {
  const reachable = addresses
    .filter(({ address, internal }) => !internal && !isLinkLocal(address))
    .map(({ address }) => address);
  const preferred = reachable.find(preferIPv6 ? isIPv6 : isIPv4);
  return preferred ?? reachable[0] ?? "127.0.0.1";
}

/** The name that Kubernetes gave, as "NAMESPACE-POD"; undefined outside of it (dragonfly-client's INSTANCE_NAME). */
export function podName(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const { POD_NAMESPACE: namespace, POD_NAME: pod } = environment;
  return namespace && pod ? `${namespace}-${pod}` : undefined;
}

/** Whether the address means nothing beyond its own link. */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address) || address.startsWith("169.254.");
}
