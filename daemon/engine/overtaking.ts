/** When a blocked reader's blocks are fetched beside a fetch that would bring them too late. Pure. */
import { BLOCK_BYTES, HEDGE_MS, OVERTAKE_MS } from "../../base/limits.ts";
import { hasBit } from "../piece/bits.ts";
import type { FetchPlan } from "../piece/want-list.ts";
import { type Fetch, megabytesPerSecond } from "./fetch.ts";

/** A reader that waits, and the block it waits for. */
interface BlockedReader {
  readonly next: number;
  readonly end: number;
  readonly sinceMs: number;
}

/** What to ask the source for, at once, for this reader; undefined: what is under way serves him well enough. */
export function overtakeFor(
  reader: BlockedReader,
  fetches: Iterable<Fetch>,
  blocks: Uint8Array,
  nowMs: number,
): FetchPlan | undefined {
  if (nowMs - reader.sinceMs < OVERTAKE_MS) return undefined;
  const running = [...fetches].filter((fetch) => fetch.next <= reader.next && reader.next < fetch.end);
  const [first] = running;
  if (first === undefined || running.length > 1 || !isLate(first, reader, nowMs)) return undefined;
  const end = firstPresent(blocks, reader.next, Math.min(reader.end, first.end));
  return { start: reader.next, end, priority: "demand" };
}

function isLate(fetch: Fetch, reader: BlockedReader, nowMs: number): boolean {
  // Nothing of a parent's piece can be read before all of it came and was checked.
  if (fetch.parent !== undefined) return nowMs - fetch.startedMs >= HEDGE_MS;
  // A seed has to ask the source first, which we can as well.
  if (fetch.seed !== undefined && nowMs - fetch.progressMs >= HEDGE_MS) return true;
  const aheadBytes = (reader.next - fetch.next) * BLOCK_BYTES;
  return reader.next !== fetch.next && aheadBytes / 1000 / megabytesPerSecond(fetch, nowMs) >= OVERTAKE_MS;
}

function firstPresent(bits: Uint8Array, from: number, to: number): number {
  let index = from + 1;
  while (index < to && !hasBit(bits, index)) index += 1;
  return index;
}
