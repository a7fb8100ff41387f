/**
 * The scheduler in memory as a process of its own: scheduler.v2 over gRPC, as far as peers of standard tasks need it. For tests
 * and the lab. It knows hosts, finds parents (swarm.ts), sends seed peers for what nobody has, and forgets all when it ends.
 */
import {
  credentials,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  status,
} from "@grpc/grpc-js";
import { systemClock } from "../../base/clock.ts";
import { UnavailableError } from "../../base/errors.ts";
import { SEED_TRIGGERS_MAX } from "../../base/limits.ts";
import type { Download__Output } from "../../proto/gen/common/v2/Download.ts";
import type { Host__Output } from "../../proto/gen/common/v2/Host.ts";
import type { AnnounceHostRequest__Output } from "../../proto/gen/scheduler/v2/AnnounceHostRequest.ts";
import type { AnnouncePeerRequest__Output } from "../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import type { AnnouncePeerResponse } from "../../proto/gen/scheduler/v2/AnnouncePeerResponse.ts";
import type { DeleteHostRequest__Output } from "../../proto/gen/scheduler/v2/DeleteHostRequest.ts";
import type { DeleteTaskRequest__Output } from "../../proto/gen/scheduler/v2/DeleteTaskRequest.ts";
import type { ListHostsRequest__Output } from "../../proto/gen/scheduler/v2/ListHostsRequest.ts";
import type { StatTaskRequest__Output } from "../../proto/gen/scheduler/v2/StatTaskRequest.ts";
import { DfdaemonUpload, Health, Scheduler } from "../../proto/load.ts";
import { formatHostPort } from "../rpc/endpoint.ts";
import { resetAfterStatus } from "../rpc/reset-after-status.ts";
import { Swarm, type SwarmPeer } from "./swarm.ts";

type Stream = ServerDuplexStream<AnnouncePeerRequest__Output, AnnouncePeerResponse>;

export interface MemorySchedulerOptions {
  readonly ip: string;
  /** 0: any that is free. */
  readonly port: number;
  /** It is as old as before `metadata_only`: such registrations are answered as any other. Default false. */
  readonly withoutMetadataOnly?: boolean;
  /** Default: none are asked for, and none shown. */
  readonly credentials?: ServerCredentials;
}

/** A peer and the stream it is told on. */
interface Known {
  readonly peer: SwarmPeer;
  readonly stream: Stream;
  readonly download: Download__Output;
  waiting: boolean;
}

export class MemorySchedulerServer {
  readonly port: number;
  readonly swarm = new Swarm();
  readonly #server: Server;
  readonly #options: MemorySchedulerOptions;
  readonly #hosts = new Map<string, Host__Output>();
  readonly #streams = new Map<Stream, Known>();
  /** Tasks for which a seed peer was sent. */
  readonly #triggered = new Set<string>();

  private constructor(options: MemorySchedulerOptions, server: Server, port: number) {
    this.#options = options;
    this.#server = server;
    this.port = port;
  }

  /** Serves. Whoever started it closes it. @throws UnavailableError when the port is taken */
  static async start(options: MemorySchedulerOptions): Promise<MemorySchedulerServer> {
    const announcePeer = Scheduler.service.AnnouncePeer.path;
    const server = new Server({ interceptors: [resetAfterStatus([announcePeer], systemClock)] });
    const address = formatHostPort({ host: options.ip, port: options.port });
    let scheduler: MemorySchedulerServer | undefined;
    const known = () => {
      if (scheduler === undefined) throw new UnavailableError("the scheduler is starting");
      return scheduler;
    };
    server.addService(Health.service, { check: answering(() => ({ status: "SERVING" })) } as never);
    server.addService(Scheduler.service, handlers(known) as never);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(address, options.credentials ?? ServerCredentials.createInsecure(), (error, bound) =>
        error
          ? reject(new UnavailableError(`cannot listen on ${address}`, { cause: error }))
          : resolve(bound),
      ),
    );
    scheduler = new MemorySchedulerServer(options, server, port);
    return scheduler;
  }

  /** Ids of the hosts it knows. */
  get hostIds(): readonly string[] {
    return [...this.#hosts.keys()];
  }

  /** Conversations that are open. */
  get streamCount(): number {
    return this.#streams.size;
  }

  /** Ends at once, and all conversations with it. Idempotent. */
  async close(): Promise<void> {
    this.#server.forceShutdown();
  }

  announceHost({ host }: AnnounceHostRequest__Output): void {
    if (host) this.#hosts.set(host.id, host);
  }

  listHosts({ type }: ListHostsRequest__Output): readonly Host__Output[] {
    return [...this.#hosts.values()].filter((host) => type === undefined || host.type === type);
  }

  deleteHost({ hostId }: DeleteHostRequest__Output): void {
    this.#hosts.delete(hostId);
    this.swarm.removeHost(hostId);
  }

  deleteTask({ hostId, taskId }: DeleteTaskRequest__Output): void {
    this.swarm.removeTask(hostId, taskId);
  }

  /** undefined: it knows no such task. */
  statTask({ taskId }: StatTaskRequest__Output): object | undefined {
    const peers = this.swarm.peersOf(taskId);
    if (peers.length === 0) return undefined;
    const whole = peers.some(({ state }) => state === "succeeded");
    return {
      id: taskId,
      peerCount: peers.length,
      hasAvailablePeer: whole,
      state: whole ? "Succeeded" : "Running",
    };
  }

  /** One message of a conversation. */
  hear(stream: Stream, message: AnnouncePeerRequest__Output): void {
    const download = message.registerPeerRequest?.download;
    if (download) {
      this.#register(stream, message, download);
      return;
    }
    const known = this.#streams.get(stream);
    if (known === undefined) refuse(stream, status.FAILED_PRECONDITION, "the peer is not registered");
    else this.#hearPeer(known, message);
  }

  #hearPeer(known: Known, message: AnnouncePeerRequest__Output): void {
    const { peer, stream } = known;
    if (message.downloadPieceFinishedRequest || message.downloadPieceBackToSourceFinishedRequest) {
      peer.pieces += 1;
      if (peer.pieces === 1) this.#changed();
    } else if (message.downloadPieceFailedRequest)
      peer.blocked.add(message.downloadPieceFailedRequest.parentId);
    else if (message.reschedulePeerRequest) {
      for (const { id } of message.reschedulePeerRequest.candidateParents) peer.blocked.add(id);
      this.#place(known);
    } else if (message.downloadPeerBackToSourceStartedRequest) {
      peer.state = "back-to-source";
      this.#changed();
    } else if (message.downloadPeerFinishedRequest || message.downloadPeerBackToSourceFinishedRequest)
      this.#end(stream, peer, "succeeded");
    else if (message.downloadPeerFailedRequest || message.downloadPeerBackToSourceFailedRequest)
      this.#end(stream, peer, "failed");
  }

  /** The client has gone without a word. */
  gone(stream: Stream): void {
    this.#streams.delete(stream);
  }

  #register(
    stream: Stream,
    { hostId, taskId, peerId }: AnnouncePeerRequest__Output,
    download: Download__Output,
  ): void {
    const host = this.#hosts.get(hostId);
    // The words of Dragonfly's for a host it does not know.
    if (host === undefined) {
      refuse(stream, status.NOT_FOUND, `peer ${peerId} not found`);
      return;
    }
    const isNew = this.swarm.peersOf(taskId).length === 0;
    const metadataOnly = download.metadataOnly && !this.#options.withoutMetadataOnly;
    const peer = this.swarm.add({ taskId, peerId, hostId, isComplete: metadataOnly });
    const known = { peer, stream, download, waiting: false };
    this.#streams.set(stream, known);
    if (metadataOnly) stream.write({ metadataOnlyResponse: {} });
    else if (download.actualContentLength === 0) stream.write({ emptyTaskResponse: {} });
    else if (download.needBackToSource) this.#toSource(known, "peer's NeedBackToSource is true");
    else if (isNew && host.type === 0 && download.priority !== "LEVEL3" && this.#sendSeed(taskId, download))
      known.waiting = true;
    else this.#place(known);
  }

  #place(known: Known): void {
    const { peer, stream } = known;
    const decision = this.swarm.decide(peer, (hostId) => this.#hosts.get(hostId)?.disableShared === false);
    known.waiting = decision.kind === "wait";
    if (decision.kind === "back-to-source") this.#toSource(known, "nobody else has it");
    if (decision.kind !== "parents") return;
    const candidateParents = decision.parents.map((parent) => ({
      id: parent.peerId,
      state: parent.state === "succeeded" ? "Succeeded" : "Running",
      host: this.#hosts.get(parent.hostId) ?? null,
    }));
    stream.write({ normalTaskResponse: { candidateParents } });
    this.#changed();
  }

  #toSource(known: Known, description: string): void {
    known.waiting = false;
    known.peer.state = "back-to-source";
    known.stream.write({ needBackToSourceResponse: { description } });
    this.#changed();
  }

  #end(stream: Stream, peer: SwarmPeer, state: "succeeded" | "failed"): void {
    this.swarm.settle(peer, state);
    this.#streams.delete(stream);
    stream.end();
    this.#changed();
  }

  /** Whoever waits for somebody to have something is looked at again. */
  #changed(): void {
    for (const known of [...this.#streams.values()])
      if (known.waiting) {
        known.waiting = false;
        this.#place(known);
      }
  }

  /** Sends a seed peer for the task, as Dragonfly's scheduler does. False when there is none, or it was sent before. */
  #sendSeed(taskId: string, download: Download__Output): boolean {
    const seed = [...this.#hosts.values()].find(({ type }) => type !== 0);
    if (seed === undefined || this.#triggered.size >= SEED_TRIGGERS_MAX) return false;
    this.#triggered.add(taskId);
    const client = new DfdaemonUpload(
      formatHostPort({ host: seed.ip, port: seed.port }),
      credentials.createInsecure(),
    );
    const { outputPath: _left, ...rest } = download;
    const answers = client.downloadTask({ download: { ...rest, needBackToSource: true } });
    answers.on("data", () => {});
    answers.on("error", () => {});
    answers.on("status", () => {
      client.close();
      this.#triggered.delete(taskId);
      this.#changed();
    });
    return true;
  }
}

function handlers(scheduler: () => MemorySchedulerServer) {
  return {
    announceHost: answering((request: AnnounceHostRequest__Output) => {
      scheduler().announceHost(request);
      return {};
    }),
    listHosts: answering((request: ListHostsRequest__Output) => ({ hosts: scheduler().listHosts(request) })),
    deleteHost: answering((request: DeleteHostRequest__Output) => {
      scheduler().deleteHost(request);
      return {};
    }),
    deleteTask: answering((request: DeleteTaskRequest__Output) => {
      scheduler().deleteTask(request);
      return {};
    }),
    statTask: answering((request: StatTaskRequest__Output) => scheduler().statTask(request)),
    announcePeer: (stream: Stream) => {
      stream.on("data", (message: AnnouncePeerRequest__Output) => scheduler().hear(stream, message));
      stream.on("cancelled", () => scheduler().gone(stream));
      stream.on("end", () => stream.end());
      stream.on("error", () => {});
    },
  };
}

function answering<Request>(
  answer: (request: Request) => object | undefined,
): handleUnaryCall<Request, object> {
  return (call, answered) => {
    const value = answer(call.request);
    if (value === undefined) answered({ code: status.NOT_FOUND, details: "it is not known here" });
    else answered(null, value);
  };
}

function refuse(stream: Stream, code: number, details: string): void {
  stream.emit("error", { code, details });
}
