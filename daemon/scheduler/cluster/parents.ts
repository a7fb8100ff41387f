/** Candidate parents out of a scheduler's answer: what is not a peer that could be asked is left out. Pure. */
import { isIP } from "node:net";
import { CANDIDATE_PARENTS_MAX, CLUSTER_TEXT_MAX } from "../../../base/limits.ts";
import type { Peer__Output } from "../../../proto/gen/common/v2/Peer.ts";
import type { CandidateParent } from "../scheduler.ts";

/** @param ownHostId a host is no parent of its own */
export function candidateParents(
  peers: readonly Peer__Output[],
  ownHostId: string,
): readonly CandidateParent[] {
  return peers
    .slice(0, CANDIDATE_PARENTS_MAX)
    .map(candidateParent)
    .filter((parent) => parent !== undefined && parent.hostId !== ownHostId) as CandidateParent[];
}

function candidateParent({ id, host }: Peer__Output): CandidateParent | undefined {
  if (!host || !isName(id) || !isName(host.id) || isIP(host.ip) === 0) return undefined;
  if (!Number.isInteger(host.port) || host.port < 1 || host.port > 65_535) return undefined;
  return {
    peerId: id,
    hostId: host.id,
    ip: host.ip,
    uploadPort: host.port,
    maxSendRate: rate(host.network?.maxTxBandwidth),
    sendRate: rate(host.network?.txBandwidth),
  };
}

function isName(text: string): boolean {
  return text.length > 0 && text.length <= CLUSTER_TEXT_MAX;
}

function rate(bits: number | undefined): number {
  return bits !== undefined && Number.isFinite(bits) && bits > 0 ? bits : 0;
}
