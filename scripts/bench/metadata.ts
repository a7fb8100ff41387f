/**
 * Names and attributes of a large prefix of an object store, through both bindings of one daemon: a listing with
 * attributes that the kernel knows nothing of yet, and names that are not there. The daemon knows the listing; what is
 * measured is how an answer gets from there to a program.
 */
import { join } from "node:path";
import { fixedContent } from "../../test/origin/content.ts";
import { type DaemonProcess, prepareDaemon } from "../../test/system/daemon.ts";
import { output } from "../../test/system/processes.ts";
import type { Scope } from "../../test/system/scope.ts";
import { startStore } from "../../test/system/shows/object-store.ts";
import type { Report } from "./report.ts";
import { Series } from "./series.ts";
import { timed } from "./timed.ts";

export interface MetadataOptions {
  readonly fileCount: number;
  readonly rounds: number;
}

const BINDINGS = ["native", "fuse-native"] as const;
const CLIENTS = 4;
/** Names that each client looks for in one round; none twice, as the kernel remembers absent ones. */
const ABSENT_NAMES = 5_000;

/** Seconds of reading the folder and asking for the attributes of each name. */
const LISTED = `
import os, sys, time
folder = sys.argv[1]
begin = time.perf_counter()
descriptor = os.open(folder, os.O_RDONLY)
names = os.listdir(descriptor)
for name in names:
    os.stat(name, dir_fd=descriptor, follow_symlinks=False)
print(time.perf_counter() - begin, len(names))
`;

/** Absent names a second, of several clients at once. */
const ABSENT = `
import os, sys, time
folder, clients, count, mark = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
waiting, go = os.pipe()
answers, told = os.pipe()
os.listdir(folder)
for client in range(clients):
    if os.fork() == 0:
        os.close(go)
        descriptor = os.open(folder, os.O_RDONLY)
        os.write(told, b"r")
        os.read(waiting, 1)
        for n in range(count):
            try:
                os.stat(f"absent-{mark}-{client}-{n}", dir_fd=descriptor)
                os.write(told, b"x")
            except FileNotFoundError:
                pass
        os.write(told, b"d")
        os._exit(0)
for _ in range(clients):
    os.read(answers, 1)
begin = time.perf_counter()
os.close(go)
seen = b"".join(os.read(answers, 1) for _ in range(clients))
assert seen == b"d" * clients, seen
print(clients * count / (time.perf_counter() - begin))
`;

interface Mount {
  readonly binding: (typeof BINDINGS)[number];
  readonly daemon: DaemonProcess;
  readonly folder: string;
}

/** A daemon with its own mount, and a store of its own, that knows the listing for as long as this takes. */
async function mountBucket(scope: Scope, binding: Mount["binding"], fileCount: number): Promise<Mount> {
  const { server, config } = await startStore(scope, "s3");
  for (let n = 0; n < fileCount; n++)
    server.objects.put("data", `set/shard-${String(n).padStart(6, "0")}.bin`, fixedContent(`shard ${n}\n`));
  const mount = { ...config.mount, attributeTimeout: "1h" };
  const daemon = await prepareDaemon(scope, { config: { ...config, mount } });
  await daemon.start();
  await daemon.mount("--binding", binding);
  return { binding, daemon, folder: join(daemon.mountpoint, "s3/data/set") };
}

/** Mounts anew: the daemon keeps what it knows, and this kernel mount knows nothing. */
async function remount({ daemon, binding, folder }: Mount): Promise<void> {
  await daemon.unmount();
  await daemon.mount("--binding", binding);
  // The way to the folder is no part of it.
  await output(["stat", folder]);
}

async function measure(mount: Mount, round: number, series: Series): Promise<void> {
  const { binding, folder } = mount;
  await remount(mount);
  const [seconds, count] = (await output(["python3", "-c", LISTED, folder])).split(" ").map(Number);
  series.add(`${binding} readdir + lstat, seconds`, seconds ?? Number.NaN);
  series.add("names", count ?? Number.NaN);
  await remount(mount);
  series.add(`${binding} ls -l, seconds`, (await timed(["ls", "-l", folder], undefined)).seconds);
  const words = ["python3", "-c", ABSENT, folder, CLIENTS, ABSENT_NAMES, round].map(String);
  series.add(`${binding} absent names, thousands a second`, Number(await output(words)) / 1000);
}

/** Runs it and prints its table. */
export async function metadata(scope: Scope, report: Report, options: MetadataOptions): Promise<void> {
  const mounts: Mount[] = [];
  for (const binding of BINDINGS) mounts.push(await mountBucket(scope, binding, options.fileCount));
  // They ask the store, and run code that was not compiled yet.
  const first = new Series();
  for (const mount of mounts) await measure(mount, -1, first);
  const series = new Series();
  for (let round = 0; round < options.rounds; round++)
    for (const mount of round % 2 === 0 ? mounts : mounts.toReversed()) await measure(mount, round, series);
  report.say(
    `${options.fileCount} names, known to the daemon and not to the kernel, ${options.rounds} rounds, interleaved; median [least..most]`,
  );
  const row = (what: string, digits: number, better: "less" | "more") => {
    const [native, other] = BINDINGS.map((binding) => `${binding} ${what}`);
    const [one, two] = better === "more" ? [native, other] : [other, native];
    return [
      what,
      ...[native, other].map((key) => series.spread(key ?? "", digits)),
      series.spreadOfRatios(one ?? "", two ?? ""),
    ];
  };
  report.table(
    ["", ...BINDINGS, "ratio"],
    [
      row("readdir + lstat, seconds", 3, "less"),
      row("ls -l, seconds", 3, "less"),
      row("absent names, thousands a second", 1, "more"),
    ],
  );
  for (const binding of BINDINGS) {
    const [listed, ls] = ["readdir + lstat, seconds", "ls -l, seconds"].map((what) => `${binding} ${what}`);
    const inOrder = series.of(listed ?? "").map((seconds) => seconds.toFixed(3));
    report.say(`  ${binding} readdir + lstat in order: ${inOrder.join(" ")}`);
    report.say(
      `    before them: ${first.spread(listed ?? "", 3)} while the daemon asked the store, then ls -l: ${first.spread(ls ?? "", 3)}`,
    );
  }
  report.say(
    `  ${CLIENTS} clients look for absent names; each listing had ${series.spread("names", 0)} names`,
  );
  report.say();
}
