/**
 * Checksums of the whole content that a store vouches for. A checksum is an anchor: content that does not match it is
 * never served. So only what the vendor's documentation says is the checksum of all the bytes counts.
 */

type Headers = Readonly<Record<string, string>>;

/**
 * S3, from a HEAD with x-amz-checksum-mode: ENABLED ("Checking object integrity in Amazon S3").
 * - x-amz-checksum-sha256 and -crc32 where x-amz-checksum-type is FULL_OBJECT; those of type COMPOSITE are checksums of
 *   checksums;
 * - the ETag as MD5, if `etagIsMd5` (AWS itself promises it, other stores merely may), the object was not uploaded in
 *   parts (no "-N" in it) and is not encrypted with a key of KMS or of the customer.
 */
export function s3Digests(headers: Headers, etagIsMd5: boolean): string[] {
  const digests: string[] = [];
  if (headers["x-amz-checksum-type"] === "FULL_OBJECT") {
    const sha256 = hexOfBase64(headers["x-amz-checksum-sha256"], 32);
    if (sha256 !== undefined) digests.push(`sha256:${sha256}`);
    const crc32 = hexOfBase64(headers["x-amz-checksum-crc32"], 4);
    if (crc32 !== undefined) digests.push(`crc32:${crc32}`);
  }
  const encryption = headers["x-amz-server-side-encryption"];
  const plainEtag =
    (encryption === undefined || encryption === "AES256") &&
    headers["x-amz-server-side-encryption-customer-algorithm"] === undefined;
  const md5 = /^"([0-9a-f]{32})"$/i.exec(headers.etag ?? "")?.[1];
  if (etagIsMd5 && plainEtag && md5 !== undefined) digests.push(`md5:${md5.toLowerCase()}`);
  return digests;
}

/**
 * OSS ("HeadObject"): Content-MD5 of an object that was put at once. Not the ETag, and not x-oss-hash-crc64ecma, whose
 * algorithm no digest of ours has.
 */
export function ossDigests(headers: Headers): string[] {
  const type = headers["x-oss-object-type"] ?? "Normal";
  const md5 = type === "Normal" ? hexOfBase64(headers["content-md5"], 16) : undefined;
  return md5 === undefined ? [] : [`md5:${md5}`];
}

function hexOfBase64(text: string | undefined, bytes: number): string | undefined {
  if (text === undefined) return undefined;
  const decoded = Buffer.from(text, "base64");
  return decoded.length === bytes && decoded.toString("base64") === text
    ? decoded.toString("hex")
    : undefined;
}
