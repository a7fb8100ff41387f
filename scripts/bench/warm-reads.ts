/**
 * Reads of files that are complete, through each way the mount can answer them: what the mount itself costs. No daemon
 * and no origin; the content lies in a process that serves it from local files. Where the kernel reads the content file
 * itself (passthrough), beside the same reads of that very file; without, beside fuse-native.
 */
import { type Served, serveMount } from "../../test/mount/served.ts";
import { output } from "../../test/system/processes.ts";
import type { Scope } from "../../test/system/scope.ts";
import { formatBytes, GIB, MIB } from "../../test/system/shows/figures.ts";
import { dropPages, type HeldPages, holdPages, READERS, touchMemory } from "./file-readers.ts";
import type { Report } from "./report.ts";
import { Series } from "./series.ts";

export interface WarmReadsOptions {
  readonly fileBytes: number;
  readonly rounds: number;
}

const NAME = "model.bin";
const SEED = 1;
const TIMEOUTS = { attributesMs: 60_000, absentMs: 1_000 };
/** What is touched before a read beyond the file's own bytes: the reader and the kernel need some too. */
const SPARE_BYTES = 256 * MIB;

type ServeOptions = Omit<Parameters<typeof serveMount>[1], "directory">;

/** Mounts a complete file. */
async function serveFile(scope: Scope, options: ServeOptions, fileBytes: number): Promise<Served> {
  const served = await serveMount(scope, options);
  await served.tell("addFile", NAME, fileBytes, SEED, { arrival: "present" });
  // Nothing is left to be written while something is measured.
  await output(["sync"], { timeoutMs: 600_000 });
  return served;
}

interface Reads {
  readonly native: number;
  readonly requested: number;
}

const NO_READS: Reads = { native: 0, requested: 0 };

const sum = (one: Reads, other: Reads): Reads => ({
  native: one.native + other.native,
  requested: one.requested + other.requested,
});

/** READs that came from the kernel while the work ran. */
async function readsDuring(served: Served, work: () => Promise<unknown>): Promise<Reads> {
  const before = (await served.tell("channel")).counters;
  await work();
  const after = (await served.tell("channel")).counters;
  return {
    native: after.nativeReads - before.nativeReads,
    requested: after.requestedReads - before.requestedReads,
  };
}

/** The kernel reads the content file: the mount beside that file, whose pages they share. */
async function passthrough(scope: Scope, report: Report, options: WarmReadsOptions): Promise<void> {
  const { fileBytes, rounds } = options;
  const served = await serveFile(scope, { binding: "native", native: TIMEOUTS }, fileBytes);
  const content = await served.tell("contentPath", NAME);
  const paths: Readonly<Record<string, string>> = { mount: served.path(NAME), "content file": content };
  const speeds = new Series();
  const reads = await readsDuring(served, async () => {
    for (const [reader, seconds] of Object.entries(READERS)) {
      // All of it is in the page cache from here on, and the programs too.
      for (const path of Object.values(paths)) await seconds(path);
      for (let round = 0; round < rounds; round++) {
        const order = Object.entries(paths);
        if (round % 2 === 1) order.reverse();
        for (const [place, path] of order)
          speeds.add(`${place} ${reader}`, fileBytes / GIB / (await seconds(path)));
      }
    }
  });
  report.say(
    `passthrough: complete file of ${formatBytes(fileBytes)}, ${rounds} rounds, interleaved; GiB/s, median [least..most]`,
  );
  const rows = Object.keys(READERS).map((reader) => [
    reader,
    speeds.spread(`mount ${reader}`),
    speeds.spread(`content file ${reader}`),
    speeds.spreadOfRatios(`mount ${reader}`, `content file ${reader}`),
  ]);
  report.table(["", "through the mount", "its content file", "ratio"], rows);
  report.say(`  READs in all: ${reads.native} answered by threads, ${reads.requested} by JavaScript`);
  report.say();
}

/** The daemon answers: the native binding beside fuse-native, into an empty page cache and once more from a full one. */
async function throughDaemon(scope: Scope, report: Report, options: WarmReadsOptions): Promise<void> {
  const { fileBytes, rounds } = options;
  const native = { ...TIMEOUTS, refused: ["PASSTHROUGH" as const] };
  const nativeServed = await serveFile(scope, { binding: "native", native }, fileBytes);
  const fuseNativeServed = await serveFile(scope, { binding: "fuse-native" }, fileBytes);
  const places = { native: nativeServed, "fuse-native": fuseNativeServed };
  const speeds = new Series();
  const reads = { first: NO_READS, again: NO_READS };
  const holds: HeldPages[] = [];
  for (const [reader, seconds] of Object.entries(READERS)) {
    for (let round = 0; round < rounds; round++) {
      const order = Object.entries(places);
      if (round % 2 === 1) order.reverse();
      for (const [place, served] of order) {
        const path = served.path(NAME);
        await dropPages(path);
        await touchMemory(fileBytes + SPARE_BYTES);
        const read = async (time: "first" | "again") =>
          speeds.add(`${place} ${reader}, ${time}`, fileBytes / GIB / (await seconds(path)));
        if (served !== nativeServed) {
          await read("first");
          await read("again");
          continue;
        }
        reads.first = sum(reads.first, await readsDuring(served, () => read("first")));
        const held = await holdPages(scope, path);
        reads.again = sum(reads.again, await readsDuring(served, () => read("again")));
        await held.release();
        holds.push(held);
      }
    }
  }
  report.say(
    `no passthrough: complete file of ${formatBytes(fileBytes)}, ${rounds} rounds, interleaved; GiB/s, median [least..most]`,
  );
  const columns = Object.keys(READERS).flatMap((reader) => [`${reader}, first`, `${reader}, again`]);
  report.table(
    ["", "native", "fuse-native", "ratio"],
    columns.map((column) => [
      column,
      speeds.spread(`native ${column}`),
      speeds.spread(`fuse-native ${column}`),
      speeds.spreadOfRatios(`native ${column}`, `fuse-native ${column}`),
    ]),
  );
  for (const [time, { native, requested }] of Object.entries(reads))
    report.say(`  native, ${time}: READs answered by threads ${native}, by JavaScript ${requested}`);
  const gone = holds.reduce((count, held) => count + held.gone, 0);
  const notHeld = holds.find((held) => held.notHeld !== undefined)?.notHeld;
  const kept = notHeld === undefined ? "were brought back, and kept" : `could not be kept (${notHeld})`;
  report.say(
    `  ${gone} pages that the machine had taken back between the two ${kept}, before the second began`,
  );
  report.say();
}

/** Runs it and prints its tables. */
export async function warmReads(scope: Scope, report: Report, options: WarmReadsOptions): Promise<void> {
  await report.needDisk(2 * options.fileBytes + GIB);
  for (const part of [passthrough, throughDaemon]) {
    const inner = scope.inner();
    try {
      await part(inner, report, options);
    } finally {
      await inner.close();
    }
  }
}
