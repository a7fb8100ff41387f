/**
 * The answer to a READDIR or READDIRPLUS: records one behind the other, as many as fit what the kernel asked for. A
 * record that does not fit whole is left for the next page.
 */
import { setNumber64 } from "./fields.ts";
import { DIRENT, ENTRY_OUT, RECORD_ALIGNMENT_BYTES } from "./layouts.ts";
import { type EntryReply, writeEntry } from "./replies.ts";

/** Type of a directory entry: the type bits of a mode, shifted (dirent.h). */
export const DT_DIR = 4;
export const DT_REG = 8;

export interface DirectoryRecord {
  readonly ino: number;
  readonly name: string;
  readonly type: number;
  /** Handed back by the kernel to go on behind this record. */
  readonly nextOffset: number;
}

export class DirectoryPage {
  readonly #buffer: Buffer;
  readonly #view: DataView;
  readonly #from: number;
  readonly #end: number;
  #at: number;
  /** The name measured last, and its bytes: each is asked about twice. */
  #measured = "";
  #measuredBytes = 0;

  /** Writes to [from, from + bytesMax) of the buffer. */
  constructor(bytes: Uint8Array, from: number, bytesMax: number) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#from = from;
    this.#at = from;
    this.#end = Math.min(from + bytesMax, bytes.byteLength);
  }

  /** Bytes of the page so far. */
  get bytes(): number {
    return this.#at - this.#from;
  }

  /** Whether a record of the name fits. @param plus with its node */
  hasRoom(name: string, plus: boolean): boolean {
    const head = DIRENT.bytes + (plus ? ENTRY_OUT.bytes : 0);
    return this.#at + head + aligned(this.#bytesOf(name)) <= this.#end;
  }

  /** Adds a plain record. @returns false, and adds nothing, when it does not fit */
  add(record: DirectoryRecord): boolean {
    return this.#add(record, undefined);
  }

  /**
   * Adds a record with its node; every one but "." and ".." counts a lookup of it in the kernel. Without an entry the
   * name is told, and the kernel looks it up when somebody asks. @returns false, and adds nothing, when it does not fit
   */
  addPlus(record: DirectoryRecord, entry: EntryReply | undefined): boolean {
    return this.#add(record, entry ?? "unknown");
  }

  #add(record: DirectoryRecord, entry: EntryReply | "unknown" | undefined): boolean {
    const nameBytes = this.#bytesOf(record.name);
    const direntAt = this.#at + (entry === undefined ? 0 : ENTRY_OUT.bytes);
    const nameAt = direntAt + DIRENT.bytes;
    const next = nameAt + aligned(nameBytes);
    if (next > this.#end) return false;
    if (entry === "unknown") this.#buffer.fill(0, this.#at, direntAt);
    else if (entry !== undefined) writeEntry(this.#view, this.#at, entry);
    setNumber64(this.#view, direntAt + DIRENT.at.ino, record.ino);
    setNumber64(this.#view, direntAt + DIRENT.at.off, record.nextOffset);
    this.#view.setUint32(direntAt + DIRENT.at.namelen, nameBytes, true);
    this.#view.setUint32(direntAt + DIRENT.at.type, record.type, true);
    // What the name does not fill of its last words is zero.
    if (next > nameAt) setNumber64(this.#view, next - RECORD_ALIGNMENT_BYTES, 0);
    this.#buffer.write(record.name, nameAt);
    this.#at = next;
    return true;
  }

  #bytesOf(name: string): number {
    if (name !== this.#measured) {
      this.#measured = name;
      this.#measuredBytes = Buffer.byteLength(name);
    }
    return this.#measuredBytes;
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / RECORD_ALIGNMENT_BYTES) * RECORD_ALIGNMENT_BYTES;
}
