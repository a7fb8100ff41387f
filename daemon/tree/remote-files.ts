/**
 * Files whose bytes the engine brings, whichever branch names them: attributes from the origin's answer or from a fresh
 * listing, the content opened, and what extended attributes tell. Names are no matter here.
 */
import type { Clock } from "../../base/clock.ts";
import { deadlineSignal, orAborted } from "../../base/deadline.ts";
import { P2pfsError, PermissionError } from "../../base/errors.ts";
import { BLOCK_BYTES, KNOWN_NAMES_MAX, READ_DEADLINE_MS } from "../../base/limits.ts";
import { loggableUrl } from "../../base/logger.ts";
import type { MayFetch, NodeAttributes, OpenContent } from "../../fs/content-source.ts";
import type { Answer, EngineApi, Freshness, OpenTask, TaskRequest } from "../engine/open-task.ts";
import type { OriginsDown } from "../engine/origins-down.ts";
import type { SourceStat } from "../source/source.ts";
import type { TaskRecord } from "../task/task-record.ts";
import { BoundedMap } from "./bounded-map.ts";
import { modifiedAtMsOf, versionToken } from "./content-version.ts";
import type { ListedFile } from "./listing.ts";
import type { Owner } from "./mount-roots.ts";
import { aboutUrl, orKept } from "./origin-errors.ts";
import { taskXattrs } from "./task-xattrs.ts";

/** A line of a listing about a file, with the time the listing was made. */
export interface DatedLine {
  readonly file: ListedFile;
  readonly checkedAtMs: number;
  /** Whether the listing is young enough to be believed without asking. */
  readonly fresh: boolean;
}

export interface RemoteFile {
  /** Identity: what is known of the file is remembered under it. */
  readonly key: string;
  readonly request: TaskRequest;
  readonly owner: Owner;
  /** Begins every version of it: tells things apart that had the same name one after the other. Default "". */
  readonly versionPrefix?: string;
  /** What the parent's listing says, if there is one. */
  readonly listed?: DatedLine | undefined;
}

/** The last real answer about a file, as attributes. */
interface Seen {
  readonly attributes: NodeAttributes;
  readonly stat: SourceStat;
  readonly checkedAtMs: number;
}

/** What `OpenContent.resume` says, as JSON: the task, and what its record does not know of the file. */
interface Resumption {
  readonly id: string;
  readonly modifiedAtMs: number;
  readonly lengthUntold: boolean;
  readonly versionPrefix: string;
}

export interface RemoteFilesOptions {
  readonly engine: EngineApi;
  readonly clock: Clock;
  readonly down: OriginsDown;
}

/** The last answer, without asking, where there is one. */
const ANY_AGE: Freshness = { consistency: "immutable", maxAgeMs: 0 };

export class RemoteFiles {
  readonly #options: RemoteFilesOptions;
  readonly #seen = new BoundedMap<string, Seen>(KNOWN_NAMES_MAX);
  readonly #measuring = new Map<string, Promise<NodeAttributes>>();
  readonly #open = new Map<string, Set<OpenTask>>();

  constructor(options: RemoteFilesOptions) {
    this.#options = options;
  }

  /**
   * Attributes, when no request is needed: a line of a fresh listing with an exact length and a time is believed until the
   * file was asked about, and after that as long as it agrees with the answer.
   */
  believed(file: Pick<RemoteFile, "key" | "owner" | "listed">): NodeAttributes | undefined {
    const { listed } = file;
    const seen = this.#seen.get(file.key);
    const believed =
      seen === undefined ? !this.#open.has(file.key) && isTelling(listed) : agrees(seen, listed);
    return listed?.fresh && believed ? (seen?.attributes ?? attributesOfLine(file, listed.file)) : undefined;
  }

  /** Nobody has asked about the file itself: what a listing says is all that is known of it. */
  isUnasked(key: string): boolean {
    return !this.#seen.has(key) && !this.#open.has(key);
  }

  /** Attributes now; see believed() for when they cost no request. */
  async attributes(file: RemoteFile, signal?: AbortSignal, mayFetch?: MayFetch): Promise<NodeAttributes> {
    const { listed } = file;
    const believed = this.believed(file);
    if (believed !== undefined) return believed;
    const seen = this.#seen.get(file.key);
    const strict = file.request.freshness?.consistency === "strict";
    const line = listed?.file.length === undefined ? undefined : attributesOfLine(file, listed.file);
    const kept = strict ? undefined : (seen?.attributes ?? line);
    const ask = () => this.#ask(file, signal, mayFetch);
    return orKept(this.#options, { url: file.request.url, ask, kept }, signal);
  }

  /** Opens the newest version; the caller closes it. */
  async open(file: RemoteFile, signal?: AbortSignal): Promise<OpenContent> {
    try {
      const { engine } = this.#options;
      const task = await engine.open(file.request, signal);
      // Opening has just asked: this is that answer, whatever its age.
      const answer = await engine.stat({ ...file.request, freshness: ANY_AGE }).catch(async (error) => {
        await task.close();
        throw error;
      });
      this.#remember(file, answer, task);
      return this.opened(file.key, task, {
        owner: file.owner,
        modifiedAtMs: answer.stat.modifiedAtMs ?? 0,
        lengthUntold: answer.stat.length === undefined,
        versionPrefix: file.versionPrefix ?? "",
      });
    } catch (error) {
      throw aboutUrl(error, file.request.url);
    }
  }

  /**
   * What was open before, by `OpenContent.resume`: the same task, if it is here still. Asks no origin.
   * @param file without a request: what is missing is fetched as the task's URL alone says
   * @throws P2pfsError STALE when the task is not here any more
   */
  async reopen(
    file: Pick<RemoteFile, "key" | "owner"> & { readonly request: TaskRequest | undefined },
    resume: string,
  ): Promise<OpenContent> {
    const { id, ...facts } = JSON.parse(resume) as Resumption;
    if (this.#options.engine.record(id) === undefined)
      throw new P2pfsError("STALE", "the bytes that were open are not here any more");
    const task = await this.#options.engine.openKnown(id, file.request);
    return this.opened(file.key, task, { owner: file.owner, ...facts });
  }

  /** A task as content of the mount. Closing the content closes the task. */
  opened(
    key: string,
    task: OpenTask,
    facts: { owner: Owner; modifiedAtMs: number; lengthUntold?: boolean; versionPrefix?: string },
  ): OpenContent {
    const holders = this.#open.get(key) ?? new Set();
    this.#open.set(key, holders.add(task));
    const { record } = task;
    const { modifiedAtMs, lengthUntold = false, versionPrefix = "" } = facts;
    const resumption: Resumption = { id: task.id, modifiedAtMs, lengthUntold, versionPrefix };
    return {
      resume: JSON.stringify(resumption),
      attributes: {
        kind: "file",
        size: record.contentLength,
        modifiedAtMs: modifiedAtMsOf(record.lastModified) ?? modifiedAtMs,
        ...facts.owner,
        version: `${versionPrefix}${versionOfRecord(record, lengthUntold)}`,
      },
      fd: task.fd,
      // Not before the content was checked, where that is demanded: then all of them are shown at once.
      get blocks() {
        return task.blocks;
      },
      blockBytes: BLOCK_BYTES,
      pieceBytes: record.pieceLength,
      get complete() {
        return task.complete;
      },
      want: (range, priority, signal) =>
        task.want(range, priority, signal).catch((error) => {
          throw aboutUrl(error, record.url);
        }),
      unwant: (range) => task.unwant(range),
      hold: (range) => task.hold(range),
      wasRead: (range) => task.wasRead(range),
      keepWhole: () => task.keepWhole(),
      passThrough: () => task.passThrough(),
      addDrain: (drain) => task.addDrain(drain),
      follow: (readers) => task.follow(readers),
      close: () => {
        if (holders.delete(task) && holders.size === 0) this.#open.delete(key);
        return task.close();
      },
    };
  }

  /** Whether all bytes of the version that was last heard of are here; asks no origin. */
  async isHere(file: RemoteFile): Promise<boolean> {
    const { engine } = this.#options;
    const stat = this.#told(file);
    // Without a length, opening may mean fetching the whole once more.
    if (stat?.length === undefined) return false;
    return isWhole(engine, engine.taskIdFor(file.request, { stat, checkedAtMs: 0, stale: true }));
  }

  /** What `user.p2p.*` says of a file; asks no origin. */
  async xattrs(file: RemoteFile): Promise<ReadonlyMap<string, string>> {
    const { engine } = this.#options;
    const stat = this.#told(file);
    if (stat === undefined) return new Map([["user.p2p.url", loggableUrl(file.request.url)]]);
    const id = engine.taskIdFor(file.request, { stat, checkedAtMs: 0, stale: true });
    return taskXattrs(engine, { id, url: file.request.url, stat, open: this.#holders(file.key) });
  }

  /** The same of a task known by id. */
  xattrsOfTask(key: string, id: string, url: string): Promise<ReadonlyMap<string, string>> {
    return taskXattrs(this.#options.engine, { id, url, stat: undefined, open: this.#holders(key) });
  }

  /** The last answer about a file, else what a listing says of it. */
  #told(file: RemoteFile): SourceStat | undefined {
    return this.#seen.get(file.key)?.stat ?? (file.listed && statOfLine(file.request.url, file.listed.file));
  }

  #holders(key: string): readonly OpenTask[] {
    return [...(this.#open.get(key) ?? [])];
  }

  async #ask(
    file: RemoteFile,
    signal: AbortSignal | undefined,
    mayFetch: MayFetch | undefined,
  ): Promise<NodeAttributes> {
    try {
      const answer = await this.#options.engine.stat(file.request, signal);
      if (answer.stat.length === undefined) return await this.#measured(file, answer, signal, mayFetch);
      return this.#remember(file, answer);
    } catch (error) {
      throw aboutUrl(error, file.request.url);
    }
  }

  /** A file whose server tells no length has to be fetched whole before its size is known; once per answer. */
  async #measured(
    file: RemoteFile,
    answer: Answer,
    signal: AbortSignal | undefined,
    mayFetch: MayFetch | undefined,
  ): Promise<NodeAttributes> {
    const seen = this.#seen.get(file.key);
    if (seen?.stat.length === undefined && seen?.checkedAtMs === answer.checkedAtMs) return seen.attributes;
    if (mayFetch !== undefined && !(await mayFetch()))
      throw new PermissionError(
        "its length is known once it was fetched, which it is not for a program that scans",
        {
          details: { guarded: true },
        },
      );
    const measuring = this.#measuring.get(file.key) ?? this.#measure(file, answer);
    const deadline = deadlineSignal(
      this.#options.clock,
      "the end of a file of unknown length",
      READ_DEADLINE_MS,
      signal,
    );
    try {
      return await orAborted(measuring, deadline.signal);
    } finally {
      deadline.close();
    }
  }

  #measure(file: RemoteFile, answer: Answer): Promise<NodeAttributes> {
    const measuring = this.#options.engine
      .open(file.request)
      .then(async (task) => {
        await task.close();
        return this.#remember(file, answer, task);
      })
      .finally(() => this.#measuring.delete(file.key));
    this.#measuring.set(file.key, measuring);
    return measuring;
  }

  /** @param task the file, opened: it knows the length where the answer does not */
  #remember(file: RemoteFile, answer: Answer, task?: OpenTask): NodeAttributes {
    const { stat, checkedAtMs } = answer;
    const attributes: NodeAttributes = {
      kind: "file",
      size: stat.length ?? task?.record.contentLength ?? 0,
      modifiedAtMs: stat.modifiedAtMs ?? 0,
      ...file.owner,
      version: `${file.versionPrefix ?? ""}${this.#versionOf(file, answer)}`,
    };
    this.#seen.set(file.key, { attributes, stat, checkedAtMs });
    return attributes;
  }

  /** That of the task which opening would open, so that an open file and its name agree; else that of the answer. */
  #versionOf(file: RemoteFile, answer: Answer): string {
    const { engine } = this.#options;
    const { stat } = answer;
    const record = engine.record(engine.taskIdFor(file.request, answer));
    if (record !== undefined) return versionOfRecord(record, stat.length === undefined);
    const { etag, lastModified } = stat.validator;
    return versionToken({ etag, lastModified, length: stat.length });
  }
}

/** Whether every piece of a task is here. */
export function isWhole(engine: EngineApi, id: string): boolean {
  const progress = engine.progress(id);
  return progress !== undefined && progress.finished === progress.total;
}

function isTelling(listed: DatedLine | undefined): boolean {
  return listed?.file.length !== undefined && listed.file.modifiedAtMs !== undefined;
}

/** Whether a line of a listing, younger than the answer, speaks of the same version. */
function agrees(seen: Seen, listed: DatedLine | undefined): boolean {
  if (listed === undefined) return false;
  const { length, etag, modifiedAtMs } = listed.file;
  const { attributes, stat } = seen;
  if (listed.checkedAtMs < seen.checkedAtMs || length !== attributes.size) return false;
  if (etag !== undefined && stat.validator.etag !== undefined) return etag === stat.validator.etag;
  // Index pages tell minutes, and some of them in the server's own time zone: then the origin is asked.
  return modifiedAtMs !== undefined && Math.abs(modifiedAtMs - attributes.modifiedAtMs) < 60_000;
}

function attributesOfLine(
  file: Pick<RemoteFile, "owner">,
  { length = 0, modifiedAtMs, etag }: ListedFile,
): NodeAttributes {
  const lastModified = modifiedAtMs === undefined ? undefined : String(modifiedAtMs);
  return {
    kind: "file",
    size: length,
    modifiedAtMs: modifiedAtMs ?? 0,
    ...file.owner,
    version: versionToken({ etag, lastModified, length }),
  };
}

/** A line of a listing as an answer: enough to tell which task it means. */
function statOfLine(url: string, { length, modifiedAtMs, etag }: ListedFile): SourceStat {
  return {
    kind: "file",
    length,
    ranges: true,
    validator: {
      ...(etag === undefined ? {} : { etag }),
      ...(length === undefined ? {} : { length }),
    },
    modifiedAtMs,
    contentType: undefined,
    finalUrl: url,
    responseHeaders: {},
    statusCode: 200,
    digests: [],
  };
}

/** Where neither length nor validators are told, every fetch of the whole is a version of its own. */
function versionOfRecord(record: TaskRecord, lengthUntold: boolean): string {
  const { etag, lastModified, contentLength, createdAtMs } = record;
  const token = versionToken({ etag, lastModified, length: contentLength });
  return lengthUntold && etag === undefined && lastModified === undefined ? `${token}:${createdAtMs}` : token;
}
