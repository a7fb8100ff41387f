/**
 * kill -9 for the daemon, again and again at random moments, under readers of every kind: each ends with the right bytes,
 * the mount is never made anew, and whoever reads a complete file notices nothing.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { UnavailableError } from "../../../base/errors.ts";
import { type SeededRandom, seededRandom } from "../../base/seeded-random.ts";
import { type NginxOrigin, startNginx } from "../../origin/nginx.ts";
import { type DaemonProcess, mountedDaemon, parentOf, readerWords, until } from "../daemon.ts";
import { catSha256, output, type Running, sha256, start } from "../processes.ts";
import type { Scope } from "../scope.ts";
import { type Figures, formatBytes, formatMs, MIB, quantile } from "./figures.ts";
import { writeLarge } from "./origin-files.ts";

export interface KilledDaemonSize {
  readonly kills: number;
  /** Each of the files that are read while they are fetched. */
  readonly fileBytes: number;
}

const TREE_FILES = 300;
/** Characters of the log that a failure shows. */
const LOG_SHOWN = 6_000;
/** Longest time between two kills besides the daemon's start, ms. */
const LIFE_MS = 700;
/** A reader that is not answered for so long hangs, ms: beyond every deadline of the mount. */
const READ_MS = 180_000;

/** How readers read, by name: the words of a program that prints the sha256 of a file. */
const READERS: Readonly<Record<string, (path: string) => Promise<string>>> = {
  cat: (path) => catSha256(path, { timeoutMs: READ_MS }),
  mmap: (path) => output(readerWords("mapped", path), { timeoutMs: READ_MS }),
  dd: async (path) =>
    (
      await output(
        ["bash", "-c", 'set -o pipefail; dd if="$1" bs=1M status=none | sha256sum', "bash", path],
        {
          timeoutMs: READ_MS,
        },
      )
    ).slice(0, 64),
};

/** What one loop of readers came to. */
interface Tally {
  right: number;
  /** Failed as a read may fail: once, with EIO. */
  eio: number;
}

/** Reads files in turn until told to stop; wrong bytes and other errors end the show. */
async function readOn(
  read: (path: string) => Promise<string>,
  files: readonly { path: string; sha256: string }[],
  stop: AbortSignal,
): Promise<Tally> {
  const tally: Tally = { right: 0, eio: 0 };
  for (let turn = 0; !stop.aborted; turn++) {
    const file = files[turn % files.length];
    assert.ok(file);
    try {
      assert.equal(await read(file.path), file.sha256, `${file.path} has its origin's bytes`);
      tally.right += 1;
    } catch (error) {
      // A mapping has no other way to say it than SIGBUS.
      if (!/Input\/output error|EIO|SIGBUS/.test(String(error))) throw error;
      tally.eio += 1;
    }
  }
  return tally;
}

async function listOn(directory: string, stop: AbortSignal): Promise<Tally> {
  const tally: Tally = { right: 0, eio: 0 };
  while (!stop.aborted) {
    try {
      const names = (await output(["ls", "-R", directory], { timeoutMs: READ_MS })).split("\n");
      assert.equal(names.filter((name) => name.endsWith(".txt")).length, TREE_FILES);
      tally.right += 1;
    } catch (error) {
      if (!/Input\/output error/.test(String(error))) throw error;
      tally.eio += 1;
    }
  }
  return tally;
}

/** Child processes of the holder: the daemon, as soon as there is one. */
function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Kills whatever daemon the holder has, at random moments: often one that serves, now and then one that just starts. */
async function killAll(daemon: DaemonProcess, kills: number, random: SeededRandom): Promise<number[]> {
  const holder = parentOf(daemon.pid);
  const outagesMs: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    await delay(random.next() * LIFE_MS);
    await until("a daemon that can be killed", () => childrenOf(holder).length > 0);
    const begin = performance.now();
    for (const pid of childrenOf(holder)) process.kill(pid, "SIGKILL");
    const isNextEarly = random.next() < 0.2 && kill < kills - 1;
    if (isNextEarly) continue;
    await until("the daemon's return", () => daemon.answers());
    outagesMs.push(performance.now() - begin);
  }
  return outagesMs;
}

/** Process ids that wait without end, as far as they have to do with the mount. */
function stuckProcesses(mountpoint: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isStuck = /^State:\s+D/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
        return isStuck && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mountpoint);
      } catch {
        return false;
      }
    });
}

/** "36 35 0:53 …": the mount's own number, which a mount made anew does not have. */
export function mountId(mountpoint: string): string | undefined {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return lines.find((line) => line.split(" ")[4] === mountpoint)?.split(" ")[0];
}

async function originTree(origin: NginxOrigin): Promise<void> {
  for (let file = 0; file < TREE_FILES; file++)
    await origin.write(`tree/${file % 10}/${Math.floor(file / 10)}.txt`, `file ${file}`);
}

/** A reader of a complete file, which says after each round how long its longest read took. */
function steadyReader(scope: Scope, path: string): Running {
  return start(scope, readerWords("steady", path));
}

export async function showKilledDaemon(scope: Scope, size: KilledDaemonSize): Promise<Figures> {
  const random = seededRandom("killed daemon");
  const origin = await startNginx({ autoindex: true, locations: ["limit_rate 8m;"] });
  scope.after(() => origin.stop());
  await originTree(origin);
  const daemon = await mountedDaemon(scope);
  const at = (name: string) => daemon.path(origin.url(name));
  const file = async (name: string, bytes: number, seed: number) => {
    const written = await writeLarge(origin, { name, bytes, seed });
    return { path: at(name), sha256: await sha256(written) };
  };
  const complete = await file("complete.bin", 32 * MIB, 1);
  assert.equal(await catSha256(complete.path), complete.sha256);
  const steady = steadyReader(scope, complete.path);
  assert.equal(await steady.line(), "begun");
  const before = mountId(daemon.mountpoint);
  const stop = new AbortController();
  const running = Object.entries(READERS).map(async ([name, read], index) => {
    const files = [];
    // Enough that there is always one that is not here yet.
    for (let n = 0; n < Math.ceil(size.kills / 2); n++)
      files.push(await file(`${name}-${n}.bin`, size.fileBytes, 100 * (index + 1) + n));
    return [name, files, read] as const;
  });
  const readers = (await Promise.all(running)).map(async ([name, files, read]) => {
    return [name, await readOn(read, files, stop.signal)] as const;
  });
  const lists = listOn(at("tree/"), stop.signal);
  // One that fails ends the show at once, not after the last kill.
  const failed = Promise.all([...readers, lists]);
  const kills = killAll(daemon, size.kills, random);
  const outagesMs = await Promise.race([kills, failed.then(() => kills)]).catch((error: unknown) => {
    throw new UnavailableError(
      `${String(error)}; the daemon's log ends with ${daemon.log.slice(-LOG_SHOWN)}`,
      {
        cause: error,
      },
    );
  });
  stop.abort();
  const tallies = Object.fromEntries(await Promise.all(readers));
  tallies["ls -R"] = await lists;
  const [rounds, longestMs] = await endSteady(steady);
  assert.deepEqual(stuckProcesses(daemon.mountpoint), []);
  assert.equal(mountId(daemon.mountpoint), before, "the mount is the same");
  assert.equal(existsSync(`/proc/${parentOf(daemon.pid)}`), true);
  await daemon.unmount();
  const told = Object.entries(tallies).map(([name, { right, eio }]) => `${name} ${right} right, ${eio} EIO`);
  return {
    kills: `${size.kills}, SEED=${random.seed}`,
    "cold files": `${formatBytes(size.fileBytes)} each, at 8 MiB/s a connection`,
    readers: told.join("; "),
    "a daemon was back in": `${formatMs(quantile(outagesMs, 0.5))} (median), ${formatMs(Math.max(...outagesMs))} at most`,
    "a complete file's reader": `${rounds} rounds, the longest read took ${formatMs(longestMs)}`,
    "mount made anew": "never",
  };
}

/** Rounds it made and its longest read, ms. */
async function endSteady(steady: Running): Promise<[number, number]> {
  const words = (await steady.finish()).at(-1)?.split(" ").map(Number) ?? [];
  const [rounds = 0, longestMs = Number.NaN] = words;
  assert.ok(rounds > 0, "the reader of a complete file went on");
  return [rounds, longestMs];
}
