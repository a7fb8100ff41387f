/**
 * Waits with an end. Everything that waits for something outside the process goes through one of these, so that no
 * wait is forgotten and each ends with a sentence that says what was waited for.
 */
import type { Clock } from "./clock.ts";
import { CancelledError, DeadlineError } from "./errors.ts";

/** A signal that aborts at the deadline or when `parent` does. `close()` frees the timer and is idempotent. */
export interface DeadlineSignal {
  readonly signal: AbortSignal;
  /** Moves the deadline to `fromNowMs` from now: for waits that count silence, not total time. */
  extend(fromNowMs: number): void;
  close(): void;
}

/**
 * @param what what is waited for, as in "the origin's answer"; becomes "no answer within …".
 * @param afterMs time from now in milliseconds.
 */
export function deadlineSignal(
  clock: Clock,
  what: string,
  afterMs: number,
  parent?: AbortSignal,
): DeadlineSignal {
  const controller = new AbortController();
  let waitMs = afterMs;
  const expire = () => controller.abort(new DeadlineError(`${what} did not come within ${formatMs(waitMs)}`));
  let timer = clock.schedule(afterMs, expire);
  const onParent = () => controller.abort(parent?.reason ?? new CancelledError());
  if (parent?.aborted) onParent();
  else parent?.addEventListener("abort", onParent, { once: true });
  return {
    signal: controller.signal,
    extend(fromNowMs) {
      timer.cancel();
      waitMs = fromNowMs;
      if (!controller.signal.aborted) timer = clock.schedule(fromNowMs, expire);
    },
    close() {
      timer.cancel();
      parent?.removeEventListener("abort", onParent);
    },
  };
}

/** Rejects with the signal's reason as soon as it aborts; the promise itself goes on unobserved. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason ?? new CancelledError());
    if (signal.aborted) {
      // Its failure is nobody's any more.
      promise.catch(() => {});
      return onAbort();
    }
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Resolves after `delayMs`, or rejects with the signal's reason. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason ?? new CancelledError());
    };
    const timer = clock.schedule(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function formatMs(ms: number): string {
  return ms >= 1000 ? `${Math.round(ms / 100) / 10} s` : `${ms} ms`;
}
