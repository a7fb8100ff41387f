/**
 * Entries of a JSON index, as nginx (`autoindex_format json`) and Caddy (to clients that accept JSON) send it: one array of objects,
 * taken object by object as the text comes in. Anything else is not an index.
 */
import { LimitError } from "../../../base/errors.ts";
import { INDEX_ENTRY_CHARACTERS_MAX } from "../../../base/limits.ts";
import type { SourceEntry } from "../source.ts";
import type { IndexParser } from "./index-html.ts";
import { type IndexFolder, namedEntry } from "./index-link.ts";

/** What either server says of an entry. */
interface JsonEntry {
  readonly name?: unknown;
  readonly size?: unknown;
  /** nginx: "file", "directory" or "other". */
  readonly type?: unknown;
  /** nginx: an HTTP date. */
  readonly mtime?: unknown;
  /** Caddy. */
  readonly is_dir?: unknown;
  /** Caddy: RFC 3339. */
  readonly mod_time?: unknown;
}

export class JsonIndex implements IndexParser {
  readonly #folder: IndexFolder;
  #recognised = false;
  #broken = false;
  /** Text of the object that is open. */
  #object = "";
  #depth = 0;
  #inString = false;
  #escaped = false;
  #started = false;

  constructor(folder: IndexFolder) {
    this.#folder = folder;
  }

  get recognised(): boolean {
    return this.#recognised;
  }

  write(text: string): SourceEntry[] {
    const found: SourceEntry[] = [];
    for (let at = 0; at < text.length && !this.#broken; ) at = this.#step(text, at, found);
    return found;
  }

  end(): SourceEntry[] {
    return [];
  }

  /** Takes the text from `from` up to the next end of an object, or all of it. @returns the position reached */
  #step(text: string, from: number, found: SourceEntry[]): number {
    for (let at = from; at < text.length; at++) {
      const character = text[at] ?? "";
      if (this.#depth === 0) {
        if (character === "{" && this.#started) return this.#openObject(at);
        this.#between(character);
        if (this.#broken) return text.length;
      } else if (this.#closesObject(character)) {
        this.#object += text.slice(from, at + 1);
        this.#finish(found);
        return at + 1;
      }
    }
    if (this.#depth > 0) this.#object += text.slice(from);
    if (this.#object.length > INDEX_ENTRY_CHARACTERS_MAX)
      throw new LimitError(`the index has an entry of more than ${INDEX_ENTRY_CHARACTERS_MAX} characters`);
    return text.length;
  }

  #openObject(at: number): number {
    this.#depth = 1;
    this.#object = "{";
    return at + 1;
  }

  /** Between objects only the array itself, commas and white space stand. */
  #between(character: string): void {
    if (character === "[" && !this.#started) this.#started = true;
    else if (!/[\s,\]\ufeff]/.test(character)) this.#broken = true;
  }

  #closesObject(character: string): boolean {
    if (this.#escaped) this.#escaped = false;
    else if (this.#inString) {
      if (character === "\\") this.#escaped = true;
      else if (character === '"') this.#inString = false;
    } else if (character === '"') this.#inString = true;
    else if (character === "{") this.#depth += 1;
    else if (character === "}") this.#depth -= 1;
    return this.#depth === 0;
  }

  #finish(found: SourceEntry[]): void {
    const entry = parsed(this.#object);
    this.#object = "";
    const kind = entry === undefined ? undefined : kindOf(entry);
    // An array of something else: some other program's answer.
    if (entry === undefined || typeof entry.name !== "string" || kind === undefined) {
      this.#broken = true;
      return;
    }
    this.#recognised = true;
    if (kind === "other") return;
    const link = namedEntry(entry.name.replace(/\/$/, ""), kind, this.#folder);
    if (link === undefined) return;
    const { size } = entry;
    found.push({
      ...link,
      length: kind === "file" && Number.isSafeInteger(size) && Number(size) >= 0 ? Number(size) : undefined,
      modifiedAtMs: timeOf(entry.mtime ?? entry.mod_time),
      etag: undefined,
    });
  }
}

function parsed(text: string): JsonEntry | undefined {
  try {
    return JSON.parse(text) as JsonEntry;
  } catch {
    // Not JSON after all.
    return undefined;
  }
}

function kindOf(entry: JsonEntry): "file" | "directory" | "other" | undefined {
  if (entry.type === "file" || entry.type === "directory" || entry.type === "other") return entry.type;
  if (typeof entry.is_dir === "boolean") return entry.is_dir ? "directory" : "file";
  return undefined;
}

function timeOf(text: unknown): number | undefined {
  const atMs = typeof text === "string" ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : atMs;
}
