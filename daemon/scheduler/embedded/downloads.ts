/**
 * What becomes of a download with each thing the scheduler is told of it: Dragonfly's rules (scheduler/service), pure, with the
 * clock and chance handed in. It sends nothing and waits for nothing. Errors are those a client is told.
 */
import { NotFoundError, P2pfsError } from "../../../base/errors.ts";
import { BACK_TO_SOURCE_PEERS_MAX, BLOCKED_PARENTS_MAX, SEED_FAILED_MS } from "../../../base/limits.ts";
import type { Download__Output } from "../../../proto/gen/common/v2/Download.ts";
import { candidatesFor, hasAvailablePeer, isGiver } from "./candidates.ts";
import { block, type KnownPeer, type KnownTask, link, unlinkChildren, unlinkParents } from "./known.ts";
import { PieceCosts } from "./piece-costs.ts";
import { type PeerEvent, peerAfter, type TaskEvent, taskAfter } from "./states.ts";
import type { PeerIds, Swarm, SwarmOptions } from "./swarm.ts";

/** The clock, the journal and who hears of changes are those of the swarm. */
export interface DownloadsOptions extends SwarmOptions {
  readonly swarm: Swarm;
  /** In [0, 1). */
  readonly random: () => number;
  /** Whether a seed peer is there to be sent. */
  readonly hasSeed: () => boolean;
}

/** What a registration led to. */
export interface Registered {
  readonly peer: KnownPeer;
  /** `schedule`: it is to be looked for parents. */
  readonly next: "metadata-only" | "empty" | "schedule";
  /** A seed peer is to be sent for this. */
  readonly seedFor: Download__Output | undefined;
}

/** What a look for parents found. */
export type Look =
  | { readonly kind: "parents"; readonly parents: readonly KnownPeer[] }
  | { readonly kind: "back-to-source"; readonly description: string }
  | { readonly kind: "none" };

/** A piece as it is told. */
export interface ToldPiece {
  readonly costMs: number;
  readonly parentId: string | undefined;
}

export class Downloads {
  readonly swarm: Swarm;
  readonly #options: DownloadsOptions;

  constructor(options: DownloadsOptions) {
    this.swarm = options.swarm;
    this.#options = options;
  }

  /**
   * A peer begins. One that is refused has failed.
   * @throws NotFoundError for a host that is not known (in Dragonfly's words), or for a priority that goes without;
   * FAILED_PRECONDITION for one that is forbidden; LimitError
   */
  register({ hostId, taskId, peerId }: PeerIds, download: Download__Output): Registered {
    const { swarm } = this;
    const host = swarm.hosts.get(hostId);
    // Dragonfly's scheduler looks for the peer to mark it as failed, and then says that of it.
    if (host === undefined) throw new NotFoundError(`peer ${peerId} not found`);
    const task = swarm.taskFor(taskId, download);
    const known = swarm.peers.get(peerId);
    if (known !== undefined && known.task !== task) swarm.remove(known);
    const peer = swarm.peers.get(peerId) ?? swarm.addPeer(peerId, host, task, download);
    try {
      return this.#begin(peer, download);
    } catch (error) {
      this.#to(peer, "DownloadFailed");
      throw error;
    }
  }

  /** Looks for parents. With some, the peer fetches from them from now on. */
  look(peer: KnownPeer): Look {
    if (peer.needBackToSource && this.mayGoToSource(peer))
      return { kind: "back-to-source", description: "peer's NeedBackToSource is true" };
    unlinkParents(peer);
    const parents = candidatesFor(peer, this.#options.random);
    for (const parent of parents) link(parent, peer);
    this.#settle(peer);
    return parents.length === 0 ? { kind: "none" } : { kind: "parents", parents };
  }

  /** Whether the source may be asked by one more peer. */
  mayGoToSource({ id, task }: KnownPeer): boolean {
    return task.backToSource.has(id) || task.backToSource.size < BACK_TO_SOURCE_PEERS_MAX;
  }

  started(peer: KnownPeer): void {
    if (peer.state !== "Running") this.#to(peer, "Download");
  }

  backToSourceStarted(peer: KnownPeer): void {
    if (peer.state !== "BackToSource") this.#to(peer, "DownloadBackToSource");
  }

  /** The parents it names, and any it had, are none for it any more. */
  rescheduled(peer: KnownPeer, parentIds: Iterable<string>): void {
    for (const id of parentIds) block(peer, id, BLOCKED_PARENTS_MAX);
    this.#touch(peer);
  }

  pieceFinished(peer: KnownPeer, { costMs, parentId }: ToldPiece): void {
    const nowMs = this.#options.nowMs();
    peer.costs ??= new PieceCosts();
    peer.costs.add(costMs);
    peer.pieceAtMs = nowMs;
    this.#touch(peer);
    const parent = parentId === undefined ? undefined : this.swarm.peers.get(parentId);
    if (parent !== undefined) parent.updatedAtMs = nowMs;
  }

  /** @param parentId the last that was tried */
  pieceFailed(peer: KnownPeer, parentId: string): void {
    block(peer, parentId, BLOCKED_PARENTS_MAX);
    this.#touch(peer);
  }

  finished(peer: KnownPeer): void {
    this.#succeed(peer);
  }

  backToSourceFinished(peer: KnownPeer): void {
    this.#succeed(peer);
    // A range is not the content.
    if (peer.range === undefined) this.#taskTo(peer.task, "DownloadSucceeded");
  }

  failed(peer: KnownPeer): void {
    this.#to(peer, "DownloadFailed");
    this.#options.onChange?.(peer.task);
  }

  /** The source failed: what was thought of the content's length may be wrong. */
  backToSourceFailed(peer: KnownPeer): void {
    const { task } = peer;
    this.#to(peer, "DownloadFailed");
    task.contentLength = -1;
    task.pieceCount = -1;
    task.state = taskAfter(task.state, "DownloadFailed");
    this.#options.onChange?.(task);
  }

  /**
   * What became of a seed peer: one that failed is not sent for this task for a while, and whoever it was sent for does
   * himself what it should have done, unless somebody else does.
   */
  seedReturned(task: KnownTask, sentFor: KnownPeer, failed: boolean): void {
    task.seedIsOut = false;
    if (failed) task.seedFailedAtMs = this.#options.nowMs();
    if (failed && !hasAvailablePeer(task, sentFor)) sentFor.isLeftAlone = true;
    this.#options.onChange?.(task);
  }

  #begin(peer: KnownPeer, download: Download__Output): Registered {
    const { task } = peer;
    if (download.metadataOnly) {
      this.#taskTo(task, "Download");
      this.#to(peer, "RegisterNormal");
      return { peer, next: "metadata-only", seedFor: undefined };
    }
    const seedFor = this.#firstOf(peer, download);
    this.#taskTo(task, "Download");
    const isEmpty = task.contentLength === 0;
    this.#to(peer, isEmpty ? "RegisterEmpty" : "RegisterNormal");
    return { peer, next: isEmpty ? "empty" : "schedule", seedFor };
  }

  /** Whoever is the first to want what nobody has: goes to the source, or a seed peer does for him. */
  #firstOf(peer: KnownPeer, download: Download__Output): Download__Output | undefined {
    const { task, host } = peer;
    if (download.needBackToSource) {
      peer.needBackToSource = true;
      return undefined;
    }
    const isFirst =
      task.state === "Pending" ||
      task.state === "Failed" ||
      task.state === "Leave" ||
      (task.state === "Succeeded" && !hasAvailablePeer(task, peer));
    if (!isFirst) return undefined;
    // As Dragonfly's scheduler does: priorities say who goes to the source instead of a seed peer, and without one they all do.
    const couldBySeed = host.message.type === 0 && this.#options.hasSeed();
    if (couldBySeed && download.priority === "LEVEL1")
      throw new P2pfsError("FAILED_PRECONDITION", "LEVEL1 peer is forbidden");
    if (couldBySeed && download.priority === "LEVEL2")
      throw new NotFoundError("LEVEL2 peer not found candidate peers");
    const bySeed = couldBySeed && download.priority !== "LEVEL3" && this.#maySendSeed(task);
    if (!bySeed) {
      peer.needBackToSource = true;
      return undefined;
    }
    task.seedIsOut = true;
    const { outputPath: _path, _outputPath: _present, ...rest } = download;
    return { ...rest, needBackToSource: true };
  }

  #maySendSeed({ seedFailedAtMs, seedIsOut }: KnownTask): boolean {
    const failedLately =
      seedFailedAtMs !== undefined && this.#options.nowMs() - seedFailedAtMs < SEED_FAILED_MS;
    return !failedLately && !seedIsOut;
  }

  #succeed(peer: KnownPeer): void {
    this.#to(peer, "DownloadSucceeded");
    peer.costMs = this.#options.nowMs() - peer.createdAtMs;
    peer.costs = undefined;
    // Another peer of the host told the same before: one is enough, and the newest the host will name.
    for (const older of [...peer.host.peers])
      if (older !== peer && older.task === peer.task && older.state === "Succeeded" && covers(peer, older))
        this.swarm.remove(older);
    this.#options.journal?.holds(peer);
    this.#options.onChange?.(peer.task);
  }

  #to(peer: KnownPeer, event: PeerEvent): void {
    const before = peer.state;
    peer.state = peerAfter(peer.state, event);
    const { task } = peer;
    if (peer.state === "BackToSource") task.backToSource.add(peer.id);
    else task.backToSource.delete(peer.id);
    if (peer.state === "BackToSource" || peer.state === "Succeeded" || peer.state === "Failed")
      unlinkParents(peer);
    if (peer.state === "Failed") unlinkChildren(peer);
    if (peer.state === "Succeeded") this.swarm.unsettled.delete(peer);
    else this.swarm.unsettled.add(peer);
    if (before === "Succeeded" && peer.state === "Failed") this.#options.journal?.peerGone(peer.id);
    this.#settle(peer);
    this.#touch(peer);
  }

  #taskTo(task: KnownTask, event: TaskEvent): void {
    task.updatedAtMs = this.#options.nowMs();
    const isThere =
      (event === "Download" && task.state === "Running") ||
      (event === "DownloadSucceeded" && task.state === "Succeeded");
    if (!isThere) task.state = taskAfter(task.state, event);
  }

  /** Whether the peer belongs to the givers may have changed. */
  #settle(peer: KnownPeer): void {
    const { givers } = peer.task;
    if (!isGiver(peer)) givers.delete(peer);
    else if (!givers.has(peer)) {
      givers.add(peer);
      this.#options.onChange?.(peer.task);
    }
  }

  #touch(peer: KnownPeer): void {
    const nowMs = this.#options.nowMs();
    peer.updatedAtMs = nowMs;
    peer.task.updatedAtMs = nowMs;
  }
}

/** Whether all that the older peer held is what the newer one holds. */
function covers({ range }: KnownPeer, older: KnownPeer): boolean {
  if (range === undefined) return true;
  return older.range?.start === range.start && older.range.length === range.length;
}
