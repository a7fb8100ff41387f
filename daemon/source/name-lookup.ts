/**
 * Addresses of host names, found without libuv's thread pool: /etc/hosts, then DNS through c-ares with the search rules of
 * resolv.conf, then, for names only other services know (mDNS, LDAP), getaddrinfo. Remembers what it found. Whether an
 * address may be used is the guard's to say.
 */

import { promises as dns } from "node:dns";
import { setMaxListeners } from "node:events";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { deadlineSignal, orAborted, sleep } from "../../base/deadline.ts";
import { type P2pfsError, UnavailableError } from "../../base/errors.ts";
import {
  HOST_LOOKUP_MS,
  HOST_NAMES_MAX,
  HOST_NEGATIVE_MS,
  HOST_STALE_MS,
  HOST_TTL_MS_MAX,
  HOST_TTL_MS_MIN,
  NAME_SERVER_MS,
  NAME_SERVER_TRIES,
  OTHER_FAMILY_MS,
  RESOLVER_FILES_MS,
  SYSTEM_LOOKUPS_MAX,
  SYSTEM_LOOKUPS_WAITING_MAX,
} from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { Lane } from "./lane.ts";
import { candidatesOf, parseHosts, parseSearchRules } from "./resolver-files.ts";

/** An address as node:net takes it from a lookup function. */
export interface HostAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Turns names into addresses. */
export interface HostLookup {
  /**
   * At least one address, the preferred ones first.
   * @throws UnavailableError when there is none, DeadlineError, the signal's reason
   */
  addresses(host: string, signal?: AbortSignal): Promise<readonly HostAddress[]>;
  /** Ends queries under way. Idempotent. */
  close(): Promise<void>;
}

export interface NameLookupOptions {
  readonly clock: Clock;
  /** "last": getaddrinfo for what DNS does not know (default); "only": getaddrinfo for all (`backend.enableHickoryDNS: false`). */
  readonly system?: "last" | "only";
  /** Name servers, `ADDRESS` or `ADDRESS:PORT`, in place of the system's. */
  readonly servers?: readonly string[];
  /** Default false: IPv4 addresses first (network.enableIPv6). */
  readonly preferIPv6?: boolean;
  /** Default /etc/hosts. */
  readonly hostsFile?: string;
  /** Default /etc/resolv.conf. */
  readonly resolvConfFile?: string;
}

/** Addresses with the time they may be believed, ms. */
interface Found {
  readonly addresses: readonly HostAddress[];
  readonly ttlMs: number;
}

interface Remembered {
  readonly addresses: readonly HostAddress[];
  /** Set when the name does not exist. */
  readonly failure: P2pfsError | undefined;
  readonly freshUntilMs: number;
  /** Until when it stands in where no server answers. */
  readonly staleUntilMs: number;
}

interface SystemFiles {
  readonly hosts: ReturnType<typeof parseHosts>;
  readonly resolvConf: string;
  readonly readAtMs: number;
}

/** c-ares' words for "the name or its record does not exist": the next candidate may. */
const ABSENT = new Set(["ENOTFOUND", "ENODATA", "EBADNAME"]);

export class NameLookup implements HostLookup {
  readonly #options: NameLookupOptions;
  /** In order of last use: the first is forgotten first. */
  readonly #remembered = new Map<string, Remembered>();
  readonly #flights = new Map<string, Promise<readonly HostAddress[]>>();
  readonly #systemLane = new Lane({
    runningMax: SYSTEM_LOOKUPS_MAX,
    waitingMax: SYSTEM_LOOKUPS_WAITING_MAX,
    of: "names",
  });
  readonly #closing = new AbortController();
  #files: SystemFiles | undefined;
  #resolver: { readonly of: string; readonly resolver: dns.Resolver } | undefined;

  constructor(options: NameLookupOptions) {
    this.#options = options;
    // Each search listens, one per name.
    setMaxListeners(0, this.#closing.signal);
  }

  async addresses(host: string, signal?: AbortSignal): Promise<readonly HostAddress[]> {
    const version = isIP(host);
    if (version !== 0) return [{ address: host, family: version === 4 ? 4 : 6 }];
    this.#closing.signal.throwIfAborted();
    const name = host.toLowerCase();
    const known = this.#recall(name);
    if (known !== undefined && known.freshUntilMs > this.#options.clock.monotonicMs()) {
      if (known.failure !== undefined) throw known.failure;
      return known.addresses;
    }
    return orAborted(this.#flight(name), signal);
  }

  async close(): Promise<void> {
    this.#closing.abort(new UnavailableError("the name lookup is closed", {}, "CLOSED"));
    this.#resolver?.resolver.cancel();
    this.#remembered.clear();
  }

  #recall(name: string): Remembered | undefined {
    const known = this.#remembered.get(name);
    if (known === undefined) return undefined;
    this.#remembered.delete(name);
    this.#remembered.set(name, known);
    return known;
  }

  #remember(name: string, remembered: Remembered): void {
    this.#remembered.delete(name);
    this.#remembered.set(name, remembered);
    if (this.#remembered.size <= HOST_NAMES_MAX) return;
    const oldest = this.#remembered.keys().next().value;
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }

  #flight(name: string): Promise<readonly HostAddress[]> {
    const running = this.#flights.get(name);
    if (running !== undefined) return running;
    const flight = this.#lookUp(name).finally(() => this.#flights.delete(name));
    this.#flights.set(name, flight);
    return flight;
  }

  async #lookUp(name: string): Promise<readonly HostAddress[]> {
    const { clock } = this.#options;
    const deadline = deadlineSignal(clock, `the address of ${name}`, HOST_LOOKUP_MS, this.#closing.signal);
    try {
      const { addresses, ttlMs } = await orAborted(this.#find(name, deadline.signal), deadline.signal);
      const freshUntilMs = clock.monotonicMs() + ttlMs;
      const staleUntilMs = freshUntilMs + HOST_STALE_MS;
      this.#remember(name, { addresses, failure: undefined, freshUntilMs, staleUntilMs });
      return addresses;
    } catch (caught) {
      const error = fromUnknown(caught, `cannot find the address of ${name}`);
      if (this.#closing.signal.aborted) throw error;
      return this.#instead(name, error);
    } finally {
      deadline.close();
    }
  }

  /** What to answer when the search failed: addresses that are out of date, when it was the servers' fault; else the error. */
  #instead(name: string, error: P2pfsError): readonly HostAddress[] {
    const nowMs = this.#options.clock.monotonicMs();
    const old = this.#remembered.get(name);
    const absent = error.details.absent === true;
    if (!absent && old !== undefined && nowMs < old.staleUntilMs) {
      this.#remember(name, { ...old, freshUntilMs: nowMs + HOST_TTL_MS_MIN });
      return old.addresses;
    }
    const freshUntilMs = nowMs + HOST_NEGATIVE_MS;
    if (absent) this.#remember(name, { addresses: [], failure: error, freshUntilMs, staleUntilMs: nowMs });
    throw error;
  }

  async #find(name: string, signal: AbortSignal): Promise<Found> {
    const files = await this.#systemFiles();
    const bare = name.replace(/\.$/, "");
    const listed = files.hosts.get(bare);
    if (listed !== undefined) return { addresses: this.#ordered(listed), ttlMs: RESOLVER_FILES_MS };
    // RFC 6761 §6.3: localhost never leaves the machine.
    if (bare === "localhost" || bare.endsWith(".localhost"))
      return { addresses: this.#ordered(["127.0.0.1", "::1"]), ttlMs: HOST_TTL_MS_MAX };
    if (this.#options.system === "only") return this.#askSystem(name, signal);
    const resolver = this.#resolverFor(files.resolvConf);
    for (const candidate of candidatesOf(name, parseSearchRules(files.resolvConf))) {
      const found = await this.#askDns(resolver, candidate);
      if (found !== undefined) return found;
    }
    return this.#askSystem(name, signal);
  }

  async #systemFiles(): Promise<SystemFiles> {
    const { clock, hostsFile = "/etc/hosts", resolvConfFile = "/etc/resolv.conf" } = this.#options;
    const known = this.#files;
    if (known !== undefined && clock.monotonicMs() - known.readAtMs < RESOLVER_FILES_MS) return known;
    // A machine without these files resolves all the same.
    const read = (path: string) => readFile(path, "utf8").catch(() => "");
    const [hosts, resolvConf] = await Promise.all([read(hostsFile), read(resolvConfFile)]);
    this.#files = { hosts: parseHosts(hosts), resolvConf, readAtMs: clock.monotonicMs() };
    return this.#files;
  }

  /** c-ares reads resolv.conf when a resolver is made; another text needs another resolver. */
  #resolverFor(resolvConf: string): dns.Resolver {
    if (this.#resolver?.of === resolvConf) return this.#resolver.resolver;
    const resolver = new dns.Resolver({ timeout: NAME_SERVER_MS, tries: NAME_SERVER_TRIES });
    if (this.#options.servers !== undefined) resolver.setServers(this.#options.servers);
    this.#resolver = { of: resolvConf, resolver };
    return resolver;
  }

  /** @returns undefined when the name has no address */
  async #askDns(resolver: dns.Resolver, name: string): Promise<Found | undefined> {
    const six = recordsOf(resolver.resolve6(name, { ttl: true }));
    const four = await recordsOf(resolver.resolve4(name, { ttl: true }));
    // Without IPv4 the other family is all there is; with it, only a short wait is worth it (RFC 8305 §3).
    const patience = four.records.length > 0 ? sleep(this.#options.clock, OTHER_FAMILY_MS) : undefined;
    const late = await Promise.race([six, ...(patience === undefined ? [] : [patience])]);
    const both = [...four.records, ...(late?.records ?? [])];
    if (both.length === 0) {
      const failure = four.failure ?? late?.failure;
      if (failure !== undefined) throw failure;
      return undefined;
    }
    const ttlMs = Math.min(...both.map(({ ttl }) => ttl)) * 1000;
    return {
      addresses: this.#ordered(both.map(({ address }) => address)),
      ttlMs: Math.min(Math.max(ttlMs, HOST_TTL_MS_MIN), HOST_TTL_MS_MAX),
    };
  }

  async #askSystem(name: string, signal: AbortSignal): Promise<Found> {
    const endTurn = await this.#systemLane.enter(signal);
    try {
      const found = await dns.lookup(name, { all: true });
      return { addresses: this.#ordered(found.map(({ address }) => address)), ttlMs: HOST_TTL_MS_MIN };
    } catch (error) {
      if (!isAbsent(error)) throw error;
      throw new UnavailableError(`there is no host ${name}`, { cause: error, details: { absent: true } });
    } finally {
      endTurn();
    }
  }

  #ordered(addresses: readonly string[]): readonly HostAddress[] {
    const first = this.#options.preferIPv6 === true ? 6 : 4;
    return addresses
      .map((address): HostAddress => ({ address, family: isIP(address) === 6 ? 6 : 4 }))
      .sort((a, b) => Number(b.family === first) - Number(a.family === first));
  }
}

interface Records {
  readonly records: readonly { readonly address: string; readonly ttl: number }[];
  /** Undefined when the servers answered, be it with nothing. */
  readonly failure: unknown;
}

async function recordsOf(query: Promise<readonly { address: string; ttl: number }[]>): Promise<Records> {
  try {
    return { records: await query, failure: undefined };
  } catch (error) {
    return { records: [], failure: isAbsent(error) ? undefined : error };
  }
}

function isAbsent(error: unknown): boolean {
  return ABSENT.has(String((error as { code?: unknown } | null)?.code));
}
