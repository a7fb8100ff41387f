/**
 * How an origin of misbehaving.ts answers: a good server by default, with one fault or several on top. Pure: says what
 * the head and the body of an answer are; misbehaving.ts writes them.
 */
import type { Content } from "./content.ts";

/** What a resource is: its bytes and the validators that name this version of it. */
export interface Version {
  readonly content: Content;
  /** The ETag header as sent, quotes included; none when left out. */
  readonly etag?: string;
  /** The Last-Modified header; none when left out. */
  readonly lastModified?: string;
}

export interface Behaviour extends Partial<Version> {
  /** Default application/octet-stream. */
  readonly contentType?: string;
  /** More headers of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** "ignored": every GET gets all of it with 200. Default "honoured". */
  readonly ranges?: "honoured" | "ignored";
  /** How the end of a body is told; default "length". "close" tells it by closing, with no length. */
  readonly framing?: "length" | "chunked" | "close";
  /** Status in place of 200 and 206. */
  readonly status?: number;
  /** The range served in place of the one asked for, with a Content-Range and a length that are true to it. */
  readonly rangeServed?: (first: number, end: number) => { first: number; end: number };
  /** The Content-Range of a 206, from what was asked; "" leaves it out. */
  readonly contentRange?: (first: number, last: number, total: number) => string;
  /** Bytes sent beyond the body's stated end. */
  readonly extraBytes?: number;
  /** Closes the connection after so many bytes of a body. */
  readonly closeAfterBytes?: number;
  /** Sends nothing more after so many bytes of a body, and holds the connection. */
  readonly stallAfterBytes?: number;
  /** Speed of bodies, bytes per second; default as fast as the client reads. */
  readonly bytesPerSecond?: number;
  /** The first `count` requests fail with this status, or are closed without an answer. */
  readonly failures?: {
    readonly count: number;
    readonly status: number | "close";
    /** More headers of the failed answers: Retry-After. */
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** Status of an interim answer (1xx) sent before the real one. */
  readonly interim?: number;
  /** Takes the request and never answers. */
  readonly silent?: boolean;
  readonly redirect?: { readonly status: 301 | 302 | 303 | 307 | 308; readonly location: string };
  /** Becomes another version once a body reached this offset of the content. */
  readonly change?: {
    readonly atByte: number;
    readonly to: Version;
    /** The body then being sent goes on with the "new" bytes, as of a file written in place, or keeps the "old". */
    readonly running: "new" | "old";
  };
}

export interface AskedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The head of an answer and which part of the content follows. */
export interface PlannedAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly content: Content;
  /** No body follows, whatever the behaviour says of bodies. */
  readonly bodiless: boolean;
  /** The body is [first, end) of the content. */
  readonly first: number;
  readonly end: number;
}

const NOTHING: Content = { bytes: 0, read: () => Buffer.alloc(0) };

/** The bytes that a single range of RFC 9110 §14.1.2 names; undefined for none or several, null out of bounds. */
function parseRange(
  header: string | undefined,
  total: number,
): { first: number; end: number } | undefined | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return undefined;
  if (match[1] === "") {
    const last = Number(match[2]);
    return last === 0 ? null : { first: Math.max(0, total - last), end: total };
  }
  const first = Number(match[1]);
  if (first >= total) return null;
  const end = match[2] === "" ? total : Math.min(total, Number(match[2]) + 1);
  return end <= first ? undefined : { first, end };
}

function framingHeaders(behaviour: Behaviour, bodyBytes: number): [string, string][] {
  if (behaviour.framing === "chunked") return [["Transfer-Encoding", "chunked"]];
  if (behaviour.framing === "close") return [["Connection", "close"]];
  return [["Content-Length", String(bodyBytes)]];
}

function bare(status: number, headers: readonly (readonly [string, string])[] = []): PlannedAnswer {
  const told: [string, string] = ["Content-Length", "0"];
  return { status, headers: [...headers, told], content: NOTHING, bodiless: true, first: 0, end: 0 };
}

/** The answer without a body that a condition, a redirect or a range out of bounds demands, if any. */
function answerWithoutBody(
  behaviour: Behaviour,
  version: Version,
  headers: AskedRequest["headers"],
): PlannedAnswer | undefined {
  const { redirect } = behaviour;
  if (redirect !== undefined) return bare(redirect.status, [["Location", redirect.location]]);
  const { etag } = version;
  if (headers["if-match"] !== undefined && headers["if-match"] !== etag) return bare(412);
  if (headers["if-none-match"] !== undefined && headers["if-none-match"] === etag) {
    return { ...bare(304), headers: [["ETag", etag]] };
  }
  return undefined;
}

/** What to answer where nothing fails before the head. */
export function planAnswer(behaviour: Behaviour, version: Version, request: AskedRequest): PlannedAnswer {
  const early = answerWithoutBody(behaviour, version, request.headers);
  if (early !== undefined) return early;
  const { content } = version;
  const ifRange = request.headers["if-range"];
  const sameVersion = ifRange === undefined || ifRange === version.etag || ifRange === version.lastModified;
  const ranged = behaviour.ranges !== "ignored" && sameVersion;
  const range = ranged ? parseRange(request.headers.range, content.bytes) : undefined;
  if (range === null) return bare(416, [["Content-Range", `bytes */${content.bytes}`]]);
  const served = range === undefined ? undefined : behaviour.rangeServed?.(range.first, range.end);
  const { first, end } = served ?? range ?? { first: 0, end: content.bytes };
  const headers: [string, string][] = [
    ["Content-Type", behaviour.contentType ?? "application/octet-stream"],
    ...Object.entries(behaviour.headers ?? {}),
    ...framingHeaders(behaviour, end - first),
  ];
  if (behaviour.ranges !== "ignored") headers.push(["Accept-Ranges", "bytes"]);
  if (version.etag !== undefined) headers.push(["ETag", version.etag]);
  if (version.lastModified !== undefined) headers.push(["Last-Modified", version.lastModified]);
  if (range !== undefined) {
    const told = behaviour.contentRange ?? ((a, b, total) => `bytes ${a}-${b}/${total}`);
    const contentRange = told(first, end - 1, content.bytes);
    if (contentRange !== "") headers.push(["Content-Range", contentRange]);
  }
  const status = behaviour.status ?? (range === undefined ? 200 : 206);
  return { status, headers, content, bodiless: request.method === "HEAD", first, end };
}
