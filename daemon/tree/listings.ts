/**
 * Listings of origins' directories: asked for once whoever waits, remembered while fresh, kept on disk, and served from
 * there when the origin is down. A directory too large to hold is handed on as it comes. Knows names only through the
 * function it is given.
 */
import type { Clock } from "../../base/clock.ts";
import { deadlineSignal, orAborted } from "../../base/deadline.ts";
import { UnavailableError } from "../../base/errors.ts";
import {
  LISTED_ENTRIES_MAX,
  LISTING_GATHER_MS,
  LISTING_PAGE_NAMES,
  ORIGIN_ASK_DEADLINE_MS,
} from "../../base/limits.ts";
import { type Logger, loggableUrl } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { ListedEntry } from "../../fs/content-source.ts";
import type { Freshness, TaskRequest } from "../engine/open-task.ts";
import { OriginMemory } from "../engine/origin-memory.ts";
import { originOf } from "../engine/origin-of.ts";
import type { OriginsDown } from "../engine/origins-down.ts";
import type { SourceEntry, SourceOf } from "../source/source.ts";
import { pagesOf } from "./branch.ts";
import type { FactStore } from "./fact-store.ts";
import { Listing } from "./listing.ts";
import { ListingShelf, type Shelved } from "./listing-shelf.ts";

/** A directory to be listed. */
export interface ListedDirectory {
  /** Of the request: its URL and who asks. */
  readonly key: string;
  /** Its URL ends in a slash. */
  readonly request: TaskRequest;
  /** The mount's name of an entry; undefined: it can have none, and is left out. */
  nameOf(entry: SourceEntry): string | undefined;
}

/** A listing with the time the origin gave it, ms since the epoch. */
export interface DatedListing {
  readonly listing: Listing;
  readonly checkedAtMs: number;
}

export interface ListingsOptions {
  readonly clock: Clock;
  readonly sourceOf: SourceOf;
  readonly facts: FactStore;
  readonly down: OriginsDown;
  /** mount.negativeTimeout, ms. */
  readonly negativeMs: number;
  readonly log: Logger;
}

/** When a request does not say. */
const ASK_NOW: Freshness = { consistency: "stale-if-error", maxAgeMs: 0 };

export class Listings {
  readonly #options: ListingsOptions;
  readonly #shelf: ListingShelf;
  readonly #memory: OriginMemory<Shelved>;
  readonly #closing = new AbortController();

  private constructor(options: ListingsOptions, shelf: ListingShelf) {
    this.#options = options;
    this.#shelf = shelf;
    this.#memory = new OriginMemory<Shelved>({
      clock: options.clock,
      negativeMs: options.negativeMs,
      down: options.down,
      store: {
        load: async (key) => {
          const kept = await shelf.load(key);
          return kept && { value: kept.shelved, checkedAtMs: kept.checkedAtMs };
        },
        save: (key, { value, checkedAtMs }) => shelf.save(key, value, checkedAtMs),
        forget: (key) => shelf.forget(key),
      },
      onBackgroundError: (key, error) =>
        options.log.debug(
          { url: loggableUrl(key.slice(key.indexOf(" ") + 1)), code: error.code, reason: error.message },
          "listing-failed",
        ),
    });
  }

  /** Reads which listings are on disk, not the listings. */
  static async open(options: ListingsOptions): Promise<Listings> {
    return new Listings(options, await ListingShelf.open(options.facts));
  }

  /** The listing in memory if it is fresh enough to be believed without asking. */
  recall(directory: ListedDirectory): DatedListing | undefined {
    const { freshness } = directory.request;
    const known = this.#memory.peek(directory.key);
    if (known === undefined || freshness === undefined) return undefined;
    const fresh =
      freshness.consistency === "immutable" ||
      this.#options.clock.nowMs() - known.checkedAtMs < freshness.maxAgeMs;
    const listing = fresh ? this.#shelf.take(known.value) : undefined;
    return listing && { listing, checkedAtMs: known.checkedAtMs };
  }

  /** The last listing, however old, from memory or the disk; asks no origin. */
  async kept(directory: ListedDirectory): Promise<DatedListing | undefined> {
    const key = directory.key;
    const known = await this.#memory.known(key);
    if (known === undefined) return undefined;
    const listing = this.#shelf.take(known.value) ?? (await this.#shelf.restore(key, known.value));
    return listing && { listing, checkedAtMs: known.checkedAtMs };
  }

  /** Names of the directory, in pages. @throws what the source throws, when no older listing may stand in */
  async *pages(directory: ListedDirectory, signal?: AbortSignal): AsyncGenerator<readonly ListedEntry[]> {
    const listing = await this.#get(directory, directory.request.freshness ?? ASK_NOW, signal);
    yield* pagesOf(listing.entries(), LISTING_PAGE_NAMES);
    if (!listing.whole) yield* this.#rest(directory, listing.entriesSeen, signal);
  }

  /** Whether an object store's prefix holds anything at all: asks for one entry. @throws what the source throws */
  async holdsSomething(directory: ListedDirectory): Promise<boolean> {
    const { clock } = this.#options;
    const deadline = deadlineSignal(clock, "a listing", ORIGIN_ASK_DEADLINE_MS, this.#closing.signal);
    try {
      const request = { ...directory.request, entriesMax: 1 };
      const pages = this.#source(directory).list(request, deadline.signal)[Symbol.asyncIterator]();
      await orAborted(pages.next(), deadline.signal);
      // A prefix with nothing but the marker of the directory has no entries, and is one.
      await pages.return?.();
      return true;
    } catch (caught) {
      if (fromUnknown(caught).code === "NOT_FOUND") return false;
      throw caught;
    } finally {
      deadline.close();
    }
  }

  /** Ends listings under way. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(new UnavailableError("the daemon is stopping", {}, "CLOSED"));
    await this.#memory.close();
  }

  async #get(directory: ListedDirectory, freshness: Freshness, signal?: AbortSignal): Promise<Listing> {
    const key = directory.key;
    let gathered: Listing | undefined;
    const question = {
      key,
      origin: originOf(directory.request.url),
      ask: async (asking: AbortSignal, answering: () => void) => {
        gathered = await this.#gather(directory, asking, answering);
        return this.#shelf.shelve(gathered);
      },
    };
    const { value } = await this.#memory.get(question, freshness, signal);
    const listing = this.#shelf.take(value) ?? gathered ?? (await this.#shelf.restore(key, value));
    if (listing !== undefined) return listing;
    // Neither memory nor disk had room for it: the origin has it.
    const again = await this.#memory.get(
      question,
      { ...freshness, consistency: "strict", maxAgeMs: 0 },
      signal,
    );
    return gathered ?? again.value.listing ?? new Listing();
  }

  async #gather(directory: ListedDirectory, signal: AbortSignal, answering: () => void): Promise<Listing> {
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + LISTING_GATHER_MS;
    const listing = new Listing();
    for await (const page of this.#source(directory).list(directory.request, signal)) {
      answering();
      for (const entry of page) listing.add(entry, directory.nameOf(entry));
      if (listing.size >= LISTED_ENTRIES_MAX || clock.monotonicMs() > untilMs) {
        listing.whole = false;
        break;
      }
    }
    return listing;
  }

  /** What comes after the first `skip` entries, as the origin gives it. */
  async *#rest(
    directory: ListedDirectory,
    skip: number,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly ListedEntry[]> {
    const deadline = deadlineSignal(
      this.#options.clock,
      "the next page of the listing",
      ORIGIN_ASK_DEADLINE_MS,
      signal,
    );
    let seen = 0;
    try {
      for await (const page of this.#source(directory).list(directory.request, deadline.signal)) {
        const rest = new Listing();
        for (const entry of page) {
          seen += 1;
          if (seen > skip) rest.add(entry, directory.nameOf(entry));
        }
        yield* pagesOf(rest.entries(), LISTING_PAGE_NAMES);
        deadline.extend(ORIGIN_ASK_DEADLINE_MS);
      }
    } finally {
      deadline.close();
    }
  }

  #source(directory: ListedDirectory) {
    return this.#options.sourceOf(directory.request.url);
  }
}
