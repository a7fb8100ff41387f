/**
 * Names below /http and /https: one path component of the mount to the text of a URL, and back. In a name `%3F`, `%2F`
 * and `%25` are `?`, `/` and `%` of the URL; other escapes are the URL's own; every other character stands for itself
 * and is percent-encoded where RFC 3986 wants it. Pure: nothing here opens a URL.
 */

/** What a component's name asks for. */
export interface MarkedName {
  /** The name without the mark. */
  readonly base: string;
  /** True when it ended in `@file`: then the thing itself is meant, never a directory of that name. */
  readonly file: boolean;
}

const FILE_MARK = "@file";

/** Splits a trailing `@file` off a name. */
export function splitFileMark(name: string): MarkedName {
  return name.endsWith(FILE_MARK)
    ? { base: name.slice(0, -FILE_MARK.length), file: true }
    : { base: name, file: false };
}

/** A name that is no mark, though the thing's own name ends like one: the `@` is then written as an escape. */
export function withoutFileMark(name: string): string {
  return name.endsWith(FILE_MARK) ? `${name.slice(0, -FILE_MARK.length)}%40file` : name;
}

/** Whether a name has an extension: a dot and 1 to 12 letters or digits, the first a letter. */
export function hasExtension(name: string): boolean {
  return endings(name).some((ending) => /\.[A-Za-z][A-Za-z0-9]{0,11}$/.test(ending));
}

/** Whether a name ends in .html or .htm. */
export function isHtmlName(name: string): boolean {
  return endings(name).some((ending) => /\.html?$/i.test(ending));
}

/** A name with a query has two ends: the path's and its own. */
function endings(name: string): string[] {
  const query = name.search(/%3f/i);
  return query === -1 ? [name] : [name.slice(0, query), name];
}

/**
 * In order: `%25` that begins no escape of the URL; an escape; a percent sign that begins none; a run of what a path must
 * encode, which is everything but the pchar of RFC 3986 §3.3 (a raw `?` or `#` is a character of the name).
 */
const TO_URL = /(%25(?![0-9A-Fa-f]{2}))|(%[0-9A-Fa-f]{2})|(%)|[^A-Za-z0-9\-._~!$&'()*+,;=:@%]+/g;
const OF_THE_URL: Readonly<Record<string, string>> = { "%3F": "?", "%2F": "/", "%25": "%" };

/**
 * The text a name adds to its directory's URL, or undefined when no URL can hold it (a lone surrogate, a component that
 * every URL parser takes for "." or "..").
 */
export function urlTextOfName(name: string): string | undefined {
  let text: string;
  try {
    text = name.replace(TO_URL, (token, percent?: string, code?: string, stray?: string) => {
      if (percent !== undefined || stray !== undefined) return "%25";
      if (code !== undefined) return OF_THE_URL[code.toUpperCase()] ?? code;
      return encodeURIComponent(token);
    });
  } catch {
    // encodeURIComponent refuses half a surrogate pair: no such name was ever made from a URL.
    return undefined;
  }
  const [path = ""] = text.split("?", 1);
  return path.split("/").some(isDotSegment) ? undefined : text;
}

/** Components that the WHATWG URL Standard resolves, however they are written (its "double-dot URL path segment"). */
function isDotSegment(segment: string): boolean {
  return /^(?:\.|%2e){1,2}$/i.test(segment);
}

/** Stands for a percent sign of the thing's own name, whose spelling depends on what follows it. */
const PERCENT = "\u0000";
/** A slash that is encoded in the URL, so no separator of it. */
const ENCODED_SLASH = "%252F";

/**
 * The name of a component of a URL, query included: readable characters decoded, what would mean something else escaped.
 * `urlTextOfName` gives a text that names the same resource.
 */
export function nameOfUrlText(text: string): string {
  const decoded = text.replace(/((?:%[0-9A-Fa-f]{2})+)|[%?/]/g, (token, escapes?: string) => {
    if (escapes !== undefined) return readable(escapes);
    return token === "%" ? PERCENT : encodeURIComponent(token);
  });
  return withoutFileMark(spellPercents(decoded));
}

/** The name of a thing called `decoded`, with no query. */
export function nameOfDecoded(decoded: string): string {
  return withoutFileMark(spellPercents([...decoded].map(inName).join("")));
}

/** A run of escapes as characters where they are UTF-8, as they are where not. */
function readable(escapes: string): string {
  let characters: string;
  try {
    characters = decodeURIComponent(escapes);
  } catch {
    // Not UTF-8: they stay, but for those that names give a meaning of their own.
    return escapes.replace(/%(?=2F|3F|25)/gi, "%25");
  }
  return [...characters].map(inName).join("");
}

/** A character of a decoded name as it stands in the mount's: control characters stay escapes of the URL. */
function inName(character: string): string {
  if (character === "%") return PERCENT;
  if (character === "/") return ENCODED_SLASH;
  return character < " " || character === "\u007f" ? encodeURIComponent(character) : character;
}

/** Before two hex digits a percent sign would begin an escape: there it is spelled as the URL's own escape of it. */
function spellPercents(name: string): string {
  const [first = "", ...rest] = name.split(PERCENT);
  return first + rest.map((part) => (/^[0-9A-Fa-f]{2}/.test(part) ? `%2525${part}` : `%${part}`)).join("");
}
