/** What the disk says when it takes no more, in the words of the error table. */
import { LimitError, type P2pfsError } from "./errors.ts";
import { fromUnknown } from "./node-errors.ts";

/**
 * @param doing "cannot write the bitmap file"
 * @returns LimitError NO_SPACE for a full disk, a used-up quota, no inodes left, a file too large for the filesystem; otherwise what
 *   fromUnknown makes of it
 */
export function asWriteError(error: unknown, doing: string): P2pfsError {
  const known = fromUnknown(error, doing);
  const tooLarge = known.details.nodeCode === "EFBIG";
  if ((known.code !== "NO_SPACE" && !tooLarge) || known instanceof LimitError) return known;
  const message = tooLarge
    ? "the filesystem of the storage cannot hold a file so long"
    : "no space left on the disk of the storage";
  return new LimitError(message, { cause: error }, "NO_SPACE");
}
