/** Facts in maps: gone with the process. */
import type { FactStore } from "./storage.ts";

export class MemoryFacts implements FactStore {
  /** Space → key → JSON text, so that nobody changes a value that was put. */
  readonly #spaces = new Map<string, Map<string, string>>();

  async get(space: string, key: string): Promise<unknown> {
    const text = this.#spaces.get(space)?.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  put(space: string, key: string, value: unknown): void {
    const facts = this.#spaces.get(space) ?? new Map<string, string>();
    this.#spaces.set(space, facts.set(key, JSON.stringify(value)));
  }

  delete(space: string, key: string): void {
    this.#spaces.get(space)?.delete(key);
  }

  async *entries(space: string): AsyncIterable<readonly [string, unknown]> {
    const facts = [...(this.#spaces.get(space) ?? [])];
    facts.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const [key, text] of facts) yield [key, JSON.parse(text)];
  }

  async flush(): Promise<void> {}
}
