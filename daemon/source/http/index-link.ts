/** Which links of an index page are entries of the folder, and what the text beside them says. Pure. */
import type { SourceEntry } from "../source.ts";

/** The folder a page lists. */
export interface IndexFolder {
  /** Where the page came from: links are relative to it. */
  readonly page: URL;
  /** The folder as it was asked for, ending in "/": entries' URLs are below it, whatever redirects there were. */
  readonly asked: URL;
}

/** The folder URL for a path with or without its last slash; query and fragment dropped. */
export function folderUrl(url: URL): URL {
  const folder = new URL(url);
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  folder.search = "";
  folder.hash = "";
  return folder;
}

/** What a link says about an entry. */
export type IndexLink = Pick<SourceEntry, "name" | "kind" | "url">;

/**
 * The entry a link stands for: only direct children on the same origin do. Sort links (`?C=N`), the parent, other sites, and names
 * that no file can have or that are not UTF-8 are none.
 */
export function linkedEntry(href: string, folder: IndexFolder): IndexLink | undefined {
  if (/[?#]/.test(href) || !URL.canParse(href, folder.page.href)) return undefined;
  const target = new URL(href, folder.page);
  const base = new URL(".", folder.page);
  if (target.origin !== base.origin || !target.pathname.startsWith(base.pathname)) return undefined;
  const rest = target.pathname.slice(base.pathname.length);
  const segment = rest.endsWith("/") ? rest.slice(0, -1) : rest;
  const name = segment.includes("/") ? undefined : decodedName(segment);
  if (name === undefined) return undefined;
  return {
    name,
    kind: rest.endsWith("/") ? "directory" : "file",
    url: `${withoutUserInfo(folder.asked)}${rest}`,
  };
}

/** The entry for a name as a server tells it outside of a link. */
export function namedEntry(
  name: string,
  kind: "file" | "directory",
  folder: IndexFolder,
): IndexLink | undefined {
  // Half a surrogate pair has no UTF-8, and no URL.
  if (!isFileName(name) || /\p{Surrogate}/u.test(name)) return undefined;
  const slash = kind === "directory" ? "/" : "";
  return { name, kind, url: `${withoutUserInfo(folder.asked)}${encodeURIComponent(name)}${slash}` };
}

function withoutUserInfo(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function decodedName(segment: string): string | undefined {
  try {
    const name = decodeURIComponent(segment);
    return isFileName(name) ? name : undefined;
  } catch {
    // Bytes that are no UTF-8 have no name here.
    return undefined;
  }
}

function isFileName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !name.includes("/") && !name.includes("\0");
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** nginx: `02-Jan-2024 03:04    1234`, in UTC unless told otherwise; with rounded sizes a letter follows the digits. */
const NGINX_ROW = /^(\d\d)-([A-Z][a-z]{2})-(\d{4}) (\d\d):(\d\d)\s+(?:(\d+)|-|\d+[KMGT])$/;
/** Apache: `2024-01-02 03:04  1.2K  words`, in a time zone it does not tell; sizes under a thousand have no letter. */
const APACHE_ROW = /^\d{4}-\d\d-\d\d \d\d:\d\d\s+(\d+)(?:\s|$)/;

/** Sizes and times in the text beside a link, where the format gives them exactly. nginx's times are cut to the minute. */
export function parseRow(text: string): Pick<SourceEntry, "length" | "modifiedAtMs"> {
  const row = text.trim();
  const nginx = NGINX_ROW.exec(row);
  if (nginx !== null) {
    const [, day, month = "", year, hour, minute, size] = nginx;
    const monthIndex = MONTHS.indexOf(month);
    const atMs = Date.UTC(Number(year), monthIndex, Number(day), Number(hour), Number(minute));
    return { length: exactSize(size), modifiedAtMs: monthIndex === -1 ? undefined : atMs };
  }
  return { length: exactSize(APACHE_ROW.exec(row)?.[1]), modifiedAtMs: undefined };
}

function exactSize(digits: string | undefined): number | undefined {
  const size = Number(digits ?? Number.NaN);
  return Number.isSafeInteger(size) ? size : undefined;
}
