/**
 * `npm run soak`: three hosts of a cluster of their own, in network namespaces, under mixed load for half an hour; what each
 * daemon holds at rest before and after it, in one table. Fails when one holds more than before, or a byte was wrong. Needs root.
 *
 *   npm run soak [-- --minutes 30]
 */
import { Command, InvalidArgumentError } from "commander";
import { fromUnknown } from "../base/node-errors.ts";
import { withScope } from "../test/system/scope.ts";
import { soak, soakMissing } from "./soak/soak.ts";

/** Twice what idle peers, streams and connections live. */
const REST_MS = 130_000;

interface Flags {
  readonly minutes: number;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}

const program = new Command("soak")
  .description("Mixed load on a cluster; fails when a daemon holds more afterwards than before.")
  .option("--minutes <N>", "how long the load lasts", positive, 30)
  .parse();
const missing = soakMissing();
if (missing !== false) {
  process.stderr.write(`soak: ${missing}\n`);
  process.exitCode = 2;
} else
  try {
    const problems = await withScope((scope) =>
      soak(scope, {
        minutes: program.opts<Flags>().minutes,
        users: 2,
        pauseMsMax: 3_000,
        warmMs: 120_000,
        restMs: REST_MS,
        idleMs: REST_MS,
        say: (text) => process.stdout.write(`${text}\n`),
      }),
    );
    for (const problem of problems) process.stdout.write(`${problem}\n`);
    process.exitCode = problems.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`soak: ${fromUnknown(error).message}\n`);
    process.exitCode = 1;
  }
