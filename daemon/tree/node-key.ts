/**
 * The identity of a node: its path in the mount, with a slash at the end of directories. So a key says all there is to
 * say of a node, two names are two inodes, and a name that turns from a file into a directory is another inode.
 */
import type { SourceNode } from "../../fs/content-source.ts";

/** What a node is. */
export type NodeKind = SourceNode["kind"];

/** Names from the root of the mount down; no name is empty or holds a slash. */
export type NodePath = readonly string[];

/** The node of a path. */
export function nodeOf(path: NodePath, kind: NodeKind): SourceNode {
  const joined = `/${path.join("/")}`;
  return { key: kind === "directory" && path.length > 0 ? `${joined}/` : joined, kind };
}

/** The node of a name in a directory. */
export function childOf(directory: SourceNode, name: string, kind: NodeKind): SourceNode {
  // The key of a directory ends with a slash, the root's too.
  return { key: kind === "directory" ? `${directory.key}${name}/` : `${directory.key}${name}`, kind };
}

/** The path of a node that `nodeOf` made. */
export function pathOf(node: SourceNode): NodePath {
  return node.key.split("/").filter((name) => name !== "");
}
