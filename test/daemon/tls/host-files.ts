/** Certificates of authorities of our own making, in files as a configuration names them; made for a time of the test's choice. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/logger.ts";
import {
  Authority,
  type CertifiedKey,
  makeAuthority,
  makeRequest,
} from "../../../daemon/membership/authority.ts";
import { CertificateFiles } from "../../../daemon/tls/certificate-files.ts";
import type { RefusedNames } from "../../../daemon/tls/refused-names.ts";

export const DAY_MS = 86_400_000;

/** Made so long ago that all it certified then has expired. */
const LONG_AGO_MS = Date.now() - 400 * DAY_MS;

export function authorityOf(name: string, nowMs = LONG_AGO_MS): Promise<CertifiedKey> {
  return makeAuthority(name, nowMs);
}

export interface HostPaths {
  readonly caCert: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * A host's certificate and key below a folder, over what is there.
 * @param options.nowMs when it was made; default: now
 */
export async function writeHost(
  folder: string,
  authority: CertifiedKey,
  options: {
    readonly nowMs?: number;
    readonly addresses?: readonly string[];
    readonly memberId?: string;
  } = {},
): Promise<HostPaths> {
  const { nowMs = Date.now(), addresses = ["127.0.0.1"], memberId = "member" } = options;
  await mkdir(folder, { recursive: true });
  const { request, key } = await makeRequest();
  const host = { memberId, clusterName: "test", addresses, hostname: "host" };
  const certificate = await (await Authority.load(authority)).certify(request, host, nowMs);
  const paths = {
    caCert: join(folder, "ca.crt"),
    cert: join(folder, "host.crt"),
    key: join(folder, "host.key"),
  };
  await writeFile(paths.caCert, authority.certificate);
  await writeFile(paths.cert, certificate);
  await writeFile(paths.key, key, { mode: 0o600 });
  return paths;
}

/** The files, opened. The caller closes them. */
export async function openHost(
  paths: Partial<HostPaths>,
  clock = systemClock,
  refused?: RefusedNames,
): Promise<CertificateFiles> {
  const files = await CertificateFiles.open({ paths, section: "test", refused, clock, log: silentLogger });
  if (files === undefined) throw new Error("no files were named");
  return files;
}
