/**
 * Whether single blocks of a task are asked of a seed of p2pfs' own now, or of the source: who the seed is, what it is told, and
 * how long it rests after it failed. What comes, and what of it is believed, is not decided here.
 */
import { SEED_BUSY_REST_MS, SEED_CONNECT_MS, SEED_CONTENT_REST_MS } from "../../base/limits.ts";
import { describeForAnybody } from "../scheduler/cluster/download-description.ts";
import type { StoredTask } from "../storage/storage.ts";
import type { Seed, SeedContent } from "../transport/seeds.ts";
import { type Giver, SOURCE, untilOrSource } from "./giver.ts";
import type { TaskRequest } from "./open-task.ts";
import { registrationOf } from "./registration.ts";
import type { TaskEnvironment } from "./task-environment.ts";

export class TaskSeed {
  readonly #stored: StoredTask;
  readonly #request: () => TaskRequest;
  readonly #env: Pick<TaskEnvironment, "scheduler" | "parents" | "log" | "clock" | "integrity">;
  readonly #changed: () => void;
  /** Until when who the seeds are is waited for, and when they are asked again; monotonic ms. */
  #knownMs: number | undefined;
  #againMs = Number.NEGATIVE_INFINITY;
  /** Piece → until when the seed is not asked for it, monotonic ms. */
  readonly #busyMs = new Map<number, number>();
  /** What a seed is asked for, as the request was that it was made of; undefined there: no seed is to be asked. */
  #asked: { readonly request: TaskRequest; readonly content: SeedContent | undefined } | undefined;

  /** @param changed called when it is known who the seeds are */
  constructor(
    stored: StoredTask,
    request: () => TaskRequest,
    env: Pick<TaskEnvironment, "scheduler" | "parents" | "log" | "clock" | "integrity">,
    changed: () => void,
  ) {
    this.#stored = stored;
    this.#request = request;
    this.#env = env;
    this.#changed = changed;
    if (stored.piecesFinished < stored.pieceCount && !env.scheduler.alone)
      env.parents?.seeds?.prepare(stored.record.id);
  }

  /** Who is asked for blocks of the piece: whoever is likelier to have them than the source, or gets them for others as well. */
  giverOf(piece: number): Giver {
    const { parents, clock, integrity } = this.#env;
    const nowMs = clock.monotonicMs();
    const { record } = this.#stored;
    if (parents?.seeds === undefined || !record.ranges || integrity === "agreed") return SOURCE;
    if (nowMs < this.#againMs || this.isBusy(piece)) return SOURCE;
    const content = this.#content();
    if (content === undefined) return SOURCE;
    const seed = parents.seeds.of(record.id);
    if (typeof seed === "object") return { kind: "seed", seed, content };
    if (seed === "none") return SOURCE;
    if (this.#knownMs === undefined) {
      this.#knownMs = nowMs + SEED_CONNECT_MS;
      void parents.seeds.known().then(this.#changed);
    }
    return untilOrSource(this.#knownMs, nowMs);
  }

  /** It did not give what it should have: the source is asked for a while; for that piece alone where it has too much to do. */
  failed({ hostId }: Seed, piece: number, error: { code: string; message: string }): void {
    const { clock, log } = this.#env;
    const nowMs = clock.monotonicMs();
    if (error.code === "TOO_MANY") this.#busyMs.set(piece, nowMs + SEED_BUSY_REST_MS);
    else this.#againMs = nowMs + SEED_CONTENT_REST_MS;
    log.debug(
      { taskId: this.#stored.record.id, hostId, code: error.code, reason: error.message },
      "seed-failed",
    );
  }

  /** It has just said that it has no time for the piece: then parents, who have theirs from it, will not have it soon either. */
  isBusy(piece: number): boolean {
    const untilMs = this.#busyMs.get(piece);
    if (untilMs === undefined) return false;
    if (this.#env.clock.monotonicMs() < untilMs) return true;
    this.#busyMs.delete(piece);
    return false;
  }

  #content(): SeedContent | undefined {
    const request = this.#request();
    if (this.#asked?.request === request) return this.#asked.content;
    const { record, pieceCount } = this.#stored;
    const { id: taskId, contentLength: length, etag, lastModified } = record;
    const { disableBackToSource: _own, ...registration } = registrationOf(record, request, {
      peerId: "",
      pieceCount,
    });
    const download = describeForAnybody(registration);
    const content = download && { taskId, download, length, etag, lastModified };
    this.#asked = { request, content };
    return content;
  }
}
