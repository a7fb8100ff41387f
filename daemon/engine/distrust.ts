/**
 * What follows when the whole of a task has not the digest it should, although every piece had the one its parent told: somebody
 * holds other bytes. What came from peers is given up, the source is asked for all, and whose pieces differ is named.
 */
import type { Logger } from "../../base/logger.ts";
import type { PieceRecord, StoredTask } from "../storage/storage.ts";

export class Distrust {
  readonly #stored: StoredTask;
  readonly #log: Logger;
  /** Pieces that peers gave, until they have come from the source. */
  readonly #suspects = new Map<number, PieceRecord>();
  readonly #named = new Set<string>();
  #begun = false;

  constructor(stored: StoredTask, log: Logger) {
    this.#stored = stored;
    this.#log = log;
  }

  /** Peers are not asked any more. */
  get isOn(): boolean {
    return this.#begun;
  }

  /** Discards the content. @returns false when that was done before, or when no peer gave anything: then the source is to blame */
  async begin(): Promise<boolean> {
    const { record, pieceCount } = this.#stored;
    if (this.#begun || record.bytesFromPeers === 0) return false;
    this.#begun = true;
    const all = Array.from({ length: pieceCount }, (_, piece) => piece);
    for (const piece of await this.#stored.pieceRecords(all))
      if (piece.parentId !== undefined) this.#suspects.set(piece.number, piece);
    this.#log.warn({ taskId: record.id, suspects: this.#suspects.size }, "peers-distrusted");
    await this.#stored.discard(0, record.contentLength);
    return true;
  }

  /** A piece came from the source. */
  finished({ number, digest }: PieceRecord): void {
    const suspect = this.#suspects.get(number);
    if (suspect === undefined) return;
    this.#suspects.delete(number);
    if (suspect.digest === digest) return;
    const { parentId = "" } = suspect;
    if (this.#named.has(parentId)) return;
    this.#named.add(parentId);
    const reason = `it gave the digest ${suspect.digest} with other bytes than the source's, ${digest}`;
    this.#log.warn({ taskId: this.#stored.record.id, piece: number, parentId, reason }, "parent-dropped");
  }
}
