/** What went wrong with an origin, in the error classes that say what the caller does next. Pure. */
import {
  CancelledError,
  DeadlineError,
  IntegrityError,
  InvalidInputError,
  LimitError,
  NotFoundError,
  type OriginAnswer,
  P2pfsError,
  PermissionError,
  UnavailableError,
} from "../../../base/errors.ts";
import { loggableUrl } from "../../../base/logger.ts";
import { fromUnknown } from "../../../base/node-errors.ts";

/** The head of an answer; header names in lower case, several of one name joined by ", ". */
export interface AnswerHead {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Headers that hold secrets or belong to one connection; never handed on. */
const PRIVATE_HEADERS = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "set-cookie",
  "set-cookie2",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The headers of an answer that clients may see. */
export function publicHeaders(headers: AnswerHead["headers"]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !PRIVATE_HEADERS.has(name)));
}

/** Statuses after which asking again may help, besides 5xx. */
const PASSING_STATUSES = new Set([408, 425, 429]);

/** The error that stands for an answer which is none of those hoped for; carries it as `origin`. */
export function statusError(head: AnswerHead, url: string): P2pfsError {
  const { statusCode: status } = head;
  const place = loggableUrl(url);
  const origin: OriginAnswer = { statusCode: status, headers: publicHeaders(head.headers) };
  if (status === 404 || status === 410)
    return new NotFoundError(`${place} does not exist (status ${status})`, { origin });
  if (status === 401 || status === 403 || status === 407)
    return new PermissionError(`${place} may not be read (status ${status})`, { origin });
  const message = `${place} was answered with status ${status}`;
  const passing = status >= 500 || PASSING_STATUSES.has(status);
  return new UnavailableError(message, { origin }, passing ? "SOURCE_FAILED" : "SOURCE_REFUSED");
}

/** undici's and llhttp's words for a body that ended before its stated end. */
const SHORT_BODY = new Set([
  "UND_ERR_SOCKET",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
  "HPE_INVALID_EOF_STATE",
]);

/**
 * Turns what undici or Node threw into the classes of Source.
 * @param bodyBytes bytes of the body that had come; undefined while no head had
 */
export function asSourceError(error: unknown, url: string, bodyBytes: number | undefined): P2pfsError {
  if (error instanceof P2pfsError) return error;
  const place = loggableUrl(url);
  const known = fromUnknown(error, `cannot read ${place}`);
  const { details } = known;
  const extras = { cause: error, details };
  if (SHORT_BODY.has(String(details.nodeCode))) {
    if (bodyBytes !== undefined)
      return new IntegrityError(`${place} broke off after ${bodyBytes} bytes of an answer`, extras);
    return new UnavailableError(`${place} closed the connection without an answer`, extras);
  }
  switch (known.code) {
    case "DEADLINE":
      return new DeadlineError(known.message, extras);
    case "CANCELLED":
      return new CancelledError(known.message, extras);
    case "UNAVAILABLE":
    case "SOURCE_FAILED":
    case "SOURCE_REFUSED":
    case "CLOSED":
      return new UnavailableError(known.message, extras, known.code);
    case "INVALID_ARGUMENT":
      return new InvalidInputError(known.message, extras);
    case "TOO_MANY_OPEN":
      return new LimitError(known.message, extras, "TOO_MANY_OPEN");
    default:
      return known;
  }
}
