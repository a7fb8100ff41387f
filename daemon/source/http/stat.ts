/**
 * What an origin holds at a URL, learned as Dragonfly does: with a GET of the first byte, as signed URLs refuse HEAD. Says what
 * the answer shows; what a name means in the mount is decided elsewhere.
 */
import { IntegrityError, UnavailableError } from "../../../base/errors.ts";
import { loggableUrl } from "../../../base/logger.ts";
import type { SourceRequest, SourceStat } from "../source.ts";
import { type AnswerHead, publicHeaders, statusError } from "./failure.ts";
import {
  isHtml,
  parseBytes,
  parseContentRange,
  parseHttpDate,
  parseMediaType,
  parseReprDigest,
} from "./fields.ts";
import { type Answer, type HttpClient, parseHttpUrl } from "./http-client.ts";
import { validatorOf } from "./version.ts";

/** One question, not repeated. Throws as Source.stat does. */
export async function statOnce(
  client: HttpClient,
  request: SourceRequest,
  signal: AbortSignal,
): Promise<SourceStat> {
  const ask = async (headers: Record<string, string>): Promise<Answer> => {
    const answer = await client.get(
      { request, headers, kind: "question", temporaryRedirects: false },
      signal,
    );
    // Read to its end before the next question, which can then use the same connection.
    await client.discard(answer);
    return answer;
  };
  let answer = await ask({ range: "bytes=0-0" });
  // An empty content has no first byte. The answer that says so (416) shows no validators, so it is asked once more.
  const firstMissing = answer.exchange.head.statusCode === 416;
  if (firstMissing) answer = await ask({});
  const { head } = answer.exchange;
  if (head.statusCode !== 200 && head.statusCode !== 206) throw statusError(head, request.url);
  return statOf(head, parseHttpUrl(request.url), answer.finalUrl);
}

/** What a 200 or 206 to a GET of the first byte shows. */
export function statOf(head: AnswerHead, asked: URL, finalUrl: URL): SourceStat {
  const { length, ranges } = extentOf(head, finalUrl);
  const contentType = parseMediaType(head.headers["content-type"]);
  refuseReencoded(head, finalUrl.href);
  const folded = finalUrl.origin === asked.origin && finalUrl.pathname === `${asked.pathname}/`;
  const proven = (length !== undefined || ranges) && !isHtml(contentType);
  const { "content-range": _, ...headers } = publicHeaders(head.headers);
  return {
    kind: proven && !folded ? "file" : "directory",
    length,
    ranges,
    validator: validatorOf(head, length),
    modifiedAtMs: parseHttpDate(head.headers["last-modified"]),
    contentType,
    finalUrl: finalUrl.href,
    responseHeaders: length === undefined ? headers : { ...headers, "content-length": String(length) },
    // The headers are those of the whole now, and so is the status.
    statusCode: 200,
    digests: parseReprDigest(head.headers["repr-digest"]),
  };
}

/** @throws IntegrityError for a 206 that does not say of what */
function extentOf(head: AnswerHead, url: URL): { length: number | undefined; ranges: boolean } {
  if (head.statusCode === 206) {
    const range = parseContentRange(head.headers["content-range"]);
    if (range === undefined || range.offset !== 0)
      throw new IntegrityError(`${loggableUrl(url.href)} sent a part without saying which`, {
        origin: { statusCode: 206, headers: publicHeaders(head.headers) },
      });
    // Parts of a whole of unknown length cannot be put together: such a content is streamed.
    return { length: range.total, ranges: range.total !== undefined };
  }
  const length = parseBytes(head.headers["content-length"]);
  // Whoever answers a GET of one byte with everything has no ranges, whatever Accept-Ranges says. Of nothing there are no parts.
  return { length, ranges: length === 0 };
}

/**
 * Content-Encoding says that the bytes are coded. Where they are stored so (`.tar.gz` under Apache, objects with that metadatum) they
 * have a fixed length and a strong ETag or serve ranges, and are taken as they are, as curl does. A server that codes on the fly,
 * although asked not to, sends bytes that may differ each time: those are refused.
 * @throws UnavailableError SOURCE_REFUSED
 */
export function refuseReencoded(head: AnswerHead, url: string): void {
  const encoding = head.headers["content-encoding"]?.trim().toLowerCase() ?? "";
  if (encoding === "" || encoding === "identity" || head.statusCode === 206) return;
  const stored = head.headers["content-length"] !== undefined && head.headers.etag?.startsWith('"') === true;
  if (stored) return;
  throw new UnavailableError(
    `${loggableUrl(url)} is sent with Content-Encoding ${encoding} although the plain bytes were asked for`,
    { origin: { statusCode: head.statusCode, headers: publicHeaders(head.headers) } },
    "SOURCE_REFUSED",
  );
}
