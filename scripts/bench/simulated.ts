/**
 * Real daemons on links of given rates beside the simulation of the same: whether what the simulation says can be believed. What
 * it is told of the lab was measured there in the same run; nothing of it is adjusted.
 */
import assert from "node:assert/strict";
import { pieceLengthFor } from "../../daemon/task/piece-length.ts";
import type { Scope } from "../../test/system/scope.ts";
import { type Figures, formatBytes, median } from "../../test/system/shows/figures.ts";
import { World } from "../simulate/world.ts";
import { type RealSwarm, realSwarm, type SwarmShape, startsMs } from "./real-swarm.ts";
import { spread } from "./samples.ts";

/** How far the simulation may be off, of what was measured. */
const DIFFERENCE_MAX = 0.15;
/** Runs of the simulation, each with other chances. */
const RUNS = 15;
/** Requests that are made at once arrive within this time, in any order, ms. */
const START_SPREAD_MS = 50;
/** What a daemon tells of a link whose speed nobody told it: the default of upload.bandwidthLimit, bits a second. */
const UNTOLD_LINK = 50e9 * 8;
/** Between two looks at the fair shares, ms. */
const EPOCH_MS = 20;

/** Loads of the file: seconds of each host. */
type Loads = readonly (readonly number[])[];

export async function showSimulated(scope: Scope, shape: SwarmShape, rounds: number): Promise<Figures> {
  const real = await realSwarm(scope, shape, rounds);
  const simulated: (readonly number[])[] = [];
  for (let seed = 1; seed <= RUNS; seed++) simulated.push(await simulatedLoad(shape, real, seed));
  const loads = real.rounds.map(({ seconds }) => seconds);
  const figures = { ...setUpFigures(shape, real), ...hostFigures(shape, real, simulated) };
  const compared = {
    median: ratioOf(loads, simulated, median),
    last: ratioOf(loads, simulated, (seconds) => Math.max(...seconds)),
  };
  const all = {
    ...figures,
    "real : simulated, median host": compared.median.text,
    "real : simulated, last host": compared.last.text,
  };
  for (const { ratio } of Object.values(compared))
    assert.ok(Math.abs(ratio - 1) <= DIFFERENCE_MAX, linesOf(all));
  return all;
}

/** Seconds of each host in one run. */
async function simulatedLoad(
  shape: SwarmShape,
  { goodput, unevenness, rounds }: RealSwarm,
  seed: number,
): Promise<readonly number[]> {
  const { rates, fileBytes, first } = shape;
  const linkOf = (host: string) => {
    const { down, up } = goodput.get(host) ?? { down: 0, up: 0 };
    return (8 * (down + up)) / 2;
  };
  const world = new World({
    hostLinks: rates.map((_, n) => linkOf(`peer-${n + 1}`)),
    seedLink: goodput.has("seed") ? linkOf("seed") : undefined,
    sourceLink: linkOf("origin"),
    toldLink: shape.told ? undefined : UNTOLD_LINK,
    fileBytes,
    pieceBytes: pieceLengthFor(fileBytes),
    // There and back is two ways.
    nearMs: median(rounds.flatMap(({ connectMs }) => connectMs)) / 2,
    farShare: 0,
    flowSpread: unevenness,
    startSpreadMs: START_SPREAD_MS,
    startsMs: first === undefined ? undefined : startsMs(shape),
    epochMs: EPOCH_MS,
    seed,
  });
  await world.run();
  const seconds = new Map(
    world.loads.map(({ host, startedMs, completedMs = Number.NaN }) => [
      host,
      (completedMs - startedMs) / 1000,
    ]),
  );
  return world.hosts.map((host) => seconds.get(host) ?? Number.NaN);
}

/** Of one figure of each load, the medians of all loads. */
function ratioOf(real: Loads, simulated: Loads, of: (seconds: readonly number[]) => number) {
  const [one, other] = [real.map(of), simulated.map(of)];
  const ratio = median(one) / median(other);
  return { ratio, text: `${ratio.toFixed(2)}; real ${spread(one, 1)} s, simulated ${spread(other, 1)} s` };
}

function setUpFigures(
  { seedRate, originRate, fileBytes }: SwarmShape,
  { rounds, goodput, unevenness }: RealSwarm,
): Figures {
  const carries = (host: string) => {
    const { down = 0, up = 0 } = goodput.get(host) ?? {};
    return `${((down * 8) / 1e6).toFixed(1)} and ${((up * 8) / 1e6).toFixed(1)}`;
  };
  const seed = seedRate === undefined ? "no seed" : `a seed with ${seedRate} (${carries("seed")})`;
  return {
    file: `${formatBytes(fileBytes)} in pieces of ${formatBytes(pieceLengthFor(fileBytes))}; ${rounds.length} rounds, ${RUNS} runs of the simulation`,
    "links, Mbit/s": `an origin with ${originRate} (carries ${carries("origin")} of content down and up), ${seed}`,
    "origin sent": `${spread(
      rounds.map(({ originBytes }) => originBytes / fileBytes),
      4,
    )} of the file`,
    processors: `the machine's ${spread(rounds.map(({ machineBusy }) => machineBusy))} in use, the busiest daemon ${spread(rounds.map(({ busiestDaemon }) => busiestDaemon))} of one`,
    "connections share a link": `with a deviation of ${unevenness.toFixed(2)} of the logarithm`,
    "a connection takes": `${spread(
      rounds.flatMap(({ connectMs }) => connectMs),
      1,
    )} ms while they load`,
  };
}

function hostFigures({ rates }: SwarmShape, { rounds, goodput }: RealSwarm, simulated: Loads): Figures {
  const figures: Record<string, string> = {};
  for (const [n, rate] of rates.entries()) {
    const host = `peer-${n + 1}`;
    const { down = 0, up = 0 } = goodput.get(host) ?? {};
    const seconds = rounds.map((round) => round.seconds[n] ?? Number.NaN);
    const runs = simulated.map((load) => load[n] ?? Number.NaN);
    const sent = rounds.map(({ carried }) => (carried.get(host)?.up ?? 0) / (carried.get(host)?.down ?? 1));
    figures[`${host}, ${rate} (${((down * 8) / 1e6).toFixed(1)} and ${((up * 8) / 1e6).toFixed(1)})`] =
      `real ${spread(seconds, 1)} s, simulated ${spread(runs, 1)} s, ratio ${(median(seconds) / median(runs)).toFixed(2)}; gave on ${spread(sent)} of what it got`;
  }
  return figures;
}

function linesOf(figures: Figures): string {
  return Object.entries(figures)
    .map(([what, value]) => `${what}: ${value}`)
    .join("\n");
}
