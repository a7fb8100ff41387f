/**
 * The host that made the cluster: lets others in by their tokens, renews their certificates, keeps the list of hosts, and takes
 * hosts out. One thing after the other, so that no two change a list at once. The entrance (entrance.ts) carries the questions.
 */
import { randomBytes, X509Certificate } from "node:crypto";
import type { Clock, Timer } from "../../base/clock.ts";
import { InvalidInputError, LimitError, P2pfsError, PermissionError } from "../../base/errors.ts";
import {
  CERTIFICATE_BACKDATED_MS,
  CLUSTER_TEXT_MAX,
  MEMBERS_MAX,
  MEMBERS_WRITE_MS,
} from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { Authority } from "./authority.ts";
import type { IssuerState, MemberFiles } from "./member-files.ts";
import { type Member, type MemberReport, memberNamed, type Roster, schedulersOf } from "./member-state.ts";
import { digestOfIds, packIds, type RemovedMember, withRemoved } from "./removed-members.ts";
import type { TokenRecord } from "./token.ts";
import { admissionBy, mayLetIn, ofTokens, REFUSALS, withUse } from "./token-history.ts";

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
  /** By their ids. */
  readonly #members: Map<string, Member>;
  #kept: Omit<IssuerState, "tokens" | "members">;
  #schedulers: readonly string[];
  /** What hosts said of themselves is written a moment later, for all who said something new meanwhile. */
  #writing: Timer | undefined;
  #closed = false;
  /** Ids of hosts that are to be refused, as hosts hear them. */
  #refused: { readonly packed: Buffer; readonly digest: Buffer };
  #onRefused: (ids: readonly string[]) => void = () => {};
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: IssuerOptions, state: Omit<IssuerState, "tokens">) {
    this.#options = options;
    const { members, ...kept } = state;
    this.#members = new Map(members.map((member) => [member.memberId, member]));
    this.#kept = kept;
    this.#schedulers = schedulersOf(members);
    this.#refused = packed(kept.removed);
  }

  /** @throws P2pfsError when the lists cannot be read */
  static async open(options: IssuerOptions): Promise<Issuer> {
    const { tokens: _tokens, ...state } = await options.files.issuer();
    return new Issuer(options, state);
  }

  get roster(): Roster {
    return this.#roster(true);
  }

  get memberCount(): number {
    return this.#members.size;
  }

  /** Ids of hosts whose certificates are good and are to be refused all the same. */
  get refusedIds(): readonly string[] {
    return this.#kept.removed.map(({ memberId }) => memberId);
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
      this.#kept = { ...this.#kept, ...withUse(ofTokens(this.#kept, tokens), tokenId) };
      this.#keep(memberId, report, { tokenId, certificateUntilMs });
      // A token for one host must not let in a second after a crash.
      await this.#write();
      log.info({ memberId, hostname: report.hostname, ip: report.ip, clusterName, tokenId }, "host-joined");
      return { ...this.#roster(false), memberId, certificate, authority: await files.authorityCertificate() };
    });
  }

  /** A new certificate for a host that has one. @throws PermissionError when it is of the cluster no more */
  renew(memberId: string, request: Buffer, report: MemberReport): Promise<string> {
    return this.#inTurn(async () => {
      this.#mustBeIn(memberId);
      const { certificate, certificateUntilMs } = await this.#certify(memberId, request, report);
      this.#keep(memberId, report, { certificateUntilMs });
      this.#options.log.info({ memberId, hostname: report.hostname }, "certificate-renewed");
      return certificate;
    });
  }

  /**
   * A host tells of itself, and hears of the others.
   * @param withMembers whether they are named
   * @throws PermissionError when it is of the cluster no more
   */
  sync(memberId: string, report: MemberReport, withMembers: boolean): Promise<Roster> {
    return this.#inTurn(async () => {
      this.#mustBeIn(memberId);
      this.#keep(memberId, report);
      return this.#roster(withMembers);
    });
  }

  /** It is gone for good, by its own wish. */
  leave(memberId: string): Promise<void> {
    return this.#inTurn(async () => {
      // One that was removed has nothing left to leave.
      if (this.#kept.removed.some((each) => each.memberId === memberId)) return;
      await this.#takeOut(this.#members.get(memberId) ?? { memberId }, true);
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
      const member = memberNamed([...this.#members.values()], words);
      if (member.memberId === this.#options.memberId)
        throw new P2pfsError(
          "FAILED_PRECONDITION",
          `${member.hostname} keeps the cluster's authority and cannot be removed: 'p2pfs leave --force' on it ends the cluster`,
        );
      const { tokens } = await files.issuer();
      const came = tokens.find(({ id }) => id === member.tokenId);
      const isGood = came !== undefined && clock.nowMs() < came.expiresAtMs && mayLetIn(came, this.#kept);
      if (isGood) this.#kept = { ...this.#kept, endedTokens: [...this.#kept.endedTokens, came.id] };
      this.#kept = { ...this.#kept, ...ofTokens(this.#kept, tokens) };
      await this.#takeOut(member, false);
      const { memberId, hostname, ip } = member;
      log.info({ memberId, hostname, ip }, "host-removed");
      return { member, endedToken: isGood ? came.id : undefined };
    });
  }

  /** Writes what was not written yet, and nothing any more. Idempotent. */
  async close(): Promise<void> {
    if (this.#writing !== undefined) await this.#inTurn(() => this.#write());
    this.#closed = true;
  }

  #roster(withMembers: boolean): Roster {
    const members = withMembers ? [...this.#members.values()] : [];
    const { clusterName } = this.#options;
    return { clusterName, schedulers: this.#schedulers, members, removed: this.#kept.removed };
  }

  /** @returns the token's id @throws PermissionError */
  #admitted(
    tokens: readonly TokenRecord[],
    token: { readonly id: Uint8Array; readonly secret: Uint8Array },
    { hostname }: MemberReport,
  ): string {
    const { clock, log } = this.#options;
    const admission = admissionBy(tokens, token, this.#kept, clock.nowMs());
    if ("tokenId" in admission) return admission.tokenId;
    log.warn({ hostname, verdict: admission.refusal }, "join-refused");
    throw new PermissionError(REFUSALS[admission.refusal]);
  }

  #mustBeIn(memberId: string): void {
    const removed = this.#kept.removed.find((each) => each.memberId === memberId);
    if (removed === undefined) return;
    const { clusterName } = this.#options;
    throw new PermissionError(
      `this host ${removed.left ? "has left" : "was removed from"} the cluster ${clusterName}: ` +
        "'p2pfs cluster join' with a new token gets it in again",
    );
  }

  async #takeOut(known: Pick<Member, "memberId"> & Partial<Member>, left: boolean): Promise<void> {
    this.#members.delete(known.memberId);
    const removed = withRemoved(this.#kept.removed, known, { nowMs: this.#options.clock.nowMs(), left });
    this.#kept = { ...this.#kept, removed };
    this.#schedulers = schedulersOf([...this.#members.values()]);
    this.#refused = packed(removed);
    // Refused from now on, whatever becomes of the file.
    this.#onRefused(this.refusedIds);
    await this.#write();
  }

  async #certify(memberId: string, request: Buffer, { hostname, ip, addresses }: MemberReport) {
    const { clusterName, clock } = this.#options;
    const authority = await this.#options.authority();
    const host = { memberId, clusterName, hostname, addresses: [...new Set([ip, ...addresses])] };
    const certificate = await authority.certify(request, host, clock.nowMs());
    return { certificate, certificateUntilMs: Date.parse(new X509Certificate(certificate).validTo) };
  }

  /** @throws LimitError for one host more than MEMBERS_MAX, InvalidInputError */
  #keep(
    memberId: string,
    report: MemberReport,
    more: Partial<Pick<Member, "tokenId" | "certificateUntilMs">> = {},
  ): void {
    const before = this.#members.get(memberId);
    if (before === undefined && this.#members.size >= MEMBERS_MAX)
      throw new LimitError(`a cluster has at most ${MEMBERS_MAX} hosts`);
    const { tokenId, certificateUntilMs } = { ...before, ...more };
    const member = {
      ...bounded(report),
      memberId,
      seenAtMs: this.#options.clock.nowMs(),
      isIssuer: memberId === this.#options.memberId,
      ...(tokenId === undefined ? {} : { tokenId }),
      ...(certificateUntilMs === undefined ? {} : { certificateUntilMs }),
    };
    this.#members.set(memberId, member);
    // When it was seen is not worth a write each minute.
    const isNews =
      before === undefined ||
      JSON.stringify({ ...before, seenAtMs: 0 }) !== JSON.stringify({ ...member, seenAtMs: 0 });
    if (!isNews) return;
    const isScheduler = [before, member].some((each) => each?.roles.includes("scheduler"));
    if (isScheduler) this.#schedulers = schedulersOf([...this.#members.values()]);
    this.#writeLater();
  }

  #writeLater(): void {
    const { clock, log } = this.#options;
    this.#writing ??= clock.schedule(MEMBERS_WRITE_MS, () => {
      this.#inTurn(() => this.#write()).catch((error) =>
        // What hosts say of themselves they say again.
        log.warn({ reason: fromUnknown(error).message }, "hosts-not-written"),
      );
    });
  }

  async #write(): Promise<void> {
    this.#writing?.cancel();
    this.#writing = undefined;
    if (this.#closed) return;
    const nowMs = this.#options.clock.nowMs();
    // Whose certificate has ended cannot come back with it.
    for (const member of [...this.#members.values()])
      if (hasEnded(member, nowMs)) this.#members.delete(member.memberId);
    await this.#options.files.writeHosts({ ...this.#kept, members: [...this.#members.values()] });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

function packed(removed: readonly RemovedMember[]): { packed: Buffer; digest: Buffer } {
  const bytes = packIds(removed.map(({ memberId }) => memberId));
  return { packed: bytes, digest: digestOfIds(bytes) };
}

function hasEnded({ isIssuer, certificateUntilMs }: Member, nowMs: number): boolean {
  if (isIssuer || certificateUntilMs === undefined) return false;
  return nowMs > certificateUntilMs + CERTIFICATE_BACKDATED_MS;
}

/** @throws InvalidInputError for what no honest host says of itself */
function bounded(report: MemberReport): MemberReport {
  const texts = [report.hostname, report.ip, report.hostId, report.version, ...report.addresses];
  if (texts.some((text) => text.length > CLUSTER_TEXT_MAX))
    throw new InvalidInputError("a host says too much of itself");
  return report;
}
