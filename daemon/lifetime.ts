/**
 * How long a daemon lives when nobody told it to run until told: one that a mount started ends after its last unmount, one
 * that dfget started after a minute without use. Decides; ending is whoever asked for it.
 */
import type { Clock, Timer } from "../base/clock.ts";
import { IDLE_END_MS, LAST_UNMOUNT_END_MS } from "../base/limits.ts";

/** Until when a daemon runs. `told`: a signal or the stop call; `last-unmount` and `idle` end by themselves as well. */
export type Until = "told" | "last-unmount" | "idle";

export class Lifetime {
  readonly #clock: Clock;
  readonly #until: Until;
  readonly #end: (reason: string) => void;
  #uses = 0;
  #mounts = 0;
  #wasUsed = false;
  #timer: Timer | undefined;

  /** @param end called once, when the daemon's time has come */
  constructor(options: { clock: Clock; until: Until; end: (reason: string) => void }) {
    this.#clock = options.clock;
    this.#until = options.until;
    this.#end = options.end;
  }

  /** Begins counting: whoever started the daemon has not used it yet. */
  start(): void {
    this.#consider();
  }

  /** Notes a use of the daemon until the result is called, once or more. */
  beginUse(): () => void {
    this.#uses += 1;
    this.#timer?.cancel();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#wasUsed = true;
      this.#uses -= 1;
      this.#consider();
    };
  }

  /** Notes how many mounts there are now. */
  mountsAre(count: number): void {
    this.#wasUsed ||= count > 0;
    this.#mounts = count;
    this.#consider();
  }

  /** Ends nothing any more. */
  close(): void {
    this.#timer?.cancel();
  }

  #consider(): void {
    this.#timer?.cancel();
    if (this.#until === "told" || this.#uses > 0 || this.#mounts > 0) return;
    // A mount that failed leaves a daemon that nobody needs: it ends like one whose mount is gone.
    const forMounts = this.#until === "last-unmount" && this.#wasUsed;
    const reason = forMounts ? "no mount is left" : "nobody uses the daemon";
    this.#timer = this.#clock.schedule(forMounts ? LAST_UNMOUNT_END_MS : IDLE_END_MS, () =>
      this.#end(reason),
    );
  }
}
