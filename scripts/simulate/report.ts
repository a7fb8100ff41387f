/** What a run came to, as one line. */
import { MODEL, type Settings } from "./model.ts";
import type { SimTask } from "./sim-task.ts";
import type { World } from "./world.ts";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

const COLUMNS = [
  "hosts",
  "GiB",
  "what",
  "bound s",
  "median s",
  "p99 s",
  "max s",
  "p99/bound",
  "own p50",
  "own p99",
  "stall p50 s",
  "stall p99 s",
  "source x",
  "messages/host",
  "wall s",
] as const;

export function headline(): string {
  return `| ${COLUMNS.join(" | ")} |\n|${COLUMNS.map(() => "---").join("|")}|`;
}

export function reportOf(world: World, wallMs: number): string {
  const { settings } = world;
  const { fileBytes } = settings;
  const whole = world.loads.filter(({ completedMs }) => completedMs !== undefined);
  const seconds = whole.map(({ completedMs = 0, startedMs }) => (completedMs - startedMs) / 1000);
  const { bound, ownOf } = boundsOf(world);
  const own = whole.map(
    ({ host, completedMs = 0, startedMs }) => (completedMs - startedMs) / 1000 / ownOf(host.rate),
  );
  const stalls = whole.map((task) => stallOf(task, settings));
  const cells = [
    settings.hosts,
    (fileBytes / GIB).toFixed(0),
    whatOf(settings),
    bound.toFixed(0),
    ...[0.5, 0.99, 1].map((part) => quantile(seconds, part).toFixed(0)),
    (quantile(seconds, 0.99) / bound).toFixed(2),
    ...[0.5, 0.99].map((part) => quantile(own, part).toFixed(2)),
    ...[0.5, 0.99].map((part) => quantile(stalls, part).toFixed(0)),
    (world.sourceBytes / (filesOf(world) * fileBytes)).toFixed(2),
    (world.messages / settings.hosts).toFixed(0),
    (wallMs / 1000).toFixed(0),
  ];
  const missing = world.loads.filter(({ completedMs, host }) => completedMs === undefined && !host.isDead);
  const dead = world.hosts.filter(({ isDead }) => isDead).length;
  return `| ${cells.join(" | ")} |${dead > 0 ? ` ${dead} died` : ""}${missing.length > 0 ? ` ${missing.length} others did not complete: ${missing[0]?.failure}` : ""}`;
}

/** Files that somebody really wanted. */
function filesOf(world: World): number {
  return new Set(world.loads.map(({ id }) => id)).size;
}

function whatOf({
  files,
  readers,
  faults,
  linkMin,
  linkMax,
  reverse,
  rotation,
  pieceBytes,
}: Settings): string {
  const words = [
    files === 1 ? "" : `${files} files`,
    linkMin === linkMax ? "equal links" : "",
    readers ? "readers" : "",
    faults ? "faults" : "",
    reverse ? "reverse" : "",
    rotation ? "rarest first" : "",
    pieceBytes === MODEL.pieceBytes ? "" : `pieces of ${pieceBytes / MIB} MiB`,
  ];
  return words.filter((word) => word !== "").join(", ") || "copies";
}

/**
 * What nobody can be faster than, seconds. `bound`: the slowest host has to get the file, the seed has to send each file once, and all
 * together have to send all. `ownOf`: the same with a host's own link instead of the slowest.
 */
export function boundsOf(world: World): { bound: number; ownOf(rate: number): number } {
  const { settings, hosts } = world;
  const { seedLink = 0, sourceLink } = settings;
  const fileBits = settings.fileBytes * 8;
  const up = seedLink + hosts.reduce((sum, { rate }) => sum + rate, 0);
  const together = Math.max(
    (filesOf(world) * fileBits) / (seedLink || sourceLink),
    (settings.hosts * fileBits) / up,
  );
  const ownOf = (rate: number) => Math.max(fileBits / rate, together);
  return { bound: ownOf(Math.min(...hosts.map(({ rate }) => rate))), ownOf };
}

/** How long a reader waited; of a copy, how long somebody would who reads it in order as fast as his link is, and begins with it. */
function stallOf({ finishedMs, startedMs, stalledMs, host }: SimTask, settings: Settings): number {
  if (stalledMs !== undefined) return stalledMs / 1000;
  const { fileBytes, pieceBytes } = settings;
  const pieceSeconds = (pieceBytes * 8) / host.rate;
  let at = 0;
  for (let piece = 0; piece < finishedMs.length; piece += 1)
    at = Math.max(at, ((finishedMs[piece] ?? 0) - startedMs) / 1000 - pieceSeconds) + pieceSeconds;
  return Math.max(0, at - (fileBytes * 8) / host.rate);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}
