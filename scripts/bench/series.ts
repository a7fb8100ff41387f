/** What many rounds of a measurement gave, each kind of value under a name of its own. */
import { spread } from "./samples.ts";

export class Series {
  readonly #values = new Map<string, number[]>();

  add(key: string, value: number): void {
    this.#values.set(key, [...this.of(key), value]);
  }

  /** In the order they came. */
  of(key: string): readonly number[] {
    return this.#values.get(key) ?? [];
  }

  /** Median with least and most. */
  spread(key: string, digits = 2): string {
    return spread(this.of(key), digits);
  }

  /** Of one key's values over another's, round by round. */
  spreadOfRatios(key: string, other: string): string {
    return spread(this.of(key).map((value, round) => value / (this.of(other)[round] ?? Number.NaN)));
  }
}
