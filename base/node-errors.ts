/**
 * All knowledge of Node's, undici's and grpc-js' own error strings, in one place: turns anything caught into a
 * P2pfsError. Used in every `catch` at a boundary.
 */
import { type ErrorCode, P2pfsError } from "./errors.ts";

/** errno and library code → our code. What is missing here is INTERNAL, and worth a row. */
const NODE_CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: "NOT_FOUND",
  ENOTDIR: "NOT_A_DIRECTORY",
  EISDIR: "IS_A_DIRECTORY",
  ENAMETOOLONG: "NAME_TOO_LONG",
  EEXIST: "ALREADY_EXISTS",
  EBUSY: "BUSY",
  EACCES: "PERMISSION",
  EPERM: "NOT_PERMITTED",
  EROFS: "READ_ONLY",
  ENOSPC: "NO_SPACE",
  EDQUOT: "NO_SPACE",
  EMFILE: "TOO_MANY_OPEN",
  ENFILE: "TOO_MANY_OPEN",
  EBADF: "BAD_HANDLE",
  ESTALE: "STALE",
  EINVAL: "INVALID_ARGUMENT",
  EIO: "IO",
  EXDEV: "FAILED_PRECONDITION",
  ELOOP: "FAILED_PRECONDITION",
  ENOTSUP: "NOT_SUPPORTED",
  EOPNOTSUPP: "NOT_SUPPORTED",
  EADDRINUSE: "BUSY",
  ENOTEMPTY: "BUSY",
  // The other side is not there, or went away: another place may serve.
  ECONNREFUSED: "UNAVAILABLE",
  ECONNRESET: "UNAVAILABLE",
  ECONNABORTED: "UNAVAILABLE",
  EPIPE: "UNAVAILABLE",
  EHOSTUNREACH: "UNAVAILABLE",
  EHOSTDOWN: "UNAVAILABLE",
  ENETUNREACH: "UNAVAILABLE",
  EADDRNOTAVAIL: "UNAVAILABLE",
  EAI_AGAIN: "UNAVAILABLE",
  ENOTFOUND: "UNAVAILABLE",
  ENODATA: "UNAVAILABLE",
  ETIMEOUT: "DEADLINE",
  ETIMEDOUT: "DEADLINE",
  // c-ares (node:dns).
  ESERVFAIL: "UNAVAILABLE",
  EREFUSED: "UNAVAILABLE",
  ENOTIMP: "UNAVAILABLE",
  EFORMERR: "UNAVAILABLE",
  EBADRESP: "UNAVAILABLE",
  EBADNAME: "UNAVAILABLE",
  ECANCELLED: "CANCELLED",
  // A certificate that is not trusted stays so: asking again helps nobody.
  DEPTH_ZERO_SELF_SIGNED_CERT: "SOURCE_REFUSED",
  SELF_SIGNED_CERT_IN_CHAIN: "SOURCE_REFUSED",
  UNABLE_TO_GET_ISSUER_CERT: "SOURCE_REFUSED",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "SOURCE_REFUSED",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "SOURCE_REFUSED",
  INVALID_CA: "SOURCE_REFUSED",
  INVALID_PURPOSE: "SOURCE_REFUSED",
  CERT_HAS_EXPIRED: "SOURCE_REFUSED",
  CERT_NOT_YET_VALID: "SOURCE_REFUSED",
  CERT_REVOKED: "SOURCE_REFUSED",
  CERT_REJECTED: "SOURCE_REFUSED",
  CERT_UNTRUSTED: "SOURCE_REFUSED",
  CERT_SIGNATURE_FAILURE: "SOURCE_REFUSED",
  CERT_CHAIN_TOO_LONG: "SOURCE_REFUSED",
  HOSTNAME_MISMATCH: "SOURCE_REFUSED",
  ERR_TLS_CERT_ALTNAME_INVALID: "SOURCE_REFUSED",
  // The other side speaks no TLS, or none that we do.
  EPROTO: "SOURCE_REFUSED",
  UND_ERR_CONNECT_TIMEOUT: "DEADLINE",
  UND_ERR_HEADERS_TIMEOUT: "DEADLINE",
  UND_ERR_BODY_TIMEOUT: "DEADLINE",
  UND_ERR_SOCKET: "UNAVAILABLE",
  UND_ERR_CLOSED: "CLOSED",
  UND_ERR_DESTROYED: "CLOSED",
  UND_ERR_ABORTED: "CANCELLED",
  UND_ERR_INVALID_ARG: "INVALID_ARGUMENT",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "UNAVAILABLE",
  UND_ERR_HEADERS_OVERFLOW: "SOURCE_REFUSED",
  HPE_INVALID_CONSTANT: "UNAVAILABLE",
  ABORT_ERR: "CANCELLED",
  LEVEL_DATABASE_NOT_OPEN: "CLOSED",
  LEVEL_LOCKED: "BUSY",
  LEVEL_IO_ERROR: "IO",
  LEVEL_CORRUPTION: "IO",
};

/** What the C library calls ENOSPC and EDQUOT: level hands on the words without the number. */
const LEVEL_NO_SPACE = /No space left on device|Disk quota exceeded/;

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : undefined;
}

/**
 * Turns anything caught into a P2pfsError, keeping the original as `cause`.
 * @param doing what was tried, as the beginning of a sentence: "cannot read the config file".
 */
export function fromUnknown(error: unknown, doing?: string): P2pfsError {
  if (error instanceof P2pfsError) return error;
  const cause = (error as { cause?: unknown } | null)?.cause;
  // A level database that cannot be opened says why only in the cause.
  if (codeOf(error) === "LEVEL_DATABASE_NOT_OPEN" && codeOf(cause) !== undefined)
    return fromUnknown(cause, doing);
  const nodeCode = codeOf(error) ?? codeOf(cause);
  const name = error instanceof Error ? error.name : "";
  let code: ErrorCode = (nodeCode === undefined ? undefined : NODE_CODES[nodeCode]) ?? "INTERNAL";
  if (nodeCode === undefined && name === "AbortError") code = "CANCELLED";
  if (nodeCode === undefined && name === "TimeoutError") code = "DEADLINE";
  if (code === "INTERNAL" && nodeCode?.startsWith("HPE_")) code = "UNAVAILABLE";
  if (code === "INTERNAL" && nodeCode?.startsWith("ERR_SSL_")) code = "SOURCE_REFUSED";
  if (nodeCode === "LEVEL_IO_ERROR" && LEVEL_NO_SPACE.test(String(error))) code = "NO_SPACE";
  const reason = error instanceof Error ? error.message || nodeCode || name : String(error);
  return new P2pfsError(code, doing === undefined ? reason : `${doing}: ${reason}`, {
    cause: error,
    details: nodeCode === undefined ? {} : { nodeCode },
  });
}
