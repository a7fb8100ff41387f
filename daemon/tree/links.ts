/**
 * Names below /url: what `p2pfs link` made, kept on disk. A link is a URL with all that its requests need; its headers
 * and the query of its URL may be secrets, so they leave this file only as a request.
 */
import { InvalidInputError, NotFoundError, P2pfsError } from "../../base/errors.ts";
import {
  LINK_HEADER_BYTES_MAX,
  LINK_HEADERS_MAX,
  LINKS_MAX,
  NAME_BYTES_MAX,
  URL_BYTES_MAX,
} from "../../base/limits.ts";
import { loggableUrl } from "../../base/logger.ts";
import { formatDigest, parseDigest } from "../task/digest.ts";
import type { FactStore } from "./fact-store.ts";

const SPACE = "tree.link";
const SCHEMES = ["http:", "https:", "oss:", "s3:"];

/** A link as it is asked for. */
export interface LinkRequest {
  readonly url: string;
  /** Default: the last component of the URL's path, with a number where that is taken. */
  readonly name?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** "algorithm:hex" of the whole content: checked before the file counts as complete. */
  readonly digest?: string;
}

/** A link as it is kept. Secret. */
export interface Link {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly digest?: string;
  /** ms since the epoch; tells two links of one name apart. */
  readonly madeAtMs: number;
}

/** A link as it may be shown. */
export interface ShownLink {
  readonly name: string;
  /** Without user, query and fragment. */
  readonly url: string;
  readonly digest?: string;
}

export class Links {
  readonly #facts: FactStore;
  readonly #nowMs: () => number;
  readonly #links = new Map<string, Link>();

  private constructor(facts: FactStore, nowMs: () => number) {
    this.#facts = facts;
    this.#nowMs = nowMs;
  }

  static async open(facts: FactStore, nowMs: () => number): Promise<Links> {
    const links = new Links(facts, nowMs);
    for await (const [name, value] of facts.entries(SPACE)) if (isLink(value)) links.#links.set(name, value);
    return links;
  }

  /**
   * Makes a link; asks no origin. The same link under the same name again is no error.
   * @returns its name, once the link outlives this process
   * @throws InvalidInputError; P2pfsError ALREADY_EXISTS; LimitError at LINKS_MAX
   */
  async link(request: LinkRequest): Promise<string> {
    const url = checkedUrl(request.url);
    const headers = checkedHeaders(request.headers ?? {});
    const digest = request.digest === undefined ? undefined : formatDigest(parseDigest(request.digest));
    const name = request.name === undefined ? this.#freeName(url) : checkedName(request.name);
    const link: Link = {
      url: url.href,
      headers,
      ...(digest === undefined ? {} : { digest }),
      madeAtMs: this.#nowMs(),
    };
    const before = this.#links.get(name);
    if (before !== undefined && !isSame(before, link))
      throw new P2pfsError("ALREADY_EXISTS", `url/${name} is already a link to something else`);
    if (before === undefined) {
      if (this.#links.size >= LINKS_MAX)
        throw new P2pfsError("TOO_MANY", `there are already ${LINKS_MAX} links: remove some with unlink`);
      this.#links.set(name, link);
      this.#facts.put(SPACE, name, link);
    }
    await this.#facts.flush();
    return name;
  }

  /** Removes a name; what is open through it stays open. @throws NotFoundError */
  async unlink(name: string): Promise<void> {
    if (!this.#links.delete(name)) throw new NotFoundError(`there is no link url/${name}`);
    this.#facts.delete(SPACE, name);
    await this.#facts.flush();
  }

  /** All links in the order of their names, without what is secret of them. */
  list(): ShownLink[] {
    return [...this.#links]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { url, digest }]) => ({
        name,
        url: loggableUrl(url),
        ...(digest === undefined ? {} : { digest }),
      }));
  }

  get(name: string): Link | undefined {
    return this.#links.get(name);
  }

  names(): IterableIterator<string> {
    return this.#links.keys();
  }

  #freeName(url: URL): string {
    const wanted = nameOfUrl(url);
    if (!this.#links.has(wanted)) return wanted;
    const dot = wanted.lastIndexOf(".");
    const [stem, extension] = dot > 0 ? [wanted.slice(0, dot), wanted.slice(dot)] : [wanted, ""];
    for (let number = 2; ; number += 1) {
      const name = `${stem}-${number}${extension}`;
      if (!this.#links.has(name)) return name;
    }
  }
}

function checkedUrl(text: string): URL {
  if (!URL.canParse(text)) throw new InvalidInputError("a link needs an absolute URL");
  const url = new URL(text);
  if (!SCHEMES.includes(url.protocol))
    throw new InvalidInputError(`a link's URL is http, https, oss or s3, not ${url.protocol.slice(0, -1)}`);
  if (Buffer.byteLength(url.href) > URL_BYTES_MAX)
    throw new InvalidInputError(`a link's URL has at most ${URL_BYTES_MAX} bytes`);
  if (/^(?:oss|s3):$/.test(url.protocol) && url.pathname.length < 2)
    throw new InvalidInputError("a link to an object store names an object, not a bucket");
  return url;
}

function checkedName(name: string): string {
  if (name === "" || name === "." || name === ".." || /[/\0]|\p{Surrogate}/u.test(name))
    throw new InvalidInputError("a link's name is one path component");
  if (Buffer.byteLength(name) > NAME_BYTES_MAX)
    throw new InvalidInputError(`a link's name has at most ${NAME_BYTES_MAX} bytes`);
  return name;
}

function checkedHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(headers);
  if (entries.length > LINK_HEADERS_MAX)
    throw new InvalidInputError(`a link has at most ${LINK_HEADERS_MAX} headers`);
  let bytes = 0;
  for (const [name, value] of entries) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
      throw new InvalidInputError(`${JSON.stringify(name)} is not a name of a header`);
    if (/[\r\n\0]/.test(value))
      throw new InvalidInputError(`the header ${name} has a line break in its value`);
  }
  if (bytes > LINK_HEADER_BYTES_MAX)
    throw new InvalidInputError(`a link's headers have at most ${LINK_HEADER_BYTES_MAX} bytes`);
  return headers;
}

/** The last component of the path, decoded; the host where there is none. */
function nameOfUrl(url: URL): string {
  const last = url.pathname.split("/").findLast((component) => component !== "") ?? url.hostname;
  let name = last;
  try {
    name = decodeURIComponent(last);
  } catch {
    // Not UTF-8: it is shown as it is written.
  }
  name = name.replace(/[/\0\r\n]/g, "_");
  if (name === "" || name === "." || name === "..") return "link";
  // Room for a number.
  while (Buffer.byteLength(name) > NAME_BYTES_MAX - 16) name = [...name].slice(1).join("");
  return name;
}

function isSame(a: Link, b: Link): boolean {
  const identity = ({ url, headers, digest }: Link) =>
    JSON.stringify([url, Object.entries(headers).sort(), digest ?? null]);
  return identity(a) === identity(b);
}

function isLink(value: unknown): value is Link {
  if (typeof value !== "object" || value === null) return false;
  const { url, headers, digest, madeAtMs } = value as Partial<Link>;
  return (
    typeof url === "string" &&
    typeof headers === "object" &&
    headers !== null &&
    (digest === undefined || typeof digest === "string") &&
    typeof madeAtMs === "number"
  );
}
