/** How a stored object answers GET and HEAD: ranges and conditions by RFC 9110, which both vendors follow. */
import { headerOf, type ReceivedRequest, type Refusal, refuse } from "./received-request.ts";
import type { StoredObject } from "./stored-objects.ts";

/** An answer ready to be sent. */
export interface ObjectAnswer {
  readonly statusCode: number;
  /** Vendor's error code; undefined for a success. */
  readonly code: string | undefined;
  /** Lower case. */
  readonly headers: Record<string, string>;
  /** Length of the body. */
  readonly bytes: number;
  /** Bytes of the body. */
  read(offset: number, length: number): Buffer;
}

/** @param more headers of this object beyond what every origin says */
export function answerGet(
  request: ReceivedRequest,
  object: StoredObject,
  more: Readonly<Record<string, string>>,
): ObjectAnswer | Refusal {
  const unmet = unmetCondition(request, object);
  if (unmet !== undefined) return unmet;
  const { content } = object;
  const range = headerOf(request, "range");
  const wanted = range === undefined ? undefined : rangeOf(range, content.bytes);
  if (wanted === "beyond")
    return refuse(416, "InvalidRange", "The requested range is not satisfiable", {
      ActualObjectSize: String(content.bytes),
    });
  const start = wanted?.start ?? 0;
  const bytes = wanted === undefined ? content.bytes : wanted.end - wanted.start;
  return {
    statusCode: wanted === undefined ? 200 : 206,
    code: undefined,
    headers: {
      "accept-ranges": "bytes",
      etag: object.etag,
      "last-modified": new Date(object.modifiedAtMs).toUTCString(),
      "content-type": "application/octet-stream",
      ...more,
      "content-length": String(bytes),
      ...(wanted === undefined
        ? {}
        : { "content-range": `bytes ${wanted.start}-${wanted.end - 1}/${content.bytes}` }),
    },
    bytes,
    read: (offset, length) => content.read(start + offset, Math.min(length, bytes - offset)),
  };
}

/** If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since. */
function unmetCondition(request: ReceivedRequest, object: StoredObject): Refusal | undefined {
  const failed = refuse(412, "PreconditionFailed", "At least one of the pre-conditions did not hold.");
  const match = headerOf(request, "if-match");
  if (match !== undefined && match !== "*" && !tags(match).includes(object.etag)) return failed;
  const unmodifiedSince = Date.parse(headerOf(request, "if-unmodified-since") ?? "");
  if (match === undefined && Math.floor(object.modifiedAtMs / 1000) * 1000 > unmodifiedSince) return failed;
  const noneMatch = headerOf(request, "if-none-match");
  if (noneMatch !== undefined && tags(noneMatch).includes(object.etag))
    return refuse(304, "NotModified", "Not Modified");
  return undefined;
}

function tags(header: string): string[] {
  return header.split(",").map((tag) => tag.trim());
}

/** undefined: serve the whole, as for a header that is no single range of bytes. */
function rangeOf(header: string, bytes: number): { start: number; end: number } | "beyond" | undefined {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(header);
  if (parts === null || (parts[1] === "" && parts[2] === "")) return undefined;
  if (parts[1] === "") {
    const suffix = Math.min(Number(parts[2]), bytes);
    return suffix === 0 ? "beyond" : { start: bytes - suffix, end: bytes };
  }
  const start = Number(parts[1]);
  const end = parts[2] === "" ? bytes : Math.min(Number(parts[2]) + 1, bytes);
  if (parts[2] !== "" && Number(parts[2]) < start) return undefined;
  return start >= bytes ? "beyond" : { start, end };
}
