/**
 * The fetches of one open task: which of what is wanted is fetched now, from whom, and what follows when a fetch fails. Who wants
 * what, and whether the task is complete, is the task's; bytes move below, in sources and transports.
 */
import type { P2pfsError } from "../../base/errors.ts";
import { UnavailableError } from "../../base/errors.ts";
import { BLOCK_BYTES, SEED_ASIDE_BLOCKS, WITHOUT_SOURCE_LOOK_MS } from "../../base/limits.ts";
import { loggableUrl } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { BlockRange, FetchPlan, TaskView, WantList, WantPriority } from "../piece/want-list.ts";
import type { PieceRecord, StoredTask } from "../storage/storage.ts";
import { beginFetch, type PresentGiver, placeOf } from "./begin-fetch.ts";
import { Distrust } from "./distrust.ts";
import type { Fetch } from "./fetch.ts";
import { type Giver, type NoGiver, SOURCE } from "./giver.ts";
import { HeldBack } from "./held-back.ts";
import type { TaskRequest } from "./open-task.ts";
import { originOf } from "./origin-of.ts";
import { overtakeFor } from "./overtaking.ts";
import { remedyFor, remedyWithoutRoom } from "./remedy.ts";
import { Rests } from "./rests.ts";
import { RunningFetches } from "./running-fetches.ts";
import type { Owner, TaskEnvironment } from "./task-environment.ts";
import { TaskParents } from "./task-parents.ts";
import type { TaskPieces } from "./task-pieces.ts";
import type { Waiters } from "./waiters.ts";

/** The task whose fetches they are, and what it hears of them. */
export interface FetchingTask {
  readonly stored: StoredTask;
  readonly wants: WantList;
  readonly waiters: Waiters;
  readonly pieces: TaskPieces;
  /** How its origin is asked now. */
  readonly request: () => TaskRequest;
  /** Nothing is to be fetched any more. */
  readonly isOver: () => boolean;
  /** The block is being evicted. */
  readonly isGoing: (block: number) => boolean;
  /** Ends all fetches. */
  readonly closing: AbortSignal;
  /** A block is here. */
  readonly came: (fetch: Fetch, block: number, length: number) => void;
  /** The origin holds other bytes now. */
  readonly changed: (error: P2pfsError) => void;
  /** An invariant is broken. */
  readonly broken: (error: P2pfsError) => void;
  /** A fetch is over. */
  readonly over: () => void;
}

export class TaskFetches {
  readonly #task: FetchingTask;
  readonly #env: TaskEnvironment;
  readonly #running = new RunningFetches();
  readonly #rests = new Rests();
  readonly #heldBack: HeldBack;
  readonly #distrust: Distrust;
  readonly #view: TaskView;
  #parents: TaskParents;
  /** False once the origin was seen to ignore ranges, whatever its stat said. */
  #ranges: boolean;
  #lastFailure: P2pfsError | undefined;

  constructor(task: FetchingTask, env: TaskEnvironment) {
    const { stored } = task;
    this.#task = task;
    this.#env = env;
    this.#heldBack = new HeldBack(env.clock, stored.pieceCount, this.kick);
    this.#distrust = new Distrust(stored, env.log);
    this.#parents = this.#newParents();
    this.#ranges = stored.record.ranges;
    const ranges = () => this.#ranges;
    this.#view = {
      blocks: stored.blocks,
      blockCount: stored.blockCount,
      blocksPerPiece: task.pieces.blocksPerPiece,
      blocked: (block) => this.#blocked(block),
      held: this.#heldBack.pieces,
      get ranges() {
        return ranges();
      },
    };
  }

  get areRunning(): boolean {
    return this.#running.size > 0;
  }
  /** Blocks can be had again one by one. */
  get ranges(): boolean {
    return this.#ranges;
  }
  get lastFailure(): P2pfsError | undefined {
    return this.#lastFailure;
  }
  /** One is about to write the block, or to compare it. */
  brings(block: number): boolean {
    return this.#running.brings(block);
  }
  /** See OpenTask.isBusyFarFrom. */
  areFarFrom(block: number): boolean {
    return this.#running.areFarFrom(block, SEED_ASIDE_BLOCKS);
  }

  /** Starts what can be started. Cheap when there is nothing. */
  readonly kick = (): void => {
    const { wants } = this.#task;
    const { fetchesMax } = this.#env;
    if (this.#running.size >= fetchesMax && !wants.hasDemand) return;
    for (const plan of wants.plans(this.#view)) {
      if (this.#task.isOver()) return;
      const allowed = plan.priority === "demand" ? fetchesMax * 2 : fetchesMax;
      if (this.#running.size >= allowed) return;
      if (!this.#start(plan)) return;
    }
  };

  /** A reader is blocked on these: whoever is asked for them is chosen anew. */
  lift({ start, end }: BlockRange): void {
    const { pieces } = this.#task;
    this.#heldBack.lift({ first: pieces.of(start), last: pieces.of(end - 1) });
  }

  /** Asks the source for what blocked readers have waited for too long. */
  overtake(nowMs: number): void {
    const { waiters, stored } = this.#task;
    if (!this.#ranges) return;
    for (const waiter of [...waiters.demands()]) {
      const plan = overtakeFor(waiter, this.#running, stored.blocks, nowMs);
      if (plan !== undefined && this.#mayAskSource(plan)) this.#startFrom(SOURCE, plan);
    }
  }

  /** @param parentId whose it was; undefined: the source's */
  pieceFinished(piece: PieceRecord, parentId: string | undefined): void {
    this.#parents.pieceFinished(piece, this.#task.pieces.lengthOf(piece.number), parentId);
    if (parentId === undefined) this.#distrust.finished(piece);
  }

  /** See EngineTask.distrustPeers. */
  distrustPeers(): Promise<boolean> {
    return this.#distrust.begin();
  }

  /** All of the task is here: its place in the swarm is over. */
  async completed(): Promise<void> {
    await this.#parents.end("finished");
  }

  /** What is fetched from now on belongs to a new life in the swarm. */
  beginAnew(): void {
    this.#parents = this.#newParents();
  }

  /** Resolves when those of now are over, however they end. */
  async ended(): Promise<void> {
    await this.#running.ended();
  }

  /** Idempotent. */
  async close(how: "finished" | "idle"): Promise<void> {
    this.#heldBack.close();
    await this.#parents.end(how);
  }

  #newParents(): TaskParents {
    const { stored, request } = this.#task;
    return new TaskParents(stored, request, this.#env, this.#heldBack.release);
  }

  #blocked(block: number): boolean {
    return (
      this.#task.isGoing(block) ||
      this.#running.brings(block) ||
      this.#rests.isResting(block, this.#env.clock.monotonicMs())
    );
  }

  /** @returns false when no slot is free; the slots call `kick` later */
  #start(plan: FetchPlan): boolean {
    const { wants, waiters, pieces } = this.#task;
    const piece = pieces.of(plan.start);
    const giver = this.#mayAskSource(plan) ? this.#giverOf(piece, plan.priority) : this.#peerFor(piece);
    if (giver.kind === "none") {
      wants.dropFailed(plan);
      waiters.fail(plan, new UnavailableError(`the source is not to be asked, and ${giver.reason}`));
      return true;
    }
    if (giver.kind !== "wait") return this.#startFrom(giver, plan);
    this.#heldBack.until(piece, giver.untilMs);
    return true;
  }

  /** Somebody wants any of it for whom the source is not forbidden. */
  #mayAskSource(plan: FetchPlan): boolean {
    return this.#task.wants.some(plan, ({ owner }) => !(owner as Owner).disableBackToSource);
  }

  #peerFor(piece: number): Giver | NoGiver {
    if (this.#distrust.isOn) return { kind: "none", reason: "peers gave what its digest does not say" };
    if (!this.#isShared(piece)) return this.#parents.giverOfPeers(piece);
    return { kind: "wait", untilMs: this.#env.clock.monotonicMs() + WITHOUT_SOURCE_LOOK_MS };
  }

  #giverOf(piece: number, priority: WantPriority): Giver {
    if (this.#distrust.isOn) return SOURCE;
    // Who shares a piece with a fetch that is under way takes its own blocks of it, and no more.
    return this.#isShared(piece) ? this.#parents.sampled(piece) : this.#parents.giverOf(piece, priority);
  }

  #isShared(piece: number): boolean {
    return this.#running.bringsAnyOf(this.#task.pieces.blocksOf(piece));
  }

  #startFrom(giver: PresentGiver, plan: FetchPlan): boolean {
    const { stored, waiters, closing } = this.#task;
    const request = this.#task.request();
    const place = giver.kind === "source" ? originOf(request.url) : placeOf(giver);
    const slot = this.#env.slots.take(plan.priority, place, this.kick);
    if (slot === undefined) return false;
    const parentIsFree = giver.kind === "parent" ? this.#parents.begin(giver.parent) : () => {};
    const release = () => {
      parentIsFree();
      slot();
    };
    const atOnceBytes = waiters.demandedAt(plan) * BLOCK_BYTES;
    const fetch = beginFetch(
      giver,
      { stored, request, plan, ranges: this.#ranges, atOnceBytes },
      this.#env,
      { block: (block, length) => this.#blockCame(fetch, block, length), cut: this.kick },
      closing,
    );
    this.#running.add(fetch);
    fetch.ended
      .then(
        () => this.#fetchEnded(fetch, release),
        (error) => this.#fetchFailed(fetch, release, fromUnknown(error)),
      )
      .catch((broken) => this.#task.broken(fromUnknown(broken)));
    return true;
  }

  #blockCame(fetch: Fetch, block: number, length: number): void {
    if (fetch.seed !== undefined) this.#parents.cameFromSeed(this.#task.pieces.of(block));
    this.#task.came(fetch, block, length);
  }

  #fetchEnded(fetch: Fetch, release: () => void): void {
    this.#running.delete(fetch);
    this.#rests.clear(fetch);
    release();
    this.kick();
    this.#task.over();
  }

  async #fetchFailed(fetch: Fetch, release: () => void, error: P2pfsError): Promise<void> {
    this.#running.delete(fetch);
    release();
    const left: BlockRange = { start: fetch.next, end: fetch.end };
    if (!this.#task.closing.aborted) await this.#afterFailure(fetch, left, error);
    this.kick();
    this.#task.over();
  }

  async #afterFailure(fetch: Fetch, left: BlockRange, error: P2pfsError): Promise<void> {
    this.#lastFailure = error;
    const { id: taskId } = this.#task.stored.record;
    const piece = this.#task.pieces.of(fetch.start);
    // A disk that is full or broken is no parent's fault.
    if (error.code !== "NO_SPACE" && error.code !== "IO") {
      if (fetch.parent !== undefined) return this.#parents.failed(fetch.parent, piece, error);
      if (fetch.seed !== undefined) return this.#parents.seedFailed(fetch.seed, piece, error);
    }
    const url = loggableUrl(this.#task.request().url);
    this.#env.log.debug({ taskId, url, code: error.code, reason: error.message }, "fetch-failed");
    const attempts = this.#rests.attemptsAt(left.start);
    const known = { ranges: this.#ranges, granted: fetch.granted, attempts, retries: this.#env.retries };
    let remedy = remedyFor(error, known);
    if (remedy === "make-room") {
      const isMade = await this.#env.makeRoom((left.end - left.start) * BLOCK_BYTES);
      remedy = isMade ? "rest" : remedyWithoutRoom(error, known);
    }
    if (remedy === "changed") this.#task.changed(error);
    else if (remedy === "without-ranges") this.#ranges = false;
    else if (remedy === "rest") this.#rest(left);
    else this.#giveUp(fetch, left, error, remedy === "no-room");
  }

  #rest(left: BlockRange): void {
    const { clock, random } = this.#env;
    const restMs = this.#rests.rest(left, clock.monotonicMs(), random());
    clock.schedule(restMs + 1, this.kick);
  }

  /** @param forRoom who is blocked is worth more than what this fetch was for, and has one of his own: he is spared */
  #giveUp(fetch: Fetch, left: BlockRange, error: P2pfsError, forRoom: boolean): void {
    if (!forRoom) this.#rests.clear(fetch);
    this.#task.wants.dropFailed(left);
    this.#task.waiters.fail(left, error, forRoom && fetch.priority !== "demand");
  }
}
