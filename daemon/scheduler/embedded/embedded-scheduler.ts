/**
 * The embedded scheduler: a Swarm with its database, its seed peers and the streams of those who ask, as one thing that is opened
 * and closed. Serves no port; daemon/server/scheduler-server.ts does.
 */
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import type { Clock, Timer } from "../../../base/clock.ts";
import { LimitError } from "../../../base/errors.ts";
import { SCHEDULER_CONVERSATIONS_MAX, SWARM_LOOK_MS } from "../../../base/limits.ts";
import type { Logger } from "../../../base/logger.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { Host, Host__Output } from "../../../proto/gen/common/v2/Host.ts";
import type { Peer } from "../../../proto/gen/common/v2/Peer.ts";
import type { Task } from "../../../proto/gen/common/v2/Task.ts";
import type { AnnounceHostRequest__Output } from "../../../proto/gen/scheduler/v2/AnnounceHostRequest.ts";
import { AnnounceCall, type AnnouncePeerStream } from "./announce-call.ts";
import { hasAvailablePeer } from "./candidates.ts";
import { checkHost, checkIds, withSaneFigures } from "./check-request.ts";
import { Conversation, type Reaction } from "./conversation.ts";
import { Downloads } from "./downloads.ts";
import { expire } from "./expiry.ts";
import type { KnownTask } from "./known.ts";
import { SeedPeers, type Seeds } from "./seed-peers.ts";
import { Swarm } from "./swarm.ts";
import { SwarmStore } from "./swarm-store.ts";
import { peerMessage, taskMessage } from "./wire.ts";

export interface EmbeddedSchedulerOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** Where it remembers; default: nowhere. */
  readonly folder?: string;
  /** What it shows seed peers when it sends them; default: nothing. */
  readonly credentials?: ChannelCredentials;
  /** Default: those that announce themselves, over gRPC. */
  readonly seeds?: Seeds;
}

export class EmbeddedScheduler {
  readonly swarm: Swarm;
  readonly #downloads: Downloads;
  readonly #options: EmbeddedSchedulerOptions;
  readonly #store: SwarmStore | undefined;
  readonly #seeds: Seeds;
  readonly #calls = new Set<AnnounceCall>();
  /** Who waits for a task. */
  readonly #waiting = new Map<KnownTask, Set<AnnounceCall>>();
  readonly #timer: { current: Timer };
  #heard = 0;
  #closing: Promise<void> | undefined;

  private constructor(options: EmbeddedSchedulerOptions, store: SwarmStore | undefined) {
    const { clock, log, random } = options;
    this.#options = options;
    this.#store = store;
    this.#seeds =
      options.seeds ??
      new SeedPeers({ clock, log, credentials: options.credentials ?? credentials.createInsecure() });
    const swarmOptions = {
      nowMs: () => clock.nowMs(),
      onChange: (task: KnownTask) => this.#wake(task),
      ...(store === undefined ? {} : { journal: store }),
    };
    this.swarm = new Swarm(swarmOptions);
    const hasSeed = () => this.#seeds.available;
    this.#downloads = new Downloads({ ...swarmOptions, swarm: this.swarm, random, hasSeed });
    this.#timer = { current: this.#expireLater() };
  }

  /**
   * Remembers what an earlier one knew. Without a database that can be used it remembers nothing, and says so in the log.
   * @throws P2pfsError BUSY when another process has the database
   */
  static async open(options: EmbeddedSchedulerOptions): Promise<EmbeddedScheduler> {
    const store = await openStore(options);
    const scheduler = new EmbeddedScheduler(options, store);
    await store?.load(scheduler.swarm);
    for (const { message } of scheduler.swarm.hosts.values()) scheduler.#seeds.announced(message);
    return scheduler;
  }

  /** Conversations that are open. */
  get conversations(): number {
    return this.#calls.size;
  }

  /** Messages of conversations that were heard. */
  get heard(): number {
    return this.#heard;
  }

  /** @throws InvalidInputError, LimitError */
  announceHost({ host, interval }: Pick<AnnounceHostRequest__Output, "host" | "interval">): void {
    checkHost(host);
    const sane = withSaneFigures(host);
    const { seconds = 0, nanos = 0 } = interval ?? {};
    const intervalMs = Math.min(DAY_MS, Math.max(0, seconds * 1000 + nanos / 1e6 || 0));
    const before = this.swarm.hosts.get(sane.id)?.message;
    this.swarm.announceHost(sane, intervalMs);
    this.#seeds.announced(sane);
    // Parents of it are parents no more, or are some now.
    if (before !== undefined && before.disableShared !== sane.disableShared)
      for (const { task } of this.swarm.hosts.get(sane.id)?.peers ?? []) this.#wake(task);
  }

  /** @param type only hosts of it */
  listHosts(type?: number): readonly Host[] {
    const hosts: Host__Output[] = [];
    for (const { message } of this.swarm.hosts.values())
      if (type === undefined || message.type === type) hosts.push(message);
    return hosts;
  }

  /** @throws InvalidInputError, NotFoundError */
  deleteHost(hostId: string): void {
    checkIds({ "DeleteHostRequest.HostId": hostId });
    this.swarm.deleteHost(hostId);
    this.#seeds.gone(hostId);
  }

  /** @throws InvalidInputError, NotFoundError */
  statTask(taskId: string): Task {
    checkIds({ "StatTaskRequest.TaskId": taskId });
    const task = this.swarm.mustTask(taskId);
    return { ...taskMessage(task), hasAvailablePeer: hasAvailablePeer(task) };
  }

  /** @throws InvalidInputError, NotFoundError */
  statPeer(peerId: string): Peer {
    checkIds({ "StatPeerRequest.PeerId": peerId });
    return peerMessage(this.swarm.mustPeer(peerId));
  }

  /** @throws InvalidInputError, NotFoundError */
  deletePeer(peerId: string): void {
    checkIds({ "DeletePeerRequest.PeerId": peerId });
    this.swarm.remove(this.swarm.mustPeer(peerId));
  }

  /** @throws InvalidInputError, NotFoundError */
  deleteTask(hostId: string, taskId: string): void {
    checkIds({ "DeleteTaskRequest.HostId": hostId, "DeleteTaskRequest.TaskId": taskId });
    this.swarm.deleteTask(hostId, taskId);
  }

  /** Holds the conversation until one side ends it. */
  announcePeer(stream: AnnouncePeerStream): void {
    const { clock, random } = this.#options;
    const downloads = this.#downloads;
    const conversation = new Conversation({ downloads, random, nowMs: () => clock.monotonicMs() });
    let waitsFor: KnownTask | undefined;
    const call: AnnounceCall = new AnnounceCall({
      stream,
      conversation,
      clock,
      sendSeed: (seed) => this.#sendSeed(seed),
      onHeard: () => {
        this.#heard += 1;
      },
      onWaiting: (task) => {
        if (waitsFor !== undefined) this.#waitsNoMore(waitsFor, call);
        waitsFor = task;
        if (task !== undefined) this.#waits(task, call);
      },
      onClosed: () => this.#calls.delete(call),
    });
    this.#calls.add(call);
    if (this.#calls.size > SCHEDULER_CONVERSATIONS_MAX || this.#closing !== undefined)
      call.refuse(new LimitError("the scheduler has as many conversations as it may"));
  }

  /** Ends all conversations, and writes what is to be remembered. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#timer.current.cancel();
    for (const call of [...this.#calls]) call.refuse(fromUnknown(new Error("the scheduler ends")));
    await this.#seeds.close();
    await this.#store?.close();
  }

  #sendSeed({ task, download, peer }: NonNullable<Reaction["seed"]>): void {
    const { log } = this.#options;
    this.#seeds.send(task.id, download).then(
      () => this.#downloads.seedReturned(task, peer, false),
      (error) => {
        if (this.#closing !== undefined) return;
        log.warn({ taskId: task.id, reason: fromUnknown(error).message }, "seed-failed");
        this.#downloads.seedReturned(task, peer, true);
      },
    );
  }

  #waits(task: KnownTask, call: AnnounceCall): void {
    const waiting = this.#waiting.get(task) ?? new Set();
    waiting.add(call);
    this.#waiting.set(task, waiting);
  }

  #waitsNoMore(task: KnownTask, call: AnnounceCall): void {
    const waiting = this.#waiting.get(task);
    waiting?.delete(call);
    if (waiting?.size === 0) this.#waiting.delete(task);
  }

  #wake(task: KnownTask): void {
    for (const call of this.#waiting.get(task) ?? []) call.wake();
  }

  #expireLater(): Timer {
    const { clock, log } = this.#options;
    return clock.schedule(SWARM_LOOK_MS, () => {
      this.#timer.current = this.#expireLater();
      const gone = expire(this.swarm, clock.nowMs());
      if (gone.hosts > 0) log.info(gone, "scheduler-forgot");
    });
  }
}

const DAY_MS = 86_400_000;

async function openStore({ folder, clock, log }: EmbeddedSchedulerOptions): Promise<SwarmStore | undefined> {
  if (folder === undefined) return undefined;
  try {
    return await SwarmStore.open({ folder, clock, log });
  } catch (error) {
    const failure = fromUnknown(error);
    if (failure.code === "BUSY") throw failure;
    log.error({ folder, reason: failure.message }, "scheduler-remembers-nothing");
    return undefined;
  }
}
