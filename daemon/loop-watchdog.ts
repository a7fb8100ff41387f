/**
 * Watches how late the event loop runs, and says so when it was late: everything the daemon answers waits for it. What
 * blocked is named as far as can be told from outside: garbage collection, computing, or waiting in a call.
 */
import {
  constants,
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
} from "node:perf_hooks";
import type { Clock, Timer } from "../base/clock.ts";
import { LOOP_DELAY_MS_MAX, LOOP_LOOK_MS } from "../base/limits.ts";
import type { Logger } from "../base/logger.ts";

/** How often the loop is asked to come by, ms. What Node records is the time between two visits, this included. */
const RESOLUTION_MS = 10;

interface GarbageCollectionEntry extends PerformanceEntry {
  readonly detail?: { readonly kind: number };
}

/** Looks regularly until `close`, which is idempotent. */
export class LoopWatchdog {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #sinceLook = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #sinceScrape = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #collections: PerformanceObserver;
  #collectedMs = 0;
  #cpu = process.cpuUsage();
  #timer: Timer | undefined;
  #lateCount = 0;
  #scrapedMs = 0;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
    this.#collections = new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as GarbageCollectionEntry[])
        if (entry.detail?.kind !== constants.NODE_PERFORMANCE_GC_INCREMENTAL)
          this.#collectedMs = Math.max(this.#collectedMs, entry.duration);
    });
  }

  start(): void {
    this.#sinceLook.enable();
    this.#sinceScrape.enable();
    this.#collections.observe({ entryTypes: ["gc"] });
    this.#next();
  }

  /** Looks at which the loop was later than LOOP_DELAY_MS_MAX. */
  get lateCount(): number {
    return this.#lateCount;
  }

  /** Quantile → delay since the last scrape, milliseconds. Calls within LOOP_LOOK_MS are one scrape. */
  sinceScrape(): [quantile: string, ms: number][] {
    const delays: [string, number][] = [0.5, 0.99, 0.999].map((quantile) => [
      String(quantile),
      delayMs(this.#sinceScrape.percentile(100 * quantile)),
    ]);
    delays.push(["1", delayMs(this.#sinceScrape.max)]);
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#scrapedMs >= LOOP_LOOK_MS) {
      this.#scrapedMs = nowMs;
      this.#sinceScrape.reset();
    }
    return delays;
  }

  close(): void {
    this.#timer?.cancel();
    this.#sinceLook.disable();
    this.#sinceScrape.disable();
    this.#collections.disconnect();
  }

  #next(): void {
    this.#timer = this.#clock.schedule(LOOP_LOOK_MS, () => {
      this.#look();
      this.#next();
    });
  }

  #look(): void {
    const lateMs = delayMs(this.#sinceLook.max);
    const cpu = process.cpuUsage(this.#cpu);
    if (lateMs > LOOP_DELAY_MS_MAX) {
      this.#lateCount += 1;
      this.#log.warn(
        {
          delayMs: lateMs,
          longestCollectionMs: Math.round(this.#collectedMs),
          cpuUserMs: Math.round(cpu.user / 1000),
          cpuSystemMs: Math.round(cpu.system / 1000),
          intervalMs: LOOP_LOOK_MS,
          blockedBy: blockedBy(lateMs, this.#collectedMs, (cpu.user + cpu.system) / 1000),
        },
        "event-loop-late",
      );
    }
    this.#sinceLook.reset();
    this.#collectedMs = 0;
    this.#cpu = process.cpuUsage();
  }
}

/** @param nanoseconds between two visits; of a histogram without entries it is 0 or absurd */
function delayMs(nanoseconds: number): number {
  const ms = nanoseconds / 1e6 - RESOLUTION_MS;
  return ms > 0 && Number.isFinite(ms) && ms < 1e9 ? Math.round(ms * 100) / 100 : 0;
}

/** The likeliest reason for a delay of the loop, from what else the process did meanwhile. All in milliseconds. */
export function blockedBy(delayMs: number, collectionMs: number, cpuMs: number): string {
  if (collectionMs > delayMs / 2) return "garbage collection";
  // Threads of the pool compute too: less processor time than the delay proves waiting, more proves nothing.
  return cpuMs < delayMs / 2 ? "a blocking call, or a machine that gave no processor time" : "computing";
}
