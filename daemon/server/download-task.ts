/**
 * DownloadTask: opens the task, tells what will come, then each piece as it finishes, in the order and with the content
 * of Dragonfly's daemon (dragonflyoss/client, resource/task.rs), and writes the output where a client asks for it.
 */
import type { Timer } from "../../base/clock.ts";
import { deadlineSignal, orAborted } from "../../base/deadline.ts";
import { LimitError, P2pfsError, UnavailableError } from "../../base/errors.ts";
import { placeFile, refuseExisting } from "../../base/file-placement.ts";
import { DOWNLOADS_MAX, PIECE_FINISH_MS, PREFETCHES_MAX } from "../../base/limits.ts";
import { loggableUrl } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { Piece } from "../../proto/gen/common/v2/Piece.ts";
import type { DownloadTaskRequest__Output } from "../../proto/gen/dfdaemon/v2/DownloadTaskRequest.ts";
import type { DownloadTaskResponse } from "../../proto/gen/dfdaemon/v2/DownloadTaskResponse.ts";
import type { OpenTask } from "../engine/open-task.ts";
import { type PieceSpan, pieceCount, pieceRange, piecesOverlapping } from "../task/piece-length.ts";
import type { ByteRange } from "../task/range.ts";
import type { Send } from "./calls.ts";
import { type DownloadPlan, planDownload } from "./download-request.ts";
import { announcedPiece, finishedPiece } from "./messages.ts";
import type { DownloadLabels } from "./metrics.ts";
import { encodePieceFinished, PieceBuffers } from "./piece-content.ts";
import { PieceQueue } from "./piece-queue.ts";
import type { ServiceContext } from "./ports.ts";

/** An answer as a message, or already encoded. */
export type DownloadAnswer = DownloadTaskResponse | Buffer;

/** Permission bits of outputs that the daemon writes for a client: the client is another user, perhaps. */
const OUTPUT_MODE = 0o644;

/** One download while it runs. */
interface Running {
  readonly plan: DownloadPlan;
  readonly task: OpenTask;
  readonly span: PieceSpan;
  readonly range: ByteRange | undefined;
  readonly peerId: string;
  readonly send: Send<DownloadAnswer>;
  readonly signal: AbortSignal;
}

export class Downloads {
  readonly #context: ServiceContext;
  readonly #plan: typeof planDownload;
  readonly #buffers = new PieceBuffers();
  readonly #closing = new AbortController();
  readonly #prefetches = new Map<string, Promise<void>>();
  /** One per call, aborted when the client goes away or the server stops. */
  readonly #running = new Set<AbortController>();

  /** @param plan what a request asks for, by the rules for whoever may call @throws what it throws */
  constructor(context: ServiceContext, plan: typeof planDownload = planDownload) {
    this.#context = context;
    this.#plan = plan;
  }

  /** Serves one call. Its wants are withdrawn when the client goes away or the time is over. */
  async serve(
    request: DownloadTaskRequest__Output,
    send: Send<DownloadAnswer>,
    signal: AbortSignal,
  ): Promise<void> {
    const { metrics, clock, beginUse } = this.#context;
    const plan = this.#plan(request.download, this.#context.requestFor);
    if (this.#running.size >= DOWNLOADS_MAX)
      throw new LimitError(`more than ${DOWNLOADS_MAX} downloads run at once; try again later`);
    const labels = labelsOf(request);
    const endUse = beginUse();
    const measured = metrics.downloadBegan(labels);
    const call = new AbortController();
    const onGone = () => call.abort(signal.reason);
    if (signal.aborted) onGone();
    signal.addEventListener("abort", onGone, { once: true });
    this.#running.add(call);
    const deadline = deadlineSignal(clock, "the whole download", plan.timeoutMs, call.signal);
    try {
      if (plan.output !== undefined) await this.#checkOutput(plan.output);
      const bytes = await this.#run(plan, send, deadline.signal);
      measured.finished(bytes);
    } catch (error) {
      measured.failed();
      throw error;
    } finally {
      deadline.close();
      endUse();
      signal.removeEventListener("abort", onGone);
      this.#running.delete(call);
    }
  }

  /** Ends what runs, prefetches too. Idempotent. */
  async close(): Promise<void> {
    const reason = new UnavailableError("the daemon is stopping", {}, "CLOSED");
    this.#closing.abort(reason);
    for (const call of this.#running) call.abort(reason);
    await Promise.allSettled(this.#prefetches.values());
  }

  /** @returns bytes asked for */
  async #run(plan: DownloadPlan, send: Send<DownloadAnswer>, signal: AbortSignal): Promise<number> {
    const task = await this.#context.engine.open(plan.task, signal);
    try {
      // Pieces that were told are copied by the client, in its own time.
      task.keepWhole();
      const { record } = task;
      const range = plan.rangeIn(record.contentLength);
      const span =
        range === undefined ? { first: 0, count: pieceCount(record) } : piecesOverlapping(record, range);
      const peerId = this.#context.host.newPeerId();
      const running: Running = { plan, task, span, range, peerId, send, signal };
      await send({ ...this.#head(running), ...this.#started(running) });
      if (plan.prefetch) this.#prefetch(task.id, plan);
      await this.#sendPieces(running);
      if (range === undefined) await this.#finish(running);
      return range?.length ?? record.contentLength;
    } finally {
      await task.close();
    }
  }

  #head({ task, peerId }: Running): DownloadTaskResponse {
    return { hostId: this.#context.host.id, taskId: task.id, peerId };
  }

  #started({ task, span, range }: Running): DownloadTaskResponse {
    const { record } = task;
    const nowMs = this.#context.clock.nowMs();
    const numbers = Array.from({ length: span.count }, (_, index) => span.first + index);
    return {
      downloadTaskStartedResponse: {
        contentLength: record.contentLength,
        ...(range === undefined ? {} : { range: { start: range.offset, length: range.length } }),
        responseHeader: { ...record.responseHeaders },
        pieces: numbers.map((number) => announcedPiece(record, number, nowMs)),
        isFinished: task.complete,
      },
    };
  }

  /** Sends each piece of the span once: those that are here first, the others as they finish. */
  async #sendPieces(running: Running): Promise<void> {
    const { task, span, plan, signal } = running;
    const { clock } = this.#context;
    const queue = new PieceQueue(span);
    const stopListening = task.onPiece((piece) => queue.add(piece, false));
    const leaving = new AbortController();
    const leave = () => leaving.abort(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    let late: Timer | undefined;
    try {
      for (const piece of await task.finishedPieces()) queue.add(piece, true);
      if (!queue.complete)
        task.want(bytesOf(running), plan.priority, leaving.signal).then(
          () => {
            // The records follow at once; should they not, nothing else would end the wait.
            const failure = new P2pfsError("INTERNAL", "a piece has all its bytes but was not finished");
            if (!leaving.signal.aborted) late = clock.schedule(PIECE_FINISH_MS, () => queue.fail(failure));
          },
          (error) => queue.fail(error),
        );
      for (;;) {
        const next = await orAborted(queue.next(), signal);
        if (next === undefined) return;
        await this.#sendPiece(running, finishedPiece(task.record, next.piece, next.local));
      }
    } finally {
      signal.removeEventListener("abort", leave);
      leave();
      late?.cancel();
      stopListening();
    }
  }

  async #sendPiece(running: Running, piece: Piece): Promise<void> {
    const { plan, task, send, signal } = running;
    const head = this.#head(running);
    if (!plan.needPieceContent) return send({ ...head, downloadPieceFinishedResponse: { piece } });
    const { offset, length } = pieceRange(task.record, piece.number ?? 0);
    const leave = await this.#buffers.admit(length, signal);
    try {
      const content = { fd: task.fd, offset, length };
      const message = await encodePieceFinished({ head, piece, content }, this.#buffers);
      try {
        await send(message);
      } finally {
        // Also after a failed send: what the connection still holds is grpc-js' own copy.
        this.#buffers.give(message);
      }
    } finally {
      leave();
    }
  }

  /** The whole is here: anchors, the request's own digest, the output. */
  async #finish({ plan, task, signal }: Running): Promise<void> {
    await task.finish(plan.priority, signal);
    if (plan.digest !== undefined) await task.verify(plan.digest, signal);
    if (plan.output === undefined) return;
    await this.#checkOutput(plan.output, task.contentPath);
    const { path, overwrite, forceHardLink } = plan.output;
    const token = this.#context.newToken();
    const placement = {
      from: task.contentPath,
      to: path,
      overwrite,
      forceHardLink,
      token,
      mode: OUTPUT_MODE,
    };
    await placeFile(placement, signal);
  }

  async #checkOutput(output: { path: string; overwrite: boolean }, content?: string): Promise<void> {
    await this.#context.refuseOwnMount("the output path", output.path);
    if (!output.overwrite && content === undefined) await refuseExisting(output.path);
  }

  /** Fetches the whole task behind a range, once per task at a time, at a priority that nobody waits for. */
  #prefetch(taskId: string, plan: DownloadPlan): void {
    const { engine, log, metrics, beginUse } = this.#context;
    if (this.#prefetches.has(taskId) || this.#prefetches.size >= PREFETCHES_MAX) return;
    const endUse = beginUse();
    metrics.prefetchBegan();
    const run = async () => {
      const task = await engine.open(plan.task, this.#closing.signal);
      try {
        await task.finish("warm", this.#closing.signal);
      } finally {
        await task.close();
      }
    };
    const prefetch = run()
      .catch((error) => {
        metrics.prefetchFailed();
        log.warn(
          { taskId, url: loggableUrl(plan.task.url), reason: fromUnknown(error).message },
          "prefetch-failed",
        );
      })
      .finally(() => {
        this.#prefetches.delete(taskId);
        endUse();
      });
    this.#prefetches.set(taskId, prefetch);
  }
}

/** The bytes of the span's pieces: whole pieces, because only those are told. */
function bytesOf({ task, span }: Running): ByteRange {
  const { pieceLength, contentLength } = task.record;
  const offset = span.first * pieceLength;
  return { offset, length: Math.min(span.count * pieceLength, contentLength - offset) };
}

function labelsOf({ download }: DownloadTaskRequest__Output): DownloadLabels {
  return {
    type: download?.type ?? "STANDARD",
    tag: download?.tag ?? "",
    app: download?.application ?? "",
    priority: download?.priority ?? "LEVEL0",
  };
}
