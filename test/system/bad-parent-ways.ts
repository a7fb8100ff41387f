/** What test/system/bad-parent.ts can do wrong, and what it is told; apart from it, for it is a program. */

/** What it does in place of sending a piece. */
export const BAD_WAYS = ["wrong-length", "wrong-number", "nothing", "one-byte-a-second", "closes"] as const;

export interface BadParentOptions {
  readonly way: (typeof BAD_WAYS)[number];
  /** HOST:PORT. */
  readonly scheduler: string;
  readonly ip: string;
  /** Id of the host that was there before, which the scheduler is told to forget. */
  readonly replaces: string;
  readonly taskId: string;
  readonly url: string;
  /** The right content. */
  readonly file: string;
  readonly pieceLength: number;
}
