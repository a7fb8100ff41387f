/** A clock for simulations: timers in a heap, fired one after the other as fast as they can be. */
import type { Clock, Timer } from "../../base/clock.ts";

interface Entry {
  readonly atMs: number;
  readonly order: number;
  fire: (() => void) | undefined;
}

export class SimClock implements Clock {
  #nowMs = 0;
  #made = 0;
  readonly #heap: Entry[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, fire: () => void): Timer {
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#made++, fire };
    this.#push(entry);
    return {
      cancel: () => {
        entry.fire = undefined;
      },
    };
  }

  /** Fires the next timer. @returns false when there is none before `untilMs` */
  step(untilMs: number): boolean {
    for (;;) {
      const [next] = this.#heap;
      if (next === undefined || next.atMs > untilMs) return false;
      this.#pop();
      if (next.fire === undefined) continue;
      this.#nowMs = next.atMs;
      next.fire();
      return true;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!isBefore(entry, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
