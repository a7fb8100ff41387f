/**
 * Dragonfly's manager as the one who knows the cluster: ListSchedulers, and the choice of one scheduler cluster out of its
 * answer (dragonflyoss/client, dynconfig/remote.rs). Sends nothing else to it: seed peers make themselves known to schedulers.
 */
import { isIP } from "node:net";
import type { ChannelCredentials } from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { UnavailableError } from "../../base/errors.ts";
import { SCHEDULERS_MAX } from "../../base/limits.ts";
import type { ListSchedulersResponse__Output } from "../../proto/gen/manager/v2/ListSchedulersResponse.ts";
import type { Scheduler__Output } from "../../proto/gen/manager/v2/Scheduler.ts";
import { Manager } from "../../proto/load.ts";
import { clusterChannel, formatHostPort, type HostPort } from "../rpc/endpoint.ts";
import { callUnary } from "../rpc/unary-call.ts";
import { type ReadBlockLists, readBlockLists } from "./block-list.ts";
import type { ClusterDirectory, DirectorySource, IsServing } from "./directory.ts";

/** Port of a manager unless its address names another. */
export const MANAGER_PORT = 65_003;

export interface ManagerDirectoryOptions {
  readonly address: HostPort;
  readonly credentials: ChannelCredentials;
  readonly clock: Clock;
  /** Who asks. */
  readonly host: {
    readonly hostname: string;
    readonly ip: string;
    readonly idc?: string | undefined;
    readonly location?: string | undefined;
    /** host.schedulerClusterID; 0: the manager chooses. */
    readonly schedulerClusterId: number;
    readonly isSeedPeer: boolean;
    readonly version: string;
  };
  readonly isServing: IsServing;
}

export class ManagerDirectory implements DirectorySource {
  readonly what: string;
  readonly #options: ManagerDirectoryOptions;
  readonly #client: InstanceType<typeof Manager>;

  constructor(options: ManagerDirectoryOptions) {
    this.#options = options;
    const address = formatHostPort(options.address);
    this.what = `the manager ${address}`;
    this.#client = new Manager(address, options.credentials, clusterChannel(options.address.host));
  }

  async list(): Promise<ClusterDirectory> {
    const { clock, host, isServing } = this.#options;
    const { hostname, ip, idc, location, schedulerClusterId, isSeedPeer, version } = host;
    const { schedulers } = await callUnary<ListSchedulersResponse__Output>(
      { clock, what: this.what },
      (answered) =>
        this.#client.listSchedulers(
          {
            sourceType: isSeedPeer ? "SEED_PEER_SOURCE" : "PEER_SOURCE",
            hostname,
            ip,
            ...(idc === undefined ? {} : { idc }),
            ...(location === undefined ? {} : { location }),
            version,
            commit: "unknown",
            schedulerClusterId,
          },
          answered,
        ),
    );
    const usable = schedulers.filter(isAddress).slice(0, SCHEDULERS_MAX);
    const chosen = await chooseCluster(usable, isServing);
    if (chosen === undefined) throw new UnavailableError(`${this.what} names no scheduler`);
    const config = chosen.schedulerCluster?.[isSeedPeer ? "seedClientConfig" : "clientConfig"];
    const { lists, problems } = readConfig(config);
    return {
      schedulers: usable
        .filter((each) => each.schedulerClusterId === chosen.schedulerClusterId)
        .map((each) => ({ ip: each.ip, port: each.port })),
      schedulerClusterId: chosen.schedulerClusterId,
      blockLists: lists,
      problems,
    };
  }

  close(): void {
    this.#client.close();
  }
}

/**
 * A scheduler of the cluster that is used: the first, in the manager's order of preference, of which one serves; while none
 * does, the first of all.
 */
async function chooseCluster(
  schedulers: readonly Scheduler__Output[],
  isServing: IsServing,
): Promise<Scheduler__Output | undefined> {
  const ids = new Set(schedulers.map(({ schedulerClusterId }) => schedulerClusterId));
  if (ids.size === 1) return schedulers[0];
  for (const id of ids) {
    const members = schedulers.filter(({ schedulerClusterId }) => schedulerClusterId === id);
    const serving = await Promise.all(members.map(({ ip, port }) => isServing({ ip, port })));
    const found = members[serving.indexOf(true)];
    if (found !== undefined) return found;
  }
  return schedulers[0];
}

function isAddress({ ip, port }: Scheduler__Output): boolean {
  return isIP(ip) !== 0 && Number.isInteger(port) && port > 0 && port <= 65_535;
}

function readConfig(bytes: Buffer | undefined): ReadBlockLists {
  if (bytes === undefined || bytes.length === 0) return readBlockLists(undefined);
  try {
    return readBlockLists(JSON.parse(bytes.toString("utf8")));
  } catch {
    // Peers of Dragonfly's go on without it too.
    return { lists: {}, problems: ["the cluster's client configuration is no JSON"] };
  }
}
