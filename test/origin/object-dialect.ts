/** What the two vendors' ways of speaking have in common: addresses, parameters of lists, XML. */

import type { Operation } from "./object-server.ts";
import {
  headerOf,
  parameterOf,
  pathOf,
  percentDecode,
  percentEncode,
  type ReceivedRequest,
  type Refusal,
  refuse,
} from "./received-request.ts";
import type { Bucket, ListAnswer, StoredObject } from "./stored-objects.ts";

/** Bucket and key from "BUCKET.DOMAIN/KEY" or, on any other host, "/BUCKET/KEY". */
export function locate(request: ReceivedRequest, domain: string): { bucket: string; key: string } {
  const host = (headerOf(request, "host") ?? "").replace(/:\d+$/, "");
  const path = percentDecode(pathOf(request)).slice(1);
  if (host.endsWith(`.${domain}`)) return { bucket: host.slice(0, -domain.length - 1), key: path };
  const slash = path.indexOf("/");
  return slash === -1
    ? { bucket: path, key: "" }
    : { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
}

/** GET and HEAD of the service, a bucket or an object. */
export function readOperation(request: ReceivedRequest, domain: string): Operation | Refusal {
  const { bucket, key } = locate(request, domain);
  if (request.method !== "GET" && request.method !== "HEAD")
    return refuse(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
  if (bucket === "") return { kind: "buckets" };
  if (key !== "") return { kind: request.method === "GET" ? "get" : "head", bucket, key };
  if (parameterOf(request, "list-type") !== "2")
    return refuse(501, "NotImplemented", "Only version 2 of listing objects is spoken here.");
  const countMax = Number(parameterOf(request, "max-keys") ?? "1000");
  const token = parameterOf(request, "continuation-token");
  const after = token === undefined ? (parameterOf(request, "start-after") ?? "") : openToken(token);
  if (!(countMax > 0 && countMax <= 1000) || after === undefined)
    return refuse(400, "InvalidArgument", "max-keys or continuation-token is not valid");
  return {
    kind: "list",
    bucket,
    query: {
      prefix: parameterOf(request, "prefix") ?? "",
      delimiter: parameterOf(request, "delimiter") ?? "",
      after,
      countMax,
    },
    urlEncoded: parameterOf(request, "encoding-type") === "url",
  };
}

/** Opaque, with characters that must be encoded in a query. */
function makeToken(last: string): string {
  return `1+${Buffer.from(last).toString("base64")}=`;
}

function openToken(token: string): string | undefined {
  return token.startsWith("1+") && token.endsWith("=")
    ? Buffer.from(token.slice(2, -1), "base64").toString()
    : undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Character data; what XML 1.0 cannot hold becomes a character reference, as S3 writes it. */
function escapeXml(text: string): string {
  let escaped = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    escaped += ESCAPES[character] ?? (code < 0x20 ? `&#x${code.toString(16)};` : character);
  }
  return escaped;
}

/** ListBucketResult of version 2, which both vendors share but for what `entry` adds to an object. */
export function listDocument(
  bucket: Bucket,
  operation: Operation & { kind: "list" },
  answer: ListAnswer,
  entry: (object: StoredObject) => string,
): string {
  const { query, urlEncoded } = operation;
  // S3 writes a space as "+" here, as in a form.
  const name = (text: string) =>
    urlEncoded ? percentEncode(text, true).replaceAll("%20", "+") : escapeXml(text);
  const objects = answer.objects.map(
    (object) =>
      `<Contents><Key>${name(object.key)}</Key>` +
      `<LastModified>${new Date(object.modifiedAtMs).toISOString()}</LastModified>` +
      `<ETag>${escapeXml(object.etag)}</ETag><Size>${object.content.bytes}</Size>${entry(object)}` +
      "<StorageClass>STANDARD</StorageClass></Contents>",
  );
  const prefixes = answer.prefixes.map(
    (prefix) => `<CommonPrefixes><Prefix>${name(prefix)}</Prefix></CommonPrefixes>`,
  );
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Name>${bucket.name}</Name><Prefix>${name(query.prefix)}</Prefix><MaxKeys>${query.countMax}</MaxKeys>` +
    `<KeyCount>${answer.objects.length + answer.prefixes.length}</KeyCount>` +
    (urlEncoded ? "<EncodingType>url</EncodingType>" : "") +
    `<IsTruncated>${answer.next !== undefined}</IsTruncated>` +
    (answer.next === undefined
      ? ""
      : `<NextContinuationToken>${makeToken(answer.next)}</NextContinuationToken>`) +
    `${objects.join("")}${prefixes.join("")}</ListBucketResult>`
  );
}

export function elementsOf(elements: Readonly<Record<string, string>>): string {
  return Object.entries(elements)
    .map(([name, text]) => `<${name}>${escapeXml(text)}</${name}>`)
    .join("");
}
