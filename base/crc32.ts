/**
 * What node:zlib's CRC-32 lacks: joining the checksums of two neighbouring stretches without reading them again, so
 * that a piece's digest comes from those of its blocks. Computing a checksum itself is `zlib.crc32`.
 */

/** The polynomial of IEEE 802.3, bits reversed (RFC 1952 §8). */
const POLYNOMIAL = 0xedb88320;
/** x^0, in the reversed bit order used here. */
const ONE = 0x80000000;

/** a·b modulo the polynomial; `a` is not 0. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let rest = a; rest !== 0; rest <<= 1) {
    if ((rest & ONE) !== 0) product ^= factor;
    factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ POLYNOMIAL;
  }
  return product >>> 0;
}

/** x^(2^n) for n = 0 … 31; the powers repeat after that, because x has the order 2^32 - 1. */
const POWERS = (() => {
  const powers = new Uint32Array(32);
  let power = ONE >>> 1;
  for (let n = 0; n < 32; n++) {
    powers[n] = power;
    power = multiply(power, power);
  }
  return powers;
})();

/** x^(8·byteCount): the shift by that many zero bytes. */
function shiftBy(byteCount: number): number {
  let shift = ONE;
  let n = 3;
  for (let rest = byteCount; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) shift = multiply(POWERS[n & 31] ?? ONE, shift);
    n++;
  }
  return shift >>> 0;
}

/**
 * CRC-32 of A followed by B, from the CRC-32 of each and B's length (the method of zlib's crc32_combine).
 * @param crcA unsigned; of nothing: 0
 * @param crcB unsigned
 * @param lengthB bytes of B, a safe integer
 * @returns unsigned
 */
export function crc32Combine(crcA: number, crcB: number, lengthB: number): number {
  return (multiply(shiftBy(lengthB), crcA) ^ crcB) >>> 0;
}

/** "crc32:<unsigned decimal>", the form in which Dragonfly peers write a piece's digest. */
export function crc32Digest(crc: number): string {
  return `crc32:${crc >>> 0}`;
}
