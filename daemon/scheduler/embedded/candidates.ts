/** Whom a peer may fetch from, and which of them are chosen: Dragonfly's rules (scheduler/scheduling). Pure. */
import { isBadParent, scoreOf } from "./evaluation.ts";
import { descendantsOf, type KnownPeer, type KnownTask } from "./known.ts";

/** Parents that one peer is given (Dragonfly's candidate_parent_limit). */
const CANDIDATE_PARENTS = 3;
/** Peers, drawn by chance, among whom the best are chosen (filter_parent_limit): else all would get the same ones. */
const COMPARED = 15;
/** Peers that are looked at for them. */
const LOOKED_AT_MAX = 256;

/** The best of some that are able to give the peer something, best first; empty: nobody is. @param random in [0, 1) */
export function candidatesFor(peer: KnownPeer, random: () => number): readonly KnownPeer[] {
  const isLookedFor = peer.state === "ReceivedNormal" || peer.state === "Running";
  if (!isLookedFor) return [];
  const below = descendantsOf(peer);
  const able: { readonly parent: KnownPeer; readonly score: number }[] = [];
  let looked = 0;
  for (const parent of peer.task.givers.drawn(random)) {
    looked += 1;
    if (looked > LOOKED_AT_MAX || able.length >= COMPARED) break;
    if (parent.host === peer.host || peer.blocked.has(parent.id) || below.has(parent)) continue;
    // What hosts say of themselves may change at any time.
    if (parent.host.message.disableShared || (isBadParent(parent) && !isAboutToRun(parent))) continue;
    able.push({ parent, score: scoreOf(parent, peer) });
  }
  return able
    .sort((one, other) => other.score - one.score)
    .slice(0, CANDIDATE_PARENTS)
    .map(({ parent }) => parent);
}

/** Whether somebody other than this peer has the task's content, or is fetching it. */
export function hasAvailablePeer(task: KnownTask, but?: KnownPeer): boolean {
  for (const giver of task.givers) if (giver !== but && giver.state !== "ReceivedNormal") return true;
  return false;
}

/**
 * Whether the peer belongs to those who may give: one that fetches from nobody has nothing that others could not get
 * themselves, until it goes to the source.
 */
export function isGiver(peer: KnownPeer): boolean {
  const { state, host, parents } = peer;
  if (state === "BackToSource" || state === "Succeeded") return true;
  if (state === "Running") return host.message.type !== 0 || parents.size > 0;
  return isAboutToRun(peer);
}

/**
 * It was given parents this moment, and only has not said yet that it began. Dragonfly's scheduler does not count it; but when
 * hundreds of hosts ask in one second, those who asked first would be the only parents of all the others.
 */
function isAboutToRun({ state, parents }: KnownPeer): boolean {
  return state === "ReceivedNormal" && parents.size > 0;
}
