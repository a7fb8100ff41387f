/**
 * Ends a call for good once its status is out, as Dragonfly's scheduler does. Its client never ends its own side of
 * AnnouncePeer: it goes on only when it hears, by RST_STREAM, that nobody listens any more (dragonflyoss/client,
 * resource/task.rs waits for the channel's end). grpc-js leaves such streams half open for ever.
 */
import { constants, type ServerHttp2Stream } from "node:http2";
import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { STATUS_LOOK_MS, STATUS_OUT_MS } from "../../base/limits.ts";

/**
 * It must be the first of a server's interceptors: it looks at the call itself.
 * @param methods paths of the calls that are ended so, "/package.Service/Method"
 */
export function resetAfterStatus(methods: readonly string[], clock: Clock): ServerInterceptor {
  return (method, call) => {
    const { stream } = call as { readonly stream?: ServerHttp2Stream };
    if (methods.includes(method.path))
      stream?.once("finish", () => resetWhenOut(stream, clock, clock.monotonicMs() + STATUS_OUT_MS));
    return new ServerInterceptingCall(call);
  };
}

/** A reset takes back what still waits to be sent, the trailers with the status too, and nothing tells when they are out. */
function resetWhenOut(stream: ServerHttp2Stream, clock: Clock, untilMs: number): void {
  if (stream.destroyed || stream.closed) return;
  if (stream.state.localClose === 1 || clock.monotonicMs() >= untilMs)
    stream.close(constants.NGHTTP2_NO_ERROR);
  else clock.schedule(STATUS_LOOK_MS, () => resetWhenOut(stream, clock, untilMs));
}
