/** Whether all of one task is here and was checked, and those who wait for that. */
import { orAborted } from "../../base/deadline.ts";
import { IntegrityError } from "../../base/errors.ts";
import type { StoredTask } from "../storage/storage.ts";
import type { TaskRecord, Verified } from "../task/task-record.ts";
import type { TaskEnvironment } from "./task-environment.ts";

export interface CompletionEvents {
  /** It is complete, and those who waited were told. */
  completed(): Promise<void>;
  /** The whole has not a digest that belongs to it. Resolves to whether it was discarded to come anew, from elsewhere. */
  wrong(): Promise<boolean>;
  /** The whole is not what it should be, or could not be looked at. */
  failed(error: unknown): void;
  /** A check is over, however it ended. */
  settled(): void;
}

export class Completion {
  readonly #stored: StoredTask;
  readonly #env: Pick<TaskEnvironment, "clock" | "digestOf">;
  readonly #keepWhole: () => () => void;
  readonly #events: CompletionEvents;
  readonly #waiting = new Set<{ resolve: () => void; reject: (error: unknown) => void }>();
  #complete = false;
  #checking: Promise<void> | undefined;

  /** @param keepWhole nothing is evicted until its result is called */
  constructor(
    stored: StoredTask,
    env: Pick<TaskEnvironment, "clock" | "digestOf">,
    keepWhole: () => () => void,
    events: CompletionEvents,
  ) {
    this.#stored = stored;
    this.#env = env;
    this.#keepWhole = keepWhole;
    this.#events = events;
  }

  get isComplete(): boolean {
    return this.#complete;
  }

  /** It is being checked. */
  get isRunning(): boolean {
    return this.#checking !== undefined;
  }

  /** Complete as it was when it was closed. @returns whether it was */
  recall(): boolean {
    this.#complete = this.#isIn && this.#stored.record.finishedAtMs !== undefined;
    return this.#complete;
  }

  /** A piece was finished: checks the whole if it was the last. Resolves when that is over; never rejects. */
  check(): Promise<void> {
    if (!this.#isIn) return Promise.resolve();
    this.#checking ??= this.#check()
      .catch((error) => this.#events.failed(error))
      .finally(() => {
        this.#checking = undefined;
        this.#events.settled();
      });
    return this.#checking;
  }

  /** Blocks went. @returns whether it was complete before and is not any more */
  lost(): boolean {
    if (!this.#complete || this.#isIn) return false;
    this.#complete = false;
    return true;
  }

  /** Resolves when it is complete, or has to come anew. @throws what `fail` is told; the signal's reason */
  wait(signal?: AbortSignal): Promise<void> {
    if (this.#complete) return Promise.resolve();
    const done = new Promise<void>((resolve, reject) => void this.#waiting.add({ resolve, reject }));
    return orAborted(done, signal);
  }

  /** It will not be: who waits is told. */
  fail(error: unknown): void {
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  /** Resolves when no check is under way. */
  async ended(): Promise<void> {
    await this.#checking;
  }

  get #isIn(): boolean {
    return this.#stored.piecesFinished === this.#stored.pieceCount;
  }

  async #check(): Promise<void> {
    const release = this.#keepWhole();
    try {
      // Evicted between the last piece and now: it will come again.
      if (!this.#isIn) return;
      const wrong = await wrongDigest(this.#stored, this.#env);
      if (wrong === undefined) this.#finish();
      else if (!(await this.#events.wrong())) await this.#refuse(wrong);
    } finally {
      release();
    }
    for (const { resolve } of this.#waiting) resolve();
    this.#waiting.clear();
    if (this.#complete) await this.#events.completed();
  }

  #finish(): void {
    const { clock } = this.#env;
    this.#stored.update({ finishedAtMs: clock.nowMs(), verified: verifiedBy(this.#stored.record) });
    this.#complete = true;
  }

  /** All of it is discarded. @throws the error */
  async #refuse(error: IntegrityError): Promise<void> {
    this.#stored.update({ failedAtMs: this.#env.clock.nowMs() });
    await this.#stored.discard(0, this.#stored.record.contentLength);
    throw error;
  }
}

/** @returns what is wrong when the content has not a digest that belongs to it */
async function wrongDigest(
  stored: StoredTask,
  { digestOf }: Pick<TaskEnvironment, "digestOf">,
): Promise<IntegrityError | undefined> {
  for (const anchor of stored.record.anchors) {
    const algorithm = anchor.slice(0, anchor.indexOf(":"));
    const actual = await digestOf(stored, algorithm);
    if (actual !== anchor) return new IntegrityError(`the content's digest is ${actual}, not ${anchor}`);
  }
  return undefined;
}

/** What of the source came by no peer is no better than the way it came. */
function verifiedBy({ anchors, bytesFromPeers, onOneWord }: TaskRecord): Verified {
  if (anchors.length > 0) return "anchored";
  return bytesFromPeers > 0 && !onOneWord ? "agreed" : "transport";
}
