/**
 * How many fetches may run at once: in the daemon, to one origin, and a few more for blocked readers. It starts
 * nothing; tasks ask before they fetch and are called back when a slot is free, most urgent first.
 */
import { PRIORITIES, type WantPriority } from "../piece/want-list.ts";

export interface FetchSlotLimits {
  readonly daemonMax: number;
  readonly originMax: number;
  /** Slots beyond both that only `demand` may take. */
  readonly demandExtra: number;
}

/** Gives its slot back; idempotent. */
export type Release = () => void;

export class FetchSlots {
  readonly #limits: FetchSlotLimits;
  readonly #perOrigin = new Map<string, number>();
  readonly #hungry = new Map<() => void, number>();
  #taken = 0;
  #waking = false;

  constructor(limits: FetchSlotLimits) {
    this.#limits = limits;
  }

  /** Slots taken now. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes a slot, or remembers `retry` to be called once when one is free. */
  take(priority: WantPriority, origin: string, retry: () => void): Release | undefined {
    const extra = priority === "demand" ? this.#limits.demandExtra : 0;
    const ofOrigin = this.#perOrigin.get(origin) ?? 0;
    if (this.#taken >= this.#limits.daemonMax + extra || ofOrigin >= this.#limits.originMax + extra) {
      const rank = PRIORITIES.indexOf(priority);
      this.#hungry.set(retry, Math.min(rank, this.#hungry.get(retry) ?? rank));
      return undefined;
    }
    this.#taken += 1;
    this.#perOrigin.set(origin, ofOrigin + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#taken -= 1;
      const left = (this.#perOrigin.get(origin) ?? 1) - 1;
      if (left === 0) this.#perOrigin.delete(origin);
      else this.#perOrigin.set(origin, left);
      this.#wake();
    };
  }

  /** Forgets a task that no longer waits. */
  forget(retry: () => void): void {
    this.#hungry.delete(retry);
  }

  #wake(): void {
    if (this.#waking || this.#hungry.size === 0) return;
    this.#waking = true;
    queueMicrotask(() => {
      this.#waking = false;
      const waiting = [...this.#hungry].sort((a, b) => a[1] - b[1]);
      this.#hungry.clear();
      // Those that find no slot put themselves back.
      for (const [retry] of waiting) retry();
    });
  }
}
