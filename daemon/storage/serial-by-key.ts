/** Runs what concerns one key one after the other, and different keys side by side. */

export class SerialByKey {
  /** Key → the end of the last run that was asked for. Keys with nothing to do are forgotten. */
  readonly #ends = new Map<string, Promise<unknown>>();

  /** Keys with something to do. */
  get busyCount(): number {
    return this.#ends.size;
  }

  /** Runs `work` after all earlier work for the key has ended, well or not. @throws what `work` throws */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#ends.get(key);
    const end = (before ?? Promise.resolve()).then(work, work);
    this.#ends.set(key, end);
    try {
      return await end;
    } finally {
      if (this.#ends.get(key) === end) this.#ends.delete(key);
    }
  }

  /** Resolves when everything asked for so far has ended. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#ends.values());
  }
}
