/**
 * Looks at the machine: a few small files of /proc and /sys, and statfs of one folder. Every read is bounded in bytes and
 * time, and one that fails leaves its figure out. Never lists mounts and never touches any other path: one of them could be
 * a mount of this very daemon.
 */
import { open, statfs } from "node:fs/promises";
import { availableParallelism, release } from "node:os";
import type { Clock } from "../../base/clock.ts";
import { deadlineSignal, orAborted } from "../../base/deadline.ts";
import { FIGURE_FILE_BYTES_MAX, FIGURE_MS } from "../../base/limits.ts";
import type { MachineFigures, NetworkBytes, ProcessorTime } from "./host-figures.ts";
import {
  parseKilobytes,
  parseNetworkBytes,
  parseOwnTime,
  parseProcessors,
  parseProcessorTime,
  parseVersion,
} from "./proc-files.ts";

export interface FiguresReaderOptions {
  readonly clock: Clock;
  /** Folder whose file system is measured; ours alone. */
  readonly storageDir: string;
  /** Interface with the advertised address; undefined where it is not known. */
  readonly device: string | undefined;
  /** Default "/": where proc, sys and etc are. */
  readonly root?: string;
}

/** One look; never fails. */
export async function readFigures(options: FiguresReaderOptions): Promise<MachineFigures> {
  const { clock, root = "/", device } = options;
  const text = (path: string) => readText(clock, `${root}${path}`);
  const [stat, own, memory, status, processors, release_, io, disk, speed, networkBytes] = await Promise.all([
    text("proc/stat"),
    text("proc/self/stat"),
    text("proc/meminfo"),
    text("proc/self/status"),
    text("proc/cpuinfo"),
    text("etc/os-release"),
    text("proc/self/io"),
    within(clock, statfs(options.storageDir)),
    device === undefined ? undefined : text(`sys/class/net/${device}/speed`),
    device === undefined ? undefined : readNetworkBytes(clock, root, device),
  ]);
  const counts = parseProcessors(processors);
  const processorTime = parseProcessorTime(stat);
  const ownTime = parseOwnTime(own);
  const megabits = Number(speed?.trim());
  return {
    atMs: clock.monotonicMs(),
    processors: counts?.logical ?? availableParallelism(),
    cores: counts?.cores ?? availableParallelism(),
    processorTime: withOwn(processorTime, ownTime),
    memory: memoryOf(memory, status),
    disk:
      disk === undefined ? undefined : { total: disk.blocks * disk.bsize, free: disk.bavail * disk.bsize },
    diskBytes: diskBytesOf(io),
    networkBytes,
    // Interfaces that are down, and most virtual ones, say -1 or nothing.
    linkSpeed: Number.isSafeInteger(megabits) && megabits > 0 ? megabits * 1_000_000 : undefined,
    platformVersion: parseVersion(release_) ?? "",
    kernelVersion: release(),
  };
}

function withOwn(
  time: Omit<ProcessorTime, "own"> | undefined,
  own: number | undefined,
): ProcessorTime | undefined {
  return time === undefined || own === undefined ? undefined : { ...time, own };
}

function memoryOf(meminfo: string | undefined, status: string | undefined): MachineFigures["memory"] {
  const total = parseKilobytes(meminfo, "MemTotal");
  const free = parseKilobytes(meminfo, "MemFree");
  const available = parseKilobytes(meminfo, "MemAvailable");
  if (total === undefined || free === undefined || available === undefined) return undefined;
  return { total, free, available, own: parseKilobytes(status, "VmRSS") ?? 0 };
}

function diskBytesOf(io: string | undefined): MachineFigures["diskBytes"] {
  const read = /^read_bytes: (\d+)$/m.exec(io ?? "")?.[1];
  const written = /^write_bytes: (\d+)$/m.exec(io ?? "")?.[1];
  return read === undefined || written === undefined
    ? undefined
    : { read: Number(read), written: Number(written) };
}

/** By /proc, which tells of this process's own network; what is mounted at /sys may be another's, with devices of the same names. */
async function readNetworkBytes(
  clock: Clock,
  root: string,
  device: string,
): Promise<NetworkBytes | undefined> {
  const bytes = parseNetworkBytes(await readText(clock, `${root}proc/self/net/dev`), device);
  return bytes && { ...bytes, atMs: clock.monotonicMs() };
}

/** The beginning of a file; undefined when there is none or it does not come in time. */
async function readText(clock: Clock, path: string): Promise<string | undefined> {
  return within(clock, readStart(path));
}

async function readStart(path: string): Promise<string> {
  await using file = await open(path);
  const buffer = Buffer.alloc(FIGURE_FILE_BYTES_MAX);
  let length = 0;
  // Files of /proc come in parts.
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length);
    length += bytesRead;
    if (bytesRead === 0 || length === buffer.length) return buffer.toString("utf8", 0, length);
  }
}

/** A figure that fails, or does not come in time, is none. */
async function within<T>(clock: Clock, figure: Promise<T>): Promise<T | undefined> {
  const deadline = deadlineSignal(clock, "a figure of this machine", FIGURE_MS);
  try {
    return await orAborted(figure, deadline.signal);
  } catch {
    // Machines differ in what they tell.
    figure.catch(() => {});
    return undefined;
  } finally {
    deadline.close();
  }
}
