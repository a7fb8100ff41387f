/**
 * One wait of a request: it ends when the work does, at the deadline, when the caller gives up, or when its handle or
 * the whole filesystem is closed. The last resort against a source that keeps its own deadlines badly.
 */
import { setMaxListeners } from "node:events";
import type { Clock } from "../base/clock.ts";
import { deadlineSignal, orAborted } from "../base/deadline.ts";

/** A controller whose signal any number of requests may wait on: Node takes more than ten for a leak otherwise. */
export function sharedController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

export interface WaitOptions {
  readonly clock: Clock;
  /** What is waited for, as in "the file's attributes": becomes "… did not come within 65 s". */
  readonly what: string;
  readonly afterMs: number;
  /** Whoever may call it off; each abort's reason is what the waiter gets. */
  readonly parents: readonly (AbortSignal | undefined)[];
}

/**
 * Runs `work` with a signal that aborts at the end of the wait, and settles then even if `work` does not.
 * @throws DeadlineError, the reason of the parent that aborted, or what `work` threw
 */
export async function waitFor<T>(
  options: WaitOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [first, ...others] = options.parents.filter((parent) => parent !== undefined);
  const joined = others.length === 0 ? undefined : joinSignals(first, others);
  const deadline = deadlineSignal(options.clock, options.what, options.afterMs, joined?.signal ?? first);
  try {
    if (deadline.signal.aborted) throw deadline.signal.reason;
    return await orAborted(work(deadline.signal), deadline.signal);
  } finally {
    deadline.close();
    joined?.close();
  }
}

/** AbortSignal.any keeps its dependents as long as the longest-lived parent on Node 20; this one lets go. */
function joinSignals(first: AbortSignal | undefined, others: readonly AbortSignal[]) {
  const controller = new AbortController();
  const parents = first === undefined ? others : [first, ...others];
  const listeners = parents.map((parent) => {
    const onAbort = () => controller.abort(parent.reason);
    if (parent.aborted) onAbort();
    else parent.addEventListener("abort", onAbort, { once: true });
    return { parent, onAbort };
  });
  return {
    signal: controller.signal,
    close() {
      for (const { parent, onAbort } of listeners) parent.removeEventListener("abort", onAbort);
    },
  };
}
