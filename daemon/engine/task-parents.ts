/**
 * One task's place in its swarm: registered with the scheduler once it is streamed, listening to the parents it is given,
 * and deciding for each fetch whether a parent or the source is asked. A scheduler that fails is done without.
 */
import { setMaxListeners } from "node:events";
import {
  SAMPLED_PIECES_MAX,
  SCHEDULER_ANSWER_MS,
  SWARM_BYTES_MIN,
  WITHOUT_SOURCE_LOOK_MS,
} from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { type BookedParent, ParentBook, type Patience } from "../parent/parent-book.ts";
import type { WantPriority } from "../piece/want-list.ts";
import type { CandidateParent, PeerSession } from "../scheduler/scheduler.ts";
import type { PieceRecord, StoredTask } from "../storage/storage.ts";
import type { Seed } from "../transport/seeds.ts";
import { type Giver, type NoGiver, SOURCE, untilOrSource } from "./giver.ts";
import type { TaskRequest } from "./open-task.ts";
import { PieceTrust, type WrongHost } from "./piece-trust.ts";
import { registrationOf } from "./registration.ts";
import type { TaskEnvironment } from "./task-environment.ts";
import { TaskSeed } from "./task-seed.ts";

export type ParentsEnvironment = Pick<
  TaskEnvironment,
  "scheduler" | "parents" | "peerId" | "log" | "clock" | "random" | "integrity"
>;

export class TaskParents {
  readonly #stored: StoredTask;
  readonly #request: () => TaskRequest;
  readonly #env: ParentsEnvironment;
  readonly #changed: (piece?: number) => void;
  readonly #closing = new AbortController();
  readonly #listening = new Set<Promise<void>>();
  /** Pieces somebody fetched something of. */
  readonly #touched = new Set<number>();
  readonly #trust: PieceTrust;
  readonly #seed: TaskSeed;
  #book = new ParentBook();
  #session: PeerSession | undefined;
  #registering: Promise<void> | undefined;
  /** When registering began; monotonic ms. */
  #begunMs = 0;
  #failed = false;
  #whyFailed = "";

  /**
   * @param request how the task is asked for now
   * @param changed called when a piece that waited may be had now; without a piece: any may
   */
  constructor(
    stored: StoredTask,
    request: () => TaskRequest,
    env: ParentsEnvironment,
    changed: (piece?: number) => void,
  ) {
    this.#stored = stored;
    this.#request = request;
    this.#env = env;
    this.#changed = changed;
    this.#trust = new PieceTrust(stored, env);
    // One for each parent that is listened to; how many there are is the scheduler's bound.
    setMaxListeners(0, this.#closing.signal);
    this.#seed = new TaskSeed(stored, request, env, () => this.#closing.signal.aborted || changed());
  }

  /**
   * Who is asked for the piece. Sampling asks a seed of p2pfs' own, or the source: the scheduler stands in no reader's way. A file
   * that is read on, or copied, is registered, and its parents come first; who is blocked on what they do not have goes on as if
   * he sampled.
   */
  giverOf(piece: number, priority: WantPriority): Giver {
    const { scheduler, parents, clock, random } = this.#env;
    this.#touched.add(piece);
    if (scheduler.alone || parents === undefined) return SOURCE;
    if (this.#trust.needsSource(piece)) return SOURCE;
    if (this.#failed || !this.#isStreamed(priority)) return this.sampled(piece);
    this.#register();
    const nowMs = clock.monotonicMs();
    const patience = patienceOf(priority);
    const placement = this.#session?.placement() ?? { kind: "unknown" };
    if (placement.kind === "back-to-source") return SOURCE;
    const choice =
      placement.kind === "unknown"
        ? untilOrSource(this.#begunMs + SCHEDULER_ANSWER_MS[patience], nowMs)
        : this.#book.choose(piece, patience, { ms: nowMs, random: random() });
    if (choice.kind === "parent")
      return { ...choice, hearing: (signal) => this.#trust.hearing(piece, choice.parent, signal) };
    if (priority !== "demand") return choice;
    if (parents.isSeed) return SOURCE;
    const sampled = this.sampled(piece);
    if (this.#seed.isBusy(piece)) return SOURCE;
    return sampled.kind === "seed" ? sampled : choice;
  }

  /** The same for those for whom the source is not to be asked: they wait as long as a parent may get it. */
  giverOfPeers(piece: number): Giver | NoGiver {
    const { scheduler, parents, clock, random } = this.#env;
    this.#touched.add(piece);
    const none = (reason: string): NoGiver => ({ kind: "none", reason });
    if (scheduler.alone || parents === undefined) return none("this host is in no cluster");
    if (this.#trust.needsSource(piece)) return none(`nobody says for sure what piece ${piece} is`);
    if (this.#failed) return none(this.#whyFailed);
    this.#register();
    const now = { ms: clock.monotonicMs(), random: random() };
    const again = { kind: "wait", untilMs: now.ms + WITHOUT_SOURCE_LOOK_MS } as const;
    const placement = this.#session?.placement() ?? { kind: "unknown" };
    if (placement.kind === "unknown") return again;
    if (placement.kind === "back-to-source")
      return none(placement.reason ?? "the scheduler knows nobody who has it");
    const choice = this.#book.choose(piece, "copy", now);
    if (choice.kind === "parent")
      return { ...choice, hearing: (signal) => this.#trust.hearing(piece, choice.parent, signal) };
    if (choice.kind === "source" && !this.#book.isListening)
      this.#session?.reschedule("no parent has what is missing");
    return again;
  }

  /** A fetch from the parent begins. @returns ends it */
  begin(parent: BookedParent): () => void {
    return this.#book.begin(parent.peerId);
  }

  /** A parent did not give what it should have: it is dropped and reported, or only lacks that piece, or has too much to do. */
  async failed(parent: BookedParent, piece: number, error: { code: string; message: string }): Promise<void> {
    const { clock, log } = this.#env;
    if (await this.#trust.leavesToSource(piece)) return;
    const taskId = this.#stored.record.id;
    const { peerId: parentId } = parent;
    if (error.code === "UNAVAILABLE" && this.#book.refused(parentId, clock.monotonicMs())) return;
    if (error.code === "NOT_FOUND") this.#book.lacks(parentId, piece);
    else if (this.#book.drop(parentId))
      log.warn({ taskId, piece, parentId, code: error.code, reason: error.message }, "parent-dropped");
    this.#session?.pieceFailed({ number: piece, parentId });
    if (!this.#book.isAlive) this.#session?.reschedule("no parent is left");
  }

  /** Who is asked for single blocks of a piece. */
  sampled(piece: number): Giver {
    return this.#seed.giverOf(piece);
  }

  /** A seed did not give what it should have. */
  seedFailed(seed: Seed, piece: number, error: { code: string; message: string }): void {
    this.#seed.failed(seed, piece, error);
  }

  /** A block of the piece came from a seed, and from nobody else. */
  cameFromSeed(piece: number): void {
    this.#trust.rests(piece);
  }

  /** @param parentId whose it was; undefined: the source's */
  pieceFinished({ number, digest, costMs }: PieceRecord, length: number, parentId: string | undefined): void {
    for (const wrong of this.#trust.pieceFinished(number, digest)) this.#dropWrong(number, wrong);
    const offset = number * this.#stored.record.pieceLength;
    const from = parentId === undefined ? {} : { parentId };
    if (parentId !== undefined) this.#book.gave(parentId);
    this.#session?.pieceFinished({ number, offset, length, digest, costMs, ...from });
  }

  /** Ends the conversation. Idempotent. */
  async end(how: "finished" | "failed" | "idle"): Promise<void> {
    this.#closing.abort();
    await this.#registering;
    await this.#session?.end(how);
    await Promise.allSettled(this.#listening);
  }

  /** The source has shown that a host has other bytes. */
  #dropWrong(piece: number, { hostId, parentId }: WrongHost): void {
    const { log } = this.#env;
    const taskId = this.#stored.record.id;
    const reason = `its piece ${piece} is not what the source sent`;
    for (const peerId of parentId === undefined ? this.#book.peersOf(hostId) : [parentId])
      if (this.#book.drop(peerId))
        log.warn({ taskId, piece, parentId: peerId, hostId, code: "INTEGRITY", reason }, "parent-dropped");
    if (parentId === undefined) log.warn({ taskId, piece, hostId, reason }, "witness-dropped");
    if (!this.#book.isAlive) this.#session?.reschedule("no parent is left");
  }

  #isStreamed(priority: WantPriority): boolean {
    const { contentLength } = this.#stored.record;
    // Dragonfly's peers take small files from the source, and their swarm would cost more than it gives.
    if (contentLength <= SWARM_BYTES_MIN) return false;
    return priority !== "demand" || this.#touched.size > SAMPLED_PIECES_MAX || this.#session !== undefined;
  }

  #register(): void {
    if (this.#registering !== undefined) return;
    const { scheduler, peerId, clock, log } = this.#env;
    const { record, pieceCount } = this.#stored;
    this.#begunMs = clock.monotonicMs();
    const registration = registrationOf(record, this.#request(), { peerId: peerId(), pieceCount });
    this.#registering = scheduler.register(registration, this.#closing.signal).then(
      (session) => {
        this.#session = session;
        session.onPlacement(() => this.#placed(session));
        this.#placed(session);
      },
      (error) => {
        // Without a scheduler the source serves; the next opening registers anew.
        this.#failed = true;
        this.#whyFailed = fromUnknown(error).message;
        log.debug({ taskId: record.id, reason: fromUnknown(error).message }, "register-failed");
        this.#changed();
      },
    );
  }

  #placed(session: PeerSession): void {
    const placement = session.placement();
    if (placement.kind === "parents") {
      for (const parent of placement.parents) {
        if (this.#book.isNew(parent.peerId)) this.#listen(parent);
      }
    }
    this.#changed();
  }

  #listen(parent: CandidateParent): void {
    const { parents, clock, log } = this.#env;
    if (parents === undefined) return;
    const stored = this.#stored;
    const taskId = stored.record.id;
    const { peerId, hostId, maxSendRate, sendRate } = parent;
    this.#trust.addWitness(parent);
    const load = parents.loads?.watch(parent);
    // What its scheduler last heard, until it speaks for itself.
    const told = Math.max(maxSendRate - sendRate, maxSendRate / 10);
    const freeRate = () => load?.freeRate() ?? told;
    this.#book.add({ peerId, hostId, freeRate });
    const pieces = Array.from({ length: stored.pieceCount }, (_, piece) => piece).filter(
      (piece) => !stored.hasPiece(piece),
    );
    const book = this.#book;
    const listening = parents.announcements
      .listen(
        parent,
        { taskId, pieces },
        ({ number, ip, port, offersTls = false }) => {
          book.announce(peerId, number, { ip, port, offersTls }, clock.monotonicMs());
          this.#changed(number);
        },
        this.#closing.signal,
      )
      .then(
        () => book.silent(peerId),
        (error) => {
          if (this.#closing.signal.aborted) return;
          const { code, message: reason } = fromUnknown(error);
          log.info({ taskId, parentId: peerId, code, reason }, "parent-silent");
          book.drop(peerId);
        },
      )
      .finally(() => {
        this.#listening.delete(listening);
        load?.close();
        if (this.#closing.signal.aborted) return;
        if (!book.isAlive) this.#session?.reschedule("no parent is left");
        this.#changed();
      });
    this.#listening.add(listening);
  }
}

function patienceOf(priority: WantPriority): Patience {
  if (priority === "demand" || priority === "read-ahead") return priority;
  return "copy";
}
