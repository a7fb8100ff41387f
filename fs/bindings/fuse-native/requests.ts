/**
 * One request of libfuse's at a time: runs it, answers exactly once, and turns what goes wrong into an errno with one log
 * line. Bounds how many may wait, because each holds a thread.
 */
import { LimitError } from "../../../base/errors.ts";
import { FUSE_NATIVE_REQUESTS_MAX } from "../../../base/limits.ts";
import type { Logger } from "../../../base/logger.ts";
import { answerFailure, type RequestLabel } from "../../failed-request.ts";

export class Requests {
  readonly #logger: Logger;
  readonly #max: number;
  #waiting = 0;

  constructor(logger: Logger, max: number = FUSE_NATIVE_REQUESTS_MAX) {
    this.#logger = logger;
    this.#max = max;
  }

  /** Requests that are not answered yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Runs `work`, which answers itself when it succeeds.
   * @param fail answers with a negative errno; called when `work` throws, or when too many wait
   */
  run(label: RequestLabel, fail: (errno: number) => void, work: () => void | Promise<void>): void {
    const refuse = (error: unknown) => fail(-answerFailure(error, label, this.#logger));
    if (this.#waiting >= this.#max) {
      refuse(new LimitError(`more than ${this.#max} requests wait for the mount`));
      return;
    }
    try {
      const running = work();
      if (!(running instanceof Promise)) return;
      this.#waiting += 1;
      running.catch(refuse).finally(() => {
        this.#waiting -= 1;
      });
    } catch (error) {
      refuse(error);
    }
  }
}
