/**
 * Tokens that let a host into a cluster of our own: what they say, how they are written, and whether one is good. Pure: random
 * bytes and times are handed in. A token carries the fingerprint of the cluster's authority, so that whoever has it believes
 * nobody else, and says nothing to anybody else.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";
import { InvalidInputError } from "../../base/errors.ts";

export interface Token {
  /** By which the issuer finds it; no secret. */
  readonly id: Buffer;
  readonly secret: Buffer;
  /** SHA-256 of the authority's certificate, DER. */
  readonly fingerprint: Buffer;
}

/** What the issuer keeps of one: nothing that would let anybody in. */
export interface TokenRecord {
  /** Hexadecimal. */
  readonly id: string;
  /** SHA-256 of the secret, hexadecimal. */
  readonly secretSha256: string;
  /** By the issuer's clock, which alone judges it; ms since the epoch. */
  readonly madeAtMs: number;
  readonly expiresAtMs: number;
  /** Hosts that it lets in at most; absent: any number. */
  readonly usesMax?: number;
}

const ID_BYTES = 6;
const SECRET_BYTES = 16;
const FINGERPRINT_BYTES = 32;
const CHECK_BYTES = 4;
/** So that a token is known for one wherever it turns up, and its form can change. */
const PREFIX = "p2pfs1-";

/** Random bytes that a new token takes. */
export const TOKEN_RANDOM_BYTES = ID_BYTES + SECRET_BYTES;

/** What a new token is good for. */
export interface TokenTerms {
  readonly nowMs: number;
  readonly lifeMs: number;
  /** Default: any number of hosts. */
  readonly usesMax?: number | undefined;
}

/** @param random TOKEN_RANDOM_BYTES that nobody can guess */
export function makeToken(
  random: Buffer,
  fingerprint: Buffer,
  terms: TokenTerms,
): { readonly token: Token; readonly record: TokenRecord } {
  const id = random.subarray(0, ID_BYTES);
  const secret = random.subarray(ID_BYTES, TOKEN_RANDOM_BYTES);
  const record = {
    id: id.toString("hex"),
    secretSha256: sha256(secret).toString("hex"),
    madeAtMs: terms.nowMs,
    expiresAtMs: terms.nowMs + terms.lifeMs,
    ...(terms.usesMax === undefined ? {} : { usesMax: terms.usesMax }),
  };
  return { token: { id, secret, fingerprint }, record };
}

/** One word, safe in a shell. Secret. */
export function formatToken({ id, secret, fingerprint }: Token): string {
  const content = Buffer.concat([id, secret, fingerprint]);
  return PREFIX + Buffer.concat([content, check(content)]).toString("base64url");
}

/** @throws InvalidInputError that says nothing of what was given */
export function parseToken(text: string): Token {
  const trimmed = text.trim();
  if (!trimmed.startsWith(PREFIX))
    throw new InvalidInputError("this is no token of p2pfs: 'p2pfs cluster token' prints one");
  const bytes = Buffer.from(trimmed.slice(PREFIX.length), "base64url");
  const content = bytes.subarray(0, -CHECK_BYTES);
  const isWhole =
    content.length === TOKEN_RANDOM_BYTES + FINGERPRINT_BYTES &&
    check(content).equals(bytes.subarray(-CHECK_BYTES));
  if (!isWhole) throw new InvalidInputError("the token is not whole, or was mistyped: copy it again");
  return {
    id: content.subarray(0, ID_BYTES),
    secret: content.subarray(ID_BYTES, TOKEN_RANDOM_BYTES),
    fingerprint: content.subarray(TOKEN_RANDOM_BYTES),
  };
}

/** Whether it lets in, and else why not. Unknown and wrong are one answer: nobody learns which ids there are. */
export function judgeToken(
  records: readonly TokenRecord[],
  given: { readonly id: Uint8Array; readonly secret: Uint8Array },
  nowMs: number,
): { verdict: "good"; record: TokenRecord } | { verdict: "unknown" | "expired"; record?: undefined } {
  const id = Buffer.from(given.id).toString("hex");
  const record = records.find((each) => each.id === id);
  const expected = record === undefined ? Buffer.alloc(32) : Buffer.from(record.secretSha256, "hex");
  const isRight = timingSafeEqual(sha256(given.secret), expected);
  if (record === undefined || !isRight) return { verdict: "unknown" };
  return nowMs < record.expiresAtMs ? { verdict: "good", record } : { verdict: "expired" };
}

/** Fingerprint of a certificate. @param der its bytes */
export function fingerprintOf(der: Uint8Array): Buffer {
  return sha256(der);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/** Finds mistyped tokens; protects nothing. */
function check(content: Buffer): Buffer {
  const bytes = Buffer.alloc(CHECK_BYTES);
  bytes.writeUInt32BE(crc32(content));
  return bytes;
}
