/**
 * A file from one daemon to others beside the same bytes through plain sockets, over the same links and in the same run: how
 * long it takes, and what all ends together spend on it.
 */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../../test/project-root.ts";
import { type Cluster, type ClusterHost, clusterUp } from "../../test/system/cluster.ts";
import { sha256, start } from "../../test/system/processes.ts";
import type { Scope } from "../../test/system/scope.ts";
import { type Figures, formatBytes, GIB, median } from "../../test/system/shows/figures.ts";
import { writeLarge } from "../../test/system/shows/origin-files.ts";
import { forgetTasks } from "./forget-tasks.ts";
import { spread } from "./samples.ts";

export interface PieceSpeedSize {
  readonly children: number;
  readonly fileBytes: number;
  readonly rounds: number;
}

/** One round of one way. */
interface Round {
  readonly seconds: number;
  /** Of all ends together. */
  readonly cpuSeconds: number;
}

const NAME = "model.safetensors";
const COPY_MS = 600_000;

/** Everybody reads from the one who has it; each of them serves the others too, as they please. */
export async function pieceSpeed(scope: Scope, size: PieceSpeedSize): Promise<Figures> {
  const { children: peers, fileBytes, rounds } = size;
  const cluster = await clusterUp(scope, { peers });
  const file = await writeLarge(cluster.origin, { name: NAME, bytes: fileBytes, seed: 6 });
  const url = cluster.origin.url(NAME);
  const folder = await scope.folder();
  const parent = cluster.host("seed");
  await parent.ask("dfget", [url, "-O", join(folder, "seeded"), "--no-progress"], COPY_MS);
  await rm(join(folder, "seeded"));
  const expected = await sha256(file);
  const pumped: Round[] = [];
  const pieces: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    pumped.push(await pump(scope, cluster, file, folder));
    await cluster.origin.clearLog();
    pieces.push(await copy(cluster, url, { folder, expected }));
    const sent = await cluster.origin.bytesSent();
    assert.ok(sent < fileBytes / 50, `the origin sent ${formatBytes(sent)}: not all came from peers`);
  }
  return figuresOf({ pumped, pieces }, size);
}

/** Copies by dfget, cold: what a child spends is its daemon's, for dfget itself links what the daemon has. */
async function copy(
  cluster: Cluster,
  url: string,
  { folder, expected }: { folder: string; expected: string },
): Promise<Round> {
  const { hosts, peers } = cluster;
  for (const child of peers) await forgetTasks(child.socketPath);
  const target = (host: ClusterHost) => join(folder, host.name);
  const before = cpuSeconds(hosts);
  const begin = performance.now();
  await Promise.all(
    peers.map((child) =>
      child.ask("dfget", [url, "-O", target(child), "--no-progress", "--force-hard-link"], COPY_MS),
    ),
  );
  const round = {
    seconds: (performance.now() - begin) / 1000,
    cpuSeconds: cpuSeconds(hosts) - before,
  };
  for (const child of peers) {
    assert.equal(await sha256(target(child)), expected, `what ${child.name} got`);
    await rm(target(child));
  }
  return round;
}

function cpuSeconds(hosts: readonly ClusterHost[]): number {
  return hosts.reduce((sum, host) => sum + host.cpuSeconds(), 0);
}

async function pump(scope: Scope, cluster: Cluster, file: string, folder: string): Promise<Round> {
  const program = join(projectRoot(), "dist/scripts/bench/socket-pump.js");
  const words = (...args: string[]) => [process.execPath, program, ...args];
  const { address } = cluster.host("seed");
  const server = start(scope, words("serve", file, address), { netns: cluster.netns("seed") });
  const port = await server.line();
  const begin = performance.now();
  const spent = await Promise.all(
    cluster.peers.map(async ({ name }) => {
      const target = join(folder, `${name}-pumped`);
      const client = start(scope, words("fetch", target, address, port), { netns: cluster.netns(name) });
      const said = await client.line(COPY_MS);
      await client.ended;
      return said;
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  const [last = ""] = await server.finish();
  for (const { name } of cluster.peers) await rm(join(folder, `${name}-pumped`));
  const cpu = [...spent, last].map((line) => Number(/^cpu ([\d.]+)$/.exec(line)?.[1]));
  return { seconds, cpuSeconds: cpu.reduce((sum, one) => sum + one, 0) };
}

function figuresOf(
  { pumped, pieces }: { pumped: readonly Round[]; pieces: readonly Round[] },
  { children, fileBytes, rounds }: PieceSpeedSize,
): Figures {
  const gib = (children * fileBytes) / GIB;
  const ratio = (of: (round: Round) => number) =>
    pieces.map((round, n) => of(round) / of(pumped[n] ?? round));
  const line = (rounds: readonly Round[]) =>
    `${((gib * 1024) / median(rounds.map(({ seconds }) => seconds))).toFixed(0)} MiB/s, ${(median(rounds.map(({ cpuSeconds }) => cpuSeconds)) / gib).toFixed(2)} CPU s/GiB`;
  return {
    file: `${formatBytes(fileBytes)} to ${children} ${children === 1 ? "child" : "children"}, ${rounds} rounds`,
    "socket pump": line(pumped),
    "pieces of daemons": line(pieces),
    "throughput, of the pump's": spread(ratio(({ seconds }) => 1 / seconds)),
    "processor time, of the pump's": spread(ratio(({ cpuSeconds }) => cpuSeconds)),
  };
}
