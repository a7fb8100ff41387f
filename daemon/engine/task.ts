/**
 * One task while it is open: who wants which blocks, which fetches run, what to do when one fails, when it is complete.
 * Decisions are in daemon/piece/; bytes move below, in sources and transports. One EngineTask per task id, however
 * many have it open. Long on purpose: what could be told apart is in files of its own (running-fetches, task-pieces, completion,
 * waiters, …), and what is left changes the same state.
 */
import assert from "node:assert/strict";
import type { Timer } from "../../base/clock.ts";
import { DeadlineError, LimitError, type P2pfsError, UnavailableError } from "../../base/errors.ts";
import {
  BLOCK_BYTES,
  SEED_ASIDE_BLOCKS,
  TASK_TICK_MS,
  TASK_WAITERS_MAX,
  WITHOUT_SOURCE_LOOK_MS,
} from "../../base/limits.ts";
import { loggableUrl } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { firstClear } from "../piece/bits.ts";
import type { EvictableTask } from "../piece/eviction.ts";
import {
  type BlockRange,
  type FetchPlan,
  type TaskView,
  type Want,
  WantList,
  type WantPriority,
} from "../piece/want-list.ts";
import type { PieceRecord, StoredTask } from "../storage/storage.ts";
import { beginFetch, type PresentGiver, placeOf } from "./begin-fetch.ts";
import { Completion } from "./completion.ts";
import { Distrust } from "./distrust.ts";
import type { Fetch } from "./fetch.ts";
import { type Giver, type NoGiver, SOURCE } from "./giver.ts";
import { HeldBack } from "./held-back.ts";
import { HostWants } from "./host-wants.ts";
import type { TaskRequest } from "./open-task.ts";
import { originOf } from "./origin-of.ts";
import { overtakeFor } from "./overtaking.ts";
import { Rests } from "./rests.ts";
import type { Evictable } from "./room-maker.ts";
import { RunningFetches } from "./running-fetches.ts";
import type { Owner, TaskEnvironment } from "./task-environment.ts";
import { TaskEvictions } from "./task-evictions.ts";
import { TaskParents } from "./task-parents.ts";
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
  readonly #rests = new Rests();
  readonly #fetches = new RunningFetches();
  readonly #pieces: TaskPieces;
  readonly #completion: Completion;
  readonly #distrust: Distrust;
  readonly #closing = new AbortController();
  readonly #heldBack: HeldBack;
  #parents: TaskParents;
  readonly #view: TaskView;
  /** False once the origin was seen to ignore ranges, whatever its stat said. */
  #ranges: boolean;
  readonly #kick = () => this.kick();
  #holders = 0;
  readonly #hostWants: HostWants;
  #tick: Timer | undefined;
  /** Set once and for all: no missing block can be had any more. */
  #fatal: P2pfsError | undefined;
  #lastFailure: P2pfsError | undefined;

  constructor(stored: StoredTask, request: TaskRequest, env: TaskEnvironment) {
    this.stored = stored;
    this.request = request;
    this.#env = env;
    this.evictions = new TaskEvictions(stored, env.clock);
    this.#hostWants = new HostWants(env.clock);
    this.#heldBack = new HeldBack(env.clock, stored.pieceCount, this.#kick);
    this.#parents = this.#newParents();
    this.#distrust = new Distrust(stored, env.log);
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
    this.#ranges = record.ranges;
    const ranges = () => this.#ranges;
    this.#view = {
      blocks: stored.blocks,
      blockCount: stored.blockCount,
      blocksPerPiece: this.#pieces.blocksPerPiece,
      blocked: (block) => this.#blocked(block),
      held: this.#heldBack.pieces,
      get ranges() {
        return ranges();
      },
    };
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
    return this.#fetches.areFarFrom(block, SEED_ASIDE_BLOCKS);
  }
  /** Set when no missing block can be had any more. */
  get fatal(): P2pfsError | undefined {
    return this.#fatal;
  }
  get busy(): boolean {
    return (
      this.#holders > 0 ||
      this.#fetches.size > 0 ||
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
    if (priority === "demand")
      this.#heldBack.lift({ first: this.#pieces.of(start), last: this.#pieces.of(blocks.end - 1) });
    // Whoever is not blocked has no deadline here.
    if (priority === "demand") this.#startTicking();
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
    if (!(await this.#distrust.begin())) return false;
    this.#completion.lost();
    this.kick();
    return true;
  }

  /** Starts what can be started. Cheap when there is nothing. */
  kick(): void {
    if (this.#fetches.size >= this.#env.fetchesMax && !this.#wants.hasDemand) return;
    for (const plan of this.#wants.plans(this.#view)) {
      if (this.#fatal !== undefined || this.#closing.signal.aborted) return;
      const allowed = plan.priority === "demand" ? this.#env.fetchesMax * 2 : this.#env.fetchesMax;
      if (this.#fetches.size >= allowed) return;
      if (!this.#start(plan)) return;
    }
  }

  /** What may go of it now; undefined: nothing, because it is needed whole or could not be had again block by block. */
  evictable(): EvictableTask | undefined {
    if (!this.#ranges || this.#fatal !== undefined || this.#closing.signal.aborted) return undefined;
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
    this.#env.slots.forget(this.#kick);
    this.#waiters.fail({ start: 0, end: this.stored.blockCount }, reason);
    this.#completion.fail(reason);
    await this.#fetches.ended();
    await this.evictions.ended();
    await this.#completion.ended();
    this.#heldBack.close();
    await this.#parents.end(this.complete ? "finished" : "idle");
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
    // What is fetched from now on belongs to a new life in the swarm.
    if (this.#completion.lost()) this.#parents = this.#newParents();
  }

  /** A fetch is about to write the block or to compare it, or a blocked reader waits with it. */
  #isWanted(block: number): boolean {
    if (this.#fetches.brings(block)) return true;
    for (const waiter of this.#waiters.demands())
      if (waiter.start <= block && block < waiter.end) return true;
    return false;
  }

  #blocked(block: number): boolean {
    return (
      this.evictions.isGoing(block) ||
      this.#fetches.brings(block) ||
      this.#rests.isResting(block, this.#env.clock.monotonicMs())
    );
  }

  /** @returns false when no slot is free; the slots call `kick` later */
  #start(plan: FetchPlan): boolean {
    const piece = this.#pieces.of(plan.start);
    const giver = this.#mayAskSource(plan) ? this.#giverOf(piece, plan.priority) : this.#peerFor(piece);
    if (giver.kind === "none") {
      this.#wants.dropFailed(plan);
      this.#waiters.fail(plan, new UnavailableError(`the source is not to be asked, and ${giver.reason}`));
      return true;
    }
    if (giver.kind !== "wait") return this.#startFrom(giver, plan);
    this.#heldBack.until(piece, giver.untilMs);
    return true;
  }

  /** Somebody wants any of it for whom the source is not forbidden. */
  #mayAskSource(plan: FetchPlan): boolean {
    return this.#wants.some(plan, ({ owner }) => !(owner as Owner).disableBackToSource);
  }

  #peerFor(piece: number): Giver | NoGiver {
    if (this.#distrust.isOn) return { kind: "none", reason: "peers gave what its digest does not say" };
    if (!this.#fetches.bringsAnyOf(this.#pieces.blocksOf(piece))) return this.#parents.giverOfPeers(piece);
    return { kind: "wait", untilMs: this.#env.clock.monotonicMs() + WITHOUT_SOURCE_LOOK_MS };
  }

  #giverOf(piece: number, priority: WantPriority): Giver {
    if (this.#distrust.isOn) return SOURCE;
    // Who shares a piece with a fetch that is under way takes its own blocks of it, and no more.
    const isShared = this.#fetches.bringsAnyOf(this.#pieces.blocksOf(piece));
    return isShared ? this.#parents.sampled(piece) : this.#parents.giverOf(piece, priority);
  }

  #startFrom(giver: PresentGiver, plan: FetchPlan): boolean {
    const place = giver.kind === "source" ? originOf(this.request.url) : placeOf(giver);
    const slot = this.#env.slots.take(plan.priority, place, this.#kick);
    if (slot === undefined) return false;
    const parentIsFree = giver.kind === "parent" ? this.#parents.begin(giver.parent) : () => {};
    const release = () => {
      parentIsFree();
      slot();
    };
    const { stored, request } = this;
    const atOnceBytes = this.#waiters.demandedAt(plan) * BLOCK_BYTES;
    const fetch = beginFetch(
      giver,
      { stored, request, plan, ranges: this.#ranges, atOnceBytes },
      this.#env,
      { block: (block, length) => this.#blockCame(fetch, block, length), cut: this.#kick },
      this.#closing.signal,
    );
    this.#fetches.add(fetch);
    fetch.ended
      .then(
        () => this.#fetchEnded(fetch, release),
        (error) => this.#fetchFailed(fetch, release, fromUnknown(error)),
      )
      .catch((broken) => this.#quarantine(fromUnknown(broken)));
    return true;
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
    if (fetch.seed !== undefined) this.#parents.cameFromSeed(this.#pieces.of(block));
    this.#waiters.blockCame(block, this.stored.blocks);
    this.#pieces.blockCame(block, fetch);
  }

  #newParents(): TaskParents {
    return new TaskParents(this.stored, () => this.request, this.#env, this.#heldBack.release);
  }

  #pieceFinished(piece: PieceRecord, parentId: string | undefined): void {
    this.#parents.pieceFinished(piece, this.#pieces.lengthOf(piece.number), parentId);
    if (parentId === undefined) this.#distrust.finished(piece);
    void this.#completion.check();
    this.#settleIdle();
  }

  #fetchEnded(fetch: Fetch, release: () => void): void {
    this.#fetches.delete(fetch);
    this.#rests.clear(fetch);
    release();
    this.kick();
    this.#settleIdle();
  }

  async #fetchFailed(fetch: Fetch, release: () => void, error: P2pfsError): Promise<void> {
    this.#fetches.delete(fetch);
    release();
    const left: BlockRange = { start: fetch.next, end: fetch.end };
    if (!this.#closing.signal.aborted) await this.#afterFailure(fetch, left, error);
    this.kick();
    this.#settleIdle();
  }

  async #afterFailure(fetch: Fetch, left: BlockRange, error: P2pfsError): Promise<void> {
    this.#lastFailure = error;
    // A disk that is full or broken is no parent's fault.
    if (error.code !== "NO_SPACE" && error.code !== "IO") {
      if (fetch.parent !== undefined)
        return this.#parents.failed(fetch.parent, this.#pieces.of(fetch.start), error);
      if (fetch.seed !== undefined)
        return this.#parents.seedFailed(fetch.seed, this.#pieces.of(fetch.start), error);
    }
    this.#env.log.debug(
      { taskId: this.id, url: loggableUrl(this.request.url), code: error.code, reason: error.message },
      "fetch-failed",
    );
    if (error.code === "CHANGED") return this.#changed(error);
    if (error.code === "NOT_SUPPORTED" && this.#ranges) {
      this.#ranges = false;
      return;
    }
    if (error.code === "NO_SPACE" && !fetch.granted) return this.#noRoom(fetch, left, error);
    // What came before the failure is progress: attempts are counted from where it stopped.
    const attempts = this.#rests.attemptsAt(left.start);
    const room =
      error.code === "NO_SPACE" &&
      attempts === 0 &&
      (await this.#env.makeRoom((left.end - left.start) * BLOCK_BYTES));
    if (room || (error.retry !== "never" && attempts < this.#env.retries)) {
      const restMs = this.#rests.rest(left, this.#env.clock.monotonicMs(), this.#env.random());
      this.#env.clock.schedule(restMs + 1, this.#kick);
      return;
    }
    this.#rests.clear(fetch);
    this.#wants.dropFailed(left);
    this.#waiters.fail(left, error);
  }

  /** All was tried already; but who is blocked is worth more than what this fetch was for, and has one of his own. */
  #noRoom(fetch: Fetch, left: BlockRange, error: P2pfsError): void {
    this.#wants.dropFailed(left);
    this.#waiters.fail(left, error, fetch.priority !== "demand");
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
    await this.#parents.end("finished");
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
    const because =
      this.#lastFailure === undefined ? "the origin is slow or silent" : this.#lastFailure.message;
    this.#waiters.expire(
      nowMs,
      () => new DeadlineError(`no data within ${this.#env.readDeadlineMs / 1000} s: ${because}`),
    );
    if (!this.#ranges) return;
    for (const waiter of [...this.#waiters.demands()]) {
      const plan = overtakeFor(waiter, this.#fetches, this.stored.blocks, nowMs);
      if (plan !== undefined && this.#mayAskSource(plan)) this.#startFrom(SOURCE, plan);
    }
  }

  #settleIdle(): void {
    if (!this.busy && !this.#closing.signal.aborted) this.#env.onIdle(this);
  }
}
