/**
 * Checks OSS signature version 4 as OSS does, in the Authorization header and in the query. Written from Alibaba
 * Cloud's public documentation ("Include a V4 signature in the Authorization header", "Include a V4 signature in a
 * URL") with node:crypto alone, and held to the vendor's published vectors by its own test.
 */
import { createHash, createHmac } from "node:crypto";
import type { SignedResource } from "./oss-v1-check.ts";
import {
  byBytes,
  headerNames,
  headerOf,
  parameterOf,
  parseBasicTime,
  percentEncode,
  queryOf,
  type ReceivedRequest,
  type Refusal,
  refuse,
  type SecretOf,
  type Verdict,
  valuesOf,
} from "./received-request.ts";

export interface OssV4Rules {
  readonly secretOf: SecretOf;
  readonly resource: SignedResource;
  /** As in "cn-hangzhou". */
  readonly region: string;
  readonly nowMs: number;
}

const ALGORITHM = "OSS4-HMAC-SHA256";
/** How far a request's time may be from the server's, ms. */
const SKEW_MS_MAX = 15 * 60_000;

interface Claim {
  readonly credential: string;
  readonly signature: string;
  readonly time: string;
  readonly token: string | undefined;
  readonly additionalHeaders: readonly string[];
  /** Lifetime in seconds of a signed URL. */
  readonly expiresSeconds: number | undefined;
}

/** What OSS says to the request's signature. */
export function checkOssV4(request: ReceivedRequest, rules: OssV4Rules): Verdict {
  const claim = claimOf(request);
  if (claim === undefined) return { kind: "anonymous" };
  if ("kind" in claim) return claim;
  const [accessKeyID = "", date = "", region = "", product = "", end = ""] = claim.credential.split("/");
  const timeMs = parseBasicTime(claim.time);
  if (
    timeMs === undefined ||
    date !== claim.time.slice(0, 8) ||
    product !== "oss" ||
    end !== "aliyun_v4_request"
  )
    return refuse(400, "InvalidArgument", "Invalid signing date or credential in Authorization header.");
  const late = checkTime(claim, timeMs, rules.nowMs);
  if (late !== undefined) return late;
  if (region !== rules.region)
    return refuse(
      400,
      "InvalidArgument",
      `Invalid signing region in Authorization header, not ${rules.region}.`,
    );
  const secret = rules.secretOf(accessKeyID);
  if (secret === undefined)
    return refuse(
      403,
      "InvalidAccessKeyId",
      "The OSS Access Key Id you provided does not exist in our records.",
    );
  if (secret.securityToken !== claim.token)
    return refuse(403, "InvalidSecurityToken", "The security token you provided is invalid.");
  const scope = `${date}/${region}/oss/aliyun_v4_request`;
  const canonical = createHash("sha256")
    .update(canonicalRequest(request, rules.resource, claim))
    .digest("hex");
  const toSign = `${ALGORITHM}\n${claim.time}\n${scope}\n${canonical}`;
  let key: string | Buffer = `aliyun_v4${secret.accessKeySecret}`;
  for (const part of [date, region, "oss", "aliyun_v4_request"])
    key = createHmac("sha256", key).update(part).digest();
  if (createHmac("sha256", key).update(toSign).digest("hex") !== claim.signature)
    return refuse(
      403,
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided.",
      { StringToSign: toSign, SignatureProvided: claim.signature },
    );
  return { kind: "signed", accessKeyID };
}

function claimOf(request: ReceivedRequest): Claim | Refusal | undefined {
  if (parameterOf(request, "x-oss-signature-version") === ALGORITHM) {
    const parameter = (name: string) => parameterOf(request, `x-oss-${name}`);
    return {
      credential: parameter("credential") ?? "",
      signature: parameter("signature") ?? "",
      time: parameter("date") ?? "",
      token: parameter("security-token"),
      additionalHeaders: (parameter("additional-headers") ?? "").split(";").filter((name) => name !== ""),
      expiresSeconds: Number(parameter("expires")),
    };
  }
  const header = headerOf(request, "authorization");
  if (header === undefined) return undefined;
  const parts =
    /^OSS4-HMAC-SHA256 Credential=([^, ]+), ?(?:AdditionalHeaders=([^, ]*), ?)?Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  if (parts === null) return refuse(400, "InvalidArgument", "Authorization header is invalid.");
  if (headerOf(request, "x-oss-content-sha256") !== "UNSIGNED-PAYLOAD")
    return refuse(400, "InvalidArgument", "x-oss-content-sha256 should be UNSIGNED-PAYLOAD.");
  return {
    credential: parts[1] ?? "",
    signature: parts[3] ?? "",
    time: headerOf(request, "x-oss-date") ?? "",
    token: headerOf(request, "x-oss-security-token"),
    additionalHeaders: (parts[2] ?? "").split(";").filter((name) => name !== ""),
    expiresSeconds: undefined,
  };
}

function checkTime(claim: Claim, timeMs: number, nowMs: number): Refusal | undefined {
  if (claim.expiresSeconds !== undefined)
    return nowMs <= timeMs + claim.expiresSeconds * 1000
      ? undefined
      : refuse(403, "AccessDenied", "Request has expired.");
  if (Math.abs(nowMs - timeMs) <= SKEW_MS_MAX) return undefined;
  return refuse(
    403,
    "RequestTimeTooSkewed",
    "The difference between the request time and the current time is too large.",
    {
      MaxAllowedSkewMilliseconds: "900000",
      RequestTime: claim.time,
      ServerTime: new Date(nowMs).toISOString(),
    },
  );
}

function canonicalRequest(request: ReceivedRequest, { bucket, key }: SignedResource, claim: Claim): string {
  const isSigned = (name: string) =>
    name === "content-type" ||
    name === "content-md5" ||
    name.startsWith("x-oss-") ||
    claim.additionalHeaders.includes(name);
  const headers = headerNames(request)
    .filter(isSigned)
    .sort(byBytes)
    .map((name) => `${name}:${valuesOf(request, name).join(",").trim()}\n`);
  return [
    request.method,
    percentEncode(bucket === "" ? "/" : `/${bucket}/${key}`, true),
    canonicalQuery(request),
    headers.join(""),
    claim.additionalHeaders.join(";"),
    headerOf(request, "x-oss-content-sha256") ?? "UNSIGNED-PAYLOAD",
  ].join("\n");
}

/** A parameter without a value stands without "=". */
function canonicalQuery(request: ReceivedRequest): string {
  return queryOf(request)
    .filter(({ name }) => name !== "x-oss-signature")
    .map(({ name, value }) => [percentEncode(name), percentEncode(value ?? "")] as const)
    .sort(([a], [b]) => byBytes(a, b))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`))
    .join("&");
}
