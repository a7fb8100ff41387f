/** Who is asked for a piece, or why nobody is. Types, and what every choice among them needs. */
import type { BookedParent, PiecePlace } from "../parent/parent-book.ts";
import type { Seed, SeedContent } from "../transport/seeds.ts";
import type { Hearing } from "./piece-trust.ts";

/** Who is asked for a piece now. */
export type Giver =
  | { readonly kind: "source" }
  | { readonly kind: "seed"; readonly seed: Seed; readonly content: SeedContent }
  | {
      readonly kind: "parent";
      readonly parent: BookedParent;
      readonly place: PiecePlace;
      /** See PieceTrust.hearing. */
      readonly hearing: Hearing;
    }
  | { readonly kind: "wait"; readonly untilMs: number };

/** Nobody is to be asked: for whom the source is forbidden. */
export interface NoGiver {
  readonly kind: "none";
  /** The end of a sentence. */
  readonly reason: string;
}

/** The place the content comes from at first. */
export const SOURCE = { kind: "source" } as const;

/** Nobody is asked until then, and then the source. */
export function untilOrSource(untilMs: number, nowMs: number): Giver {
  return nowMs < untilMs ? { kind: "wait", untilMs } : SOURCE;
}
