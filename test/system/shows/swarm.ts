/**
 * Hosts that read one cold file at the same time, each through its own mount: the origin gives it once, and whoever dies
 * meanwhile takes nothing with him. What went where is counted by the origin's log and by the kernel between the hosts.
 */
import assert from "node:assert/strict";
import { PARENT_FETCHES_MAX, PIECE_BYTES_MIN } from "../../../base/limits.ts";
import { type Cluster, type ClusterHost, clusterUp, PIECE_PORT, UPLOAD_PORT } from "../cluster.ts";
import { until } from "../daemon.ts";
import { catSha256, sha256 } from "../processes.ts";
import type { Scope } from "../scope.ts";
import { type Figures, formatBytes, formatMs } from "./figures.ts";
import { writeLarge } from "./origin-files.ts";

const NAME = "model.safetensors";
/** What the origin may send of a file that five hosts want. */
const ORIGIN_PART_MAX = 1.02;
/** Headers of TCP and of vortex, and the announcements' own bytes: part of what is counted on a link. */
const HEADERS_PART = 0.02;
const READ_MS = 300_000;

export interface SwarmSize {
  readonly peers: number;
  readonly fileBytes: number;
  /** Of every host's link, in tc's words; default: as fast as the machine. */
  readonly rate?: string;
}

interface Read {
  readonly host: ClusterHost;
  readonly digest: string;
  readonly durationMs: number;
}

async function swarmOf(scope: Scope, { peers, fileBytes, rate }: SwarmSize) {
  const cluster = await clusterUp(scope, { peers, ...(rate === undefined ? {} : { rate }) });
  const file = await writeLarge(cluster.origin, { name: NAME, bytes: fileBytes, seed: 3 });
  return { cluster, url: cluster.origin.url(NAME), expected: await sha256(file) };
}

/** Starts to read the file on a host. Killed hosts' readers fail: that is theirs to tell. */
async function read(host: ClusterHost, url: string): Promise<Read> {
  const begin = performance.now();
  const digest = await catSha256(host.path(url), { timeoutMs: READ_MS });
  return { host, digest, durationMs: performance.now() - begin };
}

/** Bytes that hosts received of a server's port, headers included. */
async function received(cluster: Cluster, port: number, host: string): Promise<number> {
  const traffic = (await cluster.traffic()).filter((each) => each.port === port && each.to === host);
  return traffic.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Where a reader's bytes came from, by the file's own attributes, which must add up. */
async function placesOf({ host }: Read, url: string, fileBytes: number): Promise<string> {
  const attributes = await host.attributes(host.path(url));
  const [peers, source] = [Number(attributes.bytes_from_peers), Number(attributes.bytes_from_source)];
  assert.equal(peers + source, fileBytes, `${host.name}: where the bytes of the file came from`);
  return `${formatBytes(peers)} of peers, ${formatBytes(source)} of the source`;
}

/** All peers read at once, the seed is sent for the file by the scheduler. */
export async function showSwarm(scope: Scope, size: SwarmSize): Promise<Figures> {
  const { cluster, url, expected } = await swarmOf(scope, size);
  const reads = await Promise.all(cluster.peers.map((host) => read(host, url)));
  const figures: Record<string, string> = {};
  for (const each of reads) {
    assert.equal(each.digest, expected, `what ${each.host.name} read`);
    figures[each.host.name] = `${formatMs(each.durationMs)}, ${await placesOf(each, url, size.fileBytes)}`;
  }
  const sent = await cluster.origin.bytesSent();
  assert.ok(
    sent <= ORIGIN_PART_MAX * size.fileBytes,
    `the origin sent ${formatBytes(sent)}: ${await takers(cluster)}`,
  );
  return {
    file: `${formatBytes(size.fileBytes)}, ${size.peers} peers and a seed`,
    "origin sent": `${formatBytes(sent)}, ${(sent / size.fileBytes).toFixed(4)} of the file`,
    ...figures,
    ...(await wireFigures(cluster, size)),
  };
}

/** Who had how much of the origin. */
async function takers(cluster: Cluster): Promise<string> {
  const sent = await Promise.all(
    cluster.hosts.map(async ({ name }) => `${name} ${formatBytes(await received(cluster, 80, name))}`),
  );
  return sent.join(", ");
}

async function wireFigures(cluster: Cluster, { fileBytes }: SwarmSize): Promise<Figures> {
  const figures: Record<string, string> = {};
  for (const { name } of cluster.peers) {
    const came = await progress(cluster, name);
    figures[`to ${name}`] = `${(came / fileBytes).toFixed(3)} of the file, headers included`;
  }
  return figures;
}

/** The seed dies when it has half of the file, a peer soon after; the others read on. */
export async function showKilledHosts(scope: Scope, size: SwarmSize): Promise<Figures> {
  const { cluster, url, expected } = await swarmOf(scope, size);
  const [dying, ...living] = cluster.peers;
  assert.ok(dying !== undefined && living.length > 0);
  const seed = cluster.host("seed");
  const lost = read(dying, url).catch(() => undefined);
  const reads = Promise.all(living.map((host) => read(host, url)));
  await until("the seed's half", async () => (await received(cluster, 80, "seed")) >= size.fileBytes / 2);
  await seed.kill();
  const reached = await progress(cluster, dying.name);
  await until(
    "the dying peer's next eighth",
    async () =>
      (await progress(cluster, dying.name)) >= Math.min(reached + size.fileBytes / 8, 0.9 * size.fileBytes),
  );
  await dying.kill();
  assert.equal(await lost, undefined, "the killed host's reader did not end before it");
  const figures: Record<string, string> = {};
  const repeatedMax = 2 * PARENT_FETCHES_MAX * PIECE_BYTES_MIN;
  for (const each of await reads) {
    const { name } = each.host;
    assert.equal(each.digest, expected, `what ${name} read`);
    const came = await progress(cluster, name);
    const beyond = came - size.fileBytes * (1 + HEADERS_PART);
    assert.ok(beyond <= repeatedMax, `${name} received ${formatBytes(came)}`);
    figures[name] =
      `${formatMs(each.durationMs)}, ${await placesOf(each, url, size.fileBytes)}, ${(came / size.fileBytes).toFixed(3)} of the file on its link`;
  }
  const sent = await cluster.origin.bytesSent();
  return {
    file: `${formatBytes(size.fileBytes)}, ${size.peers} peers and a seed; the seed killed at half, then ${dying.name}`,
    "origin sent": `${formatBytes(sent)}, ${(sent / size.fileBytes).toFixed(4)} of the file`,
    ...figures,
  };
}

/** Bytes of the file that came to a host: pieces, blocks of a seed, and what the origin sent; headers included. */
async function progress(cluster: Cluster, host: string): Promise<number> {
  const ports = [PIECE_PORT, UPLOAD_PORT, 80];
  const came = await Promise.all(ports.map((port) => received(cluster, port, host)));
  return came.reduce((sum, bytes) => sum + bytes, 0);
}
