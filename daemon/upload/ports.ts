/** Ports of servers for other hosts: a default one that is taken, perhaps by a daemon of Dragonfly's, is no reason to fail. */
import { P2pfsError } from "../../base/errors.ts";
import { PORT_TRIES_MAX } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";

/** Where a server listens, and whether someone asked for just that port. */
export interface Endpoint {
  /** The key of the config, for people: "upload.server.port". */
  readonly key: string;
  readonly ip: string;
  readonly port: number;
  /** False: the port is a default, and the next free one will do when it is taken. */
  readonly isSet: boolean;
}

/** Dragonfly's own ports and ours lie close together: the search begins behind them. */
const STEP = 10;
const PORT_MAX = 65_535;

/**
 * Listens on the port, or on the next free one.
 * @param listen @throws P2pfsError BUSY for a port that is taken @returns the port in use
 * @throws P2pfsError BUSY when a configured port is taken, or no port was found; and what else `listen` throws
 */
export async function listenOrMove(
  { key, ip, port, isSet }: Endpoint,
  log: Logger,
  listen: (ip: string, port: number) => Promise<number>,
): Promise<number> {
  const candidates = [port];
  for (let next = port + STEP; !isSet && candidates.length <= PORT_TRIES_MAX && next <= PORT_MAX; next += 1)
    candidates.push(next);
  for (const candidate of candidates) {
    try {
      const bound = await listen(ip, candidate);
      if (candidate !== port) log.warn({ server: key, ip, taken: port, port: bound }, "default-port-taken");
      return bound;
    } catch (error) {
      const failure = fromUnknown(error);
      if (failure.code !== "BUSY") throw failure;
    }
  }
  const others = isSet ? "" : `, and so are ${PORT_TRIES_MAX} behind it`;
  throw new P2pfsError("BUSY", `${key} ${port} on ${ip} is taken by another program${others}`);
}
