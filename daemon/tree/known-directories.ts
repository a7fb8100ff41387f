/**
 * Directories of http servers and object stores in which something was found, kept on disk: their names are directories
 * while the origin is down, and those at the top are the hosts and buckets that `ls` of a scheme shows.
 */
import { KNOWN_DIRECTORIES_MAX } from "../../base/limits.ts";
import type { FactStore } from "./fact-store.ts";

const SPACE = "tree.directory";

export class KnownDirectories {
  readonly #facts: FactStore;
  /** URLs with a slash at the end, least recently used first. */
  readonly #urls = new Set<string>();

  private constructor(facts: FactStore) {
    this.#facts = facts;
  }

  static async open(facts: FactStore): Promise<KnownDirectories> {
    const known = new KnownDirectories(facts);
    for await (const [url] of facts.entries(SPACE)) known.#urls.add(url);
    return known;
  }

  /** @param url of the directory, with a slash at its end */
  has(url: string): boolean {
    return this.#urls.has(url);
  }

  /** Something was found in the directory: it is one, and so are all above it, up to the host or bucket. */
  add(url: string): void {
    const top = url.indexOf("/", url.indexOf("//") + 2);
    for (let end = url.length; end > top; end = url.lastIndexOf("/", end - 2) + 1)
      this.#use(url.slice(0, end));
  }

  /** It is none any more. */
  delete(url: string): void {
    if (this.#urls.delete(url)) this.#facts.delete(SPACE, url);
  }

  /** What stands between "SCHEME://" and the first slash, of every directory known. */
  tops(scheme: string): string[] {
    const prefix = `${scheme}://`;
    const tops: string[] = [];
    for (const url of this.#urls) {
      if (url.startsWith(prefix) && url.indexOf("/", prefix.length) === url.length - 1)
        tops.push(url.slice(prefix.length, -1));
    }
    return tops.sort();
  }

  #use(url: string): void {
    if (!this.#urls.delete(url)) this.#facts.put(SPACE, url, 1);
    this.#urls.add(url);
    if (this.#urls.size <= KNOWN_DIRECTORIES_MAX) return;
    const [oldest] = this.#urls;
    if (oldest !== undefined) this.delete(oldest);
  }
}
