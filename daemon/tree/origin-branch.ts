/**
 * What the branches of http servers and object stores have in common: attributes, listing, opening and what stands in
 * for an origin that is down. How names are spelled, and what makes one a file or a directory, is theirs.
 */
import type { Clock } from "../../base/clock.ts";
import { NotFoundError } from "../../base/errors.ts";
import { DIRECTORY_URLS_MAX, LISTING_PAGE_NAMES } from "../../base/limits.ts";
import { loggableUrl } from "../../base/logger.ts";
import type {
  KnownChild,
  ListedEntry,
  MayFetch,
  NodeAttributes,
  OpenContent,
} from "../../fs/content-source.ts";
import { requestKey } from "../engine/answers.ts";
import type { EngineApi } from "../engine/open-task.ts";
import type { OriginsDown } from "../engine/origins-down.ts";
import type { SourceEntry } from "../source/source.ts";
import { BoundedMap } from "./bounded-map.ts";
import { type Branch, type BranchNode, pagesOf } from "./branch.ts";
import type { KnownDirectories } from "./known-directories.ts";
import { kindOfChild } from "./listing.ts";
import type { DatedListing, ListedDirectory, Listings } from "./listings.ts";
import type { MountRoots } from "./mount-roots.ts";
import { childOf, type NodeKind, type NodePath, nodeOf } from "./node-key.ts";
import { aboutUrl } from "./origin-errors.ts";
import type { RemoteFile, RemoteFiles } from "./remote-files.ts";

/** What the branches share. */
export interface OriginBranchParts {
  readonly engine: EngineApi;
  readonly clock: Clock;
  readonly down: OriginsDown;
  readonly roots: MountRoots;
  readonly files: RemoteFiles;
  readonly listings: Listings;
  readonly directories: KnownDirectories;
  /** mount.negativeTimeout, ms. */
  readonly negativeMs: number;
  /** Modification time of directories, which no origin tells, ms since the epoch. */
  readonly startedAtMs: number;
}

/** A name of a directory, as its origin knows it. */
export interface Place {
  /** From the root of the mount. */
  readonly path: NodePath;
  /** The name without a mark, as the user spelled it. */
  readonly base: string;
  /** As a listing of its directory spells it; undefined: no listing can hold it. */
  readonly listedName: string | undefined;
  /** Whether it was marked `@file`. */
  readonly marked: boolean;
  /** URL of the thing itself. */
  readonly url: string;
  /** URL of the directory of that name, with a slash at its end. */
  readonly directoryUrl: string;
  /** The directory it is in. */
  readonly parent: ListedDirectory;
}

export abstract class OriginBranch implements Branch {
  protected readonly top: string;
  protected readonly parts: OriginBranchParts;
  /** Directories by path, so that a thousand names of one are not a thousand times its URL to be made. */
  readonly #directories = new BoundedMap<string, ListedDirectory>(DIRECTORY_URLS_MAX);
  /** The path that was asked for last, and its directory. */
  #lastPath: NodePath | undefined;
  #lastDirectory: ListedDirectory | undefined;

  /** @param top the branch's name in the mount, which is its URLs' scheme too */
  constructor(top: string, parts: OriginBranchParts) {
    this.top = top;
    this.parts = parts;
  }

  abstract lookup(directory: NodePath, name: string, signal?: AbortSignal): Promise<NodeKind | undefined>;

  /** Where a name lies; undefined: nowhere. */
  protected abstract place(directory: NodePath, name: string): Place | undefined;

  /** URL of a directory below the host or bucket, or of that itself, with a slash; undefined: there can be none. */
  protected abstract urlOf(directory: NodePath): string | undefined;

  /** The mount's name of an entry of a listing; undefined: it can have none. */
  protected abstract nameOf(entry: SourceEntry): string | undefined;

  /** Hosts or buckets to show at the top, without asking anybody. */
  protected abstract tops(): readonly string[];

  /** Whether a name that a whole listing lacks is absent. */
  protected abstract readonly listingsProveAbsence: boolean;

  /** Whether an error of a listing means that the directory shows nothing. */
  protected abstract listsEmpty(error: unknown): boolean;

  async attributes(node: BranchNode, signal?: AbortSignal, mayFetch?: MayFetch): Promise<NodeAttributes> {
    if (node.kind === "file")
      return this.parts.files.attributes(await this.#file(node.path), signal, mayFetch);
    return this.#directoryAttributes(node.path);
  }

  /** As far as a fresh listing tells kind and attributes. A listing with attributes is asked for over and over. */
  known(directory: BranchNode, name: string): KnownChild | null | undefined {
    if (directory.path.length === 0) return undefined;
    const parent = this.directory(directory.path);
    const dated = parent && this.parts.listings.recall(parent);
    const made = dated?.listing.child(name)?.made;
    // Two directories of the mount may have one listing.
    const isRight =
      made?.directoryKey === directory.node.key && this.parts.files.isUnasked(made.child.node.key);
    return isRight ? made.child : this.#makeKnown(directory, name, dated);
  }

  #makeKnown(
    directory: BranchNode,
    name: string,
    dated: DatedListing | undefined,
  ): KnownChild | null | undefined {
    const place = this.place(directory.path, name);
    if (place?.listedName === undefined || place.marked) return undefined;
    const line = dated?.listing.child(place.listedName);
    if (dated === undefined || line === undefined)
      return dated?.listing.whole && this.listingsProveAbsence ? null : undefined;
    const kind = kindOfChild(line);
    const node = childOf(directory.node, name, kind);
    const attributes =
      kind === "directory"
        ? this.#directoryAttributes([...directory.path, name])
        : this.parts.files.believed({
            key: node.key,
            owner: this.parts.roots.owner(place.path, "file"),
            listed: line.file && { file: line.file, checkedAtMs: dated.checkedAtMs, fresh: true },
          });
    if (attributes === undefined) return undefined;
    const child = { node, attributes };
    if (place.listedName === name) line.made = { directoryKey: directory.node.key, child };
    return child;
  }

  async *list(path: NodePath, signal?: AbortSignal): AsyncGenerator<readonly ListedEntry[]> {
    if (path.length === 0) {
      const tops = this.tops().map((name) => ({ name, kind: "directory" as const }));
      yield* pagesOf(tops, LISTING_PAGE_NAMES);
      return;
    }
    const directory = this.directory(path);
    if (directory === undefined) throw new NotFoundError(`no URL has the path ${path.join("/")}`);
    const { url } = directory.request;
    try {
      for await (const page of this.parts.listings.pages(directory, signal)) {
        this.parts.directories.add(url);
        yield page;
      }
    } catch (error) {
      if (!this.listsEmpty(error)) throw aboutUrl(error, url);
    }
  }

  async open(file: NodePath, signal?: AbortSignal): Promise<OpenContent> {
    return this.parts.files.open(await this.#file(file), signal);
  }

  async reopen(file: NodePath, resume: string): Promise<OpenContent> {
    return this.parts.files.reopen(await this.#file(file), resume);
  }

  async isHere(file: NodePath): Promise<boolean> {
    return this.parts.files.isHere(await this.#file(file));
  }

  async xattrs(node: BranchNode): Promise<ReadonlyMap<string, string>> {
    if (node.kind === "file") return this.parts.files.xattrs(await this.#file(node.path));
    const directory = this.directory(node.path);
    return new Map(directory === undefined ? [] : [["user.p2p.url", loggableUrl(directory.request.url)]]);
  }

  /** A directory below the host or bucket, or that itself; undefined: there can be none of that name. */
  protected directory(path: NodePath): ListedDirectory | undefined {
    // The tree asks about the names of one directory with one and the same path.
    if (path === this.#lastPath) return this.#lastDirectory;
    this.#lastDirectory = this.#makeDirectory(path);
    this.#lastPath = path;
    return this.#lastDirectory;
  }

  #makeDirectory(path: NodePath): ListedDirectory | undefined {
    const key = path.join("/");
    const known = this.#directories.get(key);
    if (known !== undefined) return known;
    const url = this.urlOf(path);
    if (url === undefined) return undefined;
    const request = this.parts.roots.request([this.top, ...path], url);
    const directory = {
      key: requestKey(request),
      request,
      nameOf: (entry: SourceEntry) => this.nameOf(entry),
    };
    this.#directories.set(key, directory);
    return directory;
  }

  /** What an older listing or find says of a name, asking nobody. */
  protected async kept(place: Place): Promise<NodeKind | undefined> {
    if (!place.marked && this.parts.directories.has(place.directoryUrl)) return "directory";
    if (place.listedName === undefined) return undefined;
    const child = (await this.parts.listings.kept(place.parent))?.listing.child(place.listedName);
    if (child === undefined) return undefined;
    if (place.marked) return child.file === undefined ? undefined : "file";
    return kindOfChild(child);
  }

  #directoryAttributes(path: NodePath): NodeAttributes {
    return {
      kind: "directory",
      size: 0,
      modifiedAtMs: this.parts.startedAtMs,
      ...this.parts.roots.owner([this.top, ...path], "directory"),
      version: "",
    };
  }

  async #file(path: NodePath): Promise<RemoteFile> {
    const place = this.place(path.slice(0, -1), path.at(-1) ?? "");
    if (place === undefined) throw new NotFoundError(`no URL has the path ${path.join("/")}`);
    const { listings, roots } = this.parts;
    const fresh = listings.recall(place.parent);
    const dated = fresh ?? (await listings.kept(place.parent));
    const file = place.listedName === undefined ? undefined : dated?.listing.child(place.listedName)?.file;
    return {
      key: nodeOf(place.path, "file").key,
      request: roots.request(place.path, place.url),
      owner: roots.owner(place.path, "file"),
      listed: dated && file && { file, checkedAtMs: dated.checkedAtMs, fresh: fresh !== undefined },
    };
  }
}
