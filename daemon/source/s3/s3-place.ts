/**
 * Region, endpoint and form of address of an S3 bucket. AWS's own endpoints are asked with the bucket in the host's name;
 * other endpoints, as Dragonfly asks them, with the bucket in the path, unless the config says otherwise.
 */
import {
  type Addressing,
  bucketAddress,
  type Endpoint,
  isBareHost,
  parseEndpoint,
  type StoreAddress,
} from "../object-store/store-address.ts";
import type { ObjectStorageOptions } from "../source.ts";

/** What Dragonfly takes where no region is given; AWS's global endpoint is of this region. */
const REGION_DEFAULT = "us-east-1";

export interface S3Place extends StoreAddress {
  /** The region the signature is for. */
  readonly region: string;
  /** AWS itself, whose documented promises hold: single-part ETags are MD5. Not so S3 Express. */
  readonly isAws: boolean;
}

/**
 * @param bucket empty for the list of buckets
 * @param learned the region the store said the bucket is in, if it did; wins over the config's
 * @throws InvalidInputError INVALID_CONFIG for a malformed endpoint
 */
export function s3Place(bucket: string, options: ObjectStorageOptions, learned?: string): S3Place {
  const given = options.endpoint === undefined ? undefined : parseEndpoint(options.endpoint);
  const aws = given === undefined ? undefined : awsRegionOf(given);
  const region = learned ?? options.region ?? aws?.region ?? REGION_DEFAULT;
  // A standard endpoint of AWS names its region, and another region has another endpoint.
  const endpoint = given === undefined || aws?.standard === true ? awsEndpoint(region, given) : given;
  const isAws = aws !== undefined || given === undefined;
  const addressing = options.addressing ?? defaultAddressing(bucket, endpoint, isAws);
  return {
    ...bucketAddress(endpoint, bucket, addressing),
    region,
    isAws: isAws && !endpoint.host.includes("s3express"),
  };
}

function defaultAddressing(bucket: string, endpoint: Endpoint, isAws: boolean): Addressing {
  if (isBareHost(endpoint)) return "path";
  const known = isAws || /\.(?:aliyuncs|myqcloud)\.com$/.test(endpoint.hostname);
  // A dot in the bucket's name would make a host that the store's certificate does not cover.
  const label = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket);
  return known && (label || endpoint.hostname.startsWith(`${bucket}.`)) ? "virtual" : "path";
}

function awsEndpoint(region: string, given: Endpoint | undefined): Endpoint {
  const host = `s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  return { secure: given?.secure ?? true, host, hostname: host };
}

/** undefined when the endpoint is not of AWS. Standard: s3.REGION.amazonaws.com, or its old and global forms. */
function awsRegionOf(endpoint: Endpoint): { region: string | undefined; standard: boolean } | undefined {
  if (!/\.amazonaws\.com(?:\.cn)?$/.test(endpoint.hostname)) return undefined;
  const standard = /^s3(?:[.-]([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?$/.exec(endpoint.host);
  const region = /[.-]([a-z]{2}(?:-[a-z]+)+-\d)\./.exec(endpoint.hostname)?.[1];
  return { region, standard: standard !== null };
}
