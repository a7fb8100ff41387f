/**
 * The `level` database under a batching writer: what is put is read at once, and written with everything else of the next 100 ms.
 * It knows keys and texts, not what they mean; the prefixes are listed here so that they never meet.
 */
import { readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import type { Clock, Timer } from "../../base/clock.ts";
import { LimitError, P2pfsError } from "../../base/errors.ts";
import {
  METADATA_FLUSH_MS,
  METADATA_OPEN_BYTES,
  METADATA_PAGE_MAX,
  METADATA_RETRY_MS,
} from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { asWriteError } from "../../base/write-error.ts";
import type { Reserve } from "./reserve.ts";

/** First characters of the keys, by what lies under them. `!` sorts before every character of an id. */
export const PREFIX = { state: "m!", task: "t!", piece: "p!", fact: "f!" } as const;

/** A text, made when it is written, or null: deleted. */
type Pending = string | null | (() => string);

type Operation = { type: "put"; key: string; value: string } | { type: "del"; key: string };

/** Bytes of a page fetched from the database in one go. */
const PAGE_BYTES = 1024 * 1024;

const DB_OPTIONS = { keyEncoding: "utf8", valueEncoding: "utf8", maxOpenFiles: 256 } as const;

/** What classic-level has and level's types do not name. */
const statics = Level as unknown as {
  destroy(folder: string): Promise<void>;
  repair(folder: string): Promise<void>;
};

export interface MetadataOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reserve: Reserve;
}

export class Metadata {
  readonly #options: MetadataOptions;
  #db: Level<string, string>;
  #pending = new Map<string, Pending>();
  /** What the write under way holds: no longer pending, not yet readable from the database. */
  #inFlight = new Map<string, string | null>();
  #syncNext = false;
  #next: Promise<void> | undefined;
  #current: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  /**
   * Set when a write failed. LevelDB's log then ends in half a record, and whatever it appends is lost at the next opening although
   * the write succeeds; opening it anew begins a new log.
   */
  #broken = false;
  /** Set while the database is being opened anew. */
  #opening: Promise<void> | undefined;
  #closed = false;

  private constructor(options: MetadataOptions, db: Level<string, string>) {
    this.#options = options;
    this.#db = db;
  }

  /**
   * Opens the database, which one process can do at a time. One that is damaged is repaired as far as it can be.
   * @throws P2pfsError BUSY when another process has it; LimitError NO_SPACE
   */
  static async open(options: MetadataOptions): Promise<Metadata> {
    return new Metadata(options, await openDatabase(options));
  }

  /** Removes everything in it, and opens an empty one. */
  static async openEmpty(options: MetadataOptions): Promise<Metadata> {
    // Taking it first proves that no other process has it.
    await (await openDatabase(options)).close();
    try {
      await statics.destroy(options.folder);
    } catch (error) {
      throw openError(options.folder, error);
    }
    return Metadata.open(options);
  }

  /** Entries that wait to be written. */
  get waitingCount(): number {
    return this.#pending.size;
  }

  /** Whether the last write failed: what is put waits in memory until the disk takes it. */
  get failing(): boolean {
    return this.#broken;
  }

  /** @param value a text, or what makes it at the moment it is written: then later changes are in it */
  put(key: string, value: string | (() => string)): void {
    this.#pending.set(key, value);
    this.#flushLater();
  }

  delete(key: string): void {
    this.#pending.set(key, null);
    this.#flushLater();
  }

  async get(key: string): Promise<string | undefined> {
    const waiting = this.#waiting(key);
    if (waiting !== undefined) return waiting ?? undefined;
    return this.#read((db) => db.get(key));
  }

  /** Deletes every key that begins so. Few at a time, so it is for small families of keys. */
  async deleteAll(prefix: string): Promise<void> {
    const keys: string[] = [];
    for await (const [key] of this.entries(prefix)) keys.push(key);
    for (const key of keys) this.delete(key);
  }

  /** Keys that begin so, with their values, in the order of their bytes; what waits to be written included. */
  async *entries(prefix: string): AsyncIterable<readonly [string, string]> {
    for await (const page of this.pages(prefix)) yield* page;
  }

  /** As entries, METADATA_PAGE_MAX of them at a time: much faster where there are many. */
  async *pages(prefix: string): AsyncIterable<readonly (readonly [string, string])[]> {
    // A page at a time: no iterator lives while the caller thinks, so that the database may be opened anew meanwhile.
    const end = `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
    let after: string | undefined;
    for (;;) {
      const range = after === undefined ? { gte: prefix } : { gt: after };
      let waiting: (readonly [string, string | null])[] = [];
      const rows = await this.#read((db) => {
        // In the same turn as the iterator's snapshot: what is written while the page is read is in neither otherwise.
        waiting = this.#waitingUnder(prefix);
        return db
          .iterator({ ...range, lt: end, limit: METADATA_PAGE_MAX, highWaterMarkBytes: PAGE_BYTES })
          .all();
      });
      const last = rows.length < METADATA_PAGE_MAX ? undefined : rows[rows.length - 1]?.[0];
      waiting.push(...this.#waitingUnder(prefix));
      yield waiting.length === 0 ? rows : merged(rows, waiting, { after, last });
      if (last === undefined) return;
      after = last;
    }
  }

  /**
   * Resolves when everything put before is in the database: kill -9 loses none of it.
   * @param options.sync what was put since the last turn of the event loop outlives a power loss, too
   * @throws LimitError NO_SPACE, P2pfsError IO; what was not written stays pending and is tried again
   */
  flush(options: { sync?: boolean } = {}): Promise<void> {
    if (options.sync === true) this.#syncNext = true;
    if (this.#next !== undefined) return this.#next;
    if (this.#pending.size === 0) return this.#current;
    const begin = () => {
      this.#next = undefined;
      this.#current = this.#write();
      return this.#current;
    };
    this.#next = this.#current.then(begin, begin);
    return this.#next;
  }

  /** Flushes and closes. What cannot be written is lost, and logged. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    await this.flush().catch((error: unknown) => {
      const { waitingCount } = this;
      this.#options.log.error({ waitingCount, reason: fromUnknown(error).message }, "metadata-lost");
    });
    await this.#db.close();
  }

  /** What waits for the key; null: its deletion; undefined: nothing. */
  #waiting(key: string): string | null | undefined {
    const pending = this.#pending.get(key);
    if (pending === undefined) return this.#inFlight.get(key);
    return typeof pending === "function" ? pending() : pending;
  }

  /** What waits under a prefix, as of now. */
  #waitingUnder(prefix: string): (readonly [string, string | null])[] {
    const found = new Map<string, string | null>();
    for (const key of [...this.#inFlight.keys(), ...this.#pending.keys()]) {
      const value = key.startsWith(prefix) ? this.#waiting(key) : undefined;
      if (value !== undefined) found.set(key, value);
    }
    return [...found];
  }

  /** Reads, once more if the database is being opened anew. @throws P2pfsError */
  async #read<T>(call: (db: Level<string, string>) => Promise<T>): Promise<T> {
    await this.#opening;
    try {
      return await call(this.#db);
    } catch (error) {
      if (this.#opening === undefined) throw fromUnknown(error, "cannot read the storage's metadata");
      await this.#opening;
      return call(this.#db);
    }
  }

  #flushLater(): void {
    if (this.#timer !== undefined || this.#closed) return;
    const delayMs = this.#broken ? METADATA_RETRY_MS : METADATA_FLUSH_MS;
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      this.#timer = undefined;
      // The failed write has been logged, and is tried again.
      this.flush().catch(() => {});
    });
  }

  async #write(): Promise<void> {
    const pending = this.#pending;
    const sync = this.#syncNext;
    this.#pending = new Map();
    this.#syncNext = false;
    const operations: Operation[] = [];
    for (const [key, value] of pending) {
      const text = typeof value === "function" ? value() : value;
      this.#inFlight.set(key, text);
      operations.push(text === null ? { type: "del", key } : { type: "put", key, value: text });
    }
    try {
      await this.#batch(operations, sync);
      this.#inFlight.clear();
    } catch (error) {
      const failed = asWriteError(error, "cannot write the storage's metadata");
      for (const [key, value] of pending) if (!this.#pending.has(key)) this.#pending.set(key, value);
      this.#inFlight.clear();
      this.#syncNext ||= sync;
      // Not at the next put's time: trying is not cheap, and a full disk stays full for a while.
      this.#timer?.cancel();
      this.#timer = undefined;
      this.#flushLater();
      throw failed;
    }
  }

  async #batch(operations: Operation[], sync: boolean): Promise<void> {
    if (!this.#broken) {
      try {
        return await this.#db.batch(operations, { sync });
      } catch (error) {
        this.#broken = true;
        const reason = asWriteError(error, "cannot write the storage's metadata").message;
        this.#options.log.warn({ reason }, "metadata-write-failed");
      }
    }
    await this.#reopen();
    await this.#db.batch(operations, { sync }).catch((error: unknown) => {
      this.#broken = true;
      throw error;
    });
  }

  /** Begins a new log; gives up the reserve for it when the disk is full. */
  #reopen(): Promise<void> {
    const { folder, reserve } = this.#options;
    const reopen = async () => {
      await reserve.release();
      // Closed and not opened again it could not even be read.
      if (!(await hasRoomToOpen(folder)))
        throw new LimitError("no space left on the disk of the storage", {}, "NO_SPACE");
      await this.#db.close();
      this.#db = await openDatabase(this.#options);
      this.#broken = false;
    };
    this.#opening = reopen().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }
}

/** A page of rows with what waits to be written in its stretch of keys, the later of two the valid one. */
function merged(
  rows: readonly (readonly [string, string])[],
  waiting: readonly (readonly [string, string | null])[],
  stretch: { after: string | undefined; last: string | undefined },
): readonly (readonly [string, string])[] {
  const page = new Map(rows);
  for (const [key, value] of waiting) {
    if (stretch.after !== undefined && compareKeys(key, stretch.after) <= 0) continue;
    if (stretch.last !== undefined && compareKeys(key, stretch.last) > 0) continue;
    if (value === null) page.delete(key);
    else page.set(key, value);
  }
  return [...page].sort(([a], [b]) => compareKeys(a, b));
}

/** LevelDB's order: by bytes. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Opening makes a table of what is in the logs, and a new log. */
async function hasRoomToOpen(folder: string): Promise<boolean> {
  let needed = METADATA_OPEN_BYTES;
  for (const name of await readdir(folder))
    if (name.endsWith(".log")) needed += (await stat(join(folder, name))).size;
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize >= needed;
}

async function openDatabase(options: MetadataOptions): Promise<Level<string, string>> {
  const { folder, log, reserve } = options;
  const attempt = async () => {
    const db = new Level<string, string>(folder, DB_OPTIONS);
    await db.open();
    return db;
  };
  try {
    return await attempt();
  } catch (error) {
    const known = openError(folder, error);
    if (known.code === "NO_SPACE") {
      if (!(await reserve.release())) throw known;
    } else if (known.details.nodeCode === "LEVEL_CORRUPTION") {
      log.warn({ reason: known.message }, "metadata-repaired");
      await statics.repair(folder);
    } else throw known;
  }
  try {
    return await attempt();
  } catch (error) {
    throw openError(folder, error);
  }
}

function openError(folder: string, error: unknown): P2pfsError {
  const known = asWriteError(error, `cannot open the metadata of the storage ${folder}`);
  if (known.code !== "BUSY") return known;
  return new P2pfsError("BUSY", `another process uses the storage ${folder}`, { cause: error });
}
