/** Hosts that look into files: each block leaves the source once for all of them, and what is looked into is soon let go of. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { BLOCK_BYTES, SAMPLED_PIECES_MAX, SWARM_BYTES_MIN } from "../../../base/limits.ts";
import { pieceLengthFor } from "../../../daemon/task/piece-length.ts";
import { randomContent } from "../../origin/content.ts";
import { type Cluster, type ClusterHost, clusterUp, PIECE_PORT, UPLOAD_PORT } from "../cluster.ts";
import { readerWords, until } from "../daemon.ts";
import { output, start } from "../processes.ts";
import type { Scope } from "../scope.ts";
import { type Figures, formatBytes, formatMs, MIB, median } from "./figures.ts";
import { patch } from "./origin-files.ts";

/** A file's length is asked for with a GET of one byte, which the log counts too; some are asked twice. */
const STAT_BYTES_MAX = 16;
/** Headers of TCP, HTTP and gRPC, and what hosts tell each other of themselves: part of what is counted on a link. */
const HEADERS_PART = 0.05;
/** Whence bytes of files come to a host: the origin, and what other hosts serve. */
const PORTS = [80, UPLOAD_PORT, PIECE_PORT];
/** Time between two looks at a file, ms. */
const LOOK_MS = 500;

/** Reads the first 8 bytes of each file, as a loader looks for the length of a header. */
function firstBytes(paths: readonly string[]): Promise<string> {
  const script = 'for path; do head -c 8 -- "$path" | sha256sum; done';
  return output(["bash", "-c", script, "bash", ...paths]);
}

/** Bytes that came to a host from these ports, with their headers. */
async function receivedBytes(cluster: Cluster, host: string, ports: readonly number[]): Promise<number> {
  const traffic = await cluster.traffic();
  return traffic
    .filter(({ to, port }) => to === host && ports.includes(port))
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

export interface HeadersOnHostsSize {
  readonly hosts: number;
  readonly fileCount: number;
  /** Length of each file; they are sparse. */
  readonly fileBytes: number;
}

export async function showHeadersOnHosts(scope: Scope, size: HeadersOnHostsSize): Promise<Figures> {
  const cluster = await clusterUp(scope, { peers: size.hosts });
  const { origin, peers } = cluster;
  const files: string[] = [];
  for (let n = 0; n < size.fileCount; n++) {
    const path = await origin.writeSparse(`model-${n}.safetensors`, size.fileBytes);
    await patch(path, 0, randomContent(8, n).read(0, 8));
    files.push(path);
  }
  await seedsKnown(cluster);
  const before = new Map<string, number>();
  for (const { name } of peers) before.set(name, await receivedBytes(cluster, name, PORTS));
  const expected = await firstBytes(files);
  const begin = performance.now();
  const read = await Promise.all(
    peers.map((host) => firstBytes(files.map((path) => host.path(origin.url(basename(path)))))),
  );
  const durationMs = performance.now() - begin;
  for (const one of read) assert.equal(one, expected, "the first 8 bytes");
  const sent = await origin.bytesSent();
  const asked = (size.hosts + 1) * STAT_BYTES_MAX;
  assert.ok(sent <= size.fileCount * (BLOCK_BYTES + asked), `the origin sent ${formatBytes(sent)}`);
  const figures: Record<string, string> = {};
  for (const { name } of peers) {
    const came = (await receivedBytes(cluster, name, PORTS)) - (before.get(name) ?? 0);
    assert.ok(
      came <= size.fileCount * BLOCK_BYTES * (1 + HEADERS_PART),
      `${name} received ${formatBytes(came)}`,
    );
    figures[name] = `received ${formatBytes(came)}, headers included`;
  }
  return {
    files: `${size.fileCount} x ${formatBytes(size.fileBytes)}, 8 bytes of each on ${size.hosts} hosts at once, in ${formatMs(durationMs)}`,
    "origin sent": `${formatBytes(sent)}, ${(sent / BLOCK_BYTES).toFixed(2)} blocks`,
    ...figures,
  };
}

/** Hosts learn who the seeds are when they first have use for one. */
async function seedsKnown({ origin, peers }: Cluster): Promise<void> {
  for (const host of peers) {
    let looks = 0;
    await until(`${host.name}'s word of the seed`, async () => {
      if (host.log.includes("seeds-known")) return true;
      const name = `look-${host.name}-${looks++}.bin`;
      await origin.writeSparse(name, SWARM_BYTES_MIN + MIB);
      await firstBytes([host.path(origin.url(name))]);
      await delay(LOOK_MS);
      return false;
    });
  }
  await origin.clearLog();
}

/** A reader near the end of a file whose seed has just begun with it, in turn with plain GETs of as much by the same host. */
export async function showFarReader(
  scope: Scope,
  size: { readonly fileBytes: number; readonly rate: string; readonly reads: number },
): Promise<Figures> {
  const { fileBytes, rate, reads } = size;
  // The way to the source is what is narrow, as it mostly is.
  const cluster = await clusterUp(scope, { peers: 2, rate: { origin: rate } });
  const [streaming, far] = cluster.peers;
  assert.ok(streaming !== undefined && far !== undefined);
  const { origin } = cluster;
  const file = await origin.writeSparse("huge.bin", fileBytes);
  await origin.writeSparse("raw.bin", fileBytes);
  const offsets = Array.from({ length: reads }, (_, n) => Math.floor((fileBytes * (90 + n)) / 100));
  for (const [n, offset] of offsets.entries()) await patch(file, offset, randomContent(8, n).read(0, 8));
  await seedsKnown(cluster);
  const url = origin.url("huge.bin");
  start(scope, ["cat", streaming.path(url)]).child.stdout?.resume();
  await until("5 % at the seed", async () => (await receivedBytes(cluster, "seed", [80])) >= fileBytes / 20);
  const reader = start(scope, readerWords("steps", far.path(url)));
  const plain = start(scope, readerWords("raw-gets", origin.url("raw.bin")), { netns: far.netns });
  await reader.ask("open");
  const times = { read: [] as number[], raw: [] as number[] };
  for (const [n, offset] of offsets.entries()) {
    const [ms, digest] = (await reader.ask(`read ${offset} 8`)).split(" ");
    times.read.push(Number(ms));
    assert.equal(digest, digestOf(randomContent(8, n).read(0, 8)), `the bytes at ${offset}`);
    times.raw.push(
      Number((await plain.ask(`${offset - (offset % BLOCK_BYTES)} ${BLOCK_BYTES}`)).split(" ")[0]),
    );
  }
  const seeded = await receivedBytes(cluster, "seed", [80]);
  const ratio = median(times.read) / median(times.raw);
  const first = (times.read[0] ?? 0) / (times.raw[0] ?? 1);
  const figures = {
    file: `${formatBytes(fileBytes)}, the source behind ${rate}, the seed at 5 % when the reading began, at ${((100 * seeded) / fileBytes).toFixed(0)} % after`,
    "reads at 90 % and on": `${times.read.map((ms) => ms.toFixed(0)).join(" ")} ms; first ${formatMs(times.read[0] ?? 0)}, median ${formatMs(median(times.read))}`,
    "plain GETs of 1 MiB": `first ${formatMs(times.raw[0] ?? 0)}, median ${formatMs(median(times.raw))}`,
    ratio: `first ${first.toFixed(2)}, median ${ratio.toFixed(2)}`,
  };
  // At the later ones the seed stands elsewhere.
  assert.ok(first <= 2, JSON.stringify(figures));
  return figures;
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

interface Held {
  readonly descriptors: number;
  readonly sockets: number;
  readonly connections: number;
  readonly residentBytes: number;
}

async function heldBy(host: ClusterHost): Promise<Held> {
  const { all, sockets } = host.descriptors();
  return {
    descriptors: all,
    sockets,
    connections: await establishedIn(host.pid),
    residentBytes: host.residentBytes(),
  };
}

/** TCP connections of a process's namespace that stand, by the kernel's table. */
async function establishedIn(pid: number): Promise<number> {
  const table = await readFile(`/proc/${pid}/net/tcp`, "utf8");
  return table.split("\n").filter((line) => line.trim().split(/\s+/)[3] === "01").length;
}

export interface LeftFilesSize {
  readonly fileCount: number;
  /** How long after the last read it is looked again, ms. */
  readonly restMs: number;
}

/** Every tenth file is read so far that its host registers for it, then all are left. */
export async function showLeftFiles(scope: Scope, { fileCount, restMs }: LeftFilesSize): Promise<Figures> {
  const cluster = await clusterUp(scope, { peers: 1 });
  const [host] = cluster.peers;
  assert.ok(host !== undefined);
  const fileBytes = 64 * MIB;
  const { origin } = cluster;
  for (let n = 0; n < fileCount + WARM_UP_FILES; n++) await origin.writeSparse(`f-${n}.bin`, fileBytes);
  await seedsKnown(cluster);
  const pathOf = (n: number) => host.path(origin.url(`f-${n}.bin`));
  await sample(
    Array.from({ length: WARM_UP_FILES }, (_, n) => pathOf(fileCount + n)),
    fileBytes,
  );
  await delay(REST_BEFORE_MS);
  const before = await heldBy(host);
  const seedBefore = await heldBy(cluster.host("seed"));
  const begin = performance.now();
  await sample(
    Array.from({ length: fileCount }, (_, n) => pathOf(n)),
    fileBytes,
  );
  const durationMs = performance.now() - begin;
  const during = await heldBy(host);
  await delay(restMs);
  const after = await heldBy(host);
  const seedAfter = await heldBy(cluster.host("seed"));
  const kept = { peer: [before, after], seed: [seedBefore, seedAfter] } as const;
  for (const [who, [first, last]] of Object.entries(kept)) {
    assert.ok(last.descriptors <= first.descriptors + SPARE, `${who}: ${toldOf(last)}, was ${toldOf(first)}`);
    assert.ok(last.connections <= first.connections + SPARE, `${who}: ${toldOf(last)}, was ${toldOf(first)}`);
    const grown = last.residentBytes - first.residentBytes;
    assert.ok(grown <= MEMORY_SPARE_BYTES, `${who}: ${toldOf(last)}, was ${toldOf(first)}`);
  }
  return {
    files: `${fileCount} x ${formatBytes(fileBytes)} in ${formatMs(durationMs)}, 8 bytes of each, of every tenth ${SAMPLED_PIECES_MAX + 2} pieces`,
    before: toldOf(before),
    "right after": toldOf(during),
    [`${formatMs(restMs)} later`]: toldOf(after),
    "the seed": `${toldOf(seedBefore)}; ${toldOf(seedAfter)}`,
  };
}

const WARM_UP_FILES = 50;
const REST_BEFORE_MS = 5_000;
/** Descriptors and connections that may be there by chance: a look at a scheduler, a file of the database. */
const SPARE = 6;
/** What the heap keeps for the next burst, and a thousand tasks' records. */
const MEMORY_SPARE_BYTES = 48 * MIB;

function toldOf({ descriptors, sockets, connections, residentBytes }: Held): string {
  return `${descriptors} descriptors, ${sockets} sockets, ${connections} connections, ${formatBytes(residentBytes)} resident`;
}

async function sample(paths: readonly string[], fileBytes: number): Promise<void> {
  const pieceBytes = pieceLengthFor(fileBytes);
  for (const [n, path] of paths.entries()) {
    const file = await open(path);
    const pieces = n % 10 === 0 ? SAMPLED_PIECES_MAX + 2 : 1;
    for (let piece = 0; piece < pieces; piece++) await file.read(Buffer.alloc(8), 0, 8, piece * pieceBytes);
    await file.close();
  }
}
