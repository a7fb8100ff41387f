/** Names of errors → the platform's numbers. The table from codes to names is base/errors.ts. */
import { constants } from "node:os";
import { ERROR_TABLE, type ErrorCode } from "../base/errors.ts";

/** macOS has its own name for "no such attribute" (ENOATTR in sys/errno.h), which Node does not list. */
const DARWIN_ENOATTR = 93;

/** The positive errno of an error code on this platform; EIO for names the platform lacks. */
export function errnoOf(code: ErrorCode, platform: NodeJS.Platform = process.platform): number {
  if (code === "NO_ATTRIBUTE" && platform === "darwin") return DARWIN_ENOATTR;
  const numbers: Readonly<Record<string, number>> = constants.errno;
  return numbers[ERROR_TABLE[code].errno] ?? constants.errno.EIO;
}
