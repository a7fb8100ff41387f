/** Which proxy, if any, a URL is asked through: the proxy variables of the environment, as curl reads them. Pure. */
import { BlockList, isIP } from "node:net";
import { InvalidInputError } from "../../../base/errors.ts";

/** URLs of proxies by the scheme of what is asked for, and who is asked without. */
export interface ProxySettings {
  /** For http:// URLs. */
  readonly http?: string;
  /** For https:// URLs. */
  readonly https?: string;
  /** `*`, or hosts, domains (with everything below), addresses and blocks of addresses, each optionally with a port. */
  readonly no?: string;
}

/** Reads HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY; the lower-case ones win, empty ones do not count. */
export function proxiesFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): ProxySettings {
  const read = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const http = read("HTTP_PROXY") ?? read("ALL_PROXY");
  const https = read("HTTPS_PROXY") ?? read("ALL_PROXY");
  const no = read("NO_PROXY");
  return {
    ...(http === undefined ? {} : { http }),
    ...(https === undefined ? {} : { https }),
    ...(no === undefined ? {} : { no }),
  };
}

/** A proxy to connect to. */
export interface WebProxy {
  /** Scheme, host and port. */
  readonly url: URL;
  /** The Proxy-Authorization header its user info makes, if it has one. Secret. */
  readonly authorization: string | undefined;
}

interface Exception {
  readonly host: string;
  readonly port: string | undefined;
}

/** The port a URL means, written or not. */
export function portOf(url: URL): number {
  return Number(url.port || (url.protocol === "https:" ? 443 : 80));
}

/** The host of a URL as node:net takes it: without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

export class Proxies {
  readonly #http: WebProxy | undefined;
  readonly #https: WebProxy | undefined;
  readonly #exceptions: readonly Exception[];
  readonly #blocks = new BlockList();
  readonly #none: boolean;

  /** @throws InvalidInputError INVALID_CONFIG when a proxy is no http:// or https:// URL */
  constructor(settings: ProxySettings = {}) {
    this.#http = parseProxy(settings.http);
    this.#https = parseProxy(settings.https);
    const entries = (settings.no ?? "").split(/[,\s]+/).filter((entry) => entry !== "");
    this.#none = entries.includes("*");
    this.#exceptions = entries.filter((entry) => !this.#addBlock(entry)).map(parseException);
  }

  /** The proxy to ask `url` through; undefined: ask directly. */
  proxyOf(url: URL): WebProxy | undefined {
    const proxy = url.protocol === "https:" ? this.#https : this.#http;
    if (proxy === undefined || this.#none) return undefined;
    const host = hostOf(url).toLowerCase().replace(/\.$/, "");
    const version = isIP(host);
    if (version !== 0 && this.#blocks.check(host, version === 4 ? "ipv4" : "ipv6")) return undefined;
    const port = String(portOf(url));
    const excepted = this.#exceptions.some(
      (entry) =>
        (entry.port === undefined || entry.port === port) &&
        (host === entry.host || (version === 0 && host.endsWith(`.${entry.host}`))),
    );
    return excepted ? undefined : proxy;
  }

  /** @returns whether the entry is a block of addresses */
  #addBlock(entry: string): boolean {
    const [address = "", bits = ""] = entry.split("/");
    const version = isIP(address);
    if (version === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) return false;
    this.#blocks.addSubnet(address, Number(bits), version === 4 ? "ipv4" : "ipv6");
    return true;
  }
}

function parseException(entry: string): Exception {
  const [, bracketed, bracketedPort] = /^\[(.*)\](?::(\d+))?$/.exec(entry) ?? [];
  if (bracketed !== undefined) return { host: bracketed.toLowerCase(), port: bracketedPort };
  const [, named = entry, port] = (isIP(entry) === 6 ? undefined : /^(.*?)(?::(\d+))?$/.exec(entry)) ?? [];
  const host = named.toLowerCase().replace(/^\*?\./, "");
  return { host: host.replace(/\.$/, ""), port };
}

function parseProxy(text: string | undefined): WebProxy | undefined {
  if (text === undefined || text === "") return undefined;
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:"))
    throw new InvalidInputError(
      "a proxy of the environment is given as http://HOST:PORT or https://HOST:PORT",
      {},
      "INVALID_CONFIG",
    );
  const authorization = basicAuthorization(url);
  return { url: new URL(url.origin), authorization };
}

/** The Basic credentials in a URL's user info (RFC 7617), if there are any. Secret. */
export function basicAuthorization(url: URL): string | undefined {
  if (url.username === "" && url.password === "") return undefined;
  const pair = `${decodeLoosely(url.username)}:${decodeLoosely(url.password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign of somebody's password: it stands for itself.
    return text;
  }
}
