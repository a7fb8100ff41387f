/**
 * Errors of origins as the mount meets them: which of them are an answer, which sentence says of which URL they speak,
 * and how long to wait for one when something older is known.
 */
import type { Clock } from "../../base/clock.ts";
import { deadlineSignal, orAborted } from "../../base/deadline.ts";
import { P2pfsError } from "../../base/errors.ts";
import { ORIGIN_STALE_WAIT_MS } from "../../base/limits.ts";
import { loggableUrl } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { originOf } from "../engine/origin-of.ts";
import { DOWN_CODES, type OriginsDown, SILENT_CODES } from "../engine/origins-down.ts";

/** Whether the origin answered at all: an error status, not a refused or silent connection. */
export function isAnswer(error: P2pfsError): boolean {
  return error.origin !== undefined;
}

/** The error with a sentence that names the URL, without its secrets, and the status the origin answered. */
export function aboutUrl(caught: unknown, url: string): P2pfsError {
  const error = fromUnknown(caught);
  const shown = loggableUrl(url);
  const status = error.origin === undefined ? "" : `HTTP ${error.origin.statusCode}`;
  const names = error.message.includes(shown);
  const tells = status === "" || error.message.includes(String(error.origin?.statusCode));
  if (error.code === "CANCELLED" || (names && tells)) return error;
  const message = `${names ? "" : `${shown}: `}${error.message}${tells ? "" : ` (${status})`}`;
  return new P2pfsError(error.code, message, {
    cause: error,
    details: error.details,
    ...(error.origin === undefined ? {} : { origin: error.origin }),
  });
}

export interface Patience {
  readonly clock: Clock;
  readonly down: OriginsDown;
}

/**
 * The origin's own answer if it comes soon, else what was known before: at once when the origin is known to be down.
 * @param asking.kept what was known; undefined: nothing, so the answer is waited for
 * @throws the origin's refusals, and what `ask` throws when nothing was known
 */
export async function orKept<T>(
  patience: Patience,
  asking: { readonly url: string; readonly ask: () => Promise<T>; readonly kept: T | undefined },
  signal?: AbortSignal,
): Promise<T> {
  const { ask, kept } = asking;
  if (kept === undefined) return orAborted(ask(), signal);
  const origin = originOf(asking.url);
  if (patience.down.has(origin)) return kept;
  const asked = ask();
  const wait = deadlineSignal(patience.clock, "the origin's answer", ORIGIN_STALE_WAIT_MS, signal);
  try {
    return await orAborted(asked, wait.signal);
  } catch (caught) {
    signal?.throwIfAborted();
    const error = fromUnknown(caught);
    if (!DOWN_CODES.has(error.code)) throw error;
    if (SILENT_CODES.has(error.code)) patience.down.add(origin);
    // Nobody waits for it any more; the engine remembers what comes of it.
    asked.catch(() => {});
    return kept;
  } finally {
    wait.close();
  }
}
