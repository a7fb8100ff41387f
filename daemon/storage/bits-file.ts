/**
 * The bitmap file beside a content file: which blocks and pieces are there, and their CRC-32. Each mark is eight bytes that prove
 * themselves, so a file that is torn, cut or altered loses marks and never gains one. It does not look at the content.
 *
 *     0  header, 64 bytes: magic, version, nonce, content length, piece length, CRC-32 of these
 *    64  one entry per block, then one per piece: CRC-32 of its bytes, check word (both of the machine's byte order)
 *
 * An entry lies within one page of the page cache, so kill -9 leaves it old or new. The nonce belongs to one life of a task: a
 * file left from an earlier life under the same id proves nothing.
 */
import { writeSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { endianness } from "node:os";
import { crc32 } from "node:zlib";
import { IntegrityError } from "../../base/errors.ts";
import { BITS_AHEAD_BYTES_MAX, BLOCK_BYTES } from "../../base/limits.ts";
import { asWriteError } from "../../base/write-error.ts";

const HEADER_BYTES = 64;
const ENTRY_BYTES = 8;
const MAGIC = `p2pfs bits ${endianness()} 1\n`;
/** Bytes read at once when a file is loaded. */
const READ_BYTES = 1024 * 1024;

/** Which task's file it is, in which life. */
export interface BitsShape {
  readonly contentLength: number;
  readonly pieceLength: number;
  /** Random, unsigned 32 bits. */
  readonly nonce: number;
}

/** The check word of an entry. For one place every change of the CRC changes it (each step can be undone), so no single damaged word passes. */
function checkWord(crc: number, index: number, nonce: number): number {
  let word = Math.imul(crc ^ nonce, 0x85ebca6b);
  word ^= word >>> 13;
  word = Math.imul(word ^ index, 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}

function header(shape: BitsShape): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 0, "latin1");
  bytes.writeUInt32LE(shape.nonce, 24);
  bytes.writeDoubleLE(shape.contentLength, 32);
  bytes.writeDoubleLE(shape.pieceLength, 40);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
  return bytes;
}

function blockCountOf(shape: BitsShape): number {
  return Math.ceil(shape.contentLength / BLOCK_BYTES);
}

function fileBytes(shape: BitsShape): number {
  const pieces = Math.ceil(shape.contentLength / shape.pieceLength);
  return HEADER_BYTES + ENTRY_BYTES * (blockCountOf(shape) + pieces);
}

export class BitsFile {
  readonly #file: FileHandle;
  readonly #nonce: number;
  readonly #blockCount: number;
  /** Awaited before every write: what must be on disk before a mark is. */
  readonly #prepare: () => Promise<void> | undefined;
  /** Entry → CRC-32, or undefined: cleared. */
  #pending = new Map<number, number | undefined>();
  /** What the write under way holds. */
  #inFlight = new Map<number, number | undefined>();
  #next: Promise<void> | undefined;
  #current: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, shape: BitsShape, prepare: () => Promise<void> | undefined) {
    this.#file = file;
    this.#nonce = shape.nonce;
    this.#blockCount = blockCountOf(shape);
    this.#prepare = prepare;
  }

  /** Makes an empty one; nothing may bear the name. @throws what open(2) and write(2) say */
  static async create(
    path: string,
    shape: BitsShape,
    prepare: () => Promise<void> | undefined,
  ): Promise<BitsFile> {
    const file = await open(path, "wx+", 0o600);
    try {
      const total = fileBytes(shape);
      const ahead = Buffer.alloc(Math.min(total, BITS_AHEAD_BYTES_MAX));
      header(shape).copy(ahead);
      await writeAll(file, ahead, 0);
      if (total > ahead.length) await file.truncate(total);
    } catch (error) {
      await file.close();
      throw error;
    }
    return new BitsFile(file, shape, prepare);
  }

  /**
   * Opens one and tells the marks in it, blocks first, both in order.
   * @returns undefined when there is none of this life and size: then nothing is marked
   */
  static async load(
    path: string,
    shape: BitsShape,
    found: { block(block: number, crc: number): void; piece(piece: number): void },
    prepare: () => Promise<void> | undefined,
  ): Promise<BitsFile | undefined> {
    const file = await open(path, "r+").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (file === undefined) return undefined;
    try {
      const total = fileBytes(shape);
      const bits = new BitsFile(file, shape, prepare);
      const { size } = await file.stat();
      const first = size === total ? await readUpTo(file, 0, HEADER_BYTES) : Buffer.alloc(0);
      if (!first.equals(header(shape))) {
        await file.close();
        return undefined;
      }
      for (let at = HEADER_BYTES; at < total; at += READ_BYTES)
        bits.#tell(await readUpTo(file, at, Math.min(READ_BYTES, total - at)), at, found);
      return bits;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Marks a block: at once where nothing has to be on disk before, else with the next write. */
  setBlock(block: number, crc: number): void {
    if (!this.#wroteNow(block, crc)) this.#pending.set(block, crc);
  }

  /** Marks a piece, with the next write; its CRC-32 is its digest. */
  setPiece(piece: number, crc: number): void {
    this.#pending.set(this.#blockCount + piece, crc);
  }

  clearBlock(block: number): void {
    this.#pending.set(block, undefined);
  }

  clearPiece(piece: number): void {
    this.#pending.set(this.#blockCount + piece, undefined);
  }

  /** Whether a mark that must go is still in the file. */
  get clearsWait(): boolean {
    for (const marks of [this.#pending, this.#inFlight])
      for (const crc of marks.values()) if (crc === undefined) return true;
    return false;
  }

  /** CRC-32 a piece is marked with; undefined when it is not, or its mark is damaged. */
  pieceCrc(piece: number): Promise<number | undefined> {
    return this.#markOf(this.#blockCount + piece);
  }

  /** CRC-32 a block is marked with; likewise. */
  blockCrc(block: number): Promise<number | undefined> {
    return this.#markOf(block);
  }

  async #markOf(index: number): Promise<number | undefined> {
    for (const marks of [this.#pending, this.#inFlight]) if (marks.has(index)) return marks.get(index);
    const entry = await readUpTo(this.#file, HEADER_BYTES + index * ENTRY_BYTES, ENTRY_BYTES);
    return entry.length === ENTRY_BYTES ? this.#crcIn(entry, 0, index) : undefined;
  }

  /**
   * Resolves when every mark made so far is in the file (its page cache: kill -9 loses nothing). One write is under way at a time
   * and collects what comes meanwhile for the next.
   * @throws LimitError NO_SPACE, P2pfsError; what was not written is in the next write again
   */
  flush(): Promise<void> {
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

  datasync(): Promise<void> {
    return this.#file.datasync();
  }

  /** Bytes it takes on the disk. */
  async allocatedBytes(): Promise<number> {
    return (await this.#file.stat()).blocks * 512;
  }

  /** Closes the descriptor; flush first. */
  close(): Promise<void> {
    return this.#file.close();
  }

  /** A write of eight bytes into the page cache, so that whoever sees the block may rely on its mark. */
  #wroteNow(index: number, crc: number): boolean {
    if (this.#pending.has(index) || this.#inFlight.has(index) || this.#prepare() !== undefined) return false;
    const words = Uint32Array.of(crc, checkWord(crc, index, this.#nonce));
    try {
      return (
        writeSync(this.#file.fd, words, 0, ENTRY_BYTES, HEADER_BYTES + index * ENTRY_BYTES) === ENTRY_BYTES
      );
    } catch {
      // Once more with the next write, which tells why it fails.
      return false;
    }
  }

  async #write(): Promise<void> {
    const marks = this.#pending;
    this.#pending = new Map();
    this.#inFlight = marks;
    try {
      await this.#prepare();
      for (const run of runsOf(marks)) await this.#writeRun(run, marks);
    } catch (error) {
      for (const [index, crc] of marks) if (!this.#pending.has(index)) this.#pending.set(index, crc);
      throw asWriteError(error, "cannot write the bitmap file");
    } finally {
      this.#inFlight = new Map();
    }
  }

  async #writeRun(
    { start, end }: { start: number; end: number },
    marks: ReadonlyMap<number, number | undefined>,
  ): Promise<void> {
    const words = new Uint32Array(2 * (end - start));
    for (let index = start; index < end; index++) {
      const crc = marks.get(index);
      if (crc === undefined) continue;
      words[2 * (index - start)] = crc;
      words[2 * (index - start) + 1] = checkWord(crc, index, this.#nonce);
    }
    await writeAll(this.#file, Buffer.from(words.buffer), HEADER_BYTES + start * ENTRY_BYTES);
  }

  #tell(
    bytes: Buffer,
    at: number,
    found: { block(block: number, crc: number): void; piece(piece: number): void },
  ): void {
    const first = (at - HEADER_BYTES) / ENTRY_BYTES;
    for (let offset = 0; offset + ENTRY_BYTES <= bytes.length; offset += ENTRY_BYTES) {
      const index = first + offset / ENTRY_BYTES;
      const crc = this.#crcIn(bytes, offset, index);
      if (crc === undefined) continue;
      if (index < this.#blockCount) found.block(index, crc);
      else found.piece(index - this.#blockCount);
    }
  }

  #crcIn(bytes: Buffer, offset: number, index: number): number | undefined {
    const [crc, check] = native(bytes, offset);
    if ((crc === 0 && check === 0) || check !== checkWord(crc, index, this.#nonce)) return undefined;
    return crc;
  }
}

const LITTLE = endianness() === "LE";

function native(bytes: Buffer, offset: number): [number, number] {
  return LITTLE
    ? [bytes.readUInt32LE(offset), bytes.readUInt32LE(offset + 4)]
    : [bytes.readUInt32BE(offset), bytes.readUInt32BE(offset + 4)];
}

/** Neighbouring entries, so that each stretch is one write. In order: a piece is marked after its blocks. */
function* runsOf(marks: ReadonlyMap<number, unknown>): Generator<{ start: number; end: number }> {
  const indices = Float64Array.from(marks.keys()).sort();
  let start = indices[0];
  if (start === undefined) return;
  let end = start;
  for (const index of indices) {
    if (index > end) {
      yield { start, end };
      start = index;
    }
    end = index + 1;
  }
  yield { start, end };
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new IntegrityError("the bitmap file takes no more bytes");
    done += bytesWritten;
  }
}

/** The bytes that are there, fewer only at the file's end. */
async function readUpTo(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
