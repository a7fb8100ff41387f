/** What one measured run gave, and the table of many: medians with spread, ratios within one round. */
import { formatMs, GIB, median, quantile } from "../../test/system/shows/figures.ts";

export interface Sample {
  /** Wall time. */
  readonly seconds: number;
  /** Processor time of the program that read or copied. */
  readonly cpuSeconds: number;
  /** Processor time of the daemon meanwhile. */
  readonly daemonCpuSeconds: number;
  /** 99.9 % of the event loop's delays meanwhile were shorter, ms; undefined where no daemon took part. */
  readonly loopDelayMs: number | undefined;
  /** Times of stat(2) by another process meanwhile, ms. */
  readonly statMs: readonly number[];
}

/** "1.23 [1.20..1.31]" */
export function spread(values: readonly number[], digits = 2): string {
  const [least, middle, most] = [quantile(values, 0), median(values), quantile(values, 1)];
  return `${middle.toFixed(digits)} [${least.toFixed(digits)}..${most.toFixed(digits)}]`;
}

function rowOf(
  name: string,
  samples: readonly Sample[],
  baseline: readonly Sample[],
  bytes: number,
): string[] {
  const gib = bytes / GIB;
  const statMs = samples.flatMap((sample) => sample.statMs);
  const delays = samples.flatMap(({ loopDelayMs }) => (loopDelayMs === undefined ? [] : [loopDelayMs]));
  const ratios = samples.map(({ seconds }, round) => (baseline[round]?.seconds ?? Number.NaN) / seconds);
  return [
    name,
    spread(samples.map(({ seconds }) => seconds)),
    ((gib * 1024) / median(samples.map(({ seconds }) => seconds))).toFixed(0),
    spread(ratios),
    (median(samples.map(({ daemonCpuSeconds }) => daemonCpuSeconds)) / gib).toFixed(2),
    (median(samples.map(({ cpuSeconds }) => cpuSeconds)) / gib).toFixed(2),
    delays.length === 0 ? "-" : formatMs(Math.max(...delays)),
    statMs.length === 0 ? "-" : `${formatMs(quantile(statMs, 0.5))} / ${formatMs(quantile(statMs, 0.99))}`,
  ];
}

/** The table of all methods; ratios are to the named one, round by round: more is faster. */
export function summaryRows(
  samples: ReadonlyMap<string, readonly Sample[]>,
  baselineName: string,
  bytes: number,
): { headings: string[]; rows: string[][] } {
  const baseline = samples.get(baselineName) ?? [];
  return {
    headings: [
      "",
      "seconds",
      "MiB/s",
      `of ${baselineName}`,
      "daemon CPU s/GiB",
      "reader CPU s/GiB",
      "loop p99.9",
      "stat p50 / p99",
    ],
    rows: [...samples].map(([name, runs]) => rowOf(name, runs, baseline, bytes)),
  };
}
