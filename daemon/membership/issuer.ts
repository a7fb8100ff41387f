/**
 * The host that made the cluster: lets others in by their tokens, renews their certificates, and keeps the list of hosts. One
 * thing after the other, so that no two change a list at once. The entrance (entrance.ts) carries the questions.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { InvalidInputError, LimitError, PermissionError } from "../../base/errors.ts";
import { CLUSTER_TEXT_MAX, MEMBERS_LEFT_MAX, MEMBERS_MAX } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import type { Authority } from "./authority.ts";
import type { MemberFiles } from "./member-files.ts";
import { type Member, type MemberReport, type Roster, schedulersOf, withMember } from "./member-state.ts";
import { judgeToken } from "./token.ts";

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

export class Issuer {
  readonly #options: IssuerOptions;
  #members: readonly Member[];
  #left: readonly string[];
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: IssuerOptions, members: readonly Member[], left: readonly string[]) {
    this.#options = options;
    this.#members = members;
    this.#left = left;
  }

  /** @throws P2pfsError when the lists cannot be read */
  static async open(options: IssuerOptions): Promise<Issuer> {
    const { members, left } = await options.files.issuer();
    return new Issuer(options, members, left);
  }

  get roster(): Roster {
    const { clusterName } = this.#options;
    return { clusterName, schedulers: schedulersOf(this.#members), members: this.#members };
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
      const { files, clock, log, clusterName } = this.#options;
      // Read each time: commands make and revoke them while this daemon runs.
      const { tokens } = await files.issuer();
      const verdict = judgeToken(tokens, token, clock.nowMs());
      if (verdict !== "good") {
        log.warn({ hostname: report.hostname, verdict }, "join-refused");
        throw new PermissionError(REFUSALS[verdict]);
      }
      const memberId = randomBytes(8).toString("hex");
      const certificate = await this.#certify(memberId, request, report);
      await this.#keep(memberId, report);
      log.info({ memberId, hostname: report.hostname, ip: report.ip, clusterName }, "host-joined");
      return { ...this.roster, memberId, certificate, authority: await files.authorityCertificate() };
    });
  }

  /** A new certificate for a host that has one. @throws PermissionError when it has left */
  renew(memberId: string, request: Buffer, report: MemberReport): Promise<string> {
    return this.#inTurn(async () => {
      this.#mustBeIn(memberId);
      const certificate = await this.#certify(memberId, request, report);
      this.#options.log.info({ memberId, hostname: report.hostname }, "certificate-renewed");
      return certificate;
    });
  }

  /** A host tells of itself, and hears of the others. @throws PermissionError when it has left */
  sync(memberId: string, report: MemberReport): Promise<Roster> {
    return this.#inTurn(async () => {
      this.#mustBeIn(memberId);
      await this.#keep(memberId, report);
      return this.roster;
    });
  }

  /** It is gone for good. */
  leave(memberId: string): Promise<void> {
    return this.#inTurn(async () => {
      const { files, log } = this.#options;
      this.#members = this.#members.filter((member) => member.memberId !== memberId);
      this.#left = [...this.#left.filter((id) => id !== memberId), memberId].slice(-MEMBERS_LEFT_MAX);
      await files.writeHosts({ members: this.#members, left: this.#left });
      log.info({ memberId }, "host-left");
    });
  }

  #mustBeIn(memberId: string): void {
    if (this.#left.includes(memberId))
      throw new PermissionError("this host has left the cluster: it needs a new token to join again");
  }

  async #certify(
    memberId: string,
    request: Buffer,
    { hostname, ip, addresses }: MemberReport,
  ): Promise<string> {
    const { clusterName, clock } = this.#options;
    const authority = await this.#options.authority();
    const host = { memberId, clusterName, hostname, addresses: [...new Set([ip, ...addresses])] };
    return authority.certify(request, host, clock.nowMs());
  }

  async #keep(memberId: string, report: MemberReport): Promise<void> {
    const { files, clock } = this.#options;
    const isIssuer = memberId === this.#options.memberId;
    const member = { ...bounded(report), memberId, seenAtMs: clock.nowMs(), isIssuer };
    const before = this.#members.find((each) => each.memberId === memberId);
    const next = withMember(this.#members, member);
    if (next === undefined) throw new LimitError(`a cluster has at most ${MEMBERS_MAX} hosts`);
    this.#members = next;
    // When it was seen is not worth a write each minute.
    const isNews =
      before === undefined ||
      JSON.stringify({ ...before, seenAtMs: 0 }) !== JSON.stringify({ ...member, seenAtMs: 0 });
    if (isNews) await files.writeHosts({ members: next, left: this.#left });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** What the host that asks is told. */
const REFUSALS = {
  unknown: "the cluster knows no such token: it was revoked, or is another cluster's",
  expired: "the token has expired: 'p2pfs cluster token' on the cluster's first host makes a new one",
} as const;

/** @throws InvalidInputError for what no honest host says of itself */
function bounded(report: MemberReport): MemberReport {
  const texts = [report.hostname, report.ip, report.hostId, report.version, ...report.addresses];
  if (texts.some((text) => text.length > CLUSTER_TEXT_MAX))
    throw new InvalidInputError("a host says too much of itself");
  return report;
}
