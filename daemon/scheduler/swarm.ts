/**
 * Who holds what of which task, and who may fetch from whom: the least a scheduler has to know. The first peer of a task
 * goes to the source, later ones get up to three parents, and nobody is his own ancestor. Pure, in memory, forgets nothing
 * but what it is told to; Dragonfly's scheduler weighs load, location and much else.
 */

/** Parents that one peer is given at once (Dragonfly's candidate_parent_limit). */
export const PARENTS_PER_PEER = 3;

export interface SwarmPeer {
  readonly peerId: string;
  readonly hostId: string;
  readonly taskId: string;
  state: "running" | "back-to-source" | "succeeded" | "failed";
  readonly parents: Set<SwarmPeer>;
  /** Peers that failed it. */
  readonly blocked: Set<string>;
  pieces: number;
}

/** What a peer is told to do. */
export type Decision =
  | { readonly kind: "parents"; readonly parents: readonly SwarmPeer[] }
  | { readonly kind: "back-to-source" }
  /** Somebody fetches it, and nobody has anything to give yet. */
  | { readonly kind: "wait" };

export class Swarm {
  readonly #tasks = new Map<string, Map<string, SwarmPeer>>();

  /** A peer that fetches, or with `isComplete` one that holds all. */
  add(peer: { peerId: string; hostId: string; taskId: string; isComplete: boolean }): SwarmPeer {
    const { peerId, hostId, taskId, isComplete } = peer;
    const peers = this.#tasks.get(taskId) ?? new Map<string, SwarmPeer>();
    this.#tasks.set(taskId, peers);
    const added: SwarmPeer = {
      peerId,
      hostId,
      taskId,
      state: isComplete ? "succeeded" : "running",
      parents: new Set(),
      blocked: new Set(),
      pieces: 0,
    };
    peers.set(peerId, added);
    return added;
  }

  /** All peers of a task that are still of use. */
  peersOf(taskId: string): readonly SwarmPeer[] {
    return [...(this.#tasks.get(taskId)?.values() ?? [])].filter(({ state }) => state !== "failed");
  }

  get taskIds(): readonly string[] {
    return [...this.#tasks.keys()];
  }

  /** Finds parents anew. @param mayUse hosts that may be parents */
  decide(peer: SwarmPeer, mayUse: (hostId: string) => boolean): Decision {
    peer.parents.clear();
    const others = this.peersOf(peer.taskId).filter((other) => other.hostId !== peer.hostId);
    const able = others.filter(
      (other) =>
        mayUse(other.hostId) &&
        !peer.blocked.has(other.peerId) &&
        canGive(other) &&
        !descendsFrom(other, peer),
    );
    if (able.length === 0) {
      const somebodyFetches = others.some(
        (other) => other.state !== "succeeded" && !peer.blocked.has(other.peerId),
      );
      return { kind: somebodyFetches ? "wait" : "back-to-source" };
    }
    const parents = able.sort((a, b) => worth(b) - worth(a)).slice(0, PARENTS_PER_PEER);
    for (const parent of parents) peer.parents.add(parent);
    return { kind: "parents", parents };
  }

  /** The peer fetches no more. Whoever has finished may give to those it had fetched from. */
  settle(peer: SwarmPeer, state: "succeeded" | "failed"): void {
    peer.state = state;
    peer.parents.clear();
  }

  /** The host holds nothing of the task any more. */
  removeTask(hostId: string, taskId: string): void {
    const peers = this.#tasks.get(taskId);
    for (const [peerId, peer] of peers ?? [])
      if (peer.hostId === hostId) {
        peer.state = "failed";
        peers?.delete(peerId);
      }
    if (peers?.size === 0) this.#tasks.delete(taskId);
  }

  /** The host is gone. */
  removeHost(hostId: string): void {
    for (const taskId of this.taskIds) this.removeTask(hostId, taskId);
  }
}

/** Whoever fetches from nobody has nothing that others could not get themselves, until it goes to the source. */
function canGive(peer: SwarmPeer): boolean {
  return peer.state !== "running" || peer.parents.size > 0;
}

function worth({ state, pieces }: SwarmPeer): number {
  return state === "succeeded" ? Number.MAX_SAFE_INTEGER : pieces + (state === "back-to-source" ? 1 : 0);
}

function descendsFrom(peer: SwarmPeer, ancestor: SwarmPeer): boolean {
  return peer === ancestor || [...peer.parents].some((parent) => descendsFrom(parent, ancestor));
}
