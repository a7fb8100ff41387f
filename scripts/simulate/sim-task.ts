/** One file at one host: the real EngineTask over content without bytes, kept open while anybody has use for it. */
import { TASK_LINGER_MS } from "../../base/limits.ts";
import type { OpenTask, TaskRequest } from "../../daemon/engine/open-task.ts";
import { Opening } from "../../daemon/engine/opening.ts";
import { EngineTask } from "../../daemon/engine/task.ts";
import type { TaskContent } from "../../daemon/storage/task-content.ts";
import type { JoinedSession } from "./joined-session.ts";
import { contentWithoutBytes, recordOf } from "./sim-content.ts";
import type { SimHost } from "./sim-host.ts";

export class SimTask {
  readonly host: SimHost;
  readonly id: string;
  readonly startedMs: number;
  /** When it was whole; undefined until then. */
  completedMs: number | undefined;
  /** Why it never was. */
  failure: unknown;
  /** How long its reader waited for bytes; undefined where nobody reads. */
  stalledMs: number | undefined;
  /** When each piece came, ms. */
  readonly finishedMs: Float64Array;
  readonly content: TaskContent;
  readonly #request: TaskRequest;
  /** Parents that have told of each piece. */
  readonly #holders: Uint16Array;
  /** Called when a parent has told of a piece. */
  onHeard: () => void = () => {};
  #session: JoinedSession | undefined;
  #task: EngineTask | undefined;

  constructor(host: SimHost, id: string, request: TaskRequest) {
    const { clock, settings } = host.world;
    this.host = host;
    this.id = id;
    this.#request = request;
    this.startedMs = clock.nowMs();
    this.content = contentWithoutBytes(recordOf(settings, id, request.url, this.startedMs), clock);
    this.finishedMs = new Float64Array(this.content.pieces.length);
    this.#holders = new Uint16Array(settings.rotation ? this.content.pieces.length : 0);
  }

  /** As the engine opens a task for somebody; closed by whoever opened it. */
  async open(): Promise<OpenTask> {
    const task = this.#task ?? this.#made();
    task.hold();
    await task.settle();
    return new Opening(task, {
      disableBackToSource: false,
      anchors: [],
      mayPassThrough: () => false,
      digestOf: this.host.environment.digestOf,
    });
  }

  /** A parent told of a piece. */
  heard(piece: number): void {
    if (piece >= this.#holders.length) return;
    this.#holders[piece] = this.holdersOf(piece) + 1;
    this.onHeard();
  }

  holdersOf(piece: number): number {
    return this.#holders[piece] ?? 0;
  }

  /** For the reverse way: what the scheduler says is joined from now on. */
  joined(session: JoinedSession): JoinedSession {
    this.#session = session;
    return session;
  }

  /** A child listens here: this host may listen to it in turn. */
  joinedBy({ id, ip, uploadPort, rate }: SimHost): void {
    if (this.completedMs !== undefined) return;
    this.#session?.add({
      peerId: `${id}-reverse`,
      hostId: id,
      ip,
      uploadPort,
      maxSendRate: rate,
      sendRate: 0,
    });
  }

  /** Its host is gone. */
  abandon(): void {
    const task = this.#task;
    this.#task = undefined;
    void task?.close();
  }

  #made(): EngineTask {
    const { host } = this;
    const { clock } = host.world;
    const task = new EngineTask(this.content.opening(), this.#request, {
      ...host.environment,
      scheduler: host.world.schedulerOf(this),
      onIdle: (idle) => this.#closeLater(idle),
    });
    task.onPiece(({ number }) => {
      this.finishedMs[number] = clock.nowMs();
    });
    this.#task = task;
    return task;
  }

  #closeLater(task: EngineTask): void {
    this.host.world.clock.schedule(TASK_LINGER_MS, () => {
      if (task.busy || this.#task !== task) return;
      this.#task = undefined;
      void task.close();
    });
  }
}
