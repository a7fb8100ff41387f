/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012), the 64-bit hash with which Dragonfly's peers place schedulers and tasks on
 * a ring. Meant for a few dozen bytes: it is made of bigints and takes the message whole.
 */

const MASK = 0xffffffffffffffffn;

/**
 * @param bytes the message
 * @param key the two halves of the 128-bit key, little-endian; default zero, as the ring has it
 */
export function sipHash24(bytes: Uint8Array, key: readonly [bigint, bigint] = [0n, 0n]): bigint {
  const state: State = [
    key[0] ^ 0x736f6d6570736575n,
    key[1] ^ 0x646f72616e646f6dn,
    key[0] ^ 0x6c7967656e657261n,
    key[1] ^ 0x7465646279746573n,
  ];
  for (const word of wordsOf(bytes)) {
    state[3] ^= word;
    rounds(state, 2);
    state[0] ^= word;
  }
  state[2] ^= 0xffn;
  rounds(state, 4);
  return state[0] ^ state[1] ^ state[2] ^ state[3];
}

type State = [bigint, bigint, bigint, bigint];

/** The message in little-endian words; the last one is padded and ends in the message's length. */
function* wordsOf(bytes: Uint8Array): Generator<bigint> {
  const padded = Buffer.alloc((Math.floor(bytes.length / 8) + 1) * 8);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length & 0xff;
  for (let at = 0; at < padded.length; at += 8) yield padded.readBigUInt64LE(at);
}

function rounds(v: State, count: number): void {
  for (let round = 0; round < count; round++) {
    v[0] = (v[0] + v[1]) & MASK;
    v[1] = rotated(v[1], 13n) ^ v[0];
    v[0] = rotated(v[0], 32n);
    v[2] = (v[2] + v[3]) & MASK;
    v[3] = rotated(v[3], 16n) ^ v[2];
    v[0] = (v[0] + v[3]) & MASK;
    v[3] = rotated(v[3], 21n) ^ v[0];
    v[2] = (v[2] + v[1]) & MASK;
    v[1] = rotated(v[1], 17n) ^ v[2];
    v[2] = rotated(v[2], 32n);
  }
}

function rotated(word: bigint, by: bigint): bigint {
  return ((word << by) | (word >> (64n - by))) & MASK;
}
