/** The order in which a download tells its pieces: as they finish, each once, and all that came before a failure. Pure. */
import type { PieceSpan } from "../task/piece-length.ts";
import type { FinishedPiece } from "./messages.ts";

/** A finished piece that is to be told. */
export interface QueuedPiece {
  readonly piece: FinishedPiece;
  /** It was here before the download began. */
  readonly local: boolean;
}

/** Finished pieces of a span on their way to the client, each once; bounded by the span. */
export class PieceQueue {
  readonly #span: PieceSpan;
  readonly #seen = new Set<number>();
  readonly #pieces: QueuedPiece[] = [];
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(span: PieceSpan) {
    this.#span = span;
  }

  /** Every piece of the span has come. */
  get complete(): boolean {
    return this.#seen.size === this.#span.count;
  }

  add(piece: FinishedPiece, local: boolean): void {
    const { first, count } = this.#span;
    if (piece.number < first || piece.number >= first + count || this.#seen.has(piece.number)) return;
    this.#seen.add(piece.number);
    this.#pieces.push({ piece, local });
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  /**
   * The next piece; undefined after the last. Pieces that came before a failure are told before it.
   * @throws what `fail` was given
   */
  async next(): Promise<QueuedPiece | undefined> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) return piece;
      if (this.complete) return undefined;
      if (this.#failure !== undefined) throw this.#failure.error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
