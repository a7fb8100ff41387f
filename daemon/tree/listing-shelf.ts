/**
 * Where listings lie: the recently used in memory, the whole ones also on disk in small records, both bounded. A listing
 * on disk is a head, which says how many pages there are and of which listing, and those pages.
 */
import { KEPT_LISTING_PAGE_ENTRIES, KEPT_LISTING_PAGES_MAX, LISTED_ENTRIES_MAX } from "../../base/limits.ts";
import type { FactStore } from "./fact-store.ts";
import { Listing } from "./listing.ts";

const HEADS = "tree.listing";
const PAGES = "tree.listing-page";

/** A place for a listing that may be taken from memory meanwhile. */
export interface Shelved {
  listing: Listing | undefined;
}

/** A listing as it was found on disk. */
export interface KeptListing {
  readonly shelved: Shelved;
  readonly checkedAtMs: number;
}

interface Head {
  readonly pages: number;
  readonly fingerprint: string;
  readonly checkedAtMs: number;
}

export class ListingShelf {
  readonly #facts: FactStore;
  /** What lies on disk, least recently used first. */
  readonly #heads = new Map<string, Head>();
  #pagesKept = 0;
  /** What is in memory, least recently used first. */
  readonly #inMemory = new Set<Shelved>();
  #entriesInMemory = 0;
  /** The last of these, where it was used just now. */
  #latest: Shelved | undefined;

  private constructor(facts: FactStore) {
    this.#facts = facts;
  }

  static async open(facts: FactStore): Promise<ListingShelf> {
    const shelf = new ListingShelf(facts);
    for await (const [key, value] of facts.entries(HEADS)) {
      if (!isHead(value)) continue;
      shelf.#heads.set(key, value);
      shelf.#pagesKept += value.pages;
    }
    return shelf;
  }

  /** Puts a listing into memory. */
  shelve(listing: Listing): Shelved {
    const shelved: Shelved = { listing };
    this.#remember(shelved);
    return shelved;
  }

  /** What is in memory, as used just now. */
  take(shelved: Shelved): Listing | undefined {
    // Asked for each name of a page.
    if (shelved !== this.#latest && shelved.listing !== undefined && this.#inMemory.delete(shelved)) {
      this.#inMemory.add(shelved);
      this.#latest = shelved;
    }
    return shelved.listing;
  }

  /** Reads a listing that memory has lost from the disk again. */
  async restore(key: string, shelved: Shelved): Promise<Listing | undefined> {
    shelved.listing ??= await this.#read(key);
    if (shelved.listing !== undefined && !this.#inMemory.has(shelved)) this.#remember(shelved);
    return shelved.listing;
  }

  async load(key: string): Promise<KeptListing | undefined> {
    const head = this.#heads.get(key);
    if (head === undefined) return undefined;
    const listing = await this.#read(key);
    if (listing === undefined) return undefined;
    return { shelved: this.shelve(listing), checkedAtMs: head.checkedAtMs };
  }

  /** Keeps a whole listing on disk; one that is there already is only stamped anew. */
  save(key: string, shelved: Shelved, checkedAtMs: number): void {
    const { listing } = shelved;
    if (listing === undefined) return;
    const pages = Math.ceil(listing.size / KEPT_LISTING_PAGE_ENTRIES);
    if (!listing.whole || pages > KEPT_LISTING_PAGES_MAX) {
      this.forget(key);
      return;
    }
    const before = this.#heads.get(key);
    const head: Head = { pages, fingerprint: listing.fingerprint(), checkedAtMs };
    if (before?.fingerprint !== head.fingerprint) {
      this.forget(key);
      let number = 0;
      for (const entries of listing.kept(KEPT_LISTING_PAGE_ENTRIES)) {
        this.#facts.put(PAGES, pageKey(key, number), { of: head.fingerprint, entries });
        number += 1;
      }
      this.#pagesKept += pages;
    }
    this.#heads.delete(key);
    this.#heads.set(key, head);
    this.#facts.put(HEADS, key, head);
    while (this.#pagesKept > KEPT_LISTING_PAGES_MAX || this.#heads.size > KEPT_LISTING_PAGES_MAX) {
      const [oldest] = this.#heads.keys();
      if (oldest === undefined) break;
      this.forget(oldest);
    }
  }

  /** Removes a listing from the disk. */
  forget(key: string): void {
    const head = this.#heads.get(key);
    if (head === undefined) return;
    this.#heads.delete(key);
    this.#pagesKept -= head.pages;
    this.#facts.delete(HEADS, key);
    for (let number = 0; number < head.pages; number += 1) this.#facts.delete(PAGES, pageKey(key, number));
  }

  async #read(key: string): Promise<Listing | undefined> {
    const head = this.#heads.get(key);
    if (head === undefined) return undefined;
    const listing = new Listing();
    for (let number = 0; number < head.pages; number += 1) {
      const page = (await this.#facts.get(PAGES, pageKey(key, number))) as Partial<Page> | undefined;
      // A crash between two batches leaves pages of two listings: then there is none.
      if (page?.of !== head.fingerprint || !listing.restore(page.entries)) return undefined;
    }
    return listing;
  }

  #remember(shelved: Shelved): void {
    this.#inMemory.add(shelved);
    this.#latest = shelved;
    this.#entriesInMemory += weight(shelved);
    for (const oldest of this.#inMemory) {
      if (this.#entriesInMemory <= LISTED_ENTRIES_MAX || oldest === shelved) return;
      this.#inMemory.delete(oldest);
      this.#entriesInMemory -= weight(oldest);
      oldest.listing = undefined;
    }
  }
}

interface Page {
  readonly of: string;
  readonly entries: unknown;
}

/** An empty listing has a weight too: there may be many. */
function weight(shelved: Shelved): number {
  return (shelved.listing?.size ?? 0) + 1;
}

function pageKey(key: string, number: number): string {
  return `${key} ${String(number).padStart(6, "0")}`;
}

function isHead(value: unknown): value is Head {
  if (typeof value !== "object" || value === null) return false;
  const { pages, fingerprint, checkedAtMs } = value as Partial<Head>;
  return typeof pages === "number" && typeof fingerprint === "string" && typeof checkedAtMs === "number";
}
