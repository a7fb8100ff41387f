/** When a dead daemon is started again, and when no more. Pure. */
import { RESTART_DEATHS_MAX, RESTART_LIFE_MS, RESTART_WAIT_MS, RESTART_WAIT_MS_MAX } from "../base/limits.ts";

/** What a daemon that died had come to. */
export interface Life {
  /** A mount of its had answered somebody. */
  readonly served: boolean;
  readonly livedMs: number;
}

export class Restarts {
  #deaths = 0;

  /** Notes a death. @returns how long to wait before the next start, ms; undefined: it was the last of too many */
  after({ served, livedMs }: Life): number | undefined {
    if (served || livedMs >= RESTART_LIFE_MS) this.#deaths = 0;
    this.#deaths += 1;
    if (this.#deaths >= RESTART_DEATHS_MAX) return undefined;
    if (this.#deaths === 1) return 0;
    return Math.min(RESTART_WAIT_MS_MAX, RESTART_WAIT_MS * 2 ** (this.#deaths - 2));
  }

  /** Deaths in a row without a served request. */
  get deaths(): number {
    return this.#deaths;
  }
}
