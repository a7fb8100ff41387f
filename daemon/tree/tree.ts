/**
 * What the names of the mount mean: the branches below its root, each a file of this folder, behind the one port that
 * fs/ knows. Holds no names of its own.
 */
import type { Clock } from "../../base/clock.ts";
import { P2pfsError } from "../../base/errors.ts";
import { NAME_BYTES_MAX } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import type {
  ContentSource,
  KnownChild,
  ListedEntry,
  MayFetch,
  NodeAttributes,
  OpenContent,
  OpenText,
  SourceNode,
  SpaceFigures,
} from "../../fs/content-source.ts";
import type { Consistency, EngineApi } from "../engine/open-task.ts";
import { OriginsDown } from "../engine/origins-down.ts";
import type { SourceOf } from "../source/source.ts";
import type { Branch, BranchNode } from "./branch.ts";
import { type ControlText, ControlTree } from "./control-tree.ts";
import type { FactStore } from "./fact-store.ts";
import { HttpTree } from "./http-tree.ts";
import { KnownDirectories } from "./known-directories.ts";
import { LinkTree } from "./link-tree.ts";
import { Links } from "./links.ts";
import { Listings } from "./listings.ts";
import { type MountRoot, MountRoots } from "./mount-roots.ts";
import { nodeOf, pathOf } from "./node-key.ts";
import { ObjectTree } from "./object-tree.ts";
import { RemoteFiles } from "./remote-files.ts";
import { TaskTree } from "./task-tree.ts";

export interface TreeOptions {
  readonly engine: EngineApi;
  readonly sourceOf: SourceOf;
  /** `storage.facts`. */
  readonly facts: FactStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** mount.roots. */
  readonly roots: readonly MountRoot[];
  /** mount.consistency. */
  readonly consistency: Consistency;
  /** mount.attributeTimeout, ms. */
  readonly attributeTimeoutMs: number;
  /** mount.negativeTimeout, ms. */
  readonly negativeMs: number;
  /** Texts of the control files: stats, config, log. */
  readonly controls: Readonly<Record<string, ControlText>>;
  /** `storage.usage`. */
  readonly usage: () => Promise<{ usedBytes: number; availableBytes: number; taskCount: number }>;
  /** The engine's, so that one wait for a dead origin serves both; default: the tree's own. */
  readonly down?: OriginsDown;
}

/** A node as its branch knows it. */
interface Found {
  readonly branch: Branch;
  readonly at: BranchNode;
}

/** Looked up, but not listed. */
const HIDDEN = ".p2pfs";

export class Tree implements ContentSource {
  readonly root = nodeOf([], "directory");
  /** Names below /url, for whoever serves `p2pfs link`. */
  readonly links: Links;
  readonly #options: TreeOptions;
  readonly #branches: ReadonlyMap<string, Branch>;
  readonly #listings: Listings;
  readonly #roots: MountRoots;
  readonly #startedAtMs: number;
  /** The key that #find was asked for last, and what it found. */
  #lastKey: string | undefined;
  #lastFound: Found | undefined;

  private constructor(
    options: TreeOptions,
    opened: { links: Links; listings: Listings; directories: KnownDirectories; down: OriginsDown },
  ) {
    const { engine, clock } = options;
    const { links, listings, directories, down } = opened;
    this.#options = options;
    this.links = links;
    this.#listings = listings;
    this.#startedAtMs = clock.nowMs();
    const roots = new MountRoots(options);
    this.#roots = roots;
    const files = new RemoteFiles({ engine, clock, down });
    const parts = {
      engine,
      clock,
      down,
      roots,
      files,
      listings,
      directories,
      negativeMs: options.negativeMs,
      startedAtMs: this.#startedAtMs,
    };
    this.#branches = new Map<string, Branch>([
      ["http", new HttpTree("http", parts)],
      ["https", new HttpTree("https", parts)],
      ["oss", new ObjectTree("oss", parts)],
      ["s3", new ObjectTree("s3", parts)],
      ["url", new LinkTree({ links, roots, files })],
      ["task", new TaskTree({ engine, files })],
      [HIDDEN, new ControlTree(options.controls, () => clock.nowMs())],
    ]);
  }

  /** Reads what an earlier life left in the facts. Whoever opened it closes it. */
  static async open(options: TreeOptions): Promise<Tree> {
    const { facts, clock, sourceOf, negativeMs, log } = options;
    const down = options.down ?? new OriginsDown(clock);
    const links = await Links.open(facts, () => clock.nowMs());
    const directories = await KnownDirectories.open(facts);
    const listings = await Listings.open({ clock, sourceOf, facts, down, negativeMs, log });
    return new Tree(options, { links, listings, directories, down });
  }

  /** @throws P2pfsError NOT_A_DIRECTORY, NAME_TOO_LONG; PermissionError, UnavailableError, … of the origin */
  async lookup(parent: SourceNode, name: string, signal?: AbortSignal): Promise<SourceNode | undefined> {
    if (parent.kind !== "directory") throw new P2pfsError("NOT_A_DIRECTORY", "a file has no names below it");
    if (Buffer.byteLength(name) > NAME_BYTES_MAX)
      throw new P2pfsError("NAME_TOO_LONG", `a name has at most ${NAME_BYTES_MAX} bytes`);
    if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) return undefined;
    const path = pathOf(parent);
    const [top, ...below] = path;
    const kind =
      top === undefined
        ? this.#branches.has(name) && "directory"
        : await this.#branches.get(top)?.lookup(below, name, signal);
    return kind ? nodeOf([...path, name], kind) : undefined;
  }

  known(parent: SourceNode, name: string): KnownChild | null | undefined {
    const found = this.#find(parent);
    return found?.branch.known?.(found.at, name);
  }

  async attributes(node: SourceNode, signal?: AbortSignal, mayFetch?: MayFetch): Promise<NodeAttributes> {
    const found = this.#find(node);
    if (found !== undefined && found.at.path.length > 0)
      return found.branch.attributes(found.at, signal, mayFetch);
    const path = pathOf(node);
    const owner = this.#roots.owner(path, "directory");
    return { kind: "directory", size: 0, modifiedAtMs: this.#startedAtMs, ...owner, version: "" };
  }

  async *list(directory: SourceNode, signal?: AbortSignal): AsyncGenerator<readonly ListedEntry[]> {
    if (directory.kind !== "directory") throw new P2pfsError("NOT_A_DIRECTORY", "a file lists nothing");
    const found = this.#find(directory);
    if (found !== undefined) yield* found.branch.list(found.at.path, signal);
    else {
      const names = [...this.#branches.keys()].filter((name) => name !== HIDDEN);
      yield names.map((name) => ({ name, kind: "directory" as const }));
    }
  }

  async open(file: SourceNode, signal?: AbortSignal): Promise<OpenContent | OpenText> {
    const found = this.#find(file);
    if (file.kind !== "file" || found === undefined)
      throw new P2pfsError("IS_A_DIRECTORY", "a directory has no bytes");
    return found.branch.open(found.at.path, signal);
  }

  async isHere(file: SourceNode): Promise<boolean> {
    const found = this.#find(file);
    return file.kind === "file" && found !== undefined && found.branch.isHere(found.at.path);
  }

  async reopen(file: SourceNode, resume: string): Promise<OpenContent> {
    const found = this.#find(file);
    if (found === undefined) throw new P2pfsError("STALE", "there is no such branch");
    return found.branch.reopen(found.at.path, resume);
  }

  async xattrNames(node: SourceNode): Promise<readonly string[]> {
    return [...(await this.#xattrs(node)).keys()];
  }

  async xattr(node: SourceNode, name: string): Promise<string | undefined> {
    return name.startsWith("user.p2p.") ? (await this.#xattrs(node)).get(name) : undefined;
  }

  get windowBytesMax(): number {
    return this.#options.engine.windowBytesMax;
  }

  async space(): Promise<SpaceFigures> {
    const { usedBytes, availableBytes, taskCount } = await this.#options.usage();
    // What may still come, by whichever bound is nearest, and what is here: a bound that the disk cannot keep is no room.
    const totalBytes = usedBytes + availableBytes;
    return { totalBytes, freeBytes: availableBytes, availableBytes, files: taskCount };
  }

  /** Ends listings under way. Idempotent. */
  close(): Promise<void> {
    return this.#listings.close();
  }

  async #xattrs(node: SourceNode): Promise<ReadonlyMap<string, string>> {
    const found = this.#find(node);
    return found === undefined || found.at.path.length === 0 ? new Map() : found.branch.xattrs(found.at);
  }

  /** The branch of a node; undefined for the root. */
  #find(node: SourceNode): Found | undefined {
    // A page of a listing asks about its names one by one, all in one directory.
    if (node.key === this.#lastKey) return this.#lastFound;
    const [top, ...path] = pathOf(node);
    const branch = top === undefined ? undefined : this.#branches.get(top);
    this.#lastKey = node.key;
    this.#lastFound = branch && { branch, at: { path, kind: node.kind, node } };
    return this.#lastFound;
  }
}
