/**
 * A complete ContentSource without a daemon: the tree in memory, contents in temporary files. Blocks arrive when it is
 * told that they may, so that everything the mount does with slow, failing and changing origins can be seen. Used by
 * tests and measurements; p2pfs itself never serves it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidInputError, NotFoundError, P2pfsError } from "../base/errors.ts";
import { BLOCK_BYTES, PIECE_BYTES_MIN } from "../base/limits.ts";
import type {
  ContentSource,
  KnownChild,
  ListedEntry,
  NodeAttributes,
  OpenContent,
  OpenText,
  SourceNode,
  SpaceFigures,
} from "./content-source.ts";
import { type MemoryContent, MemoryFile, type WantRecord } from "./memory-file.ts";

/** What a node carries besides its content. */
export interface MemoryNodeOptions {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** ms since the epoch; default 1,700,000,000,000. */
  readonly modifiedAtMs?: number;
  readonly xattrs?: Readonly<Record<string, string>>;
}

export interface MemoryFileOptions extends MemoryNodeOptions {
  /** `present`: all bytes are here at once; `lazy` (default): blocks come when they are wanted. */
  readonly arrival?: "present" | "lazy";
}

/** Operations that can be made to fail or to hang. */
export type FaultyOperation = "lookup" | "attributes" | "list" | "open" | "space" | "xattr";

/** Runs before the operation; throws to make it fail, waits to delay it. */
export type Fault = (signal: AbortSignal | undefined) => Promise<void>;

interface MemoryNode extends SourceNode {
  readonly children: Map<string, MemoryNode>;
  readonly options: MemoryNodeOptions;
  readonly file: MemoryFile | undefined;
  /** Control files: made anew at each open. */
  readonly text: (() => string) | undefined;
}

const DEFAULT_MODIFIED_AT_MS = 1_700_000_000_000;
/** Names handed on at once by a listing. */
const PAGE_ENTRIES = 1000;

/** Closed by whoever made it; removes its files. */
export class MemoryContentSource implements ContentSource {
  readonly root: SourceNode;
  readonly #root: MemoryNode;
  readonly #folder: string;
  readonly #blockBytes: number;
  readonly #pieceBytes: number;
  readonly #faults = new Map<string, Fault>();
  readonly #nodes = new Map<string, MemoryNode>();
  #made = 0;
  #space: SpaceFigures = { totalBytes: 2 ** 40, freeBytes: 2 ** 39, availableBytes: 2 ** 39, files: 1000 };

  private constructor(folder: string, blockBytes: number, pieceBytes: number) {
    this.#folder = folder;
    this.#blockBytes = blockBytes;
    this.#pieceBytes = pieceBytes;
    this.#root = this.#node("directory", {});
    this.root = this.#root;
  }

  /** @param pieceBytes default 4 MiB */
  static async create(
    options: { blockBytes?: number; pieceBytes?: number } = {},
  ): Promise<MemoryContentSource> {
    const folder = await mkdtemp(join(tmpdir(), "p2pfs-memory-"));
    return new MemoryContentSource(
      folder,
      options.blockBytes ?? BLOCK_BYTES,
      options.pieceBytes ?? PIECE_BYTES_MIN,
    );
  }

  /** Makes a directory and those above it. */
  addDirectory(path: string, options: MemoryNodeOptions = {}): void {
    const [parent, name] = this.#place(path);
    parent.children.set(name, this.#node("directory", options));
  }

  /** Makes a file, and the directories above it. */
  addFile(path: string, content: MemoryContent, options: MemoryFileOptions = {}): MemoryFile {
    const [parent, name] = this.#place(path);
    const file = new MemoryFile({
      content,
      folder: this.#folder,
      name: `f${++this.#made}`,
      blockBytes: this.#blockBytes,
      pieceBytes: this.#pieceBytes,
      present: options.arrival === "present",
    });
    parent.children.set(name, this.#node("file", options, file));
    return file;
  }

  /** Makes a control file whose bytes are made at each open. */
  addText(path: string, text: () => string): void {
    const [parent, name] = this.#place(path);
    parent.children.set(name, this.#node("file", {}, undefined, text));
  }

  /** Gives a node a second name: both are one inode. */
  addAlias(path: string, of: string): void {
    const [parent, name] = this.#place(path);
    parent.children.set(name, this.#find(of));
  }

  /** Takes a name away; what is open goes on. */
  remove(path: string): void {
    const [parent, name] = this.#place(path);
    parent.children.delete(name);
  }

  /** The file at a path. @throws NotFoundError */
  file(path: string): MemoryFile {
    const { file } = this.#find(path);
    if (file === undefined) throw new NotFoundError(`${path} is no file with content`);
    return file;
  }

  setSpace(space: SpaceFigures): void {
    this.#space = space;
  }

  /** Makes an operation on a path ("a/b"; the child's for lookup) fail or hang until it is set to undefined. */
  setFault(operation: FaultyOperation, path: string, fault: Fault | undefined): void {
    const key = `${operation} ${trimmed(path)}`;
    if (fault === undefined) this.#faults.delete(key);
    else this.#faults.set(key, fault);
  }

  /** What was wanted of a file so far. */
  wants(path: string): readonly WantRecord[] {
    return this.file(path).wants;
  }

  async lookup(parent: SourceNode, name: string, signal?: AbortSignal): Promise<SourceNode | undefined> {
    const directory = this.#resolve(parent);
    await this.#fault("lookup", join(this.#pathOf(directory), name), signal);
    return directory.children.get(name);
  }

  async attributes(node: SourceNode, signal?: AbortSignal): Promise<NodeAttributes> {
    const found = this.#resolve(node);
    await this.#fault("attributes", this.#pathOf(found), signal);
    return attributesOf(found, found.text === undefined ? 0 : Buffer.byteLength(found.text()));
  }

  known(parent: SourceNode, name: string): KnownChild | null | undefined {
    const directory = this.#resolve(parent);
    const node = directory.children.get(name);
    if (this.#isFaulty(directory, name)) return undefined;
    if (node === undefined) return null;
    return {
      node,
      attributes: attributesOf(node, node.text === undefined ? 0 : Buffer.byteLength(node.text())),
    };
  }

  async *list(directory: SourceNode, signal?: AbortSignal): AsyncGenerator<readonly ListedEntry[]> {
    const found = this.#resolve(directory);
    const entries = [...found.children].map(([name, { kind }]) => ({ name, kind }));
    for (let start = 0; start < entries.length; start += PAGE_ENTRIES)
      yield entries.slice(start, start + PAGE_ENTRIES);
    // After the pages, so that a listing can break off in the middle.
    await this.#fault("list", this.#pathOf(found), signal);
  }

  async open(file: SourceNode, signal?: AbortSignal): Promise<OpenContent | OpenText> {
    const found = this.#resolve(file);
    await this.#fault("open", this.#pathOf(found), signal);
    if (found.file !== undefined)
      return found.file.open((size, version) => ({ ...attributesOf(found, 0), size, version }));
    const bytes = Buffer.from(found.text?.() ?? "");
    return { attributes: attributesOf(found, bytes.length), bytes, close: async () => {} };
  }

  async isHere(file: SourceNode): Promise<boolean> {
    return this.#resolve(file).file?.complete ?? true;
  }

  async reopen(file: SourceNode, resume: string): Promise<OpenContent> {
    const found = this.#resolve(file);
    if (found.file === undefined) throw new P2pfsError("STALE", "it is no file with content any more");
    return found.file.open((size, version) => ({ ...attributesOf(found, 0), size, version }), resume);
  }

  async xattrNames(node: SourceNode): Promise<readonly string[]> {
    return Object.keys(this.#resolve(node).options.xattrs ?? {});
  }

  async xattr(node: SourceNode, name: string): Promise<string | undefined> {
    const found = this.#resolve(node);
    await this.#fault("xattr", this.#pathOf(found), undefined);
    return found.options.xattrs?.[name];
  }

  async space(): Promise<SpaceFigures> {
    await this.#fault("space", "", undefined);
    return this.#space;
  }

  /** Closes and removes all contents. Idempotent. */
  async close(): Promise<void> {
    for (const { file } of this.#nodes.values()) file?.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #node(
    kind: SourceNode["kind"],
    options: MemoryNodeOptions,
    file?: MemoryFile,
    text?: () => string,
  ): MemoryNode {
    const key = `n${++this.#made}`;
    const node: MemoryNode = { key, kind, options, file, text, children: new Map() };
    this.#nodes.set(key, node);
    return node;
  }

  /** The node itself may have lost its name: what was looked up stays usable. */
  #resolve(node: SourceNode): MemoryNode {
    const found = this.#nodes.get(node.key);
    if (found === undefined) throw new NotFoundError("the node is none of this source");
    return found;
  }

  #find(path: string): MemoryNode {
    let node: MemoryNode | undefined = this.#root;
    for (const name of trimmed(path).split("/").filter(Boolean)) node = node?.children.get(name);
    if (node === undefined) throw new NotFoundError(`there is no ${path}`);
    return node;
  }

  #place(path: string): [MemoryNode, string] {
    const names = trimmed(path).split("/");
    const last = names.pop();
    if (last === undefined || last === "") throw new InvalidInputError("the root is there already");
    let node = this.#root;
    for (const name of names) {
      let next = node.children.get(name);
      if (next === undefined) {
        next = this.#node("directory", {});
        node.children.set(name, next);
      }
      node = next;
    }
    return [node, last];
  }

  #isFaulty(directory: MemoryNode, name: string): boolean {
    if (this.#faults.size === 0) return false;
    const path = join(this.#pathOf(directory), name);
    return this.#faults.has(`lookup ${path}`) || this.#faults.has(`attributes ${path}`);
  }

  #pathOf(wanted: MemoryNode): string {
    const walk = (node: MemoryNode, path: string): string | undefined => {
      if (node === wanted) return path;
      for (const [name, child] of node.children) {
        const found = walk(child, path === "" ? name : `${path}/${name}`);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    // Only faults need paths, and trees with faults are small.
    return this.#faults.size === 0 ? "" : (walk(this.#root, "") ?? "");
  }

  async #fault(operation: FaultyOperation, path: string, signal: AbortSignal | undefined): Promise<void> {
    await this.#faults.get(`${operation} ${trimmed(path)}`)?.(signal);
  }
}

function trimmed(path: string): string {
  return path.replace(/^\/+|\/+$/g, "");
}

function attributesOf(node: MemoryNode, textBytes: number): NodeAttributes {
  const { mode, uid, gid, modifiedAtMs } = node.options;
  return {
    kind: node.kind,
    size: node.file?.size ?? textBytes,
    modifiedAtMs: modifiedAtMs ?? DEFAULT_MODIFIED_AT_MS,
    version: node.file?.version ?? "",
    ...(mode === undefined ? {} : { mode }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
}
