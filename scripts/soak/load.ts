/** What users do all day, at random: reads of whole files and of headers, copies, listings, reads here and there. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { IntegrityError } from "../../base/errors.ts";
import type { NginxOrigin } from "../../test/origin/nginx.ts";
import type { ClusterHost } from "../../test/system/cluster.ts";
import { catSha256, output, sha256 } from "../../test/system/processes.ts";

/** Longest time of one thing that somebody does, ms. */
const STEP_MS = 120_000;

/** A file of the origin. */
export interface SoakFile {
  readonly name: string;
  readonly digest: string;
}

export interface Load {
  readonly origin: NginxOrigin;
  readonly files: readonly SoakFile[];
  /** Where copies go; they are deleted again. */
  readonly folder: string;
  /** Longest pause of a user between two things, ms. */
  readonly pauseMsMax: number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Counts what was done. */
  readonly done: Map<string, number>;
}

/** One user of a host, until the time is over. @throws IntegrityError for a wrong byte, and what any command says */
export async function userOf(host: ClusterHost, load: Load, untilMs: number, user: number): Promise<void> {
  const steps = Object.entries(STEPS);
  while (performance.now() < untilMs) {
    const [name, step] = pick(steps, load.random);
    await step(host, load, user);
    load.done.set(name, (load.done.get(name) ?? 0) + 1);
    await delay(load.random() * load.pauseMsMax);
  }
}

/** All kinds of things on a host, and all files, one after the other. @throws as `userOf` */
export async function everythingOnce(host: ClusterHost, load: Load): Promise<void> {
  for (const file of load.files) await readWhole(host, load, file);
  for (const step of Object.values(STEPS)) await step(host, load, 0);
}

type Step = (host: ClusterHost, load: Load, user: number) => Promise<void>;

const STEPS: Readonly<Record<string, Step>> = {
  "whole files read": (host, load) => readWhole(host, load, pick(load.files, load.random)),
  async "headers read"(host, load) {
    for (const { name } of load.files.slice(0, 6))
      await output(["head", "-c", "8", host.path(load.origin.url(name))], { timeoutMs: STEP_MS });
  },
  async "reads here and there"(host, load) {
    const { name } = pick(load.files, load.random);
    for (let time = 0; time < 8; time++) {
      const skip = Math.floor(load.random() * 3000);
      const path = host.path(load.origin.url(name));
      await output(["dd", `if=${path}`, "of=/dev/null", "bs=4k", "count=1", `skip=${skip}`, "status=none"], {
        timeoutMs: STEP_MS,
      });
    }
  },
  async "copies made"(host, load, user) {
    const file = pick(load.files, load.random);
    const path = join(load.folder, `${host.name}-${user}`);
    await host.ask("dfget", [load.origin.url(file.name), "-O", path], STEP_MS);
    const found = await sha256(path);
    await rm(path);
    if (found !== file.digest) throw new IntegrityError(`${host.name} copied other bytes of ${file.name}`);
  },
  async "listings and questions"(host, load) {
    const paths = load.files.map(({ name }) => host.path(load.origin.url(name)));
    await output(["stat", "--format=%s", ...paths], { timeoutMs: STEP_MS });
    await host.ask("p2pfs", ["status"], STEP_MS);
  },
};

async function readWhole(host: ClusterHost, load: Load, file: SoakFile): Promise<void> {
  const found = await catSha256(host.path(load.origin.url(file.name)), { timeoutMs: STEP_MS });
  if (found !== file.digest) throw new IntegrityError(`${host.name} read other bytes of ${file.name}`);
}

function pick<T>(from: readonly T[], random: () => number): T {
  const found = from[Math.floor(random() * from.length)];
  if (found === undefined) throw new RangeError("nothing to choose from");
  return found;
}
