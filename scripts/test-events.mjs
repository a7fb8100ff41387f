/**
 * A node:test reporter that writes one JSON line per finished test, for run-tests.mjs to count and print. It decides
 * nothing: what counts as a failure is said there.
 */
import { inspect } from "node:util";

export default async function* testEvents(source) {
  for await (const { type, data } of source) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const error = data.details?.error;
    yield `${JSON.stringify({
      outcome: type === "test:pass" ? "pass" : "fail",
      kind: data.details?.type === "suite" ? "suite" : "test",
      name: data.name,
      line: data.line,
      skip: data.skip,
      todo: data.todo,
      // A test that fails only because a test inside it failed adds no news.
      echo: error?.failureType === "subtestsFailed",
      error: error === undefined ? undefined : inspect(error.cause ?? error, { depth: 4 }),
    })}\n`;
  }
}
