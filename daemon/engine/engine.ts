/**
 * The engine: from a request to an open task whose bytes come when they are wanted. It joins the folders that talk to
 * outside things; what it decides itself is which task a request means and how long a task stays open.
 */
import type { Clock } from "../../base/clock.ts";
import { orAborted } from "../../base/deadline.ts";
import { IntegrityError, NotFoundError, P2pfsError, UnavailableError } from "../../base/errors.ts";
import {
  DAEMON_FETCHES_MAX,
  DEMAND_FETCHES_EXTRA,
  FAILED_CONTENT_MS,
  FETCH_RETRIES_DEFAULT,
  ORIGIN_FETCHES_MAX,
  PASSED_THROUGH_PART,
  READ_DEADLINE_MS,
  TASK_FETCHES_MAX,
  WINDOWS_ROOM_PART,
} from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { SourceOf, SourceRequest, SourceStat } from "../source/source.ts";
import type { Storage, StoredTask } from "../storage/storage.ts";
import type { TaskRecord } from "../task/task-record.ts";
import { Answers } from "./answers.ts";
import { ContentDigests } from "./content-digest.ts";
import { FetchSlots } from "./fetch-slots.ts";
import { newRecord, normalDigests } from "./new-record.ts";
import type { Answer, EngineApi, Freshness, OpenTask, TaskRequest } from "./open-task.ts";
import { Opening } from "./opening.ts";
import type { OriginsDown } from "./origins-down.ts";
import { RoomClaims } from "./room-claims.ts";
import { RoomMaker } from "./room-maker.ts";
import type { EngineTask } from "./task.ts";
import type { Integrity, ParentAccess, TaskEnvironment } from "./task-environment.ts";
import { TaskTable } from "./task-table.ts";
import { streamUnknownLength } from "./unknown-length.ts";
import { baseTaskId, isSameVersion, taskIdFor } from "./versions.ts";

export interface EngineOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly storage: Storage;
  readonly sourceOf: SourceOf;
  readonly scheduler: Scheduler;
  /** Default: no parent is ever asked, whatever the scheduler says. */
  readonly parents?: ParentAccess;
  /** Default "best". */
  readonly integrity?: Integrity;
  /** A fresh peer id per download. */
  readonly newPeerId: () => string;
  /** What the configuration adds to requests that name no credentials: those of the object store's root. */
  readonly requestFor?: (url: string) => SourceRequest;
  /** Longest wait of a demand read, ms; default READ_DEADLINE_MS. */
  readonly readDeadlineMs?: number;
  /** backend.maxRetries; default 1. */
  readonly retries?: number;
  /** download.concurrentPieceCount; default 8. */
  readonly fetchesMax?: number;
  /** mount.negativeTimeout; default 1 s. */
  readonly negativeMs?: number;
  /** Origins found down, shared with whoever else asks them (the tree's listings); default: the engine's own. */
  readonly down?: OriginsDown;
}

/** When a request does not say: ask the origin now, and serve what is complete here when it is down. */
const ASK_NOW: Freshness = { consistency: "stale-if-error", maxAgeMs: 0 };

export class Engine implements EngineApi {
  readonly #options: EngineOptions;
  readonly #answers: Answers;
  readonly #digests = new ContentDigests();
  readonly #environment: TaskEnvironment;
  readonly #tasks: TaskTable;
  readonly #room: RoomMaker;
  #closed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { clock, log, storage, sourceOf } = options;
    this.#answers = new Answers({
      clock,
      facts: storage.facts,
      sourceOf,
      log,
      negativeMs: options.negativeMs ?? 1_000,
      down: options.down,
    });
    this.#tasks = new TaskTable({ clock, log });
    this.#room = new RoomMaker({ storage, clock, log, tasks: () => this.#tasks });
    // What there is is known before anything is fetched. A disk that cannot be asked is told of by whoever needs room.
    this.#room.look().catch(() => {});
    this.#environment = {
      clock,
      random: options.random,
      log,
      sourceOf,
      scheduler: options.scheduler,
      parents: options.parents,
      integrity: options.integrity ?? "best",
      slots: new FetchSlots({
        daemonMax: DAEMON_FETCHES_MAX,
        originMax: ORIGIN_FETCHES_MAX,
        demandExtra: DEMAND_FETCHES_EXTRA,
      }),
      room: new RoomClaims(this.#room, clock),
      readDeadlineMs: options.readDeadlineMs ?? READ_DEADLINE_MS,
      retries: options.retries ?? FETCH_RETRIES_DEFAULT,
      fetchesMax: options.fetchesMax ?? TASK_FETCHES_MAX,
      makeRoom: (bytes) => this.#makeRoom(bytes),
      peerId: options.newPeerId,
      digestOf: (stored, algorithm, signal) => this.#digests.of(stored, algorithm, signal),
      onChanged: (task) => this.#answers.expire(task.request),
      onIdle: (task) => this.#tasks.idle(task),
    };
  }

  /** Tasks that are open now, with those that somebody has just closed. */
  get openCount(): number {
    return this.#tasks.openCount;
  }

  stat(request: TaskRequest, signal?: AbortSignal): Promise<Answer> {
    return this.#answers.get(request, request.freshness ?? ASK_NOW, signal);
  }

  async open(request: TaskRequest, signal?: AbortSignal): Promise<OpenTask> {
    this.#assertOpen();
    if (request.disableBackToSource && !this.#mayHavePeers(request)) return this.#openHere(request);
    const answer = await this.stat(request, signal);
    // A page of an http server is bytes like any other: whether its name is a directory is for names to say.
    if (answer.stat.kind === "directory" && !/^https?:/i.test(request.url))
      throw new P2pfsError("IS_A_DIRECTORY", "the URL names a directory, not a file", {
        details: { status: answer.stat.statusCode },
      });
    if (answer.stat.length === undefined) {
      if (request.disableBackToSource)
        throw new UnavailableError("the source tells no length, and is not to be asked for the content");
      return this.#openStreamed(request, answer, signal);
    }
    const id = this.taskIdFor(request, answer);
    this.#refuseFailed(id);
    const length = answer.stat.length;
    const task = await orAborted(
      this.#task(id, request, () => this.#newRecord(id, request, answer.stat, length)),
      signal,
    );
    return this.#opened(task, request);
  }

  async openKnown(id: string, given?: TaskRequest): Promise<OpenTask> {
    this.#assertOpen();
    const record = this.#options.storage.record(id);
    if (record === undefined) throw new NotFoundError(`no task ${id} is known here`);
    const request = given ?? this.#tasks.get(id)?.request ?? this.#defaults(record.url);
    return this.#opened(await this.#task(id, request), given ?? {});
  }

  taskIdFor(request: TaskRequest, answer: Answer): string {
    return taskIdFor(request, answer.stat, (id) => this.record(id));
  }

  record(id: string): TaskRecord | undefined {
    return this.#options.storage.record(id);
  }

  records(): Iterable<TaskRecord> {
    return this.#options.storage.records();
  }

  get windowBytesMax(): number {
    return this.#room.roomBytes * WINDOWS_ROOM_PART;
  }

  progress(id: string): { finished: number; total: number } | undefined {
    const record = this.record(id);
    if (record === undefined) return undefined;
    const total = Math.ceil(record.contentLength / record.pieceLength);
    const open = this.#tasks.get(id);
    if (open !== undefined) return { finished: open.stored.piecesFinished, total };
    return record.finishedAtMs === undefined ? undefined : { finished: total, total };
  }

  async delete(id: string): Promise<void> {
    await this.#options.storage.delete(id);
    this.#tasks.forget(id);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#answers.close();
    await this.#tasks.close();
    await this.#digests.close();
  }

  /** Others may have what is missing here; for its length and version the origin is asked all the same, as Dragonfly's peers do. */
  #mayHavePeers(request: TaskRequest): boolean {
    const { scheduler, parents } = this.#options;
    if (scheduler.alone || parents === undefined) return false;
    return this.record(baseTaskId(request))?.finishedAtMs === undefined;
  }

  async #openHere(request: TaskRequest): Promise<OpenTask> {
    const id = baseTaskId(request);
    const record = this.record(id);
    if (record === undefined)
      throw new UnavailableError("the task is not known here, and going back to the source is disabled");
    return this.#opened(await this.#task(id, { ...request }), request);
  }

  /** The open task of the id, made from `record` when it is not known. */
  #task(id: string, request: SourceRequest, record?: () => TaskRecord): Promise<EngineTask> {
    const stored = () => this.#openStored(id, record);
    return this.#tasks.open(id, request, this.#environment, { stored, renews: record !== undefined });
  }

  async #openStored(id: string, record?: () => TaskRecord): Promise<StoredTask> {
    const { storage } = this.#options;
    if (storage.record(id) !== undefined || record === undefined) return storage.open(id);
    return storage.create(record());
  }

  #opened(task: EngineTask, request: Pick<TaskRequest, "disableBackToSource" | "anchors">): OpenTask {
    task.stored.update({ updatedAtMs: this.#options.clock.nowMs() });
    return new Opening(task, {
      disableBackToSource: request.disableBackToSource ?? false,
      anchors: normalDigests(request.anchors ?? []),
      digestOf: (stored, algorithm, signal) => this.#digests.of(stored, algorithm, signal),
      mayPassThrough: () => this.#mayPassThrough(task),
    });
  }

  /** Content that did not have its digest a moment ago is not fetched again for everyone who opens it. */
  #refuseFailed(id: string): void {
    const record = this.record(id);
    if (record?.failedAtMs === undefined || record.finishedAtMs !== undefined) return;
    if (this.#options.clock.nowMs() - record.failedAtMs < FAILED_CONTENT_MS)
      throw new IntegrityError(
        "the origin's bytes did not have the digest that belongs to them; asked again in a minute",
      );
  }

  /** A server that does not tell the length: everything is fetched, once, before the task exists. */
  async #openStreamed(request: TaskRequest, answer: Answer, signal?: AbortSignal): Promise<OpenTask> {
    const id = this.taskIdFor(request, answer);
    const record = this.record(id);
    const { etag, lastModified } = answer.stat.validator;
    const proven =
      record !== undefined && (etag ?? lastModified) !== undefined && isSameVersion(record, answer.stat);
    const current = proven || (record !== undefined && record.createdAtMs >= answer.checkedAtMs);
    if (record !== undefined && !current && !answer.stale) await this.delete(id);
    const isKnown = this.record(id) !== undefined || this.#tasks.isOpening(id);
    const stored = () => (isKnown ? this.#openStored(id) : this.#fromStream(id, request, answer.stat));
    const task = this.#tasks.open(id, request, this.#environment, { stored, renews: false });
    return this.#opened(await orAborted(task, signal), request);
  }

  #fromStream(id: string, request: TaskRequest, stat: SourceStat): Promise<StoredTask> {
    return streamUnknownLength({
      storage: this.#options.storage,
      source: this.#options.sourceOf(request.url),
      request,
      stat,
      clock: this.#options.clock,
      room: this.#environment.room,
      record: (length) => this.#newRecord(id, request, stat, length),
    });
  }

  #newRecord(id: string, request: TaskRequest, stat: SourceStat, contentLength: number): TaskRecord {
    return newRecord(request, { id, stat, contentLength, nowMs: this.#options.clock.nowMs() });
  }

  #defaults(url: string): SourceRequest {
    return this.#options.requestFor?.(url) ?? { url, headers: {} };
  }

  /** After the disk had less than it said. */
  async #makeRoom(bytes: number): Promise<boolean> {
    const claimedBytes = this.#environment.room.claimedBytes + bytes;
    await this.#room.make({
      bytes: claimedBytes,
      leastBytes: claimedBytes,
      priority: "copy",
      impatient: false,
    });
    return this.#options.storage.hasRoom(bytes);
  }

  /** Whether the kernel may be given one more file that then loses no pieces: others must still find room. */
  #mayPassThrough(task: EngineTask): boolean {
    let keptBytes = task.stored.record.contentLength;
    for (const other of this.#tasks)
      if (other !== task && other.evictions.isKept) keptBytes += other.stored.record.contentLength;
    return keptBytes <= this.#room.roomBytes * PASSED_THROUGH_PART;
  }

  #assertOpen(): void {
    if (this.#closed) throw new UnavailableError("the daemon is stopping", {}, "CLOSED");
  }
}
