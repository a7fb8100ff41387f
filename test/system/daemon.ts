/**
 * A real dfdaemon in a process of its own, with its own workhome and mountpoint: started, mounted, killed and started
 * again as its users would. What it leaves is always unmounted and ended, by process id.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { UnavailableError } from "../../base/errors.ts";
import { freePort } from "../origin/nginx-process.ts";
import { projectRoot } from "../project-root.ts";
import { output, type Running, type RunResult, run, start } from "./processes.ts";
import type { Scope } from "./scope.ts";

/** Longest wait for a daemon to answer, or for the traces of one to go, ms. */
const START_MS = 30_000;
/** Longest orderly end, ms; then it is killed. */
const STOP_MS = 10_000;
/** Kernel ticks a second in /proc/PID/stat: USER_HZ, 100 on every architecture Debian has. */
const TICKS_PER_SECOND = 100;
/** metrics.server.port unless the config says otherwise. */
const METRICS_PORT_DEFAULT = 4002;
const MIB = 1024 * 1024;

/** What the issue and the README promise: resident memory stays below this, bytes. */
export const RESIDENT_BYTES_MAX = 300 * MIB;

/** Sections and keys as they stand in dfdaemon.yaml. */
export type ConfigSections = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface DaemonOptions {
  /** Added to the test's own settings, section by section. */
  readonly config?: ConfigSections;
  /** Default a new one that goes with the scope. */
  readonly workhome?: string;
  readonly netns?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** The command words of one of our programs, as built. */
export function commandOf(name: "p2pfs" | "dfdaemon" | "dfget"): string[] {
  return [process.execPath, join(projectRoot(), "dist/cli", `${name}.js`)];
}

/** Reason to skip tests that mount, or false. */
export function mountMissing(): string | false {
  if (process.platform !== "linux") return "these tests read /proc and unmount as Linux does";
  return existsSync("/dev/fuse") ? false : "/dev/fuse is missing (scripts/setup.sh says how to get it)";
}

/** Whether the path is a mountpoint, by the kernel's table, without touching it. */
export function isMounted(path: string): boolean {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return lines.some((line) => line.split(" ")[4] === path);
}

/** Detaches every mount at the path, whoever serves it or not. */
export async function detach(path: string): Promise<void> {
  for (let tries = 0; tries < 4 && isMounted(path); tries++) {
    await run(process.getuid?.() === 0 ? ["umount", "-l", path] : ["fusermount", "-uz", path]);
  }
}

/** Resolves to whether something accepts connections on the socket. */
function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Whether a process has not ended; a zombie has. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    // Gone.
    return false;
  }
}

/** Process id of whoever started a process: of a daemon, its holder. */
export function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** Process id of the daemon of a workhome, by its pid file, if that process lives and is one. */
export function daemonPid(workhome: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(workhome, "dfdaemon.pid"), "utf8").trim());
    const isDaemon = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("dfdaemon");
    return isDaemon && isAlive(pid) ? pid : undefined;
  } catch {
    // No file, or no process of that number.
    return undefined;
  }
}

/** Processes that were told this workhome: its daemon, and commands that would start one. */
function processesOf(workhome: string): number[] {
  const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const ours = numbers.map(Number).filter((pid) => pid !== process.pid && isAlive(pid));
  return ours.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(workhome);
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It ended meanwhile.
    }
  }
}

/** Ends whatever serves a workhome, daemons that `p2pfs mount` or dfget started too. */
export async function endDaemon(workhome: string): Promise<void> {
  const gone = () => processesOf(workhome).length === 0;
  signal(processesOf(workhome), "SIGTERM");
  try {
    await until("the daemon's end", gone, STOP_MS);
  } catch {
    signal(processesOf(workhome), "SIGKILL");
    await until("the killed daemon's end", gone);
  }
}

/** Polls until the answer is neither undefined nor false. @throws UnavailableError when the time is over */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = START_MS,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new UnavailableError(`${what}: not within ${timeoutMs} ms`);
    await delay(20);
  }
}

/** Bytes that files below a folder take on disk. */
export async function diskBytes(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // Files come and go while a daemon works.
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined);
    sum += (found?.blocks ?? 0) * 512;
  }
  return sum;
}

async function configText(sections: ConfigSections, netns: string | undefined): Promise<string> {
  // A namespace has ports of its own; what is free here says nothing there, and nothing else is there.
  const ports =
    netns === undefined ? [await freePort("127.0.0.1"), await freePort("127.0.0.1")] : [14002, 14003];
  const own: ConfigSections = {
    metrics: { server: { ip: "127.0.0.1", port: ports[0] } },
    health: { server: { ip: "127.0.0.1", port: ports[1] } },
    log: { level: "info" },
  };
  const names = new Set([...Object.keys(own), ...Object.keys(sections)]);
  const merged = [...names].map((name) => [name, { ...own[name], ...sections[name] }]);
  return JSON.stringify(Object.fromEntries(merged), undefined, 2);
}

/** A daemon's workhome and mount, whoever started it: what users and their programs can see of it and ask of it. */
export abstract class DaemonHandle {
  readonly workhome: string;
  readonly mountpoint: string;
  readonly netns: string | undefined;

  constructor(places: { workhome: string; mountpoint: string; netns: string | undefined }) {
    this.workhome = places.workhome;
    this.mountpoint = places.mountpoint;
    this.netns = places.netns;
  }

  /** Everything the daemons of this workhome said on stderr. */
  abstract get log(): string;
  /** SIGKILL for the daemon and its holder, as if the machine had stopped, and the dead mount detached. */
  abstract kill(): Promise<void>;

  get socketPath(): string {
    return join(this.workhome, "dfdaemon.sock");
  }
  /** Of the process that serves, by its own pid file. */
  get pid(): number {
    return Number(readFileSync(join(this.workhome, "dfdaemon.pid"), "utf8").trim());
  }
  get storage(): string {
    return join(this.workhome, "storage");
  }

  /** Runs a command of ours against this daemon. */
  command(name: "p2pfs" | "dfget", args: readonly string[], timeoutMs?: number): Promise<RunResult> {
    const [verb = "", ...rest] = args;
    const home = ["--workhome", this.workhome];
    const words = name === "p2pfs" ? [verb, ...home, ...rest] : [...home, ...args];
    return run([...commandOf(name), ...words], timeoutMs === undefined ? {} : { timeoutMs });
  }

  /** As `command`, which must succeed; resolves to its stdout. */
  async ask(name: "p2pfs" | "dfget", args: readonly string[], timeoutMs?: number): Promise<string> {
    const result = await this.command(name, args, timeoutMs);
    if (result.code !== 0)
      throw new UnavailableError(
        `${name} ${args.join(" ")} ended with ${result.code}: ${result.stderr}${result.stdout}`,
      );
    return result.stdout;
  }

  async mount(...flags: string[]): Promise<void> {
    await this.ask("p2pfs", ["mount", this.mountpoint, ...flags]);
  }

  async unmount(): Promise<void> {
    await this.ask("p2pfs", ["umount", this.mountpoint]);
  }

  /** Whether somebody accepts connections on the socket. */
  answers(): Promise<boolean> {
    return accepts(this.socketPath);
  }

  /** Where the mount shows a URL: http://HOST/a is DIR/http/HOST/a. */
  path(url: string): string {
    return join(this.mountpoint, url.replace("://", "/"));
  }

  /** SIGKILL for the process that serves, as the out-of-memory killer would: its mount has another soon. */
  killServing(): void {
    process.kill(this.pid, "SIGKILL");
  }

  /** Peak of resident memory since the process began, bytes. */
  peakBytes(): number {
    return memoryOf(this.pid, "VmHWM");
  }

  /** Resident memory now, bytes. */
  residentBytes(): number {
    return memoryOf(this.pid, "VmRSS");
  }

  /** Of which memory of its own, or what is mapped of files, bytes. */
  memoryBytes(kind: "RssAnon" | "RssFile"): number {
    return memoryOf(this.pid, kind);
  }

  /** Processor time of all its threads, seconds. */
  cpuSeconds(): number {
    // proc(5): the name, in parentheses, may hold blanks; utime and stime are fields 14 and 15.
    const text = readFileSync(`/proc/${this.pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  /** Descriptors it has open, sockets among them. */
  descriptors(): { readonly all: number; readonly sockets: number } {
    const folder = `/proc/${this.pid}/fd`;
    const targets = readdirSync(folder).flatMap((fd) => {
      try {
        return [readlinkSync(join(folder, fd))];
      } catch {
        // Closed meanwhile.
        return [];
      }
    });
    return { all: targets.length, sockets: targets.filter((target) => target.startsWith("socket:")).length };
  }

  /** Bytes on disk under the workhome's storage. */
  diskBytes(): Promise<number> {
    return diskBytes(this.storage);
  }

  /** The Prometheus text. */
  async metrics(): Promise<string> {
    const config = JSON.parse(await readFile(join(this.workhome, "dfdaemon.yaml"), "utf8"));
    const port = config.metrics?.server?.port ?? METRICS_PORT_DEFAULT;
    return output(["curl", "-sS", "--fail", `http://127.0.0.1:${port}/metrics`], { netns: this.netns });
  }

  /** All user.p2p.* attributes of a file of the mount, without their prefix. */
  async attributes(path: string): Promise<Record<string, string>> {
    const found = JSON.parse(await output(readerWords("attributes", path))) as Record<string, string>;
    return Object.fromEntries(
      Object.entries(found).map(([name, value]) => [name.replace("user.p2p.", ""), value]),
    );
  }
}

/** A daemon that the test itself starts. */
export class DaemonProcess extends DaemonHandle {
  readonly #scope: Scope;
  readonly #options: DaemonOptions;
  #running: Running | undefined;
  #log = "";

  constructor(scope: Scope, workhome: string, mountpoint: string, options: DaemonOptions) {
    super({ workhome, mountpoint, netns: options.netns });
    this.#scope = scope;
    this.#options = options;
  }

  get log(): string {
    return this.#log + (this.#running?.stderr ?? "");
  }

  /** Starts dfdaemon; resolves once its socket answers. */
  async start(): Promise<void> {
    const { netns, environment = {} } = this.#options;
    const words = [...commandOf("dfdaemon"), "--workhome", this.workhome];
    const running = start(this.#scope, words, { netns, environment });
    this.#running = running;
    let ended = false;
    void running.ended.then(() => {
      ended = true;
    });
    await until("the daemon's socket", async () => {
      if (ended) throw new UnavailableError(`dfdaemon ended at once: ${running.stderr}`);
      return accepts(this.socketPath);
    });
  }

  async kill(): Promise<void> {
    const running = this.#running;
    const pid = this.pid;
    if (running !== undefined) signal([running.pid], "SIGKILL");
    signal([pid], "SIGKILL");
    await running?.ended;
    await until("the killed daemon's end", () => !isAlive(pid));
    await detach(this.mountpoint);
    this.#forget();
  }

  /** SIGTERM; resolves to the exit status. */
  async stop(): Promise<number | NodeJS.Signals | undefined> {
    const running = this.#running;
    if (running === undefined) return undefined;
    await running.stop();
    await detach(this.mountpoint);
    this.#forget();
    return running.ended;
  }

  #forget(): void {
    this.#log += this.#running?.stderr ?? "";
    this.#running = undefined;
  }
}

function memoryOf(pid: number, name: "VmHWM" | "VmRSS" | "RssAnon" | "RssFile"): number {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1]) * 1024;
}

/** The command words of a reader of reader.py. */
export function readerWords(...args: (string | number)[]): string[] {
  return ["python3", join(projectRoot(), "test/system/reader.py"), ...args.map(String)];
}

/** A daemon that is set up and not yet started. It ends with the scope, its mount before it. */
export async function prepareDaemon(scope: Scope, options: DaemonOptions = {}): Promise<DaemonProcess> {
  const workhome = options.workhome ?? (await scope.folder("p2pfs-home-"));
  const mountpoint = join(await scope.folder("p2pfs-mnt-"), "p2p");
  await mkdir(mountpoint, { recursive: true });
  await writeFile(join(workhome, "dfdaemon.yaml"), await configText(options.config ?? {}, options.netns));
  const daemon = new DaemonProcess(scope, workhome, mountpoint, options);
  scope.after(() => endDaemon(workhome));
  scope.after(() => detach(mountpoint));
  scope.after(() => daemon.stop());
  return daemon;
}

/** A daemon that serves a mount. */
export async function mountedDaemon(scope: Scope, options: DaemonOptions = {}): Promise<DaemonProcess> {
  const daemon = await prepareDaemon(scope, options);
  await daemon.start();
  await daemon.mount();
  return daemon;
}
