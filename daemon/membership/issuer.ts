/**
 * The host that made the cluster: lets others in by their tokens, renews their certificates, keeps the list of hosts, and takes
 * hosts out. One thing after the other, so that no two change a list at once. The entrance (entrance.ts) carries the questions.
 */
import { randomBytes, X509Certificate } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { InvalidInputError, LimitError, P2pfsError, PermissionError } from "../../base/errors.ts";
import { CERTIFICATE_BACKDATED_MS, CLUSTER_TEXT_MAX, MEMBERS_MAX } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import type { Authority } from "./authority.ts";
import type { IssuerState, MemberFiles } from "./member-files.ts";
import {
  type Member,
  type MemberReport,
  memberNamed,
  type Roster,
  schedulersOf,
  withMember,
} from "./member-state.ts";
import { digestOfIds, packIds, type RemovedMember, withRemoved } from "./removed-members.ts";
import { judgeToken, type TokenRecord } from "./token.ts";

export interface IssuerOptions {
  readonly authority: () => Promise<Authority>;
  readonly files: MemberFiles;
  readonly clock: Clock;
  readonly log: Logger;
  readonly clusterName: string;
  /** Its own id among the members. */
  readonly memberId: string;
}

/** What a host gets that was let in. */
export interface Admission extends Roster {
  readonly memberId: string;
  readonly certificate: string;
  readonly authority: string;
}

/** What became of a host that was taken out. */
export interface Removal {
  readonly member: Pick<Member, "memberId" | "hostname" | "ip">;
  /** Id of the token that it came by, which lets nobody in any more; undefined: it did not anyway. */
  readonly endedToken: string | undefined;
}

export class Issuer {
  readonly #options: IssuerOptions;
  #state: Omit<IssuerState, "tokens">;
  /** Ids of hosts that are to be refused, as hosts hear them. */
  #refused: { readonly packed: Buffer; readonly digest: Buffer };
  #onRefused: (ids: readonly string[]) => void = () => {};
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: IssuerOptions, state: Omit<IssuerState, "tokens">) {
    this.#options = options;
    this.#state = state;
    this.#refused = packed(state.removed);
  }

  /** @throws P2pfsError when the lists cannot be read */
  static async open(options: IssuerOptions): Promise<Issuer> {
    const { tokens: _tokens, ...state } = await options.files.issuer();
    return new Issuer(options, state);
  }

  get roster(): Roster {
    const { clusterName } = this.#options;
    const { members, removed } = this.#state;
    return { clusterName, schedulers: schedulersOf(members), members, removed };
  }

  /** Ids of hosts whose certificates are good and are to be refused all the same. */
  get refusedIds(): readonly string[] {
    return this.#state.removed.map(({ memberId }) => memberId);
  }

  /** What a host is told of them that knows those with the digest; undefined: nothing new. */
  refusedBeyond(digest: Uint8Array): Buffer | undefined {
    return this.#refused.digest.equals(digest) ? undefined : this.#refused.packed;
  }

  /** Called with all of them when there is one more. One listener. */
  onRefused(listener: (ids: readonly string[]) => void): void {
    this.#onRefused = listener;
  }

  /**
   * @throws PermissionError for a token that lets nobody in, InvalidInputError for a request that is none, LimitError when there
   * are MEMBERS_MAX hosts
   */
  join(
    token: { readonly id: Uint8Array; readonly secret: Uint8Array },
    request: Buffer,
    report: MemberReport,
  ): Promise<Admission> {
    return this.#inTurn(async () => {
      const { files, log, clusterName } = this.#options;
      // Read each time: commands make and revoke them while this daemon runs.
      const { tokens } = await files.issuer();
      const tokenId = this.#admitted(tokens, token, report);
      const memberId = randomBytes(8).toString("hex");
      const { certificate, certificateUntilMs } = await this.#certify(memberId, request, report);
      const tokenUses = { ...this.#state.tokenUses, [tokenId]: (this.#state.tokenUses[tokenId] ?? 0) + 1 };
      this.#state = { ...this.#state, ...knownOf(tokens, { ...this.#state, tokenUses }) };
      await this.#keep(memberId, report, { tokenId, certificateUntilMs });
      log.info({ memberId, hostname: report.hostname, ip: report.ip, clusterName, tokenId }, "host-joined");
      return { ...this.roster, memberId, certificate, authority: await files.authorityCertificate() };
    });
  }

  /** A new certificate for a host that has one. @throws PermissionError when it is of the cluster no more */
  renew(memberId: string, request: Buffer, report: MemberReport): Promise<string> {
    return this.#inTurn(async () => {
      this.#mustBeIn(memberId);
      const { certificate, certificateUntilMs } = await this.#certify(memberId, request, report);
      await this.#keep(memberId, report, { certificateUntilMs });
      this.#options.log.info({ memberId, hostname: report.hostname }, "certificate-renewed");
      return certificate;
    });
  }

  /** A host tells of itself, and hears of the others. @throws PermissionError when it is of the cluster no more */
  sync(memberId: string, report: MemberReport): Promise<Roster> {
    return this.#inTurn(async () => {
      this.#mustBeIn(memberId);
      await this.#keep(memberId, report);
      return this.roster;
    });
  }

  /** It is gone for good, by its own wish. */
  leave(memberId: string): Promise<void> {
    return this.#inTurn(async () => {
      // One that was removed has nothing left to leave.
      if (this.#state.removed.some((each) => each.memberId === memberId)) return;
      await this.#takeOut(this.#member(memberId) ?? { memberId }, true);
      this.#options.log.info({ memberId }, "host-left");
    });
  }

  /**
   * Takes a host out, whatever it wishes, and ends the token that it came by.
   * @param words its name, address or id
   * @throws NotFoundError, InvalidInputError when it could be several hosts, P2pfsError FAILED_PRECONDITION for this host
   */
  remove(words: string): Promise<Removal> {
    return this.#inTurn(async () => {
      const { files, log, clock } = this.#options;
      const member = memberNamed(this.#state.members, words);
      if (member.memberId === this.#options.memberId)
        throw new P2pfsError(
          "FAILED_PRECONDITION",
          `${member.hostname} keeps the cluster's authority and cannot be removed: 'p2pfs leave --force' on it ends the cluster`,
        );
      const { tokens } = await files.issuer();
      const came = tokens.find(({ id }) => id === member.tokenId);
      const isGood = came !== undefined && clock.nowMs() < came.expiresAtMs && this.#mayLetIn(came);
      if (isGood) this.#state = { ...this.#state, endedTokens: [...this.#state.endedTokens, came.id] };
      this.#state = { ...this.#state, ...knownOf(tokens, this.#state) };
      await this.#takeOut(member, false);
      const { memberId, hostname, ip } = member;
      log.info({ memberId, hostname, ip }, "host-removed");
      return { member, endedToken: isGood ? came.id : undefined };
    });
  }

  /** @returns the token's id @throws PermissionError */
  #admitted(
    tokens: readonly TokenRecord[],
    token: { readonly id: Uint8Array; readonly secret: Uint8Array },
    { hostname }: MemberReport,
  ): string {
    const { clock, log } = this.#options;
    const { verdict, record } = judgeToken(tokens, token, clock.nowMs());
    const refusal =
      verdict === "good" && this.#state.endedTokens.includes(record.id)
        ? "unknown"
        : verdict === "good" && !this.#mayLetIn(record)
          ? "spent"
          : verdict;
    if (refusal === "good" && record !== undefined) return record.id;
    log.warn({ hostname, verdict: refusal }, "join-refused");
    throw new PermissionError(REFUSALS[refusal === "good" ? "unknown" : refusal]);
  }

  #mayLetIn({ id, usesMax }: TokenRecord): boolean {
    const { tokenUses, endedTokens } = this.#state;
    return !endedTokens.includes(id) && (usesMax === undefined || (tokenUses[id] ?? 0) < usesMax);
  }

  #member(memberId: string): Member | undefined {
    return this.#state.members.find((member) => member.memberId === memberId);
  }

  #mustBeIn(memberId: string): void {
    const removed = this.#state.removed.find((each) => each.memberId === memberId);
    if (removed === undefined) return;
    const { clusterName } = this.#options;
    throw new PermissionError(
      `this host ${removed.left ? "has left" : "was removed from"} the cluster ${clusterName}: ` +
        "'p2pfs cluster join' with a new token gets it in again",
    );
  }

  async #takeOut(known: Pick<Member, "memberId"> & Partial<Member>, left: boolean): Promise<void> {
    const members = this.#state.members.filter(({ memberId }) => memberId !== known.memberId);
    const removed = withRemoved(this.#state.removed, known, { nowMs: this.#options.clock.nowMs(), left });
    this.#state = { ...this.#state, members, removed };
    this.#refused = packed(removed);
    // Refused from now on, whatever becomes of the file.
    this.#onRefused(this.refusedIds);
    await this.#options.files.writeHosts(this.#state);
  }

  async #certify(memberId: string, request: Buffer, { hostname, ip, addresses }: MemberReport) {
    const { clusterName, clock } = this.#options;
    const authority = await this.#options.authority();
    const host = { memberId, clusterName, hostname, addresses: [...new Set([ip, ...addresses])] };
    const certificate = await authority.certify(request, host, clock.nowMs());
    return { certificate, certificateUntilMs: Date.parse(new X509Certificate(certificate).validTo) };
  }

  async #keep(
    memberId: string,
    report: MemberReport,
    more: Partial<Pick<Member, "tokenId" | "certificateUntilMs">> = {},
  ): Promise<void> {
    const { files, clock } = this.#options;
    const before = this.#member(memberId);
    const { tokenId, certificateUntilMs } = { ...before, ...more };
    const member = {
      ...bounded(report),
      memberId,
      seenAtMs: clock.nowMs(),
      isIssuer: memberId === this.#options.memberId,
      ...(tokenId === undefined ? {} : { tokenId }),
      ...(certificateUntilMs === undefined ? {} : { certificateUntilMs }),
    };
    // Whose certificate has ended cannot come back with it.
    const living = this.#state.members.filter((each) => !hasEnded(each, member.seenAtMs));
    const next = withMember(living, member);
    if (next === undefined) throw new LimitError(`a cluster has at most ${MEMBERS_MAX} hosts`);
    const isNews =
      before === undefined ||
      living.length < this.#state.members.length ||
      JSON.stringify({ ...before, seenAtMs: 0 }) !== JSON.stringify({ ...member, seenAtMs: 0 });
    this.#state = { ...this.#state, members: next };
    // When it was seen is not worth a write each minute.
    if (isNews) await files.writeHosts(this.#state);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** What the host that asks is told. */
const REFUSALS = {
  unknown:
    "the cluster knows no such token: it was revoked, or is another cluster's; 'p2pfs cluster token' on its first host makes a new one",
  expired: "the token has expired: 'p2pfs cluster token' on the cluster's first host makes a new one",
  spent:
    "the token has let in as many hosts as it may: 'p2pfs cluster token' on the cluster's first host makes a new one",
} as const;

function packed(removed: readonly RemovedMember[]): { packed: Buffer; digest: Buffer } {
  const bytes = packIds(removed.map(({ memberId }) => memberId));
  return { packed: bytes, digest: digestOfIds(bytes) };
}

function hasEnded({ isIssuer, certificateUntilMs }: Member, nowMs: number): boolean {
  if (isIssuer || certificateUntilMs === undefined) return false;
  return nowMs > certificateUntilMs + CERTIFICATE_BACKDATED_MS;
}

/** What is kept of tokens, less those that are no more. */
function knownOf(
  tokens: readonly TokenRecord[],
  { tokenUses, endedTokens }: Pick<IssuerState, "tokenUses" | "endedTokens">,
): Pick<IssuerState, "tokenUses" | "endedTokens"> {
  const ids = new Set(tokens.map(({ id }) => id));
  return {
    tokenUses: Object.fromEntries(Object.entries(tokenUses).filter(([id]) => ids.has(id))),
    endedTokens: endedTokens.filter((id) => ids.has(id)),
  };
}

/** @throws InvalidInputError for what no honest host says of itself */
function bounded(report: MemberReport): MemberReport {
  const texts = [report.hostname, report.ip, report.hostId, report.version, ...report.addresses];
  if (texts.some((text) => text.length > CLUSTER_TEXT_MAX))
    throw new InvalidInputError("a host says too much of itself");
  return report;
}
