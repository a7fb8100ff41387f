/**
 * The client's end of the daemon's Unix socket: clients of its services, calls as promises, statuses turned back into our
 * errors. Starts no daemon; daemon-start.ts does.
 */
import { type ChannelOptions, credentials, type ServiceError } from "@grpc/grpc-js";
import { codeOfGrpcStatus, ERROR_TABLE, type ErrorCode, P2pfsError } from "../base/errors.ts";
import { CALL_MS } from "../base/limits.ts";
import { somebodyAnswers } from "../base/socket-probe.ts";
import { ERROR_CODE_KEY } from "../daemon/server/grpc-status.ts";
import { decodeBackendDetails, STATUS_DETAILS_KEY } from "../proto/backend-details.ts";
import { Control, DfdaemonDownload, Health } from "../proto/local.ts";

/** Messages with a whole piece are larger than gRPC's default allows. */
const CHANNEL_OPTIONS: ChannelOptions = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  // What one client learned of a daemon that has ended must not stand in another's way.
  "grpc.use_local_subchannel_pool": 1,
};

/** Clients of one daemon. */
export class DaemonClient {
  readonly socketPath: string;
  readonly download: InstanceType<typeof DfdaemonDownload>;
  readonly control: InstanceType<typeof Control>;
  readonly health: InstanceType<typeof Health>;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
    const address = `unix:${socketPath}`;
    const plain = credentials.createInsecure();
    this.download = new DfdaemonDownload(address, plain, CHANNEL_OPTIONS);
    this.control = new Control(address, plain, CHANNEL_OPTIONS);
    this.health = new Health(address, plain, CHANNEL_OPTIONS);
  }

  close(): void {
    for (const client of [this.download, this.control, this.health]) client.close();
  }
}

/**
 * Whether a daemon answers on the socket and is ready, now or within `withinMs`. Asks the socket itself: a gRPC channel that
 * found nobody would rest before it looks again.
 */
export async function daemonAnswers(socketPath: string, withinMs = 0): Promise<boolean> {
  const until = Date.now() + withinMs;
  for (;;) {
    if ((await somebodyAnswers(socketPath)) && (await isServing(socketPath))) return true;
    if (Date.now() >= until) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function isServing(socketPath: string): Promise<boolean> {
  const client = new DaemonClient(socketPath);
  try {
    // One that accepts and is not ready is just starting, or just ending.
    for (const until = Date.now() + CALL_MS; Date.now() < until; ) {
      const { status } = await ask(client.health, "check", { service: "" });
      if (status === "SERVING") return true;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  } catch {
    // It has ended meanwhile.
    return false;
  } finally {
    client.close();
  }
}

/** The request and the answer of a client's unary method: those of its last overload. */
export type RequestOf<Method> = Method extends (request: infer Request, answer: never) => unknown
  ? Request
  : never;
export type AnswerOf<Method> = Method extends (
  request: never,
  answer: (error: ServiceError | null, answer?: infer Answer) => void,
) => unknown
  ? Answer
  : never;

/**
 * Calls a unary method.
 * @param options.deadlineMs default CALL_MS
 * @throws P2pfsError with the daemon's own code and the origin's answer
 */
export function ask<Client, Name extends keyof Client>(
  client: Client,
  name: Name,
  request: RequestOf<Client[Name]>,
  options: { readonly deadlineMs?: number } = {},
): Promise<AnswerOf<Client[Name]>> {
  return new Promise((resolve, reject) => {
    const method = client[name] as (
      request: RequestOf<Client[Name]>,
      options: { deadline: number },
      answer: (error: ServiceError | null, answer?: AnswerOf<Client[Name]>) => void,
    ) => unknown;
    const deadline = Date.now() + (options.deadlineMs ?? CALL_MS);
    method.call(client, request, { deadline }, (error, answer) =>
      error || answer === undefined ? reject(fromServiceError(error)) : resolve(answer),
    );
  });
}

/** The error a status stands for. */
export function fromServiceError(error: ServiceError | null): P2pfsError {
  if (error === null) return new P2pfsError("INTERNAL", "the daemon gave no answer");
  const [named] = error.metadata?.get(ERROR_CODE_KEY) ?? [];
  const code =
    typeof named === "string" && Object.hasOwn(ERROR_TABLE, named)
      ? (named as ErrorCode)
      : // The daemon says no more when it is not ours.
        (codeOfGrpcStatus(error.code, "NO_SPACE") ?? "INTERNAL");
  const [bytes] = error.metadata?.get(STATUS_DETAILS_KEY) ?? [];
  const backend = Buffer.isBuffer(bytes) ? decodeBackendDetails(bytes) : undefined;
  const origin =
    backend?.statusCode === undefined
      ? {}
      : { origin: { statusCode: backend.statusCode, headers: backend.header } };
  const message = backend?.message ?? error.details ?? error.message;
  return new P2pfsError(code, message, { cause: error, ...origin });
}
