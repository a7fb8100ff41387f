/**
 * Records of finished pieces that were finished or asked about last: each is told to every child and to whoever copies, and would
 * be read from two files for each of them.
 */
import { PIECE_RECORDS_KEPT_MAX } from "../../base/limits.ts";
import type { PieceRecord } from "./storage.ts";

export class RecentRecords {
  /** The longest unused first. */
  readonly #records = new Map<number, PieceRecord>();
  #drops = 0;

  get(piece: number): PieceRecord | undefined {
    return this.#records.get(piece);
  }

  /** How often a piece was dropped: who reads a record keeps it only if this is as it was before. */
  get drops(): number {
    return this.#drops;
  }

  keep(record: PieceRecord): void {
    this.#records.delete(record.number);
    this.#records.set(record.number, record);
    const [oldest] = this.#records.keys();
    if (this.#records.size > PIECE_RECORDS_KEPT_MAX && oldest !== undefined) this.#records.delete(oldest);
  }

  /** The piece is finished no more. */
  drop(piece: number): void {
    this.#records.delete(piece);
    this.#drops += 1;
  }
}
