/** What the kernel is told of a request that failed, and the one log line about it. */
import type { ErrorCode } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { fromUnknown } from "../base/node-errors.ts";
import { errnoOf } from "./errno.ts";
import { loggablePath } from "./name.ts";

/** Answers that are part of every day: nobody has to look into them. */
const ORDINARY: ReadonlySet<ErrorCode> = new Set([
  "NOT_FOUND",
  "NOT_A_DIRECTORY",
  "IS_A_DIRECTORY",
  "NAME_TOO_LONG",
  "NO_ATTRIBUTE",
  "BUFFER_TOO_SMALL",
  "INVALID_ARGUMENT",
  "READ_ONLY",
  "CANCELLED",
]);

/** Which request it was. */
export interface RequestLabel {
  /** "read", "lookup", … */
  readonly operation: string;
  readonly path?: string | undefined;
}

/**
 * Logs the failure once, here where it is answered, and says which errno the kernel gets.
 * @returns a positive errno
 */
export function answerFailure(error: unknown, request: RequestLabel, logger: Logger): number {
  const failure = fromUnknown(error);
  const errno = errnoOf(failure.code);
  const { retried, guarded } = failure.details;
  // The kernel and ls(1) ask every filesystem for labels and ACLs.
  const labels = failure.code === "NOT_SUPPORTED" && request.operation === "getxattr";
  const ordinary = ORDINARY.has(failure.code) || labels || retried === true || guarded === true;
  logger[ordinary ? "debug" : "warn"](
    {
      operation: request.operation,
      ...(request.path === undefined ? {} : { path: loggablePath(request.path) }),
      code: failure.code,
      errno: failure.errno,
      reason: failure.message,
      ...failure.details,
      // A broken promise of our own code cannot be looked into without its place.
      ...(failure.code === "INTERNAL" ? { stack: (error as { stack?: unknown }).stack } : {}),
    },
    "request failed",
  );
  return errno;
}
