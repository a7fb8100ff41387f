/**
 * The branches /http and /https: HOST[:PORT]/PATH is a URL, looked up without listing, and listed where the server has
 * an index page. Each lookup asks the origin at most once; what a listing or an earlier find proved is not asked again.
 */
import { KNOWN_NAMES_MAX, REVALIDATIONS_MAX } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { SourceEntry } from "../source/source.ts";
import { BoundedMap } from "./bounded-map.ts";
import { originOfHostName } from "./host-name.ts";
import {
  canonicalName,
  directoryUrl,
  fileUrl,
  kindOfAnswer,
  looksLikeFile,
  nameOfEntry,
} from "./http-names.ts";
import type { ListedChild } from "./listing.ts";
import type { NodeKind, NodePath } from "./node-key.ts";
import { OriginBranch, type OriginBranchParts, type Place } from "./origin-branch.ts";
import { aboutUrl, isAnswer, orKept } from "./origin-errors.ts";
import { splitFileMark } from "./url-name.ts";

/** Codes of answers after which an index page is not to be had. */
const NO_INDEX: ReadonlySet<string> = new Set(["NOT_FOUND", "PERMISSION", "SOURCE_REFUSED"]);

export class HttpTree extends OriginBranch {
  /** An index page need not show everything. */
  protected readonly listingsProveAbsence = false;
  readonly #scheme: "http" | "https";
  /** When names were last found to be directories, by URL: answers that prove nothing, so memory alone has them. */
  readonly #supposed = new BoundedMap<string, number>(KNOWN_NAMES_MAX);
  readonly #revalidating = new Set<string>();

  constructor(scheme: "http" | "https", parts: OriginBranchParts) {
    super(scheme, parts);
    this.#scheme = scheme;
  }

  async lookup(directory: NodePath, name: string, signal?: AbortSignal): Promise<NodeKind | undefined> {
    if (directory.length === 0)
      return originOfHostName(this.#scheme, name) === undefined ? undefined : "directory";
    const place = this.place(directory, name);
    if (place === undefined) return undefined;
    const listing = this.parts.listings.recall(place.parent)?.listing;
    const line = place.listedName === undefined ? undefined : listing?.child(place.listedName);
    const told = line && kindOfLine(line, place.marked);
    if (told !== undefined) return this.#found(place, told);
    return this.#isKnownDirectory(place) ? "directory" : this.#ask(place, signal);
  }

  protected place(directory: NodePath, name: string): Place | undefined {
    const parent = this.directory(directory);
    const { base, file } = splitFileMark(name);
    const url = parent && fileUrl(parent.request.url, base);
    if (parent === undefined || url === undefined) return undefined;
    return {
      path: [this.top, ...directory, name],
      base,
      listedName: canonicalName(base),
      marked: file,
      url,
      directoryUrl: `${url}/`,
      parent,
    };
  }

  protected urlOf(directory: NodePath): string | undefined {
    return directoryUrl(this.#scheme, directory);
  }

  protected nameOf(entry: SourceEntry): string | undefined {
    return nameOfEntry(entry);
  }

  /** Hosts below which something was found. */
  protected tops(): readonly string[] {
    return this.parts.directories.tops(this.#scheme);
  }

  /** A server without an index page says nothing of what lies there. */
  protected listsEmpty(caught: unknown): boolean {
    const error = fromUnknown(caught);
    return error.code === "NOT_SUPPORTED" || (isAnswer(error) && NO_INDEX.has(error.code));
  }

  /** Asks the origin what the name is, unless it is down and something is known. */
  async #ask(place: Place, signal?: AbortSignal): Promise<NodeKind | undefined> {
    const request = this.parts.roots.request(place.path, place.url);
    const ask = async () => {
      const { stat } = await this.parts.engine.stat(request, signal);
      return place.marked ? "file" : kindOfAnswer(place.base, place.url, stat);
    };
    const strict = request.freshness?.consistency === "strict";
    const kept = strict ? undefined : await this.kept(place);
    try {
      return this.#found(place, await orKept(this.parts, { url: place.url, ask, kept }, signal));
    } catch (caught) {
      const error = fromUnknown(caught);
      const mustBeFile = place.marked || looksLikeFile(place.base);
      if (mustBeFile && error.code === "NOT_FOUND") return undefined;
      // Without an extension, an error says that the name alone is nothing, not what lies below it.
      if (mustBeFile || !isAnswer(error)) throw aboutUrl(error, place.url);
      return this.#found(place, "directory");
    }
  }

  /** A file proves all directories above it, and that it is none itself. */
  #found(place: Place, kind: NodeKind): NodeKind {
    if (kind === "directory") this.#supposed.set(place.url, this.parts.clock.nowMs());
    else {
      this.parts.directories.add(place.parent.request.url);
      if (!place.marked) this.parts.directories.delete(place.directoryUrl);
    }
    return kind;
  }

  /**
   * Whether the name was found to be a directory before: the origin said so within the attribute time-out, or something
   * below it proved it. An old proof is believed once more while the origin is asked in the background.
   */
  #isKnownDirectory(place: Place): boolean {
    if (place.marked) return false;
    const { consistency, maxAgeMs } = this.parts.roots.freshness(place.path);
    const foundAtMs = this.#supposed.get(place.url);
    if (foundAtMs !== undefined && this.parts.clock.nowMs() - foundAtMs < maxAgeMs) return true;
    if (consistency === "strict" || looksLikeFile(place.base)) return false;
    if (!this.parts.directories.has(place.directoryUrl)) return false;
    if (consistency !== "immutable") this.#revalidate(place);
    return true;
  }

  #revalidate(place: Place): void {
    if (this.#revalidating.has(place.url) || this.#revalidating.size >= REVALIDATIONS_MAX) return;
    this.#revalidating.add(place.url);
    this.#ask(place)
      .catch(() => {
        // What was found in the directory stays there while its origin does not answer.
      })
      .finally(() => this.#revalidating.delete(place.url));
  }
}

/** What a fresh index page proves of a name: a directory, or a file of a told size. */
function kindOfLine(child: ListedChild, marked: boolean): NodeKind | undefined {
  if (child.directory && !marked) return "directory";
  return child.file?.length === undefined ? undefined : "file";
}
