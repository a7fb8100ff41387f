/**
 * The promises of fs/SEMANTICS.md, each a test of the same words on a real mount. Every binding must keep them:
 * `mountSuite({ binding: "fuse-native", … })` in a test file of its own registers them all.
 */
import assert from "node:assert/strict";
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { projectRoot } from "../project-root.ts";
import { ATTRIBUTES, CHANGING } from "./mount/attributes.ts";
import { ERRORS } from "./mount/errors.ts";
import { LIFECYCLE } from "./mount/lifecycle.ts";
import { NAMES } from "./mount/names.ts";
import { READING } from "./mount/reading.ts";
import type { BindingUnderTest, PromiseTests } from "./mount/under-test.ts";
import { VERSIONS } from "./mount/versions.ts";

const TESTS: PromiseTests = {
  ...NAMES,
  ...READING,
  ...ATTRIBUTES,
  ...CHANGING,
  ...VERSIONS,
  ...ERRORS,
  ...LIFECYCLE,
};

/** Longest time one promise may take, ms: a hang must end with its name. */
const PROMISE_MS = 120_000;

/** Why nothing can be mounted on this machine; false when it can. */
export function cannotMount(): string | false {
  if (process.platform !== "linux") return "mounts are tested on Linux";
  try {
    accessSync("/dev/fuse", constants.R_OK | constants.W_OK);
    return false;
  } catch {
    // Absent or forbidden: the reason says both.
    return "/dev/fuse is not there or may not be opened by this user";
  }
}

/** Registers a test for every promise. */
export function mountSuite(under: BindingUnderTest): void {
  test("every heading of fs/SEMANTICS.md is a test, and every test a heading", () => {
    const text = readFileSync(join(projectRoot(), "fs/SEMANTICS.md"), "utf8");
    const headings = [...text.matchAll(/^### (.+)$/gm)].map((match) => match[1]);
    assert.deepEqual(Object.keys(TESTS).sort(), headings.sort());
  });
  const skip = cannotMount();
  for (const [heading, keep] of Object.entries(TESTS))
    test(heading, { skip, timeout: PROMISE_MS }, (t) => keep(t, under));
}
