/**
 * Talks to the host that made a cluster: first as one that has only a token, later as a member. Nothing is said to anybody whose
 * authority is not the token's, so no first use has to be trusted.
 */
import { X509Certificate } from "node:crypto";
import { connect, type PeerCertificate } from "node:tls";
import { credentials } from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { type DeadlineSignal, deadlineSignal } from "../../base/deadline.ts";
import { P2pfsError, PermissionError, UnavailableError } from "../../base/errors.ts";
import { JOIN_STEP_MS, MEMBERS_LOOK_MS } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { JoinResponse__Output } from "../../proto/gen/p2pfs/v1/JoinResponse.ts";
import type { RenewResponse__Output } from "../../proto/gen/p2pfs/v1/RenewResponse.ts";
import type { SyncResponse__Output } from "../../proto/gen/p2pfs/v1/SyncResponse.ts";
import { Cluster, ClusterEntrance } from "../../proto/load.ts";
import { clusterChannel, formatHostPort, type HostPort } from "../rpc/endpoint.ts";
import { callUnary } from "../rpc/unary-call.ts";
import type { CertificateFiles } from "../tls/certificate-files.ts";
import { channelCredentials } from "../tls/grpc-credentials.ts";
import { plainTlsWords } from "../tls/plain-words.ts";
import { hostMessage, memberOf, removedOf } from "./member-messages.ts";
import type { Member, MemberReport, Roster } from "./member-state.ts";
import { unpackIds } from "./removed-members.ts";
import { fingerprintOf, type Token } from "./token.ts";

/** The issuer's own member id: what the authority's fingerprint begins with, so that nobody else can have it. */
export function issuerIdOf(fingerprint: Uint8Array): string {
  return Buffer.from(fingerprint.subarray(0, 8)).toString("hex");
}

function isIssuer(fingerprint: Uint8Array): (certificate: PeerCertificate) => boolean {
  return ({ subject }) => subject.CN === issuerIdOf(fingerprint);
}

/** What a host is let in with. */
export interface Admitted {
  readonly certificate: string;
  readonly authority: string;
  readonly clusterName: string;
  readonly memberId: string;
  readonly schedulers: readonly string[];
}

/**
 * Asks to be let in.
 * @param request for a certificate, DER
 * @throws PermissionError for a token that lets nobody in or is another cluster's, UnavailableError when no issuer answers there,
 * DeadlineError
 */
export async function askToJoin(
  address: HostPort,
  token: Token,
  asked: { readonly request: Buffer; readonly report: MemberReport; readonly clock: Clock },
): Promise<Admitted> {
  const { request, report, clock } = asked;
  const authority = await authorityAt(address, token.fingerprint, clock);
  const name = formatHostPort(address);
  const trusting = credentials.createSsl(Buffer.from(authority), null, null, {
    checkServerIdentity: (_name, certificate) =>
      isIssuer(token.fingerprint)(certificate) ? undefined : new Error("the certificate is another host's"),
  });
  const client = new ClusterEntrance(name, trusting, clusterChannel(address.host));
  try {
    const { certificate, clusterName, memberId, schedulers } = await callUnary<JoinResponse__Output>(
      { clock, what: `the cluster at ${name}`, afterMs: JOIN_STEP_MS },
      (answered) =>
        client.join(
          {
            tokenId: token.id,
            tokenSecret: token.secret,
            certificateRequest: request,
            host: hostMessage(report),
          },
          answered,
        ),
    );
    return { certificate, authority, clusterName, memberId, schedulers };
  } catch (error) {
    const { code, message } = fromUnknown(error);
    throw new P2pfsError(code, plainTlsWords(message), { cause: error });
  } finally {
    client.close();
  }
}

/** The authority's certificate as whoever serves there shows it, PEM: it is the one with the fingerprint. */
async function authorityAt({ host, port }: HostPort, fingerprint: Buffer, clock: Clock): Promise<string> {
  const name = formatHostPort({ host, port });
  const deadline = deadlineSignal(clock, `the answer of ${name}`, JOIN_STEP_MS);
  const socket = connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  try {
    await connected(socket, name, deadline);
    const shown = chainOf(socket.getPeerCertificate(true));
    const authority = shown.find((certificate) => fingerprintOf(certificate).equals(fingerprint));
    if (authority === undefined)
      throw new PermissionError(`the host at ${name} is of another cluster than the token`);
    return `${new X509Certificate(authority).toString().trim()}\n`;
  } finally {
    deadline.close();
    socket.destroy();
  }
}

function connected(
  socket: ReturnType<typeof connect>,
  name: string,
  deadline: DeadlineSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let reached = false;
    socket.once("connect", () => {
      reached = true;
    });
    socket.once("secureConnect", resolve);
    socket.once("error", (error) => {
      const { message } = fromUnknown(error);
      reject(
        new UnavailableError(
          reached
            ? `what answers at ${name} is no cluster of p2pfs: 'p2pfs cluster init' printed its address`
            : `no cluster answers at ${name}: ${message}`,
          { cause: error },
        ),
      );
    });
    deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason), { once: true });
  });
}

/** From the host's own to the last that was sent, each once. */
function chainOf(first: ReturnType<ReturnType<typeof connect>["getPeerCertificate"]>): Buffer[] {
  const chain: Buffer[] = [];
  type Link = { raw?: Buffer; issuerCertificate?: Link };
  for (let link: Link | undefined = first as Link; link?.raw !== undefined; link = link.issuerCertificate) {
    const { raw } = link;
    if (chain.some((each) => each.equals(raw))) break;
    chain.push(raw);
  }
  return chain;
}

/** What a host wants to hear besides the schedulers. */
export interface SyncQuestion {
  /** Whether the hosts are to be named. */
  readonly withMembers: boolean;
  /** Of the ids of refused hosts that it knows. */
  readonly refusedDigest: Buffer;
}

export interface SyncAnswer extends Roster {
  readonly memberCount: number;
  /** Ids of all hosts that are to be refused; absent: as this host knows them. */
  readonly refused?: readonly string[];
}

/** What a member asks the issuer. Connects when it is first asked. Closed by whoever made it. */
export class IssuerClient {
  readonly #client: InstanceType<typeof Cluster>;
  readonly #clock: Clock;
  readonly #what: string;

  /** @param files of this host @param authority PEM */
  constructor(options: {
    readonly address: HostPort;
    readonly files: CertificateFiles;
    readonly authority: string;
    readonly clock: Clock;
  }) {
    const { address, files, authority, clock } = options;
    const name = formatHostPort(address);
    this.#clock = clock;
    this.#what = `the cluster's first host ${name}`;
    const fingerprint = fingerprintOf(new X509Certificate(authority).raw);
    this.#client = new Cluster(
      name,
      channelCredentials(files, isIssuer(fingerprint)),
      clusterChannel(address.host),
    );
  }

  /** @throws P2pfsError */
  async sync(report: MemberReport, { withMembers, refusedDigest }: SyncQuestion): Promise<SyncAnswer> {
    const answer = await this.#call<SyncResponse__Output>(
      (answered) => this.#client.sync({ host: hostMessage(report), withMembers, refusedDigest }, answered),
      // People who look at the members do not wait as long as a daemon may.
      withMembers ? MEMBERS_LOOK_MS : undefined,
    );
    const { clusterName, schedulers, members, memberCount, removed, refused } = answer;
    return {
      clusterName,
      schedulers,
      members: members.map((member): Member => memberOf(member)),
      memberCount,
      removed: removed.map(removedOf),
      ...(refused === undefined ? {} : { refused: unpackIds(refused) }),
    };
  }

  /** A new certificate, PEM. @throws P2pfsError */
  async renew(request: Buffer, report: MemberReport): Promise<string> {
    const { certificate } = await this.#call<RenewResponse__Output>((answered) =>
      this.#client.renew({ certificateRequest: request, host: hostMessage(report) }, answered),
    );
    return certificate;
  }

  /** @throws P2pfsError */
  async leave(): Promise<void> {
    await this.#call((answered) => this.#client.leaveCluster({}, answered));
  }

  close(): void {
    this.#client.close();
  }

  async #call<Answer>(start: Parameters<typeof callUnary<Answer>>[1], afterMs?: number): Promise<Answer> {
    try {
      const options = { clock: this.#clock, what: this.#what };
      return await callUnary<Answer>({ ...options, ...(afterMs === undefined ? {} : { afterMs }) }, start);
    } catch (error) {
      const { code, message } = fromUnknown(error);
      // Members alone are served what was asked: it took this host for a stranger.
      if (code === "NOT_SUPPORTED")
        throw new PermissionError(
          `${this.#what} does not know this host's certificate: it may have expired; join again with a new token`,
          { cause: error },
        );
      throw new P2pfsError(code, plainTlsWords(message), { cause: error });
    }
  }
}
