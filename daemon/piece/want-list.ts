/**
 * Which blocks of one task are wanted, how urgently, and which to fetch next. Pure bookkeeping: it neither fetches nor
 * waits. Ranges are half-open, in blocks. Kept by the task (daemon/engine/task.ts), which tells it what is in
 * the file and what is under way.
 */
import { firstClear, hasBit } from "./bits.ts";

/** How urgent, most urgent first; the index in this list is the rank. */
export const PRIORITIES = ["demand", "read-ahead", "copy", "warm", "seed"] as const;
export type WantPriority = (typeof PRIORITIES)[number];

/** A stretch of blocks [start, end). */
export interface BlockRange {
  readonly start: number;
  readonly end: number;
}

/** Someone's interest in a stretch. `owner` groups what one opening wants, so that closing it takes all of it back. */
export interface Want {
  readonly owner: object;
  readonly priority: WantPriority;
  start: number;
  end: number;
}

/** A fetch to begin: blocks of one piece, none of them present or under way. */
export interface FetchPlan extends BlockRange {
  readonly priority: WantPriority;
}

/** What the list must know of the task to choose. */
export interface TaskView {
  /** Blocks in the file. */
  readonly blocks: Uint8Array;
  readonly blockCount: number;
  readonly blocksPerPiece: number;
  /** True while a fetch of the block is under way, or it must rest before the next try. */
  readonly blocked: (block: number) => boolean;
  /** Bit per piece of which nothing is to be begun now. Default: none. */
  readonly held?: Uint8Array;
  /** False: the origin only streams the whole from its start; any fetch is of everything. */
  readonly ranges: boolean;
}

export class WantList {
  #wants: Want[] = [];

  get size(): number {
    return this.#wants.length;
  }

  /** Somebody is blocked, or was until just now. */
  get hasDemand(): boolean {
    return this.#wants.some(({ priority }) => priority === "demand");
  }

  /** Adds interest; wants of equal priority are served in the order they were added. */
  add(want: Want): void {
    this.#wants.push(want);
  }

  /** Drops one want. */
  remove(want: Want): void {
    const index = this.#wants.indexOf(want);
    if (index !== -1) this.#wants.splice(index, 1);
  }

  /** Drops all wants of an owner, or only those at other priorities than demand. */
  removeOwner(owner: object, keepDemand = false): void {
    this.#wants = this.#wants.filter(
      (want) => want.owner !== owner || (keepDemand && want.priority === "demand"),
    );
  }

  /** Takes a stretch out of the owner's wants below demand. */
  subtract(owner: object, range: BlockRange): void {
    const kept: Want[] = [];
    for (const want of this.#wants) {
      const apart =
        want.owner !== owner ||
        want.priority === "demand" ||
        want.end <= range.start ||
        want.start >= range.end;
      if (apart) {
        kept.push(want);
        continue;
      }
      if (want.start < range.start) kept.push({ ...want, end: range.start });
      if (want.end > range.end) kept.push({ ...want, start: range.end });
    }
    this.#wants = kept;
  }

  /** Drops every want that overlaps the stretch and is below demand: it failed, and nobody is blocked on it. */
  dropFailed(range: BlockRange): void {
    this.#wants = this.#wants.filter(
      (want) => want.priority === "demand" || want.end <= range.start || want.start >= range.end,
    );
  }

  /** Whether somebody's want of any of the stretch is one of those. */
  some(range: BlockRange, isOne: (want: Want) => boolean): boolean {
    return this.#wants.some((want) => want.start < range.end && want.end > range.start && isOne(want));
  }

  /** What is to be fetched first; undefined: nothing now. */
  next(view: TaskView): FetchPlan | undefined {
    for (const plan of this.plans(view)) return plan;
    return undefined;
  }

  /**
   * What could be fetched now, most urgent first, in one pass: a plan that was neither begun nor held back does not come again.
   * The task may be told of meanwhile.
   */
  *plans(view: TaskView): Generator<FetchPlan> {
    this.#wants = this.#wants.filter((want) => {
      want.start = firstClear(view.blocks, want.start, want.end);
      return want.start < want.end;
    });
    for (const priority of PRIORITIES)
      for (const want of this.#wants.filter((one) => one.priority === priority)) {
        let from = want.start;
        while (this.#wants.includes(want)) {
          const plan = this.#planFor(want, from, view);
          if (plan === undefined) break;
          from = plan.end;
          yield plan;
        }
      }
  }

  #planFor(want: Want, from: number, view: TaskView): FetchPlan | undefined {
    const start = firstFetchable(view, from, want.end);
    if (start >= want.end) return undefined;
    if (!view.ranges)
      return view.blocked(0) || (view.held !== undefined && hasBit(view.held, 0))
        ? undefined
        : { start: 0, end: view.blockCount, priority: want.priority };
    // To the end of what somebody wants, within the piece: a GET never carries bytes nobody asked for.
    const pieceEnd = Math.min(
      view.blockCount,
      (Math.floor(start / view.blocksPerPiece) + 1) * view.blocksPerPiece,
    );
    let end = start + 1;
    while (end < pieceEnd && this.#wanted(end) && !hasBit(view.blocks, end) && !view.blocked(end)) end += 1;
    return { start, end, priority: want.priority };
  }

  #wanted(block: number): boolean {
    return this.#wants.some((want) => want.start <= block && block < want.end);
  }
}

function firstFetchable(view: TaskView, from: number, to: number): number {
  const { blocks, blocksPerPiece, held } = view;
  let block = firstClear(blocks, from, to);
  while (block < to) {
    const piece = Math.floor(block / blocksPerPiece);
    if (held !== undefined && hasBit(held, piece)) {
      const free = firstClear(held, piece + 1, Math.ceil(to / blocksPerPiece));
      block = firstClear(blocks, Math.min(to, free * blocksPerPiece), to);
    } else if (view.blocked(block)) block = firstClear(blocks, block + 1, to);
    else break;
  }
  return block;
}
