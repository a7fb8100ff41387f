/**
 * `npm run soak`: three hosts of a cluster of their own, in network namespaces, under mixed load for half an hour; what each
 * daemon holds at rest before and after it, in one table. Fails when one holds more than before, or a byte was wrong. Needs root.
 *
 *   npm run soak [-- --minutes 30]
 */
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { fromUnknown } from "../base/node-errors.ts";
import { seededRandom } from "../test/base/seeded-random.ts";
import { randomContent } from "../test/origin/content.ts";
import { type Cluster, type ClusterHost, clusterMissing } from "../test/system/cluster.ts";
import { ownCluster } from "../test/system/own-cluster.ts";
import { sha256 } from "../test/system/processes.ts";
import { type Scope, withScope } from "../test/system/scope.ts";
import { grown, type Holdings, holdingsOf, KEYS } from "./soak/holdings.ts";
import { type Load, type SoakFile, userOf } from "./soak/load.ts";

const MIB = 1024 * 1024;
const HOSTS = 3;
const USERS = 2;
const FILES = 10;
/** Less than the files have: content is evicted and fetched again all the time. */
const CACHE_BYTES = 128 * MIB;
/** Load before the first look, so that what is made once is there, ms. */
const WARM_MS = 20_000;
/** How long nothing is done before a look, ms: twice what idle peers, streams and connections live. */
const REST_MS = 130_000;

interface Flags {
  readonly minutes: number;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}

async function writeFiles({ origin }: Cluster, random: () => number): Promise<SoakFile[]> {
  const files: SoakFile[] = [];
  for (let index = 0; index < FILES; index++) {
    const name = `part-${index}.bin`;
    const bytes = 12 * MIB + Math.floor(random() * 16 * MIB);
    files.push({ name, digest: await sha256(await origin.write(name, randomContent(bytes, index + 1))) });
  }
  return files;
}

async function work(hosts: readonly ClusterHost[], load: Load, ms: number): Promise<void> {
  const untilMs = performance.now() + ms;
  await Promise.all(
    hosts.flatMap((host) => Array.from({ length: USERS }, (_, user) => userOf(host, load, untilMs, user))),
  );
}

/** What all hold once nothing has been done for a while, and the kernel was asked to forget what it does not need. */
async function atRest(hosts: readonly ClusterHost[]): Promise<Holdings[]> {
  await delay(REST_MS / 2);
  // Where the machine does not allow it, inodes stay known until their memory is wanted.
  await writeFile("/proc/sys/vm/drop_caches", "2").catch(() => {});
  await delay(REST_MS / 2);
  return Promise.all(hosts.map(holdingsOf));
}

function table(
  hosts: readonly ClusterHost[],
  before: readonly Holdings[],
  after: readonly Holdings[],
): string {
  const rows = hosts.map((host, index) => [
    host.name,
    ...KEYS.map((key) => `${before[index]?.[key]} → ${after[index]?.[key]}`),
  ]);
  const all = [["HOST", ...KEYS], ...rows];
  const widths = ["HOST", ...KEYS].map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")).join("\n");
}

async function soak(scope: Scope, { minutes }: Flags): Promise<boolean> {
  const say = (text: string) => process.stdout.write(`${text}\n`);
  say(`${minutes} minutes of load on ${HOSTS} hosts`);
  const random = seededRandom("what the users do").next;
  const config = { gc: { policy: { cacheThreshold: CACHE_BYTES } }, log: { level: "warn" } };
  const lab = await ownCluster(scope, { peers: HOSTS, config });
  const hosts = lab.peers;
  const folder = await scope.folder();
  const load = { origin: lab.origin, files: await writeFiles(lab, random), folder, random, done: new Map() };
  await work(hosts, load, WARM_MS);
  const before = await atRest(hosts);
  load.done.clear();
  await work(hosts, load, minutes * 60_000);
  const after = await atRest(hosts);
  say([...load.done].map(([what, count]) => `${count} ${what}`).join(", "));
  say(table(hosts, before, after));
  const problems = hosts.flatMap(({ name }, index) => {
    const [one, other] = [before[index], after[index]];
    return one && other ? grown(one, other).map((key) => `${name} holds more ${key} than before`) : [];
  });
  for (const problem of problems) say(problem);
  return problems.length === 0;
}

const program = new Command("soak")
  .description("Mixed load on a cluster; fails when a daemon holds more afterwards than before.")
  .option("--minutes <N>", "how long the load lasts", positive, 30)
  .parse();
const missing = clusterMissing();
if (missing !== false) {
  process.stderr.write(`soak: ${missing}\n`);
  process.exitCode = 2;
} else
  try {
    const held = await withScope((scope) => soak(scope, program.opts<Flags>()));
    process.exitCode = held ? 0 : 1;
  } catch (error) {
    process.stderr.write(`soak: ${fromUnknown(error).message}\n`);
    process.exitCode = 1;
  }
