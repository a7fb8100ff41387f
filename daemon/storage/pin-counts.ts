/** Counts who wants a task kept. A pin may be older than its task, and outlive it. */

export class PinCounts {
  readonly #counts = new Map<string, number>();

  has(id: string): boolean {
    return this.#counts.has(id);
  }

  /** Ids that are pinned, each once. */
  ids(): Iterable<string> {
    return this.#counts.keys();
  }

  /** @returns takes this pin back; idempotent */
  pin(id: string): () => void {
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
    let pinned = true;
    return () => {
      if (!pinned) return;
      pinned = false;
      const count = (this.#counts.get(id) ?? 1) - 1;
      if (count === 0) this.#counts.delete(id);
      else this.#counts.set(id, count);
    };
  }
}
