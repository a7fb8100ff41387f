/**
 * Requests of the kernel that wait for an answer: runs each, answers those that fail, and ends the wait of those that
 * are interrupted. Knows no operation.
 */
import { CancelledError, LimitError } from "../../../base/errors.ts";
import { CHANNEL_EARLY_INTERRUPTS_MAX, CHANNEL_REQUESTS_MAX } from "../../../base/limits.ts";
import type { Logger } from "../../../base/logger.ts";
import { answerFailure } from "../../failed-request.ts";
import type { RequestHeader } from "../kernel-abi/requests.ts";
import type { ReplyWriter } from "./reply-writer.ts";

/** What a failed request is called in the log. */
export interface RequestName {
  readonly operation: string;
  readonly path?: string | undefined;
}

/** One request's wait. */
export class RequestWait {
  #controller: AbortController | undefined;
  #reason: CancelledError | undefined;

  /** Aborts when the client is interrupted. Made when first asked for: most requests are answered without waiting. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  interrupt(): void {
    this.#reason = new CancelledError("the program that waited was interrupted");
    this.#controller?.abort(this.#reason);
  }
}

export class KernelRequests {
  readonly #logger: Logger;
  readonly #writer: ReplyWriter;
  readonly #max: number;
  readonly #waiting = new Map<bigint, RequestWait>();
  /** Interruptions that came before their request, as two readers may hand them over; the oldest first. */
  readonly #early = new Set<bigint>();

  constructor(logger: Logger, writer: ReplyWriter, max: number = CHANNEL_REQUESTS_MAX) {
    this.#logger = logger;
    this.#writer = writer;
    this.#max = max;
  }

  /** Requests that are not answered yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Runs `work`, which answers itself when it succeeds. */
  run(header: RequestHeader, name: RequestName, work: (wait: RequestWait) => void | Promise<void>): void {
    const { unique } = header;
    if (this.#waiting.size >= this.#max) {
      this.fail(unique, name, new LimitError(`more than ${this.#max} requests wait for the mount`));
      return;
    }
    const wait = new RequestWait();
    if (this.#early.size > 0 && this.#early.delete(unique)) wait.interrupt();
    try {
      const running = work(wait);
      if (!(running instanceof Promise)) return;
      this.#waiting.set(unique, wait);
      running
        .catch((error: unknown) => this.fail(unique, name, error))
        .finally(() => this.#waiting.delete(unique));
    } catch (error) {
      this.fail(unique, name, error);
    }
  }

  /** Answers with the error's errno, and logs it once. */
  fail(unique: bigint, name: RequestName, error: unknown): void {
    this.#writer.fail(unique, this.errnoOf(name, error));
  }

  /** The positive errno of a failure, which is logged; for answers of another shape than an error. */
  errnoOf(name: RequestName, error: unknown): number {
    return answerFailure(error, name, this.#logger);
  }

  /** The client waits no longer. */
  interrupt(target: bigint): void {
    const wait = this.#waiting.get(target);
    if (wait !== undefined) {
      wait.interrupt();
      return;
    }
    // Answered already, or still on its way to us.
    this.#early.add(target);
    if (this.#early.size <= CHANNEL_EARLY_INTERRUPTS_MAX) return;
    const [oldest] = this.#early;
    if (oldest !== undefined) this.#early.delete(oldest);
  }
}
