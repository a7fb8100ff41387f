/** How long a peer's pieces take, without keeping them: enough to see that the last one took far too long. Pure. */

/** From so many earlier pieces on they are taken for normally distributed. */
const NORMAL_FROM = 30;
/** What is far too long before that, in means. */
const MEANS_MAX = 20;
/** And from then on, in standard deviations above the mean. */
const DEVIATIONS_MAX = 3;

export class PieceCosts {
  /** Pieces but the last. */
  #count = 0;
  #mean = 0;
  /** Sum of the squares of the differences from the mean (Welford). */
  #squares = 0;
  #last: number | undefined;

  /** @param costMs of one more piece */
  add(costMs: number): void {
    if (this.#last !== undefined) {
      this.#count += 1;
      const difference = this.#last - this.#mean;
      this.#mean += difference / this.#count;
      this.#squares += difference * (this.#last - this.#mean);
    }
    this.#last = costMs;
  }

  /** Pieces that were told. */
  get count(): number {
    return this.#last === undefined ? 0 : this.#count + 1;
  }

  /** The last one took far longer than those before it. */
  get isOutOfLine(): boolean {
    if (this.#last === undefined || this.#count === 0) return false;
    if (this.#count + 1 < NORMAL_FROM) return this.#last > this.#mean * MEANS_MAX;
    return this.#last > this.#mean + DEVIATIONS_MAX * Math.sqrt(this.#squares / this.#count);
  }
}
