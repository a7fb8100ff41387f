/** What a host knows of the cluster of our own that it is in, as it stands on its disk. Pure: files are member-files.ts' business. */
import { InvalidInputError, NotFoundError } from "../../base/errors.ts";
import { MEMBER_ROLES_MAX, SCHEDULERS_MAX } from "../../base/limits.ts";
import type { RemovedMember } from "./removed-members.ts";

/** What a host does for the others. Without any it is a peer like all. */
export const ROLES = ["scheduler", "seed"] as const;
export type Role = (typeof ROLES)[number];

export interface MemberState {
  readonly clusterName: string;
  /** Given by the issuer; the name in the host's certificate. */
  readonly memberId: string;
  /** This host makes the certificates: its folder has the authority's key. */
  readonly isIssuer: boolean;
  readonly roles: readonly Role[];
  /** "ADDRESS:PORT" of whoever makes the certificates. */
  readonly issuer: string;
  /** "ADDRESS:PORT", as last heard: they are used while the issuer cannot be asked. */
  readonly schedulers: readonly string[];
}

/** A host as it tells the issuer of itself. */
export interface MemberReport {
  readonly hostname: string;
  /** The address that others know it by. */
  readonly ip: string;
  /** All it has. */
  readonly addresses: readonly string[];
  readonly roles: readonly Role[];
  /** Undefined: it has no scheduler. */
  readonly schedulerPort?: number | undefined;
  /** Dragonfly's id of it; empty until its daemon ran. */
  readonly hostId: string;
  readonly version: string;
}

/** A host as the issuer keeps it. */
export interface Member extends MemberReport {
  readonly memberId: string;
  /** Ms since the epoch, by the issuer's clock. */
  readonly seenAtMs: number;
  readonly isIssuer: boolean;
  /** When the last certificate that it was given ends; undefined: it was given none by who is asked. */
  readonly certificateUntilMs?: number;
  /** Id of the token that it came by. */
  readonly tokenId?: string;
}

/** What hosts hear of their cluster. */
export interface Roster {
  readonly clusterName: string;
  /** "ADDRESS:PORT". */
  readonly schedulers: readonly string[];
  readonly members: readonly Member[];
  /** Hosts that are of it no more, while their certificates are good. */
  readonly removed: readonly RemovedMember[];
}

/** @param text of a file @param where the file's name, for people @throws InvalidInputError INVALID_CONFIG */
export function parseMemberState(text: string, where: string): MemberState {
  try {
    const { clusterName, memberId, isIssuer, roles, issuer, schedulers } = JSON.parse(text) as MemberState;
    const texts = [clusterName, memberId, issuer, ...schedulers];
    if (texts.some((each) => typeof each !== "string" || each === ""))
      throw new InvalidInputError("a text is missing");
    return {
      clusterName,
      memberId,
      isIssuer: isIssuer === true,
      roles: parseRoles(roles),
      issuer,
      schedulers: schedulers.slice(0, SCHEDULERS_MAX),
    };
  } catch (error) {
    throw new InvalidInputError(
      `${where} cannot be read as what p2pfs wrote there`,
      { cause: error },
      "INVALID_CONFIG",
    );
  }
}

/** Each once, in the order of ROLES. @throws InvalidInputError for a word that is no role */
export function parseRoles(words: readonly string[]): readonly Role[] {
  const unknown = words.find((word) => !ROLES.some((role) => role === word));
  if (unknown !== undefined || words.length > MEMBER_ROLES_MAX)
    throw new InvalidInputError(`a role is one of ${ROLES.join(", ")}, not ${String(unknown).slice(0, 40)}`);
  return ROLES.filter((role) => words.includes(role));
}

/** "ADDRESS:PORT" of all schedulers among the hosts, in order. */
export function schedulersOf(members: readonly Member[]): readonly string[] {
  const addresses = members.flatMap(({ roles, ip, schedulerPort }) =>
    roles.includes("scheduler") && schedulerPort !== undefined
      ? [ip.includes(":") ? `[${ip}]:${schedulerPort}` : `${ip}:${schedulerPort}`]
      : [],
  );
  return [...new Set(addresses)].sort().slice(0, SCHEDULERS_MAX);
}

/**
 * The host that people mean.
 * @param words its name, address or id
 * @throws NotFoundError, InvalidInputError when several hosts have the name or address
 */
export function memberNamed(members: readonly Member[], words: string): Member {
  const meant = members.filter(({ hostname, ip, memberId, hostId }) =>
    [hostname, ip, memberId, hostId].includes(words),
  );
  const [one] = meant;
  if (one === undefined)
    throw new NotFoundError(
      `the cluster has no host ${words.slice(0, 100)}: 'p2pfs cluster hosts' shows those it has`,
    );
  if (meant.length > 1)
    throw new InvalidInputError(
      `several hosts are called ${words.slice(0, 100)}; one of them is meant by its id: ` +
        meant.map(({ memberId, ip }) => `${memberId} (${ip})`).join(", "),
    );
  return one;
}
