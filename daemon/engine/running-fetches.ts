/** The fetches of one task that are under way, and what they are about to bring. */
import { TASK_FETCHES_MAX } from "../../base/limits.ts";
import type { BlockRange } from "../piece/want-list.ts";
import type { Fetch } from "./fetch.ts";

export class RunningFetches implements Iterable<Fetch> {
  readonly #all = new Set<Fetch>();

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<Fetch> {
    return this.#all.values();
  }

  add(fetch: Fetch): void {
    this.#all.add(fetch);
  }

  delete(fetch: Fetch): void {
    this.#all.delete(fetch);
  }

  /** Whether one is about to write the block, or to compare it. */
  brings(block: number): boolean {
    for (const fetch of this.#all) if (fetch.next <= block && block < fetch.end) return true;
    return false;
  }

  /** Whether one is about to bring a block of the stretch. */
  bringsAnyOf({ start, end }: BlockRange): boolean {
    for (const fetch of this.#all) if (fetch.next < end && fetch.end > start) return true;
    return false;
  }

  /** Whether there are many, and none within `blocks` of the block. */
  areFarFrom(block: number, blocks: number): boolean {
    if (this.#all.size < TASK_FETCHES_MAX / 2) return false;
    for (const { start, end } of this.#all) if (block >= start - blocks && block < end + blocks) return false;
    return true;
  }

  /** Resolves when those of now are over, however they end. */
  async ended(): Promise<void> {
    await Promise.allSettled([...this.#all].map((fetch) => fetch.ended));
  }
}
