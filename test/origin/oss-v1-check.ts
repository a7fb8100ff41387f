/**
 * Checks OSS signature version 1 as OSS does, in the Authorization header and in the query. Written from Alibaba
 * Cloud's public documentation ("Include a V1 signature in the Authorization header", "Include a V1 signature in a
 * URL") with node:crypto alone, and held to its published examples by its own test.
 */
import { createHmac } from "node:crypto";
import {
  byBytes,
  headerNames,
  headerOf,
  parameterOf,
  queryOf,
  type ReceivedRequest,
  type Refusal,
  refuse,
  type SecretOf,
  type Verdict,
  valuesOf,
} from "./received-request.ts";

/** What the request is about: the host is not signed, bucket and key are. */
export interface SignedResource {
  /** Empty for the list of buckets. */
  readonly bucket: string;
  readonly key: string;
}

export interface OssV1Rules {
  readonly secretOf: SecretOf;
  readonly resource: SignedResource;
  readonly nowMs: number;
}

/** How far a request's time may be from the server's, ms. */
const SKEW_MS_MAX = 15 * 60_000;

/** Parameters of the query that are part of the signed resource, those of requests that read. */
const SUB_RESOURCES = new Set([
  ..."acl bucketInfo location stat tagging objectMeta symlink versions versioning versionId".split(" "),
  ..."security-token continuation-token restore regionList uploads uploadId partNumber position".split(" "),
  ..."response-content-type response-content-language response-expires response-cache-control".split(" "),
  ..."response-content-disposition response-content-encoding x-oss-process x-oss-traffic-limit".split(" "),
]);

/** What OSS says to the request's signature. */
export function checkOssV1(request: ReceivedRequest, rules: OssV1Rules): Verdict {
  if (parameterOf(request, "Signature") !== undefined) return checkQuery(request, rules);
  const header = headerOf(request, "authorization");
  if (header === undefined) return { kind: "anonymous" };
  const [accessKeyID = "", signature = ""] = header.replace(/^OSS /, "").split(":");
  if (!header.startsWith("OSS ") || signature === "")
    return refuse(400, "InvalidArgument", "Authorization header is invalid.");
  const date = headerOf(request, "x-oss-date") ?? headerOf(request, "date") ?? "";
  const timeMs = Date.parse(date);
  if (Number.isNaN(timeMs) || !date.endsWith(" GMT"))
    return refuse(403, "AccessDenied", "OSS authentication requires a valid Date.");
  if (Math.abs(rules.nowMs - timeMs) > SKEW_MS_MAX)
    return refuse(
      403,
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
      {
        MaxAllowedSkewMilliseconds: "900000",
        RequestTime: date,
        ServerTime: new Date(rules.nowMs).toISOString(),
      },
    );
  const token = headerOf(request, "x-oss-security-token");
  return compare(request, rules, { accessKeyID, signature, date, token });
}

function checkQuery(request: ReceivedRequest, rules: OssV1Rules): Verdict {
  const expires = parameterOf(request, "Expires") ?? "";
  if (!(Number(expires) * 1000 >= rules.nowMs)) return refuse(403, "AccessDenied", "Request has expired.");
  return compare(request, rules, {
    accessKeyID: parameterOf(request, "OSSAccessKeyId") ?? "",
    signature: parameterOf(request, "Signature") ?? "",
    date: expires,
    token: parameterOf(request, "security-token"),
  });
}

interface Claim {
  readonly accessKeyID: string;
  readonly signature: string;
  readonly date: string;
  readonly token: string | undefined;
}

function compare(request: ReceivedRequest, rules: OssV1Rules, claim: Claim): Verdict {
  const secret = rules.secretOf(claim.accessKeyID);
  if (secret === undefined) return unknownKey();
  if (secret.securityToken !== claim.token)
    return refuse(403, "InvalidSecurityToken", "The security token you provided is invalid.");
  const text = stringToSign(request, rules.resource, claim.date);
  const expected = createHmac("sha1", secret.accessKeySecret).update(text, "utf8").digest("base64");
  if (expected !== claim.signature)
    return refuse(
      403,
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided.",
      { StringToSign: text, SignatureProvided: claim.signature },
    );
  return { kind: "signed", accessKeyID: claim.accessKeyID };
}

function unknownKey(): Refusal {
  return refuse(
    403,
    "InvalidAccessKeyId",
    "The OSS Access Key Id you provided does not exist in our records.",
  );
}

function stringToSign(request: ReceivedRequest, resource: SignedResource, date: string): string {
  const ossHeaders = headerNames(request)
    .filter((name) => name.startsWith("x-oss-"))
    .sort(byBytes)
    .map((name) => `${name}:${valuesOf(request, name).join(",").trim()}\n`);
  return [
    request.method,
    headerOf(request, "content-md5") ?? "",
    headerOf(request, "content-type") ?? "",
    date,
    `${ossHeaders.join("")}${canonicalResource(request, resource)}`,
  ].join("\n");
}

function canonicalResource(request: ReceivedRequest, { bucket, key }: SignedResource): string {
  const signed = queryOf(request)
    .filter(({ name }) => SUB_RESOURCES.has(name))
    .sort((a, b) => byBytes(a.name, b.name))
    .map(({ name, value }) => (value === undefined || value === "" ? name : `${name}=${value}`));
  const path = bucket === "" ? "/" : `/${bucket}/${key}`;
  return signed.length === 0 ? path : `${path}?${signed.join("&")}`;
}
