/**
 * Bit arrays as the storage shares them: bit i lies in byte i >> 3 at 1 << (i & 7). Reading only; the storage writes.
 */

/** Whether bit `index` is set. Bits past the end read as clear. */
export function hasBit(bits: Uint8Array, index: number): boolean {
  return ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
}

/** First index in [from, to) whose bit is clear, or `to`. Whole bytes of ones are skipped at once. */
export function firstClear(bits: Uint8Array, from: number, to: number): number {
  let index = from;
  while (index < to) {
    if ((index & 7) === 0 && bits[index >> 3] === 0xff) {
      index += 8;
      continue;
    }
    if (!hasBit(bits, index)) return index;
    index += 1;
  }
  return to;
}
