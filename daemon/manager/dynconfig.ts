/**
 * What is known of the cluster now: asked for again and again, kept when it cannot be had, told when it has changed. A cluster
 * that cannot be asked at the start is asked again soon; the daemon starts without it.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import { SCHEDULER_REST_MS, SCHEDULER_REST_MS_MAX } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { type ClusterDirectory, type DirectorySource, EMPTY_DIRECTORY } from "./directory.ts";

export interface DynconfigOptions {
  readonly source: DirectorySource;
  readonly clock: Clock;
  readonly log: Logger;
  /** dynconfig.refreshInterval. */
  readonly refreshMs: number;
  /** Called for every answer that differs from the last. */
  readonly onChange: (directory: ClusterDirectory) => void;
}

export class Dynconfig {
  readonly #options: DynconfigOptions;
  #directory: ClusterDirectory = EMPTY_DIRECTORY;
  /** Undefined: nothing was heard yet. */
  #failure: string | undefined | "" = undefined;
  #restMs = SCHEDULER_REST_MS;
  #timer: Timer | undefined;
  #refreshing: Promise<void> | undefined;
  #closed = false;

  constructor(options: DynconfigOptions) {
    this.#options = options;
  }

  /** The newest answer. */
  get directory(): ClusterDirectory {
    return this.#directory;
  }

  /** Who is asked. */
  get what(): string {
    return this.#options.source.what;
  }

  /** Why the last question failed; undefined when it did not. */
  get failure(): string | undefined {
    return this.#failure === "" ? undefined : this.#failure;
  }

  /** Asks now, and from now on by itself. Shares a question under way; never fails. */
  refresh(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#options.source.close();
    await this.#refreshing;
  }

  async #refresh(): Promise<void> {
    this.#timer?.cancel();
    const { source, clock, refreshMs } = this.#options;
    try {
      this.#heard(await source.list());
    } catch (error) {
      this.#failed(fromUnknown(error).message);
    }
    if (this.#closed) return;
    // Kept addresses serve; who has none asks again soon.
    const soon = this.#failure !== "" && this.#directory.schedulers.length === 0;
    this.#timer = clock.schedule(
      soon ? Math.min(this.#restMs, refreshMs) : refreshMs,
      () => void this.refresh(),
    );
    this.#restMs = soon ? Math.min(this.#restMs * 2, SCHEDULER_REST_MS_MAX) : SCHEDULER_REST_MS;
  }

  #heard(directory: ClusterDirectory): void {
    if (this.#closed) return;
    const { log, source, onChange } = this.#options;
    const isFirst = this.#failure !== "";
    const changed = describe(directory) !== describe(this.#directory);
    this.#failure = "";
    if (isFirst || changed)
      log.info(
        { source: source.what, schedulers: directory.schedulers, problems: directory.problems },
        "cluster-known",
      );
    if (!changed) return;
    this.#directory = directory;
    onChange(directory);
  }

  #failed(reason: string): void {
    if (this.#closed) return;
    // Told once, until it is heard of again.
    if (this.#failure === undefined || this.#failure === "")
      this.#options.log.warn({ source: this.#options.source.what, reason }, "cluster-unknown");
    this.#failure = reason;
  }
}

/** Two directories that say the same have the same description. */
function describe(directory: ClusterDirectory): string {
  return JSON.stringify(directory, (_key, value) => (value instanceof RegExp ? String(value) : value));
}
