/**
 * One caller's hold on a task: turns bytes into blocks, remembers what is its own interest, and gives it back on close.
 */
import { IntegrityError, InvalidInputError, UnavailableError } from "../../base/errors.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import type { PieceRecord, StoredTask } from "../storage/storage.ts";
import { formatDigest, parseDigest } from "../task/digest.ts";
import type { TaskRecord } from "../task/task-record.ts";
import type { OpenTask, Priority } from "./open-task.ts";
import type { EngineTask, Owner } from "./task.ts";

export interface OpeningOptions {
  readonly disableBackToSource: boolean;
  readonly digestOf: (stored: StoredTask, algorithm: string, signal?: AbortSignal) => Promise<string>;
}

export class Opening implements OpenTask, Owner {
  readonly disableBackToSource: boolean;
  readonly #task: EngineTask;
  readonly #options: OpeningOptions;
  #closed = false;

  /** The task must have been held for it; `close` releases it. */
  constructor(task: EngineTask, options: OpeningOptions) {
    this.#task = task;
    this.#options = options;
    this.disableBackToSource = options.disableBackToSource;
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
    return this.#task.stored.blocks;
  }
  get complete(): boolean {
    return this.#task.complete;
  }
  get piecesFinished(): number {
    return this.#task.stored.piecesFinished;
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
    await this.#task.want(this, this.#blocksOf(range), priority, signal);
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
  }

  finishedPieces(): Promise<PieceRecord[]> {
    const { stored } = this.#task;
    const numbers = Array.from({ length: stored.pieceCount }, (_, number) => number).filter((number) =>
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

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#task.release(this);
  }

  #assertOpen(): void {
    if (this.#closed) throw new UnavailableError("the task was closed", {}, "CLOSED");
  }

  #blocksOf(range: { offset: number; length: number }): { start: number; end: number } {
    const end = Math.min(range.offset + range.length, this.record.contentLength);
    return { start: Math.floor(range.offset / BLOCK_BYTES), end: Math.ceil(end / BLOCK_BYTES) };
  }
}
