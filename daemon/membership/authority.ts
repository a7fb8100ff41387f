/**
 * The authority of a cluster of our own: makes itself, and certificates for hosts that ask. Whether a host may have one is
 * decided elsewhere (issuer.ts); times are handed in. Loads a library that takes a while: imported where it is needed.
 */
import "reflect-metadata";
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import { InvalidInputError } from "../../base/errors.ts";
import {
  AUTHORITY_LIFE_MS,
  CERTIFICATE_ADDRESSES_MAX,
  CERTIFICATE_BACKDATED_MS,
  CERTIFICATE_LIFE_MS,
  CERTIFICATE_REQUEST_BYTES_MAX,
} from "../../base/limits.ts";

/** Keys are small and signatures quick, and every TLS of the last ten years knows it. */
const KEYS = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURES = { name: "ECDSA", hash: "SHA-256" } as const;

/** PEM. The key is secret. */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: string;
}

/** What a host's certificate says of it. */
export interface CertifiedHost {
  readonly memberId: string;
  readonly clusterName: string;
  /** IP addresses that it serves at. */
  readonly addresses: readonly string[];
  readonly hostname: string;
}

/** A new authority, which certifies itself. @param nowMs wall time */
export async function makeAuthority(clusterName: string, nowMs: number): Promise<CertifiedKey> {
  const keys = await webcrypto.subtle.generateKey(KEYS, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: nameOf(`authority of the p2pfs cluster ${clusterName}`, clusterName),
    notBefore: new Date(nowMs - CERTIFICATE_BACKDATED_MS),
    notAfter: new Date(nowMs + AUTHORITY_LIFE_MS),
    signingAlgorithm: SIGNATURES,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: await pemOf(keys.privateKey) };
}

/** A new key, and the request for a certificate of it, DER. */
export async function makeRequest(): Promise<{ readonly request: Buffer; readonly key: string }> {
  const keys = await webcrypto.subtle.generateKey(KEYS, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: nameOf("p2pfs", "p2pfs"),
    keys,
    signingAlgorithm: SIGNATURES,
  });
  return { request: Buffer.from(request.rawData), key: await pemOf(keys.privateKey) };
}

export class Authority {
  /** PEM. */
  readonly certificate: string;
  readonly #parsed: x509.X509Certificate;
  readonly #key: webcrypto.CryptoKey;

  private constructor(certificate: string, key: webcrypto.CryptoKey) {
    this.certificate = certificate;
    this.#parsed = new x509.X509Certificate(certificate);
    this.#key = key;
  }

  /** @throws InvalidInputError when they are no certificate and key, or do not belong together */
  static async load({ certificate, key }: CertifiedKey): Promise<Authority> {
    try {
      const parsed = createPrivateKey(key);
      if (!new X509Certificate(certificate).checkPrivateKey(parsed))
        throw new InvalidInputError("the key is another's");
      const der = parsed.export({ type: "pkcs8", format: "der" });
      const usable = await webcrypto.subtle.importKey("pkcs8", der, KEYS, false, ["sign"]);
      return new Authority(certificate, usable);
    } catch (error) {
      throw new InvalidInputError("the cluster's authority cannot be used", { cause: error });
    }
  }

  /**
   * A host's certificate, PEM.
   * @param request DER; only its key counts, which it must be signed with
   * @param nowMs wall time of this host; that of the others may differ by CERTIFICATE_BACKDATED_MS
   * @throws InvalidInputError for a request that is none
   */
  async certify(request: Buffer, host: CertifiedHost, nowMs: number): Promise<string> {
    const publicKey = await requestedKey(request);
    const { memberId, clusterName, addresses, hostname } = host;
    const names: x509.JsonGeneralNames = addresses
      .filter((address) => isIP(address) !== 0)
      .slice(0, CERTIFICATE_ADDRESSES_MAX)
      .map((value) => ({ type: "ip", value }));
    if (/^[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/.test(hostname))
      names.push({ type: "dns", value: hostname });
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: nameOf(memberId, clusterName),
      issuer: this.#parsed.subjectName,
      notBefore: new Date(nowMs - CERTIFICATE_BACKDATED_MS),
      notAfter: new Date(Math.min(nowMs + CERTIFICATE_LIFE_MS, this.#parsed.notAfter.getTime())),
      signingAlgorithm: SIGNATURES,
      publicKey,
      signingKey: this.#key,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([
          x509.ExtendedKeyUsage.serverAuth,
          x509.ExtendedKeyUsage.clientAuth,
        ]),
        ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
        await x509.AuthorityKeyIdentifierExtension.create(this.#parsed.publicKey),
      ],
    });
    return `${certificate.toString("pem")}\n`;
  }
}

async function requestedKey(request: Buffer): Promise<x509.PublicKey> {
  const problem = (words: string, cause?: unknown) =>
    new InvalidInputError(`the request for a certificate ${words}`, cause === undefined ? {} : { cause });
  if (request.length > CERTIFICATE_REQUEST_BYTES_MAX) throw problem("is too long");
  let parsed: x509.Pkcs10CertificateRequest;
  try {
    parsed = new x509.Pkcs10CertificateRequest(request);
  } catch (error) {
    throw problem("is none", error);
  }
  const { algorithm } = parsed.publicKey as { algorithm: { name: string; namedCurve?: string } };
  if (algorithm.name !== KEYS.name || algorithm.namedCurve !== KEYS.namedCurve)
    throw problem("has a key of another kind than P-256");
  // Whoever asks must have the key.
  if (!(await parsed.verify().catch(() => false))) throw problem("is not signed with its key");
  return parsed.publicKey;
}

function nameOf(common: string, cluster: string): x509.Name {
  return new x509.Name([{ O: [`p2pfs cluster ${cluster}`] }, { CN: [common] }]);
}

function serialNumber(): string {
  const bytes = randomBytes(16);
  // Positive, and as long as it looks (RFC 5280 §4.1.2.2).
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  const made = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return made.export({ type: "pkcs8", format: "pem" }).toString();
}
