/**
 * What both gRPC servers of the daemon have in common: calls that are refused, answers that may already be bytes, an orderly
 * end. Which calls are served, and to whom, is theirs.
 */
import { type AddressInfo, createServer, type Socket, type Server as TcpServer } from "node:net";
import {
  type MethodDefinition,
  type Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { NotSupportedError } from "../../base/errors.ts";
import { SERVER_BACKLOG, SERVER_HANDSHAKE_MS, SERVER_STOP_MS } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { DownloadTaskRequest__Output } from "../../proto/gen/dfdaemon/v2/DownloadTaskRequest.ts";
import type { CertificateFiles } from "../tls/certificate-files.ts";
import { MutualTlsServer } from "../tls/mutual-tls-server.ts";
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

/** The TCP port of a gRPC server: connections of our own making, because grpc-js' listener takes any number of them. */
export class GrpcListener {
  readonly #server: Server;
  readonly #connectionsMax: number;
  #listener: TcpServer | undefined;
  #door: MutualTlsServer | undefined;

  /** @param connectionsMax further ones are closed */
  constructor(server: Server, connectionsMax: number) {
    this.#server = server;
    this.#connectionsMax = connectionsMax;
  }

  /**
   * @param files who is let in: hosts with a certificate of their authority; undefined: all, in clear
   * @returns the port in use @throws P2pfsError BUSY when it is taken
   */
  listen(
    files: CertificateFiles | undefined,
    { ip, port }: { readonly ip: string; readonly port: number },
  ): Promise<number> {
    // Hands were shaken before; to gRPC all are connections like any.
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    const inject = (socket: Socket) => injector.injectConnection(socket);
    if (files !== undefined)
      this.#door = new MutualTlsServer({
        files,
        settings: { ALPNProtocols: ["h2"], handshakeTimeout: SERVER_HANDSHAKE_MS },
        onConnection: inject,
        // Whoever was refused knows; a stranger is no news.
        onRefused: () => {},
      });
    const listener = createServer({ noDelay: true }, (socket) => {
      // Closed as well, then.
      socket.on("error", () => {});
      if (this.#door === undefined) inject(socket);
      else this.#door.take(socket);
    });
    listener.maxConnections = this.#connectionsMax;
    return new Promise((resolve, reject) => {
      const address = ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
      listener.once("error", (error) => reject(fromUnknown(error, `cannot listen on ${address}`)));
      listener.listen({ host: ip, port, backlog: SERVER_BACKLOG }, () => {
        this.#listener = listener;
        resolve((listener.address() as AddressInfo).port);
      });
    });
  }

  /** Takes no more connections. */
  close(): void {
    this.#listener?.close();
    this.#door?.close();
  }
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
