/** Random choices that can be had again: the seed is printed and taken back from the environment variable SEED. */

export interface SeededRandom {
  readonly seed: number;
  /** In [0, 1). */
  next(): number;
  /** An integer in [0, bound). */
  below(bound: number): number;
  pick<T>(choices: readonly T[]): T;
  bytes(count: number): Uint8Array;
}

/** Prints "NAME seed N" and yields the choices that follow from it (mulberry32). */
export function seededRandom(name: string): SeededRandom {
  const given = process.env.SEED;
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  console.log(`${name}: SEED=${seed}`);
  let state = seed >>> 0;
  const word = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const next = () => word() / 2 ** 32;
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    seed,
    next,
    below,
    pick<T>(choices: readonly T[]): T {
      const chosen = choices[below(choices.length)];
      if (chosen === undefined) throw new RangeError("nothing to pick from");
      return chosen;
    },
    bytes(count) {
      // Word by word: tests take hundreds of MiB of them.
      const words = new Uint32Array(Math.ceil(count / 4));
      for (let i = 0; i < words.length; i++) words[i] = word();
      return new Uint8Array(words.buffer, 0, count);
    },
  };
}
