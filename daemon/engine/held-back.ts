/** Pieces that are not fetched yet, because a parent may have them soon; each until a time, or until something changes. */
import type { Clock, Timer } from "../../base/clock.ts";

export class HeldBack {
  readonly #clock: Clock;
  readonly #kick: () => void;
  /** Piece → monotonic ms. */
  readonly #until = new Map<number, number>();
  #timer: Timer | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #kicking: Timer | undefined;

  /** @param kick called when some piece is held back no longer */
  constructor(clock: Clock, kick: () => void) {
    this.#clock = clock;
    this.#kick = kick;
  }

  has(piece: number): boolean {
    return this.#until.has(piece);
  }

  /** @param untilMs monotonic */
  until(piece: number, untilMs: number): void {
    this.#until.set(piece, untilMs);
    this.#plan(untilMs);
  }

  /** A piece may be had now, or any. What comes in one go is looked at once. */
  readonly release = (piece?: number): void => {
    if (piece === undefined) this.#until.clear();
    else this.#until.delete(piece);
    this.#kicking ??= this.#clock.schedule(1, () => {
      this.#kicking = undefined;
      this.#kick();
    });
  };

  /** Somebody more impatient wants these pieces: whoever asks next decides anew. */
  lift(pieces: { readonly first: number; readonly last: number }): void {
    if (this.#until.size === 0) return;
    for (let piece = pieces.first; piece <= pieces.last; piece++) this.#until.delete(piece);
  }

  close(): void {
    this.#timer?.cancel();
    this.#kicking?.cancel();
    this.#until.clear();
  }

  /** Those whose time has come are asked about anew; of a large file there may be thousands that are still to wait. */
  #due(): void {
    const nowMs = this.#clock.monotonicMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [piece, untilMs] of this.#until) {
      if (untilMs <= nowMs) this.#until.delete(piece);
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
