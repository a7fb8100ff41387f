/** The embedded scheduler on a port of its own, for tests; what it knows can be looked at. */
import { type Clock, systemClock } from "../../../base/clock.ts";
import { type Logger, silentLogger } from "../../../base/logger.ts";
import { EmbeddedScheduler } from "../../../daemon/scheduler/embedded/embedded-scheduler.ts";
import type { KnownPeer } from "../../../daemon/scheduler/embedded/known.ts";
import { SchedulerServer } from "../../../daemon/server/scheduler-server.ts";
import type { CertificateFiles } from "../../../daemon/tls/certificate-files.ts";
import type { AnnouncePeerRequest__Output } from "../../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import { Scheduler } from "../../../proto/load.ts";

export interface SchedulerServedOptions {
  readonly ip?: string;
  /** Default: any that is free. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly log?: Logger;
  readonly folder?: string;
  readonly certificates?: CertificateFiles;
  /** It is as old as before `metadata_only`: the field is unknown to it. */
  readonly withoutMetadataOnly?: boolean;
}

export class SchedulerServed {
  readonly port: number;
  readonly scheduler: EmbeddedScheduler;
  readonly #server: SchedulerServer;

  private constructor(scheduler: EmbeddedScheduler, server: SchedulerServer, port: number) {
    this.scheduler = scheduler;
    this.#server = server;
    this.port = port;
  }

  /** Whoever starts it closes it. */
  static async start(options: SchedulerServedOptions = {}): Promise<SchedulerServed> {
    const {
      ip = "127.0.0.1",
      port = 0,
      clock = systemClock,
      random = Math.random,
      log = silentLogger,
    } = options;
    const { folder, certificates, withoutMetadataOnly = false } = options;
    const scheduler = await EmbeddedScheduler.open({
      clock,
      random,
      log,
      ...(folder === undefined ? {} : { folder }),
    });
    const restore = withoutMetadataOnly ? forgetMetadataOnly() : () => {};
    const server = new SchedulerServer({
      scheduler,
      clock,
      log,
      ...(certificates === undefined ? {} : { certificates }),
    });
    restore();
    try {
      return new SchedulerServed(scheduler, server, await server.listen(ip, port));
    } catch (error) {
      await scheduler.close();
      throw error;
    }
  }

  get hostIds(): readonly string[] {
    return [...this.scheduler.swarm.hosts.keys()];
  }

  /** Of tasks that somebody has, or fetches. */
  get taskIds(): readonly string[] {
    return [...this.scheduler.swarm.tasks.keys()].filter((id) => this.peersOf(id).length > 0);
  }

  /** All peers of a task that have not failed. */
  peersOf(taskId: string): readonly KnownPeer[] {
    const peers = this.scheduler.swarm.tasks.get(taskId)?.peers.values() ?? [];
    return [...peers].filter(({ state }) => state !== "Failed");
  }

  /** States of all peers of a task that have not failed. */
  statesOf(taskId: string): readonly string[] {
    return this.peersOf(taskId).map(({ state }) => state);
  }

  /** Ends at once, and all conversations with it. Idempotent. */
  async close(): Promise<void> {
    await this.#server.close();
    await this.scheduler.close();
  }
}

/** Messages that are read from now on have no metadata_only. @returns ends it */
function forgetMetadataOnly(): () => void {
  const method = Scheduler.service.AnnouncePeer as {
    requestDeserialize: (bytes: Buffer) => AnnouncePeerRequest__Output;
  };
  const read = method.requestDeserialize;
  method.requestDeserialize = (bytes) => {
    const message = read(bytes);
    if (message.registerPeerRequest?.download) message.registerPeerRequest.download.metadataOnly = false;
    return message;
  };
  return () => {
    method.requestDeserialize = read;
  };
}
