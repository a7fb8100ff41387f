/** The branch /url: one file per link, whatever its URL answers. Looking a name up and listing ask no origin. */
import { NotFoundError } from "../../base/errors.ts";
import { LISTING_PAGE_NAMES } from "../../base/limits.ts";
import type { ListedEntry, MayFetch, NodeAttributes, OpenContent } from "../../fs/content-source.ts";
import type { TaskRequest } from "../engine/open-task.ts";
import { type Branch, type BranchNode, pagesOf } from "./branch.ts";
import type { Links } from "./links.ts";
import type { MountRoots } from "./mount-roots.ts";
import { type NodeKind, type NodePath, nodeOf } from "./node-key.ts";
import type { RemoteFile, RemoteFiles } from "./remote-files.ts";

export class LinkTree implements Branch {
  readonly #links: Links;
  readonly #roots: MountRoots;
  readonly #files: RemoteFiles;

  constructor(parts: { links: Links; roots: MountRoots; files: RemoteFiles }) {
    this.#links = parts.links;
    this.#roots = parts.roots;
    this.#files = parts.files;
  }

  async lookup(directory: NodePath, name: string): Promise<NodeKind | undefined> {
    return directory.length === 0 && this.#links.get(name) !== undefined ? "file" : undefined;
  }

  async attributes(node: BranchNode, signal?: AbortSignal, mayFetch?: MayFetch): Promise<NodeAttributes> {
    return this.#files.attributes(this.#file(node.path), signal, mayFetch);
  }

  async *list(): AsyncGenerator<readonly ListedEntry[]> {
    const names = [...this.#links.names()].sort();
    const entries = names.map((name) => ({ name, kind: "file" as const }));
    yield* pagesOf(entries, LISTING_PAGE_NAMES);
  }

  async open(path: NodePath, signal?: AbortSignal): Promise<OpenContent> {
    return this.#files.open(this.#file(path), signal);
  }

  async isHere(path: NodePath): Promise<boolean> {
    return this.#files.isHere(this.#file(path));
  }

  async reopen(path: NodePath, resume: string): Promise<OpenContent> {
    return this.#files.reopen(this.#file(path), resume);
  }

  async xattrs(node: BranchNode): Promise<ReadonlyMap<string, string>> {
    return this.#files.xattrs(this.#file(node.path));
  }

  #file(path: NodePath): RemoteFile {
    const name = path[0] ?? "";
    const link = this.#links.get(name);
    if (link === undefined) throw new NotFoundError(`there is no link url/${name}`);
    const place = new URL(link.url);
    // Freshness and credentials are those of the place it leads to.
    const root = [place.protocol.slice(0, -1), place.host];
    const request: TaskRequest = {
      ...this.#roots.request(root, link.url),
      headers: link.headers,
      ...(link.digest === undefined ? {} : { anchors: [link.digest] }),
    };
    // A name may be unlinked and linked to something else: nothing remembered of the one holds for the other.
    const versionPrefix = `${link.madeAtMs}:`;
    const key = `${nodeOf(["url", name], "file").key}\0${versionPrefix}`;
    return { key, request, owner: this.#roots.owner(root, "file"), versionPrefix };
  }
}
