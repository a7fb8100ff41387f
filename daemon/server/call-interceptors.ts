/** What grpc-js does otherwise than Dragonfly's servers, put right for whole servers. */
import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";

/**
 * Dragonfly's client sends `grpc-timeout: 10000000u` with the streams it listens to for minutes: it means the time until the
 * headers, to which its own server applies it (tonic).
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
