/**
 * Whether the bytes of a peer are believed: compared with what others say they should be, before anybody can read them. Where two
 * differ the source decides, and whoever was wrong is named.
 */
import { IntegrityError, UnavailableError } from "../../base/errors.ts";
import type { BookedParent } from "../parent/parent-book.ts";
import type { StoredTask } from "../storage/storage.ts";
import { pieceRange } from "../task/piece-length.ts";
import type { WitnessHost } from "../transport/witnesses.ts";
import { Agreement, verdictOf, type Word } from "./agreement.ts";
import type { TaskEnvironment } from "./task-environment.ts";

/**
 * Begins to ask others about a piece that a parent is about to give. @returns what is called with the digest of the bytes that came,
 * before they are shown: it throws when they are not to be
 */
export type Hearing = (signal: AbortSignal) => (digest: string) => Promise<void>;

/** A host whose bytes are not the source's; as the parent that gave them, or by what it said. */
export interface WrongHost {
  readonly hostId: string;
  readonly parentId?: string;
}

interface Dispute {
  readonly parent: BookedParent;
  readonly digest: string;
  readonly word: Word;
}

export class PieceTrust {
  readonly #stored: StoredTask;
  readonly #env: Pick<TaskEnvironment, "parents" | "clock" | "log" | "integrity">;
  readonly #agreement: Agreement | undefined;
  readonly #disputes = new Map<number, Dispute>();
  /** Pieces that the source alone may give. */
  readonly #sourceOnly = new Set<number>();
  /** Pieces with bytes that rest on one peer's word. */
  readonly #unagreed = new Set<number>();
  /** There were such bytes before this opening. */
  readonly #inherited: boolean;

  constructor(stored: StoredTask, env: Pick<TaskEnvironment, "parents" | "clock" | "log" | "integrity">) {
    this.#stored = stored;
    this.#env = env;
    this.#inherited = stored.record.onOneWord ?? false;
    const witnesses = env.integrity === "transport" ? undefined : env.parents?.witnesses;
    this.#agreement = witnesses && new Agreement(stored, env.clock, witnesses);
  }

  /** A host that may have the task. */
  addWitness({ hostId, ip, uploadPort }: WitnessHost): void {
    this.#agreement?.add({ hostId, ip, uploadPort });
  }

  /** Whether no peer is to give the piece. */
  needsSource(piece: number): boolean {
    return this.#sourceOnly.has(piece);
  }

  /** Bytes of the piece came from one peer, and nobody else was heard. */
  rests(piece: number): void {
    this.#unagreed.add(piece);
    if (!this.#stored.record.onOneWord) this.#stored.update({ onOneWord: true });
  }

  /** See Hearing. */
  hearing(piece: number, parent: BookedParent, signal: AbortSignal): (digest: string) => Promise<void> {
    const { parents, integrity } = this.#env;
    const seed = parents?.seeds?.of(this.#stored.record.id);
    if (typeof seed === "object") this.addWitness(seed);
    const words = this.#agreement?.wordsOn(piece, parent.hostId, signal);
    return async (digest) => {
      const verdict = verdictOf((await words) ?? [], digest, parent.hostId);
      if (verdict.kind === "agreed") return this.#agreed(piece);
      if (verdict.kind === "disputed") {
        const { word } = verdict;
        this.#disputes.set(piece, { parent, digest, word });
        this.#sourceOnly.add(piece);
        throw new IntegrityError(
          `the parent ${parent.peerId} gave piece ${piece} otherwise than the host ${word.hostId} says it is`,
        );
      }
      if (integrity !== "agreed") return this.rests(piece);
      this.#sourceOnly.add(piece);
      throw new UnavailableError(`nobody else says what piece ${piece} of the parent ${parent.peerId} is`);
    };
  }

  /**
   * The piece's fetch from a parent failed. @returns whether that was for us to decide, and the source is to give it; what was here
   * of it in a dispute, perhaps from one of the two, is gone then
   */
  async leavesToSource(piece: number): Promise<boolean> {
    if (!this.#sourceOnly.has(piece)) return false;
    const dispute = this.#disputes.get(piece);
    if (dispute === undefined) return true;
    const { log } = this.#env;
    const { record } = this.#stored;
    const { parent, word } = dispute;
    log.info({ taskId: record.id, piece, parentId: parent.peerId, hostId: word.hostId }, "piece-disputed");
    const { offset, length } = pieceRange(record, piece);
    if (record.bytesFromPeers > 0) await this.#stored.discard(offset, length);
    return true;
  }

  /** The piece is here, whole. @returns who was wrong about it, where that was open */
  pieceFinished(piece: number, digest: string): readonly WrongHost[] {
    const dispute = this.#disputes.get(piece);
    if (dispute === undefined) return [];
    this.#disputes.delete(piece);
    this.#sourceOnly.delete(piece);
    this.#agreed(piece);
    const wrong: WrongHost[] = [];
    const { parent, word } = dispute;
    if (dispute.digest !== digest) wrong.push({ hostId: parent.hostId, parentId: parent.peerId });
    if (word.digest !== digest) wrong.push({ hostId: word.hostId });
    for (const { hostId } of wrong) this.#agreement?.distrust(hostId);
    return wrong;
  }

  #agreed(piece: number): void {
    if (!this.#unagreed.delete(piece) || this.#unagreed.size > 0 || this.#inherited) return;
    this.#stored.update({ onOneWord: false });
  }
}
