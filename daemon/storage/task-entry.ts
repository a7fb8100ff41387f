/**
 * What the storage knows of a task while it is closed: the record as one text, and beside it the few numbers that are needed
 * without reading it. A million of them must fit into memory, so a record is made an object only when somebody asks.
 */
import { crc32 } from "node:zlib";
import type { TaskKind, TaskRecord } from "../task/task-record.ts";
import { isTaskId } from "./record-check.ts";

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
  ["onOneWord", "q"],
  ["createdAtMs", "c"],
  ["updatedAtMs", "w"],
  ["prefetchedAtMs", "f"],
  ["failedAtMs", "x"],
  ["finishedAtMs", "z"],
  ["bytesFromSource", "s", 0],
  ["bytesFromPeers", "b", 0],
  ["uploadedCount", "n", 0],
];

/**
 * The stored text is `CRC kind nonce used updated boot|JSON`: eight digits that cover the rest, then what is needed at start without
 * reading the record (the numbers in base 36), then the record.
 */
const CRC_CHARACTERS = 8;

const KINDS: Readonly<Record<string, TaskKind>> = {
  standard: "standard",
  persistent: "persistent",
  "persistent-cache": "persistent-cache",
};

/** What is known of a task beside its record. */
export interface EntryState {
  /** Of the bitmap file: one life of the task under its id. */
  readonly nonce: number;
  /** Bytes its files take on the disk, as last counted. */
  readonly usedBytes: number;
  /** Boot id when marks were made that are not known to be on the disk; undefined: all are. Without blanks. */
  readonly dirtyBootId: string | undefined;
}

export class TaskEntry {
  readonly id: string;
  readonly kind: TaskKind;
  /** Of the bitmap file. */
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

  private constructor(
    id: string,
    known: EntryState & { readonly kind: TaskKind; readonly updatedAtMs: number; readonly text: string },
  ) {
    this.id = id;
    this.kind = known.kind;
    this.nonce = known.nonce;
    this.updatedAtMs = known.updatedAtMs;
    this.usedBytes = known.usedBytes;
    this.dirtyBootId = known.dirtyBootId;
    this.live = undefined;
    this.#text = known.text;
  }

  /** An entry for a record that is open. */
  static of(record: TaskRecord, state: EntryState): TaskEntry {
    const { id, kind, updatedAtMs } = record;
    const entry = new TaskEntry(id, { ...state, kind, updatedAtMs, text: "" });
    entry.live = record;
    return entry;
  }

  get record(): TaskRecord {
    return this.live ?? recordFrom(this.id, JSON.parse(this.#text.slice(this.#text.indexOf("|") + 1)));
  }

  /** The text to store, as of now. Remembered, so that `live` can be let go. */
  encode(): string {
    const record = this.record;
    const fields: Record<string, unknown> = {};
    for (const [name, short, left] of FIELDS) {
      const value = record[name];
      if (value !== undefined && value !== left) fields[short] = value;
    }
    const numbers = [this.nonce, this.usedBytes, this.updatedAtMs].map((number) => number.toString(36));
    // One byte per character in memory and on disk: anything wider doubles the whole text.
    const json = JSON.stringify(fields).replace(
      /[^\0-\x7f]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    const rest = ` ${this.kind} ${numbers.join(" ")} ${this.dirtyBootId ?? ""}|${json}`;
    this.#text = crc32(rest).toString(16).padStart(CRC_CHARACTERS, "0") + rest;
    return this.#text;
  }

  /**
   * @param intern makes equal boot ids one string
   * @returns undefined when the text is damaged: level does not check what it reads
   */
  static decode(id: string, text: string, intern: (bootId: string) => string): TaskEntry | undefined {
    const end = text.indexOf("|");
    const crc = Number.parseInt(text.slice(0, CRC_CHARACTERS), 16);
    if (end === -1 || crc !== crc32(text.slice(CRC_CHARACTERS))) return undefined;
    const [kindName = "", ...rest] = text.slice(CRC_CHARACTERS + 1, end).split(" ");
    const kind = KINDS[kindName];
    if (!isTaskId(id) || kind === undefined) return undefined;
    const [nonce = 0, usedBytes = 0, updatedAtMs = 0] = rest.map((digits) => Number.parseInt(digits, 36));
    const dirtyBootId = rest[3] === "" || rest[3] === undefined ? undefined : intern(rest[3]);
    return new TaskEntry(id, { kind, nonce, usedBytes, updatedAtMs, dirtyBootId, text });
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
