/** SIGINT, SIGTERM and SIGHUP as an AbortSignal, so that a command that is told to end cleans up first. */
import { constants } from "node:os";
import { CancelledError } from "../base/errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface UntilSignal {
  readonly signal: AbortSignal;
  /** The exit status a shell expects of a process that ended by the signal; undefined before one came. */
  readonly status: number | undefined;
  /** Leaves the signals to Node again. */
  close(): void;
}

/** A second signal ends the process at once. */
export function untilSignal(): UntilSignal {
  const controller = new AbortController();
  let status: number | undefined;
  const listeners = SIGNALS.map((name) => {
    const listener = () => {
      if (status !== undefined) process.exit(status);
      status = 128 + constants.signals[name];
      controller.abort(new CancelledError(`ended by ${name}`));
    };
    process.on(name, listener);
    return { name, listener };
  });
  return {
    signal: controller.signal,
    get status() {
      return status;
    },
    close() {
      for (const { name, listener } of listeners) process.off(name, listener);
    },
  };
}
