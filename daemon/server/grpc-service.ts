/**
 * What both gRPC servers of the daemon have in common: calls that are refused, answers that may already be bytes, an orderly
 * end. Which calls are served, and to whom, is theirs.
 */
import type {
  MethodDefinition,
  Server,
  ServiceDefinition,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { NotSupportedError } from "../../base/errors.ts";
import { SERVER_STOP_MS } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import type { DownloadTaskRequest__Output } from "../../proto/gen/dfdaemon/v2/DownloadTaskRequest.ts";
import { streaming, unary } from "./calls.ts";
import type { DownloadAnswer } from "./download-task.ts";

/** Every call of a service, refused as UNIMPLEMENTED: what is served is put over it. */
export function refusedCalls(
  service: ServiceDefinition,
  options: { readonly log: Logger; readonly clock: Clock },
): UntypedServiceImplementation {
  const refuse = (name: string) => async () => {
    throw new NotSupportedError(`this version does not serve ${name}`);
  };
  return Object.fromEntries(
    Object.entries(service).map(([name, { responseStream }]) => [
      name,
      responseStream ? streaming(options, refuse(name)) : unary(options.log, refuse(name)),
    ]),
  );
}

/** The service's definition, with answers of DownloadTask that may already be bytes. */
export function withEncodedAnswers<Service extends ServiceDefinition & { readonly DownloadTask: unknown }>(
  service: Service,
): Omit<Service, "DownloadTask"> & {
  DownloadTask: MethodDefinition<DownloadTaskRequest__Output, DownloadAnswer>;
} {
  const plain = service.DownloadTask as MethodDefinition<DownloadTaskRequest__Output, DownloadAnswer>;
  const responseSerialize = (answer: DownloadAnswer) =>
    Buffer.isBuffer(answer) ? answer : plain.responseSerialize(answer);
  return { ...service, DownloadTask: { ...plain, responseSerialize } };
}

/** Takes no more calls and lets those that run end; after SERVER_STOP_MS they are ended. */
export function stopServer(server: Server, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const force = clock.schedule(SERVER_STOP_MS, () => {
      server.forceShutdown();
      resolve();
    });
    server.tryShutdown(() => {
      force.cancel();
      resolve();
    });
  });
}
