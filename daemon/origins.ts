/**
 * The sources of the daemon by scheme, made from the configuration, and what the configuration adds to requests: one
 * pool of buffers, one guard and one lookup of names for all. Each request is counted for the metrics.
 */
import { networkInterfaces } from "node:os";
import type { Clock } from "../base/clock.ts";
import type { FetchResult } from "../base/destination.ts";
import { NotSupportedError } from "../base/errors.ts";
import { FETCH_BUFFER_BYTES_MAX } from "../base/limits.ts";
import { TokenBucket } from "../base/token-bucket.ts";
import { VERSION } from "../base/version.ts";
import { blockBuffers } from "./block-buffers.ts";
import type { Config } from "./config/config.ts";
import type { DaemonMetrics } from "./server/metrics.ts";
import { AddressGuard } from "./source/address-guard.ts";
import { HttpSource } from "./source/http/http-source.ts";
import { proxiesFromEnvironment } from "./source/http/proxies.ts";
import { authorityFilesOf } from "./source/http/trust.ts";
import { type HostLookup, NameLookup } from "./source/name-lookup.ts";
import { ossSource } from "./source/oss/oss-source.ts";
import { s3Source } from "./source/s3/s3-source.ts";
import type {
  ListRequest,
  Source,
  SourceEntry,
  SourceOf,
  SourceReadRequest,
  SourceRequest,
} from "./source/source.ts";

export interface Origins {
  readonly sourceOf: SourceOf;
  /** Addresses of names, for whatever else the daemon connects to. */
  readonly names: HostLookup;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface OriginsOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly metrics: DaemonMetrics;
  /** Proxy variables and files of certificates are read from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** TCP ports this daemon listens on now. */
  readonly ownPorts: () => ReadonlySet<number>;
}

/** @throws InvalidInputError INVALID_CONFIG for proxy variables that are no URLs */
export function openOrigins(options: OriginsOptions): Origins {
  const { config, clock, metrics, environment, ownPorts } = options;
  const { backend, source, guard, network } = config;
  const names = new NameLookup({
    clock,
    system: backend.enableHickoryDNS ? "last" : "only",
    preferIPv6: network.enableIPv6,
  });
  const buffers = blockBuffers(FETCH_BUFFER_BYTES_MAX, clock);
  const http = {
    clock,
    names,
    userAgent: `p2pfs/${VERSION}`,
    guard: new AddressGuard({ allow: guard.allow, ownPorts, localAddresses }),
    proxies: proxiesFromEnvironment(environment),
    authorityFiles: authorityFilesOf(environment),
    cacheTemporaryRedirects: backend.enableCacheTemporaryRedirect,
    temporaryRedirectMs: backend.cacheTemporaryRedirectTTL,
    connectTimeoutMs: source.connectTimeout,
    headersTimeoutMs: source.headersTimeout,
    idleTimeoutMs: source.idleTimeout,
    buffers,
    maxRetries: backend.maxRetries,
    ...(backend.requestHeader === undefined ? {} : { requestHeader: backend.requestHeader }),
  };
  // The header of every request is meant for HTTP origins: in a store's signed request it could break the signature.
  const requestHeader = backend.requestHeader ?? {};
  const stores = { ...http, maxRetries: backend.maxRetries };
  const bandwidth = new TokenBucket({ clock, perSecond: config.download.backToSourceBandwidthLimit });
  const web = new HttpSource({ ...stores, requestHeader });
  const sources = [web, ossSource(stores), s3Source(stores)].map(
    (each) => new MeteredSource(each, metrics, (bytes, signal) => bandwidth.take(bytes, signal)),
  );
  const byScheme = new Map(sources.flatMap((each) => each.schemes.map((scheme) => [scheme, each] as const)));
  let closing: Promise<void> | undefined;
  return {
    names,
    sourceOf(url) {
      const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? "";
      const found = byScheme.get(scheme);
      if (found !== undefined) return found;
      throw new NotSupportedError(
        `${scheme || "such"} URLs are not served; ${[...byScheme.keys()].join(", ")} are`,
      );
    },
    close() {
      closing ??= Promise.all(sources.map((each) => each.close())).then(() => names.close());
      return closing;
    },
  };
}

/** Addresses of this host's interfaces now. */
function* localAddresses(): Generator<string> {
  for (const addresses of Object.values(networkInterfaces()))
    for (const { address } of addresses ?? []) yield address;
}

/** A source whose requests and bytes are counted. */
export class MeteredSource implements Source {
  readonly schemes: readonly string[];
  readonly #source: Source;
  readonly #metrics: DaemonMetrics;
  readonly #allow: (bytes: number, signal: AbortSignal) => Promise<void>;

  /** @param allow resolves when so many bytes may be fetched (download.backToSourceBandwidthLimit); default: at once */
  constructor(
    source: Source,
    metrics: DaemonMetrics,
    allow: (bytes: number, signal: AbortSignal) => Promise<void> = async () => {},
  ) {
    this.#allow = allow;
    this.schemes = source.schemes;
    this.#source = source;
    this.#metrics = metrics;
  }

  stat(request: SourceRequest, signal: AbortSignal) {
    // Dragonfly labels its stat HEAD, whatever method it is asked by.
    return this.#measured(request.url, "HEAD", this.#source.stat(request, signal));
  }

  async read(request: SourceReadRequest, signal: AbortSignal): Promise<FetchResult> {
    const { into } = request;
    await this.#allow(into.length ?? 0, signal);
    const counted: SourceReadRequest = {
      ...request,
      into: {
        fd: into.fd,
        offset: into.offset,
        length: into.length,
        onBlock: (block, length, crc32) => {
          this.#metrics.traffic("BACK_TO_SOURCE", length);
          into.onBlock(block, length, crc32);
        },
      },
    };
    return this.#measured(request.url, "GET", this.#source.read(counted, signal));
  }

  async *list(request: ListRequest, signal: AbortSignal): AsyncGenerator<readonly SourceEntry[]> {
    const measured = this.#metrics.backendBegan(schemeOf(request.url), "LIST");
    try {
      yield* this.#source.list(request, signal);
      measured.finished(0);
    } catch (error) {
      measured.failed();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  async #measured<T>(url: string, method: string, answer: Promise<T>): Promise<T> {
    const measured = this.#metrics.backendBegan(schemeOf(url), method);
    try {
      const result = await answer;
      measured.finished(0);
      return result;
    } catch (error) {
      measured.failed();
      throw error;
    }
  }
}

function schemeOf(url: string): string {
  return url.slice(0, Math.max(url.indexOf(":"), 0)).toLowerCase();
}
