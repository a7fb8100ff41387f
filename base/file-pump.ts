/**
 * Moves a stream of chunks into a Destination, block by block: copies them into pooled buffers (chunks die young), checks and
 * counts, and writes each full block at once. It knows nothing of where chunks come from; callers feed it and heed its pauses.
 */
import assert from "node:assert/strict";
import { write as fsWrite } from "node:fs";
import { BufferPool, type Checksum } from "./buffer-pool.ts";
import type { Destination, FetchResult } from "./destination.ts";
import { CancelledError, IntegrityError, P2pfsError } from "./errors.ts";
import { BLOCK_BYTES } from "./limits.ts";
import { asWriteError } from "./write-error.ts";

export { BufferPool };

/** A block's buffer and what is in it. */
interface Filling {
  readonly buffer: Buffer;
  length: number;
  crc: number;
}

/**
 * One fetch's way into its file. Holds at most two block buffers: one that fills and one that is written. The last block of a
 * destination of known length is written by `end`, when it is certain that no byte follows.
 *
 * Every pump ends with `end()` or `abort()`, and the descriptor must stay open until the promise of that call has settled: a write
 * that is under way would otherwise land in whatever file the number names next.
 */
export class FilePump {
  readonly #destination: Destination;
  readonly #pool: BufferPool;
  #filling: Filling | undefined;
  /** The write under way, if any; never rejects, its error is in #failure. */
  #writing: Promise<void> | undefined;
  /** True while the buffer of the write under way is the next to be filled, as the pool had no other. */
  #waitsForOwn = false;
  #received = 0;
  /** Bytes handed to a write. */
  #submitted = 0;
  #failure: P2pfsError | undefined;
  #ended = false;
  #pausing = false;
  readonly #cancelled = new AbortController();

  constructor(destination: Destination, pool: BufferPool) {
    assert.equal(destination.offset % BLOCK_BYTES, 0, "a destination begins at a block");
    this.#destination = destination;
    this.#pool = pool;
  }

  /** Bytes taken so far. */
  get received(): number {
    return this.#received;
  }

  /**
   * Takes one chunk. Not to be called again before a promise it returned has settled; the chunk may be reused after that.
   * @returns undefined: go on; a promise: pause until it resolves. It rejects with IntegrityError (more bytes than the destination
   *   holds; nothing of this chunk is written), LimitError NO_SPACE, another error of the write, or CancelledError after abort().
   */
  write(chunk: Uint8Array): Promise<void> | undefined {
    assert.ok(!this.#pausing, "the pump asked for a pause that has not ended");
    assert.ok(!this.#ended, "the pump was ended");
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const { length } = this.#destination;
    if (length !== undefined && this.#received + chunk.length > length) {
      this.#fail(new IntegrityError(`more than the ${length} bytes that were due came`));
      return Promise.reject(this.#failure);
    }
    this.#received += chunk.length;
    const taken = this.#take(chunk, 0);
    if (taken === chunk.length) return undefined;
    this.#pausing = true;
    return this.#takeRest(chunk, taken).finally(() => {
      this.#pausing = false;
    });
  }

  /**
   * No more chunks: writes what is left and resolves when every byte is in the file and every block was announced.
   * @throws IntegrityError when fewer bytes came than were due, and what write() throws
   */
  async end(): Promise<FetchResult> {
    assert.ok(!this.#pausing, "the pump asked for a pause that has not ended");
    assert.ok(!this.#ended, "the pump was ended");
    this.#ended = true;
    const due = this.#destination.length;
    await this.#idle();
    if (this.#failure === undefined && due !== undefined && this.#received < due)
      this.#fail(new IntegrityError(`${this.#received} of ${due} bytes came`));
    if (this.#failure === undefined && this.#filling !== undefined) {
      this.#submit(this.#filling);
      await this.#idle();
    }
    this.#dropFilling();
    if (this.#failure !== undefined) throw this.#failure;
    return { length: this.#received };
  }

  /**
   * Gives up: no block is announced any more, and a promise of write() or end() that is pending rejects. Idempotent; also fine after end().
   * @returns resolves, never rejects, once no write is under way and all buffers are given back. Await it before the fetch is
   *   reported as failed.
   */
  async abort(): Promise<void> {
    this.#fail(new CancelledError("the fetch was given up"));
    await this.#idle();
    this.#dropFilling();
  }

  /**
   * The bytes stopped coming: whole blocks that came are written and announced, so that the next try begins behind them; then as
   * abort(). The destination's last block is not among them: only end() knows that no byte follows it.
   */
  async cutOff(): Promise<void> {
    await this.#idle();
    const filling = this.#filling;
    const isLast = this.#submitted + BLOCK_BYTES === this.#destination.length;
    if (!this.#pausing && this.#failure === undefined && filling?.length === BLOCK_BYTES && !isLast) {
      this.#submit(filling);
      await this.#idle();
    }
    await this.abort();
  }

  /** Resolves when no write is under way; the end of one may begin the next. */
  async #idle(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  #fail(error: P2pfsError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#cancelled.abort(error);
    this.#dropFilling();
  }

  #dropFilling(): void {
    const filling = this.#filling;
    this.#filling = undefined;
    if (filling !== undefined) this.#pool.giveBack(filling.buffer);
  }

  /** Copies from `chunk` what fits without waiting. @returns the position reached */
  #take(chunk: Uint8Array, from: number): number {
    let position = from;
    while (position < chunk.length) {
      if (this.#filling?.length === BLOCK_BYTES) {
        if (this.#writing !== undefined) return position;
        this.#submit(this.#filling);
      }
      if (this.#filling === undefined) {
        const buffer = this.#pool.tryLend();
        if (buffer === undefined) return position;
        this.#filling = { buffer, length: 0, crc: 0 };
      }
      position += fill(this.#filling, chunk, position, this.#pool.checksum);
    }
    this.#submitEarly();
    return position;
  }

  /** Starts the write of a full block that is not the last one, so that the disk works while the next bytes travel. */
  #submitEarly(): void {
    const filling = this.#filling;
    if (filling?.length !== BLOCK_BYTES || this.#writing !== undefined) return;
    if (this.#submitted + BLOCK_BYTES !== this.#destination.length) this.#submit(filling);
  }

  async #takeRest(chunk: Uint8Array, from: number): Promise<void> {
    let position = from;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      position = this.#take(chunk, position);
      if (position === chunk.length) return;
      if (this.#writing !== undefined) {
        // Without a buffer to fill, the one that is being written is the next: waiting in the pool's line while holding one could
        // keep two fetches waiting for each other.
        this.#waitsForOwn = this.#filling === undefined;
        await this.#writing;
        this.#waitsForOwn = false;
      } else {
        const buffer = await this.#pool.lend(this.#cancelled.signal);
        if (this.#failure === undefined) this.#filling = { buffer, length: 0, crc: 0 };
        else this.#pool.giveBack(buffer);
      }
    }
  }

  /** Starts the write of the filled buffer. There is never more than one under way, so blocks are announced in order. */
  #submit(filled: Filling): void {
    assert.equal(this.#writing, undefined);
    this.#filling = undefined;
    const offset = this.#destination.offset + this.#submitted;
    this.#submitted += filled.length;
    this.#writing = this.#writeOut(filled, offset).then(() => {
      this.#writing = undefined;
      if (this.#waitsForOwn && this.#failure === undefined)
        this.#filling = { buffer: filled.buffer, length: 0, crc: 0 };
      else this.#pool.giveBack(filled.buffer);
      this.#submitEarly();
    });
  }

  async #writeOut(filled: Filling, offset: number): Promise<void> {
    try {
      const block = Math.floor(offset / BLOCK_BYTES);
      // What is here already is only compared (by onBlock): a reader may be looking at it.
      let written = this.#destination.has?.(block) === true ? filled.length : 0;
      while (written < filled.length)
        written += await writeAt(this.#destination.fd, filled.buffer, {
          from: written,
          to: filled.length,
          position: offset + written,
        });
      if (this.#failure === undefined) this.#destination.onBlock(block, filled.length, filled.crc);
    } catch (error) {
      this.#fail(asWriteError(error, "cannot write to the content file"));
    }
  }
}

/** Copies what fits and keeps the checksum. @returns bytes copied */
function fill(filling: Filling, chunk: Uint8Array, from: number, checksum: Checksum): number {
  const count = Math.min(chunk.length - from, BLOCK_BYTES - filling.length);
  const part = from === 0 && count === chunk.length ? chunk : chunk.subarray(from, from + count);
  filling.buffer.set(part, filling.length);
  filling.crc = checksum(part, filling.crc);
  filling.length += count;
  return count;
}

/** One pwrite(2). @returns bytes written, at least 1 */
function writeAt(
  fd: number,
  buffer: Buffer,
  where: { from: number; to: number; position: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    fsWrite(fd, buffer, where.from, where.to - where.from, where.position, (error, count) => {
      if (error !== null) reject(error);
      else if (count === 0) reject(new P2pfsError("IO", "the content file takes no more bytes"));
      else resolve(count);
    });
  });
}
