/**
 * Endpoint, form of address, region and signature version of an OSS bucket. Buckets are asked by host, as OSS's public
 * endpoints demand, at bare addresses by path.
 */
import { InvalidInputError } from "../../../base/errors.ts";
import {
  bucketAddress,
  isBareHost,
  parseEndpoint,
  type StoreAddress,
} from "../object-store/store-address.ts";
import type { ObjectStorageOptions } from "../source.ts";

export interface OssPlace extends StoreAddress {
  readonly signature: "v1" | "v4";
  /** As in "cn-hangzhou"; what signatures of version 4 are for. Undefined with version 1 where it is not known. */
  readonly region: string | undefined;
}

/**
 * The region is the config's or stands in the endpoint. Where neither tells it and no version is demanded, requests are
 * signed with version 1, which needs none.
 * @param bucket empty for the list of buckets
 * @throws InvalidInputError INVALID_CONFIG without endpoint and region, and with version 4 but no region
 */
export function ossPlace(bucket: string, options: ObjectStorageOptions): OssPlace {
  const given = options.region?.replace(/^oss-/, "");
  if (options.endpoint === undefined && given === undefined)
    throw new InvalidInputError("an OSS store needs an endpoint or a region", {}, "INVALID_CONFIG");
  const endpoint = parseEndpoint(options.endpoint ?? `oss-${given}.aliyuncs.com`);
  const region = given ?? regionOf(endpoint.hostname);
  const signature = options.signature ?? (region === undefined ? "v1" : "v4");
  if (signature === "v4" && region === undefined)
    throw new InvalidInputError(
      "signature v4 of an OSS store needs a region, and its endpoint names none",
      {},
      "INVALID_CONFIG",
    );
  const addressing = options.addressing ?? (isBareHost(endpoint) ? "path" : "virtual");
  return { ...bucketAddress(endpoint, bucket, addressing), signature, region };
}

/** From oss-REGION.aliyuncs.com and oss-REGION-internal.aliyuncs.com, with or without a bucket before them. */
function regionOf(hostname: string): string | undefined {
  return /(?:^|\.)oss-([a-z]{2}-[a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(hostname)?.[1];
}
