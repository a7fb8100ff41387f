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
  /** Differs when they do: looked at more often than the tasks themselves, of which there may be many. */
  readonly heldMark: () => string;
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
  /** What heldMark said before the last round that left nothing to tell; undefined: there is something. */
  #settledMark: string | undefined;

  constructor(options: HeldTasksOptions) {
    this.#options = options;
  }

  /** The scheduler named so learned by a download that the task is here. */
  told(taskId: string, owner: string): void {
    this.#remember(taskId, owner);
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
      else this.#lookLater();
    });
  }

  #lookLater(): void {
    this.#timer = this.#options.clock.schedule(HELD_TASKS_LOOK_MS, () => {
      if (this.#settledMark === this.#options.heldMark()) this.#lookLater();
      else this.look();
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
    const mark = this.#options.heldMark();
    this.#settledMark = undefined;
    const held: HeldTask[] = [];
    for (const task of this.#options.held()) {
      held.push(task);
      if (held.length >= HELD_TASKS_ANNOUNCED_MAX) break;
    }
    // What is not among so many may be here all the same.
    const isAll = held.length < HELD_TASKS_ANNOUNCED_MAX;
    let isSettled = !isAll || (await this.#takeBack(new Set(held.map(({ taskId }) => taskId))));
    for (const task of held) {
      const now = owner(task.taskId);
      if (now !== undefined && this.#told.get(task.taskId) === now) continue;
      if (now === undefined || isRunning(task.taskId)) {
        isSettled = false;
        continue;
      }
      const known = await announce(task);
      this.#ending.signal.throwIfAborted();
      if (known) this.#remember(task.taskId, now);
      isSettled &&= known;
      await this.#rest();
    }
    if (isSettled) this.#settledMark = mark;
  }

  /** What was told longest ago is forgotten for more: it is told again, if it is among the held ones then. */
  #remember(taskId: string, owner: string): void {
    this.#told.delete(taskId);
    const [oldest] = this.#told.keys();
    if (this.#told.size >= HELD_TASKS_ANNOUNCED_MAX && oldest !== undefined) this.#told.delete(oldest);
    this.#told.set(taskId, owner);
  }

  /** @returns whether all that is not held any more was taken back */
  async #takeBack(held: ReadonlySet<string>): Promise<boolean> {
    let isSettled = true;
    for (const taskId of [...this.#told.keys()]) {
      if (held.has(taskId)) continue;
      if (this.#options.isRunning(taskId)) {
        isSettled = false;
        continue;
      }
      this.#told.delete(taskId);
      await this.#options.forget(taskId);
      await this.#rest();
    }
    return isSettled;
  }

  #rest(): Promise<void> {
    return sleep(this.#options.clock, HELD_TASK_REST_MS, this.#ending.signal);
  }
}
