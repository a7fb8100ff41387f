/**
 * The one error hierarchy and the one table from error code to errno, gRPC status, HTTP status, exit status and retry.
 * Classes say what the caller does next, not where the error happened. Node's own error strings are known only in
 * `node-errors.ts`. This file does not log: an error is logged once, where the request is answered.
 */

/** What the engine may do with a failed fetch: nothing, try again later, or try another place at once. */
export type RetryAdvice = "never" | "same" | "other";

interface ErrorRow {
  /** POSIX name handed to the kernel (the binding knows the number). */
  readonly errno: string;
  /** gRPC status code number (google.rpc.Code). */
  readonly grpc: number;
  /** HTTP status the proxy and health endpoints answer when the origin gave none. */
  readonly http: number;
  /** Process exit status: 2 for a call that must be changed, 1 for everything else. */
  readonly exit: 1 | 2;
  readonly retry: RetryAdvice;
}

/** code → errno, gRPC, HTTP, exit status, retry. A test walks it so that no code lacks a row. */
export const ERROR_TABLE = {
  INVALID_ARGUMENT: { errno: "EINVAL", grpc: 3, http: 400, exit: 2, retry: "never" },
  INVALID_CONFIG: { errno: "EINVAL", grpc: 3, http: 400, exit: 2, retry: "never" },
  RANGE_NOT_SATISFIABLE: { errno: "EINVAL", grpc: 9, http: 416, exit: 2, retry: "never" },
  NOT_FOUND: { errno: "ENOENT", grpc: 5, http: 404, exit: 1, retry: "never" },
  NOT_A_DIRECTORY: { errno: "ENOTDIR", grpc: 9, http: 400, exit: 1, retry: "never" },
  IS_A_DIRECTORY: { errno: "EISDIR", grpc: 9, http: 400, exit: 1, retry: "never" },
  NAME_TOO_LONG: { errno: "ENAMETOOLONG", grpc: 3, http: 400, exit: 1, retry: "never" },
  NO_ATTRIBUTE: { errno: "ENODATA", grpc: 5, http: 404, exit: 1, retry: "never" },
  BUFFER_TOO_SMALL: { errno: "ERANGE", grpc: 11, http: 400, exit: 1, retry: "never" },
  BAD_HANDLE: { errno: "EBADF", grpc: 9, http: 400, exit: 1, retry: "never" },
  STALE: { errno: "ESTALE", grpc: 9, http: 409, exit: 1, retry: "never" },
  ALREADY_EXISTS: { errno: "EEXIST", grpc: 6, http: 409, exit: 1, retry: "never" },
  BUSY: { errno: "EBUSY", grpc: 9, http: 409, exit: 1, retry: "never" },
  FAILED_PRECONDITION: { errno: "EINVAL", grpc: 9, http: 412, exit: 1, retry: "never" },
  NOT_SUPPORTED: { errno: "ENOTSUP", grpc: 12, http: 501, exit: 1, retry: "never" },
  READ_ONLY: { errno: "EROFS", grpc: 9, http: 405, exit: 1, retry: "never" },
  PERMISSION: { errno: "EACCES", grpc: 7, http: 403, exit: 1, retry: "never" },
  NOT_PERMITTED: { errno: "EPERM", grpc: 7, http: 403, exit: 1, retry: "never" },
  SOURCE_FAILED: { errno: "EIO", grpc: 14, http: 502, exit: 1, retry: "same" },
  SOURCE_REFUSED: { errno: "EIO", grpc: 9, http: 502, exit: 1, retry: "never" },
  UNAVAILABLE: { errno: "EIO", grpc: 14, http: 503, exit: 1, retry: "other" },
  DEADLINE: { errno: "EIO", grpc: 4, http: 504, exit: 1, retry: "other" },
  INTEGRITY: { errno: "EIO", grpc: 15, http: 502, exit: 1, retry: "other" },
  CHANGED: { errno: "ESTALE", grpc: 10, http: 409, exit: 1, retry: "never" },
  NO_SPACE: { errno: "ENOSPC", grpc: 8, http: 507, exit: 1, retry: "never" },
  TOO_MANY: { errno: "EAGAIN", grpc: 8, http: 429, exit: 1, retry: "same" },
  TOO_MANY_OPEN: { errno: "EMFILE", grpc: 8, http: 503, exit: 1, retry: "same" },
  IO: { errno: "EIO", grpc: 13, http: 500, exit: 1, retry: "never" },
  CANCELLED: { errno: "EINTR", grpc: 1, http: 499, exit: 1, retry: "never" },
  CLOSED: { errno: "EIO", grpc: 14, http: 503, exit: 1, retry: "never" },
  INTERNAL: { errno: "EIO", grpc: 13, http: 500, exit: 1, retry: "never" },
} as const satisfies Record<string, ErrorRow>;

/** The closed set of error codes. */
export type ErrorCode = keyof typeof ERROR_TABLE;

/** gRPC status → the code it most likely stands for when another program says it. */
const CODES_BY_GRPC_STATUS: ReadonlyMap<number, ErrorCode> = new Map(
  (
    [
      "CANCELLED",
      "INVALID_ARGUMENT",
      "DEADLINE",
      "NOT_FOUND",
      "ALREADY_EXISTS",
      "PERMISSION",
      "NO_SPACE",
      "FAILED_PRECONDITION",
      "CHANGED",
      "NOT_SUPPORTED",
      "IO",
      "UNAVAILABLE",
      "INTEGRITY",
    ] satisfies ErrorCode[]
  ).map((code) => [ERROR_TABLE[code].grpc, code]),
);

/**
 * The code a status of another program stands for; undefined when it stands for none.
 * @param exhausted what RESOURCE_EXHAUSTED means of that program: its disk, or its patience
 */
export function codeOfGrpcStatus(status: number, exhausted: "NO_SPACE" | "TOO_MANY"): ErrorCode | undefined {
  const code = CODES_BY_GRPC_STATUS.get(status);
  return code === "NO_SPACE" ? exhausted : code;
}

/** What an origin answered, kept all the way to dfget and the proxy. Headers hold no credentials. */
export interface OriginAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ErrorExtras {
  readonly cause?: unknown;
  /** Plain facts for the log; never a secret, never a URL with its query. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly origin?: OriginAnswer;
}

/** Base of every error p2pfs raises on purpose. The message is one sentence a person can act on. */
export class P2pfsError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  /** Present when an origin's HTTP answer caused the error. */
  readonly origin: OriginAnswer | undefined;

  constructor(code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = extras.details ?? {};
    this.origin = extras.origin;
  }

  get errno(): string {
    return ERROR_TABLE[this.code].errno;
  }
  get grpcCode(): number {
    return ERROR_TABLE[this.code].grpc;
  }
  get httpStatus(): number {
    return this.origin?.statusCode ?? ERROR_TABLE[this.code].http;
  }
  get exitStatus(): 1 | 2 {
    return ERROR_TABLE[this.code].exit;
  }
  get retry(): RetryAdvice {
    return ERROR_TABLE[this.code].retry;
  }
}

/** Fix the call or the config. */
export class InvalidInputError extends P2pfsError {
  constructor(
    message: string,
    extras?: ErrorExtras,
    code: "INVALID_ARGUMENT" | "INVALID_CONFIG" | "RANGE_NOT_SATISFIABLE" = "INVALID_ARGUMENT",
  ) {
    super(code, message, extras);
  }
}

/** Report absence. */
export class NotFoundError extends P2pfsError {
  constructor(message: string, extras?: ErrorExtras) {
    super("NOT_FOUND", message, extras);
  }
}

/** Use another way. */
export class NotSupportedError extends P2pfsError {
  constructor(message: string, extras?: ErrorExtras, code: "NOT_SUPPORTED" | "READ_ONLY" = "NOT_SUPPORTED") {
    super(code, message, extras);
  }
}

/** Change credentials or rights. */
export class PermissionError extends P2pfsError {
  constructor(message: string, extras?: ErrorExtras, code: "PERMISSION" | "NOT_PERMITTED" = "PERMISSION") {
    super(code, message, extras);
  }
}

/** Try another parent, then the origin; EIO when all are spent. */
export class UnavailableError extends P2pfsError {
  constructor(
    message: string,
    extras?: ErrorExtras,
    code: "UNAVAILABLE" | "SOURCE_FAILED" | "SOURCE_REFUSED" | "CLOSED" = "UNAVAILABLE",
  ) {
    super(code, message, extras);
  }
}

/** As unavailable, and it counts against the place that was waited for. */
export class DeadlineError extends P2pfsError {
  constructor(message: string, extras?: ErrorExtras) {
    super("DEADLINE", message, extras);
  }
}

/** Discard the bytes, block the place, never serve them. */
export class IntegrityError extends P2pfsError {
  constructor(message: string, extras?: ErrorExtras) {
    super("INTEGRITY", message, extras);
  }
}

/** The origin holds other bytes now than those the task began with. */
export class ChangedError extends P2pfsError {
  constructor(message: string, extras?: ErrorExtras) {
    super("CHANGED", message, extras);
  }
}

/** Slow down or make room. */
export class LimitError extends P2pfsError {
  constructor(
    message: string,
    extras?: ErrorExtras,
    code: "NO_SPACE" | "TOO_MANY" | "TOO_MANY_OPEN" = "TOO_MANY",
  ) {
    super(code, message, extras);
  }
}

/** Nobody waits for it any more. */
export class CancelledError extends P2pfsError {
  constructor(message = "cancelled", extras?: ErrorExtras) {
    super("CANCELLED", message, extras);
  }
}
