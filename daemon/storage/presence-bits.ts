/** A bitmap in shared memory: which blocks, or which pieces, are there. Native threads may read it while it changes. */
import assert from "node:assert/strict";

/** Bit i lies in byte i >> 3 at 1 << (i & 7). All clear at first. */
export class PresenceBits {
  /** The bits themselves, for reading; changed only by `set` and `clear`, atomically. */
  readonly bytes: Uint8Array;
  /** Number of bits. */
  readonly length: number;
  #setCount = 0;

  constructor(length: number) {
    this.length = length;
    this.bytes = new Uint8Array(new SharedArrayBuffer(Math.ceil(length / 8)));
  }

  /** How many bits are set. */
  get setCount(): number {
    return this.#setCount;
  }

  has(index: number): boolean {
    this.#check(index);
    return (Atomics.load(this.bytes, index >>> 3) & (1 << (index & 7))) !== 0;
  }

  /** @returns whether the bit was clear before */
  set(index: number): boolean {
    this.#check(index);
    const bit = 1 << (index & 7);
    const changed = (Atomics.or(this.bytes, index >>> 3, bit) & bit) === 0;
    if (changed) this.#setCount += 1;
    return changed;
  }

  /** @returns whether the bit was set before */
  clear(index: number): boolean {
    this.#check(index);
    const bit = 1 << (index & 7);
    const changed = (Atomics.and(this.bytes, index >>> 3, ~bit) & bit) !== 0;
    if (changed) this.#setCount -= 1;
    return changed;
  }

  #check(index: number): void {
    assert.ok(index >= 0 && index < this.length, `there is no bit ${index} among ${this.length}`);
  }
}
