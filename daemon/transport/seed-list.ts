/**
 * Which seed peers there are, which of them a task belongs to, and which are left alone for a while. Asked for again when it is
 * used and old; who asks never waits for the answer.
 */
import type { Clock } from "../../base/clock.ts";
import { SEED_LIST_AGE_MS, SEED_LIST_RETRY_MS, SEEDS_MAX } from "../../base/limits.ts";
import { createHashRing, type HashRing, type RingAddress } from "../task/hash-ring.ts";
import type { Seed } from "./seeds.ts";

export interface SeedListOptions {
  readonly clock: Clock;
  /** Who they are now, this host aside. @throws P2pfsError when nobody can say */
  readonly ask: () => Promise<readonly Seed[]>;
}

export class SeedList {
  readonly #options: SeedListOptions;
  #ring: HashRing<RingAddress & { readonly seed: Seed }> = createHashRing([]);
  #seeds: readonly Seed[] = [];
  /** Host id → until when it is not named, monotonic ms. */
  readonly #rests = new Map<string, number>();
  #isKnown = false;
  #askAgainMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(options: SeedListOptions) {
    this.#options = options;
  }

  /** The task's seed among those that do not rest. */
  of(taskId: string): Seed | "unknown" | "none" {
    void this.look();
    if (!this.#isKnown) return "unknown";
    this.#endRests();
    return this.#ring.pick(taskId)?.seed ?? "none";
  }

  /** Resolves when the first question is over. */
  async known(): Promise<void> {
    if (!this.#isKnown) await this.look();
  }

  /** Asks, if that is due. Never fails. */
  look(): Promise<void> {
    if (this.#asking === undefined && this.#options.clock.monotonicMs() >= this.#askAgainMs)
      this.#asking = this.#look().finally(() => {
        this.#asking = undefined;
      });
    return this.#asking ?? Promise.resolve();
  }

  /** Asks now: those who know may have changed. */
  lookAnew(): void {
    this.#askAgainMs = Number.NEGATIVE_INFINITY;
    void this.look();
  }

  /** The seed is not named for so long. */
  rest({ hostId }: Seed, forMs: number): void {
    this.#rests.set(hostId, this.#options.clock.monotonicMs() + forMs);
    this.#makeRing();
  }

  async #look(): Promise<void> {
    const { clock, ask } = this.#options;
    let againMs = SEED_LIST_RETRY_MS;
    try {
      this.#seeds = (await ask()).slice(0, SEEDS_MAX);
      if (this.#seeds.length > 0) againMs = SEED_LIST_AGE_MS;
      for (const hostId of this.#rests.keys())
        if (!this.#seeds.some((seed) => seed.hostId === hostId)) this.#rests.delete(hostId);
      this.#makeRing();
    } catch {
      // Those that are known serve on; there is no other use of the reason.
    }
    this.#isKnown = true;
    this.#askAgainMs = clock.monotonicMs() + againMs;
  }

  #endRests(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const over = [...this.#rests].filter(([, untilMs]) => untilMs <= nowMs);
    for (const [hostId] of over) this.#rests.delete(hostId);
    if (over.length > 0) this.#makeRing();
  }

  #makeRing(): void {
    const awake = this.#seeds.filter(({ hostId }) => !this.#rests.has(hostId));
    this.#ring = createHashRing(awake.map((seed) => ({ ip: seed.ip, port: seed.uploadPort, seed })));
  }
}
