/** What a cluster says of itself: where its schedulers are and what it forbids. Types only; the sources fulfil them. */
import type { RingAddress } from "../task/hash-ring.ts";
import { type BlockLists, NO_BLOCK_LISTS } from "./block-list.ts";

export interface ClusterDirectory {
  /** Of one cluster, whether they serve or not. */
  readonly schedulers: readonly RingAddress[];
  /** Absent without a manager. */
  readonly schedulerClusterId?: number;
  /** For this host's part: those of seed peers or of others. */
  readonly blockLists: BlockLists;
  /** One sentence for whatever was passed over. */
  readonly problems: readonly string[];
}

/** Before anything was heard. */
export const EMPTY_DIRECTORY: ClusterDirectory = {
  schedulers: [],
  blockLists: NO_BLOCK_LISTS,
  problems: [],
};

/** Who knows the cluster. */
export interface DirectorySource {
  /** Names it in the log and to people: "the manager 10.0.0.1:65003". */
  readonly what: string;
  /** @throws P2pfsError when it cannot be had now */
  list(): Promise<ClusterDirectory>;
  /** Idempotent. */
  close(): void;
}

/** Finds the addresses of a host's name. @throws P2pfsError when there are none */
export type AddressesOf = (host: string) => Promise<readonly string[]>;

/** Whether a scheduler serves now. */
export type IsServing = (address: RingAddress) => Promise<boolean>;
