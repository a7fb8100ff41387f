/**
 * Buckets and their objects, in memory but for the bytes, which a Content makes or reads when asked: objects of any size
 * cost nothing. It answers what both vendors' list operation asks. It speaks no HTTP.
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type Content, digestOf } from "./content.ts";
import { byBytes } from "./received-request.ts";

/** Largest object whose ETag is really its MD5; larger ones get the ETag of a multipart upload. */
const MD5_BYTES_MAX = 16 * 1024 * 1024;

export interface StoredObject {
  readonly key: string;
  readonly content: Content;
  /** With its quotes. */
  readonly etag: string;
  readonly modifiedAtMs: number;
  /** More headers of GET and HEAD, lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** OSS's word for how the object was made. */
  readonly type: "Normal" | "Multipart" | "Appendable" | "Symlink";
}

export interface Bucket {
  readonly name: string;
  /** Anyone may read it. */
  readonly public: boolean;
  readonly createdAtMs: number;
  readonly objects: Map<string, StoredObject>;
}

/** What list operations ask. */
export interface ListQuery {
  readonly prefix: string;
  readonly delimiter: string;
  /** Only what sorts after it. */
  readonly after: string;
  readonly countMax: number;
}

export interface ListAnswer {
  readonly objects: readonly StoredObject[];
  readonly prefixes: readonly string[];
  /** The last key or prefix given, when there is more. */
  readonly next: string | undefined;
}

export interface PutOptions {
  readonly etag?: string;
  readonly modifiedAtMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: StoredObject["type"];
}

export class StoredObjects {
  readonly #buckets = new Map<string, Bucket>();
  /** Keys of each bucket in the order of their bytes; made when asked, dropped when a key comes or goes. */
  readonly #sorted = new Map<string, string[]>();
  #puts = 0;

  createBucket(name: string, options: { public?: boolean } = {}): Bucket {
    const bucket = {
      name,
      public: options.public ?? false,
      createdAtMs: Date.UTC(2024, 0, 2, 3, 4, 5),
      objects: new Map(),
    };
    this.#buckets.set(name, bucket);
    return bucket;
  }

  bucket(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  /** In the order of their names. */
  buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => byBytes(a.name, b.name));
  }

  /** Stores or overwrites. The ETag is new whenever the content is. */
  put(bucketName: string, key: string, content: Content, options: PutOptions = {}): StoredObject {
    const bucket = this.#buckets.get(bucketName) ?? this.createBucket(bucketName);
    const single = content.bytes <= MD5_BYTES_MAX && options.etag === undefined;
    const object: StoredObject = {
      key,
      content,
      etag: options.etag ?? (single ? `"${digestOf(content, "md5")}"` : multipartEtag(++this.#puts)),
      modifiedAtMs: options.modifiedAtMs ?? Date.UTC(2024, 4, 6, 7, 8, 9) + this.#puts++ * 1000,
      headers: options.headers ?? {},
      type: options.type ?? (single ? "Normal" : "Multipart"),
    };
    if (!bucket.objects.has(key)) this.#sorted.delete(bucketName);
    bucket.objects.set(key, object);
    return object;
  }

  get(bucketName: string, key: string): StoredObject | undefined {
    return this.#buckets.get(bucketName)?.objects.get(key);
  }

  delete(bucketName: string, key: string): void {
    this.#buckets.get(bucketName)?.objects.delete(key);
    this.#sorted.delete(bucketName);
  }

  list(bucket: Bucket, query: ListQuery): ListAnswer {
    const objects: StoredObject[] = [];
    const prefixes: string[] = [];
    let next: string | undefined;
    const keys = this.#keysOf(bucket);
    let at = firstFrom(keys, byBytes(query.after, query.prefix) > 0 ? query.after : query.prefix);
    while (at < keys.length) {
      const key = keys[at] ?? "";
      if (!key.startsWith(query.prefix)) break;
      const end = query.delimiter === "" ? -1 : key.indexOf(query.delimiter, query.prefix.length);
      const entry = end === -1 ? key : key.slice(0, end + query.delimiter.length);
      if (byBytes(entry, query.after) > 0) {
        if (objects.length + prefixes.length === query.countMax) return { objects, prefixes, next };
        const object = bucket.objects.get(key);
        if (end !== -1) prefixes.push(entry);
        else if (object !== undefined) objects.push(object);
        next = entry;
      }
      at = end === -1 ? at + 1 : firstFrom(keys, `${entry}\u{10ffff}`, at);
    }
    return { objects, prefixes, next: undefined };
  }

  #keysOf(bucket: Bucket): readonly string[] {
    const known = this.#sorted.get(bucket.name);
    if (known !== undefined) return known;
    const keys = [...bucket.objects.keys()].sort(byBytes);
    this.#sorted.set(bucket.name, keys);
    return keys;
  }
}

/** Index of the first key that does not sort before `bound`. */
function firstFrom(keys: readonly string[], bound: string, from = 0): number {
  let low = from;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (byBytes(keys[middle] ?? "", bound) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function multipartEtag(put: number): string {
  return `"${createHash("md5").update(`upload ${put}`).digest("hex")}-2"`;
}

/** A file on disk as it is while it is read, sparse ones too. `close` when the server is closed. */
export function fileContent(path: string): Content & { close(): void } {
  const fd = openSync(path, "r");
  const bytes = fstatSync(fd).size;
  return {
    bytes,
    read(offset, length) {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, bytes - offset)));
      return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, offset));
    },
    close: () => closeSync(fd),
  };
}
