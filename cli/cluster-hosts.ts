/** The hosts of a cluster of our own, as people read them. Pure. */
import { CERTIFICATE_WARNED_MS, MEMBERS_LATE_MS } from "../base/limits.ts";
import type { Timestamp__Output } from "../proto/gen/google/protobuf/Timestamp.ts";
import type { MembershipStatus__Output } from "../proto/gen/p2pfs/v1/MembershipStatus.ts";
import { ago, day, table } from "./table.ts";

const ms = (at: Timestamp__Output | null | undefined) => (at?.seconds ?? 0) * 1000;

const rolesOf = (isIssuer: boolean, roles: readonly string[]) =>
  [...(isIssuer ? ["authority"] : []), ...roles].join(", ") || "peer";

/** What this host is in it, and what somebody should do about it; a line each. */
export function ownLines(status: MembershipStatus__Output, nowMs: number): string[] {
  const { clusterName, roles, isIssuer, issuer, failure } = status;
  const untilMs = ms(status.certificateUntil);
  const authorityUntilMs = ms(status.authorityUntil);
  const ends = nowMs < untilMs ? `ends ${day(untilMs)}` : `ended ${day(untilMs)}`;
  const lines = [`${clusterName}: this host is ${rolesOf(isIssuer, roles)}; its certificate ${ends}`];
  if (failure !== "") lines.push(unheard(failure));
  if (untilMs > 0 && untilMs - nowMs < CERTIFICATE_WARNED_MS)
    lines.push(
      nowMs < untilMs
        ? `the certificate should have been renewed by now: does ${issuer} run, and are both clocks right?`
        : "without a certificate the others refuse this host: 'p2pfs cluster join' with a new token makes one",
    );
  if (authorityUntilMs > 0 && authorityUntilMs - nowMs < 4 * CERTIFICATE_WARNED_MS)
    lines.push(
      `the cluster's authority ends ${day(authorityUntilMs)}, and everything with it: make a new cluster before`,
    );
  return lines;
}

/** Why the hosts cannot be shown, and what that means for this one. @param failure what came of asking for them */
export function unheard(failure: string): string {
  // A host that was refused is told what to do.
  const meaning = failure.includes("p2pfs cluster join")
    ? ""
    : "; until it is back no host joins and no certificate is renewed, all else goes on";
  return `the hosts are not known: ${failure}${meaning}`;
}

/**
 * All hosts that were told, and those that left or were removed.
 * @param most hosts and removed hosts that are shown
 */
export function hostTable(
  { members, memberCount, memberId, removed }: MembershipStatus__Output,
  {
    nowMs,
    most,
  }: { readonly nowMs: number; readonly most: { readonly hosts: number; readonly removed: number } },
): string[] {
  if (members.length === 0) return [];
  const shown = members.slice(0, most.hosts);
  const rows = shown.map((host) => {
    const seenMs = ms(host.seenAt);
    const late = nowMs - seenMs > MEMBERS_LATE_MS ? "silent, seen " : "";
    return [
      host.memberId === memberId ? `${host.hostname} (here)` : host.hostname,
      host.ip,
      rolesOf(host.isIssuer, host.roles),
      `${late}${ago(seenMs, nowMs)}`,
      day(ms(host.certificateUntil)),
      host.memberId,
    ];
  });
  const gone = removed
    .slice(0, most.removed)
    .map(({ hostname, ip, left, removedAt, memberId }) => [
      hostname || "?",
      ip || "?",
      left ? "left" : "removed",
      ago(ms(removedAt), nowMs),
      "refused",
      memberId,
    ]);
  const hidden = memberCount - shown.length;
  return [
    ...table([["HOST", "ADDRESS", "ROLES", "SEEN", "CERTIFICATE TO", "ID"], ...rows, ...gone]),
    ...(hidden > 0 ? [`and ${hidden} more hosts`] : []),
  ];
}
