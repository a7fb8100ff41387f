/**
 * Pages of keys, as a store lists them, to pages of directory entries.
 *
 * Which keys are entries: those whose name below the listed prefix is a POSIX path. A key with an empty component
 * (`a//b`, a second slash at the end), a component "." or "..", or a NUL cannot be a path, and is left out; its URL, if
 * it has one, can still be read. A key that is exactly the prefix is the store's marker of the directory, no entry.
 * Where both `a` and `a/b` exist both entries are given, the file and the directory: they may be pages apart, and what
 * that means is the caller's to say.
 */
import { IntegrityError, LimitError, NotFoundError } from "../../../base/errors.ts";
import { LIST_PAGES_MAX } from "../../../base/limits.ts";
import type { SourceEntry } from "../source.ts";
import { isPosixPath, objectUrl } from "./object-url.ts";

/** One key of a listing, its name decoded. */
export interface ListedKey {
  readonly key: string;
  /** Undefined where the listing does not tell the content's, as for symbolic links of OSS. */
  readonly length: number | undefined;
  readonly modifiedAtMs: number | undefined;
  readonly etag: string | undefined;
}

export interface KeyPage {
  readonly keys: readonly ListedKey[];
  /** Common prefixes, each with its slash at the end; empty for recursive listings. */
  readonly prefixes: readonly string[];
  /** Names the next page; undefined on the last. */
  readonly next: string | undefined;
}

export interface PrefixListing {
  readonly scheme: string;
  readonly bucket: string;
  /** Empty for the bucket, else with a slash at its end. */
  readonly prefix: string;
  readonly recursive: boolean;
}

/**
 * Entries below a prefix: of one level, or, recursively, every file with its whole relative path as its name, and
 * those directories that have a marker.
 * @param pageOf asks the store for one page
 * @throws NotFoundError when the prefix is not the bucket and no key begins with it: a directory is what holds something
 */
export async function* entryPages(
  listing: PrefixListing,
  pageOf: (token: string | undefined) => Promise<KeyPage>,
): AsyncGenerator<readonly SourceEntry[]> {
  let found = listing.prefix === "";
  for await (const page of pagesOf(nameOf(listing), pageOf)) {
    found ||= page.keys.length + page.prefixes.length > 0;
    const entries = [...directories(listing, page.prefixes), ...files(listing, page.keys)];
    if (entries.length > 0) yield entries;
  }
  if (!found) throw new NotFoundError(`${nameOf(listing)} holds no object`);
}

/**
 * Pages until one names no next.
 * @param name of what is listed, for errors
 * @throws IntegrityError when a page names itself as the next; LimitError after LIST_PAGES_MAX
 */
export async function* pagesOf<P extends { readonly next: string | undefined }>(
  name: string,
  pageOf: (token: string | undefined) => Promise<P>,
): AsyncGenerator<P> {
  let token: string | undefined;
  for (let count = 0; count < LIST_PAGES_MAX; count++) {
    const page = await pageOf(token);
    yield page;
    if (page.next === undefined) return;
    if (page.next === token)
      throw new IntegrityError(`the listing of ${name} names the same next page again`);
    token = page.next;
  }
  throw new LimitError(`the listing of ${name} has more than ${LIST_PAGES_MAX} pages`);
}

function* directories(listing: PrefixListing, prefixes: readonly string[]): Generator<SourceEntry> {
  for (const prefix of prefixes) {
    const name = relative(listing, prefix)?.replace(/\/$/, "");
    if (name !== undefined && isPosixPath(name)) yield directoryEntry(listing, name);
  }
}

function* files(listing: PrefixListing, keys: readonly ListedKey[]): Generator<SourceEntry> {
  for (const { key, length, modifiedAtMs, etag } of keys) {
    const name = relative(listing, key);
    if (name === undefined) continue;
    const marker = listing.recursive && name.endsWith("/");
    if (marker && isPosixPath(name.slice(0, -1))) yield directoryEntry(listing, name.slice(0, -1));
    else if (isPosixPath(name) && (listing.recursive || !name.includes("/"))) {
      const url = objectUrl(listing.scheme, { bucket: listing.bucket, key });
      yield { name, kind: "file", url, length, modifiedAtMs, etag };
    }
  }
}

/** The URL of a directory ends in a slash, so that it can be listed as it is. */
function directoryEntry({ scheme, bucket, prefix }: PrefixListing, name: string): SourceEntry {
  return {
    name,
    kind: "directory",
    url: objectUrl(scheme, { bucket, key: `${prefix}${name}/` }),
    length: undefined,
    modifiedAtMs: undefined,
    etag: undefined,
  };
}

/** undefined for the prefix itself, and for a key that does not begin with it, which no honest store sends. */
function relative(listing: PrefixListing, key: string): string | undefined {
  return key.startsWith(listing.prefix) && key !== listing.prefix
    ? key.slice(listing.prefix.length)
    : undefined;
}

function nameOf({ scheme, bucket, prefix }: PrefixListing): string {
  return objectUrl(scheme, { bucket, key: prefix });
}
