/**
 * Object URLs, `oss://BUCKET/KEY` and `s3://BUCKET/KEY`, to bucket and key and back. They are read as Dragonfly reads
 * them: parsed by the WHATWG URL Standard, the path percent-decoded, query and fragment no part of the key. So a URL
 * names the same object here as in the task id that is made of it. Nothing here asks a store.
 */
import { InvalidInputError } from "../../../base/errors.ts";
import { OBJECT_KEY_BYTES_MAX } from "../../../base/limits.ts";

/** What an object URL names. An empty bucket is the store itself; an empty key is the bucket. */
export interface ObjectLocation {
  readonly bucket: string;
  /** The key, exactly: it may hold any character, and slashes anywhere. */
  readonly key: string;
}

/** Bucket names of both vendors, the long old ones of S3 too. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;

/**
 * All but what stands for itself in a path: what the WHATWG path percent-encode set encodes, and "%" too, which that
 * leaves alone: without it `a%41` and `aA` would be one URL.
 */
const ENCODED = /[^!$&-;=@-\]^_a-z|~]+/g;

/**
 * Bucket and key of an object URL. A "%" that begins no escape stands for itself, as in Dragonfly; "." and ".."
 * components were resolved by the URL, as in the task's id.
 * @throws InvalidInputError for another scheme, a bad bucket name, a port or user, a key that is not UTF-8 or too long
 */
export function parseObjectUrl(url: string, scheme: string): ObjectLocation {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    // Node's error holds the URL itself, so it is not kept as the cause.
    throw new InvalidInputError(`not a URL of the form ${scheme}://BUCKET/KEY`);
  }
  if (parsed.protocol !== `${scheme}:` || !url.toLowerCase().startsWith(`${scheme}://`))
    throw new InvalidInputError(`not a URL of the form ${scheme}://BUCKET/KEY`);
  if (parsed.username !== "" || parsed.password !== "" || parsed.port !== "")
    throw new InvalidInputError(
      `a ${scheme} URL has neither user nor port: the endpoint stands in the config`,
    );
  const key = decodeKey(parsed.pathname.replace(/^\//, ""));
  const bucket = parsed.hostname;
  if (bucket === "" && key === "") return { bucket, key };
  if (!isBucketName(bucket)) throw new InvalidInputError(`not a name of a bucket: ${JSON.stringify(bucket)}`);
  if (Buffer.byteLength(key) > OBJECT_KEY_BYTES_MAX)
    throw new InvalidInputError(`the key has more than ${OBJECT_KEY_BYTES_MAX} bytes`);
  return { bucket, key };
}

/**
 * The one URL of an object: `parseObjectUrl` gives bucket and key back, and parsing and writing the URL again changes
 * nothing in it.
 * @throws InvalidInputError for a key that no URL can name, see `hasUrl`
 */
export function objectUrl(scheme: string, location: ObjectLocation): string {
  if (!hasUrl(location.key))
    throw new InvalidInputError("a key with a component . or .. cannot be written as a URL");
  if (location.bucket === "") return `${scheme}://`;
  return `${scheme}://${location.bucket}/${location.key.replace(ENCODED, encodeURIComponent)}`;
}

/** Whether it can be the name of a bucket, by the rules of both vendors together. */
export function isBucketName(name: string): boolean {
  return BUCKET.test(name);
}

const DOT_COMPONENT = /(?:^|\/)\.\.?(?:\/|$)/;

/** False for keys with a component "." or "..": every URL parser resolves those, however they are written. */
export function hasUrl(key: string): boolean {
  return !DOT_COMPONENT.test(key);
}

/**
 * Whether a relative key can be a path of a POSIX file system: every component is a name, so not empty, "." or "..",
 * and holds no NUL.
 */
export function isPosixPath(relative: string): boolean {
  return !relative.includes("\0") && !relative.split("/").includes("") && hasUrl(relative);
}

/** A key as the path of a request, encoded as RFC 3986 and both vendors' signatures want it; slashes stay. */
export function encodeKeyPath(key: string): string {
  return key.split("/").map(encodeRfc3986).join("/");
}

/** A value of a query, everything but the unreserved characters encoded (RFC 3986 §2.3). */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decodeKey(path: string): string {
  try {
    // Only what is an escape is decoded; each run of escapes must be whole characters.
    return path.replace(/(?:%[0-9A-Fa-f]{2})+/g, decodeURIComponent);
  } catch {
    throw new InvalidInputError("the key is not UTF-8");
  }
}
