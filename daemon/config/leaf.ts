/**
 * The kinds of values a config file may hold: each says what it expects in words, so that every error can be one
 * sentence with the key's path. Built on zod; sections are plain zod objects. No key is named here.
 */
import { isIP } from "node:net";
import { isAbsolute, normalize } from "node:path";
import { z } from "zod";
import { parseByteSize } from "./byte-size.ts";
import { parseDurationMs } from "./duration.ts";

/** What is known of a leaf beyond its type. */
interface LeafFacts {
  /** Never printed: passwords, keys, headers. */
  readonly secret?: true;
  /** Read as it is from an environment variable; the other kinds are read as YAML scalars there. */
  readonly text?: true;
  /** A path of this machine. */
  readonly path?: true;
  /** What the parsed number counts, so that it can be written again as people write it. */
  readonly unit?: "ms" | "bytes" | "mode";
}

/** Facts by leaf schema. */
export const leafFacts = z.registry<LeafFacts>();

type Parse<T> = (value: unknown) => T | undefined;

/** @param expected completes the sentence "KEY must be …" */
function leaf<T>(expected: string, parse: Parse<T>, facts: LeafFacts = {}) {
  const schema = z.unknown().transform((value, context): T => {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    context.issues.push({ code: "custom", message: expected, input: value });
    return z.NEVER;
  });
  leafFacts.add(schema, facts);
  return schema;
}

const nonEmptyText: Parse<string> = (value) =>
  typeof value === "string" && value !== "" ? value : undefined;

/** Any text but the empty one. */
export const text = () => leaf("a text that is not empty", nonEmptyText, { text: true });

/** Text of a bounded length that is never printed. */
export const secretText = (lengthMax = Number.MAX_SAFE_INTEGER) =>
  leaf(
    lengthMax === Number.MAX_SAFE_INTEGER
      ? "a text that is not empty"
      : `a text of 1 to ${lengthMax} characters`,
    (value) => {
      const found = nonEmptyText(value);
      return found !== undefined && found.length <= lengthMax ? found : undefined;
    },
    { secret: true, text: true },
  );

export const yesOrNo = () =>
  leaf("true or false", (value) => (typeof value === "boolean" ? value : undefined));

/** A whole number within bounds, both included. */
export const whole = (min: number, max: number = Number.MAX_SAFE_INTEGER) =>
  leaf(
    max === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${min}`
      : `a whole number from ${min} to ${max}`,
    (value) =>
      typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max
        ? value
        : undefined,
  );

/** A TCP or UDP port; 0 lets the system choose one. */
export const port = () => whole(0, 65_535);

/** Permission bits, in octal. Only as text: YAML 1.2 reads a bare 0755 as the decimal 755. */
export const mode = () =>
  leaf(
    'permission bits in quotes such as "0644"',
    (value) =>
      typeof value === "string" && /^[0-7]{3,4}$/.test(value) ? Number.parseInt(value, 8) : undefined,
    { text: true, unit: "mode" },
  );

/** Milliseconds; within bounds, both included. */
export const duration = (minMs = 0, maxMs = Number.MAX_SAFE_INTEGER) =>
  leaf(
    `a duration such as 5m or 200ms${boundsInWords(minMs, maxMs)}`,
    (value) => {
      const ms = typeof value === "string" || value === 0 ? parseDurationMs(String(value)) : undefined;
      return ms !== undefined && ms >= minMs && ms <= maxMs ? ms : undefined;
    },
    { unit: "ms" },
  );

function boundsInWords(minMs: number, maxMs: number): string {
  if (maxMs !== Number.MAX_SAFE_INTEGER) return ` from ${minMs} ms to ${maxMs} ms`;
  return minMs > 0 ? ` of at least ${minMs} ms` : "";
}

/** Bytes. */
export const byteSize = (min = 0) =>
  leaf(
    `a size such as 10GiB or 64MiB${min > 0 ? ` of at least ${min} bytes` : ""}`,
    (value) => {
      const written = typeof value === "string" || typeof value === "number";
      const bytes = written ? parseByteSize(String(value)) : undefined;
      return bytes !== undefined && bytes >= min ? bytes : undefined;
    },
    { unit: "bytes" },
  );

/** One of a closed set of words. */
export const oneOf = <const Word extends string>(...words: Word[]) =>
  leaf(`one of ${words.join(", ")}`, (value) => words.find((word) => word === value), { text: true });

export const ipAddress = () =>
  leaf("an IP address", (value) => (typeof value === "string" && isIP(value) > 0 ? value : undefined), {
    text: true,
  });

/** A block of addresses, "10.0.0.0/8" or "fd00::/8". */
export const cidr = () =>
  leaf('a block of addresses such as "10.0.0.0/8"', (value) => {
    const [, address = "", bits = ""] =
      typeof value === "string" ? (/^(.+)\/(\d{1,3})$/.exec(value) ?? []) : [];
    const version = isIP(address);
    return version > 0 && Number(bits) <= (version === 4 ? 32 : 128) ? `${address}/${bits}` : undefined;
  });

/** An absolute path, normalised. */
export const absolutePath = () =>
  leaf(
    "an absolute path",
    (value) => (typeof value === "string" && isAbsolute(value) ? normalize(value) : undefined),
    { text: true, path: true },
  );

/** Header names and values; values are never printed. */
export const headers = () =>
  leaf(
    "a map of header names to texts",
    (value) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
      const entries = Object.entries(value);
      const valid = entries.every(
        ([name, content]) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && isHeaderValue(content),
      );
      return valid ? (Object.fromEntries(entries) as Record<string, string>) : undefined;
    },
    { secret: true },
  );

function isHeaderValue(value: unknown): boolean {
  return typeof value === "string" && !/[\r\n\0]/.test(value);
}

/** A regular expression, kept as its source. */
export const regularExpression = () =>
  leaf(
    "a regular expression",
    (value) => {
      if (typeof value !== "string") return undefined;
      try {
        new RegExp(value);
        return value;
      } catch {
        // Not one; the caller words the error.
        return undefined;
      }
    },
    { text: true },
  );
