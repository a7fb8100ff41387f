/**
 * This host's part in a cluster of our own while its daemon runs: tells the issuer of itself and hears where the schedulers are,
 * has its certificate renewed in time, and, on the host that made the cluster, serves the entrance. Made from what `p2pfs cluster`
 * wrote; a host without it has none.
 */
import { X509Certificate } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { P2pfsError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { NO_BLOCK_LISTS } from "../manager/block-list.ts";
import type { ClusterDirectory, DirectorySource } from "../manager/directory.ts";
import { formatHostPort, parseHostPort } from "../rpc/endpoint.ts";
import type { MembershipFacts } from "../server/ports.ts";
import { CertificateFiles } from "../tls/certificate-files.ts";
import { RefusedNames } from "../tls/refused-names.ts";
import type { Authority } from "./authority.ts";
import { CertificateRenewal } from "./certificate-renewal.ts";
import { Entrance } from "./entrance.ts";
import { Issuer, type Removal } from "./issuer.ts";
import { IssuerClient, type SyncAnswer, type SyncQuestion } from "./issuer-client.ts";
import type { MemberFiles } from "./member-files.ts";
import type { MemberReport, MemberState } from "./member-state.ts";
import { digestOfIds, packIds, removedLately } from "./removed-members.ts";

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
  sync(report: MemberReport, question: SyncQuestion): Promise<SyncAnswer>;
  renew(request: Buffer, report: MemberReport): Promise<string>;
  leave(): Promise<void>;
  close(): void;
}

export class Membership {
  /** What this host shows others, and knows them by. */
  readonly certificates: CertificateFiles;
  /** Hosts that are of the cluster no more: their certificates are not taken. */
  readonly refused: RefusedNames;
  readonly #what: string;
  readonly #options: MembershipOptions;
  readonly #ask: Ask;
  readonly #issuer: { readonly issuer: Issuer; readonly entrance: Entrance } | undefined;
  #refusedDigest: Buffer;
  #state: MemberState;
  #schedulerPort: number | undefined;
  #heard = false;
  readonly #renewal: CertificateRenewal;
  #closing: Promise<void> | undefined;

  private constructor(
    options: MembershipOptions,
    parts: {
      readonly certificates: CertificateFiles;
      readonly ask: Ask;
      readonly issuer?: { readonly issuer: Issuer; readonly entrance: Entrance };
      readonly refusedIds: readonly string[];
    },
  ) {
    this.#options = options;
    this.#state = options.state;
    this.certificates = parts.certificates;
    this.#ask = parts.ask;
    this.#issuer = parts.issuer;
    this.refused = parts.certificates.refused;
    this.#refusedDigest = digestOfIds(packIds(parts.refusedIds));
    this.refused.replace(parts.refusedIds);
    parts.issuer?.issuer.onRefused((ids) => this.refused.replace(ids));
    const { files, clock, log, host } = options;
    this.#renewal = new CertificateRenewal({
      files,
      certificates: parts.certificates,
      clock,
      log,
      ip: () => host().ip,
      certify: (request) => this.#ask.renew(request, this.#report()),
    });
    this.#what = `the p2pfs cluster ${options.state.clusterName}`;
  }

  /** Asks nobody over the network yet. @throws P2pfsError when the files cannot be used */
  static async open(options: MembershipOptions): Promise<Membership> {
    const { files, state, clock, log } = options;
    const loose = await files.tighten();
    if (loose.length > 0) log.warn({ files: loose }, "cluster-files-were-readable-for-others");
    // Before anything is opened: a list that cannot be read must not let in whom it names.
    const refusedIds = state.isIssuer ? [] : await files.refused();
    const certificates = await CertificateFiles.open({
      paths: files.paths,
      section: "the cluster",
      mutual: true,
      refused: new RefusedNames(),
      clock,
      log,
    });
    if (certificates === undefined) throw new P2pfsError("INTERNAL", "a cluster's certificates have paths");
    if (!state.isIssuer) {
      const authority = await files.authorityCertificate();
      const address = parseHostPort(state.issuer);
      const ask = new IssuerClient({ address, files: certificates, authority, clock });
      return new Membership(options, { certificates, ask, refusedIds });
    }
    const { clusterName, memberId } = state;
    const authority = authorityOf(files);
    const issuer = await Issuer.open({ authority, files, clock, log, clusterName, memberId });
    const entrance = new Entrance({ issuer, files: certificates, clock, log });
    const ask = askHere(issuer, memberId);
    const parts = { certificates, ask, issuer: { issuer, entrance }, refusedIds: issuer.refusedIds };
    const membership = new Membership(options, parts);
    // Its files may have come from another machine, and all that this host serves shows them: nobody has to be asked.
    await membership.#renewal.renewIfDue();
    return membership;
  }

  /** Begins to look after the certificate, and, on the issuer, serves. @returns the entrance's port @throws P2pfsError BUSY */
  async start(ip: string, port: number): Promise<number | undefined> {
    this.#renewal.start();
    const bound = await this.#issuer?.entrance.listen(ip, port);
    if (bound !== undefined) await this.#servesAt(bound);
    return bound;
  }

  /**
   * Takes another host out of the cluster.
   * @param words its name, address or id
   * @throws P2pfsError FAILED_PRECONDITION on another host than the issuer, and what the issuer answers
   */
  async remove(words: string): Promise<Removal> {
    if (this.#issuer === undefined)
      throw new P2pfsError(
        "FAILED_PRECONDITION",
        `only the host that made the cluster removes others: ${this.#state.issuer}`,
      );
    return this.#issuer.issuer.remove(words);
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
    const { own, ca } = this.certificates.texts;
    const untilMs = (pem: Buffer | undefined) =>
      pem === undefined ? 0 : Date.parse(new X509Certificate(pem).validTo);
    const [certificateUntilMs, authorityUntilMs] = [untilMs(own?.cert), untilMs(ca)];
    const heard = await this.#sync(true).catch((error) => fromUnknown(error).message);
    const refusedCount = this.refused.size;
    const known = { state, certificateUntilMs, authorityUntilMs, refusedCount };
    if (typeof heard === "string")
      return { ...known, failure: heard, memberCount: 0, members: [], removed: [] };
    const { members, memberCount, removed } = heard;
    return { ...known, failure: "", memberCount, members, removed: removedLately(removed) };
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
        if (force) return;
        const { code, message } = fromUnknown(error);
        const words = `${message}; 'p2pfs leave --force' leaves all the same, and tells nobody`;
        throw new P2pfsError(code, words, { cause: error });
      });
    await this.#renewal.close();
    // Nothing of the cluster is to come back.
    await this.#issuer?.issuer.close();
    await this.#options.files.remove();
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#issuer?.entrance.close();
    await this.#issuer?.issuer.close();
    this.#ask.close();
    await this.#renewal.close();
    await this.certificates.close();
  }

  /** @param isFirst what was heard last will do: an issuer that is down takes no scheduler away */
  async #schedulers(isFirst: boolean): Promise<{ schedulers: readonly string[]; problems: string[] }> {
    try {
      const { schedulers } = await this.#sync(false);
      await this.#remember(schedulers);
      return { schedulers, problems: [] };
    } catch (error) {
      const { schedulers } = this.#state;
      if (!isFirst || schedulers.length === 0) throw error;
      return { schedulers, problems: [fromUnknown(error).message] };
    }
  }

  /** @throws P2pfsError */
  async #sync(withMembers: boolean): Promise<SyncAnswer> {
    const refusedDigest = this.#refusedDigest;
    const answer = await this.#ask.sync(this.#report(), { withMembers, refusedDigest });
    if (answer.refused !== undefined) await this.#refuse(answer.refused);
    return answer;
  }

  /** These are hosts of the cluster no more. */
  async #refuse(ids: readonly string[]): Promise<void> {
    const { files, log } = this.#options;
    this.#refusedDigest = digestOfIds(packIds(ids));
    this.refused.replace(ids);
    log.info({ count: ids.length }, "refused-hosts-known");
    // The host may have left meanwhile: nothing of the cluster is to come back.
    if (this.#closing !== undefined || (await files.state()) === undefined) return;
    await files
      .writeRefused(ids)
      .catch((error) => log.warn({ reason: fromUnknown(error).message }, "refused-hosts-not-remembered"));
  }

  /** The files may have come from another machine: others are told where this one is. */
  async #servesAt(port: number): Promise<void> {
    const { files, log, host } = this.#options;
    const issuer = formatHostPort({ host: host().ip, port });
    const onDisk = await files.state();
    if (onDisk === undefined || onDisk.issuer === issuer) return;
    log.info({ issuer, before: onDisk.issuer }, "authority-moved");
    this.#state = { ...this.#state, issuer };
    await files.writeState({ ...onDisk, issuer });
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
    async sync(report, { withMembers }) {
      const roster = await issuer.sync(memberId, report, withMembers);
      // Whom it refuses this host knows already.
      return { ...roster, memberCount: issuer.memberCount };
    },
    renew: (request, report) => issuer.renew(memberId, request, report),
    leave: () => issuer.leave(memberId),
    close: () => {},
  };
}
