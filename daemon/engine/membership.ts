/** One task's place in its swarm: registered when something is fetched, told of pieces, ended once. A scheduler that fails is done without. */
import { fromUnknown } from "../../base/node-errors.ts";
import type { PeerSession } from "../scheduler/scheduler.ts";
import type { PieceRecord, StoredTask } from "../storage/storage.ts";
import type { TaskEnvironment } from "./task-environment.ts";

export class Membership {
  readonly #stored: StoredTask;
  readonly #env: Pick<TaskEnvironment, "scheduler" | "peerId" | "log">;
  #session: PeerSession | undefined;
  #begun = false;

  constructor(stored: StoredTask, env: Pick<TaskEnvironment, "scheduler" | "peerId" | "log">) {
    this.#stored = stored;
    this.#env = env;
  }

  /** Registers, in the background. Idempotent until renew(). */
  begin(signal: AbortSignal): void {
    if (this.#begun) return;
    this.#begun = true;
    const { record, pieceCount } = this.#stored;
    const { id: taskId, url, tag, application, contentLength, pieceLength } = record;
    const peerId = this.#env.peerId();
    this.#env.scheduler
      .register({ taskId, peerId, url, tag, application, contentLength, pieceLength, pieceCount }, signal)
      .then(
        (session) => {
          this.#session = session;
        },
        // Without a scheduler the source serves; the next opening registers anew.
        (error) => this.#env.log.debug({ taskId, reason: fromUnknown(error).message }, "register-failed"),
      );
  }

  /** @param length of the piece, bytes */
  pieceFinished({ number, digest, costMs }: PieceRecord, length: number): void {
    const offset = number * this.#stored.record.pieceLength;
    this.#session?.pieceFinished({ number, offset, length, digest, costMs });
  }

  async end(how: "finished" | "idle"): Promise<void> {
    await this.#session?.end(how);
  }

  /** A finished task lost pieces: what is fetched from now on belongs to a new life in the swarm. */
  renew(): void {
    this.#session = undefined;
    this.#begun = false;
  }
}
