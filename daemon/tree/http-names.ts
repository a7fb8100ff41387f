/**
 * Paths below /http and /https to URLs, and which answers make a name a file or a directory. An http server does not say
 * which component of a path is the last one: a component is a directory unless proven a file. Pure.
 */
import { P2pfsError } from "../../base/errors.ts";
import { URL_BYTES_MAX } from "../../base/limits.ts";
import type { SourceEntry, SourceStat } from "../source/source.ts";
import { originOfHostName } from "./host-name.ts";
import type { NodeKind, NodePath } from "./node-key.ts";
import { hasExtension, isHtmlName, nameOfDecoded, nameOfUrlText, urlTextOfName } from "./url-name.ts";

/** Where a directory of the branch lies at its origin: a URL with a slash at its end; undefined: nowhere. */
export function directoryUrl(scheme: "http" | "https", directory: NodePath): string | undefined {
  const [host = "", ...names] = directory;
  const origin = originOfHostName(scheme, host);
  if (origin === undefined) return undefined;
  const texts = names.map(urlTextOfName);
  return texts.includes(undefined)
    ? undefined
    : checked(`${origin}/${texts.map((text) => `${text}/`).join("")}`);
}

/** Where a name of a directory lies: without a slash at its end. `@file` alone is the directory's own page. */
export function fileUrl(directory: string, base: string): string | undefined {
  const text = urlTextOfName(base);
  return text === undefined ? undefined : checked(`${directory}${text}`);
}

/**
 * The URL as URLs are written; undefined when a parser would read another path out of it.
 * @throws P2pfsError NAME_TOO_LONG
 */
function checked(text: string): string | undefined {
  if (text.length > URL_BYTES_MAX)
    throw new P2pfsError("NAME_TOO_LONG", `the path makes a URL of more than ${URL_BYTES_MAX} bytes`);
  const url = new URL(text);
  const [path = ""] = text.slice(text.indexOf("/", text.indexOf("//") + 2)).split("?", 1);
  return url.pathname === path ? url.href : undefined;
}

/** The mount's name of an entry of an index page: that of its URL, which says more than the decoded name. */
export function nameOfEntry(entry: SourceEntry): string | undefined {
  const [path = ""] = entry.url.split(/[?#]/, 1);
  const last = /([^/]+)\/?$/.exec(path)?.[1];
  const name = last === undefined ? nameOfDecoded(entry.name) : nameOfUrlText(last);
  return urlTextOfName(name) === undefined ? undefined : name;
}

/** The spelling that a listing uses of a name without a mark. */
export function canonicalName(name: string): string | undefined {
  const text = urlTextOfName(name);
  return text === undefined || /[/?]/.test(text) ? undefined : nameOfUrlText(text);
}

/** Whether a name can be no directory unless the origin proves it one. */
export function looksLikeFile(name: string): boolean {
  return hasExtension(name) || isHtmlName(name);
}

/** What a good answer makes of a name. A source that has only the answer says less, so its own word is not asked. */
export function kindOfAnswer(name: string, url: string, stat: SourceStat): NodeKind {
  if (isHtmlName(name)) return "file";
  if (isHtml(stat.contentType) || leadsToSlash(url, stat.finalUrl)) return "directory";
  if (hasExtension(name)) return "file";
  return stat.length !== undefined || stat.ranges ? "file" : "directory";
}

function isHtml(contentType: string | undefined): boolean {
  return contentType === "text/html" || contentType === "application/xhtml+xml";
}

/** Servers redirect the name of a directory to the same name with a slash. */
function leadsToSlash(url: string, finalUrl: string): boolean {
  return pathnameOf(finalUrl) === `${pathnameOf(url)}/`;
}

function pathnameOf(url: string): string | undefined {
  try {
    return new URL(url).pathname;
  } catch {
    // A source whose final URL is none tells of no redirect.
    return undefined;
  }
}
