/**
 * Many hosts load a large file at once, simulated: the engine's and the embedded scheduler's own decisions, on a clock of the
 * simulation and a network of links. `node dist/scripts/simulate.js [--hosts 1000] [--files 1] [--gib 64] [--faults] [--no-reverse]
 * [--no-rotation] [--seed 1]` is one run; without --hosts all of them, printed as a table.
 */
import { parseArgs } from "node:util";
import { MODEL, type Settings } from "./simulate/model.ts";
import { headline, reportOf } from "./simulate/report.ts";
import { World } from "./simulate/world.ts";

const GIB = 1024 ** 3;
/** So many hosts take minutes. */
const MANY_HOSTS = 1_000;
const { values } = parseArgs({
  options: {
    hosts: { type: "string" },
    files: { type: "string", default: "1" },
    gib: { type: "string" },
    faults: { type: "boolean", default: false },
    "no-reverse": { type: "boolean", default: false },
    "no-rotation": { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    epoch: { type: "string", default: "200" },
  },
});

const common = {
  ...MODEL,
  fileBytes: values.gib === undefined ? MODEL.fileBytes : Number(values.gib) * GIB,
  seed: Number(values.seed),
  epochMs: Number(values.epoch),
};
const one: Settings = {
  ...common,
  hosts: Number(values.hosts ?? 1000),
  files: Number(values.files),
  faults: values.faults,
  reverse: !values["no-reverse"],
  rotation: !values["no-rotation"],
};

function* all(): Generator<Settings> {
  const best = { ...common, reverse: true, rotation: true };
  for (const hosts of [10, 100, 1000]) {
    for (const reverse of [false, true])
      for (const rotation of [false, true]) yield { ...best, hosts, reverse, rotation };
    yield { ...best, hosts, faults: true };
  }
  yield { ...best, hosts: 1000, files: 50 };
  yield { ...best, hosts: 5000, epochMs: 500 };
}

/** A line on stderr each minute of the simulated time: a thousand hosts take a while. */
function tellProgress(world: World): void {
  const beganMs = performance.now();
  world.clock.schedule(60_000, function tell() {
    const whole = world.loads.filter(({ completedMs }) => completedMs !== undefined).length;
    const pieces = world.loads.reduce((sum, { content }) => sum + content.pieces.setCount, 0);
    const megabytes = (process.memoryUsage().rss / 1024 ** 2).toFixed(0);
    const wallSeconds = ((performance.now() - beganMs) / 1000).toFixed(0);
    process.stderr.write(
      `${world.clock.nowMs() / 1000} s: ${whole} of ${world.loads.length} whole, ${pieces} pieces (${wallSeconds} s, ${megabytes} MiB)\n`,
    );
    world.clock.schedule(60_000, tell);
  });
}

process.stdout.write(`${headline()}\n`);
for (const settings of values.hosts === undefined ? all() : [one]) {
  const beganMs = performance.now();
  const world = new World(settings);
  if (settings.hosts >= MANY_HOSTS) tellProgress(world);
  await world.run();
  process.stdout.write(`${reportOf(world, performance.now() - beganMs)}\n`);
}
