/** Which headers go with a request, and which of them go along when a redirect leads to another origin. Pure. */
import { createHash } from "node:crypto";
import { basicAuthorization } from "./proxies.ts";

export type Headers = Readonly<Record<string, string>>;

/**
 * Headers that are ours to set, or that belong to one connection: what a user gives for them is dropped. Conditions would turn the
 * answer into another than the one asked for.
 */
const NOT_THE_USERS = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "range",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers of users that cannot be credentials. Any other may be one, whatever its name, and stays with its origin. */
const HARMLESS = new Set(["accept", "accept-language", "user-agent"]);

/** Later ones win; names come out in lower case. */
function merged(...layers: readonly Headers[]): Record<string, string> {
  const all: Record<string, string> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) all[name.toLowerCase()] = value;
  }
  return all;
}

export interface UserHeaders {
  /** The product token for User-Agent. */
  readonly userAgent: string;
  /** From the config (`backend.requestHeader`). */
  readonly configured: Headers;
  /** From the request; they win. */
  readonly requested: Headers;
}

/** The headers a user wants sent to `url`; user info in the URL becomes Basic credentials, unless there are others. */
export function userHeaders(headers: UserHeaders, url: URL): Headers {
  const basic = basicAuthorization(url);
  const all = merged(
    { "user-agent": headers.userAgent },
    basic === undefined ? {} : { authorization: basic },
    headers.configured,
    headers.requested,
  );
  return Object.fromEntries(Object.entries(all).filter(([name]) => !NOT_THE_USERS.has(name)));
}

/** What of the user's headers may go to an origin that is not the one they were given for. */
export function harmlessHeaders(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name)));
}

/** Whether any of the headers may be a credential. */
export function mayHoldCredentials(headers: Headers): boolean {
  return Object.keys(headers).some((name) => !HARMLESS.has(name));
}

/** A name for a set of headers that tells nothing about them. */
export function headersKey(headers: Headers): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(headers).sort()) hash.update(`${JSON.stringify([name, headers[name]])}\n`);
  return hash.digest("base64url");
}
