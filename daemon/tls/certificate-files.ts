/**
 * The certificate files of one section of the configuration: read at the start, looked at again and again, and told of when they
 * have changed, so that a renewed certificate needs no restart. Files that are half written or do not fit are passed over until
 * they do. What connections are made of them is grpc-credentials.ts' and the transports' business.
 */
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { Clock, Timer } from "../../base/clock.ts";
import { InvalidInputError } from "../../base/errors.ts";
import { CERTIFICATES_LOOK_MS } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { RefusedNames } from "./refused-names.ts";

/** Absolute paths of PEM files, as a section of the configuration names them. */
export interface CertificatePaths {
  /** The authority that the other side's certificate must be of. */
  readonly caCert?: string | undefined;
  /** What this side shows, and its key: both or none. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** PEM. Secret. */
export interface CertificateTexts {
  readonly ca: Buffer;
  /** Absent: this side shows none. */
  readonly own?: { readonly cert: Buffer; readonly key: Buffer };
}

export interface CertificateFilesOptions {
  readonly paths: CertificatePaths;
  /** The section's path, for people: "upload.server". */
  readonly section: string;
  /** Whether a section with some of the files needs all: both sides are known by certificates. Default false. */
  readonly mutual?: boolean;
  /** Names that are taken no more although their certificates are good. Default: none. */
  readonly refused?: RefusedNames | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Closed by whoever opened it. */
export class CertificateFiles {
  readonly refused: RefusedNames;
  readonly #options: CertificateFilesOptions;
  readonly #listeners = new Set<(texts: CertificateTexts) => void>();
  #texts: CertificateTexts;
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  /** What was wrong at the last look; said once. */
  #problem = "";
  #closed = false;

  private constructor(options: CertificateFilesOptions, texts: CertificateTexts) {
    this.#options = options;
    this.refused = options.refused ?? new RefusedNames();
    this.#texts = texts;
    this.#next();
  }

  /**
   * @returns undefined for a section without any
   * @throws InvalidInputError INVALID_CONFIG when files are missing in the section or do not fit each other, P2pfsError when one
   * cannot be read
   */
  static async open(options: CertificateFilesOptions): Promise<CertificateFiles | undefined> {
    const { section, mutual = false } = options;
    const { caCert, cert, key } = options.paths;
    if (caCert === undefined && cert === undefined && key === undefined) return undefined;
    const problem = (words: string) => new InvalidInputError(`${section} ${words}`, {}, "INVALID_CONFIG");
    if (mutual && (caCert === undefined || cert === undefined || key === undefined))
      throw problem(
        "needs caCert, cert and key together: others are known by their certificates, or not at all",
      );
    if (caCert === undefined) throw problem("needs a caCert besides its cert and key");
    if ((cert === undefined) !== (key === undefined)) throw problem("needs both cert and key");
    const texts = await readTexts(options.paths);
    checked(section, texts);
    return new CertificateFiles(options, texts);
  }

  /** The newest that fit. */
  get texts(): CertificateTexts {
    return this.#texts;
  }

  /** @returns ends it */
  onChange(listener: (texts: CertificateTexts) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Looks at the files now, besides every CERTIFICATES_LOOK_MS. Shares a look under way; never fails. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#listeners.clear();
    await this.#looking;
  }

  #next(): void {
    if (this.#closed) return;
    this.#timer = this.#options.clock.schedule(CERTIFICATES_LOOK_MS, () => {
      void this.look().then(() => this.#next());
    });
  }

  async #look(): Promise<void> {
    const { section, paths, log } = this.#options;
    try {
      const texts = await readTexts(paths);
      if (this.#closed || isEqual(texts, this.#texts)) return this.#noted("");
      checked(section, texts);
      this.#texts = texts;
      this.#noted("");
      log.info({ section }, "certificates-changed");
      for (const listener of [...this.#listeners]) listener(texts);
    } catch (error) {
      // Whoever renews them may be writing; those that were read serve on.
      this.#noted(fromUnknown(error).message);
    }
  }

  #noted(problem: string): void {
    if (problem !== "" && problem !== this.#problem)
      this.#options.log.warn({ section: this.#options.section, reason: problem }, "certificates-unusable");
    this.#problem = problem;
  }
}

/** As node:tls takes them. */
export function contextOptions({ ca, own }: CertificateTexts): SecureContextOptions {
  return { ca, ...(own === undefined ? {} : { cert: own.cert, key: own.key }) };
}

async function readTexts({ caCert, cert, key }: CertificatePaths): Promise<CertificateTexts> {
  const read = (path = "") =>
    readFile(path).catch((error) => {
      throw fromUnknown(error, `cannot read ${path}`);
    });
  const ca = await read(caCert);
  if (cert === undefined) return { ca };
  return { ca, own: { cert: await read(cert), key: await read(key) } };
}

/** @throws InvalidInputError INVALID_CONFIG when they are no certificates, or the key is another's */
function checked(section: string, texts: CertificateTexts): void {
  try {
    createSecureContext(contextOptions(texts));
  } catch (error) {
    // OpenSSL's words have nothing of the files' content.
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidInputError(
      `the certificates of ${section} cannot be used: ${reason}`,
      { cause: error },
      "INVALID_CONFIG",
    );
  }
}

function isEqual(a: CertificateTexts, b: CertificateTexts): boolean {
  const isSame = (one: Buffer | undefined, other: Buffer | undefined) =>
    one === other || (one !== undefined && other !== undefined && one.equals(other));
  return isSame(a.ca, b.ca) && isSame(a.own?.cert, b.own?.cert) && isSame(a.own?.key, b.own?.key);
}
