/**
 * The frame around every gRPC handler: a signal that aborts when the client goes away, errors turned into statuses, one
 * log line per failed call. What a call does is the handler's.
 */
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type ServerWritableStream,
  type StatusObject,
} from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { CancelledError, DeadlineError, type P2pfsError } from "../../base/errors.ts";
import { SEND_STALL_MS } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { toGrpcStatus } from "./grpc-status.ts";

/** A call that answers once. @param toStatus the status of a failure; default: that of our table */
export function unary<Request, Response>(
  log: Logger,
  handle: (request: Request, signal: AbortSignal) => Promise<Response>,
  toStatus: (failure: P2pfsError) => StatusObject = toGrpcStatus,
): handleUnaryCall<Request, Response> {
  return (call, answer) => {
    const controller = goneSignal(call);
    handle(call.request, controller.signal).then(
      (response) => answer(null, response),
      (error) => {
        const failure = fromUnknown(error);
        logFailure(log, call.getPath(), failure);
        answer(toStatus(failure));
      },
    );
  };
}

/** Sends one message and resolves when the connection has taken it: at most one is in flight. */
export type Send<Response> = (message: Response) => Promise<void>;

/** A call that answers with a stream. */
export function streaming<Request, Response>(
  options: {
    readonly log: Logger;
    readonly clock: Clock;
    /** Headers leave before the first answer, which may be long in coming: the client knows it was heard. Default false. */
    readonly headersFirst?: boolean;
    /** What they say. */
    readonly headers?: Readonly<Record<string, string>>;
    /** The status of a failure; default: that of our table. */
    readonly toStatus?: (failure: P2pfsError) => StatusObject;
  },
  handle: (request: Request, send: Send<Response>, signal: AbortSignal) => Promise<void>,
): handleServerStreamingCall<Request, Response> {
  return (call) => {
    const controller = goneSignal(call);
    if (options.headersFirst) call.sendMetadata(metadataOf(options.headers ?? {}));
    const send: Send<Response> = (message) => sendOne(call, message, options.clock, controller.signal);
    handle(call.request, send, controller.signal).then(
      () => call.end(),
      (error) => {
        const failure = fromUnknown(error);
        logFailure(options.log, call.getPath(), failure);
        // Not an emitter's error: grpc-js takes this as the call's status.
        call.emit("error", (options.toStatus ?? toGrpcStatus)(failure));
      },
    );
  };
}

function metadataOf(headers: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

/** Aborts when the client goes away, which it may have done before the handler heard of the call. */
function goneSignal(call: {
  readonly cancelled: boolean;
  on(event: "cancelled", listener: () => void): unknown;
}): AbortController {
  const controller = new AbortController();
  const onGone = () => controller.abort(new CancelledError("the client went away"));
  if (call.cancelled) onGone();
  call.on("cancelled", onGone);
  return controller;
}

function sendOne<Request, Response>(
  call: ServerWritableStream<Request, Response>,
  message: Response,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const settle = (done: () => void) => {
      stall.cancel();
      signal.removeEventListener("abort", onAbort);
      done();
    };
    const onAbort = () => settle(() => reject(signal.reason));
    const stall = clock.schedule(SEND_STALL_MS, () =>
      settle(() => reject(new DeadlineError("the client takes no more of what it asked for"))),
    );
    signal.addEventListener("abort", onAbort, { once: true });
    call.write(message, (error?: Error | null) =>
      settle(() => (error ? reject(fromUnknown(error)) : resolve())),
    );
  });
}

/** A client that went away, or asked for what is not there, is nobody's trouble; a fault of ours is. */
function logFailure(log: Logger, path: string, failure: P2pfsError): void {
  const fields = { rpc: path, code: failure.code, reason: failure.message, ...failure.details };
  if (failure.code === "INTERNAL") log.error({ ...fields, stack: failure.stack }, "call-failed");
  else if (failure.code === "CANCELLED") log.debug(fields, "call-cancelled");
  else log.warn(fields, "call-failed");
}
