/**
 * Makes room in the storage, giving up as little as will do: tasks that nobody has open, least recently used first; then
 * pieces of open ones (daemon/piece/eviction.ts says in which order). It claims nothing.
 */
import type { Clock } from "../../base/clock.ts";
import { COLLECT_AGAIN_MS, EVICTION_AHEAD_BYTES_MAX } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { chooseEvictions, type EvictableTask, type Sacrifice } from "../piece/eviction.ts";
import type { BlockRange } from "../piece/want-list.ts";
import type { Storage } from "../storage/storage.ts";
import type { Room, RoomNeed } from "./room-claims.ts";

/** An open task that may lose blocks. */
export interface Evictable {
  /** undefined: nothing of it may go. */
  evictable(nowMs: number): EvictableTask | undefined;
  /** See StoredTask.evict. */
  evict(blocks: BlockRange): Promise<number>;
}

export interface RoomMakerOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Logger;
  /** Tasks open now. */
  readonly tasks: () => Iterable<Evictable>;
}

export class RoomMaker implements Room {
  readonly #options: RoomMakerOptions;
  #roomBytes = Number.POSITIVE_INFINITY;
  /** Until then no task is looked for that could go as a whole: there was none a moment ago. */
  #barrenUntilMs = 0;

  constructor(options: RoomMakerOptions) {
    this.#options = options;
  }

  /** What cached content has and may have, bytes, as of the last look. */
  get roomBytes(): number {
    return this.#roomBytes;
  }

  get availableBytes(): number {
    return this.#options.storage.availableBytes;
  }

  async look(): Promise<void> {
    const { cacheBytes, availableBytes } = await this.#options.storage.usage();
    this.#roomBytes = cacheBytes + availableBytes;
  }

  async make({ bytes, leastBytes, priority, impatient }: RoomNeed): Promise<boolean> {
    // A little more at once, so that not every block looks through all tasks.
    const ampleBytes = bytes + Math.min(EVICTION_AHEAD_BYTES_MAX, Math.floor(this.#roomBytes / 32));
    await this.#collect(bytes, false);
    if (await this.#has(bytes)) return false;
    let othersMove = await this.#evict("passed", ampleBytes);
    if (await this.#has(bytes)) return false;
    await this.#collect(bytes, true);
    if (await this.#has(bytes)) return false;
    othersMove = (await this.#evict("unused", ampleBytes)) || othersMove;
    // What a reader comes to later is fetched twice when it goes: only somebody who is blocked is worth that.
    if (priority === "demand" && !(await this.#has(leastBytes)))
      othersMove = (await this.#evict("ahead", leastBytes)) || othersMove;
    if (priority === "demand" && impatient && !(await this.#has(leastBytes)))
      othersMove = (await this.#evict("windows", leastBytes)) || othersMove;
    if (!(await this.#has(leastBytes))) {
      this.#barrenUntilMs = 0;
      await this.#collect(leastBytes, true);
    }
    return othersMove;
  }

  /** Whole tasks. Looks through all there are, so not again and again when there was nothing. */
  async #collect(bytes: number, freshToo: boolean): Promise<void> {
    const { storage, clock } = this.#options;
    if (clock.monotonicMs() < this.#barrenUntilMs) return;
    const collected = await storage.collect(bytes, { freshToo });
    if (freshToo && collected.length === 0) this.#barrenUntilMs = clock.monotonicMs() + COLLECT_AGAIN_MS;
  }

  async #has(bytes: number): Promise<boolean> {
    await this.look();
    return this.availableBytes >= bytes;
  }

  /** @returns whether more could go before long */
  async #evict(sacrifice: Sacrifice, bytes: number): Promise<boolean> {
    const { storage, clock, tasks } = this.#options;
    if (!storage.canEvict) return false;
    const nowMs = clock.monotonicMs();
    const views: (EvictableTask & { readonly evict: Evictable["evict"] })[] = [];
    for (const task of tasks()) {
      const view = task.evictable(nowMs);
      if (view !== undefined) views.push({ ...view, evict: (blocks) => task.evict(blocks) });
    }
    const { spans, othersMove } = chooseEvictions(views, sacrifice);
    for (const { task, start, end } of spans) {
      if (await this.#has(bytes)) break;
      await this.#evictSpan(task, { start, end });
    }
    return othersMove;
  }

  /** What has come into use since it was chosen stays; what cannot be evicted is no reason to stop. */
  async #evictSpan(task: EvictableTask & Pick<Evictable, "evict">, span: BlockRange): Promise<void> {
    // Whole from one used block to the next: one that came into use meanwhile splits it.
    for (let start = span.start; start < span.end; ) {
      if (task.isNeeded(start)) {
        start += 1;
        continue;
      }
      let end = start + 1;
      while (end < span.end && !task.isNeeded(end)) end += 1;
      try {
        await task.evict({ start, end });
      } catch (error) {
        this.#options.log.warn({ reason: fromUnknown(error).message }, "eviction-failed");
        return;
      }
      start = end;
    }
  }
}
