/**
 * Connections to origins, pooled by undici: one pool per origin, in sets that share certificates, asker and proxy, so that a
 * connection made for one is never used for the other.
 */
import { createHash } from "node:crypto";
import type { SecureContext } from "node:tls";
import { Agent, type Dispatcher } from "undici";
import type { Clock } from "../../../base/clock.ts";
import { UnavailableError } from "../../../base/errors.ts";
import {
  ANSWER_HEAD_BYTES_MAX,
  CONNECTION_IDLE_MS,
  CONNECTION_IDLE_MS_MAX,
  CONNECTION_SETS_MAX,
  ORIGIN_CONNECTIONS_MAX,
  ORIGINS_ANSWERED_MAX,
} from "../../../base/limits.ts";
import type { AddressGuard } from "../address-guard.ts";
import type { HostLookup } from "../name-lookup.ts";
import type { Asker, SourceRequest } from "../source.ts";
import { Connector } from "./connector.ts";
import { hostOf, type Proxies, portOf, type WebProxy } from "./proxies.ts";
import { type AuthorityFiles, readAuthorities, trusting } from "./trust.ts";

export interface ConnectionsOptions {
  readonly clock: Clock;
  readonly names: HostLookup;
  readonly guard: AddressGuard;
  readonly proxies: Proxies;
  readonly authorityFiles: AuthorityFiles;
  readonly insecureSkipVerify: boolean;
  readonly connectTimeoutMs: number;
}

/** How a URL is asked: through what, and what the request line says. */
export interface Route {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  readonly path: string;
  /** Headers the way demands. */
  readonly headers: Readonly<Record<string, string>>;
}

interface ConnectionSet {
  readonly agent: Agent;
  readonly connector: Connector;
}

/** What a set's connections have in common. */
interface SetTraits {
  readonly asker: Asker;
  readonly chain: readonly string[];
  readonly insecure: boolean;
  /** The connections lead to the proxy itself, for http:// URLs. */
  readonly toProxy: boolean;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  /** In order of last use. */
  readonly #sets = new Map<string, ConnectionSet>();
  /** Origin → when it last gave an answer, monotonic ms. */
  readonly #answered = new Map<string, number>();
  #authorities: Promise<string[]> | undefined;
  #closed = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** @throws PermissionError when the URL names an address that may not be reached; UnavailableError CLOSED */
  route(url: URL, request: SourceRequest): Route {
    const { guard, proxies } = this.#options;
    const asker = request.asker ?? "local";
    const proxy = proxies.proxyOf(url);
    const viaProxy = proxy !== undefined && url.protocol === "http:";
    const { agent } = this.#set({
      asker,
      chain: request.certificateChain ?? [],
      insecure: this.#options.insecureSkipVerify || request.objectStorage?.insecureSkipVerify === true,
      toProxy: viaProxy,
    });
    if (!viaProxy)
      return { dispatcher: agent, origin: url.origin, path: `${url.pathname}${url.search}`, headers: {} };
    // The name is resolved beyond the proxy; here only a literal address can be judged.
    guard.check(hostOf(url), portOf(url), asker);
    return { dispatcher: agent, ...throughProxy(url, proxy) };
  }

  /** Notes that the origin answered: a kept connection to it may exist. */
  noteAnswer(origin: string): void {
    this.#answered.delete(origin);
    this.#answered.set(origin, this.#options.clock.monotonicMs());
    if (this.#answered.size <= ORIGINS_ANSWERED_MAX) return;
    const oldest = this.#answered.keys().next().value;
    if (oldest !== undefined) this.#answered.delete(oldest);
  }

  /** Whether a connection kept from an earlier answer may have been used, so that its end says nothing about the origin. */
  maybeKept(origin: string): boolean {
    const answeredMs = this.#answered.get(origin);
    return (
      answeredMs !== undefined && this.#options.clock.monotonicMs() - answeredMs <= CONNECTION_IDLE_MS_MAX
    );
  }

  /** Ends all connections and fails what is in flight. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    const sets = [...this.#sets.values()];
    this.#sets.clear();
    const closed = new UnavailableError("the source is closed", {}, "CLOSED");
    await Promise.all(
      sets.map(async ({ agent, connector }) => {
        connector.close();
        await agent.destroy(closed);
      }),
    );
  }

  #set(traits: SetTraits): ConnectionSet {
    if (this.#closed) throw new UnavailableError("the source is closed", {}, "CLOSED");
    const key = traitsKey(traits);
    const set = this.#sets.get(key) ?? this.#make(traits);
    this.#sets.delete(key);
    this.#sets.set(key, set);
    this.#shrink();
    return set;
  }

  #make(traits: SetTraits): ConnectionSet {
    const { clock, names, guard, proxies, connectTimeoutMs } = this.#options;
    let context: Promise<SecureContext> | undefined;
    const connector = new Connector({
      clock,
      names,
      guard: traits.toProxy ? undefined : { of: guard, asker: traits.asker },
      connectTimeoutMs,
      secureContext: () => {
        context ??= this.#trusting(traits.chain);
        return context;
      },
      insecureSkipVerify: traits.insecure,
      tunnelFor: (host, port) =>
        traits.toProxy
          ? undefined
          : proxies.proxyOf(new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`)),
    });
    const agent = new Agent({
      connect: connector.connect,
      connections: ORIGIN_CONNECTIONS_MAX,
      keepAliveTimeout: CONNECTION_IDLE_MS,
      keepAliveMaxTimeout: CONNECTION_IDLE_MS_MAX,
      maxHeaderSize: ANSWER_HEAD_BYTES_MAX,
    });
    return { agent, connector };
  }

  async #trusting(chain: readonly string[]): Promise<SecureContext> {
    this.#authorities ??= readAuthorities(this.#options.authorityFiles);
    return trusting(await this.#authorities, chain);
  }

  /** Lets go of the set not used for longest; what is in flight there ends in peace. */
  #shrink(): void {
    if (this.#sets.size <= CONNECTION_SETS_MAX) return;
    const [oldest] = this.#sets;
    if (oldest === undefined) return;
    this.#sets.delete(oldest[0]);
    void oldest[1].agent.close();
  }
}

function traitsKey(traits: SetTraits): string {
  const chain = createHash("sha256").update(JSON.stringify(traits.chain)).digest("base64url");
  return [traits.asker, traits.insecure, traits.toProxy, chain].join(" ");
}

/** The absolute form of a request to a proxy (RFC 9112 §3.2.2). */
function throughProxy(url: URL, proxy: WebProxy): Omit<Route, "dispatcher"> {
  const headers: Record<string, string> = { host: url.host };
  if (proxy.authorization !== undefined) headers["proxy-authorization"] = proxy.authorization;
  return { origin: proxy.url.origin, path: `${url.origin}${url.pathname}${url.search}`, headers };
}
