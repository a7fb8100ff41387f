/**
 * Cold reads through the mount and copies by dfget, beside `curl -o` of the same bytes from the same server over the
 * same link, interleaved in one run. What else the daemon does meanwhile is measured with them: processor time, the
 * delay of its event loop, stat(2) by another process.
 */
import { link as hardLink, rm } from "node:fs/promises";
import { freemem } from "node:os";
import { join } from "node:path";
import { type NginxOrigin, startNginx } from "../../test/origin/nginx.ts";
import { projectRoot } from "../../test/project-root.ts";
import { commandOf, type DaemonProcess, prepareDaemon, readerWords } from "../../test/system/daemon.ts";
import { output, start } from "../../test/system/processes.ts";
import type { Scope } from "../../test/system/scope.ts";
import { formatBytes, GIB } from "../../test/system/shows/figures.ts";
import { writeLarge } from "../../test/system/shows/origin-files.ts";
import { touchMemory } from "./file-readers.ts";
import { forgetTasks } from "./forget-tasks.ts";
import { linkUp } from "./lab.ts";
import { loopDelayMs } from "./loop-delay.ts";
import type { Report } from "./report.ts";
import { type Sample, summaryRows } from "./samples.ts";
import { type Timed, timed } from "./timed.ts";

export interface SpeedOptions {
  /** tc's word for the link's rate in each direction; undefined: loopback, as fast as the machine. */
  readonly rate: string | undefined;
  readonly fileBytes: number;
  readonly rounds: number;
}

/** Time between two stat(2)s of the process that measures them, ms. */
const STAT_INTERVAL_MS = 5;
/** Length of the file that is read first and not counted, bytes: the daemon's code is compiled then. */
const WARM_UP_BYTES = 64 * 1024 * 1024;

interface Bench {
  readonly scope: Scope;
  readonly origin: NginxOrigin;
  /** One for each binding, each with its own mount. */
  readonly daemons: Readonly<Record<MountBinding, DaemonProcess>>;
  readonly file: string;
  readonly folder: string;
  readonly netns: string | undefined;
  readonly options: SpeedOptions;
}

type MountBinding = "native" | "fuse-native";

/** A way of getting the file, as the words that get it. */
interface Method {
  readonly name: string;
  /** The daemon that takes part; undefined: none does. */
  readonly daemon: MountBinding | undefined;
  /** @param daemon that daemon */
  words(bench: Bench, url: string, target: string, daemon: DaemonProcess): string[];
}

const CURL: Method = {
  name: "curl -o",
  daemon: undefined,
  words: (_bench, url, target) => ["curl", "-sS", "--fail", "-o", target, url],
};
const PUMP: Method = {
  name: "node pump",
  daemon: undefined,
  words: (_bench, url, target) => [
    process.execPath,
    join(projectRoot(), "dist/scripts/bench/pump.js"),
    url,
    target,
  ],
};
const cat = (binding: MountBinding): Method => ({
  name: `cat, ${binding}`,
  daemon: binding,
  words: (_bench, url, _target, daemon) => ["cat", daemon.path(url)],
});
const dd = (binding: MountBinding): Method => ({
  name: `dd bs=1M, ${binding}`,
  daemon: binding,
  words: (_bench, url, _target, daemon) => [
    "dd",
    `if=${daemon.path(url)}`,
    "of=/dev/null",
    "bs=1M",
    "status=none",
  ],
});
const OURS: readonly Method[] = [
  cat("native"),
  dd("native"),
  cat("fuse-native"),
  {
    name: "dfget -O",
    daemon: "native",
    words: (_bench, url, target, { workhome }) => [
      ...commandOf("dfget"),
      ...["--workhome", workhome, "--no-progress", "-O", target, url],
    ],
  },
];

/** Times of stat(2), ms, by another process while the work runs. */
async function whileStatting<T>(
  bench: Bench,
  daemon: DaemonProcess,
  work: () => Promise<T>,
): Promise<{ result: T; statMs: number[] }> {
  const known = daemon.path(bench.origin.url("known.txt"));
  const probe = start(bench.scope, readerWords("stat-probe", known, STAT_INTERVAL_MS));
  const result = await work();
  const [times = "[]"] = await probe.finish();
  return { result, statMs: JSON.parse(times) as number[] };
}

async function measure(bench: Bench, method: Method, name: string): Promise<Sample> {
  const url = bench.origin.url(name);
  const target = join(bench.folder, "target");
  // Each cold read has a name of its own for the same bytes, which the server has in its page cache.
  await hardLink(bench.file, join(bench.origin.root, name));
  // What the one before left to be written must not be written now.
  await output(["sync"], { timeoutMs: 600_000 });
  // The content file's pages and the mount's.
  await touchMemory(Math.min(2 * bench.options.fileBytes, Math.floor(freemem() / 2)));
  const get = (): Promise<Timed> =>
    timed(method.words(bench, url, target, bench.daemons[method.daemon ?? "native"]), bench.netns);
  const daemon = method.daemon && bench.daemons[method.daemon];
  try {
    if (daemon === undefined)
      return { ...(await get()), daemonCpuSeconds: 0, loopDelayMs: undefined, statMs: [] };
    const before = daemon.cpuSeconds();
    await loopDelayMs(daemon);
    const { result, statMs } = await whileStatting(bench, daemon, get);
    const daemonCpuSeconds = daemon.cpuSeconds() - before;
    return { ...result, daemonCpuSeconds, loopDelayMs: await loopDelayMs(daemon), statMs };
  } finally {
    await rm(target, { force: true });
    await rm(join(bench.origin.root, name), { force: true });
    if (daemon !== undefined) await forgetTasks(daemon.socketPath);
  }
}

async function prepare(scope: Scope, options: SpeedOptions): Promise<Bench> {
  const link = options.rate === undefined ? undefined : await linkUp(scope, { rate: options.rate });
  const origin = await startNginx({ ...(link && { netns: link.originNetns, address: link.originAddress }) });
  scope.after(() => origin.stop());
  const file = await writeLarge(origin, { name: "model.bin", bytes: options.fileBytes, seed: 1 });
  // Into the page cache, so that no disk is measured.
  await timed(["cat", file], undefined);
  await origin.write("known.txt", "known\n");
  const serve = async (binding: MountBinding) => {
    const daemon = await prepareDaemon(scope, { netns: link?.hostNetns });
    await daemon.start();
    await daemon.mount("--binding", binding);
    return daemon;
  };
  const daemons = { native: await serve("native"), "fuse-native": await serve("fuse-native") };
  const folder = await scope.folder("p2pfs-bench-");
  return { scope, origin, daemons, file, folder, netns: link?.hostNetns, options };
}

/** Every method reads something once before it counts. */
async function warmUp(bench: Bench, methods: readonly Method[]): Promise<void> {
  const small = {
    ...bench,
    file: await writeLarge(bench.origin, { name: "warm.bin", bytes: WARM_UP_BYTES, seed: 2 }),
  };
  for (const method of methods) await measure(small, method, `warm-${method.name.replace(/\W/g, "")}.bin`);
}

/** Runs one part and prints its table. */
export async function speed(scope: Scope, report: Report, options: SpeedOptions): Promise<void> {
  await report.needDisk(3 * options.fileBytes + GIB);
  const bench = await prepare(scope, options);
  const methods = options.rate === undefined ? [CURL, ...OURS, PUMP] : [CURL, ...OURS];
  await warmUp(bench, methods);
  const samples = new Map<string, Sample[]>(methods.map(({ name }) => [name, []]));
  for (let round = 0; round < options.rounds; round++) {
    // Each round begins with another method, so that none always follows the same one.
    for (let n = 0; n < methods.length; n++) {
      const method = methods[(n + round) % methods.length];
      if (method === undefined) continue;
      const name = `${method.name.replace(/\W/g, "")}-${round}.bin`;
      samples.get(method.name)?.push(await measure(bench, method, name));
    }
  }
  const where = options.rate === undefined ? "loopback, not limited" : `link of ${options.rate}`;
  report.say(
    `${where}: ${formatBytes(options.fileBytes)}, ${options.rounds} rounds, interleaved; median [least..most]`,
  );
  const { headings, rows } = summaryRows(samples, CURL.name, options.fileBytes);
  report.table(headings, rows);
  for (const [binding, daemon] of Object.entries(bench.daemons))
    report.say(`  daemon's peak of resident memory, ${binding}: ${formatBytes(daemon.peakBytes())}`);
  report.say();
}
