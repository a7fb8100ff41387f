/** The answer to HEAD of an object as a SourceStat; both vendors say the same in the same headers. */
import type { OriginAnswer } from "../../../base/errors.ts";
import type { SourceStat, Validator } from "../source.ts";

/** @param finalUrl where the object was asked, without a query. */
export function fileStat(answer: OriginAnswer, finalUrl: string, digests: readonly string[]): SourceStat {
  const { headers, statusCode } = answer;
  const length = contentLengthOf(headers);
  const modifiedAtMs = Date.parse(headers["last-modified"] ?? "");
  const validator: Validator = {
    ...(headers.etag === undefined ? {} : { etag: headers.etag }),
    ...(headers["last-modified"] === undefined ? {} : { lastModified: headers["last-modified"] }),
    ...(length === undefined ? {} : { length }),
  };
  return {
    kind: "file",
    length,
    ranges: length !== undefined,
    validator,
    modifiedAtMs: Number.isNaN(modifiedAtMs) ? undefined : modifiedAtMs,
    contentType: headers["content-type"]?.split(";")[0]?.trim().toLowerCase(),
    finalUrl,
    responseHeaders: headers,
    statusCode,
    digests,
  };
}

/** A prefix that holds something, the bucket or the list of buckets. */
export function directoryStat(answer: OriginAnswer, finalUrl: string): SourceStat {
  return {
    kind: "directory",
    length: undefined,
    ranges: false,
    validator: {},
    modifiedAtMs: undefined,
    contentType: undefined,
    finalUrl,
    responseHeaders: {},
    statusCode: answer.statusCode,
    digests: [],
  };
}

function contentLengthOf(headers: Readonly<Record<string, string>>): number | undefined {
  const text = headers["content-length"];
  const length = Number(text);
  return text !== undefined && /^\d+$/.test(text) && Number.isSafeInteger(length) ? length : undefined;
}
