/**
 * The soak for three minutes: `npm run soak` is half an hour of it. It uses little of the machine and waits a while, so the runner has
 * it beside the others.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { soak, soakMissing } from "../../scripts/soak/soak.ts";
import { withScope } from "./scope.ts";

describe("a cluster under mixed load", { skip: soakMissing() }, () => {
  test("reads no wrong byte, and holds afterwards what it held before", async () => {
    const said: string[] = [];
    const problems = await withScope((scope) =>
      soak(scope, {
        minutes: 3,
        users: 1,
        pauseMsMax: 3_000,
        warmMs: 30_000,
        // What was lent for a burst has gone back by then, and what was free.
        restMs: 65_000,
        idleMs: 150_000,
        say: (text) => said.push(text),
      }),
    );
    process.stdout.write(`${said.join("\n")}\n`);
    assert.deepEqual(problems, [], said.join("\n"));
  });
});
