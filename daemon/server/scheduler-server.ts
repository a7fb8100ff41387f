/**
 * The embedded scheduler on its port: scheduler.v2 and grpc.health.v1, as Dragonfly's scheduler serves them. Tasks of the persistent
 * families are not scheduled, and their calls are refused as UNIMPLEMENTED. Nobody who calls is trusted.
 */
import { Server, type ServerUnaryCall, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { type Clock, systemClock } from "../../base/clock.ts";
import {
  SCHEDULER_CONNECTIONS_MAX,
  SCHEDULER_MESSAGE_BYTES_MAX,
  SCHEDULER_STREAMS_MAX,
} from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import type { SchedulerHandlers } from "../../proto/gen/scheduler/v2/Scheduler.ts";
import { Health, Scheduler } from "../../proto/load.ts";
import { resetAfterStatus } from "../rpc/reset-after-status.ts";
import type { EmbeddedScheduler } from "../scheduler/embedded/embedded-scheduler.ts";
import type { CertificateFiles } from "../tls/certificate-files.ts";
import { AnnouncedBy } from "./announced-by.ts";
import { unary } from "./calls.ts";
import { GrpcListener, refusedCalls, stopServer } from "./grpc-service.ts";
import { HealthService } from "./health-service.ts";

export interface SchedulerServerOptions {
  readonly scheduler: EmbeddedScheduler;
  readonly clock: Clock;
  readonly log: Logger;
  /** Who is let in; default: all, in clear. */
  readonly certificates?: CertificateFiles | undefined;
}

const SERVICE = "scheduler.v2.Scheduler";

export class SchedulerServer {
  readonly #options: SchedulerServerOptions;
  readonly #server: Server;
  readonly #health = new HealthService([SERVICE]);
  readonly #listener: GrpcListener;
  readonly #announcedBy = new AnnouncedBy();
  readonly #endWatch: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: SchedulerServerOptions) {
    this.#options = options;
    this.#server = new Server({
      "grpc.max_receive_message_length": SCHEDULER_MESSAGE_BYTES_MAX,
      "grpc.max_send_message_length": -1,
      "grpc.max_concurrent_streams": SCHEDULER_STREAMS_MAX,
      interceptors: [resetAfterStatus([Scheduler.service.AnnouncePeer.path], systemClock)],
    });
    this.#server.addService(Scheduler.service, this.#handlers());
    this.#server.addService(Health.service, { Check: this.#health.check, Watch: this.#health.watch });
    this.#listener = new GrpcListener(this.#server, SCHEDULER_CONNECTIONS_MAX);
    this.#endWatch = options.certificates?.refused.onChange(() => this.#forgetRefused());
  }

  /** Listens and serves. @returns the port in use @throws P2pfsError BUSY when it is taken */
  async listen(ip: string, port: number): Promise<number> {
    const bound = await this.#listener.listen(this.#options.certificates, { ip, port });
    this.#health.setServing(true);
    return bound;
  }

  /** Ends at once: conversations last as long as downloads do. The scheduler itself is closed by its maker. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#health.setServing(false);
    this.#endWatch?.();
    this.#listener.close();
    const stopped = stopServer(this.#server, this.#options.clock);
    this.#server.forceShutdown();
    await stopped;
  }

  #handlers(): UntypedServiceImplementation {
    const { scheduler, clock, log } = this.#options;
    const done = async () => ({});
    const handlers: Partial<SchedulerHandlers> = {
      AnnounceHost: (call, answer) =>
        unary(log, async (request: typeof call.request) => {
          scheduler.announceHost(request);
          this.#announcedBy.heard(request.host?.id ?? "", nameOf(call));
          return done();
        })(call, answer),
      ListHosts: unary(log, async ({ type }) => ({ hosts: [...scheduler.listHosts(type)] })),
      DeleteHost: unary(log, async ({ hostId }) => {
        scheduler.deleteHost(hostId);
        return done();
      }),
      StatTask: unary(log, async ({ taskId }) => scheduler.statTask(taskId)),
      DeleteTask: unary(log, async ({ hostId, taskId }) => {
        scheduler.deleteTask(hostId, taskId);
        return done();
      }),
      StatPeer: unary(log, async ({ peerId }) => scheduler.statPeer(peerId)),
      DeletePeer: unary(log, async ({ peerId }) => {
        scheduler.deletePeer(peerId);
        return done();
      }),
      AnnouncePeer: (stream) => scheduler.announcePeer(stream),
    };
    return Object.assign(refusedCalls(Scheduler.service, { log, clock }), handlers);
  }

  /** Nobody is sent any more to hosts that were removed from the cluster. */
  #forgetRefused(): void {
    const { scheduler, certificates, log } = this.#options;
    const gone = this.#announcedBy.take((name) => certificates?.refused.has(name) ?? false);
    for (const hostId of gone) {
      // It may have been forgotten for its silence.
      if (scheduler.swarm.hosts.has(hostId)) scheduler.deleteHost(hostId);
      log.info({ hostId }, "removed-host-forgotten");
    }
  }
}

/** The name in the caller's certificate; undefined without one. */
function nameOf(call: ServerUnaryCall<unknown, unknown>): string | undefined {
  const name = call.getAuthContext().sslPeerCertificate?.subject.CN;
  return Array.isArray(name) ? name[0] : name;
}
