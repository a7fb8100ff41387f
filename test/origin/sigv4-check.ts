/**
 * Checks AWS Signature Version 4 as a server does, in the Authorization header and in the query. Written from the
 * public documentation ("Signature Calculations for the Authorization Header" and "Authenticating Requests: Using Query
 * Parameters" of the S3 API reference) with node:crypto alone, and held to its published examples by its own test.
 */
import { createHash, createHmac } from "node:crypto";
import {
  byBytes,
  headerNames,
  headerOf,
  parameterOf,
  parseBasicTime,
  pathOf,
  percentDecode,
  percentEncode,
  queryOf,
  type ReceivedRequest,
  type Refusal,
  refuse,
  type SecretOf,
  type Verdict,
  valuesOf,
} from "./received-request.ts";

export interface SigV4Rules {
  readonly secretOf: SecretOf;
  readonly region: string;
  /** "s3", except in the vectors of the general test suite. */
  readonly service: string;
  readonly nowMs: number;
  /** S3 wants x-amz-content-sha256 on every request; other services do not. */
  readonly contentHash: boolean;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const EMPTY_SHA256 = createHash("sha256").digest("hex");
/** How far a request's time may be from the server's, ms. */
export const SKEW_MS_MAX = 15 * 60_000;

interface Claim {
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly time: string;
  readonly token: string | undefined;
  readonly payloadHash: string;
  /** Lifetime in seconds of a signed URL. */
  readonly expiresSeconds: number | undefined;
}

/** What S3 says to the request's signature. */
export function checkSigV4(request: ReceivedRequest, rules: SigV4Rules): Verdict {
  const claim = claimOf(request, rules);
  if (claim === undefined) return { kind: "anonymous" };
  if ("kind" in claim) return claim;
  const [accessKeyID = "", date = "", region = "", service = "", end = ""] = claim.credential.split("/");
  const secret = rules.secretOf(accessKeyID);
  if (secret === undefined)
    return refuse(403, "InvalidAccessKeyId", "The key Id you provided does not exist in our records.");
  const timeMs = parseBasicTime(claim.time);
  if (timeMs === undefined) return refuse(403, "AccessDenied", "A valid Date or x-amz-date header is needed");
  const late = checkTime(claim, timeMs, rules.nowMs);
  if (late !== undefined) return late;
  if (region !== rules.region)
    return refuse(
      400,
      "AuthorizationHeaderMalformed",
      `The authorization header is malformed; the region '${region}' is wrong; expecting '${rules.region}'`,
      { Region: rules.region },
    );
  if (service !== rules.service || end !== "aws4_request" || date !== claim.time.slice(0, 8))
    return refuse(400, "AuthorizationHeaderMalformed", "The credential scope is malformed");
  if (secret.securityToken !== claim.token)
    return refuse(400, "InvalidToken", "The provided token is malformed or otherwise invalid.");
  const unsigned = unsignedHeader(request, claim, rules);
  if (unsigned !== undefined)
    return refuse(403, "AccessDenied", `There were headers present which were not signed: ${unsigned}`);
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = [ALGORITHM, claim.time, scope, sha256(canonicalRequest(request, claim))].join("\n");
  const key = [date, region, service, "aws4_request"].reduce<Buffer | string>(
    (previous, part) => createHmac("sha256", previous).update(part, "utf8").digest(),
    `AWS4${secret.accessKeySecret}`,
  );
  if (createHmac("sha256", key).update(toSign, "utf8").digest("hex") !== claim.signature)
    return refuse(403, "SignatureDoesNotMatch", "The request signature we calculated does not match yours.", {
      StringToSign: toSign,
      SignatureProvided: claim.signature,
    });
  return { kind: "signed", accessKeyID };
}

function claimOf(request: ReceivedRequest, rules: SigV4Rules): Claim | Refusal | undefined {
  if (parameterOf(request, "X-Amz-Signature") !== undefined) return claimOfQuery(request);
  const header = headerOf(request, "authorization");
  if (header === undefined) return undefined;
  const fields = new Map<string, string>();
  if (!header.startsWith(`${ALGORITHM} `))
    return refuse(400, "InvalidArgument", "Unsupported Authorization Type");
  for (const field of header.slice(ALGORITHM.length).split(",")) {
    const equals = field.indexOf("=");
    fields.set(field.slice(0, equals).trim(), field.slice(equals + 1).trim());
  }
  const hash = headerOf(request, "x-amz-content-sha256");
  if (rules.contentHash && hash === undefined)
    return refuse(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  // No request of a reader has a body. Without TLS the hash must be of the payload itself.
  if (rules.contentHash && hash !== EMPTY_SHA256 && !(hash === "UNSIGNED-PAYLOAD" && request.secure))
    return refuse(400, "XAmzContentSHA256Mismatch", "The provided x-amz-content-sha256 does not match.");
  return {
    credential: fields.get("Credential") ?? "",
    signedHeaders: (fields.get("SignedHeaders") ?? "").split(";"),
    signature: fields.get("Signature") ?? "",
    time: headerOf(request, "x-amz-date") ?? "",
    token: headerOf(request, "x-amz-security-token"),
    payloadHash: hash ?? EMPTY_SHA256,
    expiresSeconds: undefined,
  };
}

function claimOfQuery(request: ReceivedRequest): Claim | Refusal {
  const parameter = (name: string) => parameterOf(request, `X-Amz-${name}`) ?? "";
  if (parameter("Algorithm") !== ALGORITHM)
    return refuse(400, "AuthorizationQueryParametersError", "X-Amz-Algorithm only supports AWS4-HMAC-SHA256");
  return {
    credential: parameter("Credential"),
    signedHeaders: parameter("SignedHeaders").split(";"),
    signature: parameter("Signature"),
    time: parameter("Date"),
    token: parameterOf(request, "X-Amz-Security-Token"),
    payloadHash: headerOf(request, "x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD",
    expiresSeconds: Number(parameter("Expires")),
  };
}

function checkTime(claim: Claim, timeMs: number, nowMs: number): Refusal | undefined {
  if (claim.expiresSeconds !== undefined)
    return nowMs > timeMs + claim.expiresSeconds * 1000
      ? refuse(403, "AccessDenied", "Request has expired")
      : undefined;
  if (Math.abs(nowMs - timeMs) <= SKEW_MS_MAX) return undefined;
  return refuse(
    403,
    "RequestTimeTooSkewed",
    "The difference between the request time and the current time is too large.",
    { RequestTime: claim.time, ServerTime: new Date(nowMs).toISOString() },
  );
}

/** The host and every x-amz- header must be among the signed ones. */
function unsignedHeader(request: ReceivedRequest, claim: Claim, rules: SigV4Rules): string | undefined {
  if (rules.service !== "s3") return undefined;
  const must = headerNames(request).filter((name) => name === "host" || name.startsWith("x-amz-"));
  return must.find((name) => !claim.signedHeaders.includes(name));
}

function canonicalRequest(request: ReceivedRequest, claim: Claim): string {
  const headers = claim.signedHeaders.map((name) => {
    const values = valuesOf(request, name).map((value) => value.trim().replace(/\s+/g, " "));
    return `${name}:${values.join(",")}\n`;
  });
  return [
    request.method,
    // S3 encodes each octet of the path once and resolves nothing in it.
    percentEncode(percentDecode(pathOf(request)), true),
    canonicalQuery(request),
    headers.join(""),
    claim.signedHeaders.join(";"),
    claim.payloadHash,
  ].join("\n");
}

function canonicalQuery(request: ReceivedRequest): string {
  return queryOf(request)
    .filter(({ name }) => name !== "X-Amz-Signature")
    .map(({ name, value }) => [percentEncode(name), percentEncode(value ?? "")] as const)
    .sort(([nameA, valueA], [nameB, valueB]) => byBytes(nameA, nameB) || byBytes(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
