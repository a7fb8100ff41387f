/**
 * A process that works on a storage until it is killed: makes tasks, fills them through the pump, finishes pieces, deletes, and says on
 * stdout what it was promised. Started by kill.test.ts: storage-child.js DIR SEED
 */
import { writeSync } from "node:fs";
import { systemClock } from "../../../base/clock.ts";
import { BufferPool, FilePump } from "../../../base/file-pump.ts";
import { BLOCK_BYTES } from "../../../base/limits.ts";
import { silentLogger } from "../../../base/logger.ts";
import { DiskStorage } from "../../../daemon/storage/disk-storage.ts";
import type { Storage, StoredTask } from "../../../daemon/storage/storage.ts";
import { blockBytes, blocksOfPiece, recordOf } from "../../suites/storage-fixtures.ts";

const [dir = "", seed = "0"] = process.argv.slice(2);
const pool = new BufferPool(8 * BLOCK_BYTES);
let state = Number(seed) >>> 0;

function below(bound: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * bound);
}

function say(...words: (string | number)[]): void {
  writeSync(1, `${words.join(" ")}\n`);
}

/** Fetches a piece as a source does. */
async function fetchPiece(task: StoredTask, piece: number): Promise<void> {
  const blocks = blocksOfPiece(task, piece);
  const offset = (blocks[0] ?? 0) * BLOCK_BYTES;
  const length = Math.min(blocks.length * BLOCK_BYTES, task.record.contentLength - offset);
  const pump = new FilePump(
    { fd: task.fd, offset, length, onBlock: (block, _length, crc) => task.setBlock(block, crc) },
    pool,
  );
  for (const block of blocks) {
    const bytes = blockBytes(task, block);
    for (let at = 0; at < bytes.length; at += 100_000) await pump.write(bytes.subarray(at, at + 100_000));
  }
  await pump.end();
  await task.finishPiece(piece, { parentId: `peer-${piece}`, costMs: 1 });
  say("finished", task.record.id, piece);
}

async function work(storage: Storage, id: string): Promise<void> {
  for (;;) {
    say("opening", id);
    const known = storage.record(id) !== undefined;
    const task = await (known ? storage.open(id) : storage.create(recordOf(id)));
    say("open", id);
    const pieces = [0, 1, 2].filter((piece) => !task.hasPiece(piece));
    await Promise.all(pieces.slice(0, 1 + below(3)).map((piece) => fetchPiece(task, piece)));
    if (below(4) === 0) await task.sync();
    if (below(5) === 0) {
      say("discarding", id);
      await task.discard(5 * BLOCK_BYTES, 1);
      say("discarded", id, 1);
    }
    if (storage.canEvict && below(3) === 0) {
      const piece = below(3);
      say("evicting", id, piece);
      const [start = 0] = blocksOfPiece(task, piece);
      await task.evict({ start: start + below(2), end: start + 3 });
    }
    await task.close();
    if (below(6) === 0) {
      say("deleting", id);
      await storage.delete(id);
      say("deleted", id);
    }
  }
}

const storage = await DiskStorage.open({ dir, clock: systemClock, log: silentLogger });
say("begun");
await Promise.all(["task-a", "task-b", "other-c"].map((id) => work(storage, id)));
