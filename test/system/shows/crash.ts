/** A daemon killed in mid-read, again and again: what a reader had read is never fetched again, and the file is right. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { BLOCK_BYTES } from "../../../base/limits.ts";
import { type SeededRandom, seededRandom } from "../../base/seeded-random.ts";
import { type NginxOrigin, startNginx } from "../../origin/nginx.ts";
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

/** Reads on from the start until the offset is passed, kills the daemon, and resolves to what the reader had by then. */
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
  await daemon.kill();
  for (const line of await reader.finish()) if (Number.isFinite(Number(line))) reached = Number(line);
  return reached;
}

/** No request sent a byte of the blocks that were read before. */
async function assertNothingAgain(origin: NginxOrigin, reached: number, name: string): Promise<void> {
  const readBlocks = Math.floor(reached / BLOCK_BYTES) * BLOCK_BYTES;
  for (const request of await origin.log()) {
    const { offset, end } = stretchOf(request);
    // A GET of the first byte asks for the length and the version.
    if (request.uri !== name || end - offset <= 1) continue;
    assert.ok(
      offset >= readBlocks,
      `${request.range} was fetched again although a reader had read up to ${reached}`,
    );
  }
}

export async function showCrashes(scope: Scope, size: CrashSize): Promise<Figures> {
  const random = seededRandom("kill -9");
  const origin = await startNginx({ locations: ["limit_rate 24m;"] });
  scope.after(() => origin.stop());
  const file = await writeLarge(origin, { name: "model.bin", bytes: size.fileBytes, seed: 6 });
  const daemon = await mountedDaemon(scope);
  const path = daemon.path(origin.url("model.bin"));
  let total = 0;
  let reached = 0;
  const restartsMs: number[] = [];
  for (let kill = 0; kill < size.kills; kill++) {
    // Spread over the file, so that each round has bytes of its own to fetch.
    const from = (size.fileBytes * kill) / size.kills;
    const offset = from + random.next() * (size.fileBytes / size.kills) * 0.8;
    const readBefore = reached;
    reached = Math.max(reached, await killAt(scope, daemon, path, offset, random));
    total += await origin.bytesSent("/model.bin");
    await assertNothingAgain(origin, readBefore, "/model.bin");
    await origin.clearLog();
    const begin = performance.now();
    await daemon.start();
    await daemon.mount();
    restartsMs.push(performance.now() - begin);
  }
  assert.equal(await catSha256(path, { timeoutMs: READ_MS }), await sha256(file));
  await assertNothingAgain(origin, reached, "/model.bin");
  total += await origin.bytesSent("/model.bin");
  return {
    kills: `${size.kills}, SEED=${random.seed}`,
    file: `${formatBytes(size.fileBytes)}, sha256 as the origin's`,
    "origin sent in all": `${formatBytes(total)}, ${(total / size.fileBytes).toFixed(3)} of the file`,
    "daemon started and mounted again in": `${formatMs(Math.max(...restartsMs))} at most`,
  };
}
