/**
 * `npm run simulate`: many hosts load a large file at once, simulated: the engine's and the embedded scheduler's own code, on a clock of
 * the simulation and a network of links. With --hosts it is one run; without, all of them, as a table. `--help` names the rest.
 */
import { Command, InvalidArgumentError } from "commander";
import { MODEL, type Settings, settingsOf } from "./simulate/model.ts";
import { headline, reportOf } from "./simulate/report.ts";
import { World } from "./simulate/world.ts";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** So many hosts take minutes. */
const MANY_HOSTS = 1_000;

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}

function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new InvalidArgumentError("It must be a whole number from 1 to 999999.");
  return Number(text);
}

interface Flags {
  readonly hosts?: number;
  readonly files: number;
  readonly gib: number;
  readonly pieceMib: number;
  readonly equal: boolean;
  readonly readers: boolean;
  readonly faults: boolean;
  readonly reverse: boolean;
  readonly rotation: boolean;
  readonly seed: number;
  readonly epoch: number;
}

const values = new Command("simulate")
  .description(
    "Many hosts load a large file at once, simulated; without --hosts the table of ARCHITECTURE.md, which takes hours.",
  )
  .option("--hosts <N>", "one run, of so many", count)
  .option("--files <N>", "how many files, the most popular first", count, 1)
  .option("--gib <N>", "of each file", positive, MODEL.fileBytes / GIB)
  .option("--piece-mib <N>", "of each piece", positive, MODEL.pieceBytes / MIB)
  .option("--equal", "all links as the fastest", false)
  .option("--readers", "hosts read in order instead of copying", false)
  .option("--faults", "some hosts die, stall, or lie", false)
  .option("--reverse", "parents fetch from their children what they lack", false)
  .option("--rotation", "the rarest pieces first", false)
  .option("--seed <N>", "of all that is drawn", count, MODEL.seed)
  .option("--epoch <ms>", "between two looks at the links", positive, MODEL.epochMs)
  .parse()
  .opts<Flags>();

const common = {
  fileBytes: values.gib * GIB,
  pieceBytes: values.pieceMib * MIB,
  seed: values.seed,
  epochMs: values.epoch,
};
const EQUAL = { linkMin: MODEL.linkMax };

function one(hosts: number): Settings {
  const { files, equal, readers, faults, reverse, rotation } = values;
  return settingsOf({
    ...common,
    hosts,
    files,
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
for (const settings of values.hosts === undefined ? all() : [one(values.hosts)]) {
  const beganMs = performance.now();
  const world = new World(settings);
  if (settings.hosts >= MANY_HOSTS) tellProgress(world);
  await world.run();
  process.stdout.write(`${reportOf(world, performance.now() - beganMs)}\n`);
}
