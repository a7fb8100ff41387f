/**
 * Many hosts load a large file at once, simulated: the engine's and the embedded scheduler's own code, on a clock of the
 * simulation and a network of links. `node dist/scripts/simulate.js --hosts 1000 [--gib 64] [--files 50] [--equal] [--readers] [--faults]
 * [--reverse] [--rotation] [--piece-mib 64] [--seed 1] [--epoch 200]` is one run; without --hosts all of them, as a table.
 */
import { parseArgs } from "node:util";
import { MODEL, type Settings, settingsOf } from "./simulate/model.ts";
import { headline, reportOf } from "./simulate/report.ts";
import { World } from "./simulate/world.ts";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** So many hosts take minutes. */
const MANY_HOSTS = 1_000;
const { values } = parseArgs({
  options: {
    hosts: { type: "string" },
    files: { type: "string", default: "1" },
    gib: { type: "string", default: `${MODEL.fileBytes / GIB}` },
    "piece-mib": { type: "string", default: `${MODEL.pieceBytes / MIB}` },
    equal: { type: "boolean", default: false },
    readers: { type: "boolean", default: false },
    faults: { type: "boolean", default: false },
    reverse: { type: "boolean", default: false },
    rotation: { type: "boolean", default: false },
    seed: { type: "string", default: `${MODEL.seed}` },
    epoch: { type: "string", default: `${MODEL.epochMs}` },
  },
});

const common = {
  fileBytes: Number(values.gib) * GIB,
  pieceBytes: Number(values["piece-mib"]) * MIB,
  seed: Number(values.seed),
  epochMs: Number(values.epoch),
};
const EQUAL = { linkMin: MODEL.linkMax };

function one(): Settings {
  const { hosts, files, equal, readers, faults, reverse, rotation } = values;
  return settingsOf({
    ...common,
    hosts: Number(hosts),
    files: Number(files),
    readers,
    faults,
    reverse,
    rotation,
    ...(equal ? EQUAL : {}),
  });
}

/** The table of ARCHITECTURE.md, "The simulation". */
function* all(): Generator<Settings> {
  for (const hosts of [10, 100]) {
    yield settingsOf({ ...common, hosts });
    yield settingsOf({ ...common, hosts, ...EQUAL });
  }
  const hundred = { ...common, hosts: 100 };
  yield settingsOf({ ...hundred, faults: true });
  yield settingsOf({ ...hundred, readers: true });
  for (const reverse of [false, true])
    for (const rotation of [false, true])
      if (reverse || rotation) {
        yield settingsOf({ ...hundred, reverse, rotation });
        yield settingsOf({ ...hundred, ...EQUAL, reverse, rotation });
      }
  yield settingsOf({ ...common, hosts: 1_000 });
  yield settingsOf({ ...common, hosts: 1_000, faults: true });
  yield settingsOf({ ...common, hosts: 1_000, ...EQUAL });
  yield settingsOf({ ...common, hosts: 1_000, files: 50 });
  yield settingsOf({ ...common, hosts: 5_000, epochMs: 500 });
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
for (const settings of values.hosts === undefined ? all() : [one()]) {
  const beganMs = performance.now();
  const world = new World(settings);
  if (settings.hosts >= MANY_HOSTS) tellProgress(world);
  await world.run();
  process.stdout.write(`${reportOf(world, performance.now() - beganMs)}\n`);
}
