/** The shows of test/system at full size, each with its figures: the same code as the tests, which run them small. */

import { BAD_WAYS } from "../../test/system/bad-parent-ways.ts";
import type { Scope } from "../../test/system/scope.ts";
import { showBadParents } from "../../test/system/shows/bad-parents.ts";
import { showBigFiles } from "../../test/system/shows/big-files.ts";
import { showHeaders, showRandomReads } from "../../test/system/shows/cold-reads.ts";
import { showCrashes } from "../../test/system/shows/crash.ts";
import { type Figures, GIB, MIB } from "../../test/system/shows/figures.ts";
import { showFarReader, showHeadersOnHosts, showLeftFiles } from "../../test/system/shows/hosts-sample.ts";
import { showInterleaved } from "../../test/system/shows/interleaved.ts";
import { showKilledDaemon } from "../../test/system/shows/killed-daemon.ts";
import { showBucketListing, showIndexTree } from "../../test/system/shows/listings.ts";
import { showKeyBesidePrefix, showLyingFolders, showSignedUrl } from "../../test/system/shows/names.ts";
import { OUTAGES } from "../../test/system/shows/outages.ts";
import { showOwnMount } from "../../test/system/shows/own-mount.ts";
import { showCrowd, showRoom } from "../../test/system/shows/room.ts";
import { showScanners } from "../../test/system/shows/scanners.ts";
import { showSchedulerGone } from "../../test/system/shows/scheduler-gone.ts";
import { showKilledHosts, showSwarm } from "../../test/system/shows/swarm.ts";
import { showOriginDown, showReadersAgree, showRewrite } from "../../test/system/shows/versions.ts";
import { linkUp } from "./lab.ts";
import { pieceSpeed } from "./piece-speed.ts";
import type { SwarmShape } from "./real-swarm.ts";
import type { Report } from "./report.ts";
import { showSimulated } from "./simulated.ts";

interface Show {
  readonly name: string;
  /** Disk it takes for a moment at most, bytes. */
  readonly diskBytes: number;
  run(scope: Scope): Promise<Figures>;
}

const KEYS = 10_000;

/** 200 random reads of a huge file over a link of 1 Gb/s whose round trip is 20 ms. */
async function randomReadsOverLink(scope: Scope): Promise<Figures> {
  const link = await linkUp(scope, { rate: "1gbit", delay: "10ms" });
  return showRandomReads(scope, { fileBytes: 32 * GIB, readCount: 200, link });
}

/** Six hosts' links spread tenfold, evenly over the logarithm, slow enough that the machine's processors are not what limits. */
const SPREAD: SwarmShape = {
  rates: [30, 48, 75, 119, 189, 300],
  seedRate: 100,
  originRate: 100,
  told: false,
  fileBytes: 256 * MIB,
};

/** Real daemons beside the simulation of them. */
const SIMULATED: Readonly<Record<string, SwarmShape>> = {
  simulated: SPREAD,
  "simulated-told": { ...SPREAD, told: true },
  "simulated-equal": { ...SPREAD, rates: Array(6).fill(100) },
  "simulated-equal-told": { ...SPREAD, rates: Array(6).fill(100), told: true },
  // Whoever is first gets it for all; the scheduler takes whom chance brings.
  "simulated-no-seed": { ...SPREAD, seedRate: undefined, first: 3 },
};

const SHOWS: readonly Show[] = [
  {
    name: "big-files",
    diskBytes: 19 * GIB,
    run: (scope) => showBigFiles(scope, { fileBytes: 2 * GIB, fileCount: 8, openCount: 200 }),
  },
  {
    name: "headers",
    diskBytes: GIB,
    run: (scope) => showHeaders(scope, { fileBytes: GIB, fileCount: 30 }),
  },
  { name: "random-reads", diskBytes: GIB, run: randomReadsOverLink },
  {
    name: "interleaved",
    diskBytes: 6 * GIB,
    run: (scope) => showInterleaved(scope, { fileBytes: 2 * GIB }),
  },
  {
    name: "readers",
    diskBytes: 4 * GIB,
    run: (scope) => showReadersAgree(scope, { fileBytes: 512 * MIB }),
  },
  { name: "rewrite", diskBytes: 2 * GIB, run: (scope) => showRewrite(scope, { fileBytes: 512 * MIB }) },
  ...OUTAGES.map(
    (outage): Show => ({
      name: outage.name.replace("origin ", "origin-").replace(" ", "-"),
      diskBytes: 2 * GIB,
      run: (scope) => showOriginDown(scope, { fileCount: 30, fileBytes: 16 * MIB }, outage),
    }),
  ),
  { name: "crash", diskBytes: 3 * GIB, run: (scope) => showCrashes(scope, { fileBytes: GIB, kills: 20 }) },
  {
    name: "killed-daemon",
    diskBytes: 11 * GIB,
    run: (scope) => showKilledDaemon(scope, { kills: 100, fileBytes: 32 * MIB }),
  },
  {
    name: "scanners",
    diskBytes: 2 * GIB,
    run: (scope) => showScanners(scope, { fileCount: 1000, fileBytes: 512 * MIB, binding: "native" }),
  },
  ...(["native", "fuse-native"] as const).map(
    (binding): Show => ({
      name: `room-${binding}`,
      diskBytes: 8 * GIB,
      run: (scope) => showRoom(scope, { fileBytes: 4 * GIB, quotaBytes: GIB, pageCount: 2_000, binding }),
    }),
  ),
  {
    name: "room-crowd",
    diskBytes: 2 * GIB,
    run: (scope) =>
      showCrowd(scope, {
        fileBytes: [8, 20, 30, 64, 64, 100].map((mib) => mib * MIB + 1001),
        quotaBytes: 48 * MIB,
        readerCount: 6,
        readsEach: 50,
        binding: "native",
      }),
  },
  {
    name: "room-headers",
    diskBytes: GIB,
    run: (scope) => showHeaders(scope, { fileBytes: 5 * GIB, fileCount: 200, diskBytesMax: 512 * MIB }),
  },
  ...(["native", "fuse-native"] as const).map(
    (binding): Show => ({
      name: `own-mount-${binding}`,
      diskBytes: 64 * MIB,
      run: (scope) => showOwnMount(scope, { binding, limitMs: 2_000 }),
    }),
  ),
  { name: "html-everywhere", diskBytes: MIB, run: (scope) => showLyingFolders(scope, "html") },
  { name: "404-everywhere", diskBytes: MIB, run: (scope) => showLyingFolders(scope, 404) },
  { name: "signed-url", diskBytes: MIB, run: showSignedUrl },
  { name: "key-beside-prefix-oss", diskBytes: MIB, run: (scope) => showKeyBesidePrefix(scope, "oss") },
  { name: "key-beside-prefix-s3", diskBytes: MIB, run: (scope) => showKeyBesidePrefix(scope, "s3") },
  {
    name: "bucket-oss",
    diskBytes: MIB,
    run: (scope) => showBucketListing(scope, "oss", { fileCount: KEYS }),
  },
  { name: "bucket-s3", diskBytes: MIB, run: (scope) => showBucketListing(scope, "s3", { fileCount: KEYS }) },
  { name: "swarm", diskBytes: 2 * GIB, run: (scope) => showSwarm(scope, { peers: 4, fileBytes: 256 * MIB }) },
  {
    name: "killed-hosts",
    diskBytes: 2 * GIB,
    run: (scope) => showKilledHosts(scope, { peers: 4, fileBytes: 256 * MIB, rate: "400mbit" }),
  },
  {
    name: "scheduler-gone",
    diskBytes: 4 * GIB,
    run: (scope) =>
      showSchedulerGone(scope, { peers: 3, fileCount: 8, fileBytes: 64 * MIB, goneMs: 300_000 }),
  },
  {
    name: "headers-on-hosts",
    diskBytes: GIB,
    run: (scope) => showHeadersOnHosts(scope, { hosts: 3, fileCount: 30, fileBytes: GIB }),
  },
  {
    name: "far-reader",
    diskBytes: 4 * GIB,
    run: (scope) => showFarReader(scope, { fileBytes: GIB, rate: "500mbit", reads: 9 }),
  },
  {
    name: "left-files",
    diskBytes: 2 * GIB,
    run: (scope) => showLeftFiles(scope, { fileCount: 1000, restMs: 120_000 }),
  },
  {
    name: "bad-parents",
    diskBytes: GIB,
    run: (scope) => showBadParents(scope, { goodCount: 3, fileBytes: 128 * MIB + 77, ways: BAD_WAYS }),
  },
  {
    name: "piece-speed",
    diskBytes: 9 * GIB,
    run: (scope) => pieceSpeed(scope, { children: 1, fileBytes: 2 * GIB, rounds: 3 }),
  },
  {
    name: "piece-speed-8",
    diskBytes: 20 * GIB,
    run: (scope) => pieceSpeed(scope, { children: 8, fileBytes: 2 * GIB, rounds: 1 }),
  },
  ...Object.entries(SIMULATED).map(
    ([name, shape]): Show => ({
      name,
      diskBytes: 3 * GIB,
      run: (scope) => showSimulated(scope, shape, 3),
    }),
  ),
  { name: "index-tree", diskBytes: MIB, run: (scope) => showIndexTree(scope, { fileCount: KEYS }) },
];

/** Names that `npm run bench -- must-show NAME…` takes. */
export const SHOW_NAMES: readonly string[] = SHOWS.map(({ name }) => name);

/** Runs the shows of these names, or all, one after the other. Resolves to whether all held. */
export async function mustShow(scope: Scope, report: Report, names: readonly string[]): Promise<boolean> {
  let held = true;
  for (const show of SHOWS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const inner = scope.inner();
    const begin = performance.now();
    try {
      await report.needDisk(show.diskBytes);
      report.figures(show.name, "holds", await show.run(inner), performance.now() - begin);
    } catch (error) {
      held = false;
      report.figures(show.name, "FAILS", { why: (error as Error).message }, performance.now() - begin);
    } finally {
      await inner.close();
    }
  }
  return held;
}
