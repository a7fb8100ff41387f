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
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
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
      const bytes = new Uint8Array(count);
      for (let i = 0; i + 4 <= count; i += 4) {
        const word = Math.floor(next() * 2 ** 32);
        bytes[i] = word;
        bytes[i + 1] = word >>> 8;
        bytes[i + 2] = word >>> 16;
        bytes[i + 3] = word >>> 24;
      }
      for (let i = count - (count % 4); i < count; i++) bytes[i] = below(256);
      return bytes;
    },
  };
}
