/** Hosts of a cluster of our own as messages carry them. Pure. */
import { CERTIFICATE_ADDRESSES_MAX, MEMBERS_SHOWN_MAX } from "../../base/limits.ts";
import type { ClusterMember, ClusterMember__Output } from "../../proto/gen/p2pfs/v1/ClusterMember.ts";
import type { MemberHost, MemberHost__Output } from "../../proto/gen/p2pfs/v1/MemberHost.ts";
import { wireTimestamp } from "../rpc/wire-time.ts";
import { type Member, type MemberReport, ROLES } from "./member-state.ts";

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
    }));
}

export function memberOf({ memberId, host, seenAt, isIssuer }: ClusterMember__Output): Member {
  const seenAtMs = (seenAt?.seconds ?? 0) * 1000;
  return { ...reportOf(host), memberId, seenAtMs, isIssuer };
}
