/**
 * All that the scheduler knows, and what becomes of it with each thing it is told: Dragonfly's rules (scheduler/service), pure,
 * with the clock and chance handed in. It sends nothing and waits for nothing. Errors are those a client is told.
 */
import { LimitError, NotFoundError, P2pfsError } from "../../../base/errors.ts";
import {
  BACK_TO_SOURCE_PEERS_MAX,
  BLOCKED_PARENTS_MAX,
  SEED_FAILED_MS,
  SWARM_HOSTS_MAX,
  SWARM_PEERS_MAX,
  SWARM_TASKS_MAX,
} from "../../../base/limits.ts";
import type { Download__Output } from "../../../proto/gen/common/v2/Download.ts";
import type { Host__Output } from "../../../proto/gen/common/v2/Host.ts";
import { candidatesFor, isGiver } from "./candidates.ts";
import {
  block,
  type KnownHost,
  type KnownPeer,
  type KnownTask,
  link,
  newHost,
  newPeer,
  newTask,
  unlinkChildren,
  unlinkParents,
} from "./known.ts";
import { PieceCosts } from "./piece-costs.ts";
import { type PeerEvent, peerAfter, type TaskEvent, taskAfter } from "./states.ts";
import { withoutSecrets } from "./wire.ts";

/** Hears what outlives the process: hosts, and who has what. */
export interface SwarmJournal {
  hostChanged(host: KnownHost): void;
  hostGone(hostId: string): void;
  /** The peer holds its content from now on. */
  holds(peer: KnownPeer): void;
  peerGone(peerId: string): void;
  taskGone(taskId: string): void;
}

export interface SwarmOptions {
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Whether a seed peer is there to be sent. */
  readonly hasSeed: () => boolean;
  /** Default: nothing is kept. */
  readonly journal?: SwarmJournal;
  /** Somebody may give what others wait for, or a task is not what it was. Default: nobody waits. */
  readonly onChange?: (task: KnownTask) => void;
}

/** Whose message it is. */
export interface PeerIds {
  readonly hostId: string;
  readonly taskId: string;
  readonly peerId: string;
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

export class Swarm {
  readonly hosts = new Map<string, KnownHost>();
  /** The one used longest ago first. */
  readonly tasks = new Map<string, KnownTask>();
  readonly peers = new Map<string, KnownPeer>();
  /** Peers whose end is still to come, or that are of no use any more. */
  readonly unsettled = new Set<KnownPeer>();
  readonly #options: SwarmOptions;

  constructor(options: SwarmOptions) {
    this.#options = options;
  }

  /** @throws LimitError when more hosts are known than may be */
  announceHost(message: Host__Output, intervalMs: number): void {
    const nowMs = this.#options.nowMs();
    const known = this.hosts.get(message.id);
    if (known === undefined) {
      if (this.hosts.size >= SWARM_HOSTS_MAX)
        throw new LimitError(`the scheduler knows ${SWARM_HOSTS_MAX} hosts, and takes no more`);
      this.hosts.set(message.id, newHost(message, intervalMs, nowMs));
    } else {
      known.message = message;
      known.announcedAtMs = nowMs;
      known.intervalMs = intervalMs;
    }
    this.#options.journal?.hostChanged(this.hosts.get(message.id) as KnownHost);
  }

  /** The host is gone, and all it holds. @throws NotFoundError */
  deleteHost(hostId: string): void {
    const host = this.#mustHost(hostId);
    for (const peer of [...host.peers]) this.remove(peer);
    this.hosts.delete(hostId);
    this.#options.journal?.hostGone(hostId);
  }

  /** The host holds nothing of the task any more. @throws NotFoundError for a host or a task that is not known */
  deleteTask(hostId: string, taskId: string): void {
    const host = this.#mustHost(hostId);
    const task = this.mustTask(taskId);
    for (const peer of [...task.peers.values()]) if (peer.host === host) this.remove(peer);
  }

  /** @throws NotFoundError in the words of Dragonfly's scheduler */
  mustPeer(peerId: string): KnownPeer {
    const peer = this.peers.get(peerId);
    if (peer === undefined) throw new NotFoundError(`peer ${peerId} not found`);
    return peer;
  }

  /** @throws NotFoundError */
  mustTask(taskId: string): KnownTask {
    const task = this.tasks.get(taskId);
    if (task === undefined) throw new NotFoundError(`task ${taskId} not found`);
    return task;
  }

  /** Whether somebody other than this peer has the task's content, or is fetching it. */
  hasAvailablePeer(task: KnownTask, but?: KnownPeer): boolean {
    for (const giver of task.givers) if (giver !== but && giver.state !== "ReceivedNormal") return true;
    return false;
  }

  /**
   * A peer begins. One that is refused has failed.
   * @throws NotFoundError for a host that is not known (in Dragonfly's words), or for a priority that goes without;
   * FAILED_PRECONDITION for one that is forbidden; LimitError
   */
  register({ hostId, taskId, peerId }: PeerIds, download: Download__Output): Registered {
    const host = this.hosts.get(hostId);
    // Dragonfly's scheduler looks for the peer to mark it as failed, and then says that of it.
    if (host === undefined) throw new NotFoundError(`peer ${peerId} not found`);
    const task = this.#taskFor(taskId, download);
    const known = this.peers.get(peerId);
    if (known !== undefined && known.task !== task) this.remove(known);
    const peer = this.peers.get(peerId) ?? this.#addPeer(peerId, host, task, download);
    try {
      return this.#begin(peer, download);
    } catch (error) {
      this.#to(peer, "DownloadFailed");
      throw error;
    }
  }

  /** A peer that holds the content is known from now on: how a restart remembers. */
  restore(ids: PeerIds, task: KnownTask, download: Pick<Download__Output, "priority" | "range">): void {
    const host = this.hosts.get(ids.hostId);
    if (host === undefined || this.peers.size >= SWARM_PEERS_MAX) return;
    const nowMs = this.#options.nowMs();
    const peer = newPeer(ids.peerId, { host, task, nowMs }, download);
    peer.state = "Succeeded";
    this.peers.set(peer.id, peer);
    task.givers.add(peer);
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
    const parent = parentId === undefined ? undefined : this.peers.get(parentId);
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
    if (failed && !this.hasAvailablePeer(task, sentFor)) sentFor.isLeftAlone = true;
    this.#options.onChange?.(task);
  }

  /** Forgets a peer. */
  remove(peer: KnownPeer): void {
    const { task, host } = peer;
    unlinkParents(peer);
    unlinkChildren(peer);
    peer.state = "Leave";
    task.backToSource.delete(peer.id);
    task.givers.delete(peer);
    task.peers.delete(peer.id);
    host.peers.delete(peer);
    this.peers.delete(peer.id);
    this.unsettled.delete(peer);
    this.#options.journal?.peerGone(peer.id);
    this.#options.onChange?.(task);
  }

  /** Forgets a task and all its peers. */
  removeTask(task: KnownTask): void {
    for (const peer of [...task.peers.values()]) this.remove(peer);
    this.tasks.delete(task.id);
    this.#options.journal?.taskGone(task.id);
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
      (task.state === "Succeeded" && !this.hasAvailablePeer(task, peer));
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

  #taskFor(taskId: string, download: Download__Output): KnownTask {
    const nowMs = this.#options.nowMs();
    const description = withoutSecrets(download);
    let task = this.tasks.get(taskId);
    if (task === undefined) {
      if (this.tasks.size >= SWARM_TASKS_MAX) this.#forgetOne();
      task = newTask(taskId, description, nowMs);
    }
    task.description = description;
    task.updatedAtMs = nowMs;
    task.contentLength = download.actualContentLength ?? task.contentLength;
    task.pieceCount = download.actualPieceCount ?? task.pieceCount;
    task.pieceLength = download.actualPieceLength ?? task.pieceLength;
    this.tasks.delete(taskId);
    this.tasks.set(taskId, task);
    return task;
  }

  #addPeer(peerId: string, host: KnownHost, task: KnownTask, download: Download__Output): KnownPeer {
    if (this.peers.size >= SWARM_PEERS_MAX) this.#forgetOne(task);
    const peer = newPeer(peerId, { host, task, nowMs: this.#options.nowMs() }, download);
    this.peers.set(peerId, peer);
    this.unsettled.add(peer);
    return peer;
  }

  /** Makes room: the task used longest ago that nobody fetches. @throws LimitError when the first ones are all at work */
  #forgetOne(but?: KnownTask): void {
    let looked = 0;
    for (const task of this.tasks.values()) {
      looked += 1;
      const isIdle = ![...task.peers.values()].some((peer) => this.unsettled.has(peer));
      if (task !== but && isIdle) {
        this.removeTask(task);
        return;
      }
      if (looked >= FORGET_LOOKS_MAX) break;
    }
    throw new LimitError("the scheduler knows as many tasks and peers as it may, and all are in use");
  }

  #succeed(peer: KnownPeer): void {
    this.#to(peer, "DownloadSucceeded");
    peer.costMs = this.#options.nowMs() - peer.createdAtMs;
    peer.costs = undefined;
    // Another peer of the host told the same before: one is enough, and the newest the host will name.
    for (const older of [...peer.host.peers])
      if (older !== peer && older.task === peer.task && older.state === "Succeeded" && covers(peer, older))
        this.remove(older);
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
    if (peer.state === "Succeeded") this.unsettled.delete(peer);
    else this.unsettled.add(peer);
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

  #mustHost(hostId: string): KnownHost {
    const host = this.hosts.get(hostId);
    if (host === undefined) throw new NotFoundError(`host ${hostId} not found`);
    return host;
  }
}

/** Tasks that are looked at for one to forget. */
const FORGET_LOOKS_MAX = 64;

/** Whether all that the older peer held is what the newer one holds. */
function covers({ range }: KnownPeer, older: KnownPeer): boolean {
  if (range === undefined) return true;
  return older.range?.start === range.start && older.range.length === range.length;
}
