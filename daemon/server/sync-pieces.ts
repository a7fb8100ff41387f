/**
 * SyncPieces: tells a child which of the pieces it wants are finished here, each once, as they become so. It ends when all were
 * told, or when nobody of this host wants the task any more: no child waits on a file that is half read. While somebody does,
 * what the child asks for is fetched as well, after everything else.
 */
import { setMaxListeners } from "node:events";
import type { Clock, Timer } from "../../base/clock.ts";
import { orAborted } from "../../base/deadline.ts";
import {
  InvalidInputError,
  LimitError,
  NotFoundError,
  P2pfsError,
  PermissionError,
} from "../../base/errors.ts";
import {
  SYNC_GRACE_MS,
  SYNC_LOOK_MS,
  SYNC_PIECES_NUMBERS_MAX,
  SYNC_PULLS_MAX,
  SYNCS_MAX,
} from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { SyncPiecesRequest__Output } from "../../proto/gen/dfdaemon/v2/SyncPiecesRequest.ts";
import type { SyncPiecesResponse } from "../../proto/gen/dfdaemon/v2/SyncPiecesResponse.ts";
import type { EngineApi, OpenTask } from "../engine/open-task.ts";
import { parseTaskId } from "../task/ids.ts";
import { pieceCount, pieceRange } from "../task/piece-length.ts";
import type { TaskRecord } from "../task/task-record.ts";
import type { Send } from "./calls.ts";
import { checkName } from "./network-download.ts";
import type { PieceAddress } from "./upload-ports.ts";

export interface PieceSyncsOptions {
  readonly engine: Pick<EngineApi, "record" | "openKnown">;
  readonly clock: Clock;
  readonly address: () => PieceAddress;
  /** False: this host gives nothing to others (upload.disableShared). */
  readonly shares: boolean;
}

export class PieceSyncs {
  readonly #options: PieceSyncsOptions;
  #running = 0;

  constructor(options: PieceSyncsOptions) {
    this.#options = options;
  }

  /** Children that listen now. */
  get count(): number {
    return this.#running;
  }

  /** Serves one child. @throws InvalidInputError, NotFoundError, PermissionError, LimitError, P2pfsError IO when the task failed */
  async serve(
    request: SyncPiecesRequest__Output,
    send: Send<SyncPiecesResponse>,
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, shares } = this.#options;
    const taskId = parseTaskId(request.taskId);
    checkName("host id", request.hostId);
    if (request.interestedPieceNumbers.length > SYNC_PIECES_NUMBERS_MAX)
      throw new InvalidInputError(`at most ${SYNC_PIECES_NUMBERS_MAX} pieces are told of at once`);
    if (!shares) throw new PermissionError("this host gives nothing to others (upload.disableShared)");
    if (this.#running >= SYNCS_MAX)
      throw new LimitError(`more than ${SYNCS_MAX} peers listen; try again later`);
    refuseUnknown(engine.record(taskId), taskId);
    this.#running += 1;
    try {
      const task = await openKnown(engine, taskId);
      const sync = new PieceSync(this.#options, task, request.interestedPieceNumbers);
      try {
        await sync.run(send, signal);
      } finally {
        sync.end();
        await task.close();
      }
    } finally {
      this.#running -= 1;
    }
  }
}

/** One child that listens. */
class PieceSync {
  readonly #options: PieceSyncsOptions;
  readonly #task: OpenTask;
  /** Not told yet. */
  readonly #interested = new Set<number>();
  readonly #finished: number[] = [];
  readonly #pulling = new AbortController();
  readonly #beganMs: number;
  #isPulling = false;
  #wake: () => void = () => {};

  constructor(options: PieceSyncsOptions, task: OpenTask, numbers: readonly number[]) {
    this.#options = options;
    this.#task = task;
    this.#beganMs = options.clock.monotonicMs();
    // One for each stretch that is fetched, SYNC_PULLS_MAX of them at once.
    setMaxListeners(0, this.#pulling.signal);
    const count = pieceCount(task.record);
    // A piece that the task does not have will never be told of: there is nothing to wait for.
    for (const number of numbers) if (number < count) this.#interested.add(number);
  }

  async run(send: Send<SyncPiecesResponse>, signal: AbortSignal): Promise<void> {
    const stopListening = this.#task.onPiece(({ number }) => this.#came(number));
    try {
      const here = new Set<number>();
      for (const { number } of await orAborted(this.#task.finishedPieces(), signal)) here.add(number);
      // As Dragonfly's peers do, in the order asked for.
      for (const number of [...this.#interested]) if (here.has(number)) this.#came(number);
      for (;;) {
        for (let number = this.#finished.shift(); number !== undefined; number = this.#finished.shift())
          await send(this.#announcement(number));
        if (this.#isOver()) return;
        this.#pull();
        await this.#next(signal);
      }
    } finally {
      stopListening();
    }
  }

  /** Takes back what was wanted for the child. Idempotent. */
  end(): void {
    this.#pulling.abort();
  }

  #came(number: number): void {
    if (!this.#interested.delete(number)) return;
    this.#finished.push(number);
    this.#wake();
  }

  #announcement(number: number): SyncPiecesResponse {
    const { offset, length } = pieceRange(this.#task.record, number);
    const { ip, tcpPort } = this.#options.address();
    // As proto3 wants it, and Dragonfly does it: a 0 is not on the wire.
    return { ...(number === 0 ? {} : { number, offset }), length, ip, tcpPort };
  }

  /** @throws NotFoundError, P2pfsError when the task is gone or failed meanwhile */
  #isOver(): boolean {
    const { engine, clock } = this.#options;
    // What came while the last one was sent is told first.
    if (this.#finished.length > 0) return false;
    if (this.#interested.size === 0 || this.#task.complete) return true;
    refuseUnknown(engine.record(this.#task.id), this.#task.id);
    return !this.#task.isWanted && clock.monotonicMs() - this.#beganMs >= SYNC_GRACE_MS;
  }

  /** While somebody here wants the task, what the child lacks is wanted too, by nobody more urgent than it. */
  #pull(): void {
    if (this.#isPulling || !this.#task.isWanted) return;
    this.#isPulling = true;
    const { record } = this.#task;
    const wants: Promise<void>[] = [];
    for (const { first, end } of runsOf(this.#interested)) {
      if (wants.length >= SYNC_PULLS_MAX) break;
      const { offset } = pieceRange(record, first);
      const length = Math.min(end * record.pieceLength, record.contentLength) - offset;
      wants.push(this.#task.want({ offset, length }, "seed", this.#pulling.signal));
    }
    // What does not come is not told of, and the child asks elsewhere; after what came, the next stretches have their turn.
    void Promise.allSettled(wants).then((ends) => {
      this.#isPulling = !ends.some(({ status }) => status === "fulfilled");
    });
  }

  /** Resolves when a piece came, or it is time to look at the task. */
  async #next(signal: AbortSignal): Promise<void> {
    if (this.#finished.length > 0) return;
    let timer: Timer | undefined;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = this.#options.clock.schedule(SYNC_LOOK_MS, resolve);
    });
    try {
      await orAborted(woken, signal);
    } finally {
      timer?.cancel();
    }
  }
}

/** Neighbouring numbers as stretches [first, end), in order. */
function* runsOf(numbers: ReadonlySet<number>): Generator<{ first: number; end: number }> {
  let run: { first: number; end: number } | undefined;
  for (const number of [...numbers].sort((a, b) => a - b)) {
    if (run?.end === number) {
      run.end += 1;
      continue;
    }
    if (run !== undefined) yield run;
    run = { first: number, end: number + 1 };
  }
  if (run !== undefined) yield run;
}

async function openKnown(engine: Pick<EngineApi, "openKnown">, taskId: string): Promise<OpenTask> {
  try {
    return await engine.openKnown(taskId);
  } catch (error) {
    const failure = fromUnknown(error);
    throw failure.code === "NOT_FOUND" ? new NotFoundError(`task ${taskId} not found`) : failure;
  }
}

/** In Dragonfly's words. @throws NotFoundError, P2pfsError IO */
function refuseUnknown(record: TaskRecord | undefined, taskId: string): void {
  if (record === undefined) throw new NotFoundError(`task ${taskId} not found`);
  const { failedAtMs, finishedAtMs } = record;
  if (failedAtMs !== undefined && finishedAtMs === undefined)
    throw new P2pfsError("IO", `task ${taskId} failed`);
}
