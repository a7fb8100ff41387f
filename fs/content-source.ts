/**
 * The port between the mount and whatever fills it. fs/ knows names, inodes, handles and windows; a ContentSource
 * knows what the names mean and brings the bytes into a local file. `daemon/tree/` fulfils it;
 * `memory-content-source.ts` is a complete one without a daemon.
 */

/** How urgent bytes are, most urgent first. */
export type Priority = "demand" | "read-ahead" | "copy" | "warm" | "seed";

/** What stat(2) needs to know of a node. */
export interface NodeAttributes {
  readonly kind: "file" | "directory";
  /** Bytes; 0 for directories. */
  readonly size: number;
  /** ms since the epoch. */
  readonly modifiedAtMs: number;
  /** Permission bits without the type; undefined: the mount's default (0444 files, 0555 directories, less umask). */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Names the version of the content: equal tokens, equal bytes. Empty for directories. */
  readonly version: string;
}

/**
 * A node of the tree as the source sees it: a plain value that survives as long as someone holds it. `key` is its identity: two nodes
 * with the same key are the same inode.
 */
export interface SourceNode {
  readonly key: string;
  readonly kind: "file" | "directory";
}

/** One entry of a listing. Attributes are given where the listing itself told them. */
export interface ListedEntry {
  readonly name: string;
  readonly kind: "file" | "directory";
}

/** A file's content, opened: its version is pinned until close(). */
export interface OpenContent {
  readonly attributes: NodeAttributes;
  /** Descriptor of the local content file; bytes at the same offsets. Valid until close(). */
  readonly fd: number;
  /** Bit i (byte i >> 3, bit i & 7): block i, of `blockBytes`, is in the file. May be a shared buffer. */
  readonly blocks: Uint8Array;
  readonly blockBytes: number;
  /** Grain of whole fetches, bytes: what read-ahead windows are rounded to. */
  readonly pieceBytes: number;
  /** True when all bytes are here and verified as far as can be: reads may bypass want(). */
  readonly complete: boolean;
  /** By which `reopen` finds the same bytes again, in a later process too. */
  readonly resume: string;
  /**
   * Resolves when every block of the range is in the file. `demand` waits are answered or fail within the read deadline; other
   * priorities may be called without awaiting, and their rejection must be handled by the caller.
   * @throws ChangedError (ESTALE) when this version can no longer be had; UnavailableError, DeadlineError, … as EIO
   */
  want(range: { offset: number; length: number }, priority: Priority, signal?: AbortSignal): Promise<void>;
  /** Takes back interest in a range that was wanted below demand and has not been begun. */
  unwant(range: { offset: number; length: number }): void;
  /**
   * Bytes of a complete file may go again when there is no room: their bits are cleared first. What is present of the range
   * stays until the result is called: for a read of it that is under way. Idempotent.
   */
  hold(range: { offset: number; length: number }): () => void;
  /** The range was read by somebody who held nothing. */
  wasRead(range: { offset: number; length: number }): void;
  /** All that is here stays until the result is called, with close() at the latest: somebody reads `fd` by himself. */
  keepWhole(): () => void;
  /** The same, if the content is complete and enough room is left for other files; undefined: bytes may go. */
  passThrough(): (() => void) | undefined;
  /**
   * Names readers that look at `blocks` and hold nothing: after bits were cleared, and before bytes go, `drain` is waited for,
   * which says that reads begun until then are over. The same function may be named more than once. @returns takes it back
   */
  addDrain(drain: () => Promise<void>): () => void;
  /** Says who reads it in order, when somebody must choose what goes. Forgotten with close(). */
  follow(readers: () => readonly OrderlyReader[]): void;
  close(): Promise<void>;
}

/** A reader that goes through a file in order; bytes. */
export interface OrderlyReader {
  /** Where it began. */
  readonly start: number;
  /** Where it is. */
  readonly at: number;
  /** End of what is fetched ahead of it. */
  readonly aheadEnd: number;
}

/** A small file made at open: control files. */
export interface OpenText {
  readonly attributes: NodeAttributes;
  readonly bytes: Uint8Array;
  close(): Promise<void>;
}

/** Figures of statfs(2), bytes and counts. */
export interface SpaceFigures {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly availableBytes: number;
  readonly files: number;
}

/** A child that needs no asking; see ContentSource.known. */
export interface KnownChild {
  readonly node: SourceNode;
  readonly attributes: NodeAttributes;
}

/** Whether content may be fetched for whoever asks; asked only where it would have to be. */
export type MayFetch = () => Promise<boolean>;

export interface ContentSource {
  readonly root: SourceNode;
  /** Bytes that what is fetched ahead of readers may take together, as there is room; undefined: no matter. Changes. */
  readonly windowBytesMax?: number;
  /** The child, or undefined when there is none. @throws PermissionError, UnavailableError, … */
  lookup(parent: SourceNode, name: string, signal?: AbortSignal): Promise<SourceNode | undefined>;
  /**
   * Attributes now, revalidated when older than the source's own time-out.
   * @param mayFetch asked before content is fetched because nobody tells its length; default: it may be
   * @throws NotFoundError when it is gone, PermissionError when it may not be fetched
   */
  attributes(node: SourceNode, signal?: AbortSignal, mayFetch?: MayFetch): Promise<NodeAttributes>;
  /**
   * The child and its attributes, or null when there is none, if that is known and fresh enough to be told without asking
   * anyone; undefined says nothing. Never waits. Asked for each name of a listing with attributes, so it must be cheap.
   */
  known?(parent: SourceNode, name: string): KnownChild | null | undefined;
  /** Pages of a directory. Never holds "." and "..". */
  list(directory: SourceNode, signal?: AbortSignal): AsyncIterable<readonly ListedEntry[]>;
  /** Opens a file at its newest version. */
  open(file: SourceNode, signal?: AbortSignal): Promise<OpenContent | OpenText>;
  /**
   * Opens what had been opened before, with its `resume`, by an earlier process perhaps: the same version, or nothing. Asks
   * no origin. @throws P2pfsError STALE when those bytes are not here any more
   */
  reopen(file: SourceNode, resume: string): Promise<OpenContent>;
  /** Whether opening and reading the whole file, at its newest version known here, would bring no bytes from anywhere. Asks no origin. */
  isHere(file: SourceNode): Promise<boolean>;
  /** Names of extended attributes ("user.p2p.…"). Cheap: never asks an origin. */
  xattrNames(node: SourceNode): Promise<readonly string[]>;
  /** Value of one, or undefined. Never asks an origin. */
  xattr(node: SourceNode, name: string): Promise<string | undefined>;
  space(): Promise<SpaceFigures>;
}
