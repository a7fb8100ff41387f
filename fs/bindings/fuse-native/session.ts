/** One mount through fuse-native, from its first answer until the kernel has let go of it. */
import type { Clock } from "../../../base/clock.ts";
import { deadlineSignal, sleep } from "../../../base/deadline.ts";
import { UNMOUNT_LINGER_MS, UNMOUNT_MS } from "../../../base/limits.ts";
import type { Filesystem } from "../../filesystem.ts";
import type { MountSession, UnmountOptions } from "../binding.ts";
import { unmountDirectory } from "../unmount.ts";
import type { Connection } from "./connection.ts";

/** The kernel and libfuse's threads are done with an unmounted filesystem in a few milliseconds. */
const LOOK_AGAIN_MS = 10;

export interface SessionParts {
  readonly directory: string;
  readonly connection: Connection;
  readonly filesystem: Filesystem;
  readonly clock: Clock;
}

export class FuseNativeSession implements MountSession {
  readonly directory: string;
  readonly #parts: SessionParts;
  readonly #listeners = new Set<() => void>();
  #hasEnded = false;

  constructor(parts: SessionParts) {
    this.directory = parts.directory;
    this.#parts = parts;
    void parts.connection.ended.then(() => {
      this.#hasEnded = true;
      for (const listener of [...this.#listeners]) listener();
    });
  }

  async unmount(options: UnmountOptions = {}): Promise<void> {
    const { clock, filesystem } = this.#parts;
    if (this.#hasEnded) return;
    await unmountDirectory(this.directory, { ...options, clock });
    // Threads of libfuse's that wait for an answer would keep the connection; from here on all answers are errors.
    if (options.force === true) await filesystem.close();
    else if (options.lazy === true) return;
    try {
      await this.#untilEnded(options.force === true ? UNMOUNT_MS : UNMOUNT_LINGER_MS);
    } catch {
      // By force: without root's rights nothing can be ended that is still open; its name is gone, and all it answers is errors.
      // Else it was not busy here, or the kernel had said so: another mount namespace has a copy, which is served on.
      filesystem.logger.info({ directory: this.directory }, "mount lives on in another namespace");
    }
  }

  async #untilEnded(waitMs: number): Promise<void> {
    const { clock, connection } = this.#parts;
    const deadline = deadlineSignal(clock, `the end of the mount at ${this.directory}`, waitMs);
    try {
      while (!this.#hasEnded) {
        await connection.look();
        await Promise.race([connection.ended, sleep(clock, LOOK_AGAIN_MS, deadline.signal)]);
      }
    } finally {
      deadline.close();
    }
  }

  onEnd(listener: () => void): () => void {
    if (this.#hasEnded) queueMicrotask(listener);
    else this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
