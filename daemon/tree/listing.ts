/**
 * A directory as its origin listed it: names of the mount, each with what the listing said of it. Built page by page.
 * Knows nothing of time or of how it was asked for.
 */
import { createHash } from "node:crypto";
import type { KnownChild, ListedEntry } from "../../fs/content-source.ts";
import type { SourceEntry } from "../source/source.ts";
import type { NodeKind } from "./node-key.ts";

/** What a listing said of a file. */
export interface ListedFile {
  /** Bytes, exactly; undefined when the listing rounds or is silent. */
  readonly length?: number;
  readonly modifiedAtMs?: number;
  readonly etag?: string;
}

/** A name may be both: an object `a` beside objects `a/…`. */
export interface ListedChild {
  readonly directory: boolean;
  readonly file: ListedFile | undefined;
  made: MadeChild | undefined;
}

/** What was made of a line for one directory of the mount: right as long as nobody asked about the file itself. */
export interface MadeChild {
  readonly directoryKey: string;
  readonly child: KnownChild;
}

/** The directory wins where a name is both. */
export function kindOfChild(child: ListedChild): NodeKind {
  return child.directory ? "directory" : "file";
}

/** A child as JSON keeps it: name, 1 file | 2 directory | 3 both, length, modification time, ETag. */
type KeptChild = readonly [string, 1 | 2 | 3, number | null, number | null, string | null];

export class Listing {
  readonly #children = new Map<string, ListedChild>();
  /** Entries of the origin's that went into it, nameless ones too. */
  entriesSeen = 0;
  /** False when the directory holds more than was gathered: then what is missing here may be there. */
  whole = true;

  get size(): number {
    return this.#children.size;
  }

  child(name: string): ListedChild | undefined {
    return this.#children.get(name);
  }

  /** @param name the entry's name in the mount; undefined: it can have none */
  add(entry: SourceEntry, name: string | undefined): void {
    this.entriesSeen += 1;
    if (name === undefined) return;
    const before = this.#children.get(name);
    if (entry.kind === "directory") {
      this.#children.set(name, { directory: true, file: before?.file, made: undefined });
      return;
    }
    const { length, modifiedAtMs, etag } = entry;
    const file = {
      ...(length === undefined ? {} : { length }),
      ...(modifiedAtMs === undefined ? {} : { modifiedAtMs }),
      ...(etag === undefined ? {} : { etag }),
    };
    this.#children.set(name, { directory: before?.directory ?? false, file, made: undefined });
  }

  *entries(): Generator<ListedEntry> {
    for (const [name, child] of this.#children) yield { name, kind: kindOfChild(child) };
  }

  /** In pages of `count`, for the disk. */
  *kept(count: number): Generator<readonly KeptChild[]> {
    let page: KeptChild[] = [];
    for (const [name, { directory, file }] of this.#children) {
      const kind = directory ? (file === undefined ? 2 : 3) : 1;
      page.push([name, kind, file?.length ?? null, file?.modifiedAtMs ?? null, file?.etag ?? null]);
      if (page.length === count) {
        yield page;
        page = [];
      }
    }
    if (page.length > 0) yield page;
  }

  /** Takes back a page that `kept` gave. @returns false when it is no such page */
  restore(page: unknown): boolean {
    if (!Array.isArray(page)) return false;
    for (const child of page) {
      if (!isKeptChild(child)) return false;
      const [name, kind, length, modifiedAtMs, etag] = child;
      const file = {
        ...(length === null ? {} : { length }),
        ...(modifiedAtMs === null ? {} : { modifiedAtMs }),
        ...(etag === null ? {} : { etag }),
      };
      this.#children.set(name, {
        directory: kind !== 1,
        file: kind === 2 ? undefined : file,
        made: undefined,
      });
    }
    return true;
  }

  /** Equal for equal listings: tells whether the disk has it already. */
  fingerprint(): string {
    const hash = createHash("sha256");
    for (const page of this.kept(LINES_HASHED_AT_ONCE)) hash.update(JSON.stringify(page));
    return hash.digest("base64url").slice(0, 22);
  }
}

const LINES_HASHED_AT_ONCE = 256;

function isKeptChild(child: unknown): child is KeptChild {
  if (!Array.isArray(child) || child.length !== 5) return false;
  const [name, kind, length, modifiedAtMs, etag] = child as unknown[];
  return (
    typeof name === "string" &&
    (kind === 1 || kind === 2 || kind === 3) &&
    (length === null || typeof length === "number") &&
    (modifiedAtMs === null || typeof modifiedAtMs === "number") &&
    (etag === null || typeof etag === "string")
  );
}
