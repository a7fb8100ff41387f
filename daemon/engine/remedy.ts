/** What is to be done about a fetch that failed, other than for a peer's fault. Pure. */
import type { P2pfsError } from "../../base/errors.ts";

export type Remedy =
  /** The origin holds another version: nothing can be added to what is here. */
  | "changed"
  /** The origin ignores ranges, whatever it said before: the whole is asked for. */
  | "without-ranges"
  /** There was no room for it, and all was tried already. */
  | "no-room"
  /** The disk had less than it said: once room was made it rests, else it is judged anew. */
  | "make-room"
  /** It rests, and is tried again. */
  | "rest"
  /** Those who need it get the error. */
  | "give-up";

/** What is known of the fetch. */
export interface FailedFetch {
  /** The source is asked for parts. */
  readonly ranges: boolean;
  /** It had been given room. */
  readonly granted: boolean;
  /** Failures at the place where it stopped, before this one: what came before is progress. */
  readonly attempts: number;
  /** Attempts beyond the first that are made. */
  readonly retries: number;
}

export function remedyFor({ code, retry }: P2pfsError, fetch: FailedFetch): Remedy {
  if (code === "CHANGED") return "changed";
  if (code === "NOT_SUPPORTED" && fetch.ranges) return "without-ranges";
  if (code === "NO_SPACE" && !fetch.granted) return "no-room";
  if (code === "NO_SPACE" && fetch.attempts === 0) return "make-room";
  return mayTryAgain(retry, fetch) ? "rest" : "give-up";
}

/** What follows when no room could be made. */
export function remedyWithoutRoom({ retry }: P2pfsError, fetch: FailedFetch): "rest" | "give-up" {
  return mayTryAgain(retry, fetch) ? "rest" : "give-up";
}

function mayTryAgain(retry: P2pfsError["retry"], { attempts, retries }: FailedFetch): boolean {
  return retry !== "never" && attempts < retries;
}
