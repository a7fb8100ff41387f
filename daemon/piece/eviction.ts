/**
 * Which blocks of open tasks go first when there is no more room. Pure: it is shown bits, readers and uses, and answers in
 * which order blocks may go; whoever asks evicts them. Ranges are half-open, in blocks.
 */
import { hasBit } from "./bits.ts";
import type { BlockRange } from "./want-list.ts";

/** A reader that goes through the content in order. */
export interface SequentialReader {
  /** Where it began. */
  readonly start: number;
  /** The block it has come to; it is not done with it. */
  readonly at: number;
  /** Up to here blocks are being fetched ahead of it; at most `at` when none are. */
  readonly aheadEnd: number;
}

/** One open task, as the choice sees it. */
export interface EvictableTask {
  readonly blocks: Uint8Array;
  readonly blockCount: number;
  readonly blocksPerPiece: number;
  readonly readers: readonly SequentialReader[];
  /** Somebody waits for the block, reads it, or has only just got it. */
  readonly isNeeded: (block: number) => boolean;
  /** When blocks of the piece were last read or came, as far as is known; any clock. */
  readonly usedMs: (piece: number) => number;
}

/**
 * How much is given up, least first. `passed`: what sequential readers have behind them. `unused`: also what was used longest
 * ago. `ahead`: also what a reader comes to later. `windows`: even what was fetched ahead, but for the blocks next to a reader.
 */
const SACRIFICES = ["passed", "unused", "ahead", "windows"] as const;
export type Sacrifice = (typeof SACRIFICES)[number];

/** Blocks of one piece, all present. */
export interface EvictableSpan<Task> extends BlockRange {
  readonly task: Task;
  /** Higher goes first. */
  readonly rank: number;
}

export interface EvictionChoice<Task> {
  /** First to go first. */
  readonly spans: readonly EvictableSpan<Task>[];
  /** Whether blocks were passed over that will be free in a while: read, waited for, or ahead of a reader. */
  readonly othersMove: boolean;
}

/** Blocks behind a reader that it may come back to (READ_STREAM_BACKWARD_BYTES). */
const KEPT_BEHIND = 1;
/** Blocks ahead of a reader that are kept whatever happens: it reads them next, and the kernel asks ahead of it. */
const KEPT_AHEAD = 2;

/** Chooses among the present blocks of all tasks those that one sacrifice gives, and no lesser one does. */
export function chooseEvictions<Task extends EvictableTask>(
  tasks: Iterable<Task>,
  sacrifice: Sacrifice,
): EvictionChoice<Task> {
  const spans: EvictableSpan<Task>[] = [];
  let othersMove = false;
  for (const task of tasks) {
    let last: { task: Task; start: number; end: number; rank: number } | undefined;
    for (const block of presentBlocks(task)) {
      const found = task.isNeeded(block) ? "needed" : placeOf(task, block);
      if (found === "needed" || found.sacrifice !== sacrifice) {
        if (found === "needed" || found.sacrifice === "windows") othersMove = true;
        last = undefined;
      } else if (last?.end === block && block % task.blocksPerPiece !== 0) {
        last.end = block + 1;
      } else {
        last = { task, start: block, end: block + 1, rank: found.rank };
        spans.push(last);
      }
    }
  }
  spans.sort((a, b) => b.rank - a.rank);
  return { spans, othersMove };
}

function* presentBlocks({ blocks, blockCount }: EvictableTask): Generator<number> {
  for (let byte = 0; byte < blocks.length; byte++) {
    if (blocks[byte] === 0) continue;
    const end = Math.min(blockCount, byte * 8 + 8);
    for (let block = byte * 8; block < end; block++) if (hasBit(blocks, block)) yield block;
  }
}

/** What must be sacrificed for a block to go, and its rank among its like; "needed": a reader is at it. */
function placeOf(
  task: EvictableTask,
  block: number,
): { readonly sacrifice: Sacrifice; readonly rank: number } | "needed" {
  let ahead = Number.POSITIVE_INFINITY;
  let behind = Number.POSITIVE_INFINITY;
  let inWindow = false;
  for (const { start, at, aheadEnd } of task.readers) {
    if (block >= at - KEPT_BEHIND && block < at + KEPT_AHEAD) return "needed";
    if (block >= at) {
      ahead = Math.min(ahead, block - at);
      inWindow ||= block < aheadEnd;
    } else if (block >= start) behind = Math.min(behind, at - block);
  }
  if (inWindow) return { sacrifice: "windows", rank: ahead };
  if (ahead !== Number.POSITIVE_INFINITY) return { sacrifice: "ahead", rank: ahead };
  if (behind !== Number.POSITIVE_INFINITY) return { sacrifice: "passed", rank: behind };
  return { sacrifice: "unused", rank: -task.usedMs(Math.floor(block / task.blocksPerPiece)) };
}
