/**
 * Which certificates of origins are trusted: Node's own authorities, those the machine trusts, and those a request brings.
 * Makes one TLS context per set, since each takes tens of milliseconds.
 */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { InvalidInputError } from "../../../base/errors.ts";

/** PEM files of authorities: the first of `anyOf` that can be read, and all of `allOf`. */
export interface AuthorityFiles {
  readonly anyOf: readonly string[];
  readonly allOf: readonly string[];
}

/** Where Debian, Red Hat, SUSE, Alpine and macOS keep the authorities the machine trusts, as one PEM file. */
const SYSTEM_FILES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** The system's files, and those that SSL_CERT_FILE (in their place) and NODE_EXTRA_CA_CERTS (besides) name. */
export function authorityFilesOf(environment: Readonly<Record<string, string | undefined>>): AuthorityFiles {
  const { SSL_CERT_FILE: own, NODE_EXTRA_CA_CERTS: extra } = environment;
  return { anyOf: own ? [own] : SYSTEM_FILES, allOf: extra ? [extra] : [] };
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]*-----END (?:TRUSTED )?CERTIFICATE-----/g;

/** The certificates in the files; what cannot be read holds none. */
export async function readAuthorities(files: AuthorityFiles): Promise<string[]> {
  const read = async (file: string) => {
    const text = await readFile(file, "utf8").catch(() => "");
    return text.match(CERTIFICATE) ?? [];
  };
  const found = (await Promise.all(files.allOf.map(read))).flat();
  for (const file of files.anyOf) {
    const certificates = await read(file);
    if (certificates.length > 0) return [...found, ...certificates];
  }
  return found;
}

/**
 * A context that trusts Node's authorities, `authorities` and `chain`.
 * @throws InvalidInputError when `chain` holds something else than PEM certificates
 */
export function trusting(authorities: readonly string[], chain: readonly string[]): SecureContext {
  const own = chain.flatMap((text) => text.match(CERTIFICATE) ?? [""]);
  // createSecureContext passes over what it cannot read.
  for (const certificate of own) checkCertificate(certificate);
  return createSecureContext({ ca: distinct([...rootCertificates, ...authorities, ...own]) });
}

function checkCertificate(text: string): void {
  try {
    new X509Certificate(text);
  } catch (error) {
    throw new InvalidInputError("the certificate chain holds something else than PEM certificates", {
      cause: error,
    });
  }
}

/** Each certificate once, however its lines are broken: parsing is what takes the time. */
function distinct(certificates: readonly string[]): string[] {
  const found = new Map(certificates.map((text) => [text.replace(/\s+/g, ""), text]));
  return [...found.values()];
}
