/**
 * The branch /.p2pfs: small texts about the daemon, made when they are opened by whoever handed the maker in. Hidden
 * from the listing of the root; asks no origin.
 */
import { NotFoundError, P2pfsError } from "../../base/errors.ts";
import type { ListedEntry, NodeAttributes, OpenText } from "../../fs/content-source.ts";
import type { Branch, BranchNode } from "./branch.ts";
import type { NodeKind, NodePath } from "./node-key.ts";

/** Makes a control file's text. Must not show secrets. */
export type ControlText = () => string | Promise<string>;

export class ControlTree implements Branch {
  readonly #texts: ReadonlyMap<string, ControlText>;
  readonly #nowMs: () => number;

  /** @param texts by name: stats, config, log */
  constructor(texts: Readonly<Record<string, ControlText>>, nowMs: () => number) {
    this.#texts = new Map(Object.entries(texts));
    this.#nowMs = nowMs;
  }

  async lookup(directory: NodePath, name: string): Promise<NodeKind | undefined> {
    return directory.length === 0 && this.#texts.has(name) ? "file" : undefined;
  }

  /** Of the text as it would be now. */
  async attributes(node: BranchNode): Promise<NodeAttributes> {
    return (await this.open(node.path)).attributes;
  }

  async *list(): AsyncGenerator<readonly ListedEntry[]> {
    yield [...this.#texts.keys()].map((name) => ({ name, kind: "file" as const }));
  }

  async open(path: NodePath): Promise<OpenText> {
    const text = this.#texts.get(path[0] ?? "");
    if (text === undefined) throw new NotFoundError(`there is no control file ${path[0]}`);
    const bytes = Buffer.from(await text());
    const modifiedAtMs = this.#nowMs();
    return {
      attributes: {
        kind: "file",
        size: bytes.length,
        modifiedAtMs,
        version: `${modifiedAtMs}:${bytes.length}`,
      },
      bytes,
      close: async () => {},
    };
  }

  async isHere(): Promise<boolean> {
    return true;
  }

  async reopen(): Promise<never> {
    throw new P2pfsError("STALE", "a control file is made anew at each opening");
  }

  async xattrs(): Promise<ReadonlyMap<string, string>> {
    return new Map();
  }
}
