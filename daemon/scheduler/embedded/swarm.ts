/**
 * All that the scheduler knows: hosts, tasks and peers, how many of each at most, and how they are forgotten. What becomes of a
 * peer with what it says is downloads.ts. Pure, with the clock handed in.
 */
import { LimitError, NotFoundError } from "../../../base/errors.ts";
import { SWARM_HOSTS_MAX, SWARM_PEERS_MAX, SWARM_TASKS_MAX } from "../../../base/limits.ts";
import type { Download__Output } from "../../../proto/gen/common/v2/Download.ts";
import type { Host__Output } from "../../../proto/gen/common/v2/Host.ts";
import {
  type KnownHost,
  type KnownPeer,
  type KnownTask,
  newHost,
  newPeer,
  newTask,
  unlinkChildren,
  unlinkParents,
} from "./known.ts";
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

  /** The task as this download describes it: known from now on, and the one used last. @throws LimitError */
  taskFor(taskId: string, download: Download__Output): KnownTask {
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

  /** A peer that is new. @throws LimitError */
  addPeer(peerId: string, host: KnownHost, task: KnownTask, download: Download__Output): KnownPeer {
    if (this.peers.size >= SWARM_PEERS_MAX) this.#forgetOne(task);
    const peer = newPeer(peerId, { host, task, nowMs: this.#options.nowMs() }, download);
    this.peers.set(peerId, peer);
    this.unsettled.add(peer);
    return peer;
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

  #mustHost(hostId: string): KnownHost {
    const host = this.hosts.get(hostId);
    if (host === undefined) throw new NotFoundError(`host ${hostId} not found`);
    return host;
  }
}

/** Tasks that are looked at for one to forget. */
const FORGET_LOOKS_MAX = 64;
