/**
 * This host's part in a cluster of our own while its daemon runs: tells the issuer of itself and hears where the schedulers are,
 * has its certificate renewed in time, and, on the host that made the cluster, serves the entrance. Made from what `p2pfs cluster`
 * wrote; a host without it has none.
 */
import { X509Certificate } from "node:crypto";
import type { Clock, Timer } from "../../base/clock.ts";
import { P2pfsError } from "../../base/errors.ts";
import { RENEWAL_LOOK_MS, RENEWAL_PART } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { NO_BLOCK_LISTS } from "../manager/block-list.ts";
import type { ClusterDirectory, DirectorySource } from "../manager/directory.ts";
import { parseHostPort } from "../rpc/endpoint.ts";
import type { MembershipFacts } from "../server/ports.ts";
import { CertificateFiles } from "../tls/certificate-files.ts";
import type { Authority } from "./authority.ts";
import { Entrance } from "./entrance.ts";
import { Issuer } from "./issuer.ts";
import { IssuerClient } from "./issuer-client.ts";
import type { MemberFiles } from "./member-files.ts";
import type { MemberReport, MemberState, Roster } from "./member-state.ts";

export interface MembershipOptions {
  readonly files: MemberFiles;
  readonly state: MemberState;
  readonly clock: Clock;
  readonly log: Logger;
  /** This host as it is now, less what its cluster gave it. */
  readonly host: () => Omit<MemberReport, "roles" | "schedulerPort">;
}

/** Whoever makes the certificates, asked here or over the network. */
interface Ask {
  sync(report: MemberReport, withMembers: boolean): Promise<Roster & { readonly memberCount: number }>;
  renew(request: Buffer, report: MemberReport): Promise<string>;
  leave(): Promise<void>;
  close(): void;
}

export class Membership {
  /** What this host shows others, and knows them by. */
  readonly certificates: CertificateFiles;
  readonly #what: string;
  readonly #options: MembershipOptions;
  readonly #ask: Ask;
  readonly #entrance: Entrance | undefined;
  #state: MemberState;
  #schedulerPort: number | undefined;
  #heard = false;
  #timer: Timer | undefined;
  #renewing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    options: MembershipOptions,
    parts: { certificates: CertificateFiles; ask: Ask; entrance: Entrance | undefined },
  ) {
    this.#options = options;
    this.#state = options.state;
    this.certificates = parts.certificates;
    this.#ask = parts.ask;
    this.#entrance = parts.entrance;
    this.#what = `the p2pfs cluster ${options.state.clusterName}`;
  }

  /** Asks nobody yet. @throws P2pfsError when the files cannot be used */
  static async open(options: MembershipOptions): Promise<Membership> {
    const { files, state, clock, log } = options;
    const certificates = await CertificateFiles.open({
      paths: files.paths,
      section: "the cluster",
      mutual: true,
      clock,
      log,
    });
    if (certificates === undefined) throw new P2pfsError("INTERNAL", "a cluster's certificates have paths");
    if (!state.isIssuer) {
      const authority = await files.authorityCertificate();
      const address = parseHostPort(state.issuer);
      const ask = new IssuerClient({ address, files: certificates, authority, clock });
      return new Membership(options, { certificates, ask, entrance: undefined });
    }
    const { clusterName, memberId } = state;
    const authority = authorityOf(files);
    const issuer = await Issuer.open({ authority, files, clock, log, clusterName, memberId });
    const entrance = new Entrance({ issuer, files: certificates, clock, log });
    return new Membership(options, { certificates, ask: askHere(issuer, memberId), entrance });
  }

  /** Begins to look after the certificate, and, on the issuer, serves. @returns the entrance's port @throws P2pfsError BUSY */
  async start(ip: string, port: number): Promise<number | undefined> {
    this.#lookLater(0);
    return this.#entrance?.listen(ip, port);
  }

  /** This host's scheduler serves on the port from now on. */
  schedulerServes(port: number): void {
    this.#schedulerPort = port;
  }

  /** For whoever wants to know the schedulers, who may close it without ending this. */
  asDirectory(): DirectorySource {
    return { what: this.#what, list: () => this.#list(), close: () => {} };
  }

  async #list(): Promise<ClusterDirectory> {
    const isFirst = !this.#heard;
    this.#heard = true;
    const { problems, schedulers } = await this.#schedulers(isFirst);
    return {
      schedulers: schedulers.map((name) => {
        const { host: ip, port } = parseHostPort(name);
        return { ip, port };
      }),
      blockLists: NO_BLOCK_LISTS,
      problems,
    };
  }

  /** Never fails. */
  async facts(): Promise<MembershipFacts> {
    const state = this.#state;
    const own = this.certificates.texts.own?.cert;
    const certificateUntilMs = own === undefined ? 0 : Date.parse(new X509Certificate(own).validTo);
    try {
      const { members, memberCount } = await this.#ask.sync(this.#report(), true);
      return { state, certificateUntilMs, failure: "", memberCount, members };
    } catch (error) {
      const failure = fromUnknown(error).message;
      return { state, certificateUntilMs, failure, memberCount: 0, members: [] };
    }
  }

  /** @throws P2pfsError FAILED_PRECONDITION on the issuer without `force`: the cluster would be without its authority */
  mayLeave(force: boolean): void {
    if (this.#state.isIssuer && !force)
      throw new P2pfsError(
        "FAILED_PRECONDITION",
        `this host keeps the authority of the cluster ${this.#state.clusterName}: without it no host can join, and certificates end ` +
          "within three months; --force leaves all the same",
      );
  }

  /**
   * Tells the issuer that this host is gone for good, and forgets the cluster.
   * @param force although nobody could be told
   * @throws P2pfsError what the issuer answers
   */
  async leave(force: boolean): Promise<void> {
    if (!this.#state.isIssuer)
      await this.#ask.leave().catch((error) => {
        if (!force) throw error;
      });
    this.#timer?.cancel();
    await this.#renewing;
    await this.#options.files.remove();
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#timer?.cancel();
    await this.#entrance?.close();
    this.#ask.close();
    await this.#renewing;
    await this.certificates.close();
  }

  /** @param isFirst what was heard last will do: an issuer that is down takes no scheduler away */
  async #schedulers(isFirst: boolean): Promise<{ schedulers: readonly string[]; problems: string[] }> {
    try {
      const { schedulers } = await this.#ask.sync(this.#report(), false);
      await this.#remember(schedulers);
      return { schedulers, problems: [] };
    } catch (error) {
      const { schedulers } = this.#state;
      if (!isFirst || schedulers.length === 0) throw error;
      return { schedulers, problems: [fromUnknown(error).message] };
    }
  }

  async #remember(schedulers: readonly string[]): Promise<void> {
    if (this.#closing !== undefined || schedulers.length === 0) return;
    if (schedulers.join() === this.#state.schedulers.join()) return;
    const { files, log } = this.#options;
    // A command may have changed the rest meanwhile, or the host may have left.
    const onDisk = await files.state();
    if (onDisk === undefined) return;
    this.#state = { ...this.#state, schedulers };
    await files
      .writeState({ ...onDisk, schedulers })
      .catch((error) => log.warn({ reason: fromUnknown(error).message }, "schedulers-not-remembered"));
  }

  #report(): MemberReport {
    const { roles } = this.#state;
    const schedulerPort = this.#schedulerPort;
    return { ...this.#options.host(), roles, ...(schedulerPort === undefined ? {} : { schedulerPort }) };
  }

  #lookLater(delayMs: number): void {
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      this.#renewing = this.#renewIfDue().finally(() => {
        if (this.#closing === undefined) this.#lookLater(RENEWAL_LOOK_MS);
      });
    });
  }

  async #renewIfDue(): Promise<void> {
    const { files, clock, log, host } = this.#options;
    const { own } = this.certificates.texts;
    if (own === undefined || !isRenewalDue(new X509Certificate(own.cert), clock.nowMs(), host().ip)) return;
    try {
      const { makeRequest } = await import("./authority.ts");
      const { request, key } = await makeRequest();
      const certificate = await this.#ask.renew(request, this.#report());
      await files.writeOwn({ certificate, key });
      await this.certificates.look();
    } catch (error) {
      log.warn({ reason: fromUnknown(error).message }, "certificate-not-renewed");
    }
  }
}

/** Whether most of its life is over, or it does not name the address that others know the host by. */
export function isRenewalDue(certificate: X509Certificate, nowMs: number, ip: string): boolean {
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  return nowMs >= from + (to - from) * RENEWAL_PART || certificate.checkIP(ip) === undefined;
}

/** Read when it is first needed: few starts let anybody in. */
function authorityOf(files: MemberFiles): () => Promise<Authority> {
  let authority: Promise<Authority> | undefined;
  return () => {
    authority ??= (async () => {
      const { Authority } = await import("./authority.ts");
      return Authority.load(await files.authority());
    })();
    return authority;
  };
}

function askHere(issuer: Issuer, memberId: string): Ask {
  return {
    async sync(report) {
      const roster = await issuer.sync(memberId, report);
      return { ...roster, memberCount: roster.members.length };
    },
    renew: (request, report) => issuer.renew(memberId, request, report),
    leave: () => issuer.leave(memberId),
    close: () => {},
  };
}
