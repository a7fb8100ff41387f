/**
 * The pieces that other hosts are served, from the storage: finished ones only, whose digests are known. Their blocks are kept
 * from eviction while they are sent. It asks no origin and makes nobody fetch anything.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import { sleep } from "../../base/deadline.ts";
import { LimitError, UnavailableError } from "../../base/errors.ts";
import {
  BLOCK_BYTES,
  PIECE_BEING_FINISHED_MS,
  PIECE_LOOK_MS,
  SERVED_TASK_LINGER_MS,
  SERVED_TASKS_MAX,
} from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { firstClear } from "../piece/bits.ts";
import type { DaemonMetrics } from "../server/metrics.ts";
import type { PieceRecord, Storage, StoredTask } from "../storage/storage.ts";
import { pieceRange } from "../task/piece-length.ts";
import type { PieceRequest } from "../transport/vortex/packet.ts";
import type { PieceStore, ServedPiece } from "../transport/vortex/piece-server.ts";

export interface StoredPiecesOptions {
  readonly storage: Pick<Storage, "record" | "open">;
  readonly clock: Clock;
  readonly metrics: Pick<DaemonMetrics, "uploadBegan">;
  /** False: this host gives nothing to others (upload.disableShared). */
  readonly shares: boolean;
}

/** A task that pieces are served of. */
interface Served {
  readonly stored: Promise<StoredTask>;
  users: number;
  linger: Timer | undefined;
}

/** A finished piece whose blocks are held. */
interface Found {
  readonly stored: StoredTask;
  readonly known: PieceRecord;
  readonly offset: number;
  readonly length: number;
  readonly release: () => void;
}

export class StoredPieces implements PieceStore {
  readonly #options: StoredPiecesOptions;
  readonly #served = new Map<string, Served>();
  #closed = false;

  constructor(options: StoredPiecesOptions) {
    this.#options = options;
  }

  /** Tasks kept open now. */
  get taskCount(): number {
    return this.#served.size;
  }

  async piece(request: PieceRequest, signal: AbortSignal): Promise<ServedPiece | undefined> {
    const { storage, shares } = this.#options;
    const { family, taskId, piece } = request;
    // Other families of tasks are not kept yet.
    if (!shares || family !== "standard" || storage.record(taskId) === undefined) return undefined;
    const served = this.#open(taskId);
    try {
      const stored = await served.stored;
      if (stored.deleted) {
        // It was deleted, and made anew, since it was opened here.
        if (this.#served.get(taskId) === served) this.#served.delete(taskId);
        this.#release(taskId, served);
        return await this.piece(request, signal);
      }
      const found = await this.#find(stored, piece, signal);
      if (found === undefined) this.#release(taskId, served);
      else return this.#lend(found, () => this.#release(taskId, served));
    } catch (error) {
      this.#release(taskId, served);
      if (fromUnknown(error).code !== "NOT_FOUND") throw error;
    }
    return undefined;
  }

  /** Closes what lingers; what is being served is closed with its last piece. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    const idle = [...this.#served].filter(([, { users }]) => users === 0);
    await Promise.all(idle.map(([taskId, served]) => this.#forget(taskId, served)));
  }

  /** The piece with its blocks held. @returns undefined when it is not finished */
  async #find(stored: StoredTask, piece: number, signal: AbortSignal): Promise<Found | undefined> {
    const { record } = stored;
    if (piece >= stored.pieceCount || !(await this.#isFinished(stored, piece, signal))) return undefined;
    const { offset, length } = pieceRange(record, piece);
    const end = Math.ceil((offset + length) / BLOCK_BYTES);
    const release = stored.hold({ start: offset / BLOCK_BYTES, end });
    try {
      const [known] = await stored.pieceRecords([piece]);
      // Its bytes may have been found to be wrong meanwhile.
      if (known !== undefined && stored.hasPiece(piece)) return { stored, known, offset, length, release };
    } catch (error) {
      release();
      throw error;
    }
    release();
    return undefined;
  }

  /** Waits for a piece whose bytes are all in and whose record is being written. */
  async #isFinished(stored: StoredTask, piece: number, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const blocksPerPiece = stored.record.pieceLength / BLOCK_BYTES;
    const start = piece * blocksPerPiece;
    const end = Math.min(start + blocksPerPiece, stored.blockCount);
    const untilMs = clock.monotonicMs() + PIECE_BEING_FINISHED_MS;
    while (!stored.hasPiece(piece)) {
      if (firstClear(stored.blocks, start, end) < end || clock.monotonicMs() >= untilMs) return false;
      await sleep(clock, PIECE_LOOK_MS, signal);
    }
    return true;
  }

  #lend({ stored, known, offset, length, release }: Found, done: () => void): ServedPiece {
    const over = this.#options.metrics.uploadBegan();
    let whole = false;
    let closed = false;
    return {
      metadata: {
        number: known.number,
        offset,
        length,
        digest: known.digest,
        parentId: known.parentId ?? "",
        costSeconds: Math.floor(known.costMs / 1000),
        createdAtSeconds: Math.floor(known.finishedAtMs / 1000),
      },
      fd: stored.fd,
      sent() {
        whole = true;
        if (!stored.deleted) stored.update({ uploadedCount: stored.record.uploadedCount + 1 });
      },
      async close() {
        if (closed) return;
        closed = true;
        over(whole);
        release();
        done();
      },
    };
  }

  #open(taskId: string): Served {
    if (this.#closed) throw new UnavailableError("the daemon is stopping", {}, "CLOSED");
    const known = this.#served.get(taskId);
    if (known !== undefined) {
      known.users += 1;
      known.linger?.cancel();
      known.linger = undefined;
      return known;
    }
    if (this.#served.size >= SERVED_TASKS_MAX) this.#forgetIdle();
    if (this.#served.size >= SERVED_TASKS_MAX)
      throw new LimitError(`more than ${SERVED_TASKS_MAX} tasks are served at once`);
    const served: Served = { stored: this.#options.storage.open(taskId), users: 1, linger: undefined };
    this.#served.set(taskId, served);
    return served;
  }

  #release(taskId: string, served: Served): void {
    served.users -= 1;
    if (served.users > 0) return;
    const forget = () => void this.#forget(taskId, served);
    if (this.#closed || this.#options.storage.record(taskId) === undefined) forget();
    else served.linger = this.#options.clock.schedule(SERVED_TASK_LINGER_MS, forget);
  }

  #forgetIdle(): void {
    for (const [taskId, served] of this.#served)
      if (served.users === 0) return void this.#forget(taskId, served);
  }

  async #forget(taskId: string, served: Served): Promise<void> {
    served.linger?.cancel();
    if (this.#served.get(taskId) === served) this.#served.delete(taskId);
    // One that could not be opened has nothing to close.
    await served.stored.then((stored) => stored.close()).catch(() => {});
  }
}
