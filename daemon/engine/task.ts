/**
 * One task while it is open: who wants which blocks and how long they wait, what becomes of it when it is complete, loses blocks,
 * or can be had no more. How blocks come is task-fetches.ts. One EngineTask per task id, however many have it open.
 */
import assert from "node:assert/strict";
import type { Timer } from "../../base/clock.ts";
import { DeadlineError, LimitError, type P2pfsError, UnavailableError } from "../../base/errors.ts";
import { BLOCK_BYTES, TASK_TICK_MS, TASK_WAITERS_MAX } from "../../base/limits.ts";
import { loggableUrl } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { firstClear } from "../piece/bits.ts";
import type { EvictableTask } from "../piece/eviction.ts";
import { type BlockRange, type Want, WantList, type WantPriority } from "../piece/want-list.ts";
import type { PieceRecord, StoredTask } from "../storage/storage.ts";
import { Completion } from "./completion.ts";
import type { Fetch } from "./fetch.ts";
import { HostWants } from "./host-wants.ts";
import type { TaskRequest } from "./open-task.ts";
import type { Evictable } from "./room-maker.ts";
import type { Owner, TaskEnvironment } from "./task-environment.ts";
import { TaskEvictions } from "./task-evictions.ts";
import { TaskFetches } from "./task-fetches.ts";
import { TaskPieces } from "./task-pieces.ts";
import { Waiters } from "./waiters.ts";

export class EngineTask implements Evictable {
  readonly stored: StoredTask;
  /** Who reads, and what may go. */
  readonly evictions: TaskEvictions;
  /** How the origin is asked: the newest opening's URL, headers and credentials. */
  request: TaskRequest;
  /** Place → bytes it gave since the daemon started. */
  readonly places = new Map<string, number>();
  readonly #env: TaskEnvironment;
  readonly #wants = new WantList();
  readonly #waiters = new Waiters();
  readonly #pieces: TaskPieces;
  readonly #fetches: TaskFetches;
  readonly #completion: Completion;
  readonly #closing = new AbortController();
  #holders = 0;
  readonly #hostWants: HostWants;
  #tick: Timer | undefined;
  /** Set once and for all: no missing block can be had any more. */
  #fatal: P2pfsError | undefined;

  constructor(stored: StoredTask, request: TaskRequest, env: TaskEnvironment) {
    this.stored = stored;
    this.request = request;
    this.#env = env;
    this.evictions = new TaskEvictions(stored, env.clock);
    this.#hostWants = new HostWants(env.clock);
    const { record } = stored;
    assert.equal(record.pieceLength % BLOCK_BYTES, 0, "pieces are whole blocks");
    this.#pieces = new TaskPieces(stored, env.clock, {
      finished: (piece, parentId) => this.#pieceFinished(piece, parentId),
      failed: (error) => {
        this.#quarantine(fromUnknown(error));
        this.#settleIdle();
      },
    });
    this.#completion = new Completion(stored, env, () => this.evictions.keepWhole(), {
      completed: () => this.#completed(),
      wrong: () => this.distrustPeers(),
      failed: (error) => this.#quarantine(fromUnknown(error)),
      settled: () => this.#settleIdle(),
    });
    this.#fetches = new TaskFetches(
      {
        stored,
        wants: this.#wants,
        waiters: this.#waiters,
        pieces: this.#pieces,
        request: () => this.request,
        isOver: () => this.#fatal !== undefined || this.#closing.signal.aborted,
        isGoing: (block) => this.evictions.isGoing(block),
        closing: this.#closing.signal,
        came: (fetch, block, length) => this.#blockCame(fetch, block, length),
        changed: (error) => this.#changed(error),
        broken: (error) => this.#quarantine(error),
        over: () => this.#settleIdle(),
      },
      env,
    );
  }

  get id(): string {
    return this.stored.record.id;
  }
  get complete(): boolean {
    return this.#completion.isComplete;
  }
  /** See OpenTask.isWanted. */
  get isWanted(): boolean {
    return this.#hostWants.areRecent;
  }
  /** See OpenTask; present blocks too. */
  isBusyFarFrom(block: number): boolean {
    return this.#fetches.areFarFrom(block);
  }
  /** Set when no missing block can be had any more. */
  get fatal(): P2pfsError | undefined {
    return this.#fatal;
  }
  get busy(): boolean {
    return (
      this.#holders > 0 ||
      this.#fetches.areRunning ||
      this.#pieces.isFinishing ||
      this.evictions.isRunning ||
      this.#completion.isRunning
    );
  }

  /** Brings a reopened task to where it was: pieces whose blocks are all here are finished, a full task is complete. */
  async settle(): Promise<void> {
    if (this.#completion.recall()) return;
    await this.#pieces.settle();
    await this.#completion.check();
  }

  hold(): void {
    this.#holders += 1;
  }

  /** Ends one holder's interest; the last leaves the task idle once its fetches have ended. */
  release(owner: Owner): void {
    this.#wants.removeOwner(owner);
    this.#holders -= 1;
    this.#settleIdle();
  }

  /** See OpenTask.want. */
  want(owner: Owner, blocks: BlockRange, priority: WantPriority, signal?: AbortSignal): Promise<void> {
    const start = firstClear(this.stored.blocks, blocks.start, blocks.end);
    if (start >= blocks.end) return Promise.resolve();
    const refusal = this.#refusal(owner);
    if (refusal !== undefined) return Promise.reject(refusal);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const nowMs = this.#env.clock.monotonicMs();
    const want: Want = { owner, priority, start, end: blocks.end };
    const waiting = this.#waiters.wait(
      {
        // What is here of it already must not go while the rest is waited for.
        start: blocks.start,
        end: blocks.end,
        next: start,
        priority,
        sinceMs: nowMs,
        deadlineMs: priority === "demand" ? nowMs + this.#env.readDeadlineMs : Number.POSITIVE_INFINITY,
      },
      () => this.#wants.remove(want),
      signal,
    );
    this.#wants.add(want);
    // Whoever is not blocked has no deadline here.
    if (priority === "demand") {
      this.#fetches.lift({ start, end: blocks.end });
      this.#startTicking();
    }
    this.kick();
    if (priority !== "seed") this.#hostWants.add(waiting);
    return waiting;
  }

  unwant(owner: Owner, blocks: BlockRange): void {
    this.#wants.subtract(owner, blocks);
  }

  onPiece(listener: (piece: PieceRecord) => void): () => void {
    return this.#pieces.onPiece(listener);
  }

  /** See OpenTask.finish. */
  async finish(owner: Owner, priority: WantPriority, signal?: AbortSignal): Promise<void> {
    // Or what came first would make room for what comes last.
    const release = this.evictions.keepWhole();
    try {
      await this.#finish(owner, priority, signal);
    } finally {
      release();
    }
  }

  async #finish(owner: Owner, priority: WantPriority, signal?: AbortSignal): Promise<void> {
    // Once more when what came turned out to be wrong.
    while (!this.complete) {
      await this.want(owner, { start: 0, end: this.stored.blockCount }, priority, signal);
      if (!this.complete && this.#fatal !== undefined) throw this.#fatal;
      await this.#completion.wait(signal);
    }
  }

  /**
   * The whole has not the digest it should: what peers gave is discarded, and is had from the source from now on.
   * @returns whether another try may bring other bytes
   */
  async distrustPeers(): Promise<boolean> {
    if (!(await this.#fetches.distrustPeers())) return false;
    this.#completion.lost();
    this.kick();
    return true;
  }

  /** Starts what can be started. Cheap when there is nothing. */
  kick(): void {
    this.#fetches.kick();
  }

  /** What may go of it now; undefined: nothing, because it is needed whole or could not be had again block by block. */
  evictable(): EvictableTask | undefined {
    if (!this.#fetches.ranges || this.#fatal !== undefined || this.#closing.signal.aborted) return undefined;
    return this.evictions.view((block) => this.#isWanted(block));
  }

  /** See Evictable. A task that was complete is not any more. */
  async evict(blocks: BlockRange): Promise<number> {
    if (this.#closing.signal.aborted) return 0;
    try {
      return await this.evictions.evict(blocks, () => this.#lost());
    } finally {
      this.kick();
      this.#settleIdle();
    }
  }

  /** Fails everything that waits and ends all fetches; the stored task is closed. Idempotent. */
  async close(): Promise<void> {
    const reason = new UnavailableError("the daemon is stopping", {}, "CLOSED");
    this.#closing.abort(reason);
    this.#tick?.cancel();
    this.#env.slots.forget(this.#fetches.kick);
    this.#waiters.fail({ start: 0, end: this.stored.blockCount }, reason);
    this.#completion.fail(reason);
    await this.#fetches.ended();
    await this.evictions.ended();
    await this.#completion.ended();
    await this.#fetches.close(this.complete ? "finished" : "idle");
    await this.stored.close();
  }

  #refusal(owner: Owner): P2pfsError | undefined {
    if (this.#fatal !== undefined) return this.#fatal;
    if (owner.disableBackToSource && (this.#env.scheduler.alone || this.#env.parents === undefined))
      return new UnavailableError("the task is not complete here and going back to the source is disabled");
    if (this.#waiters.size >= TASK_WAITERS_MAX)
      return new LimitError(`more than ${TASK_WAITERS_MAX} reads wait for one file`);
    return undefined;
  }

  #lost(): void {
    if (this.#completion.lost()) this.#fetches.beginAnew();
  }

  /** A fetch is about to write the block or to compare it, or a blocked reader waits with it. */
  #isWanted(block: number): boolean {
    if (this.#fetches.brings(block)) return true;
    for (const waiter of this.#waiters.demands())
      if (waiter.start <= block && block < waiter.end) return true;
    return false;
  }

  #blockCame(fetch: Fetch, block: number, length: number): void {
    this.evictions.came(block);
    this.places.set(fetch.place, (this.places.get(fetch.place) ?? 0) + length);
    const { bytesFromPeers, bytesFromSource } = this.stored.record;
    this.stored.update(
      fetch.parent === undefined && fetch.seed === undefined
        ? { bytesFromSource: bytesFromSource + length }
        : { bytesFromPeers: bytesFromPeers + length },
    );
    this.#waiters.blockCame(block, this.stored.blocks);
    this.#pieces.blockCame(block, fetch);
  }

  #pieceFinished(piece: PieceRecord, parentId: string | undefined): void {
    this.#fetches.pieceFinished(piece, parentId);
    void this.#completion.check();
    this.#settleIdle();
  }

  /** The origin holds other bytes now: what is here may be read, nothing can be added. */
  #changed(error: P2pfsError): void {
    this.#env.log.info(
      { taskId: this.id, url: loggableUrl(this.request.url), reason: error.message },
      "content-changed",
    );
    this.#endForever(error);
    this.#env.onChanged(this);
  }

  /** A broken invariant or a failed anchor: this task alone is given up. */
  #quarantine(error: P2pfsError): void {
    const { code, message: reason } = error;
    const stack = code === "INTERNAL" ? error.stack : undefined;
    this.#env.log.error({ taskId: this.id, code, reason, stack }, "task-quarantined");
    this.#endForever(error);
  }

  #endForever(error: P2pfsError): void {
    this.#fatal ??= error;
    this.#waiters.fail({ start: 0, end: this.stored.blockCount }, error);
    this.#completion.fail(error);
  }

  async #completed(): Promise<void> {
    await this.#fetches.completed();
    this.#env.log.debug({ taskId: this.id, url: loggableUrl(this.request.url) }, "task-complete");
  }

  #startTicking(): void {
    if (this.#tick !== undefined || this.#closing.signal.aborted) return;
    this.#tick = this.#env.clock.schedule(TASK_TICK_MS, () => {
      this.#tick = undefined;
      this.#expireAndOvertake();
      if (this.#waiters.haveDemand) this.#startTicking();
    });
  }

  #expireAndOvertake(): void {
    const nowMs = this.#env.clock.monotonicMs();
    const because = this.#fetches.lastFailure?.message ?? "the origin is slow or silent";
    this.#waiters.expire(
      nowMs,
      () => new DeadlineError(`no data within ${this.#env.readDeadlineMs / 1000} s: ${because}`),
    );
    this.#fetches.overtake(nowMs);
  }

  #settleIdle(): void {
    if (!this.busy && !this.#closing.signal.aborted) this.#env.onIdle(this);
  }
}
