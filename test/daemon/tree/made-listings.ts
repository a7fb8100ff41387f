/** Listings of any size. */
import type { SourceEntry } from "../../../daemon/source/source.ts";
import { Listing } from "../../../daemon/tree/listing.ts";

export function entry(name: string, kind: "file" | "directory" = "file"): SourceEntry {
  const url = `http://h/${name}`;
  return { name, kind, url, length: name.length, modifiedAtMs: 5, etag: `"${name}"` };
}

export function listingOf(names: readonly string[]): Listing {
  const listing = new Listing();
  for (const name of names) listing.add(entry(name), name);
  return listing;
}

export function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `n${i}`);
}
