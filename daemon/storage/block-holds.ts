/**
 * Who still reads blocks of one content: holds, which keep blocks where they are, and drains, which say when readers that
 * hold nothing are done. It clears nothing itself.
 */
import type { IndexSpan } from "./task-content.ts";

export class BlockHolds {
  readonly #spans = new Set<IndexSpan>();
  /** Drain → how often it was named. */
  readonly #drains = new Map<() => Promise<void>, number>();

  /** @returns ends the hold; idempotent */
  hold({ start, end }: IndexSpan): () => void {
    // An object of its own: equal spans are held apart.
    const span = { start, end };
    this.#spans.add(span);
    return () => void this.#spans.delete(span);
  }

  isHeld(block: number): boolean {
    for (const { start, end } of this.#spans) if (start <= block && block < end) return true;
    return false;
  }

  /** @returns takes it back once */
  addDrain(drain: () => Promise<void>): () => void {
    this.#drains.set(drain, (this.#drains.get(drain) ?? 0) + 1);
    let named = true;
    return () => {
      if (!named) return;
      named = false;
      const count = (this.#drains.get(drain) ?? 1) - 1;
      if (count === 0) this.#drains.delete(drain);
      else this.#drains.set(drain, count);
    };
  }

  /** Resolves when every read that began before is over. @throws what a drain throws */
  async drain(): Promise<void> {
    await Promise.all([...this.#drains.keys()].map((drain) => drain()));
  }
}
