/**
 * S3's XML documents of lists, read with fast-xml-parser. Lists are asked with encoding-type=url, so that keys arrive
 * as plain ASCII whatever they hold; stores that do not know it are read as they write.
 */
import { XMLParser } from "fast-xml-parser";
import { IntegrityError } from "../../../base/errors.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { KeyPage } from "../object-store/key-pages.ts";
import { checkDocument, decodeUrlText, unreadableList } from "../object-store/list-document.ts";
import type { BucketPage } from "../object-store/object-source.ts";

/** Elements that may come once, more often or not at all. */
const REPEATED = new Set(["Contents", "CommonPrefixes", "Bucket"]);

const parser = new XMLParser({
  ignoreAttributes: true,
  // Every value is text: "007" is a key, not a number.
  parseTagValue: false,
  trimValues: false,
  // Character references too: a key may hold what XML cannot.
  htmlEntities: true,
  isArray: (name) => REPEATED.has(name),
});

type Element = Readonly<Record<string, unknown>>;

/** A page of ListObjectsV2. @throws IntegrityError when the document is another, or not whole */
export function readKeyPage(document: Buffer): KeyPage {
  const list = rootOf(document, "ListBucketResult");
  const decode = textOf(list, "EncodingType") === "url" ? decodeUrlText : (text: string) => text;
  const token = textOf(list, "NextContinuationToken");
  const truncated = textOf(list, "IsTruncated") === "true";
  if (truncated && (token === undefined || token === ""))
    throw unreadableList("it has no token for the next page");
  return {
    keys: childrenOf(list, "Contents").map((object) => ({
      key: decode(required(object, "Key")),
      length: numberOf(required(object, "Size")),
      modifiedAtMs: timeOf(textOf(object, "LastModified")),
      etag: textOf(object, "ETag"),
    })),
    prefixes: childrenOf(list, "CommonPrefixes").map((prefix) => decode(required(prefix, "Prefix"))),
    next: truncated ? token : undefined,
  };
}

/** A page of ListBuckets. @throws IntegrityError when the document is another, or not whole */
export function readBuckets(document: Buffer): BucketPage {
  const list = rootOf(document, "ListAllMyBucketsResult");
  const [buckets] = childrenOf({ Buckets: [list.Buckets] }, "Buckets");
  const token = textOf(list, "ContinuationToken");
  return {
    buckets: (buckets === undefined ? [] : childrenOf(buckets, "Bucket")).map((bucket) => ({
      name: required(bucket, "Name"),
      createdAtMs: timeOf(textOf(bucket, "CreationDate")),
    })),
    next: token === "" ? undefined : token,
  };
}

function rootOf(bytes: Buffer, name: string): Element {
  checkDocument(bytes, name);
  let parsed: Element;
  try {
    parsed = parser.parse(bytes) as Element;
  } catch (error) {
    throw new IntegrityError("the store's list cannot be read", { cause: fromUnknown(error) });
  }
  const root = parsed[name];
  if (root === "") return {};
  if (!isElement(root)) throw unreadableList(`it is no ${name}`);
  return root;
}

function childrenOf(element: Element, name: string): Element[] {
  const children = element[name];
  return Array.isArray(children) ? children.filter(isElement) : [];
}

function isElement(value: unknown): value is Element {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(element: Element, name: string): string | undefined {
  const text = element[name];
  return typeof text === "string" ? text : undefined;
}

function required(element: Element, name: string): string {
  const text = textOf(element, name);
  if (text === undefined) throw unreadableList(`an entry has no ${name}`);
  return text;
}

function numberOf(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) throw unreadableList("a size is no number");
  return number;
}

function timeOf(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}
