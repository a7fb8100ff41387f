/**
 * One GET of a stretch of a content into its file. Status, range and version are checked before the first byte is written;
 * length while they come. It never repeats itself: the engine does.
 */
import type { FetchResult } from "../../../base/destination.ts";
import {
  ChangedError,
  IntegrityError,
  InvalidInputError,
  NotSupportedError,
  type OriginAnswer,
  type P2pfsError,
} from "../../../base/errors.ts";
import { type BufferPool, FilePump } from "../../../base/file-pump.ts";
import { loggableUrl } from "../../../base/logger.ts";
import type { SourceReadRequest, Validator } from "../source.ts";
import { type AnswerHead, publicHeaders, statusError } from "./failure.ts";
import { parseBytes, parseContentRange, parseUnsatisfied } from "./fields.ts";
import type { Answer, HttpClient } from "./http-client.ts";
import { refuseReencoded } from "./stat.ts";
import { compareVersion, ifRangeOf } from "./version.ts";

/** What is sent and what must come back. */
export interface Expectation {
  /** Undefined: the whole, from the first byte, with no Range header. */
  readonly range: { readonly offset: number; readonly length: number } | undefined;
  /** The version that the request was made to depend on: by If-Range, or by If-Match where that serves better. */
  readonly ifRange: string | undefined;
  readonly wanted: Validator;
}

/** Throws as Source.read does. */
export async function readOnce(
  client: HttpClient,
  buffers: BufferPool,
  request: SourceReadRequest,
  signal: AbortSignal,
): Promise<FetchResult> {
  const { into } = request;
  signal.throwIfAborted();
  if (into.length === 0) return { length: 0 };
  const expected = expectationOf(request, client.clock.nowMs());
  const answer = await client.get(
    { request, headers: headersOf(expected), kind: "fetch", temporaryRedirects: true },
    signal,
  );
  return receive({ client, buffers, request, expected }, answer);
}

/** A read that waits for its answer. */
export interface Reading {
  readonly client: HttpClient;
  readonly buffers: BufferPool;
  readonly request: SourceReadRequest;
  readonly expected: Expectation;
}

/** Takes the answer to a read: checks its head, then moves its body into the file. Throws as Source.read does. */
export function receive(reading: Reading, answer: Answer): Promise<FetchResult> {
  const { client, buffers, request, expected } = reading;
  const { exchange, finalUrl } = answer;
  try {
    checkAnswer(exchange.head, expected, { request, url: finalUrl.href });
  } catch (error) {
    void client.discard(answer);
    return Promise.reject(error);
  }
  return exchange.pump(new FilePump(request.into, buffers));
}

/** @throws InvalidInputError where a whole read does not begin at 0 */
export function expectationOf(request: SourceReadRequest, nowMs: number): Expectation {
  const { into, contentLength, validator } = request;
  const length = contentLength ?? validator.length;
  const wanted = { ...validator, ...(length === undefined ? {} : { length }) };
  if (!request.ranges || into.length === undefined) {
    if (into.offset !== 0) throw new InvalidInputError("a whole read begins at the first byte");
    return { range: undefined, ifRange: undefined, wanted };
  }
  const range = { offset: into.offset, length: into.length };
  return { range, ifRange: ifRangeOf(validator, nowMs), wanted };
}

function headersOf({ range, ifRange }: Expectation): Record<string, string> {
  if (range === undefined) return {};
  return {
    range: `bytes=${range.offset}-${range.offset + range.length - 1}`,
    ...(ifRange === undefined ? {} : { "if-range": ifRange }),
  };
}

interface Asked {
  readonly request: SourceReadRequest;
  readonly url: string;
}

/** Returns only if the body is exactly what is to be written. */
function checkAnswer(head: AnswerHead, expected: Expectation, asked: Asked): void {
  const { statusCode: status } = head;
  const place = loggableUrl(asked.url);
  const origin: OriginAnswer = { statusCode: status, headers: publicHeaders(head.headers) };
  const changed = () => new ChangedError(`${place} is another version now`, { origin });
  const wrong = (why: string) => new IntegrityError(`${place} ${why}`, { origin });
  if (status === 206) checkPart(head, expected, { changed, wrong, place });
  else if (status === 200) checkWhole(head, expected, asked, { changed, wrong, place });
  else if (status === 412) throw changed();
  else if (status === 416) {
    const total = parseUnsatisfied(head.headers["content-range"]);
    const known = expected.wanted.length;
    if (total === undefined || known === undefined || total !== known) throw changed();
    throw wrong("refuses a range that lies within it");
  } else throw statusError(head, asked.url);
}

interface Words {
  readonly place: string;
  changed(): P2pfsError;
  wrong(why: string): P2pfsError;
}

function checkPart(head: AnswerHead, expected: Expectation, words: Words): void {
  const { range, wanted, ifRange } = expected;
  if (range === undefined) throw words.wrong("sent a part although the whole was asked for");
  const sent = parseContentRange(head.headers["content-range"]);
  if (sent === undefined) throw words.wrong("sent a part without saying which");
  const version = compareVersion(wanted, head, sent.total);
  if (version === "changed") throw words.changed();
  if (sent.offset !== range.offset || sent.length !== range.length)
    throw words.wrong(
      `sent bytes ${sent.offset} to ${sent.offset + sent.length} although ${range.offset} to ${range.offset + range.length} were asked for`,
    );
  const stated = head.headers["content-length"];
  if (stated !== undefined && parseBytes(stated) !== range.length)
    throw words.wrong(`sent ${stated} bytes although ${range.length} were asked for`);
  // A 206 to If-Range is the server's word that the version is the one named (RFC 9110 §13.1.5).
  if (version === "unknown" && ifRange === undefined)
    throw new NotSupportedError(`${words.place} does not say of which version its parts are`);
}

function checkWhole(head: AnswerHead, expected: Expectation, asked: Asked, words: Words): void {
  const { range, wanted, ifRange } = expected;
  const stated = head.headers["content-length"];
  const total = parseBytes(stated);
  const version = compareVersion(wanted, head, total);
  if (version === "changed") throw words.changed();
  // The answer to a failed If-Range is the new version, whole; without validators nothing else tells it apart.
  if (version === "unknown" && ifRange !== undefined) throw words.changed();
  refuseReencoded(head, asked.url);
  const { into } = asked.request;
  const known = wanted.length ?? total;
  const wholeFits = into.offset === 0 && (into.length === undefined || into.length === known);
  if (!wholeFits && range !== undefined)
    throw new NotSupportedError(`${words.place} ignores ranges: it sends all of its bytes or none`);
  if (!wholeFits) throw words.wrong(`sends ${known ?? "an unknown number of"} bytes, not ${into.length}`);
}
