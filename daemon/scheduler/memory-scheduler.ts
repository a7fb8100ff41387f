/**
 * A scheduler in the memory of one process, for several daemons in it: every host joins and gets its own face of the same
 * swarm. Complete behind the port, but forgets nobody by itself and measures no load.
 */
import { UnavailableError } from "../../base/errors.ts";
import type {
  CandidateParent,
  FinishedPiece,
  PeerRegistration,
  PeerSession,
  Placement,
  Scheduler,
} from "./scheduler.ts";
import { type Decision, Swarm, type SwarmPeer } from "./swarm.ts";

/** A host as others are told of it. */
export interface MemoryHost {
  readonly hostId: string;
  readonly ip: string;
  /** Of its DfdaemonUpload service. */
  readonly uploadPort: number;
  /** Bits a second; default 0: it does not say. */
  readonly maxSendRate?: number;
  readonly sendRate?: number;
  /** It gives nothing to others. Default false. */
  readonly disableShared?: boolean;
}

/** What the hosts share. */
export class MemoryCluster {
  readonly swarm = new Swarm();
  readonly #hosts = new Map<string, MemoryHost>();
  readonly #waiting = new Set<() => void>();

  /** The host's own scheduler. It leaves when that is closed. */
  join(host: MemoryHost): Scheduler {
    this.#hosts.set(host.hostId, host);
    return new MemoryScheduler(this, host);
  }

  /** Removes a host and all it holds, as when it has died. */
  remove(hostId: string): void {
    this.#hosts.delete(hostId);
    this.swarm.removeHost(hostId);
    this.changed();
  }

  /** For the hosts' sessions: what a peer is to do. */
  decide(peer: SwarmPeer): Decision {
    return this.swarm.decide(peer, (hostId) => this.#shares(hostId));
  }

  parent(peer: SwarmPeer): CandidateParent | undefined {
    const host = this.#hosts.get(peer.hostId);
    if (host === undefined) return undefined;
    const { hostId, ip, uploadPort, maxSendRate = 0, sendRate = 0 } = host;
    return { peerId: peer.peerId, hostId, ip, uploadPort, maxSendRate, sendRate };
  }

  /** Calls back, until unsubscribed, when somebody may have something to give that had nothing. */
  onChange(listener: () => void): () => void {
    this.#waiting.add(listener);
    return () => this.#waiting.delete(listener);
  }

  changed(): void {
    for (const listener of [...this.#waiting]) listener();
  }

  #shares(hostId: string): boolean {
    const host = this.#hosts.get(hostId);
    return host !== undefined && host.disableShared !== true;
  }
}

class MemoryScheduler implements Scheduler {
  readonly alone = false;
  readonly #cluster: MemoryCluster;
  readonly #host: MemoryHost;
  readonly #sessions = new Set<MemorySession>();
  #closed = false;

  constructor(cluster: MemoryCluster, host: MemoryHost) {
    this.#cluster = cluster;
    this.#host = host;
  }

  async register(registration: PeerRegistration, signal: AbortSignal): Promise<PeerSession> {
    signal.throwIfAborted();
    if (this.#closed) throw new UnavailableError("the scheduler is closed", {}, "CLOSED");
    const { taskId, peerId, isComplete = false, needBackToSource = false } = registration;
    const peer = this.#cluster.swarm.add({ taskId, peerId, hostId: this.#host.hostId, isComplete });
    const session = new MemorySession(this.#cluster, peer, needBackToSource);
    this.#sessions.add(session);
    return session;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const session of this.#sessions) await session.end("idle");
    this.#cluster.remove(this.#host.hostId);
  }
}

class MemorySession implements PeerSession {
  readonly #cluster: MemoryCluster;
  readonly #peer: SwarmPeer;
  readonly #listeners = new Set<() => void>();
  #unsubscribe: () => void = () => {};
  #placement: Placement = { kind: "unknown" };
  #ended = false;

  constructor(cluster: MemoryCluster, peer: SwarmPeer, needBackToSource: boolean) {
    this.#cluster = cluster;
    this.#peer = peer;
    if (needBackToSource) this.#goToSource("the scheduler sent for it");
    else if (peer.state === "running") this.#place();
    if (peer.state !== "running") cluster.changed();
  }

  placement(): Placement {
    return this.#placement;
  }

  onPlacement(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  pieceFinished(_piece: FinishedPiece): void {
    this.#peer.pieces += 1;
    if (this.#peer.pieces === 1) this.#cluster.changed();
  }

  pieceFailed({ parentId }: { readonly number: number; readonly parentId: string }): void {
    this.#peer.blocked.add(parentId);
  }

  reschedule(_reason: string): void {
    if (this.#ended || this.#peer.state !== "running") return;
    for (const parent of this.#peer.parents) this.#peer.blocked.add(parent.peerId);
    this.#set({ kind: "unknown" });
    this.#place();
  }

  async end(outcome: "finished" | "failed" | "idle"): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#unsubscribe();
    this.#cluster.swarm.settle(this.#peer, outcome === "finished" ? "succeeded" : "failed");
    this.#cluster.changed();
  }

  #place(): void {
    this.#unsubscribe();
    const decision = this.#cluster.decide(this.#peer);
    if (decision.kind === "wait") {
      this.#unsubscribe = this.#cluster.onChange(() => this.#place());
      return;
    }
    const parents =
      decision.kind === "parents" ? decision.parents.map((peer) => this.#cluster.parent(peer)) : [];
    const known = parents.filter((parent) => parent !== undefined);
    if (known.length === 0) this.#goToSource("nobody else has it");
    else {
      this.#set({ kind: "parents", parents: known });
      this.#cluster.changed();
    }
  }

  #goToSource(reason: string): void {
    this.#peer.state = "back-to-source";
    this.#set({ kind: "back-to-source", reason });
    this.#cluster.changed();
  }

  #set(placement: Placement): void {
    this.#placement = placement;
    for (const listener of [...this.#listeners]) listener();
  }
}
