/**
 * p2pfs.v1 Pieces/Want: gives another host the blocks its reader waits for, each as soon as it is here. What is missing is wanted of
 * the engine, which gets it from the source once for everybody; configured credentials are not lent to whoever asks.
 */
import type { BufferPool } from "../../base/buffer-pool.ts";
import type { Clock } from "../../base/clock.ts";
import { deadlineSignal, orAborted } from "../../base/deadline.ts";
import { ChangedError, InvalidInputError, LimitError, PermissionError } from "../../base/errors.ts";
import { BLOCK_BYTES, WANT_BLOCKS_MAX, WANT_SERVED_MS, WANTS_SERVED_MAX } from "../../base/limits.ts";
import type { ContentVersion } from "../../proto/gen/p2pfs/v1/ContentVersion.ts";
import type { WantPriority__Output } from "../../proto/gen/p2pfs/v1/WantPriority.ts";
import type { WantRequest__Output } from "../../proto/gen/p2pfs/v1/WantRequest.ts";
import type { WantResponse } from "../../proto/gen/p2pfs/v1/WantResponse.ts";
import type { EngineApi, OpenTask, Priority } from "../engine/open-task.ts";
import type { SourceRequest } from "../source/source.ts";
import { parseTaskId } from "../task/ids.ts";
import type { TaskRecord } from "../task/task-record.ts";
import { isOneVersion } from "../task/version.ts";
import type { Send } from "./calls.ts";
import { checkName, planNetworkDownload } from "./network-download.ts";
import { readFully } from "./piece-content.ts";

export interface WantedBlocksOptions {
  readonly engine: Pick<EngineApi, "record" | "open" | "openKnown">;
  readonly requestFor: (url: string) => SourceRequest;
  readonly clock: Clock;
  /** False: this host gives nothing to others (upload.disableShared). */
  readonly shares: boolean;
  /** Blocks wait in them for the connection. */
  readonly buffers: BufferPool;
  /** Resolves when so many bytes may leave (upload.bandwidthLimit). */
  readonly allow: (bytes: number, signal: AbortSignal) => Promise<void>;
  readonly onSent: (bytes: number) => void;
}

const PRIORITIES: Readonly<Record<WantPriority__Output, Priority>> = {
  DEMAND: "demand",
  READ_AHEAD: "read-ahead",
  COPY: "copy",
  WARM: "warm",
  SEED: "seed",
};

export class WantedBlocks {
  readonly #options: WantedBlocksOptions;
  #running = 0;

  constructor(options: WantedBlocksOptions) {
    this.#options = options;
  }

  /** Calls that are served now. */
  get count(): number {
    return this.#running;
  }

  /**
   * Serves one call.
   * @throws InvalidInputError, PermissionError, LimitError where there is too much to do, ChangedError for another version than the source's, and what the
   * source says
   */
  async serve(request: WantRequest__Output, send: Send<WantResponse>, signal: AbortSignal): Promise<void> {
    const { shares, clock } = this.#options;
    checkName("host id", request.hostId);
    if (!shares) throw new PermissionError("this host gives nothing to others (upload.disableShared)");
    if (this.#running >= WANTS_SERVED_MAX)
      throw new LimitError(`more than ${WANTS_SERVED_MAX} calls for blocks are served; try again later`);
    this.#running += 1;
    const deadline = deadlineSignal(clock, "what was asked for", WANT_SERVED_MS, signal);
    try {
      const task = await this.#open(request, deadline.signal);
      try {
        await this.#send(task, request, send, deadline.signal);
      } finally {
        await task.close();
      }
    } finally {
      deadline.close();
      this.#running -= 1;
    }
  }

  /** What is here of the version is given without asking its source; else its source says whether there is such a version. */
  async #open(request: WantRequest__Output, signal: AbortSignal): Promise<OpenTask> {
    const { engine, requestFor } = this.#options;
    const taskId = parseTaskId(request.taskId);
    const { version } = request;
    if (version === null) throw new InvalidInputError("the request names no version");
    // Whoever wants the bytes shows his own credentials.
    const download = request.download && { ...request.download, needPieceContent: true };
    const { task: asked } = planNetworkDownload(download, requestFor);
    const known = engine.record(taskId);
    if (known !== undefined && isOneVersion(versionOf(known), version))
      return engine.openKnown(taskId, asked);
    const task = await engine.open(asked, signal);
    if (isOneVersion(versionOf(task.record), version)) return task;
    await task.close();
    throw new ChangedError("the source has another version than the one that is wanted");
  }

  async #send(
    task: OpenTask,
    { firstBlock, blockCount, priority }: WantRequest__Output,
    send: Send<WantResponse>,
    signal: AbortSignal,
  ): Promise<void> {
    const { contentLength } = task.record;
    const total = Math.ceil(contentLength / BLOCK_BYTES);
    if (!Number.isSafeInteger(firstBlock) || blockCount > WANT_BLOCKS_MAX || firstBlock + blockCount > total)
      throw new InvalidInputError(
        `at most ${WANT_BLOCKS_MAX} blocks of the content may be asked for at once`,
      );
    if (priority === "DEMAND" && task.isBusyFarFrom(firstBlock))
      throw new LimitError(
        "this host streams another part of the content; the source is faster for this one",
      );
    const offset = firstBlock * BLOCK_BYTES;
    const end = Math.min(offset + blockCount * BLOCK_BYTES, contentLength);
    const urgency = PRIORITIES[priority] ?? "seed";
    const over = new AbortController();
    const leave = () => over.abort(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    // All of it in one request to the source; each block is waited for by itself, and hears of a failure.
    task.want({ offset, length: end - offset }, urgency, over.signal).catch(() => {});
    try {
      for (let block = firstBlock; block < firstBlock + blockCount; block += 1) {
        const first = block === firstBlock ? { version: wireVersion(task.record) } : {};
        await this.#sendBlock(task, { block, urgency, first }, send, signal);
      }
    } finally {
      signal.removeEventListener("abort", leave);
      leave();
    }
  }

  async #sendBlock(
    task: OpenTask,
    { block, urgency, first }: { block: number; urgency: Priority; first: Partial<WantResponse> },
    send: Send<WantResponse>,
    signal: AbortSignal,
  ): Promise<void> {
    const { buffers, allow, onSent } = this.#options;
    const offset = block * BLOCK_BYTES;
    const length = Math.min(BLOCK_BYTES, task.record.contentLength - offset);
    let kept = task.keepBlock(block);
    while (kept === undefined) {
      await task.want({ offset, length }, urgency, signal);
      kept = task.keepBlock(block);
    }
    try {
      await allow(length, signal);
      const buffer = await buffers.lend(signal);
      try {
        await readFully(buffer, 0, { fd: task.fd, offset, length });
        const data = buffer.subarray(0, length);
        const crc32 = (await kept.crc32()) ?? buffers.checksum(data, 0);
        await orAborted(send({ ...first, block, crc32, data }), signal);
      } finally {
        // Also after a failed send: what the connection still holds is a copy.
        buffers.giveBack(buffer);
      }
      onSent(length);
    } finally {
      kept.release();
    }
  }
}

function versionOf({ contentLength, etag, lastModified }: TaskRecord) {
  return { length: contentLength, etag, lastModified };
}

function wireVersion({ contentLength, etag, lastModified }: TaskRecord): ContentVersion {
  return {
    length: contentLength,
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
  };
}
