/**
 * `p2pfs doctor`: what is wrong on this machine, which way mounts take and why, and what to do next. Changes nothing. Ends
 * with 0 when nothing keeps p2pfs from working.
 */
import type { Command } from "commander";
import { systemClock } from "../base/clock.ts";
import { deadlineSignal, orAborted } from "../base/deadline.ts";
import { DOCTOR_MS, READ_DEADLINE_MS } from "../base/limits.ts";
import { fromUnknown } from "../base/node-errors.ts";
import { VERSION } from "../base/version.ts";
import type { ConfigFacts, Facts } from "./doctor/facts.ts";
import { type Finding, findingsOf, isHealthy, readPathOf } from "./doctor/findings.ts";
import { machineFacts } from "./doctor/machine-facts.ts";
import { daemonFacts, mountFacts, storageFacts } from "./doctor/place-facts.ts";
import { type Home, type HomeOptions, openHome, withHomeOptions } from "./home.ts";

export function addDoctor(program: Command): void {
  const command = program
    .command("doctor")
    .description("Says what is wrong on this machine, and which way mounts take.")
    .option("--json", "for programs", false);
  withHomeOptions(command).action(async (flags: HomeOptions & { readonly json: boolean }) => {
    const facts = await gather(await openHome(flags));
    const findings = findingsOf(facts);
    const path = readPathOf(facts);
    const healthy = isHealthy(findings);
    const text = flags.json
      ? `${JSON.stringify({ healthy, readPath: path, findings, facts }, undefined, 2)}\n`
      : findings.map(inWords).join("");
    await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
    // A look at a hung filesystem must not keep the command.
    process.exit(healthy ? 0 : 1);
  });
}

async function gather(home: Home): Promise<Facts> {
  const { config, storageDir } = await configFacts(home);
  const [machine, storage, daemon, mounts] = await Promise.all([
    machineFacts(process.env),
    within("the storage's filesystem", storageFacts(storageDir), (reason) => ({
      tried: false as const,
      reason,
    })),
    daemonFacts(home),
    mountFacts(),
  ]);
  return { version: VERSION, machine, config, storage, daemon, mounts };
}

/** A configuration that is refused is a finding; the rest is then looked at where it lies by default. */
async function configFacts(home: Home): Promise<{ config: ConfigFacts; storageDir: string }> {
  try {
    const { config } = await home.loaded();
    const { readTimeout } = config.mount;
    const { diskThreshold } = config.gc.policy;
    return {
      config: { refusal: undefined, readTimeoutMs: readTimeout, diskThresholdBytes: diskThreshold },
      storageDir: config.storage.dir,
    };
  } catch (error) {
    const refusal = fromUnknown(error).message;
    return {
      config: { refusal, readTimeoutMs: READ_DEADLINE_MS, diskThresholdBytes: 0 },
      storageDir: home.workhome.storageDir,
    };
  }
}

/** What does not come in time is left behind; the process ends without it. */
async function within<T>(what: string, work: Promise<T>, late: (reason: string) => T): Promise<T> {
  const deadline = deadlineSignal(systemClock, what, DOCTOR_MS);
  try {
    return await orAborted(work, deadline.signal);
  } catch (error) {
    return late(fromUnknown(error).message);
  } finally {
    deadline.close();
  }
}

const LEVEL_WIDTH = "problem".length;
const CHECK_WIDTH = "allow-other".length;

function inWords({ check, level, text, advice }: Finding): string {
  const line = `${level.padEnd(LEVEL_WIDTH)}  ${check.padEnd(CHECK_WIDTH)}  ${text}\n`;
  return advice === undefined
    ? line
    : `${line}${" ".repeat(LEVEL_WIDTH + 2)}${"".padEnd(CHECK_WIDTH)}  → ${advice}\n`;
}
