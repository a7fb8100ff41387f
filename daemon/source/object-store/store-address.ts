/**
 * Where a bucket of a store is asked: the endpoint of the config or the vendor's own, and whether the bucket stands in
 * the host's name or in the path. Pure; nothing is resolved.
 */
import { isIP } from "node:net";
import { InvalidInputError } from "../../../base/errors.ts";
import { encodeKeyPath, encodeRfc3986 } from "./object-url.ts";

/** How a bucket is named in a request. See `ObjectStorageOptions.addressing`. */
export type Addressing = "virtual" | "path" | "cname";

/** An endpoint without a bucket. */
export interface Endpoint {
  readonly secure: boolean;
  /** Host and, if it is not the scheme's own, port; an IPv6 address in brackets. */
  readonly host: string;
  /** Host alone, without brackets. */
  readonly hostname: string;
}

/** Where one bucket, or with an empty bucket the list of buckets, is asked. */
export interface StoreAddress {
  readonly secure: boolean;
  readonly host: string;
  /** What stands before the key: "" or "/BUCKET". */
  readonly pathPrefix: string;
}

/**
 * Reads an endpoint of a config: a host or a URL of one; https unless it says http.
 * @throws InvalidInputError INVALID_CONFIG when there is a user, path or query in it
 */
export function parseEndpoint(text: string): Endpoint {
  let url: URL | undefined;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  } catch {
    // Told below, without the text: somebody may have put a key into it.
  }
  const plain =
    url !== undefined &&
    ["http:", "https:"].includes(url.protocol) &&
    `${url.username}${url.password}${url.search}${url.hash}` === "" &&
    url.pathname === "/" &&
    url.hostname !== "";
  if (url === undefined || !plain)
    throw new InvalidInputError(
      "the endpoint of an object store is a host, with http:// or https:// before it or nothing, and no path",
      {},
      "INVALID_CONFIG",
    );
  return {
    secure: url.protocol === "https:",
    host: url.host,
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
  };
}

/** Whether the endpoint is an address or this machine's own name: no bucket's host name can lead there. */
export function isBareHost(endpoint: Endpoint): boolean {
  return isIP(endpoint.hostname) !== 0 || endpoint.hostname === "localhost";
}

/** @param addressing what the config says, else what the vendor's rule chose */
export function bucketAddress(endpoint: Endpoint, bucket: string, addressing: Addressing): StoreAddress {
  const { secure, host } = endpoint;
  // The endpoint of a bucket in place of the store's is a frequent slip, and means the same.
  const named = host.startsWith(`${bucket}.`);
  if (bucket === "" || addressing === "cname" || (addressing === "virtual" && named))
    return { secure, host, pathPrefix: "" };
  if (addressing === "path") return { secure, host, pathPrefix: `/${bucket}` };
  return { secure, host: `${bucket}.${host}`, pathPrefix: "" };
}

/** The path of a key at that address, encoded; "/" for the bucket itself in any of its forms. */
export function pathAt(address: StoreAddress, key: string): string {
  return `${address.pathPrefix}/${encodeKeyPath(key)}`;
}

/** A URL to ask: query parameters in the order of their names, as signatures want them. */
export function urlAt(
  address: StoreAddress,
  path: string,
  query: Readonly<Record<string, string>> = {},
): string {
  const parameters = Object.keys(query)
    .sort()
    .map((name) => `${encodeRfc3986(name)}=${encodeRfc3986(query[name] ?? "")}`);
  const search = parameters.length === 0 ? "" : `?${parameters.join("&")}`;
  return `${address.secure ? "https" : "http"}://${address.host}${path}${search}`;
}
