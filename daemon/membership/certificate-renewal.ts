/** Looks after a host's certificate: has a new one made when most of the old one's life is over, or the host has another address. */
import { X509Certificate } from "node:crypto";
import type { Clock, Timer } from "../../base/clock.ts";
import { RENEWAL_LOOK_MS, RENEWAL_PART } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { CertificateFiles } from "../tls/certificate-files.ts";
import type { MemberFiles } from "./member-files.ts";

export interface RenewalOptions {
  readonly files: MemberFiles;
  readonly certificates: CertificateFiles;
  readonly clock: Clock;
  readonly log: Logger;
  /** The address by which others know this host. */
  readonly ip: () => string;
  /** A certificate for a request, PEM. @throws P2pfsError */
  readonly certify: (request: Buffer) => Promise<string>;
}

export class CertificateRenewal {
  readonly #options: RenewalOptions;
  #timer: Timer | undefined;
  #renewing: Promise<void> | undefined;
  #closed = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  /** Looks at once, and from then on every RENEWAL_LOOK_MS. */
  start(): void {
    this.#lookLater(0);
  }

  /** Never fails: what could not be renewed is tried again at the next look. */
  async renewIfDue(): Promise<void> {
    const { files, certificates, clock, log, ip, certify } = this.#options;
    const { own } = certificates.texts;
    if (own === undefined || !isRenewalDue(new X509Certificate(own.cert), clock.nowMs(), ip())) return;
    try {
      const { makeRequest } = await import("./authority.ts");
      const { request, key } = await makeRequest();
      await files.writeOwn({ certificate: await certify(request), key });
      await certificates.look();
    } catch (error) {
      log.warn({ reason: fromUnknown(error).message }, "certificate-not-renewed");
    }
  }

  /** Ends it; resolves when nothing is under way. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#renewing;
  }

  #lookLater(delayMs: number): void {
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      this.#renewing = this.renewIfDue().finally(() => {
        if (!this.#closed) this.#lookLater(RENEWAL_LOOK_MS);
      });
    });
  }
}

/** Whether most of its life is over, or it does not name the address that others know the host by. */
function isRenewalDue(certificate: X509Certificate, nowMs: number, ip: string): boolean {
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  return nowMs >= from + (to - from) * RENEWAL_PART || certificate.checkIP(ip) === undefined;
}
