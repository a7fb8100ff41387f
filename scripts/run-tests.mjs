/**
 * Runs the built tests, each file in a process of its own: those that need nothing of the machine side by side, those
 * that mount or make network namespaces two at a time, one that mostly waits beside all of these, a few of them alone.
 * Closes with `N passed, N failed, N skipped`. Fails when a test failed, when none ran, when a skip has no reason, and
 * when a file left processes, mounts or files behind. With --unit only those that start no programs: the quick part.
 *
 *   node scripts/run-tests.mjs [--unit] [PART-OF-A-PATH…]
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { clearLeftovers, MARK, removeUnmounted } from "./test-leftovers.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** Folders whose tests mount, make network namespaces or loop devices: two at a time, and not in --unit. */
const SYSTEM_FOLDERS = ["test/mount/", "test/system/"];
/** Of these, what looks at something that the machine has once, or at its load: by itself. */
const ALONE = /^test\/system\/(lab|scanners)\.test\.ts$/;
/** What takes minutes and little of the machine: from the start, beside the others. */
const BESIDE = /^test\/system\/soak\.test\.ts$/;
/**
 * What starts programs and real servers, kills processes, or makes very many of something: side by side with others, but not in
 * --unit, which is to be quick.
 */
const NOT_UNIT = [
  "test/cli/",
  "test/native/",
  "test/origin/",
  "test/scripts/",
  "test/daemon/scheduler/embedded/crowd",
  "test/daemon/source/http/http-source",
  "test/daemon/source/http/list",
  "test/daemon/source/object-store/",
  "test/daemon/storage/durability",
  "test/daemon/storage/kill",
  "test/daemon/tree/many-names",
  "test/daemon/tree/real-",
];
/** Files beyond the number of processors that run side by side: most wait for something now and then. */
const SPARE = 1;
/** Longest time one file may take, ms: a hang must end as a failure with a name. */
const PARALLEL_FILE_MS = 180_000;
const SYSTEM_FILE_MS = 1_200_000;
/** How long output may still come after its process ended, ms. */
const OUTPUT_GRACE_MS = 500;
/** Bytes of a file's output that are kept for the case that it fails: the end of it. */
const OUTPUT_KEPT = 65_536;
/** Tests talk to loopback only; a proxy of the environment would stand in between. */
const PROXY_VARIABLES = ["http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy"];

const total = { passed: 0, failed: 0, skipped: [], failures: [] };
const running = new Set();
let stopping = false;

function testSources(folder) {
  return readdirSync(join(ROOT, folder), { recursive: true })
    .map((name) => `${folder}/${name}`)
    .filter((path) => path.endsWith(".test.ts"))
    .sort();
}

function isSystem(path) {
  return SYSTEM_FOLDERS.some((folder) => path.startsWith(folder));
}

function environmentFor(mark, folder) {
  const environment = { ...process.env, TMPDIR: folder, [MARK]: mark };
  for (const name of PROXY_VARIABLES) {
    delete environment[name];
    delete environment[name.toUpperCase()];
  }
  // Set where this runner is itself run by a test; it would turn our reporter off.
  delete environment.NODE_TEST_CONTEXT;
  return environment;
}

/** Kills the file's process and those of its children that stayed in its group. */
function killGroup(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}

function runProcess(built, eventsPath, environment, limitMs) {
  return new Promise((resolve) => {
    const reporter = join(ROOT, "scripts/test-events.mjs");
    const child = spawn(
      process.execPath,
      [`--test-reporter=${reporter}`, `--test-reporter-destination=${eventsPath}`, built],
      { cwd: ROOT, env: environment, stdio: ["ignore", "pipe", "pipe"], detached: true },
    );
    running.add(child);
    let output = "";
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child);
    }, limitMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output = (output + text).slice(-OUTPUT_KEPT);
      });
    }
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      const finish = () => {
        clearTimeout(patience);
        child.stdout.destroy();
        child.stderr.destroy();
        resolve({ code, signal, timedOut, output });
      };
      // A detached process that kept our pipe holds "close" back for ever.
      const patience = setTimeout(finish, OUTPUT_GRACE_MS);
      child.once("close", finish);
    });
  });
}

function readEvents(path) {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line));
}

/** Sorts one file's events into the three heaps. A suite is a heading, not a test, unless it stands for what it skips. */
function tally(path, events) {
  const counts = { passed: 0, skipped: 0, failures: [] };
  for (const event of events) {
    const where = `${path}:${event.line ?? 1}: ${event.name}`;
    if (event.outcome === "fail") {
      if (!event.echo) counts.failures.push({ where, why: event.error ?? "failed" });
    } else if (event.todo !== undefined && event.todo !== false) {
      counts.failures.push({ where, why: "is marked as still to do; write it or remove it" });
    } else if (event.skip !== undefined && event.skip !== false) {
      if (typeof event.skip !== "string" || event.skip.trim() === "") {
        counts.failures.push({ where, why: "is skipped without a reason" });
      } else {
        counts.skipped++;
        total.skipped.push({ where, reason: event.skip });
      }
    } else if (event.kind === "test") counts.passed++;
  }
  return counts;
}

function endOf(path, result, events, limitMs) {
  if (result.timedOut) {
    return [{ where: path, why: `did not end within ${limitMs / 1000} s; is something still open?` }];
  }
  if (events.length === 0)
    return [{ where: path, why: `ran no test (exit ${result.code ?? result.signal})` }];
  if (result.code !== 0 && !events.some((event) => event.outcome === "fail")) {
    return [{ where: path, why: `ended with ${result.code ?? result.signal} although no test failed` }];
  }
  return [];
}

async function runFile(path, order, temporary, limitMs) {
  const built = join(ROOT, "dist", path.replace(/\.ts$/, ".js"));
  if (!existsSync(built)) {
    total.failed++;
    total.failures.push({ where: path, why: "is not built; run `npm run build`" });
    return;
  }
  const mark = `${process.pid}-${order}`;
  const folder = join(temporary, String(order));
  const eventsPath = join(temporary, `${order}.events`);
  mkdirSync(folder);
  const begin = performance.now();
  const result = await runProcess(built, eventsPath, environmentFor(mark, folder), limitMs);
  const left = await clearLeftovers(mark, folder);
  const events = readEvents(eventsPath);
  const counts = tally(path, events);
  const failures = [...counts.failures, ...endOf(path, result, events, limitMs)];
  for (const what of left) failures.push({ where: path, why: `leaves nothing behind, but ${what}` });
  total.passed += counts.passed;
  total.failed += failures.length;
  total.failures.push(...failures);
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`;
  const verdict = failures.length === 0 ? "ok  " : "FAIL";
  console.log(`${verdict} ${path}  ${counts.passed} passed${skipped}  (${seconds} s)`);
  for (const { where, why } of failures) console.log(`\n  ${where}\n    ${why.replaceAll("\n", "\n    ")}\n`);
  if (failures.length > 0 && result.output.trim() !== "") {
    console.log(`  its output:\n    ${result.output.trim().replaceAll("\n", "\n    ")}\n`);
  }
}

async function runAll(paths, temporary, options) {
  const waiting = [...paths];
  const worker = async () => {
    for (let path = waiting.shift(); path !== undefined && !stopping; path = waiting.shift()) {
      await runFile(path, options.firstOrder + paths.indexOf(path), temporary, options.limitMs);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, worker));
}

function closingWords(chosen) {
  if (total.skipped.length > 0) console.log("\nSkipped, each with its reason:");
  for (const { where, reason } of total.skipped) console.log(`  ${where}\n    ${reason}`);
  if (total.failures.length > 0) console.log("\nFailed:");
  for (const { where, why } of total.failures) console.log(`  ${where}\n    ${why.split("\n")[0]}`);
  if (chosen === 0) console.log("\nNo test file matches.");
  else if (total.passed === 0) console.log("\nNo test ran.");
  console.log(
    `\n${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped (${chosen} files)`,
  );
}

async function main() {
  const args = process.argv.slice(2);
  const unitOnly = args.includes("--unit");
  const patterns = args.filter((arg) => !arg.startsWith("--"));
  const chosen = testSources("test")
    .filter((path) => !unitOnly || !(isSystem(path) || NOT_UNIT.some((part) => path.startsWith(part))))
    .filter((path) => patterns.length === 0 || patterns.some((pattern) => path.includes(pattern)));
  const parallel = chosen.filter((path) => !isSystem(path));
  const paired = chosen.filter((path) => isSystem(path) && !ALONE.test(path) && !BESIDE.test(path));
  const beside = chosen.filter((path) => BESIDE.test(path));
  const alone = chosen.filter((path) => ALONE.test(path));
  const temporary = mkdtempSync(join(tmpdir(), "p2pfs-t-"));
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => {
      // The running files end at once; what they leave is still cleared away below.
      stopping = true;
      for (const child of running) killGroup(child);
    });
  }
  try {
    const aside = runAll(beside, temporary, {
      firstOrder: chosen.length,
      atOnce: 1,
      limitMs: SYSTEM_FILE_MS,
    });
    await runAll(parallel, temporary, {
      firstOrder: 0,
      atOnce: availableParallelism() + SPARE,
      limitMs: PARALLEL_FILE_MS,
    });
    await runAll(paired, temporary, { firstOrder: parallel.length, atOnce: 2, limitMs: SYSTEM_FILE_MS });
    await aside;
    const firstOrder = parallel.length + paired.length;
    await runAll(alone, temporary, { firstOrder, atOnce: 1, limitMs: SYSTEM_FILE_MS });
  } finally {
    removeUnmounted(temporary);
  }
  closingWords(chosen.length);
  process.exitCode = stopping || total.failed > 0 || total.passed === 0 ? 1 : 0;
}

await main();
