/**
 * What the scheduler knows, in `level`: hosts, tasks, and who has what. Written in batches; what is lost with the last of them,
 * or with the whole database, is told again by the hosts. Downloads that are under way are not kept: their streams end with the
 * process. A database that cannot be read is begun anew.
 */
import { rm } from "node:fs/promises";
import { Level } from "level";
import type { Clock, Timer } from "../../../base/clock.ts";
import { makeFolder } from "../../../base/folder.ts";
import { SWARM_PAGE_MAX, SWARM_WRITE_MS } from "../../../base/limits.ts";
import type { Logger } from "../../../base/logger.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import { checkHost, checkIds, withSaneFigures } from "./check-request.ts";
import { type KnownHost, type KnownPeer, type KnownTask, newTask } from "./known.ts";
import type { Swarm, SwarmJournal } from "./swarm.ts";

/** First characters of the keys, by what lies under them. */
const PREFIX = { host: "h!", task: "t!", peer: "p!" } as const;

const DB_OPTIONS = { keyEncoding: "utf8", valueEncoding: "utf8", maxOpenFiles: 64 } as const;

export interface SwarmStoreOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export class SwarmStore implements SwarmJournal {
  readonly #options: SwarmStoreOptions;
  readonly #db: Level<string, string>;
  /** Key → what makes its text when it is written; undefined: it is deleted. */
  #pending = new Map<string, (() => object) | undefined>();
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** A write failed: told once. */
  #failing = false;
  #closed = false;

  private constructor(options: SwarmStoreOptions, db: Level<string, string>) {
    this.#options = options;
    this.#db = db;
  }

  /** @throws P2pfsError BUSY when another process has it, and when the folder cannot be used */
  static async open(options: SwarmStoreOptions): Promise<SwarmStore> {
    const { folder, log } = options;
    await makeFolder(folder);
    try {
      return new SwarmStore(options, await openDatabase(folder));
    } catch (error) {
      const failure = fromUnknown(error);
      if (failure.details.nodeCode !== "LEVEL_CORRUPTION") throw failure;
      log.warn({ folder, reason: failure.message }, "scheduler-database-begun-anew");
      await rm(folder, { recursive: true, force: true });
      await makeFolder(folder);
      return new SwarmStore(options, await openDatabase(folder));
    }
  }

  /** Tells the swarm all that is kept. Records that make no sense are dropped. */
  async load(swarm: Swarm): Promise<void> {
    for await (const [key, record] of this.#records(PREFIX.host)) {
      const kept = record as { message: Parameters<Swarm["announceHost"]>[0]; intervalMs: number };
      this.#orDrop(key, () => {
        checkHost(kept.message);
        // As if it had announced itself now: how long the scheduler was away is not the host's silence.
        swarm.announceHost(withSaneFigures(kept.message), Number(kept.intervalMs) || 0);
      });
    }
    for await (const [key, record] of this.#records(PREFIX.task))
      this.#orDrop(key, () => {
        const task = taskOf(record as TaskRecord);
        swarm.tasks.set(task.id, task);
      });
    for await (const [key, record] of this.#records(PREFIX.peer)) {
      const { hostId, taskId, peerId, priority, range } = record as PeerRecord;
      const task = swarm.tasks.get(taskId);
      this.#orDrop(key, () => {
        checkIds({ hostId, taskId, peerId });
        if (task === undefined || !swarm.hosts.has(hostId)) throw new RangeError("of nobody");
        swarm.restore({ hostId, taskId, peerId }, task, range ? { priority, range } : { priority });
      });
    }
    for (const task of [...swarm.tasks.values()]) {
      if (task.peers.size > 0) task.state = "Succeeded";
      else swarm.tasks.delete(task.id);
    }
  }

  hostChanged(host: KnownHost): void {
    this.#put(`${PREFIX.host}${host.id}`, () => ({ message: host.message, intervalMs: host.intervalMs }));
  }
  hostGone(hostId: string): void {
    this.#put(`${PREFIX.host}${hostId}`, undefined);
  }
  holds(peer: KnownPeer): void {
    this.#put(`${PREFIX.task}${peer.task.id}`, () => recordOf(peer.task));
    this.#put(`${PREFIX.peer}${peer.id}`, () => ({
      hostId: peer.host.id,
      taskId: peer.task.id,
      peerId: peer.id,
      priority: peer.priority,
      range: peer.range,
    }));
  }
  peerGone(peerId: string): void {
    this.#put(`${PREFIX.peer}${peerId}`, undefined);
  }
  taskGone(taskId: string): void {
    this.#put(`${PREFIX.task}${taskId}`, undefined);
  }

  /** Writes what waits. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#write();
    await this.#writing;
    await this.#db.close();
  }

  async *#records(prefix: string): AsyncIterable<readonly [string, object]> {
    const range = { gte: prefix, lt: `${prefix}￿` };
    const iterator = this.#db.iterator(range);
    try {
      for (
        let page = await iterator.nextv(SWARM_PAGE_MAX);
        page.length > 0;
        page = await iterator.nextv(SWARM_PAGE_MAX)
      )
        for (const [key, text] of page) {
          const record = parsed(text);
          if (record === undefined) this.#put(key, undefined);
          else yield [key, record];
        }
    } finally {
      await iterator.close();
    }
  }

  #orDrop(key: string, take: () => void): void {
    try {
      take();
    } catch {
      // Written by another version, or half: whoever it is about tells it again.
      this.#put(key, undefined);
    }
  }

  #put(key: string, make: (() => object) | undefined): void {
    if (this.#closed) return;
    this.#pending.set(key, make);
    this.#timer ??= this.#options.clock.schedule(SWARM_WRITE_MS, () => this.#write());
  }

  #write(): void {
    this.#timer = undefined;
    const pending = this.#pending;
    this.#pending = new Map();
    this.#writing = this.#writing.then(() => this.#writeOut(pending));
  }

  async #writeOut(pending: ReadonlyMap<string, (() => object) | undefined>): Promise<void> {
    const operations = [...pending].map(([key, make]) =>
      make === undefined
        ? ({ type: "del", key } as const)
        : ({ type: "put", key, value: JSON.stringify(make()) } as const),
    );
    try {
      if (operations.length > 0) await this.#db.batch(operations);
      this.#failing = false;
    } catch (error) {
      // What is not kept is told again by the hosts after a restart; nobody waits for it.
      if (!this.#failing)
        this.#options.log.error({ reason: fromUnknown(error).message }, "scheduler-database-failed");
      this.#failing = true;
    }
  }
}

interface PeerRecord {
  readonly hostId: string;
  readonly taskId: string;
  readonly peerId: string;
  readonly priority: KnownPeer["priority"];
  readonly range?: { readonly start: number; readonly length: number };
}

type TaskRecord = Pick<
  KnownTask,
  "id" | "description" | "contentLength" | "pieceLength" | "pieceCount" | "createdAtMs" | "updatedAtMs"
>;

function recordOf(task: KnownTask): TaskRecord {
  const { id, description, contentLength, pieceLength, pieceCount, createdAtMs, updatedAtMs } = task;
  return { id, description, contentLength, pieceLength, pieceCount, createdAtMs, updatedAtMs };
}

function taskOf(record: TaskRecord): KnownTask {
  const { id, description, contentLength, pieceLength, pieceCount, createdAtMs, updatedAtMs } = record;
  checkIds({ id });
  if (!URL.canParse(description.url)) throw new RangeError("no URL");
  for (const figure of [contentLength, pieceLength, pieceCount, createdAtMs, updatedAtMs])
    if (!Number.isFinite(figure)) throw new RangeError("no figure");
  const task = newTask(id, description, createdAtMs);
  return Object.assign(task, { contentLength, pieceLength, pieceCount, updatedAtMs });
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

async function openDatabase(folder: string): Promise<Level<string, string>> {
  const db = new Level<string, string>(folder, DB_OPTIONS);
  try {
    await db.open();
    return db;
  } catch (error) {
    throw fromUnknown(error, `cannot open the scheduler's database ${folder}`);
  }
}
