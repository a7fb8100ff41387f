/**
 * The tasks that are open: one EngineTask per id, however many open it at the same time, until a while after the last has let go
 * of it. Where a task's content comes from at first is the engine's business.
 */
import type { Clock } from "../../base/clock.ts";
import { P2pfsError } from "../../base/errors.ts";
import { OPEN_TASKS_MAX, TASK_LINGER_MS } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { SourceRequest } from "../source/source.ts";
import type { StoredTask } from "../storage/storage.ts";
import { EngineTask } from "./task.ts";
import type { TaskEnvironment } from "./task-environment.ts";

export class TaskTable implements Iterable<EngineTask> {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #tasks = new Map<string, EngineTask>();
  readonly #opening = new Map<string, Promise<EngineTask>>();
  readonly #closes = new Set<Promise<void>>();
  #closed = false;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#clock = clock;
    this.#log = log;
  }

  [Symbol.iterator](): Iterator<EngineTask> {
    return this.#tasks.values();
  }

  get openCount(): number {
    return this.#tasks.size;
  }

  get(id: string): EngineTask | undefined {
    return this.#tasks.get(id);
  }

  /** Somebody is opening it. */
  isOpening(id: string): boolean {
    return this.#opening.has(id);
  }

  /**
   * The task of the id, held; the caller releases it.
   * @param stored opens it where it is not open: called once, however many want it at the same time
   * @param renews the request tells newer than the open task's how its origin is asked
   * @throws what `stored` throws; TOO_MANY_OPEN
   */
  async open(
    id: string,
    request: SourceRequest,
    env: TaskEnvironment,
    { stored, renews }: { readonly stored: () => Promise<StoredTask>; readonly renews: boolean },
  ): Promise<EngineTask> {
    const known = this.#tasks.get(id);
    if (known !== undefined) {
      if (renews) known.request = request;
      known.hold();
      return known;
    }
    const underWay = this.#opening.get(id);
    if (underWay !== undefined) {
      await underWay;
      return this.open(id, request, env, { stored, renews });
    }
    if (this.#tasks.size >= OPEN_TASKS_MAX)
      throw new P2pfsError("TOO_MANY_OPEN", `more than ${OPEN_TASKS_MAX} files are open in the daemon`);
    const opening = stored().then(async (content) => {
      const task = new EngineTask(content, request, env);
      task.hold();
      await task.settle();
      this.#tasks.set(id, task);
      return task;
    });
    this.#opening.set(id, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(id);
    }
  }

  /** Who has it open goes on with it; the next opening begins anew. */
  forget(id: string): void {
    const task = this.#tasks.get(id);
    if (task !== undefined && this.#tasks.delete(id) && !task.busy) this.#close(task);
  }

  /** Nobody holds it any more: it is closed after a while, unless somebody does again. */
  idle(task: EngineTask): void {
    this.#clock.schedule(TASK_LINGER_MS, () => {
      if (task.busy || this.#closed) return;
      if (this.#tasks.get(task.id) === task) this.#tasks.delete(task.id);
      this.#close(task);
    });
  }

  /** Closes all, once those that are being opened are open. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#opening.values());
    for (const task of this.#tasks.values()) this.#close(task);
    this.#tasks.clear();
    await Promise.allSettled(this.#closes);
  }

  #close(task: EngineTask): void {
    const closing = task
      .close()
      .catch((error) =>
        this.#log.warn({ taskId: task.id, reason: fromUnknown(error).message }, "task-close-failed"),
      )
      .finally(() => this.#closes.delete(closing));
    this.#closes.add(closing);
  }
}
