/** What the scheduler knows: hosts, tasks, peers, and who fetches from whom. Records and the bookkeeping between them. Pure. */
import type { Download__Output } from "../../../proto/gen/common/v2/Download.ts";
import type { Host__Output } from "../../../proto/gen/common/v2/Host.ts";
import { IndexedSet } from "./indexed-set.ts";
import type { PieceCosts } from "./piece-costs.ts";
import type { PeerState, TaskState } from "./states.ts";

/** A machine, and what the peers that fetch from it are reckoned to take. */
export interface KnownHost {
  readonly id: string;
  /** As it announced itself last. */
  message: Host__Output;
  announcedAtMs: number;
  /** How often it says that it announces itself, ms. */
  intervalMs: number;
  readonly peers: Set<KnownPeer>;
  /** Registrations of it that are being looked for parents. */
  registering: number;
  /** Bits a second, pieces at once and bytes of content that its children were given it for. */
  promisedRate: number;
  promisedPieces: number;
  promisedBytes: number;
}

export interface KnownTask {
  readonly id: string;
  /** As the newest peer described it. */
  description: TaskDescription;
  state: TaskState;
  /** Bytes; -1: not known, or not any more. */
  contentLength: number;
  pieceLength: number;
  pieceCount: number;
  readonly peers: Map<string, KnownPeer>;
  /** Those of the peers that may give others something. */
  readonly givers: IndexedSet<KnownPeer>;
  /** Ids of the peers that fetch it from the source. */
  readonly backToSource: Set<string>;
  /** When a seed peer that was sent for it failed last. */
  seedFailedAtMs: number | undefined;
  /** A seed peer was sent for it and is not back. */
  seedIsOut: boolean;
  createdAtMs: number;
  updatedAtMs: number;
}

/** What is told of a task, besides its size. */
export type TaskDescription = Pick<
  Download__Output,
  "type" | "url" | "digest" | "tag" | "application" | "filteredQueryParams" | "requestHeader"
>;

export interface KnownPeer {
  readonly id: string;
  readonly host: KnownHost;
  readonly task: KnownTask;
  readonly priority: Download__Output["priority"];
  readonly range: { readonly start: number; readonly length: number } | undefined;
  readonly concurrentPieceCount: number | undefined;
  state: PeerState;
  /** It is to fetch from the source: it said so, or is the first to want the task. */
  needBackToSource: boolean;
  /** The seed peer that was sent for it failed: it is not to wait any longer. */
  isLeftAlone: boolean;
  /** Whom it fetches from, and what that was reckoned to take. */
  parents: ReadonlyMap<KnownPeer, Share>;
  children: ReadonlySet<KnownPeer>;
  /** Ids of peers that are no parents for it: they failed it, or it gave them back. */
  blocked: ReadonlySet<string>;
  /** Of its pieces, while it fetches some. */
  costs: PieceCosts | undefined;
  /** From its registration to its end, ms. */
  costMs: number;
  createdAtMs: number;
  updatedAtMs: number;
  /** When it last finished a piece. */
  pieceAtMs: number;
}

/** What one edge takes of a parent's host. */
interface Share {
  readonly rate: number;
  readonly pieces: number;
  readonly bytes: number;
}

export function newHost(message: Host__Output, intervalMs: number, nowMs: number): KnownHost {
  return {
    id: message.id,
    message,
    announcedAtMs: nowMs,
    intervalMs,
    peers: new Set(),
    registering: 0,
    promisedRate: 0,
    promisedPieces: 0,
    promisedBytes: 0,
  };
}

export function newTask(id: string, description: TaskDescription, nowMs: number): KnownTask {
  return {
    id,
    description,
    state: "Pending",
    contentLength: -1,
    pieceLength: 0,
    pieceCount: -1,
    peers: new Map(),
    givers: new IndexedSet(),
    backToSource: new Set(),
    seedFailedAtMs: undefined,
    seedIsOut: false,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

/** Makes a peer and puts it where it belongs. */
export function newPeer(
  id: string,
  { host, task, nowMs }: { readonly host: KnownHost; readonly task: KnownTask; readonly nowMs: number },
  download: Pick<Download__Output, "priority" | "range" | "concurrentPieceCount">,
): KnownPeer {
  const peer: KnownPeer = {
    id,
    host,
    task,
    priority: download.priority,
    range: download.range ?? undefined,
    concurrentPieceCount: download.concurrentPieceCount,
    state: "Pending",
    needBackToSource: false,
    isLeftAlone: false,
    parents: NO_PARENTS,
    children: NO_PEERS,
    blocked: NO_IDS,
    costs: undefined,
    costMs: 0,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    pieceAtMs: nowMs,
  };
  task.peers.set(id, peer);
  host.peers.add(peer);
  return peer;
}

/** Most peers only hold what they have: what they lack is shared. */
const NO_PARENTS: ReadonlyMap<KnownPeer, Share> = new Map();
const NO_PEERS: ReadonlySet<KnownPeer> = new Set();
const NO_IDS: ReadonlySet<string> = new Set();

/** Bits of a byte, and how many pieces a peer fetches at once that does not say (download.concurrentPieceCount). */
const BITS = 8;
const PIECES_AT_ONCE = 8;

/** The peer fetches from the parent from now on. */
export function link(parent: KnownPeer, child: KnownPeer): void {
  if (child.parents.has(parent)) return;
  const { pieceLength, contentLength } = child.task;
  const pieces = child.concurrentPieceCount ?? PIECES_AT_ONCE;
  const share = { rate: pieceLength * pieces * BITS, pieces, bytes: Math.max(0, contentLength) };
  child.parents = new Map(child.parents).set(parent, share);
  if (parent.children === NO_PEERS) parent.children = new Set();
  (parent.children as Set<KnownPeer>).add(child);
  const { host } = parent;
  host.promisedRate += share.rate;
  host.promisedPieces += share.pieces;
  host.promisedBytes += share.bytes;
}

/** The peer fetches from nobody any more. */
export function unlinkParents(child: KnownPeer): void {
  for (const parent of child.parents.keys()) {
    (parent.children as Set<KnownPeer>).delete(child);
    giveBack(parent, child);
  }
  child.parents = NO_PARENTS;
}

/** Nobody fetches from the peer any more. */
export function unlinkChildren(parent: KnownPeer): void {
  for (const child of parent.children) {
    giveBack(parent, child);
    (child.parents as Map<KnownPeer, Share>).delete(parent);
  }
  parent.children = NO_PEERS;
}

function giveBack(parent: KnownPeer, child: KnownPeer): void {
  const share = child.parents.get(parent);
  if (share === undefined) return;
  const { host } = parent;
  host.promisedRate -= share.rate;
  host.promisedPieces -= share.pieces;
  host.promisedBytes -= share.bytes;
}

/** The other peer is no parent of it from now on. @param max the one blocked longest ago is forgotten beyond it */
export function block(peer: KnownPeer, parentId: string, max: number): void {
  const blocked = peer.blocked === NO_IDS ? new Set<string>() : (peer.blocked as Set<string>);
  const [oldest] = blocked;
  if (blocked.size >= max && oldest !== undefined) blocked.delete(oldest);
  peer.blocked = blocked.add(parentId);
}

/** All who fetch from the peer, or from somebody who does, itself included: none of them may become its parent. */
export function descendantsOf(peer: KnownPeer): ReadonlySet<KnownPeer> {
  const found = new Set([peer]);
  for (const each of found) for (const child of each.children) found.add(child);
  return found;
}
