/**
 * What origins say of URLs (their stat), remembered under design rules of freshness, one entry per URL and credentials.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { type Logger, loggableUrl } from "../../base/logger.ts";
import type { SourceOf, SourceRequest, SourceStat } from "../source/source.ts";
import type { FactStore } from "../storage/storage.ts";
import type { Answer, Freshness } from "./open-task.ts";
import { OriginMemory, type Remembered } from "./origin-memory.ts";
import { originOf } from "./origin-of.ts";
import type { OriginsDown } from "./origins-down.ts";

const SPACE = "answer";

/** Key of what depends on the URL and on who asks: a private object's answer is given only to those it was given to. */
export function requestKey(request: SourceRequest): string {
  // What the guard lets this host's own users ask is no answer to others.
  const network = request.asker === "network" ? ["network"] : [];
  const asker = JSON.stringify([
    Object.entries(request.headers).sort(),
    request.objectStorage ?? null,
    ...network,
  ]);
  return `${createHash("sha256").update(asker).digest("hex").slice(0, 16)} ${request.url}`;
}

export class Answers {
  readonly #memory: OriginMemory<SourceStat>;
  readonly #sourceOf: SourceOf;

  constructor(options: {
    clock: Clock;
    facts: FactStore;
    sourceOf: SourceOf;
    log: Logger;
    negativeMs: number;
    /** Shared with other memories of the same origins, if any. */
    down?: OriginsDown | undefined;
  }) {
    const { facts, log } = options;
    this.#sourceOf = options.sourceOf;
    this.#memory = new OriginMemory<SourceStat>({
      clock: options.clock,
      negativeMs: options.negativeMs,
      ...(options.down === undefined ? {} : { down: options.down }),
      store: {
        load: async (key) => asRemembered(await facts.get(SPACE, key)),
        save: (key, remembered) => facts.put(SPACE, key, remembered),
        forget: (key) => facts.delete(SPACE, key),
      },
      onBackgroundError: (key, error) =>
        log.debug(
          { url: loggableUrl(key.slice(17)), code: error.code, reason: error.message },
          "revalidation-failed",
        ),
    });
  }

  /** The origin's answer under `freshness`. @throws what the source throws */
  async get(request: SourceRequest, freshness: Freshness, signal?: AbortSignal): Promise<Answer> {
    const recalled = await this.#memory.get(
      {
        key: requestKey(request),
        origin: originOf(request.url),
        ask: (asking) => this.#sourceOf(request.url).stat(request, asking),
      },
      freshness,
      signal,
    );
    const { value, checkedAtMs, stale, staleBecause } = recalled;
    return { stat: value, checkedAtMs, stale, ...(staleBecause === undefined ? {} : { staleBecause }) };
  }

  /** The answer is known to be outdated: the next get asks. */
  expire(request: SourceRequest): void {
    this.#memory.expire(requestKey(request));
  }

  close(): Promise<void> {
    return this.#memory.close();
  }
}

/** What was written by an older version of p2pfs or damaged counts as nothing. */
function asRemembered(value: unknown): Remembered<SourceStat> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { value: stat, checkedAtMs } = value as { value?: Partial<SourceStat>; checkedAtMs?: unknown };
  if (typeof checkedAtMs !== "number" || typeof stat !== "object" || stat === null) return undefined;
  if ((stat.kind !== "file" && stat.kind !== "directory") || typeof stat.validator !== "object")
    return undefined;
  return {
    value: { length: undefined, modifiedAtMs: undefined, contentType: undefined, ...stat } as SourceStat,
    checkedAtMs,
  };
}
