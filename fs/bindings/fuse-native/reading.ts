/** Fills the kernel's buffer with the bytes a read plan points at. */
import { read, readSync } from "node:fs";
import { constants } from "node:os";
import type { Clock } from "../../../base/clock.ts";
import { P2pfsError } from "../../../base/errors.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { ReadPlan } from "../../opened-file.ts";
import { WarmRanges } from "./warm-ranges.ts";

/** Reads content files, on the main thread what is in the page cache, else through a worker. */
export class ContentReader {
  readonly #clock: Clock;
  readonly #warm: WarmRanges;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#warm = new WarmRanges(clock);
  }

  /**
   * Fills the first `plan.length` bytes of `buffer`, and ends the plan.
   * @returns undefined when it is done, else a promise of it
   * @throws P2pfsError IO when the content file has fewer bytes: a short answer would be taken for the file's end
   */
  fill(plan: ReadPlan, buffer: Buffer): undefined | Promise<void> {
    if (plan.length === 0 || plan.bytes !== undefined) {
      if (plan.bytes !== undefined) buffer.set(plan.bytes);
      plan.end();
      return undefined;
    }
    const isWarm = plan.recent || this.#warm.isWarm(plan.contentNumber, plan.offset, plan.length);
    if (!isWarm || !this.#warm.trusted) return this.#fillInWorker(plan, buffer);
    this.#fillNow(plan, buffer);
    return undefined;
  }

  #fillNow(plan: ReadPlan, buffer: Buffer): void {
    const beganMs = this.#clock.monotonicMs();
    try {
      check(readSync(plan.fd, buffer, 0, plan.length, plan.offset), plan.length);
    } finally {
      plan.end();
    }
    this.#warm.timed(this.#clock.monotonicMs() - beganMs);
    this.#warm.note(plan.contentNumber, plan.offset, plan.length);
  }

  async #fillInWorker(plan: ReadPlan, buffer: Buffer): Promise<void> {
    try {
      const count = await new Promise<number>((resolve, reject) => {
        read(plan.fd, buffer, 0, plan.length, plan.offset, (error, bytes) => {
          if (error === null) resolve(bytes);
          else reject(fromUnknown(error, "reading the content file failed"));
        });
      });
      check(count, plan.length);
    } finally {
      plan.end();
    }
    this.#warm.note(plan.contentNumber, plan.offset, plan.length);
  }
}

function check(count: number, wanted: number): void {
  if (count !== wanted)
    throw new P2pfsError("IO", `the content file has ${count} of ${wanted} bytes: it was cut short`, {
      details: { errnoNumber: constants.errno.EIO },
    });
}
