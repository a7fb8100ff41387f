/** Parents that announce from memory: what each tells, and when, is said by its owner. No connections, no deadlines but one. */
import { setMaxListeners } from "node:events";
import type { Clock } from "../../base/clock.ts";
import { deadlineSignal } from "../../base/deadline.ts";
import { NotFoundError, UnavailableError } from "../../base/errors.ts";
import { PARENT_SILENCE_MS } from "../../base/limits.ts";
import type { AnnouncedPiece, Announcements, AnnouncingParent } from "./announcements.ts";

interface Listener {
  hear(piece: AnnouncedPiece): void;
  end(error?: Error): void;
}

/** What one parent tells of one task. */
export class MemoryParent {
  readonly #pieces: AnnouncedPiece[] = [];
  readonly #listeners = new Set<Listener>();
  #isOver = false;

  /** Children that listen now. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** A piece is finished there. */
  announce(piece: AnnouncedPiece): void {
    this.#pieces.push(piece);
    for (const listener of this.#listeners) listener.hear(piece);
  }

  /** Nothing more will come. */
  end(): void {
    this.#isOver = true;
    for (const listener of this.#listeners) listener.end();
  }

  /** Breaks off: whoever listens is failed. */
  fail(error: Error): void {
    for (const listener of this.#listeners) listener.end(error);
  }

  /** @internal Tells what there is, and what comes. @returns stops */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    for (const piece of this.#pieces) listener.hear(piece);
    if (this.#isOver) listener.end();
    return () => void this.#listeners.delete(listener);
  }
}

export class MemoryAnnouncements implements Announcements {
  readonly #clock: Clock;
  readonly #silenceMs: number;
  readonly #parents = new Map<string, MemoryParent>();
  readonly #closing = new AbortController();

  constructor(clock: Clock, silenceMs = PARENT_SILENCE_MS) {
    this.#clock = clock;
    this.#silenceMs = silenceMs;
    setMaxListeners(0, this.#closing.signal);
  }

  /** The parent as it tells of this task; it knows the task from now on. */
  parent(peerId: string, taskId: string): MemoryParent {
    const key = `${peerId} ${taskId}`;
    const parent = this.#parents.get(key) ?? new MemoryParent();
    this.#parents.set(key, parent);
    return parent;
  }

  async listen(
    { peerId }: AnnouncingParent,
    wanted: { readonly taskId: string; readonly pieces: readonly number[] },
    onPiece: (piece: AnnouncedPiece) => void,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    const parent = this.#parents.get(`${peerId} ${wanted.taskId}`);
    if (parent === undefined) throw new NotFoundError(`the parent ${peerId} does not know the task`);
    const waiting = new Set(wanted.pieces);
    const deadline = deadlineSignal(this.#clock, `a word of the parent ${peerId}`, this.#silenceMs, signal);
    let stop: (() => void) | undefined;
    let onClosing: (() => void) | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        onClosing = () => reject(this.#closing.signal.reason);
        this.#closing.signal.addEventListener("abort", onClosing, { once: true });
        deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason), { once: true });
        stop = parent.listen({
          hear: (piece) => {
            deadline.extend(this.#silenceMs);
            if (waiting.delete(piece.number)) onPiece(piece);
          },
          end: (error) => (error === undefined ? resolve() : reject(error)),
        });
      });
    } finally {
      stop?.();
      deadline.close();
      if (onClosing !== undefined) this.#closing.signal.removeEventListener("abort", onClosing);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new UnavailableError("the daemon is stopping", {}, "CLOSED"));
  }
}
