/**
 * What this host holds whole, kept known to the schedulers: told again when a scheduler may have forgotten it or another one
 * is responsible now, taken back when it is here no more. One task at a time, with a rest after each, so that a scheduler
 * that comes back is not met by all tasks of all hosts at once.
 */
import type { Clock, Timer } from "../../../base/clock.ts";
import { sleep } from "../../../base/deadline.ts";
import { HELD_TASK_REST_MS, HELD_TASKS_ANNOUNCED_MAX, HELD_TASKS_LOOK_MS } from "../../../base/limits.ts";
import type { PeerRegistration } from "../scheduler.ts";

/** A task that is here whole. */
export type HeldTask = Omit<PeerRegistration, "peerId" | "isComplete">;

export interface HeldTasksOptions {
  readonly clock: Clock;
  /** All of them, the last used first. */
  readonly held: () => Iterable<HeldTask>;
  /** Names the scheduler responsible for the task now, and its memory; undefined while there is none. */
  readonly owner: (taskId: string) => string | undefined;
  /** Tells the scheduler that the task is here; false when that did not work. */
  readonly announce: (task: HeldTask) => Promise<boolean>;
  /** Tells the scheduler that it is not here any more. */
  readonly forget: (taskId: string) => Promise<void>;
  /** A download of it is under way and tells for itself. */
  readonly isRunning: (taskId: string) => boolean;
}

export class HeldTasks {
  readonly #options: HeldTasksOptions;
  /** Task → the scheduler, and its memory, that knows of it. */
  readonly #told = new Map<string, string>();
  readonly #ending = new AbortController();
  #timer: Timer | undefined;
  #round: Promise<void> | undefined;
  #again = false;

  constructor(options: HeldTasksOptions) {
    this.#options = options;
  }

  /** The scheduler named so learned by a download that the task is here. */
  told(taskId: string, owner: string): void {
    if (this.#told.size < HELD_TASKS_ANNOUNCED_MAX || this.#told.has(taskId)) this.#told.set(taskId, owner);
  }

  /** Compares and tells, now or as soon as the round under way is over, and regularly from now on. */
  look(): void {
    if (this.#ending.signal.aborted) return;
    if (this.#round !== undefined) {
      this.#again = true;
      return;
    }
    this.#timer?.cancel();
    this.#again = false;
    this.#round = this.#compare().catch(() => {
      // It was closed meanwhile.
    });
    void this.#round.then(() => {
      this.#round = undefined;
      if (this.#ending.signal.aborted) return;
      if (this.#again) this.look();
      else this.#timer = this.#options.clock.schedule(HELD_TASKS_LOOK_MS, () => this.look());
    });
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#timer?.cancel();
    await this.#round;
  }

  async #compare(): Promise<void> {
    const { owner, announce, isRunning } = this.#options;
    const held: HeldTask[] = [];
    for (const task of this.#options.held()) {
      held.push(task);
      if (held.length >= HELD_TASKS_ANNOUNCED_MAX) break;
    }
    await this.#takeBack(new Set(held.map(({ taskId }) => taskId)));
    for (const task of held) {
      const now = owner(task.taskId);
      if (now === undefined || this.#told.get(task.taskId) === now || isRunning(task.taskId)) continue;
      const known = await announce(task);
      this.#ending.signal.throwIfAborted();
      if (known) this.#told.set(task.taskId, now);
      await this.#rest();
    }
  }

  async #takeBack(held: ReadonlySet<string>): Promise<void> {
    for (const taskId of [...this.#told.keys()]) {
      if (held.has(taskId) || this.#options.isRunning(taskId)) continue;
      this.#told.delete(taskId);
      await this.#options.forget(taskId);
      await this.#rest();
    }
  }

  #rest(): Promise<void> {
    return sleep(this.#options.clock, HELD_TASK_REST_MS, this.#ending.signal);
  }
}
