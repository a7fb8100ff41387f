/**
 * Digests of content as users, hubs, stores and peers write them, and hashers that make them as the bytes pass. It does
 * not read files: whoever has the bytes feeds them in.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { createBLAKE3 } from "hash-wasm";
import { InvalidInputError } from "../../base/errors.ts";

/** Algorithm → hex digits of its digest. The names are those of Dragonfly's digests and of OCI's. */
const HEX_DIGITS = {
  md5: 32,
  sha1: 40,
  sha256: 64,
  sha512: 128,
  blake3: 64,
  crc32: 8,
} as const;

export type DigestAlgorithm = keyof typeof HEX_DIGITS;

/** A digest of a content. Two are equal if and only if both fields are. */
export interface Digest {
  readonly algorithm: DigestAlgorithm;
  /** Lower case, at full length; CRC-32 too, whichever way it was written. */
  readonly hex: string;
}

/** Makes one digest of bytes handed in piecewise. */
export interface Hasher {
  /** Takes the next bytes; they may be overwritten afterwards. */
  update(chunk: Uint8Array): void;
  /** The digest of all bytes so far, in lower-case hex. Ends the hasher: nothing may be called after it. */
  digest(): string;
}

/**
 * Reads "algorithm:hex", in any case. A CRC-32 of exactly eight hex digits is hex; of any other number of decimal
 * digits it is the unsigned decimal that Dragonfly's dfget takes. (Eight decimal digits are therefore hex, which dfget,
 * taking only ten, never accepted as a decimal.)
 * @throws InvalidInputError
 */
export function parseDigest(text: string): Digest {
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(colon, 0)).toLowerCase();
  const value = text.slice(colon + 1).toLowerCase();
  if (isDigestAlgorithm(name)) {
    if (value.length === HEX_DIGITS[name] && /^[0-9a-f]+$/.test(value))
      return { algorithm: name, hex: value };
    const crc = name === "crc32" ? parseDecimalCrc32(value) : undefined;
    if (crc !== undefined) return { algorithm: name, hex: hexOfCrc32(crc) };
  }
  throw new InvalidInputError(
    `not a digest: ${JSON.stringify(shortened(text))}; it reads ALGORITHM:HEX with ${wayOfWriting()}`,
  );
}

/** The digest as `parseDigest` reads it. */
export function formatDigest({ algorithm, hex }: Digest): string {
  return `${algorithm}:${hex}`;
}

/** Whether both are the same digest. Two algorithms are never equal, whatever the bytes: compare like with like. */
export function digestsEqual(a: Digest, b: Digest): boolean {
  return a.algorithm === b.algorithm && a.hex === b.hex;
}

/** The digest of a piece as Dragonfly's peers write it: "crc32:" and the unsigned decimal (IEEE polynomial). */
export function formatPieceDigest(crc: number): string {
  assert.ok(Number.isInteger(crc) && crc >= 0 && crc <= 0xffffffff, "a CRC-32 is an unsigned 32-bit number");
  return `crc32:${crc}`;
}

/**
 * The CRC-32 in a piece's digest. Decimal only, whatever its length: peers never write hex.
 * @throws InvalidInputError
 */
export function parsePieceDigest(text: string): number {
  const crc = text.startsWith("crc32:") ? parseDecimalCrc32(text.slice("crc32:".length)) : undefined;
  if (crc !== undefined) return crc;
  throw new InvalidInputError(
    `not a piece's digest: ${JSON.stringify(shortened(text))}; it reads crc32:DECIMAL`,
  );
}

/** A hasher of nothing yet. Asynchronous because BLAKE3 is WebAssembly that is compiled first. */
export async function createHasher(algorithm: DigestAlgorithm): Promise<Hasher> {
  const hasher = await openHasher(algorithm);
  let ended = false;
  return {
    update(chunk) {
      assert.ok(!ended, "a hasher takes no bytes after its digest");
      hasher.update(chunk);
    },
    digest() {
      assert.ok(!ended, "a hasher gives its digest once");
      ended = true;
      return hasher.digest();
    },
  };
}

async function openHasher(algorithm: DigestAlgorithm): Promise<Hasher> {
  switch (algorithm) {
    case "crc32":
      return crc32Hasher();
    case "blake3": {
      const blake3 = await createBLAKE3();
      return { update: (chunk) => void blake3.update(chunk), digest: () => blake3.digest("hex") };
    }
    default: {
      const hash = createHash(algorithm);
      return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest("hex") };
    }
  }
}

function crc32Hasher(): Hasher {
  let crc = 0;
  return {
    update(chunk) {
      crc = crc32(chunk, crc);
    },
    digest: () => hexOfCrc32(crc),
  };
}

function isDigestAlgorithm(name: string): name is DigestAlgorithm {
  return Object.hasOwn(HEX_DIGITS, name);
}

/** The unsigned 32-bit number, or undefined. */
function parseDecimalCrc32(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const crc = Number(text);
  return crc <= 0xffffffff ? crc : undefined;
}

function hexOfCrc32(crc: number): string {
  return crc.toString(16).padStart(HEX_DIGITS.crc32, "0");
}

/** The algorithms with their lengths, for people. */
function wayOfWriting(): string {
  const ways = Object.entries(HEX_DIGITS).map(([name, digits]) => `${name} (${digits})`);
  return `one of ${ways.join(", ")} and that many digits, crc32 also in decimal`;
}

/** Enough of a wrong text to recognise it by. */
function shortened(text: string): string {
  return text.length <= 24 ? text : `${text.slice(0, 24)}…`;
}
