/**
 * Decides what to read ahead: pure bookkeeping of the sequential streams of one inode and of the budget all inodes
 * share. Streams are matched by offset, not by handle, because several processes may share one descriptor and one
 * process may read one file at many places. Fetches nothing: what it advises is carried out by read-ahead.ts.
 */
import { strict as assert } from "node:assert";
import {
  READ_AHEAD_BYTES_MAX,
  READ_AHEAD_WINDOW_BYTES_MAX,
  READ_SEQUENTIAL_BYTES_MIN,
  READ_STREAM_BACKWARD_BYTES,
  READ_STREAM_BYTES_PASSED_MAX,
  READ_STREAM_FORWARD_BYTES,
  READ_STREAM_IDLE_MS,
  READ_STREAMS_PER_INODE,
  READER_GOES_ON_MS,
} from "../base/limits.ts";

import type { OrderlyReader } from "./content-source.ts";

/** A stretch of a file, bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** One sequential reader as it looks from its offsets. */
export interface ReadStream {
  /** Where it was first seen. */
  readonly start: number;
  /** End of the furthest byte it read. */
  frontier: number;
  /** Bytes it read that nobody of this stream had read before: what went forward. */
  progressBytes: number;
  reads: number;
  /** Current size of its window; 0 until it is sequential. */
  windowBytes: number;
  /** End of what is wanted ahead; at most `frontier` when nothing is. */
  aheadEnd: number;
  /** No read-ahead before the frontier is here: the last one failed. */
  retryFrom: number;
  lastReadMs: number;
  /** Handles that read in it. */
  readonly readers: Set<number>;
  readonly inode: ReadWindows;
}

/** A stretch to want now, and the stream it is for. */
export interface ReadAdvice {
  readonly range: ByteRange;
  readonly stream: ReadStream;
}

/** Bytes that windows may cover together, shared by all inodes (and all mounts, if they are given the same one). */
export class ReadAheadBudget {
  readonly idleMs: number;
  readonly #bytesMax: () => number;
  /** Streams with a window, least recently read first. */
  readonly #streams = new Set<ReadStream>();

  /**
   * @param bytesMax the bound, or what tells it
   * @param idleMs time without a read after which a window may be taken away for another
   */
  constructor(
    bytesMax: number | (() => number) = READ_AHEAD_BYTES_MAX,
    idleMs: number = READ_STREAM_IDLE_MS,
  ) {
    this.#bytesMax = typeof bytesMax === "number" ? () => bytesMax : bytesMax;
    this.idleMs = idleMs;
  }

  get bytesMax(): number {
    return this.#bytesMax();
  }

  /** Bytes ahead of their readers, all streams together. */
  get usedBytes(): number {
    let used = 0;
    for (const stream of this.#streams) used += coveredBytes(stream);
    return used;
  }

  /** What one stream may cover now: an equal share, so that many readers do not take windows from each other in turn. */
  shareBytes(stream: ReadStream): number {
    const count = this.#streams.size + (this.#streams.has(stream) ? 0 : 1);
    return Math.floor(this.bytesMax / count);
  }

  /** Notes that the stream is being read; the order decides whose window goes first. */
  touch(stream: ReadStream): void {
    if (this.#streams.delete(stream)) this.#streams.add(stream);
  }

  admit(stream: ReadStream): void {
    this.#streams.add(stream);
  }

  dismiss(stream: ReadStream): void {
    this.#streams.delete(stream);
  }

  /**
   * Bytes free for the stream, up to `bytes`. When there are fewer, streams that nobody reads lose their windows first.
   */
  reserve(stream: ReadStream, bytes: number, nowMs: number): number {
    let free = this.bytesMax - this.usedBytes;
    for (const other of this.#streams) {
      if (free >= bytes || nowMs - other.lastReadMs < this.idleMs) break;
      if (other === stream) continue;
      free += coveredBytes(other);
      other.inode.surrender(other);
    }
    return Math.max(0, Math.min(free, bytes));
  }
}

function coveredBytes(stream: ReadStream): number {
  return Math.max(0, stream.aheadEnd - stream.frontier);
}

function aheadOf(stream: ReadStream): ByteRange | undefined {
  const length = coveredBytes(stream);
  return length === 0 ? undefined : { offset: stream.frontier, length };
}

/** The streams of one inode's content. Made when content is opened that is not complete. */
export class ReadWindows {
  readonly #sizeBytes: number;
  readonly #pieceBytes: number;
  readonly #budget: ReadAheadBudget;
  readonly #drop: (range: ByteRange) => void;
  readonly #streams = new Set<ReadStream>();

  /**
   * @param pieceBytes grain of whole fetches: the first window, and what windows end at
   * @param drop called for stretches that nobody reads towards any more
   */
  constructor(options: {
    sizeBytes: number;
    pieceBytes: number;
    budget: ReadAheadBudget;
    drop: (range: ByteRange) => void;
  }) {
    assert(options.pieceBytes > 0);
    this.#sizeBytes = options.sizeBytes;
    this.#pieceBytes = options.pieceBytes;
    this.#budget = options.budget;
    this.#drop = options.drop;
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  /** Those who go through the file in order and are expected to go on. */
  readers(nowMs: number): OrderlyReader[] {
    const orderly = [...this.#streams].filter(
      (stream) => isSequential(stream) && nowMs - stream.lastReadMs < READER_GOES_ON_MS,
    );
    return orderly.map(({ start, frontier, aheadEnd }) => ({ start, at: frontier, aheadEnd }));
  }

  /** Notes a read and says what to want ahead. The read itself is the caller's to want, at demand. */
  observe(reader: number, range: ByteRange, nowMs: number): ReadAdvice | undefined {
    const end = range.offset + range.length;
    const stream = this.#match(range.offset);
    if (stream === undefined) {
      this.#begin(reader, range, nowMs);
      return undefined;
    }
    // The least recently read comes first: it is the one to forget.
    this.#streams.delete(stream);
    this.#streams.add(stream);
    this.#budget.touch(stream);
    stream.readers.add(reader);
    stream.reads += 1;
    stream.lastReadMs = nowMs;
    if (end > stream.frontier) {
      stream.progressBytes += end - Math.max(range.offset, stream.frontier);
      stream.frontier = end;
    }
    return isSequential(stream) ? this.#advance(stream, nowMs) : undefined;
  }

  /** The stream's read-ahead failed: the next try waits until its reader has come a piece further. */
  failed(stream: ReadStream): void {
    stream.retryFrom = stream.frontier + this.#pieceBytes;
    stream.windowBytes = 0;
    stream.aheadEnd = stream.frontier;
    this.#budget.dismiss(stream);
  }

  /** A handle was closed: what only it was reading towards is dropped. */
  leave(reader: number): void {
    for (const stream of [...this.#streams]) {
      if (stream.readers.delete(reader) && stream.readers.size === 0) this.#end(stream);
    }
  }

  /** The budget takes the stream's window for another; it goes on as one without a window. */
  surrender(stream: ReadStream): void {
    for (const range of this.#exclusive(stream)) this.#drop(range);
    stream.windowBytes = 0;
    stream.aheadEnd = stream.frontier;
    this.#budget.dismiss(stream);
  }

  /** What the stream's window covers and no other stream of the inode does. */
  #exclusive(stream: ReadStream): ByteRange[] {
    const ahead = aheadOf(stream);
    if (ahead === undefined) return [];
    let left = [ahead];
    for (const other of this.#streams) {
      if (other === stream) continue;
      const covered = aheadOf(other);
      if (covered !== undefined) left = left.flatMap((range) => without(range, covered));
    }
    return left;
  }

  #match(offset: number): ReadStream | undefined {
    let best: ReadStream | undefined;
    let bestGap = Number.POSITIVE_INFINITY;
    for (const stream of this.#streams) {
      const gap = offset - stream.frontier;
      if (gap > READ_STREAM_FORWARD_BYTES || gap < -READ_STREAM_BACKWARD_BYTES) continue;
      if (Math.abs(gap) < bestGap) {
        best = stream;
        bestGap = Math.abs(gap);
      }
    }
    return best;
  }

  #begin(reader: number, range: ByteRange, nowMs: number): void {
    if (this.#streams.size >= READ_STREAMS_PER_INODE) this.#forgetOne();
    const end = range.offset + range.length;
    this.#streams.add({
      start: range.offset,
      frontier: end,
      progressBytes: range.length,
      reads: 1,
      windowBytes: 0,
      aheadEnd: end,
      retryFrom: 0,
      lastReadMs: nowMs,
      readers: new Set([reader]),
      inode: this,
    });
  }

  /** Scattered reads must not push out a stream that goes on: those without a window are forgotten first. */
  #forgetOne(): void {
    let victim: ReadStream | undefined;
    for (const stream of this.#streams) {
      victim ??= stream;
      if (stream.windowBytes === 0) {
        victim = stream;
        break;
      }
    }
    if (victim !== undefined) this.#end(victim);
  }

  #end(stream: ReadStream): void {
    this.surrender(stream);
    this.#streams.delete(stream);
  }

  #advance(stream: ReadStream, nowMs: number): ReadAdvice | undefined {
    if (stream.frontier < stream.retryFrom || stream.aheadEnd >= this.#sizeBytes) return undefined;
    if (coveredBytes(stream) > stream.windowBytes / 2) return undefined;
    const grown = stream.windowBytes === 0 ? this.#pieceBytes : stream.windowBytes * 2;
    const share = Math.max(this.#pieceBytes, this.#budget.shareBytes(stream));
    const windowBytes = Math.min(grown, READ_AHEAD_WINDOW_BYTES_MAX, share);
    const from = Math.max(stream.aheadEnd, stream.frontier);
    const to = Math.min(this.#sizeBytes, this.#pieceEnd(stream.frontier + windowBytes));
    if (to <= from) return undefined;
    const bytes = this.#budget.reserve(stream, to - from, nowMs);
    const end = bytes < to - from ? Math.floor((from + bytes) / this.#pieceBytes) * this.#pieceBytes : to;
    if (end <= from) return undefined;
    stream.windowBytes = windowBytes;
    stream.aheadEnd = end;
    this.#budget.admit(stream);
    return { range: { offset: from, length: end - from }, stream };
  }

  /** The piece boundary nearest to the position: windows end with pieces, and the first is about one piece. */
  #pieceEnd(position: number): number {
    return Math.max(1, Math.round(position / this.#pieceBytes)) * this.#pieceBytes;
  }
}

/** Moved on far enough, in more than one read, and read a fair part of what it passed. */
function isSequential(stream: ReadStream): boolean {
  return (
    stream.reads >= 2 &&
    stream.progressBytes >= READ_SEQUENTIAL_BYTES_MIN &&
    stream.progressBytes * READ_STREAM_BYTES_PASSED_MAX >= stream.frontier - stream.start
  );
}

/** The parts of `range` outside `hole`. */
function without(range: ByteRange, hole: ByteRange): ByteRange[] {
  const end = range.offset + range.length;
  const holeEnd = hole.offset + hole.length;
  if (holeEnd <= range.offset || hole.offset >= end) return [range];
  const parts: ByteRange[] = [];
  if (range.offset < hole.offset) parts.push({ offset: range.offset, length: hole.offset - range.offset });
  if (holeEnd < end) parts.push({ offset: holeEnd, length: end - holeEnd });
  return parts;
}
