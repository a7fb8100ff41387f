/**
 * What object stores need of HTTP: one exchange as it was signed, without redirects and retries, answered with whatever
 * the store said. The HTTP source's connections, checks and pump do it; see store-http-client.ts.
 */
import type { FetchResult } from "../../../base/destination.ts";
import type { SourceReadRequest, SourceRequest } from "../source.ts";
import { readFault, type StoreAnswer, type StoreFault, storeError } from "./store-error.ts";

/** A request ready to be sent. */
export interface StoreCall {
  readonly method: "GET" | "HEAD";
  readonly url: string;
  /** Lower case, signature included. Secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** What it is made for: says whom to trust and who asks. Its own URL and headers are not sent. */
  readonly for: SourceRequest;
}

/** What became of a call: what was hoped for, or the store's refusal. */
export type Outcome<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "refused"; readonly answer: StoreAnswer };

export interface StoreHttp {
  /**
   * The whole answer, if its status is 200 or 206, its body at most LIST_PAGE_BYTES_MAX.
   * @throws UnavailableError, DeadlineError, IntegrityError (too long, or broken off), the signal's reason
   */
  ask(call: StoreCall, signal: AbortSignal): Promise<Outcome<StoreAnswer>>;
  /**
   * Fills the destination of `read` from the answer, whose range, length and validator are checked first. `call` already
   * carries the Range and condition that `readHeaders` makes.
   * @throws as ask, and ChangedError
   */
  fetchInto(call: StoreCall, read: SourceReadRequest, signal: AbortSignal): Promise<Outcome<FetchResult>>;
}

/** One correction for a wrong region and one for a wrong clock, ever. */
const CORRECTIONS_MAX = 2;

/**
 * Makes a call, and makes it again when the refusal taught how.
 * @param correct learns from a refusal; true when another attempt would be made differently
 * @param doing for the error's sentence: "cannot read oss://bucket/key"
 */
export async function converse<T>(
  attempt: () => Promise<Outcome<T>>,
  correct: (fault: StoreFault) => boolean,
  doing: string,
): Promise<T> {
  for (let corrections = 0; ; corrections++) {
    const outcome = await attempt();
    if (outcome.kind === "done") return outcome.value;
    const fault = readFault(outcome.answer);
    if (corrections === CORRECTIONS_MAX || !correct(fault)) throw storeError(fault, outcome.answer, doing);
  }
}
