/**
 * Schedulers by their addresses, as configs and command lines name them. Names are resolved anew at each look, so that a
 * headless service's schedulers may come and go.
 */
import { isIP, isIPv4 } from "node:net";
import { SCHEDULERS_MAX } from "../../base/limits.ts";
import { formatHostPort, parseHostPort } from "../rpc/endpoint.ts";
import type { RingAddress } from "../task/hash-ring.ts";
import { NO_BLOCK_LISTS } from "./block-list.ts";
import type { AddressesOf, DirectorySource } from "./directory.ts";
import { schedulerListName } from "./list-name.ts";

/** Port of a scheduler unless an address names another. */
export const SCHEDULER_PORT = 8002;

/**
 * All addresses of the schedulers named, IPv4 only where a name has both, sorted and each once (dragonflyoss/client,
 * dynconfig/local.rs).
 * @throws InvalidInputError, and what `addressesOf` throws
 */
export async function resolveSchedulers(
  names: readonly string[],
  addressesOf: AddressesOf,
): Promise<readonly RingAddress[]> {
  const found = await Promise.all(
    names.map(async (name) => {
      const { host, port } = parseHostPort(name, SCHEDULER_PORT);
      if (isIP(host) !== 0) return [{ ip: host, port }];
      const addresses = await addressesOf(host);
      const preferred = addresses.some((address) => isIPv4(address)) ? addresses.filter(isIPv4) : addresses;
      return preferred.map((ip) => ({ ip, port }));
    }),
  );
  const byName = new Map(
    found.flat().map((address) => [formatHostPort({ host: address.ip, port: address.port }), address]),
  );
  return [...byName.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, SCHEDULERS_MAX)
    .map(([, address]) => address);
}

/** A cluster without a manager, known by its schedulers' addresses alone. */
export class NamedSchedulers implements DirectorySource {
  readonly what: string;
  readonly #names: readonly string[];
  readonly #addressesOf: AddressesOf;

  /** @throws InvalidInputError when one is no address */
  constructor(names: readonly string[], addressesOf: AddressesOf) {
    for (const name of names) parseHostPort(name, SCHEDULER_PORT);
    this.#names = names;
    this.#addressesOf = addressesOf;
    this.what = schedulerListName(names);
  }

  async list() {
    const schedulers = await resolveSchedulers(this.#names, this.#addressesOf);
    return { schedulers, blockLists: NO_BLOCK_LISTS, problems: [] };
  }

  close(): void {}
}
