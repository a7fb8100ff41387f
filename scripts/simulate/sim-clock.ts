/** A clock for simulations: timers in a heap, fired one after the other as fast as they can be. */
import type { Clock, Timer } from "../../base/clock.ts";

class Entry implements Timer {
  readonly atMs: number;
  readonly order: number;
  fire: (() => void) | undefined;

  constructor(atMs: number, order: number, fire: () => void) {
    this.atMs = atMs;
    this.order = order;
    this.fire = fire;
  }

  cancel(): void {
    this.fire = undefined;
  }
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
    const entry = new Entry(this.#nowMs + Math.max(0, delayMs), this.#made++, fire);
    this.#push(entry);
    return entry;
  }

  /**
   * Fires timers until there is none before `untilMs`, or until it is over. Promises that were kept at one moment are all followed
   * before time goes on: each timer is fired by a tick of Node's, and there is none before all its microtasks have run.
   */
  run(untilMs: number, isOver: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let fired = 0;
      const goOn = () => {
        fired += 1;
        // Now and then the rest of the process has its turn.
        if (fired % 65_536 === 0) setImmediate(step);
        else process.nextTick(step);
      };
      const step = () => {
        try {
          if (isOver() || !this.step(untilMs)) return resolve();
        } catch (error) {
          return reject(error);
        }
        queueMicrotask(goOn);
        return undefined;
      };
      setImmediate(step);
    });
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
