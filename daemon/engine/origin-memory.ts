/**
 * The last good answer of origins to a question (a stat, a listing), by key: asked again when too old, by one asker at
 * a time, and served when the origin is down. Decides nothing about what an answer means.
 */
import type { Clock } from "../../base/clock.ts";
import { deadlineSignal, orAborted } from "../../base/deadline.ts";
import { type ErrorCode, P2pfsError, UnavailableError } from "../../base/errors.ts";
import { ORIGIN_ANSWERS_MAX, ORIGIN_ASK_DEADLINE_MS, ORIGIN_STALE_WAIT_MS } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { Freshness } from "./open-task.ts";
import { DOWN_CODES, OriginsDown, SILENT_CODES } from "./origins-down.ts";

/** An answer with the time the origin gave it, ms since the epoch. Persisted as JSON. */
export interface Remembered<T> {
  readonly value: T;
  readonly checkedAtMs: number;
}

/** An answer as given to a caller. */
export interface Recalled<T> extends Remembered<T> {
  /** True when the origin could not be asked just now. */
  readonly stale: boolean;
  readonly staleBecause?: P2pfsError;
}

/** Where answers survive a restart. `load` may be slow; it is asked once per key. */
export interface RememberedStore<T> {
  load(key: string): Promise<Remembered<T> | undefined>;
  save(key: string, remembered: Remembered<T>): void;
  forget(key: string): void;
}

/** How to ask: `origin` groups keys that are down together ("https://host:port"). */
export interface Question<T> {
  readonly key: string;
  readonly origin: string;
  /**
   * @param answering to be called when the origin has begun to answer and more is to come (the pages of a listing): from
   * then on callers wait for the end
   */
  ask(signal: AbortSignal, answering: () => void): Promise<T>;
}

interface Entry<T> {
  good: Remembered<T> | undefined;
  loaded: boolean;
  /** The last definite "no" (absent, forbidden). */
  refusal: { readonly error: P2pfsError; readonly atMs: number } | undefined;
  flight: Promise<Remembered<T>> | undefined;
  /** Whether the flight has begun to be answered. */
  answering: boolean;
}

const REFUSAL_CODES: ReadonlySet<ErrorCode> = new Set(["NOT_FOUND", "PERMISSION"]);

export interface OriginMemoryOptions<T> {
  readonly clock: Clock;
  readonly store: RememberedStore<T>;
  /** How long "absent" and "forbidden" are believed, ms (mount.negativeTimeout). */
  readonly negativeMs: number;
  /** Shared by memories that ask the same origins: what one finds down, the others do not wait for. */
  readonly down?: OriginsDown;
  /** Told of background failures, which no caller sees. */
  readonly onBackgroundError?: (key: string, error: P2pfsError) => void;
}

export class OriginMemory<T> {
  readonly #options: OriginMemoryOptions<T>;
  /** In order of last use: the first is forgotten first. */
  readonly #entries = new Map<string, Entry<T>>();
  readonly #down: OriginsDown;
  readonly #closing = new AbortController();

  constructor(options: OriginMemoryOptions<T>) {
    this.#options = options;
    this.#down = options.down ?? new OriginsDown(options.clock);
  }

  /**
   * The answer under `freshness`. @throws what `ask` throws, when no good answer may stand in for it
   */
  async get(question: Question<T>, freshness: Freshness, signal?: AbortSignal): Promise<Recalled<T>> {
    const entry = this.#entry(question.key);
    const nowMs = this.#options.clock.nowMs();
    if (!entry.loaded) await this.#load(question.key, entry);
    const good = entry.good;
    if (good !== undefined && isFresh(good, freshness, nowMs)) return { ...good, stale: false };
    const refusal = entry.refusal;
    if (refusal !== undefined && freshness.maxAgeMs > 0 && nowMs - refusal.atMs < this.#options.negativeMs)
      throw refusal.error;
    const mayStandIn = good !== undefined && freshness.consistency !== "strict";
    if (mayStandIn && !this.#down.mayAsk(question.origin))
      return {
        ...good,
        stale: true,
        staleBecause: new UnavailableError("the origin did not answer a moment ago"),
      };
    const flight = this.#ask(question, entry);
    if (!mayStandIn) return { ...(await orAborted(flight, signal)), stale: false };
    return this.#orStale({ question, entry, flight, good }, signal);
  }

  /** The last good answer, whatever its age, from memory or the store; asks nobody. */
  async known(key: string): Promise<Remembered<T> | undefined> {
    const entry = this.#entry(key);
    if (!entry.loaded) await this.#load(key, entry);
    return entry.good;
  }

  /** The last good answer in memory, whatever its age; asks nobody. */
  peek(key: string): Remembered<T> | undefined {
    return this.#entries.get(key)?.good;
  }

  /** Makes the next get ask the origin: its answer is known to be outdated. */
  expire(key: string): void {
    const entry = this.#entries.get(key);
    if (entry?.good !== undefined) entry.good = { ...entry.good, checkedAtMs: 0 };
  }

  /** Ends questions under way. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(new P2pfsError("CLOSED", "the daemon is stopping"));
  }

  async #orStale(
    asked: { question: Question<T>; entry: Entry<T>; flight: Promise<Remembered<T>>; good: Remembered<T> },
    signal: AbortSignal | undefined,
  ): Promise<Recalled<T>> {
    const { question, entry, flight, good } = asked;
    const waitMs = this.#down.has(question.origin) ? 0 : ORIGIN_STALE_WAIT_MS;
    const wait = deadlineSignal(this.#options.clock, "the origin's answer", waitMs, signal);
    try {
      const inTime = orAborted(flight, wait.signal).catch((error) => {
        if (!wait.signal.aborted || !entry.answering) throw error;
        return orAborted(flight, signal);
      });
      return { ...(await inTime), stale: false };
    } catch (caught) {
      signal?.throwIfAborted();
      const error = fromUnknown(caught);
      if (!DOWN_CODES.has(error.code)) throw error;
      this.#down.add(question.origin);
      // Whatever the flight ends with later is its own business; here nobody waits for it any more.
      flight.catch((late) => this.#options.onBackgroundError?.(question.key, fromUnknown(late)));
      return { ...good, stale: true, staleBecause: error };
    } finally {
      wait.close();
    }
  }

  #ask(question: Question<T>, entry: Entry<T>): Promise<Remembered<T>> {
    if (entry.flight !== undefined) return entry.flight;
    const deadline = deadlineSignal(
      this.#options.clock,
      "the origin's answer",
      ORIGIN_ASK_DEADLINE_MS,
      this.#closing.signal,
    );
    entry.answering = false;
    const answering = () => {
      entry.answering = true;
    };
    const flight = orAborted(question.ask(deadline.signal, answering), deadline.signal)
      .then(
        (value) => {
          const remembered = { value, checkedAtMs: this.#options.clock.nowMs() };
          entry.good = remembered;
          entry.refusal = undefined;
          this.#down.delete(question.origin);
          this.#options.store.save(question.key, remembered);
          return remembered;
        },
        (caught) => {
          const error = fromUnknown(caught);
          const known = entry.good !== undefined && DOWN_CODES.has(error.code);
          if (known || SILENT_CODES.has(error.code)) this.#down.add(question.origin);
          if (REFUSAL_CODES.has(error.code)) {
            entry.refusal = { error, atMs: this.#options.clock.nowMs() };
            if (entry.good !== undefined) this.#options.store.forget(question.key);
            entry.good = undefined;
          }
          throw error;
        },
      )
      .finally(() => {
        deadline.close();
        entry.flight = undefined;
      });
    entry.flight = flight;
    return flight;
  }

  async #load(key: string, entry: Entry<T>): Promise<void> {
    const stored = await this.#options.store.load(key);
    if (entry.loaded) return;
    entry.loaded = true;
    entry.good ??= stored;
  }

  #entry(key: string): Entry<T> {
    const known = this.#entries.get(key);
    const entry: Entry<T> = known ?? {
      good: undefined,
      loaded: false,
      refusal: undefined,
      flight: undefined,
      answering: false,
    };
    if (known !== undefined) this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > ORIGIN_ANSWERS_MAX) {
      const oldest = this.#entries.keys().next().value;
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    return entry;
  }
}

function isFresh<T>(good: Remembered<T>, freshness: Freshness, nowMs: number): boolean {
  return freshness.consistency === "immutable" || nowMs - good.checkedAtMs < freshness.maxAgeMs;
}
