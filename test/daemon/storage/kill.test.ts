/** A process that is killed at a random moment, again and again on one folder: what it was promised is there, and every marked byte is right. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/logger.ts";
import { DiskStorage } from "../../../daemon/storage/disk-storage.ts";
import { type SeededRandom, seededRandom } from "../../base/seeded-random.ts";
import { blockBytes, digestOf, readBlock, setBits } from "../../suites/storage-fixtures.ts";
import { temporaryFolder } from "./disk-fixture.ts";

const CHILD = fileURLToPath(new URL("./storage-child.js", import.meta.url));
const ROUNDS = 12;

/** What the killed process was told: task → pieces that must be finished; undefined: anything may be. */
type Promised = Map<string, Set<number> | undefined>;

function note(promised: Promised, line: string): void {
  const [what, id = "", piece] = line.split(" ");
  const pieces = promised.get(id);
  if (what === "opening" && !promised.has(id)) promised.set(id, undefined);
  else if (what === "open") promised.set(id, pieces ?? new Set());
  else if (what === "finished") pieces?.add(Number(piece));
  else if (what === "discarding" || what === "discarded") pieces?.delete(1);
  else if (what === "evicting") pieces?.delete(Number(piece));
  else if (what === "deleting") promised.set(id, undefined);
  else if (what === "deleted") promised.delete(id);
}

async function runAndKill(dir: string, random: SeededRandom, promised: Promised): Promise<void> {
  const child = spawn(process.execPath, [CHILD, dir, String(random.below(2 ** 32))], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  // So many things happen before the end, and a moment more: not a time, which a busy machine would fill with nothing.
  let left = random.below(60);
  let reached = () => {};
  const reaching = new Promise<void>((resolve) => {
    reached = resolve;
  });
  lines.on("line", (line) => {
    if (line !== "begun") note(promised, line);
    left -= 1;
    if (left < 0) reached();
  });
  const ended = Promise.all([once(child, "exit"), once(lines, "close")]);
  await Promise.race([reaching, ended]);
  await wait(random.below(20));
  child.kill("SIGKILL");
  const [[, signal]] = await ended;
  assert.equal(signal, "SIGKILL", "it worked until it was killed");
}

async function check(dir: string, promised: Promised): Promise<number> {
  const storage = await DiskStorage.open({ dir, clock: systemClock, log: silentLogger });
  let seen = 0;
  try {
    for (const [id, pieces] of promised)
      if (pieces !== undefined) assert.ok(storage.record(id), `${id} is known`);
    for (const { id } of storage.records()) {
      const task = await storage.open(id);
      assert.ok(promised.has(id), `${id} was not deleted`);
      for (const piece of promised.get(id) ?? [])
        assert.ok(task.hasPiece(piece), `piece ${piece} of ${id} is finished`);
      for (const block of setBits(task.blocks)) {
        assert.ok(readBlock(task, block).equals(blockBytes(task, block)), `block ${block} of ${id}`);
        seen += 1;
      }
      for (const record of await task.pieceRecords([0, 1, 2]))
        assert.equal(record.digest, digestOf(task, record.number));
      promised.set(id, new Set(setBits(task.pieces)));
      await task.close();
    }
    for (const [id, pieces] of promised)
      if (pieces === undefined && storage.record(id) === undefined) promised.delete(id);
  } finally {
    await storage.close();
  }
  return seen;
}

test(`kill -9, ${ROUNDS} times at random moments, loses nothing that was promised`, async (t) => {
  const random = seededRandom("kill");
  const dir = join(temporaryFolder(t), "storage");
  const promised: Promised = new Map();
  let seen = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await runAndKill(dir, random, promised);
    seen += await check(dir, promised);
  }
  assert.ok(seen > 0, "some bytes were there to look at");
});
