/** Hosts of a cluster of our own as messages carry them. Pure. */
import { CERTIFICATE_ADDRESSES_MAX, MEMBERS_SHOWN_MAX } from "../../base/limits.ts";
import type { ClusterMember, ClusterMember__Output } from "../../proto/gen/p2pfs/v1/ClusterMember.ts";
import type { MemberHost, MemberHost__Output } from "../../proto/gen/p2pfs/v1/MemberHost.ts";
import type {
  RemovedMember__Output,
  RemovedMember as RemovedMessage,
} from "../../proto/gen/p2pfs/v1/RemovedMember.ts";
import { wireTimestamp } from "../rpc/wire-time.ts";
import { type Member, type MemberReport, ROLES } from "./member-state.ts";
import { type RemovedMember, removedLately } from "./removed-members.ts";

export function hostMessage(report: MemberReport): MemberHost {
  const { hostname, ip, addresses, roles, schedulerPort = 0, hostId, version } = report;
  return { hostname, ip, addresses: [...addresses], roles: [...roles], schedulerPort, hostId, version };
}

/** Roles that this version does not know are left out: the host may be newer. */
export function reportOf(message: MemberHost__Output | null): MemberReport {
  const { hostname = "", ip = "", addresses = [], roles = [], schedulerPort = 0 } = message ?? {};
  return {
    hostname,
    ip,
    addresses: addresses.slice(0, CERTIFICATE_ADDRESSES_MAX),
    roles: ROLES.filter((role) => roles.includes(role)),
    ...(schedulerPort === 0 ? {} : { schedulerPort }),
    hostId: message?.hostId ?? "",
    version: message?.version ?? "",
  };
}

/** The last seen first, MEMBERS_SHOWN_MAX of them. */
export function memberMessages(members: readonly Member[]): ClusterMember[] {
  return [...members]
    .sort((a, b) => b.seenAtMs - a.seenAtMs)
    .slice(0, MEMBERS_SHOWN_MAX)
    .map((member) => ({
      memberId: member.memberId,
      host: hostMessage(member),
      seenAt: wireTimestamp(member.seenAtMs),
      isIssuer: member.isIssuer,
      ...(member.certificateUntilMs === undefined
        ? {}
        : { certificateUntil: wireTimestamp(member.certificateUntilMs) }),
    }));
}

export function removedMessages(removed: readonly RemovedMember[]): RemovedMessage[] {
  return removedLately(removed).map(({ memberId, hostname, ip, removedAtMs, left }) => ({
    memberId,
    hostname,
    ip,
    removedAt: wireTimestamp(removedAtMs),
    left,
  }));
}

export function removedOf(message: RemovedMember__Output): RemovedMember {
  const { memberId, hostname, ip, removedAt, left } = message;
  return { memberId, hostname, ip, removedAtMs: (removedAt?.seconds ?? 0) * 1000, untilMs: 0, left };
}

export function memberOf(message: ClusterMember__Output): Member {
  const { memberId, host, seenAt, isIssuer, certificateUntil } = message;
  const seenAtMs = (seenAt?.seconds ?? 0) * 1000;
  const until = certificateUntil ? { certificateUntilMs: certificateUntil.seconds * 1000 } : {};
  return { ...reportOf(host), memberId, seenAtMs, isIssuer, ...until };
}
