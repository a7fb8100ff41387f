/** Fields of answers as RFC 9110 writes them, parsed strictly: what is not well-formed counts as not there. Pure. */
import { CONTENT_BYTES_MAX } from "../../../base/limits.ts";

/** A length in bytes: digits only, and not beyond what p2pfs handles. */
export function parseBytes(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const bytes = Number(text);
  return bytes <= CONTENT_BYTES_MAX ? bytes : undefined;
}

/** Content-Range of a 206 (§14.4). */
export interface ContentRange {
  readonly offset: number;
  readonly length: number;
  /** Undefined for `*`: the server does not know. */
  readonly total: number | undefined;
}

export function parseContentRange(text: string | undefined): ContentRange | undefined {
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(text ?? "") ?? [];
  const offset = parseBytes(first);
  const end = parseBytes(last);
  const whole = total === "*" ? undefined : parseBytes(total);
  if (offset === undefined || end === undefined || end < offset) return undefined;
  if (total !== "*" && (whole === undefined || end >= whole)) return undefined;
  return { offset, length: end - offset + 1, total: whole };
}

/** Content length in the Content-Range of a 416 (§15.5.17). */
export function parseUnsatisfied(text: string | undefined): number | undefined {
  return parseBytes(/^bytes \*\/(\d+)$/i.exec(text ?? "")?.[1]);
}

/** A date in milliseconds since the epoch; HTTP dates are in GMT (§5.6.7). */
export function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined || !/ GMT$/i.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : atMs;
}

/** Retry-After in milliseconds from `nowMs`; never negative (§10.2.3). */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const atMs = parseHttpDate(text);
  return atMs === undefined ? undefined : Math.max(0, atMs - nowMs);
}

/** Media type without parameters, lower case. */
export function parseMediaType(text: string | undefined): string | undefined {
  const type = text?.split(";", 1)[0]?.trim().toLowerCase();
  return type === "" ? undefined : type;
}

export function isHtml(mediaType: string | undefined): boolean {
  return mediaType === "text/html" || mediaType === "application/xhtml+xml";
}

/** Digest algorithms of RFC 9530 that are fit for proof, by their names there and ours. */
const PROVING = new Map([
  ["sha-256", { name: "sha256", bytes: 32 }],
  ["sha-512", { name: "sha512", bytes: 64 }],
]);

/**
 * Digests of the whole content that the server states: Repr-Digest (RFC 9530, `sha-256=:BASE64:`), which stands for the whole also in
 * an answer with a part. As "algorithm:hex".
 */
export function parseReprDigest(text: string | undefined): readonly string[] {
  const found: string[] = [];
  for (const [, algorithm = "", base64 = ""] of (text ?? "").matchAll(/([a-z0-9-]+)=:([A-Za-z0-9+/=]*):/g)) {
    const known = PROVING.get(algorithm);
    const bytes = Buffer.from(base64, "base64");
    if (known !== undefined && bytes.length === known.bytes)
      found.push(`${known.name}:${bytes.toString("hex")}`);
  }
  return found;
}
