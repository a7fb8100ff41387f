/** What the scheduler forgets by itself: hosts that are silent, downloads that have ended without a word, tasks nobody has. Pure. */
import { HOST_TTL_MS, PEER_SILENCE_MS, TASK_ALONE_MS } from "../../../base/limits.ts";
import type { KnownHost, KnownPeer } from "./known.ts";
import type { Swarm } from "./swarm.ts";

/** A host is given so many of its own intervals. */
const INTERVALS = 3;

/**
 * What holds content is forgotten with its host alone; Dragonfly's scheduler forgets it after a day.
 * @returns how much was forgotten
 */
export function expire(swarm: Swarm, nowMs: number): { hosts: number; peers: number; tasks: number } {
  const gone = { hosts: 0, peers: 0, tasks: 0 };
  for (const host of [...swarm.hosts.values()])
    if (isSilent(host, nowMs)) {
      swarm.deleteHost(host.id);
      gone.hosts += 1;
    }
  for (const peer of [...swarm.unsettled])
    if (hasEnded(peer, nowMs)) {
      swarm.remove(peer);
      gone.peers += 1;
    }
  for (const task of [...swarm.tasks.values()])
    if (task.peers.size === 0 && nowMs - task.updatedAtMs >= TASK_ALONE_MS) {
      swarm.removeTask(task);
      gone.tasks += 1;
    }
  return gone;
}

function isSilent({ announcedAtMs, intervalMs }: KnownHost, nowMs: number): boolean {
  return nowMs - announcedAtMs >= Math.max(HOST_TTL_MS, INTERVALS * intervalMs);
}

function hasEnded({ state, host, pieceAtMs, updatedAtMs }: KnownPeer, nowMs: number): boolean {
  if (state === "Failed") return true;
  if (host.message.disableShared && state === "Succeeded") return true;
  return nowMs - Math.max(pieceAtMs, updatedAtMs) >= PEER_SILENCE_MS;
}
