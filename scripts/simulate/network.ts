/**
 * The simulated network: hosts with access links and nothing scarce between them. Transfers are flows; at every epoch each gets its
 * max-min fair share of the two links it uses, by its weight. Within an epoch a new flow takes its share from the others of a link that is full.
 */
import type { Timer } from "../../base/clock.ts";
import type { SimClock } from "./sim-clock.ts";

/** One direction of a host's access link. */
export interface Link {
  /** Bytes a millisecond. */
  readonly capacity: number;
  readonly flows: Set<Flow>;
  /** Of all its flows. */
  weight: number;
  used: number;
}

interface Flow {
  readonly from: Link;
  readonly to: Link;
  readonly done: () => void;
  /** What it takes of a link, beside others. */
  readonly weight: number;
  left: number;
  rate: number;
  atMs: number;
  timer: Timer | undefined;
}

/** With more flows than that on its link, a new one takes only what is free until the next epoch: what it could take is little. */
const CROWD = 64;

export function newLink(bitsPerSecond: number): Link {
  return { capacity: bitsPerSecond / 8000, flows: new Set(), weight: 0, used: 0 };
}

export class Network {
  readonly #clock: SimClock;
  readonly #epochMs: number;
  readonly #weigh: () => number;
  readonly #flows = new Set<Flow>();
  #epochEndMs = 0;

  /**
   * @param epochMs between two looks at the fair shares
   * @param weigh draws a new flow's weight; default: all have the same
   */
  constructor(clock: SimClock, epochMs: number, weigh: () => number = () => 1) {
    this.#clock = clock;
    this.#epochMs = epochMs;
    this.#weigh = weigh;
    this.#epoch();
  }

  /** Sends bytes. @returns ends the transfer; idempotent */
  send(from: Link, to: Link, bytes: number, done: () => void): () => void {
    const weight = this.#weigh();
    const fair = Math.min(...[from, to].map((link) => (link.capacity * weight) / (link.weight + weight)));
    for (const link of [from, to]) if (link.flows.size <= CROWD) this.#makeRoom(link, fair);
    const rate = Math.max(0, Math.min(from.capacity - from.used, to.capacity - to.used));
    const atMs = this.#clock.nowMs();
    const flow: Flow = { from, to, done, weight, left: bytes, rate, atMs, timer: undefined };
    this.#flows.add(flow);
    for (const link of [from, to]) {
      link.flows.add(flow);
      link.weight += weight;
      link.used += rate;
    }
    this.#plan(flow);
    return () => this.#remove(flow);
  }

  /** Bytes a millisecond that are free on a link now. */
  free(link: Link): number {
    return Math.max(0, link.capacity - link.used);
  }

  #epoch(): void {
    const nowMs = this.#clock.nowMs();
    this.#epochEndMs = nowMs + this.#epochMs;
    for (const flow of this.#flows) {
      flow.left -= flow.rate * (nowMs - flow.atMs);
      flow.atMs = nowMs;
      flow.timer?.cancel();
      flow.timer = undefined;
    }
    share(this.#flows);
    for (const flow of this.#flows) this.#plan(flow);
    this.#clock.schedule(this.#epochMs, () => this.#epoch());
  }

  /** The flows of a link give up so much that a new one has its share. */
  #makeRoom(link: Link, rate: number): void {
    const missing = rate - (link.capacity - link.used);
    if (missing <= 0 || link.used <= 0) return;
    const factor = Math.max(0, 1 - missing / link.used);
    const nowMs = this.#clock.nowMs();
    for (const flow of link.flows) {
      flow.left -= flow.rate * (nowMs - flow.atMs);
      flow.atMs = nowMs;
      const given = flow.rate * (1 - factor);
      flow.rate -= given;
      flow.from.used -= given;
      flow.to.used -= given;
      flow.timer?.cancel();
      flow.timer = undefined;
      this.#plan(flow);
    }
  }

  #plan(flow: Flow): void {
    if (flow.rate <= 0) return;
    const inMs = Math.max(0, flow.left) / flow.rate;
    if (flow.atMs + inMs > this.#epochEndMs) return;
    flow.timer = this.#clock.schedule(inMs, () => {
      this.#remove(flow);
      flow.done();
    });
  }

  #remove(flow: Flow): void {
    if (!this.#flows.delete(flow)) return;
    flow.timer?.cancel();
    for (const link of [flow.from, flow.to]) {
      link.flows.delete(flow);
      link.weight = link.flows.size === 0 ? 0 : link.weight - flow.weight;
      link.used -= flow.rate;
    }
  }
}

/** Gives every flow its max-min fair rate: the most crowded link first. */
function share(flows: ReadonlySet<Flow>): void {
  const left = new Map<Link, { free: number; flows: number; weight: number }>();
  for (const flow of flows) {
    flow.rate = -1;
    for (const link of [flow.from, flow.to])
      if (!left.has(link))
        left.set(link, { free: link.capacity, flows: link.flows.size, weight: link.weight });
  }
  // Links by what a flow of weight 1 would get of them; entries that are out of date are put back with what holds now.
  const heap = new LinkHeap([...left].map(([link, { free, weight }]) => ({ link, fair: free / weight })));
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) {
    const state = left.get(next.link);
    if (state === undefined || state.flows === 0) continue;
    const fair = Math.max(0, state.free) / state.weight;
    if (fair > next.fair * (1 + 1e-9)) {
      heap.push({ link: next.link, fair });
      continue;
    }
    for (const flow of next.link.flows) {
      if (flow.rate >= 0) continue;
      flow.rate = fair * flow.weight;
      for (const link of [flow.from, flow.to]) {
        const each = left.get(link);
        if (each === undefined) continue;
        each.free -= flow.rate;
        each.weight -= flow.weight;
        each.flows -= 1;
      }
    }
  }
  for (const [link, { free }] of left) link.used = link.capacity - Math.max(0, free);
}

interface Fair {
  readonly link: Link;
  readonly fair: number;
}

class LinkHeap {
  readonly #heap: Fair[] = [];

  constructor(entries: readonly Fair[]) {
    for (const entry of entries) this.push(entry);
  }

  push(entry: Fair): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Fair;
      if (entry.fair >= above.fair) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  pop(): Fair | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Fair).fair < (heap[child] as Fair).fair) child += 1;
      if ((heap[child] as Fair).fair >= last.fair) break;
      heap[at] = heap[child] as Fair;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
