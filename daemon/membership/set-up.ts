/**
 * Making a cluster of our own, and getting a host into one: what `p2pfs cluster` does before any daemon runs. A host is in a
 * cluster once its member.json is there, which is written last.
 */
import { randomBytes, X509Certificate } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { InvalidInputError, LimitError, P2pfsError } from "../../base/errors.ts";
import { TOKEN_LIFE_MS, TOKENS_MAX } from "../../base/limits.ts";
import { silentLogger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { formatHostPort, type HostPort, parseHostPort } from "../rpc/endpoint.ts";
import { CertificateFiles } from "../tls/certificate-files.ts";
import { Authority, makeAuthority, makeRequest } from "./authority.ts";
import { askToJoin, IssuerClient, issuerIdOf } from "./issuer-client.ts";
import { EMPTY_ISSUER, type MemberFiles } from "./member-files.ts";
import type { Member, MemberReport, MemberState } from "./member-state.ts";
import {
  fingerprintOf,
  makeToken,
  parseToken,
  TOKEN_RANDOM_BYTES,
  type TokenRecord,
  type TokenTerms,
} from "./token.ts";

/** This host as others will know it. */
export type HostFacts = Pick<MemberReport, "hostname" | "ip" | "addresses" | "version">;

/** @throws InvalidInputError for a name that is none */
export function checkClusterName(name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/.test(name))
    throw new InvalidInputError(
      "a cluster's name is up to 32 letters, digits, dots, hyphens and underscores, and begins with a letter or digit",
    );
}

/** Makes a cluster: this host has its authority, its scheduler, and is its seed peer. @throws P2pfsError */
export async function foundCluster(options: {
  readonly files: MemberFiles;
  readonly clusterName: string;
  readonly host: HostFacts;
  /** Ports that it will serve at. */
  readonly port: number;
  readonly schedulerPort: number;
  readonly clock: Clock;
}): Promise<MemberState> {
  const { files, clusterName, host, port, schedulerPort, clock } = options;
  checkClusterName(clusterName);
  const made = await makeAuthority(clusterName, clock.nowMs());
  const memberId = issuerIdOf(fingerprintOf(new X509Certificate(made.certificate).raw));
  const { request, key } = await makeRequest();
  const authority = await Authority.load(made);
  const { hostname, ip, addresses } = host;
  const certified = { memberId, clusterName, hostname, addresses: [...new Set([ip, ...addresses])] };
  const certificate = await authority.certify(request, certified, clock.nowMs());
  const state: MemberState = {
    clusterName,
    memberId,
    isIssuer: true,
    roles: ["scheduler", "seed"],
    issuer: formatHostPort({ host: ip, port }),
    schedulers: [formatHostPort({ host: ip, port: schedulerPort })],
  };
  const member: Member = {
    ...host,
    memberId,
    roles: state.roles,
    schedulerPort,
    hostId: "",
    seenAtMs: clock.nowMs(),
    isIssuer: true,
    certificateUntilMs: Date.parse(new X509Certificate(certificate).validTo),
  };
  await files.writeAuthorityKey(made.key);
  await files.writeAuthorityCertificate(made.certificate);
  await files.writeOwn({ certificate, key });
  await files.writeHosts({ ...EMPTY_ISSUER, members: [member] });
  await files.writeState(state);
  return state;
}

/**
 * Gets this host into the cluster at the address.
 * @param options.replaced whether a cluster that it is in is left, once the other has let it in
 * @throws P2pfsError why it is not let in; then nothing has changed
 */
export async function enterCluster(options: {
  readonly files: MemberFiles;
  readonly address: HostPort;
  /** As printed. */
  readonly token: string;
  readonly host: HostFacts;
  readonly replaced: boolean;
  readonly clock: Clock;
}): Promise<MemberState> {
  const { files, address, token, host, replaced, clock } = options;
  const { request, key } = await makeRequest();
  const report = { ...host, roles: [], hostId: "" };
  const admitted = await askToJoin(address, parseToken(token), { request, report, clock });
  const { certificate, authority, clusterName, memberId, schedulers } = admitted;
  checkAdmission(certificate, authority, key, clock.nowMs());
  const issuer = formatHostPort(address);
  const state = { clusterName, memberId, isIssuer: false, roles: [], issuer, schedulers };
  if (replaced) {
    await tellLeft(files, clock);
    await files.remove();
  }
  await files.writeAuthorityCertificate(authority);
  await files.writeOwn({ certificate, key });
  await files.writeState(state);
  return state;
}

/** Whether the host's cluster is the one whose authority has the fingerprint. @throws NotFoundError for a host that is in none */
export async function isOfCluster(files: MemberFiles, fingerprint: Buffer): Promise<boolean> {
  const { raw } = new X509Certificate(await files.authorityCertificate());
  return fingerprintOf(raw).equals(fingerprint);
}

/**
 * Has a host ask its cluster's authority at another address from now on: the authority has moved there. A host that the authority
 * takes for a stranger, because its certificate has ended or it was removed, is let in anew by the token; its roles stay.
 * @throws P2pfsError why not; then nothing has changed
 */
export async function followCluster(
  options: Omit<Parameters<typeof enterCluster>[0], "replaced"> & { readonly state: MemberState },
): Promise<MemberState> {
  const { files, address, host, clock, state } = options;
  if (await isKnownAt(options)) {
    const followed = { ...state, issuer: formatHostPort(address) };
    await files.writeState(followed);
    return followed;
  }
  const entered = await enterCluster({ files, address, token: options.token, host, replaced: true, clock });
  const again = { ...entered, roles: state.roles };
  await files.writeState(again);
  return again;
}

/** Whether who answers there is the authority, and takes this host's certificate. @throws P2pfsError when nobody answers */
async function isKnownAt(options: Parameters<typeof followCluster>[0]): Promise<boolean> {
  const { files, address, host, clock, state } = options;
  const report = { ...host, roles: state.roles, hostId: "" };
  const question = { withMembers: false, refusedDigest: Buffer.alloc(0) };
  try {
    await withIssuer(files, address, clock, (client) => client.sync(report, question));
    return true;
  } catch (error) {
    const failure = fromUnknown(error);
    if (failure.code !== "PERMISSION") throw failure;
    return false;
  }
}

/** Ends the certificate that a host had until now, as far as whoever made it can be told. Never fails. */
async function tellLeft(files: MemberFiles, clock: Clock): Promise<void> {
  const state = await files.state().catch(() => undefined);
  if (state === undefined || state.isIssuer) return;
  // It may be the very authority that let it in anew, or one that is no more.
  await withIssuer(files, parseHostPort(state.issuer), clock, (client) => client.leave()).catch(() => {});
}

/** @throws P2pfsError */
async function withIssuer<Answer>(
  files: MemberFiles,
  address: HostPort,
  clock: Clock,
  ask: (client: IssuerClient) => Promise<Answer>,
): Promise<Answer> {
  const certificates = await CertificateFiles.open({
    paths: files.paths,
    section: "the cluster",
    mutual: true,
    clock,
    log: silentLogger,
  });
  if (certificates === undefined) throw new P2pfsError("INTERNAL", "a cluster's certificates have paths");
  const authority = await files.authorityCertificate();
  const client = new IssuerClient({ address, files: certificates, authority, clock });
  try {
    return await ask(client);
  } finally {
    client.close();
    await certificates.close();
  }
}

/** @throws P2pfsError FAILED_PRECONDITION when the certificate is of no use here */
function checkAdmission(certificate: string, authority: string, key: string, nowMs: number): void {
  const given = new X509Certificate(certificate);
  const { publicKey } = new X509Certificate(authority);
  const problem = (words: string) => new P2pfsError("FAILED_PRECONDITION", words);
  if (!given.verify(publicKey) || !key.includes("PRIVATE KEY"))
    throw problem("the cluster gave a certificate that is not its own");
  if (nowMs < Date.parse(given.validFrom) || nowMs > Date.parse(given.validTo))
    throw problem(
      `the cluster's certificate is good from ${given.validFrom} to ${given.validTo}, and here it is ` +
        `${new Date(nowMs).toUTCString()}: the clock of one of the two hosts is wrong`,
    );
}

/** A new token for the cluster that this host made, beside those that are good. @throws LimitError, NotFoundError elsewhere */
export async function addToken(files: MemberFiles, terms: TokenTerms) {
  const { raw } = new X509Certificate(await files.authorityCertificate());
  const { tokens } = await files.issuer();
  // Those that ended lately are kept: whoever comes with one hears that it has expired.
  const kept = goodTokens(tokens, terms.nowMs - TOKEN_LIFE_MS);
  if (kept.length >= TOKENS_MAX)
    throw new LimitError(
      `there are ${TOKENS_MAX} tokens already; 'p2pfs cluster token --revoke all' ends them`,
    );
  const { token, record } = makeToken(randomBytes(TOKEN_RANDOM_BYTES), fingerprintOf(raw), terms);
  await files.writeTokens([...kept, record]);
  return token;
}

/** Those that still let in. */
export function goodTokens(tokens: readonly TokenRecord[], nowMs: number): readonly TokenRecord[] {
  return tokens.filter(({ expiresAtMs }) => nowMs < expiresAtMs);
}
