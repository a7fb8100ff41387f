/** What grpc-js does otherwise than Dragonfly's servers, put right for whole servers. */
import { Metadata, ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";

/**
 * Dragonfly's client sends `grpc-timeout: 10000000u` with the streams it listens to for minutes: it means the time until the
 * headers, to which its own server applies it (tonic).
 * It must be the first of a server's interceptors: it looks at the call itself.
 * @param methods paths of the calls that go on, "/package.Service/Method"
 */
export function deadlineForHeadersAlone(methods: readonly string[]): ServerInterceptor {
  return (method, call) => {
    // The timer is made with the call, before anybody is asked.
    const { deadlineTimer } = call as { readonly deadlineTimer?: NodeJS.Timeout | null };
    if (methods.includes(method.path)) clearTimeout(deadlineTimer ?? undefined);
    return new ServerInterceptingCall(call);
  };
}

/**
 * Refuses calls beyond a rate with RESOURCE_EXHAUSTED, in the words of Dragonfly's server. Calls that last count once.
 * @param mayBegin whether one more call may begin now
 */
export function withinRate(mayBegin: () => boolean): ServerInterceptor {
  return (_method, call) => {
    if (mayBegin()) return new ServerInterceptingCall(call);
    return new ServerInterceptingCall(call, {
      start: () =>
        call.sendStatus({
          code: status.RESOURCE_EXHAUSTED,
          details: "server is overloaded: too many requests, please retry later",
          metadata: new Metadata(),
        }),
    });
  };
}
