/**
 * One opening of a task: what its holder sees of the content that all openings share. Once closed it refuses its descriptor and
 * every change.
 */
import { UnavailableError } from "../../base/errors.ts";
import type { TaskRecord } from "../task/task-record.ts";
import type { PieceRecord, StoredTask, TaskUpdate } from "./storage.ts";
import type { IndexSpan, TaskContent } from "./task-content.ts";

export class TaskOpening implements StoredTask {
  readonly #content: TaskContent;
  #closing: Promise<void> | undefined;

  constructor(content: TaskContent) {
    this.#content = content;
  }

  get record(): TaskRecord {
    return this.#content.record;
  }
  get fd(): number {
    // After the close its number may name another file.
    return this.#open().fd;
  }
  get contentPath(): string {
    return this.#content.path;
  }
  get blocks(): Uint8Array {
    return this.#content.blocks.bytes;
  }
  get pieces(): Uint8Array {
    return this.#content.pieces.bytes;
  }
  get blockCount(): number {
    return this.#content.blocks.length;
  }
  get pieceCount(): number {
    return this.#content.pieces.length;
  }
  get blocksPresent(): number {
    return this.#content.blocks.setCount;
  }
  get piecesFinished(): number {
    return this.#content.pieces.setCount;
  }
  get deleted(): boolean {
    return this.#content.deleted;
  }
  hasBlock(block: number): boolean {
    return this.#content.blocks.has(block);
  }
  hasPiece(piece: number): boolean {
    return this.#content.pieces.has(piece);
  }
  blockCrc(block: number): number | undefined {
    return this.#content.blockCrc(block);
  }
  async keptCrc(block: number): Promise<number | undefined> {
    const content = this.#open();
    return content.track(content.keptCrc(block));
  }
  setBlock(block: number, crc: number): void {
    this.#open().setBlock(block, crc);
  }
  async finishPiece(piece: number, from: { parentId?: string; costMs: number }): Promise<PieceRecord> {
    const content = this.#open();
    return content.track(content.finishPiece(piece, from));
  }
  async pieceRecords(numbers: readonly number[]): Promise<PieceRecord[]> {
    const content = this.#open();
    return content.track(content.pieceRecords(numbers));
  }
  async discard(offset: number, length: number): Promise<void> {
    const content = this.#open();
    return content.track(content.discard(offset, length));
  }
  hold(blocks: IndexSpan): () => void {
    return this.#open().hold(blocks);
  }
  isHeld(block: number): boolean {
    return this.#content.isHeld(block);
  }
  addDrain(drain: () => Promise<void>): () => void {
    return this.#open().addDrain(drain);
  }
  async evict(blocks: IndexSpan): Promise<number> {
    const content = this.#open();
    return content.track(content.evict(blocks));
  }
  update(fields: TaskUpdate): void {
    this.#open().update(fields);
  }
  async sync(): Promise<void> {
    const content = this.#open();
    return content.track(content.marks.sync());
  }
  close(): Promise<void> {
    this.#closing ??= this.#content.release();
    return this.#closing;
  }

  #open(): TaskContent {
    if (this.#closing !== undefined)
      throw new UnavailableError("this opening of the task is closed", {}, "CLOSED");
    return this.#content;
  }
}
