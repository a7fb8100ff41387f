/**
 * One download by dfget: follows the daemon's stream, hands finished pieces to an output, and makes the output whole or not
 * at all.
 */
import {
  type ClientReadableStream,
  InterceptingCall,
  type Interceptor,
  type ServiceError,
} from "@grpc/grpc-js";
import { CancelledError, P2pfsError } from "../base/errors.ts";
import { fromUnknown } from "../base/node-errors.ts";
import type { Piece__Output } from "../proto/gen/common/v2/Piece.ts";
import type { DownloadTaskResponse__Output } from "../proto/gen/dfdaemon/v2/DownloadTaskResponse.ts";
import type { DownloadTaskStartedResponse__Output } from "../proto/gen/dfdaemon/v2/DownloadTaskStartedResponse.ts";
import { type DaemonClient, fromServiceError } from "./daemon-client.ts";
import type { DfgetRequest } from "./dfget-options.ts";
import { contentOutput, fileOutput, type Output, type Target, type Wanted } from "./dfget-output.ts";
import { type HeldContent, holdContent } from "./held-content.ts";
import type { Progress } from "./progress.ts";

export interface Downloaded {
  /** Bytes of the output. */
  readonly bytes: number;
}

type Stream = ClientReadableStream<DownloadTaskResponse__Output>;

/**
 * Downloads to the request's output.
 * @throws P2pfsError what the daemon answers, and what the disk says; then there is no output
 */
export async function download(
  client: DaemonClient,
  request: DfgetRequest,
  token: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<Downloaded> {
  const { output: path, overwrite, forceHardLink } = request;
  const attempt = new Attempt(client, request, { path, overwrite, forceHardLink, token }, progress);
  try {
    return await attempt.run(request.transferFromDfdaemon, signal);
  } catch (error) {
    // The cache is another user's: its bytes have to come over the socket.
    if (error !== UNREADABLE) throw error;
    return await attempt.run(true, signal);
  } finally {
    progress.stop();
  }
}

/** Thrown when the cache cannot be read by this user. */
const UNREADABLE = new P2pfsError("PERMISSION", "the cache cannot be read by this user");

class Attempt {
  readonly #client: DaemonClient;
  readonly #request: DfgetRequest;
  readonly #target: Target;
  readonly #progress: Progress;

  constructor(client: DaemonClient, request: DfgetRequest, target: Target, progress: Progress) {
    this.#client = client;
    this.#request = request;
    this.#target = target;
    this.#progress = progress;
  }

  /** @param overSocket whether the bytes come in the messages */
  async run(overSocket: boolean, signal: AbortSignal): Promise<Downloaded> {
    if (signal.aborted) throw signal.reason;
    const pace = new Pace();
    const stream: Stream = this.#client.download.downloadTask(
      { download: { ...this.#request.download, needPieceContent: overSocket } },
      // The daemon ends it earlier; this is for a daemon that does not answer at all.
      { deadline: Date.now() + this.#request.timeoutMs + 10_000, interceptors: [pace.interceptor] },
    );
    const cancel = () => stream.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    let output: Output | undefined;
    try {
      const messages = stream[Symbol.asyncIterator]();
      const { started, taskId } = await firstMessage(messages);
      const wanted = wantedOf(started);
      output = overSocket
        ? await contentOutput(this.#target, wanted)
        : await this.#fileOutput(taskId, wanted);
      this.#progress.start(wanted.length);
      await this.#takePieces(messages, started, output, overSocket, pace);
      await output.finish();
      return { bytes: wanted.length };
    } catch (error) {
      throw signal.aborted ? (signal.reason ?? new CancelledError()) : asFailure(error);
    } finally {
      signal.removeEventListener("abort", cancel);
      stream.on("error", () => {
        // Cancelled below, or told already.
      });
      stream.cancel();
      await output?.close();
    }
  }

  async #fileOutput(taskId: string, wanted: Wanted): Promise<Output> {
    const held = await holdContent(this.#client, taskId).catch((error) => {
      // Dragonfly's own daemon has no such call.
      throw fromUnknown(error).code === "NOT_SUPPORTED" ? UNREADABLE : error;
    });
    try {
      return heldOutput(held, await fileOutput(held.path, this.#target, wanted));
    } catch (error) {
      held.close();
      const failure = fromUnknown(error);
      const unreadable = failure.message.startsWith("cannot read the cache");
      throw unreadable && !this.#target.forceHardLink ? UNREADABLE : failure;
    }
  }

  /** Takes every announced piece; over the socket one at a time, so that only one is held. */
  async #takePieces(
    messages: AsyncIterator<DownloadTaskResponse__Output>,
    started: DownloadTaskStartedResponse__Output,
    output: Output,
    overSocket: boolean,
    pace: Pace,
  ): Promise<void> {
    const missing = new Set(started.pieces.map(({ number }) => number));
    const taking = new Set<Promise<void>>();
    let failure: { readonly error: unknown } | undefined;
    pace.next();
    for (let next = await messages.next(); !next.done; pace.next(), next = await messages.next()) {
      const piece = next.value.downloadPieceFinishedResponse?.piece;
      if (!piece || !missing.delete(piece.number)) continue;
      const taken = this.#take(output, piece)
        .catch((error) => {
          failure ??= { error };
        })
        .finally(() => taking.delete(taken));
      taking.add(taken);
      if (overSocket) await taken;
      if (failure !== undefined) break;
    }
    await Promise.all(taking);
    if (failure !== undefined) throw failure.error;
    if (missing.size > 0)
      throw new P2pfsError(
        "INTERNAL",
        `the daemon did not deliver ${missing.size} of the pieces it promised`,
      );
  }

  async #take(output: Output, piece: Piece__Output): Promise<void> {
    this.#progress.add(await output.take(piece));
  }
}

/** An output that lets the content go with itself. */
function heldOutput(held: HeldContent, output: Output): Output {
  return {
    take: (piece) => output.take(piece),
    async finish() {
      held.assertHeld();
      await output.finish();
    },
    async close() {
      await output.close();
      held.close();
    },
  };
}

/**
 * Lets messages through one by one, each after the one before was dealt with: otherwise a stream holds sixteen, and with
 * content in them that is a gigabyte.
 */
class Pace {
  /** Messages that may pass as they come. */
  #permits = 1;
  #held: (() => void) | undefined;

  readonly interceptor: Interceptor = (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) => {
        next(metadata, {
          // grpc-js hands over the next message only after this one has passed.
          onReceiveMessage: (message, pass) => {
            if (this.#permits === 0) this.#held = () => pass(message);
            else {
              this.#permits -= 1;
              pass(message);
            }
          },
        });
      },
    });

  /** The message before was dealt with. */
  next(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) this.#permits += 1;
    else held();
  }
}

async function firstMessage(messages: AsyncIterator<DownloadTaskResponse__Output>) {
  const first = await messages.next();
  const started = first.done ? undefined : first.value.downloadTaskStartedResponse;
  if (first.done || !started) throw new P2pfsError("INTERNAL", "the daemon did not say what will come");
  return { started, taskId: first.value.taskId };
}

function wantedOf({ range, contentLength }: DownloadTaskStartedResponse__Output): Wanted {
  return range ? { offset: range.start, length: range.length } : { offset: 0, length: contentLength };
}

/** A status of the call, or what it is already. */
function asFailure(error: unknown): P2pfsError {
  const status = error as ServiceError;
  return error instanceof Error && typeof status.code === "number" && status.metadata !== undefined
    ? fromServiceError(status)
    : error instanceof P2pfsError
      ? error
      : fromUnknown(error);
}
