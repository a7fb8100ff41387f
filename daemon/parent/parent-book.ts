/**
 * The parents of one task: which pieces each has announced, how each has fared, and whom to ask for a piece. Pure
 * bookkeeping: times and chance are handed in. Listening, fetching and the scheduler are the engine's business.
 */
import {
  ANNOUNCE_GATHER_MS,
  PARENT_FETCHES_MAX,
  PARENT_NEWS_MS,
  PARENT_PATIENCE_MS,
  PARENT_REFUSALS_MAX,
  PARENT_REFUSED_REST_MS,
  PARENT_REFUSED_REST_MS_MAX,
  SPARED_LOOKS_MAX,
  SPARED_PARENT_FETCHES_MAX,
} from "../../base/limits.ts";

/** A parent as its scheduler gives it. */
export interface BookedParent {
  readonly peerId: string;
  readonly hostId: string;
  /** Bits a second it could send now besides what it sends; 0: unknown. */
  readonly freeRate: () => number;
}

/** Where a piece of a parent may be fetched. */
export interface PiecePlace {
  readonly ip: string;
  readonly port: number;
  /** TLS may be spoken there. */
  readonly offersTls?: boolean;
}

/** What to do about a piece now. */
export type PieceChoice =
  | { readonly kind: "parent"; readonly parent: BookedParent; readonly place: PiecePlace }
  /** Somebody may have it soon: ask again then. */
  | { readonly kind: "wait"; readonly untilMs: number }
  /** Nobody has it, or is likely to in time. */
  | { readonly kind: "source" };

/** How long a want may wait for parents that do not have the piece yet. */
export type Patience = keyof typeof PARENT_PATIENCE_MS;

interface Entry {
  readonly parent: BookedParent;
  readonly pieces: Map<number, PiecePlace>;
  /** Announced once, and not there any more: not waited for. */
  readonly lacking: Set<number>;
  /** It may announce more. */
  listening: boolean;
  /** Pieces being fetched from it. */
  fetching: number;
  /** When it announced a piece last. */
  heardMs: number;
  /** It has refused a piece so often since it gave one, and is not asked until then. */
  refusals: number;
  restsUntilMs: number;
}

/** Weight of a parent whose bandwidth nobody knows, bits a second (Dragonfly's own default). */
const UNKNOWN_RATE = 10_000_000_000;

export class ParentBook {
  readonly #parents = new Map<string, Entry>();
  /** Dropped once, never asked again for this task. */
  readonly #dropped = new Set<string>();
  /** Piece → when somebody first announced it. */
  readonly #announced = new Map<number, number>();
  /** Piece → when it was first asked for and nobody had it. */
  readonly #askedMs = new Map<number, number>();
  /** When any piece was announced last. */
  #heardMs = Number.NEGATIVE_INFINITY;

  /** Parents that are not dropped. */
  get size(): number {
    return this.#parents.size;
  }

  /** Whether some parent may still announce something. */
  get isListening(): boolean {
    return [...this.#parents.values()].some(({ listening }) => listening);
  }

  /** Whether some parent may still give or announce something. */
  get isAlive(): boolean {
    for (const entry of this.#parents.values()) if (entry.listening || entry.pieces.size > 0) return true;
    return false;
  }

  /** Whether a parent would be a new one: neither known nor dropped. */
  isNew(peerId: string): boolean {
    return !this.#dropped.has(peerId) && !this.#parents.has(peerId);
  }

  /** Peers of a host. */
  peersOf(hostId: string): string[] {
    return [...this.#parents.values()]
      .filter(({ parent }) => parent.hostId === hostId)
      .map(({ parent }) => parent.peerId);
  }

  /** Takes a new parent in. */
  add(parent: BookedParent): void {
    this.#parents.set(parent.peerId, {
      parent,
      pieces: new Map(),
      lacking: new Set(),
      listening: true,
      fetching: 0,
      heardMs: Number.NEGATIVE_INFINITY,
      refusals: 0,
      restsUntilMs: Number.NEGATIVE_INFINITY,
    });
  }

  announce(peerId: string, piece: number, place: PiecePlace, nowMs: number): void {
    const entry = this.#parents.get(peerId);
    if (entry === undefined) return;
    if (!entry.pieces.has(piece)) {
      this.#heardMs = nowMs;
      entry.heardMs = nowMs;
    }
    entry.pieces.set(piece, place);
    entry.lacking.delete(piece);
    if (!this.#announced.has(piece)) this.#announced.set(piece, nowMs);
    this.#askedMs.delete(piece);
  }

  /** It has told all it will; what it announced stays to be had. */
  silent(peerId: string): void {
    const entry = this.#parents.get(peerId);
    if (entry !== undefined) entry.listening = false;
  }

  /** It erred, stalled or lied: it is not asked again. @returns whether it was known */
  drop(peerId: string): boolean {
    this.#dropped.add(peerId);
    return this.#parents.delete(peerId);
  }

  /**
   * It took no question, although it is there and tells of its pieces: it has too much to do, and rests, longer each time.
   * @returns false when it has done so too often, or is not there: then it is to be dropped
   */
  refused(peerId: string, nowMs: number): boolean {
    const entry = this.#parents.get(peerId);
    if (entry === undefined || !entry.listening) return false;
    // Several questions at once are refused at once.
    if (nowMs < entry.restsUntilMs) return true;
    const restMs = Math.min(PARENT_REFUSED_REST_MS * 2 ** entry.refusals, PARENT_REFUSED_REST_MS_MAX);
    entry.refusals += 1;
    entry.restsUntilMs = nowMs + restMs;
    return entry.refusals <= PARENT_REFUSALS_MAX;
  }

  /** It gave a piece. */
  gave(peerId: string): void {
    const entry = this.#parents.get(peerId);
    if (entry !== undefined) entry.refusals = 0;
  }

  /** It lacks a piece that it had announced. */
  lacks(peerId: string, piece: number): void {
    const entry = this.#parents.get(peerId);
    if (entry?.pieces.delete(piece)) entry.lacking.add(piece);
  }

  /** A fetch from it begins. @returns ends it; idempotent */
  begin(peerId: string): () => void {
    const entry = this.#parents.get(peerId);
    if (entry === undefined) return () => {};
    entry.fetching += 1;
    let ended = false;
    return () => {
      if (!ended) entry.fetching -= 1;
      ended = true;
    };
  }

  /**
   * Whom to ask for a piece. Among those who have it one is drawn by free bandwidth; until all who still speak have
   * announced it, or a short while has passed, others are waited for, so that the load spreads. A copy takes little of each
   * parent while others may get the piece.
   * @param random in [0, 1)
   */
  choose(piece: number, patience: Patience, now: { ms: number; random: number }): PieceChoice {
    const holders = [...this.#parents.values()].filter(
      (entry) => entry.pieces.has(piece) && entry.restsUntilMs <= now.ms,
    );
    if (holders.length === 0) return this.#without(piece, patience, now.ms);
    const others = [...this.#parents.values()].filter((entry) => entry.listening && !entry.pieces.has(piece));
    // Who has the piece is left to those who have nobody else: what they get from it, others have from them.
    const spares = patience === "copy" && others.some(({ heardMs }) => now.ms - heardMs < PARENT_NEWS_MS);
    const fetchesMax = spares ? SPARED_PARENT_FETCHES_MAX : PARENT_FETCHES_MAX;
    const free = holders.filter(({ fetching }) => fetching < fetchesMax);
    if (free.length === 0) {
      // All who have it are busy: one of their pieces ends soon. Of spared parents there may be thousands: not all are asked about at once.
      const isSpared = holders.some(({ fetching }) => fetching < PARENT_FETCHES_MAX);
      const looks = isSpared ? 1 + Math.floor(now.random * SPARED_LOOKS_MAX) : 1;
      return { kind: "wait", untilMs: now.ms + looks * ANNOUNCE_GATHER_MS };
    }
    const gatheredMs = (this.#announced.get(piece) ?? now.ms) + ANNOUNCE_GATHER_MS;
    if (others.length > 0 && patience !== "demand" && now.ms < gatheredMs)
      return { kind: "wait", untilMs: gatheredMs };
    return choiceOf(drawn(free, now.random), piece);
  }

  #without(piece: number, patience: Patience, nowMs: number): PieceChoice {
    const mayCome = [...this.#parents.values()].some((entry) => entry.listening && !entry.lacking.has(piece));
    if (!mayCome) return { kind: "source" };
    const askedMs = this.#askedMs.get(piece) ?? nowMs;
    this.#askedMs.set(piece, askedMs);
    // Whom nobody waits for goes to the source only when nothing moves: parents that still get pieces get this one as well.
    const sinceMs = patience === "copy" ? Math.max(askedMs, this.#heardMs) : askedMs;
    const untilMs = sinceMs + PARENT_PATIENCE_MS[patience];
    if (nowMs >= untilMs) return { kind: "source" };
    // Somebody may have it who rests.
    const restMs = [...this.#parents.values()]
      .filter((entry) => entry.pieces.has(piece))
      .reduce((least, { restsUntilMs }) => Math.min(least, restsUntilMs), untilMs);
    return { kind: "wait", untilMs: Math.max(nowMs + 1, restMs) };
  }
}

function choiceOf(entry: Entry, piece: number): PieceChoice {
  const place = entry.pieces.get(piece);
  return place === undefined ? { kind: "source" } : { kind: "parent", parent: entry.parent, place };
}

/** One of them, the more likely the more it could send, and the less it sends to us already. */
function drawn(entries: readonly Entry[], random: number): Entry {
  const weights = entries.map(({ parent, fetching }) => (parent.freeRate() || UNKNOWN_RATE) / (1 + fetching));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let rest = random * total;
  for (const [index, weight] of weights.entries()) {
    rest -= weight;
    const entry = entries[index];
    if (rest < 0 && entry !== undefined) return entry;
  }
  return entries[entries.length - 1] as Entry;
}
