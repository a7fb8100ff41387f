/**
 * One caller's hold on a task: turns bytes into blocks, remembers what is its own interest, and gives it back on close.
 */

import { orAborted } from "../../base/deadline.ts";
import { IntegrityError, InvalidInputError, UnavailableError } from "../../base/errors.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import { hasBit } from "../piece/bits.ts";
import type { PieceRecord, StoredTask } from "../storage/storage.ts";
import { formatDigest, parseDigest } from "../task/digest.ts";
import type { TaskRecord } from "../task/task-record.ts";
import type { OpenTask, OrderlyReader, Priority } from "./open-task.ts";
import type { EngineTask } from "./task.ts";
import type { Owner } from "./task-environment.ts";

export interface OpeningOptions {
  readonly disableBackToSource: boolean;
  /** "algorithm:hex": no byte is shown through this opening before the whole content was found to have them. */
  readonly anchors: readonly string[];
  /** Whether enough room is left for others when this task is kept whole. */
  readonly mayPassThrough: () => boolean;
  readonly digestOf: (stored: StoredTask, algorithm: string, signal?: AbortSignal) => Promise<string>;
}

export class Opening implements OpenTask, Owner {
  readonly disableBackToSource: boolean;
  readonly #task: EngineTask;
  readonly #options: OpeningOptions;
  /** What is shown while the anchors are not checked: nothing is present. */
  readonly #nothing: Uint8Array | undefined;
  /** Ends what the opening holds of the task, with it at the latest. */
  readonly #endings = new Set<() => void>();
  #proven: boolean;
  #proof: Promise<void> | undefined;
  #closed = false;

  /** The task must have been held for it; `close` releases it. */
  constructor(task: EngineTask, options: OpeningOptions) {
    this.#task = task;
    this.#options = options;
    this.disableBackToSource = options.disableBackToSource;
    const { anchors } = task.stored.record;
    this.#proven = options.anchors.every((anchor) => task.complete && anchors.includes(anchor));
    this.#nothing = this.#proven ? undefined : new Uint8Array(task.stored.blocks.length);
    // What was evicted would come again, and nobody would have found that it has the digest.
    if (options.anchors.length > 0) this.keepWhole();
  }

  get id(): string {
    return this.#task.id;
  }
  get record(): TaskRecord {
    return this.#task.stored.record;
  }
  get fd(): number {
    return this.#task.stored.fd;
  }
  get contentPath(): string {
    return this.#task.stored.contentPath;
  }
  get blocks(): Uint8Array {
    return this.#proven || this.#nothing === undefined ? this.#task.stored.blocks : this.#nothing;
  }
  get complete(): boolean {
    return this.#proven && this.#task.complete;
  }
  get piecesFinished(): number {
    return this.#task.stored.piecesFinished;
  }
  get isWanted(): boolean {
    return this.#task.isWanted;
  }
  get places(): ReadonlyMap<string, number> {
    return this.#task.places;
  }

  async want(
    range: { offset: number; length: number },
    priority: Priority,
    signal?: AbortSignal,
  ): Promise<void> {
    this.#assertOpen();
    if (range.offset < 0 || range.length < 0)
      throw new InvalidInputError("a range has neither a negative offset nor length");
    if (this.#proven) return this.#task.want(this, this.#blocksOf(range), priority, signal);
    await orAborted(this.#prove(), signal);
  }

  unwant(range: { offset: number; length: number }): void {
    if (!this.#closed) this.#task.unwant(this, this.#blocksOf(range));
  }

  onPiece(listener: (piece: PieceRecord) => void): () => void {
    return this.#task.onPiece(listener);
  }

  async finish(priority: Priority, signal?: AbortSignal): Promise<void> {
    this.#assertOpen();
    await this.#task.finish(this, priority, signal);
    if (!this.#proven) await orAborted(this.#prove(), signal);
  }

  finishedPieces(span?: { readonly first: number; readonly count: number }): Promise<PieceRecord[]> {
    const { stored } = this.#task;
    const { first, count } = span ?? { first: 0, count: stored.pieceCount };
    const length = Math.max(0, Math.min(count, stored.pieceCount - first));
    const numbers = Array.from({ length }, (_, index) => first + index).filter((number) =>
      stored.hasPiece(number),
    );
    return stored.pieceRecords(numbers);
  }

  async verify(digest: string, signal?: AbortSignal): Promise<void> {
    this.#assertOpen();
    const wanted = parseDigest(digest);
    const actual = await this.#options.digestOf(this.#task.stored, wanted.algorithm, signal);
    if (actual !== formatDigest(wanted))
      throw new IntegrityError(
        `the content's digest is ${actual}, but ${formatDigest(wanted)} was asked for`,
      );
  }

  hold(range: { offset: number; length: number }): () => void {
    this.#assertOpen();
    const blocks = this.#blocksOf(range);
    this.#task.evictions.read(blocks);
    return this.#task.stored.hold(blocks);
  }

  keepBlock(block: number): { crc32(): Promise<number | undefined>; release(): void } | undefined {
    this.#assertOpen();
    const { stored, evictions } = this.#task;
    if (!hasBit(this.blocks, block)) return undefined;
    evictions.read({ start: block, end: block + 1 });
    return { crc32: () => stored.keptCrc(block), release: stored.hold({ start: block, end: block + 1 }) };
  }

  isBusyFarFrom(block: number): boolean {
    return !hasBit(this.blocks, block) && this.#task.isBusyFarFrom(block);
  }

  wasRead(range: { offset: number; length: number }): void {
    if (!this.#closed) this.#task.evictions.read(this.#blocksOf(range));
  }

  keepWhole(): () => void {
    this.#assertOpen();
    return this.#untilClose(this.#task.evictions.keepWhole());
  }

  passThrough(): (() => void) | undefined {
    if (!this.complete || !(this.#task.evictions.isKept || this.#options.mayPassThrough())) return undefined;
    return this.keepWhole();
  }

  addDrain(drain: () => Promise<void>): () => void {
    this.#assertOpen();
    return this.#untilClose(this.#task.stored.addDrain(drain));
  }

  follow(readers: () => readonly OrderlyReader[]): void {
    this.#assertOpen();
    const end = this.#task.evictions.follow(() =>
      readers().map(({ start, at, aheadEnd }) => ({
        start: Math.floor(start / BLOCK_BYTES),
        at: Math.floor(at / BLOCK_BYTES),
        aheadEnd: Math.ceil(aheadEnd / BLOCK_BYTES),
      })),
    );
    this.#untilClose(end);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const end of this.#endings) end();
    this.#endings.clear();
    this.#task.release(this);
  }

  /** Fetches everything and checks it, once, for as long as this is open, whoever gives up waiting for it. */
  #prove(): Promise<void> {
    this.#proof ??= this.#fetchAndCheck().catch((error: unknown) => {
      // What failed for want of the origin may be tried again; wrong bytes stay wrong.
      if (!(error instanceof IntegrityError)) this.#proof = undefined;
      throw error;
    });
    // Each waiter hears of a failure by himself.
    this.#proof.catch(() => {});
    return this.#proof;
  }

  async #fetchAndCheck(): Promise<void> {
    for (;;) {
      await this.#task.finish(this, "copy");
      const wrong = await this.#wrongAnchor();
      if (wrong === undefined) break;
      // What a peer gave may be wrong where the source is right; what the source gave is what there is.
      if (!(await this.#task.distrustPeers())) throw wrong;
    }
    this.#proven = true;
  }

  async #wrongAnchor(): Promise<IntegrityError | undefined> {
    for (const anchor of this.#options.anchors) {
      if (this.record.anchors.includes(anchor)) continue;
      try {
        await this.verify(anchor);
      } catch (error) {
        if (error instanceof IntegrityError) return error;
        throw error;
      }
    }
    return undefined;
  }

  #untilClose(end: () => void): () => void {
    this.#endings.add(end);
    return () => {
      this.#endings.delete(end);
      end();
    };
  }

  #assertOpen(): void {
    if (this.#closed) throw new UnavailableError("the task was closed", {}, "CLOSED");
  }

  #blocksOf(range: { offset: number; length: number }): { start: number; end: number } {
    const end = Math.min(range.offset + range.length, this.record.contentLength);
    return { start: Math.floor(range.offset / BLOCK_BYTES), end: Math.ceil(end / BLOCK_BYTES) };
  }
}
