/**
 * `npm run bench`: measures on this machine and prints tables; see --help. Looks at the free disk first, takes at most
 * 20 GiB of it, and removes what it made, also on Ctrl-C.
 */
import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { Argument, Command, InvalidArgumentError } from "commander";
import { fromUnknown } from "../base/node-errors.ts";
import { parseByteSize } from "../daemon/config/byte-size.ts";
import { withScope } from "../test/system/scope.ts";
import { formatBytes, formatMs } from "../test/system/shows/figures.ts";
import { linkMissing } from "./bench/lab.ts";
import { metadata } from "./bench/metadata.ts";
import { mustShow, SHOW_NAMES } from "./bench/must-show.ts";
import { Report } from "./bench/report.ts";
import { speed } from "./bench/speed.ts";
import { warmReads } from "./bench/warm-reads.ts";

/** Part → the rate of its link in tc's words. */
const PARTS: Readonly<Record<string, string | undefined>> = {
  "1gbit": "1gbit",
  "2.5gbit": "2.5gbit",
  loopback: undefined,
};

interface Flags {
  readonly size: number;
  readonly rounds: number;
  readonly save?: string;
}

function size(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes === undefined || bytes < 1) throw new InvalidArgumentError("It is written like 512MiB.");
  return bytes;
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError("It is a whole number above 0.");
  return number;
}

function machine(report: Report): void {
  const [first] = cpus();
  report.say(
    `${cpus().length} x ${first?.model.trim()}, ${formatBytes(totalmem())}, Node ${process.versions.node}`,
  );
  report.say();
}

async function save(report: Report, path: string | undefined): Promise<void> {
  if (path !== undefined) await writeFile(path, report.text);
}

async function runSpeed(parts: readonly string[], flags: Flags): Promise<void> {
  const report = new Report();
  const begin = performance.now();
  machine(report);
  for (const part of parts.length === 0 ? Object.keys(PARTS) : parts) {
    const rate = PARTS[part];
    const missing = rate === undefined ? false : linkMissing();
    if (missing !== false) {
      report.say(`${part}: left out, ${missing}`);
      continue;
    }
    await withScope((scope) => speed(scope, report, { rate, fileBytes: flags.size, rounds: flags.rounds }));
  }
  report.say(`in all ${formatMs(performance.now() - begin)}`);
  await save(report, flags.save);
}

async function runMustShow(names: readonly string[], flags: Pick<Flags, "save">): Promise<void> {
  const report = new Report();
  machine(report);
  const held = await withScope((scope) => mustShow(scope, report, names));
  await save(report, flags.save);
  if (!held) process.exitCode = 1;
}

async function runWarmReads(_: unknown, command: Command): Promise<void> {
  // Options that the program has too are the program's.
  const flags = command.optsWithGlobals<Flags>();
  const report = new Report();
  machine(report);
  await withScope((scope) => warmReads(scope, report, { fileBytes: flags.size, rounds: flags.rounds }));
  await save(report, flags.save);
}

async function runMetadata(_: unknown, command: Command): Promise<void> {
  const flags = command.optsWithGlobals<Flags & { readonly names: number }>();
  const report = new Report();
  machine(report);
  await withScope((scope) => metadata(scope, report, { fileCount: flags.names, rounds: flags.rounds }));
  await save(report, flags.save);
}

const program = new Command("bench")
  .description(
    "Measures p2pfs beside curl on the same bytes. Ratios of one run mean something, single numbers do not.",
  )
  .addArgument(new Argument("[part...]", "what to measure; default all").choices(Object.keys(PARTS)))
  .option("--size <bytes>", "length of the file", size, size("2GiB"))
  .option("--rounds <count>", "rounds of each way of getting it", count, 5)
  .option("--save <file>", "also write what is printed there")
  .action(runSpeed);
program
  .command("must-show")
  .description("Runs the system tests' shows at full size and prints their figures.")
  .addArgument(new Argument("[name...]", "default all").choices([...SHOW_NAMES]))
  .option("--save <file>", "also write what is printed there")
  .action(runMustShow);

program
  .command("warm-reads")
  .description(
    "Reads complete files through each way of the mount, beside their content files and fuse-native.",
  )
  .option("--size <bytes>", "length of the file", size, size("2GiB"))
  .option("--rounds <count>", "rounds of each way", count, 5)
  .option("--save <file>", "also write what is printed there")
  .action(runWarmReads);

program
  .command("metadata")
  .description(
    "Lists a large prefix of an object store with attributes, and looks for names that are not there.",
  )
  .option("--names <count>", "names in the prefix", count, 10_000)
  .option("--rounds <count>", "rounds of each binding", count, 5)
  .option("--save <file>", "also write what is printed there")
  .action(runMetadata);

try {
  await program.parseAsync();
} catch (error) {
  console.error(`bench: ${fromUnknown(error).message}`);
  process.exitCode = 1;
}
