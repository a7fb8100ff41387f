/**
 * What others say of the pieces of one task, and what follows for a piece that came from one peer. A peer's own digest proves the
 * way, not the peer: its bytes may have been altered where it keeps them, digest and all.
 */
import type { Clock } from "../../base/clock.ts";
import {
  MANIFEST_PIECES_MAX,
  WITNESS_REST_MS,
  WITNESSES_ASKED_MAX,
  WITNESSES_MAX,
} from "../../base/limits.ts";
import type { StoredTask } from "../storage/storage.ts";
import type { Testimony, Witnesses, WitnessHost } from "../transport/witnesses.ts";

/** One host's word on one piece. */
export interface Word extends Testimony {
  readonly hostId: string;
}

/** What others say of a piece with the digest that came from the giver. */
export type Verdict =
  /** Somebody who does not have it from the giver says the same. */
  | { readonly kind: "agreed" }
  /** Nobody can say. */
  | { readonly kind: "unknown" }
  /** Somebody says otherwise: one of the two is wrong. */
  | { readonly kind: "disputed"; readonly word: Word };

/** Pure. @param giverHostId the host whose piece it is */
export function verdictOf(words: readonly Word[], digest: string, giverHostId: string): Verdict {
  const others = words.filter(({ hostId }) => hostId !== giverHostId);
  const word = others.find((each) => each.digest !== digest);
  if (word !== undefined) return { kind: "disputed", word };
  return { kind: others.some(({ parentId }) => !isOf(parentId, giverHostId)) ? "agreed" : "unknown" };
}

/** Whether the id is the host's own, or that of a peer on it (see daemon/task/ids.ts). */
export function isOf(id: string, hostId: string): boolean {
  return id === hostId || id.startsWith(`${hostId.replace(/-seed$/, "")}-`);
}

interface Known {
  readonly host: WitnessHost;
  readonly pieces: Map<number, Testimony>;
  asking: Promise<void> | undefined;
  /** Not asked before; monotonic ms. */
  againMs: number;
}

export class Agreement {
  readonly #stored: StoredTask;
  readonly #clock: Clock;
  readonly #witnesses: Witnesses;
  readonly #known = new Map<string, Known>();
  readonly #distrusted = new Set<string>();

  constructor(stored: StoredTask, clock: Clock, witnesses: Witnesses) {
    this.#stored = stored;
    this.#clock = clock;
    this.#witnesses = witnesses;
  }

  /** Somebody who may have the task. */
  add(host: WitnessHost): void {
    const { hostId } = host;
    if (this.#known.has(hostId) || this.#distrusted.has(hostId) || this.#known.size >= WITNESSES_MAX) return;
    this.#known.set(hostId, {
      host,
      pieces: new Map(),
      asking: undefined,
      againMs: Number.NEGATIVE_INFINITY,
    });
  }

  /** The host said what is not so. @returns whether it was believed until now */
  distrust(hostId: string): boolean {
    this.#distrusted.add(hostId);
    return this.#known.delete(hostId);
  }

  /** What hosts besides the giver's say of a piece; asks some of them where nobody has said anything yet. Never fails. */
  async wordsOn(piece: number, giverHostId: string, signal: AbortSignal): Promise<readonly Word[]> {
    const others = [...this.#known.values()].filter(({ host }) => host.hostId !== giverHostId);
    let asked = 0;
    for (const known of others) {
      if (others.some(({ pieces }) => pieces.has(piece)) || asked >= WITNESSES_ASKED_MAX || signal.aborted)
        break;
      // What is being asked may be about others.
      await known.asking;
      if (known.pieces.has(piece)) break;
      if (known.asking === undefined && !this.#mayAsk(known)) continue;
      asked += 1;
      known.asking ??= this.#ask(known, piece, signal).finally(() => {
        known.asking = undefined;
      });
      await known.asking;
    }
    return others.flatMap(({ host, pieces }) => {
      const said = pieces.get(piece);
      return said === undefined ? [] : [{ ...said, hostId: host.hostId }];
    });
  }

  #mayAsk({ host, againMs }: Known): boolean {
    return this.#clock.monotonicMs() >= againMs && this.#witnesses.mayKnow(host);
  }

  async #ask(known: Known, first: number, signal: AbortSignal): Promise<void> {
    const { record, pieceCount } = this.#stored;
    const { id: taskId, contentLength, pieceLength, etag, lastModified } = record;
    const count = Math.min(MANIFEST_PIECES_MAX, pieceCount - first);
    const question = { taskId, contentLength, pieceLength, etag, lastModified, first, count };
    const said = await this.#witnesses.ask(known.host, question, signal);
    for (const testimony of said) known.pieces.set(testimony.number, testimony);
    // It gets its pieces itself, just now: it is not asked for each of them.
    if (!known.pieces.has(first)) known.againMs = this.#clock.monotonicMs() + WITNESS_REST_MS;
  }
}
