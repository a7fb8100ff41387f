/**
 * What of a URL enters a task's id. The rules are Dragonfly's (dragonflyoss/client, id_generator and digest), to the
 * letter: a host that normalises otherwise is alone in a swarm of its own. Nothing here opens a URL.
 */
import { InvalidInputError } from "../../base/errors.ts";

/**
 * Query parameters that sign a URL or let it expire, and so differ between two requests for the same bytes. Dragonfly's
 * dfget and proxy leave them out of the id unless told otherwise. Compared exactly, case included, after decoding.
 */
export const DEFAULT_FILTERED_QUERY_PARAMS: readonly string[] = [
  // Amazon S3
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-SignedHeaders",
  "X-Amz-Signature",
  "X-Amz-Security-Token",
  "X-Amz-User-Agent",
  // Google Cloud Storage
  "X-Goog-Algorithm",
  "X-Goog-Credential",
  "X-Goog-Date",
  "X-Goog-Expires",
  "X-Goog-SignedHeaders",
  "X-Goog-Signature",
  // Alibaba Cloud OSS
  "OSSAccessKeyId",
  "Expires",
  "Signature",
  "SecurityToken",
  // Huawei Cloud OBS; Signature and Expires as above
  "AccessKeyId",
  "X-Obs-Date",
  "X-Obs-Security-Token",
  // Tencent Cloud COS
  "q-sign-algorithm",
  "q-ak",
  "q-sign-time",
  "q-key-time",
  "q-header-list",
  "q-url-param-list",
  "q-signature",
  "x-cos-security-token",
  // containerd's registry mirrors
  "ns",
];

/**
 * The URL as it enters an id: parsed and written by the WHATWG URL Standard, without the filtered query parameters, the
 * others written as application/x-www-form-urlencoded even where none was filtered, and without the slashes at its end
 * when the path is only "/". The fragment stays.
 * @param filteredQueryParams names to leave out; default `DEFAULT_FILTERED_QUERY_PARAMS`
 * @throws InvalidInputError when it is no absolute URL. The message does not show it: it may hold secrets.
 */
export function normalizedUrl(
  url: string,
  filteredQueryParams: readonly string[] = DEFAULT_FILTERED_QUERY_PARAMS,
): string {
  const parsed = parseUrl(url);
  const filtered = new Set(filteredQueryParams);
  const kept = [...new URLSearchParams(parsed.search)].filter(([name]) => !filtered.has(name));
  parsed.search = new URLSearchParams(kept).toString();
  const text = parsed.href;
  // A fragment may end in a slash too, and upstream trims that as well.
  return parsed.pathname === "/" ? withoutSlashesAtEnd(text) : text;
}

/**
 * The SHA-256 in the URL of an OCI blob (`SCHEME://HOST/v2/NAME/blobs/sha256:HEX`, distribution spec), which Dragonfly
 * can use as the task's id. Undefined for any other URL, and for digests that are not 64 lower-case hex digits of
 * SHA-256: no task id can be made of those.
 */
export function blobSha256(url: string): string | undefined {
  // Upstream's ^(.*)://(.*)/v2/(.*)/blobs/([^?]+)(?:\?.*)?$ without its backtracking, which is cubic on hostile URLs.
  const scheme = url.indexOf("://");
  const api = scheme === -1 ? -1 : url.indexOf("/v2/", scheme + "://".length);
  if (api === -1) return undefined;
  const blobs = lastBlobs(url);
  if (blobs < api + "/v2/".length) return undefined;
  const [reference = ""] = url.slice(blobs + "/blobs/".length).split("?", 1);
  return /^sha256:([0-9a-f]{64})$/.exec(reference)?.[1];
}

/** Where the last "/blobs/" stands that is followed by something other than a query; -1 if none is. */
function lastBlobs(url: string): number {
  for (let at = url.lastIndexOf("/blobs/"); at > 0; at = url.lastIndexOf("/blobs/", at - 1)) {
    const next = url[at + "/blobs/".length];
    if (next !== undefined && next !== "?") return at;
  }
  return -1;
}

function parseUrl(url: string): URL {
  try {
    return new URL(url);
  } catch (cause) {
    // Node's error holds the URL itself, so it is not kept as the cause.
    throw new InvalidInputError("the URL is not absolute or not well-formed", {
      details: { reason: cause instanceof Error ? cause.name : "unknown" },
    });
  }
}

function withoutSlashesAtEnd(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "/") end--;
  return text.slice(0, end);
}
