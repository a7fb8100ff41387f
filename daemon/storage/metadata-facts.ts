/** Facts in the metadata database: read as soon as they are put, written within 100 ms. */
import { LimitError } from "../../base/errors.ts";
import { METADATA_WAITING_MAX } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { type Metadata, PREFIX } from "./metadata.ts";
import type { FactStore } from "./storage.ts";

export class MetadataFacts implements FactStore {
  readonly #metadata: Metadata;
  readonly #log: Logger;
  /** Facts that were not taken because the disk has taken nothing for long. */
  #dropped = 0;

  constructor(metadata: Metadata, log: Logger) {
    this.#metadata = metadata;
    this.#log = log;
  }

  async get(space: string, key: string): Promise<unknown> {
    const text = await this.#metadata.get(keyOf(space, key));
    return text === undefined ? undefined : this.#parse(text);
  }

  put(space: string, key: string, value: unknown): void {
    if (this.#metadata.failing && this.#metadata.waitingCount >= METADATA_WAITING_MAX) {
      if (this.#dropped === 0) this.#log.error({ space }, "facts-dropped");
      this.#dropped += 1;
      return;
    }
    this.#metadata.put(keyOf(space, key), JSON.stringify(value));
  }

  delete(space: string, key: string): void {
    this.#metadata.delete(keyOf(space, key));
  }

  async *entries(space: string): AsyncIterable<readonly [string, unknown]> {
    const prefix = keyOf(space, "");
    for await (const [key, text] of this.#metadata.entries(prefix)) {
      const value = this.#parse(text);
      if (value !== undefined) yield [key.slice(prefix.length), value];
    }
  }

  async flush(): Promise<void> {
    await this.#metadata.flush();
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped > 0)
      throw new LimitError(`${dropped} facts were not kept while the disk took nothing`, {}, "NO_SPACE");
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      // Damaged on disk: a fact can be learnt again.
      this.#log.warn({}, "fact-damaged");
      return undefined;
    }
  }
}

/** NUL ends the space, so that no space is the beginning of another. */
function keyOf(space: string, key: string): string {
  return `${PREFIX.fact}${space}\0${key}`;
}
