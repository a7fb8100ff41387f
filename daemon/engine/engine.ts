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
  OPEN_TASKS_MAX,
  ORIGIN_FETCHES_MAX,
  PASSED_THROUGH_PART,
  READ_DEADLINE_MS,
  TASK_FETCHES_MAX,
  TASK_LINGER_MS,
  WINDOWS_ROOM_PART,
} from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { SourceOf, SourceRequest, SourceStat } from "../source/source.ts";
import type { Storage, StoredTask } from "../storage/storage.ts";
import { formatDigest, parseDigest } from "../task/digest.ts";
import { checkedPieceLength, pieceLengthFor } from "../task/piece-length.ts";
import type { TaskRecord } from "../task/task-record.ts";
import { Answers } from "./answers.ts";
import { ContentDigests } from "./content-digest.ts";
import { FetchSlots } from "./fetch-slots.ts";
import type { Answer, EngineApi, Freshness, OpenTask, TaskRequest } from "./open-task.ts";
import { Opening } from "./opening.ts";
import type { OriginsDown } from "./origins-down.ts";
import { RoomClaims } from "./room-claims.ts";
import { RoomMaker } from "./room-maker.ts";
import { EngineTask } from "./task.ts";
import type { Integrity, ParentAccess, TaskEnvironment } from "./task-environment.ts";
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
  readonly #tasks = new Map<string, EngineTask>();
  readonly #opening = new Map<string, Promise<EngineTask>>();
  readonly #closes = new Set<Promise<void>>();
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
    this.#room = new RoomMaker({ storage, clock, log, tasks: () => this.#tasks.values() });
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
      onIdle: (task) => this.#closeLater(task),
    };
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
    const task = this.#tasks.get(id);
    // Those who have it open go on with it; the next opening begins anew.
    if (task !== undefined && this.#tasks.delete(id) && !task.busy) this.#close(task);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#answers.close();
    await Promise.allSettled(this.#opening.values());
    for (const task of this.#tasks.values()) this.#close(task);
    this.#tasks.clear();
    await Promise.allSettled(this.#closes);
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

  /** The open task of the id, whoever else opens it at the same time; made from `record` when it is not known. */
  async #task(id: string, request: SourceRequest, record?: () => TaskRecord): Promise<EngineTask> {
    const known = this.#tasks.get(id);
    if (known !== undefined) {
      if (record !== undefined) known.request = request;
      known.hold();
      return known;
    }
    const underWay = this.#opening.get(id);
    if (underWay !== undefined) {
      await underWay;
      return this.#task(id, request, record);
    }
    if (this.#tasks.size >= OPEN_TASKS_MAX)
      throw new P2pfsError("TOO_MANY_OPEN", `more than ${OPEN_TASKS_MAX} files are open in the daemon`);
    const opening = this.#openStored(id, record).then(async (stored) => {
      const task = new EngineTask(stored, request, this.#environment);
      task.hold();
      await task.settle();
      this.#tasks.set(id, task);
      return task;
    });
    this.#opening.set(id, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(id);
    }
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
    const make = () => this.#fromStream(id, request, answer.stat);
    return this.#opened(await orAborted(this.#streamedTask(id, request, make), signal), request);
  }

  async #streamedTask(
    id: string,
    request: SourceRequest,
    make: () => Promise<StoredTask>,
  ): Promise<EngineTask> {
    if (this.record(id) !== undefined || this.#opening.has(id)) return this.#task(id, request);
    const opening = make().then(async (stored) => {
      const task = new EngineTask(stored, request, this.#environment);
      task.hold();
      await task.settle();
      this.#tasks.set(id, task);
      return task;
    });
    this.#opening.set(id, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(id);
    }
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
    const nowMs = this.#options.clock.nowMs();
    const { etag, lastModified } = stat.validator;
    const anchors = normalDigests([...(request.anchors ?? []), ...stat.digests]);
    return {
      id,
      kind: "standard",
      url: request.url,
      tag: request.tag ?? "",
      application: request.application ?? "",
      contentLength,
      pieceLength:
        request.pieceLength === undefined
          ? pieceLengthFor(contentLength)
          : checkedPieceLength(request.pieceLength),
      ranges: stat.ranges,
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { lastModified }),
      responseHeaders: stat.responseHeaders,
      anchors,
      verified: "none",
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      bytesFromSource: 0,
      bytesFromPeers: 0,
      uploadedCount: 0,
    };
  }

  #defaults(url: string): SourceRequest {
    return this.#options.requestFor?.(url) ?? { url, headers: {} };
  }

  #closeLater(task: EngineTask): void {
    this.#options.clock.schedule(TASK_LINGER_MS, () => {
      if (task.busy || this.#closed) return;
      if (this.#tasks.get(task.id) === task) this.#tasks.delete(task.id);
      this.#close(task);
    });
  }

  #close(task: EngineTask): void {
    const closing = task
      .close()
      .catch((error) =>
        this.#options.log.warn({ taskId: task.id, reason: fromUnknown(error).message }, "task-close-failed"),
      )
      .finally(() => this.#closes.delete(closing));
    this.#closes.add(closing);
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
    for (const other of this.#tasks.values())
      if (other !== task && other.evictions.isKept) keptBytes += other.stored.record.contentLength;
    return keptBytes <= this.#room.roomBytes * PASSED_THROUGH_PART;
  }

  #assertOpen(): void {
    if (this.#closed) throw new UnavailableError("the daemon is stopping", {}, "CLOSED");
  }
}

/** Each once, written one way. @throws InvalidInputError */
function normalDigests(texts: readonly string[]): string[] {
  return [...new Set(texts.map((text) => formatDigest(parseDigest(text))))];
}
