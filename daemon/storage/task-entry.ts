/**
 * What the storage knows of a task while it is closed: the record as one text, and beside it the few numbers that are needed
 * without reading it. A million of them must fit into memory, so a record is made an object only when somebody asks.
 */
import { crc32 } from "node:zlib";
import type { TaskKind, TaskRecord } from "../task/task-record.ts";
import { checkRecord } from "./record-check.ts";

/** Names in the text, and values that are left out of it. The names are kept for ever: files written before must be read. */
const FIELDS: readonly (readonly [keyof TaskRecord, string, unknown?])[] = [
  ["kind", "k", "standard"],
  ["url", "u"],
  ["tag", "t", ""],
  ["application", "a", ""],
  ["contentLength", "l"],
  ["pieceLength", "p"],
  ["ranges", "r", true],
  ["etag", "e"],
  ["lastModified", "m"],
  ["responseHeaders", "h"],
  ["anchors", "d"],
  ["verified", "v", "none"],
  ["createdAtMs", "c"],
  ["updatedAtMs", "w"],
  ["prefetchedAtMs", "f"],
  ["failedAtMs", "x"],
  ["finishedAtMs", "z"],
  ["bytesFromSource", "s", 0],
  ["bytesFromPeers", "b", 0],
  ["uploadedCount", "n", 0],
];

/** What is kept beside the record, by its names in the text. */
interface StoredState {
  /** Nonce of the bitmap file: one life of the task under its id. */
  readonly N: number;
  /** Bytes its files take on the disk, as last counted. */
  readonly A: number;
  /** Boot id when its unsynced bytes were written; left out when all is durable. */
  readonly B?: string;
}

const CRC_CHARACTERS = 8;

export class TaskEntry {
  readonly id: string;
  readonly kind: TaskKind;
  readonly nonce: number;
  /** Last use, the newest known. */
  updatedAtMs: number;
  /** Bytes its files take on the disk. */
  usedBytes: number;
  /** Set from before the first mark that is not durable until all are: under another boot id those marks prove nothing. */
  dirtyBootId: string | undefined;
  /** How often its files were opened: tells whether they were between two looks. */
  openings = 0;
  /** The record, while it is open. */
  live: TaskRecord | undefined;
  /** The stored text; older than `live`. */
  #text: string;

  constructor(
    record: TaskRecord,
    state: { nonce: number; usedBytes: number; dirtyBootId: string | undefined },
  ) {
    this.id = record.id;
    this.kind = record.kind;
    this.nonce = state.nonce;
    this.updatedAtMs = record.updatedAtMs;
    this.usedBytes = state.usedBytes;
    this.dirtyBootId = state.dirtyBootId;
    this.live = record;
    this.#text = "";
  }

  get record(): TaskRecord {
    return this.live ?? recordFrom(this.id, JSON.parse(this.#text.slice(CRC_CHARACTERS)));
  }

  /** The text to store, as of now. Remembered, so that `live` can be let go. */
  encode(): string {
    const record = this.record;
    const fields: Record<string, unknown> = { N: this.nonce, A: this.usedBytes };
    if (this.dirtyBootId !== undefined) fields.B = this.dirtyBootId;
    for (const [name, short, left] of FIELDS) {
      const value = record[name];
      if (value !== undefined && value !== left) fields[short] = value;
    }
    // One byte per character in memory and on disk: anything wider doubles the whole text.
    const json = JSON.stringify(fields).replace(
      /[^\0-\x7f]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    this.#text = crc32(json).toString(16).padStart(CRC_CHARACTERS, "0") + json;
    return this.#text;
  }

  /** @returns undefined when the text is damaged: level does not check what it reads */
  static decode(id: string, text: string, intern: (bootId: string) => string): TaskEntry | undefined {
    const json = text.slice(CRC_CHARACTERS);
    if (Number.parseInt(text.slice(0, CRC_CHARACTERS), 16) !== crc32(json)) return undefined;
    try {
      const fields = JSON.parse(json) as StoredState & Record<string, unknown>;
      const record = recordFrom(id, fields);
      checkRecord(record);
      const entry = new TaskEntry(record, {
        nonce: fields.N,
        usedBytes: fields.A,
        dirtyBootId: fields.B === undefined ? undefined : intern(fields.B),
      });
      entry.live = undefined;
      entry.#text = text;
      return entry;
    } catch {
      // Whole, but not one of ours: the same as damaged.
      return undefined;
    }
  }
}

function recordFrom(id: string, fields: Record<string, unknown>): TaskRecord {
  const record: Record<string, unknown> = { id };
  for (const [name, short, left] of FIELDS) {
    const value = fields[short] ?? left;
    if (value !== undefined) record[name] = value;
  }
  return record as unknown as TaskRecord;
}
