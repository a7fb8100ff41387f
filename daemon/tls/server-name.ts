/**
 * Names for TLS where only an address is known. grpc-js would send the address as the server's name, which TLS does not allow
 * (RFC 6066 §3) and some servers refuse: so it sends a name made of it, and the certificate is compared with the address. Pure.
 */
import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { ChannelOptions } from "@grpc/grpc-js";
import type { RefusedNames } from "./refused-names.ts";

const SUFFIX = ".address.p2pfs.invalid";

/** What the options of a channel to the host need besides. @param host an address, or a name, which stays as it is */
export function serverNameOptions(host: string): ChannelOptions {
  return isIP(host) === 0 ? {} : { "grpc.ssl_target_name_override": `${host.replaceAll(":", "-")}${SUFFIX}` };
}

/**
 * As node:tls' own, for names made by `serverNameOptions` too, and for hosts that are refused.
 * @returns why the certificate is not that server's, or not taken
 */
export function checkServer(
  name: string,
  certificate: PeerCertificate,
  refused: RefusedNames,
): Error | undefined {
  if (refused.has(certificate.subject?.CN)) return new Error("the other host was removed from the cluster");
  return checkName(name, certificate);
}

function checkName(name: string, certificate: PeerCertificate): Error | undefined {
  if (!name.endsWith(SUFFIX)) return checkServerIdentity(name, certificate);
  const made = name.slice(0, -SUFFIX.length);
  return checkServerIdentity(isIP(made) === 4 ? made : made.replaceAll("-", ":"), certificate);
}
