/**
 * Names whose certificates are no longer taken although the authority made them and they have not ended: hosts that were removed
 * from their cluster. Who is in it is its owner's business; connections are ended by whoever made them.
 */
export class RefusedNames {
  #names: ReadonlySet<string> = new Set();
  readonly #listeners = new Set<() => void>();

  /** @param name the CN of a certificate */
  has(name: string | readonly string[] | undefined): boolean {
    if (this.#names.size === 0 || name === undefined) return false;
    return typeof name === "string" ? this.#names.has(name) : name.some((each) => this.#names.has(each));
  }

  /** How many there are. */
  get size(): number {
    return this.#names.size;
  }

  /** These and no others from now on. */
  replace(names: Iterable<string>): void {
    this.#names = new Set(names);
    for (const listener of [...this.#listeners]) listener();
  }

  /** @returns ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
