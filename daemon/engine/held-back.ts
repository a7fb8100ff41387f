/** Pieces that are not fetched yet, because a parent may have them soon; each until a time, or until something changes. */
import type { Clock, Timer } from "../../base/clock.ts";
import { hasBit } from "../piece/bits.ts";

export class HeldBack {
  /** Bit per piece that is held back; see daemon/piece/bits.ts. Of a large file there may be thousands, looked through with each fetch. */
  readonly pieces: Uint8Array;
  readonly #clock: Clock;
  readonly #kick: () => void;
  /** Piece → monotonic ms. */
  readonly #until = new Map<number, number>();
  #timer: Timer | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #kicking: Timer | undefined;

  /** @param kick called when some piece is held back no longer */
  constructor(clock: Clock, pieceCount: number, kick: () => void) {
    this.#clock = clock;
    this.pieces = new Uint8Array(Math.ceil(pieceCount / 8));
    this.#kick = kick;
  }

  has(piece: number): boolean {
    return hasBit(this.pieces, piece);
  }

  /** @param untilMs monotonic */
  until(piece: number, untilMs: number): void {
    this.#until.set(piece, untilMs);
    this.pieces[piece >> 3] = (this.pieces[piece >> 3] ?? 0) | (1 << (piece & 7));
    this.#plan(untilMs);
  }

  /** A piece may be had now, or any. What comes in one go is looked at once. */
  readonly release = (piece?: number): void => {
    if (piece === undefined) this.#clear();
    else this.#delete(piece);
    this.#kicking ??= this.#clock.schedule(1, () => {
      this.#kicking = undefined;
      this.#kick();
    });
  };

  /** Somebody more impatient wants these pieces: whoever asks next decides anew. */
  lift(pieces: { readonly first: number; readonly last: number }): void {
    if (this.#until.size === 0) return;
    for (let piece = pieces.first; piece <= pieces.last; piece++) this.#delete(piece);
  }

  close(): void {
    this.#timer?.cancel();
    this.#kicking?.cancel();
    this.#clear();
  }

  #delete(piece: number): void {
    if (this.#until.delete(piece))
      this.pieces[piece >> 3] = (this.pieces[piece >> 3] ?? 0) & ~(1 << (piece & 7));
  }

  #clear(): void {
    this.#until.clear();
    this.pieces.fill(0);
  }

  /** Those whose time has come are asked about anew; of a large file there may be thousands that are still to wait. */
  #due(): void {
    const nowMs = this.#clock.monotonicMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [piece, untilMs] of this.#until) {
      if (untilMs <= nowMs) this.#delete(piece);
      else nextMs = Math.min(nextMs, untilMs);
    }
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#plan(nextMs);
    this.#kick();
  }

  #plan(dueMs: number): void {
    if (dueMs >= this.#dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    const waitMs = Math.max(1, dueMs - this.#clock.monotonicMs());
    this.#timer = this.#clock.schedule(waitMs, () => this.#due());
  }
}
