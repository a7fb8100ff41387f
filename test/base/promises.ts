/** What tests often do with promises: wait for something to come about, open a gate, take a failure. */
import assert from "node:assert/strict";
import type { P2pfsError } from "../../base/errors.ts";

/** Longest that anything is waited for, ms: a hang is to end as a failure with a name. */
const PATIENCE_MS = 60_000;

/** Looks every few milliseconds, in real time. @param what the beginning of the sentence with which it fails in the end */
export async function until(holds: () => boolean, what = "what is waited for"): Promise<void> {
  const deadlineMs = Date.now() + PATIENCE_MS;
  while (!holds()) {
    assert.ok(Date.now() < deadlineMs, `${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A promise that the test opens. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** The error it fails with. */
export async function failureOf<Failure extends Error = P2pfsError>(
  promise: Promise<unknown>,
): Promise<Failure> {
  return promise.then(
    () => assert.fail("it did not fail"),
    (error) => error,
  );
}

/** The code of the error it fails with; "no error" when it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "no error",
    (error: { code?: unknown }) => String(error.code),
  );
}
