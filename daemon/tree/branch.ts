/**
 * A branch of the mount: what the names below one of its top directories mean. Paths are relative to the branch, and
 * were looked up step by step before they are used.
 */
import type {
  KnownChild,
  ListedEntry,
  MayFetch,
  NodeAttributes,
  OpenContent,
  OpenText,
  SourceNode,
} from "../../fs/content-source.ts";
import type { NodeKind, NodePath } from "./node-key.ts";

/** A node below a branch. */
export interface BranchNode {
  readonly path: NodePath;
  readonly kind: NodeKind;
  /** As the mount names it. */
  readonly node: SourceNode;
}

export interface Branch {
  /** What `name` is in the directory, or undefined when it is not there. @throws PermissionError, UnavailableError, … */
  lookup(directory: NodePath, name: string, signal?: AbortSignal): Promise<NodeKind | undefined>;
  /** What lookup() and attributes() would say, null for absence, when neither would ask anyone; see ContentSource.known. */
  known?(directory: BranchNode, name: string): KnownChild | null | undefined;
  /** @throws NotFoundError when it is gone */
  attributes(node: BranchNode, signal?: AbortSignal, mayFetch?: MayFetch): Promise<NodeAttributes>;
  list(directory: NodePath, signal?: AbortSignal): AsyncIterable<readonly ListedEntry[]>;
  /** Opens a file; the caller closes it. */
  open(file: NodePath, signal?: AbortSignal): Promise<OpenContent | OpenText>;
  /** Whether all bytes of a file are here; see ContentSource.isHere. */
  isHere(file: NodePath): Promise<boolean>;
  /** What was opened before, by `OpenContent.resume`; asks no origin. @throws P2pfsError STALE, NotFoundError */
  reopen(file: NodePath, resume: string): Promise<OpenContent>;
  /** Extended attributes by name; asks no origin. */
  xattrs(node: BranchNode): Promise<ReadonlyMap<string, string>>;
}

/** Names in pages as a listing wants them; none when there are none. */
export function* pagesOf(
  entries: Iterable<ListedEntry>,
  pageNames: number,
): Generator<readonly ListedEntry[]> {
  let page: ListedEntry[] = [];
  for (const entry of entries) {
    page.push(entry);
    if (page.length === pageNames) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}
