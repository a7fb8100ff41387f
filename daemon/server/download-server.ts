/**
 * The gRPC server on the daemon's Unix socket: dfdaemon.v2.DfdaemonDownload, p2pfs.v1.Control and grpc.health.v1. It
 * takes the socket's place from a daemon that died, never from one that answers; who may connect is the socket's mode.
 */
import { chmod, chown, rm, stat } from "node:fs/promises";
import { Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { InvalidInputError, P2pfsError, UnavailableError } from "../../base/errors.ts";
import { SOCKET_PATH_BYTES_MAX } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { somebodyAnswers } from "../../base/socket-probe.ts";
import type { DfdaemonDownloadHandlers } from "../../proto/gen/dfdaemon/v2/DfdaemonDownload.ts";
import type { DownloadTaskRequest__Output } from "../../proto/gen/dfdaemon/v2/DownloadTaskRequest.ts";
import type { ControlHandlers } from "../../proto/gen/p2pfs/v1/Control.ts";
import type { OpenContentRequest__Output } from "../../proto/gen/p2pfs/v1/OpenContentRequest.ts";
import type { OpenContentResponse } from "../../proto/gen/p2pfs/v1/OpenContentResponse.ts";
import { Control, DfdaemonDownload, Health } from "../../proto/local.ts";
import { streaming, unary } from "./calls.ts";
import { link, mountOptions, openContent, status } from "./control-service.ts";
import { planAllowedDownload } from "./download-request.ts";
import { type DownloadAnswer, Downloads } from "./download-task.ts";
import { refusedCalls, stopServer, withEncodedAnswers } from "./grpc-service.ts";
import { HealthService } from "./health-service.ts";
import type { ServiceContext } from "./ports.ts";
import { deleteTask, listLocalTasks, listTaskEntries, statLocalTask, statTask } from "./task-service.ts";

/** Who may connect: owner and group of the socket and its permission bits. */
export interface SocketAccess {
  readonly mode: number;
  readonly gid?: number;
}

export interface DownloadServerOptions {
  readonly socketPath: string;
  readonly access: SocketAccess;
  readonly context: ServiceContext;
}

const SERVICES = ["dfdaemon.v2.DfdaemonDownload", "p2pfs.v1.Control"];

export class DownloadServer {
  readonly #options: DownloadServerOptions;
  readonly #server: Server;
  readonly #health = new HealthService(SERVICES);
  readonly #downloads: Downloads;
  /** Ends the calls that last as long as their clients like. */
  readonly #stopping = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(options: DownloadServerOptions) {
    this.#options = options;
    this.#downloads = new Downloads(options.context, planAllowedDownload(options.context));
    this.#server = new Server({
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
    });
    this.#server.addService(withEncodedAnswers(DfdaemonDownload.service), this.#downloadHandlers());
    this.#server.addService(Control.service, this.#controlHandlers());
    this.#server.addService(Health.service, { Check: this.#health.check, Watch: this.#health.watch });
  }

  /**
   * Listens, in place of a socket that nobody answers on. The services are NOT_SERVING until `setServing`.
   * @throws P2pfsError BUSY when a daemon answers there, InvalidInputError when the path cannot be a socket's
   */
  async listen(): Promise<void> {
    const { socketPath, access } = this.#options;
    await takePlace(socketPath);
    await new Promise<void>((resolve, reject) => {
      this.#server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(fromUnknown(error, `cannot listen on ${socketPath}`)) : resolve(),
      );
    });
    if (access.gid !== undefined) await chown(socketPath, -1, access.gid);
    await chmod(socketPath, access.mode);
  }

  setServing(serving: boolean): void {
    this.#health.setServing(serving);
  }

  /** Takes no more calls, lets short ones end, ends the others. The socket is gone afterwards. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#health.setServing(false);
    this.#stopping.abort();
    await this.#downloads.close();
    await stopServer(this.#server, this.#options.context.clock);
    await rm(this.#options.socketPath, { force: true });
  }

  #downloadHandlers(): UntypedServiceImplementation {
    const { context } = this.#options;
    const { log, clock, metrics } = context;
    const handlers: Partial<DfdaemonDownloadHandlers> = {
      StatTask: unary(log, ({ taskId }) => metrics.counted("stat_task", () => statTask(context, taskId))),
      StatLocalTask: unary(log, ({ taskId }) =>
        metrics.counted("stat_local_task", () => statLocalTask(context, taskId)),
      ),
      ListLocalTasks: unary(log, () => metrics.counted("list_local_tasks", () => listLocalTasks(context))),
      ListTaskEntries: unary(log, (request, signal) =>
        metrics.counted("list_task_entries", () => listTaskEntries(context, request, signal)),
      ),
      DeleteTask: unary(log, ({ taskId }) =>
        metrics.counted("delete_task", () => deleteTask(context, taskId)).then(() => ({})),
      ),
      DeleteLocalTask: unary(log, ({ taskId }) =>
        metrics.counted("delete_local_task", () => deleteTask(context, taskId)).then(() => ({})),
      ),
      DeleteHost: unary(log, () =>
        metrics.counted("delete_host", () => context.cluster.leave()).then(() => ({})),
      ),
    };
    const download = streaming<DownloadTaskRequest__Output, DownloadAnswer>(
      { log, clock },
      (request, send, signal) => this.#downloads.serve(request, send, signal),
    );
    return { ...refusedCalls(DfdaemonDownload.service, { log, clock }), ...handlers, DownloadTask: download };
  }

  #controlHandlers(): UntypedServiceImplementation {
    const { context } = this.#options;
    const { log, mounts, links, beginUse } = context;
    /** A call that counts as use of the daemon: one that is idle may end. */
    const used = <Request, Response>(handle: (request: Request) => Promise<Response>) =>
      unary(log, async (request: Request) => {
        if (this.#closing !== undefined) throw new UnavailableError("the daemon is stopping", {}, "CLOSED");
        const endUse = beginUse();
        try {
          return await handle(request);
        } finally {
          endUse();
        }
      });
    const handlers: Partial<ControlHandlers> = {
      Leave: used(async ({ force }: { force: boolean }) => {
        await context.cluster.leaveForGood(force);
        return {};
      }),
      RemoveMember: used(async ({ host }: { host: string }) => {
        const { member, endedToken } = await context.cluster.removeMember(host);
        return { hostname: member.hostname, ip: member.ip, endedToken: endedToken ?? "" };
      }),
      Mount: used(async (request: Parameters<typeof mountOptions>[0]) => {
        const { binding } = await mounts.mount(mountOptions(request));
        return { binding };
      }),
      Unmount: used(
        async ({ directory, lazy, force }: { directory: string; lazy: boolean; force: boolean }) => {
          await mounts.unmount({ directory, lazy, force });
          return {};
        },
      ),
      Status: unary(log, () => status(context)),
      Link: used((request: Parameters<typeof link>[1]) => link(context, request)),
      Unlink: used(({ name }: { name: string }) => links.unlink(name).then(() => ({}))),
      Stop: unary(log, async () => {
        // After the answer is on its way.
        setImmediate(context.stop);
        return {};
      }),
      OpenContent: streaming<OpenContentRequest__Output, OpenContentResponse>(
        { log, clock: context.clock },
        async ({ taskId }, send, signal) => {
          const endUse = beginUse();
          const ended = AbortSignal.any([signal, this.#stopping.signal]);
          await openContent(context, taskId, send, ended).finally(endUse);
        },
      ),
    };
    return handlers as UntypedServiceImplementation;
  }
}

/** Makes sure that nobody serves at the path, and removes what a daemon that died left there. */
async function takePlace(path: string): Promise<void> {
  const bytes = Buffer.byteLength(path);
  if (bytes > SOCKET_PATH_BYTES_MAX)
    throw new InvalidInputError(
      `the socket's path ${path} has ${bytes} bytes, but the system takes ${SOCKET_PATH_BYTES_MAX}; choose a shorter workhome`,
    );
  if (!(await isSocket(path))) return;
  if (await somebodyAnswers(path)) throw new P2pfsError("BUSY", `a daemon already answers on ${path}`);
  await rm(path, { force: true });
}

/** @throws P2pfsError ALREADY_EXISTS when something else than a socket is there */
async function isSocket(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isSocket()) return true;
  } catch (error) {
    const failure = fromUnknown(error, `cannot look at ${path}`);
    if (failure.code === "NOT_FOUND") return false;
    throw failure;
  }
  throw new P2pfsError("ALREADY_EXISTS", `${path} is not a socket; it will not be replaced`);
}
