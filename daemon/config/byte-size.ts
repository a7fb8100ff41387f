/**
 * Sizes as Dragonfly's config and dfget write them (the bytesize crate): "10GiB", "50GB", "4mib", "4096". Only the
 * notation; bounds are the key's own business.
 */

const KIB = 1024;
const POWERS = ["", "k", "m", "g", "t", "p"];

/** Bytes of a size, or undefined when the text is none. GB counts in thousands, GiB in 1024s; case does not matter. */
export function parseByteSize(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(?:([kmgtp]?)(i?)b?)\s*$/i.exec(text);
  if (match === null) return undefined;
  const [, count = "", prefix = "", binary = ""] = match;
  if (binary !== "" && prefix === "") return undefined;
  const bytes = Number(count) * (binary === "" ? 1000 : KIB) ** POWERS.indexOf(prefix.toLowerCase());
  return Number.isSafeInteger(Math.round(bytes)) ? Math.round(bytes) : undefined;
}

/** The shortest exact way of writing whole bytes that `parseByteSize` reads back. */
export function formatByteSize(bytes: number): string {
  for (let power = POWERS.length - 1; power > 0 && bytes > 0; power--) {
    const prefix = POWERS[power]?.toUpperCase() ?? "";
    if (bytes % KIB ** power === 0) return `${bytes / KIB ** power}${prefix}iB`;
    if (bytes % 1000 ** power === 0) return `${bytes / 1000 ** power}${prefix === "K" ? "k" : prefix}B`;
  }
  return `${bytes}B`;
}
