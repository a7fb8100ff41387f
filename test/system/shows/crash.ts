/** A daemon killed in mid-read, again and again: what a reader had read is never fetched again, and the file is right. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { BLOCK_BYTES } from "../../../base/limits.ts";
import { type SeededRandom, seededRandom } from "../../base/seeded-random.ts";
import { type NginxRequest, startNginx } from "../../origin/nginx.ts";
import { type DaemonProcess, mountedDaemon, readerWords } from "../daemon.ts";
import { catSha256, sha256, start } from "../processes.ts";
import type { Scope } from "../scope.ts";
import { type Figures, formatBytes, formatMs } from "./figures.ts";
import { stretchOf, writeLarge } from "./origin-files.ts";

export interface CrashSize {
  readonly fileBytes: number;
  readonly kills: number;
}

const CHUNK_BYTES = 128 * 1024;
/** After the reader passed the chosen offset, the kill comes within so many ms. */
const JITTER_MS = 20;
const READ_MS = 600_000;

/** A GET that ended this long before the kill has its blocks on disk, however slow the machine, ms. */
const SETTLED_MS = 1_000;

/** Reads on from the start until the offset is passed, kills the daemon, and tells what the reader had by then. */
async function killAt(
  scope: Scope,
  daemon: DaemonProcess,
  path: string,
  offset: number,
  random: SeededRandom,
) {
  const reader = start(scope, readerWords("progress", path, CHUNK_BYTES));
  let reached = 0;
  while (reached < offset) {
    const line = await reader.line();
    const number = Number(line);
    assert.ok(Number.isFinite(number), `the reader was served until the kill, but it said: ${line}`);
    reached = number;
  }
  await delay(random.next() * JITTER_MS);
  const killedAt = Date.now();
  await daemon.kill();
  for (const line of await reader.finish()) if (Number.isFinite(Number(line))) reached = Number(line);
  return { reached, killedAt };
}

/** Blocks that were whole on disk at a kill, seen from outside: a reader had them, or their GET had long ended. */
class FinishedBlocks {
  readonly #blocks = new Set<number>();

  get count(): number {
    return this.#blocks.size;
  }

  add(offset: number, end: number): void {
    const last = Math.floor(end / BLOCK_BYTES);
    for (let block = Math.ceil(offset / BLOCK_BYTES); block < last; block++) this.#blocks.add(block);
  }

  /** No request sent a byte of them. */
  assertUntouched(requests: readonly NginxRequest[]): void {
    for (const request of requests) {
      const { offset, end } = stretchOf(request);
      // A GET of the first byte asks for the length and the version.
      if (end - offset <= 1) continue;
      for (let block = Math.floor(offset / BLOCK_BYTES); block * BLOCK_BYTES < end; block++) {
        assert.ok(
          !this.#blocks.has(block),
          `block ${block} was finished and fetched again: ${request.range}`,
        );
      }
    }
  }
}

export async function showCrashes(scope: Scope, size: CrashSize): Promise<Figures> {
  const random = seededRandom("kill -9");
  const origin = await startNginx({ locations: ["limit_rate 24m;"] });
  scope.after(() => origin.stop());
  const file = await writeLarge(origin, { name: "model.bin", bytes: size.fileBytes, seed: 6 });
  const daemon = await mountedDaemon(scope);
  const path = daemon.path(origin.url("model.bin"));
  const finished = new FinishedBlocks();
  const restartsMs: number[] = [];
  let total = 0;
  for (let kill = 0; kill < size.kills; kill++) {
    // Spread over the file, so that each round has bytes of its own to fetch.
    const offset = ((kill + random.next() * 0.8) * size.fileBytes) / size.kills;
    const { reached, killedAt } = await killAt(scope, daemon, path, offset, random);
    const requests = await origin.log();
    finished.assertUntouched(requests);
    finished.add(0, reached);
    for (const request of requests.filter(({ at }) => at < killedAt - SETTLED_MS)) {
      const { offset: from, end } = stretchOf(request);
      finished.add(from, end);
    }
    total += await origin.bytesSent("/model.bin");
    await origin.clearLog();
    const begin = performance.now();
    await daemon.start();
    await daemon.mount();
    restartsMs.push(performance.now() - begin);
  }
  const known = finished.count;
  assert.equal(await catSha256(path, { timeoutMs: READ_MS }), await sha256(file));
  finished.assertUntouched(await origin.log());
  total += await origin.bytesSent("/model.bin");
  return {
    kills: `${size.kills}, SEED=${random.seed}`,
    file: `${formatBytes(size.fileBytes)}, sha256 as the origin's`,
    "fetched again": `none of the ${known} blocks known to be finished at the last kill`,
    "origin sent in all": `${formatBytes(total)}, ${(total / size.fileBytes).toFixed(3)} of the file`,
    "daemon started and mounted again in": `${formatMs(Math.max(...restartsMs))} at most`,
  };
}
