/**
 * The soak itself: three hosts of a cluster of their own, in network namespaces, under mixed load; what each daemon holds at rest
 * before and after it.
 */
import { accessSync, constants } from "node:fs";
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom } from "../../test/base/seeded-random.ts";
import { randomContent } from "../../test/origin/content.ts";
import { type Cluster, type ClusterHost, clusterMissing } from "../../test/system/cluster.ts";
import { ownCluster } from "../../test/system/own-cluster.ts";
import { sha256 } from "../../test/system/processes.ts";
import type { Scope } from "../../test/system/scope.ts";
import { grown, type Holdings, holdingsOf, table } from "./holdings.ts";
import { everythingOnce, type Load, type SoakFile, userOf } from "./load.ts";

const MIB = 1024 * 1024;
const HOSTS = 3;
const FILES = 10;
/**
 * Less than the files have: content is evicted and fetched again all the time. Yet room for what the users of a host read and copy
 * at one moment: that is never evicted.
 */
const CACHE_BYTES = 160 * MIB;
/** Written to, it lets the kernel forget names and inodes that nobody uses, those of mounts too; else it does when it wants their memory. */
const DROP_CACHES = "/proc/sys/vm/drop_caches";
/** How often a host is looked at that does not hold what it held yet, and how long it takes to hear what the kernel forgot, ms. */
const LOOK_MS = 2_000;

export interface SoakOptions {
  readonly minutes: number;
  /** Users of each host. */
  readonly users: number;
  /** Longest pause of a user between two things, ms. */
  readonly pauseMsMax: number;
  /**
   * Load without pauses before the first look, after everything was done once, ms: what is used often is compiled by then, and
   * there have been as many buffers at once as the load will want.
   */
  readonly warmMs: number;
  /** How long nothing is done before the first look, ms. */
  readonly restMs: number;
  /** How long what is idle may live on after the load, ms: idle peers, streams and connections a minute each, one after the other. */
  readonly idleMs: number;
  readonly say: (text: string) => void;
}

/** Reason why there can be no soak here, or false. */
export function soakMissing(): string | false {
  try {
    accessSync(DROP_CACHES, constants.W_OK);
  } catch {
    return `the kernel cannot be told to forget what nobody uses: ${DROP_CACHES} is not writable`;
  }
  return clusterMissing();
}

/** @returns what is wrong: nothing is. @throws IntegrityError for a wrong byte, and what any command says */
export async function soak(scope: Scope, options: SoakOptions): Promise<string[]> {
  const { minutes, users, pauseMsMax, warmMs, restMs, idleMs, say } = options;
  say(`${minutes} minutes of load by ${users} users on each of ${HOSTS} hosts`);
  const random = seededRandom("what the users do").next;
  const config = { gc: { policy: { cacheThreshold: CACHE_BYTES } }, log: { level: "warn" } };
  const lab = await ownCluster(scope, { peers: HOSTS, config });
  const hosts = lab.peers;
  const folder = await scope.folder();
  const load: Load = {
    origin: lab.origin,
    files: await writeFiles(lab, random),
    folder,
    pauseMsMax,
    random,
    done: new Map(),
  };
  const work = (ms: number, by: Load) => {
    const untilMs = performance.now() + ms;
    const all = Array.from({ length: users }, (_, user) => user);
    return Promise.all(hosts.flatMap((host) => all.map((user) => userOf(host, by, untilMs, user))));
  };
  await Promise.all(hosts.map((host) => everythingOnce(host, load)));
  await work(warmMs, { ...load, pauseMsMax: 0 });
  await rest(restMs);
  const before = await look(hosts);
  load.done.clear();
  await work(minutes * 60_000, load);
  say([...load.done].map(([what, count]) => `${count} ${what}`).join(", "));
  await rest(restMs);
  const after = await backTo(before, hosts, idleMs - restMs);
  say(
    table(
      hosts.map(({ name }) => name),
      before,
      after,
    ),
  );
  return hosts.flatMap(({ name }, index) => problemsOf(name, before[index], after[index]));
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

async function rest(ms: number): Promise<void> {
  await delay(ms);
  // Last: whoever walks through all files of the machine comes by the mounts too.
  await writeFile(DROP_CACHES, "2");
  await delay(LOOK_MS);
}

function look(hosts: readonly ClusterHost[]): Promise<Holdings[]> {
  return Promise.all(hosts.map(holdingsOf));
}

/** What all hold as soon as none holds more than before, or when the time for that is over. */
async function backTo(before: readonly Holdings[], hosts: readonly ClusterHost[], withinMs: number) {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const now = await look(hosts);
    const isBack = now.every((each, index) => before[index] && grown(before[index], each).length === 0);
    if (isBack || performance.now() >= endMs) return now;
    await delay(LOOK_MS);
  }
}

function problemsOf(name: string, before: Holdings | undefined, after: Holdings | undefined): string[] {
  if (before === undefined || after === undefined) return [`${name} was not looked at`];
  return grown(before, after).map((key) => `${name} holds more than before: ${key}`);
}
