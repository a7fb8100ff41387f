/**
 * What a store's refusal means: its error document or headers, read, and as one of our errors. Only the vendor's code
 * and request id go into messages: its documents repeat keys, strings that were signed and signatures.
 */
import {
  ChangedError,
  NotFoundError,
  type OriginAnswer,
  type P2pfsError,
  PermissionError,
  UnavailableError,
} from "../../../base/errors.ts";

/** A store's whole answer: its body is bounded, and empty for HEAD. Names of headers in lower case. */
export interface StoreAnswer extends OriginAnswer {
  readonly body: Buffer;
}

/** A refusal, as far as the store explained it. */
export interface StoreFault {
  readonly statusCode: number;
  /** "NoSuchKey" and the like; undefined when the store gave none, as S3 for HEAD. */
  readonly code: string | undefined;
  readonly requestId: string | undefined;
  /** Where the store says the bucket is. */
  readonly region: string | undefined;
  /** The endpoint the store wants to be asked at. */
  readonly endpoint: string | undefined;
  /** The store's own time, ms since the epoch. */
  readonly serverTimeMs: number | undefined;
}

/** Words of the vendors for "your credentials do not open this", whatever the status they come with. */
const PERMISSION_CODES = new Set([
  "AccessDenied",
  "AccountProblem",
  "AllAccessDisabled",
  "ExpiredToken",
  "InvalidAccessKeyId",
  "InvalidSecurityToken",
  "InvalidToken",
  "NotSignedUp",
  "RequestTimeTooSkewed",
  "SecurityTokenExpired",
  "SecurityTokenNotSupported",
  "SignatureDoesNotMatch",
  "TokenRefreshRequired",
  "UserDisable",
]);
const ABSENCE_CODES = new Set(["NoSuchBucket", "NoSuchKey", "NoSuchVersion", "SymlinkTargetNotExist"]);
const PASSING_CODES = new Set([
  "InternalError",
  "RequestTimeout",
  "ServiceUnavailable",
  "SlowDown",
  "Throttling",
]);

/** What the person who reads the message can do about it. */
const ADVICE: Readonly<Record<string, string>> = {
  AuthorizationHeaderMalformed: "the region is wrong",
  ExpiredToken: "the security token has expired",
  IllegalLocationConstraintException: "the region is wrong",
  InvalidAccessKeyId: "the access key is not known",
  InvalidObjectState: "the object is archived; restore it first",
  InvalidSecurityToken: "the security token is wrong",
  InvalidToken: "the security token is wrong",
  PermanentRedirect: "the endpoint or region is wrong",
  RequestTimeTooSkewed: "this machine's clock is wrong",
  SecurityTokenExpired: "the security token has expired",
  SignatureDoesNotMatch: "the access key's secret is wrong, or the region",
};

/** Reads a refusal: an XML error document, OSS's x-oss-err header, or the status alone. */
export function readFault(answer: StoreAnswer): StoreFault {
  const { statusCode, headers } = answer;
  const document = errorDocument(answer);
  const dateMs = Date.parse(headers.date ?? "");
  return {
    statusCode,
    code: element(document, "Code"),
    requestId:
      plain(headers["x-amz-request-id"] ?? headers["x-oss-request-id"]) ?? element(document, "RequestId"),
    region: plain(headers["x-amz-bucket-region"]) ?? element(document, "Region"),
    endpoint: element(document, "Endpoint"),
    serverTimeMs: Number.isNaN(dateMs) ? undefined : dateMs,
  };
}

/**
 * The refusal as an error of ours.
 * @param doing what was tried, as the beginning of a sentence: "cannot read oss://bucket/key"
 */
export function storeError(fault: StoreFault, answer: OriginAnswer, doing: string): P2pfsError {
  const { statusCode, code } = fault;
  const advice = code === undefined ? undefined : ADVICE[code];
  const place = fault.endpoint === undefined ? "" : `, ask at ${fault.endpoint}`;
  const message =
    `${doing}: the store answered ${statusCode}${code === undefined ? "" : ` ${code}`}` +
    `${advice === undefined ? "" : `, ${advice}`}${place}` +
    `${fault.requestId === undefined ? "" : ` (request ${fault.requestId})`}`;
  const extras = {
    origin: { statusCode, headers: answer.headers },
    details: { code, requestId: fault.requestId, region: fault.region },
  };
  if (code === "InvalidObjectState") return new UnavailableError(message, extras, "SOURCE_REFUSED");
  if (code !== undefined && PERMISSION_CODES.has(code)) return new PermissionError(message, extras);
  if (code !== undefined && ABSENCE_CODES.has(code)) return new NotFoundError(message, extras);
  if (statusCode === 404 || statusCode === 410) return new NotFoundError(message, extras);
  if (statusCode === 401 || statusCode === 403) return new PermissionError(message, extras);
  if (statusCode === 412) return new ChangedError(message, extras);
  const passing =
    statusCode >= 500 ||
    statusCode === 408 ||
    statusCode === 429 ||
    (code !== undefined && PASSING_CODES.has(code));
  return new UnavailableError(message, extras, passing ? "SOURCE_FAILED" : "SOURCE_REFUSED");
}

function errorDocument(answer: StoreAnswer): string {
  if (answer.body.length > 0) return answer.body.toString("utf8");
  return Buffer.from(answer.headers["x-oss-err"] ?? "", "base64").toString("utf8");
}

/**
 * Text of an element of the error document, which both vendors write flat. Anything that is no plain word is left out:
 * it goes into messages.
 */
function element(document: string, name: string): string | undefined {
  const start = document.indexOf(`<${name}>`);
  const end = document.indexOf(`</${name}>`, start);
  return start === -1 || end === -1 ? undefined : plain(document.slice(start + name.length + 2, end).trim());
}

function plain(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w.:/+=-]{1,128}$/.test(text) ? text : undefined;
}
