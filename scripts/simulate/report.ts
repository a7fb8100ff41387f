/** What a run came to, as one line. */
import type { Settings } from "./model.ts";
import type { SimTask } from "./sim-task.ts";
import type { World } from "./world.ts";

const COLUMNS = [
  "hosts",
  "files",
  "faults",
  "reverse",
  "rotation",
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
  const { settings, hosts } = world;
  const { fileBytes } = settings;
  const whole = world.loads.filter(({ completedMs }) => completedMs !== undefined);
  const seconds = whole.map(({ completedMs = 0, startedMs }) => (completedMs - startedMs) / 1000);
  const slowest = Math.min(...hosts.map(({ rate }) => rate));
  const together = togetherOf(world);
  const bound = Math.max((fileBytes * 8) / slowest, together);
  const own = whole.map(
    ({ host, completedMs = 0, startedMs }) =>
      (completedMs - startedMs) / 1000 / Math.max((fileBytes * 8) / host.rate, together),
  );
  const stalls = whole.map((task) => stallOf(task, settings));
  const files = new Set(world.loads.map(({ id }) => id)).size;
  const cells = [
    settings.hosts,
    settings.files,
    settings.faults ? "yes" : "no",
    settings.reverse ? "yes" : "no",
    settings.rotation ? "yes" : "no",
    bound.toFixed(0),
    ...[0.5, 0.99, 1].map((part) => quantile(seconds, part).toFixed(0)),
    (quantile(seconds, 0.99) / bound).toFixed(2),
    ...[0.5, 0.99].map((part) => quantile(own, part).toFixed(2)),
    ...[0.5, 0.99].map((part) => quantile(stalls, part).toFixed(0)),
    (world.sourceBytes / (files * fileBytes)).toFixed(2),
    (world.messages / settings.hosts).toFixed(0),
    (wallMs / 1000).toFixed(0),
  ];
  const missing = world.loads.length - whole.length;
  return `| ${cells.join(" | ")} |${missing > 0 ? ` ${missing} did not complete` : ""}`;
}

/** What no host can be faster than, whatever its own link: the seed has to send each file once, and all together have to send all. */
function togetherOf({ settings, hosts }: World): number {
  const { fileBytes, seedLink = 0, sourceLink } = settings;
  const up = seedLink + hosts.reduce((sum, { rate }) => sum + rate, 0);
  return Math.max((fileBytes * 8) / (seedLink || sourceLink), (settings.hosts * fileBytes * 8) / up);
}

/** How long somebody waits who reads the file in order as fast as his link is, and begins with the download. */
function stallOf({ finishedMs, startedMs, host }: SimTask, settings: Settings): number {
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
