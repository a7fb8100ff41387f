/**
 * Reads of files that are complete, through each way the mount can answer them, beside the same reads of a local file:
 * what the mount itself costs. No daemon and no origin; the content lies in a process that serves it from local files.
 */
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Served, serveMount } from "../../test/mount/served.ts";
import { output } from "../../test/system/processes.ts";
import type { Scope } from "../../test/system/scope.ts";
import { formatBytes, GIB, MIB, median } from "../../test/system/shows/figures.ts";
import type { Report } from "./report.ts";
import { spread } from "./samples.ts";

export interface WarmReadsOptions {
  readonly fileBytes: number;
  readonly rounds: number;
}

/** A place to read from. `file` gives one that was not read there before. */
interface Place {
  readonly name: string;
  file(round: number): Promise<string>;
  readonly served?: Served;
}

/** Programs that read all of a file and print how long it took, seconds. */
const READERS: Readonly<Record<string, string>> = {
  "dd bs=1M":
    "import os,sys,time\nb = bytearray(1 << 20)\nf = open(sys.argv[1], 'rb', buffering=0)\nt = time.time()\nwhile f.readinto(b): pass\nprint(time.time() - t)",
  // One byte of each page: what the faults cost.
  "mmap, each page":
    "import mmap,sys,time\nf = open(sys.argv[1], 'rb')\nt = time.time()\nm = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)\nlen(m[::4096])\nprint(time.time() - t)",
};

const SEED = 1;
/** What a new file leaves to be done in the background, as freeing the one before, is done by then, ms. */
const SETTLE_MS = 1_000;

async function localPlace(scope: Scope, fileBytes: number): Promise<Place> {
  const folder = await scope.folder("p2pfs-bench-");
  const file = async (round: number) => {
    const path = join(folder, `round-${round}`);
    const written = await open(path, "w");
    const block = Buffer.alloc(MIB, 7);
    for (let at = 0; at < fileBytes; at += MIB)
      await written.write(block, 0, Math.min(MIB, fileBytes - at), at);
    await written.close();
    await rm(join(folder, `round-${round - 1}`), { force: true });
    return path;
  };
  return { name: "local file", file };
}

async function mountPlace(
  scope: Scope,
  name: string,
  options: Omit<Parameters<typeof serveMount>[1], "directory">,
  fileBytes: number,
): Promise<Place> {
  const served = await serveMount(scope, options);
  const file = async (round: number) => {
    const path = `round-${round}`;
    await served.tell("addFile", path, fileBytes, SEED, { arrival: "present" });
    // What the last round read is in nobody's way.
    if (round > 0) await served.tell("remove", `round-${round - 1}`);
    return served.path(path);
  };
  return { name, file, served };
}

async function places(scope: Scope, fileBytes: number): Promise<Place[]> {
  const native = { attributesMs: 60_000, absentMs: 1_000 };
  return [
    await localPlace(scope, fileBytes),
    await mountPlace(scope, "native, passthrough", { binding: "native", native }, fileBytes),
    await mountPlace(
      scope,
      "native, no passthrough",
      { binding: "native", native: { ...native, refused: ["PASSTHROUGH"] } },
      fileBytes,
    ),
    await mountPlace(scope, "fuse-native", { binding: "fuse-native" }, fileBytes),
  ];
}

/** GiB/s of each reader's first and second time, by place and round. */
async function readRounds(all: readonly Place[], options: WarmReadsOptions, report: Report) {
  const speeds = new Map<string, number[]>();
  for (const [reader, script] of Object.entries(READERS)) {
    for (let round = 0; round < options.rounds; round++) {
      for (let n = 0; n < all.length; n++) {
        const place = all[(n + round) % all.length];
        if (place === undefined) continue;
        const path = await place.file(round);
        await delay(SETTLE_MS);
        for (const time of ["first", "again"]) {
          const seconds = Number(await output(["python3", "-c", script, path]));
          const key = `${place.name}|${reader}, ${time}`;
          speeds.set(key, [...(speeds.get(key) ?? []), options.fileBytes / GIB / seconds]);
        }
      }
    }
    // The second reader begins anew.
    for (const { served } of all) await served?.tell("remove", `round-${options.rounds - 1}`);
    report.say(`  ${reader}: done`);
  }
  return speeds;
}

/** Runs it and prints its table. */
export async function warmReads(scope: Scope, report: Report, options: WarmReadsOptions): Promise<void> {
  await report.needDisk(5 * options.fileBytes + GIB);
  const all = await places(scope, options.fileBytes);
  const speeds = await readRounds(all, options, report);
  const columns = Object.keys(READERS).flatMap((reader) => [`${reader}, first`, `${reader}, again`]);
  const of = (place: Place, column: string) => speeds.get(`${place.name}|${column}`) ?? [];
  const [local] = all;
  if (local === undefined) return;
  const rows = all.map((place) => [
    place.name,
    ...columns.map((column) => {
      const ratio = median(of(place, column)) / median(of(local, column));
      return `${spread(of(place, column))} (${ratio.toFixed(2)}x)`;
    }),
  ]);
  report.say(
    `complete file of ${formatBytes(options.fileBytes)}, ${options.rounds} rounds, interleaved; GiB/s, median [least..most], ratio to the local file`,
  );
  report.table(["", ...columns], rows);
  for (const { name, served } of all.filter((place) => place.name.startsWith("native"))) {
    const told = await served?.tell("channel");
    if (told === undefined) continue;
    const { nativeReads, requestedReads } = told.counters;
    report.say(`  ${name}: ${nativeReads} READs answered by threads, ${requestedReads} by JavaScript`);
  }
  report.say();
}
