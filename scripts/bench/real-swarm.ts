/**
 * A swarm of real daemons on links of given rates: a seed, or none, an origin, and peers that all begin to copy one file that
 * nobody has at the same moment. How long each takes, and what else was busy meanwhile.
 */
import assert from "node:assert/strict";
import { link, readFile, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { credentials } from "@grpc/grpc-js";
import { pieceLengthFor } from "../../daemon/task/piece-length.ts";
import { DfdaemonDownload } from "../../proto/load.ts";
import { type Cluster, type ClusterHost, clusterUp, PIECE_PORT } from "../../test/system/cluster.ts";
import { sha256 } from "../../test/system/processes.ts";
import type { Scope } from "../../test/system/scope.ts";
import { writeLarge } from "../../test/system/shows/origin-files.ts";
import { forgetTasks } from "./forget-tasks.ts";
import { type BothWays, goodputOf, knocking, linkBytes, unevennessOf } from "./links.ts";

/** What is the same in the lab and in the simulation. Rates in 10^6 bits a second, both ways. */
export interface SwarmShape {
  readonly rates: readonly number[];
  /** undefined: there is no seed. */
  readonly seedRate: number | undefined;
  readonly originRate: number;
  readonly fileBytes: number;
  /** Hosts know what their links carry, as they do where their cards say so. */
  readonly told: boolean;
  /** Which peer begins LEAD_MS before the others; undefined: all begin at once. */
  readonly first?: number;
}

/** One load of the file by all peers. */
export interface RealRound {
  /** Of each peer, from its own beginning. */
  readonly seconds: readonly number[];
  readonly originBytes: number;
  /** Of all processors of the machine, how much was in use, 0 to 1. */
  readonly machineBusy: number;
  /** Processor seconds of the daemon that took most, a second until the last was done. */
  readonly busiestDaemon: number;
  /** Median time of a connection to each peer, from somebody whose own link is idle, ms. */
  readonly connectMs: readonly number[];
  /** What went over each host's link, headers included, bytes. */
  readonly carried: ReadonlyMap<string, BothWays>;
}

export interface RealSwarm {
  /** Bytes a second of content that links carry. */
  readonly goodput: ReadonlyMap<string, BothWays>;
  /** See unevennessOf. */
  readonly unevenness: number;
  readonly rounds: readonly RealRound[];
}

/** The first has begun by then, and its scheduler knows it, ms. */
const LEAD_MS = 2_000;
/** Fetches of a host at once (download.concurrentPieceCount), and children that a host has in so small a swarm, at least. */
const FETCHES = 8;
const CHILDREN = 3;
const COPY_MS = 900_000;
const NAME = "model.safetensors";

export async function realSwarm(scope: Scope, shape: SwarmShape, rounds: number): Promise<RealSwarm> {
  const { rates, seedRate, originRate, fileBytes } = shape;
  const rate: Record<string, string> = { origin: `${originRate}mbit` };
  if (seedRate !== undefined) rate.seed = `${seedRate}mbit`;
  for (const [n, each] of rates.entries()) rate[`peer-${n + 1}`] = `${each}mbit`;
  const cluster = await clusterUp(scope, {
    peers: rates.length,
    seeds: seedRate === undefined ? 0 : 1,
    rate,
    tellRates: shape.told ? "yes" : "no",
  });
  const file = await writeLarge(cluster.origin, { name: NAME, bytes: fileBytes, seed: 9 });
  const goodput = await goodputOf(scope, cluster, Object.keys(rate));
  const giver = seedRate === undefined ? "peer-1" : "seed";
  const count = FETCHES * CHILDREN;
  // As long as their pieces take.
  const ms = (1000 * count * pieceLengthFor(fileBytes)) / (goodput.get(giver)?.up ?? 1);
  const unevenness = await unevennessOf(scope, cluster, { host: giver, count, ms });
  const expected = await sha256(file);
  const done: RealRound[] = [];
  for (let n = 0; n < rounds; n++) {
    // Another name is another task: nobody has any of it, nor has the scheduler heard of it.
    const name = `${n}-${NAME}`;
    await link(file, join(cluster.origin.root, name));
    const url = cluster.origin.url(name);
    done.push(await loadOnce(scope, cluster, url, startsMs(shape)));
    await checkCopies(scope, cluster.peers, url, expected);
    for (const host of cluster.hosts) await forgetTasks(host.socketPath);
    await unlink(join(cluster.origin.root, name));
  }
  return { goodput, unevenness, rounds: done };
}

/** When each peer begins. */
export function startsMs({ rates, first }: SwarmShape): number[] {
  return rates.map((_, n) => (first === undefined || n === first ? 0 : LEAD_MS));
}

async function loadOnce(
  scope: Scope,
  cluster: Cluster,
  url: string,
  starts: readonly number[],
): Promise<RealRound> {
  const { hosts, peers } = cluster;
  await cluster.origin.clearLog();
  const before = {
    links: await linkBytes(cluster),
    spent: hosts.map((host) => host.cpuSeconds()),
    machine: await machineTime(),
  };
  const names = peers.map(({ name }) => name);
  const knocks = knocking(scope, cluster, names, PIECE_PORT);
  const seconds = await Promise.all(
    peers.map(async (host, n) => {
      await delay(starts[n]);
      const begin = performance.now();
      await copyWhole(host, url);
      return (performance.now() - begin) / 1000;
    }),
  );
  const after = { links: await linkBytes(cluster), machine: await machineTime() };
  const connectMs = await knocks.found();
  const busy = after.machine.busy - before.machine.busy;
  const carried = new Map<string, BothWays>();
  for (const [host, { down, up }] of after.links) {
    const then = before.links.get(host) ?? { down: 0, up: 0 };
    carried.set(host, { down: down - then.down, up: up - then.up });
  }
  const spent = hosts.map((host, n) => host.cpuSeconds() - (before.spent[n] ?? 0));
  return {
    seconds,
    originBytes: await cluster.origin.bytesSent(new URL(url).pathname),
    machineBusy: busy / (after.machine.all - before.machine.all),
    busiestDaemon: Math.max(...spent) / Math.max(...seconds),
    connectMs,
    carried,
  };
}

/** A copy of the whole, asked of the daemon as dfget does, without the time that a program takes to start. */
function copyWhole(host: ClusterHost, url: string): Promise<void> {
  const client = new DfdaemonDownload(`unix:${host.socketPath}`, credentials.createInsecure());
  const call = client.downloadTask(
    { download: { url, type: "STANDARD" } },
    { deadline: Date.now() + COPY_MS },
  );
  return new Promise<void>((resolve, reject) => {
    call.on("data", () => {});
    call.on("error", reject);
    call.on("end", resolve);
  }).finally(() => client.close());
}

/** Ticks of all processors since the machine began. */
async function machineTime(): Promise<{ readonly busy: number; readonly all: number }> {
  const [first = ""] = (await readFile("/proc/stat", "utf8")).split("\n");
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = first
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, all: busy + idle + iowait };
}

/** What the daemons hold is what the origin has; nothing is fetched for it. */
async function checkCopies(
  scope: Scope,
  peers: readonly ClusterHost[],
  url: string,
  expected: string,
): Promise<void> {
  const target = join(await scope.folder(), "copy");
  for (const host of peers) {
    await host.ask("dfget", [url, "-O", target, "--no-progress", "--force-hard-link"]);
    assert.equal(await sha256(target), expected, `what ${host.name} got`);
    await rm(target);
  }
}
