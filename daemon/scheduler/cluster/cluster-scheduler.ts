/**
 * The Scheduler of a host in a Dragonfly cluster: each task's conversation is with the scheduler that the hash ring names
 * among those that serve. Schedulers that are gone cost nobody anything but peers: their tasks go back to the source. Which
 * schedulers there are is told from outside (`use`).
 */
import type { ChannelCredentials } from "@grpc/grpc-js";
import type { Clock } from "../../../base/clock.ts";
import { orAborted, sleep } from "../../../base/deadline.ts";
import { UnavailableError } from "../../../base/errors.ts";
import { ANNOUNCE_STREAMS_MAX, SCHEDULER_FIRST_WAIT_MS, SCHEDULERS_MAX } from "../../../base/limits.ts";
import type { Logger } from "../../../base/logger.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { Host, Host__Output } from "../../../proto/gen/common/v2/Host.ts";
import type { Task__Output } from "../../../proto/gen/common/v2/Task.ts";
import type { ListHostsResponse__Output } from "../../../proto/gen/scheduler/v2/ListHostsResponse.ts";
import { callUnary } from "../../rpc/unary-call.ts";
import { wireDuration } from "../../rpc/wire-time.ts";
import { createHashRing, type HashRing, type RingAddress } from "../../task/hash-ring.ts";
import type { PeerRegistration, PeerSession, Scheduler } from "../scheduler.ts";
import { AnnounceStream } from "./announce-stream.ts";
import { type HeldTask, HeldTasks } from "./held-tasks.ts";
import { PeerConversation } from "./peer-conversation.ts";
import { SchedulerLink } from "./scheduler-link.ts";

export interface ClusterSchedulerOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly hostId: string;
  readonly newPeerId: () => string;
  readonly credentials: ChannelCredentials;
  /** This host as it is now. */
  readonly host: () => Promise<Host>;
  /** What is here whole and may be given to others, the last used first. */
  readonly held: () => Iterable<HeldTask>;
  /** Differs when they do; cheap. */
  readonly heldMark: () => string;
  /** scheduler.announceInterval, scheduler.scheduleTimeout, scheduler.maxScheduleCount. */
  readonly announceIntervalMs: number;
  readonly scheduleTimeoutMs: number;
  readonly scheduleCountMax: number;
  /** download.concurrentPieceCount. */
  readonly concurrentPieceCount: number;
  /** A scheduler serves and knows this host: also called when that was so before. */
  readonly onServing?: () => void;
}

/** One scheduler as `p2pfs status` shows it. */
export interface SchedulerState {
  /** "ADDRESS:PORT". */
  readonly address: string;
  readonly serving: boolean;
  /** Why it does not serve; empty when it does. */
  readonly reason: string;
}

export class ClusterScheduler implements Scheduler {
  readonly alone = false;
  readonly #options: ClusterSchedulerOptions;
  readonly #links = new Map<string, SchedulerLink>();
  #ring: HashRing<RingAddress & { readonly link: SchedulerLink }> = createHashRing([]);
  /** By peer id, the least recently used first. */
  readonly #streams = new Map<string, { readonly taskId: string; readonly stream: AnnounceStream }>();
  readonly #held: HeldTasks;
  #left = false;
  #closed = false;

  constructor(options: ClusterSchedulerOptions) {
    this.#options = options;
    this.#held = new HeldTasks({
      clock: options.clock,
      held: options.held,
      heldMark: options.heldMark,
      owner: (taskId) => this.#owner(taskId),
      announce: (task) => this.#announceHeld(task),
      forget: (taskId) => this.deleteTask(taskId).catch(() => {}),
      isRunning: (taskId) => [...this.#streams.values()].some((running) => running.taskId === taskId),
    });
  }

  /** Conversations about downloads that are open. */
  get streamCount(): number {
    return this.#streams.size;
  }

  /** The schedulers of the cluster from now on; conversations with others end. Addresses that are none are left out. */
  use(addresses: readonly RingAddress[]): void {
    if (this.#closed) return;
    const wanted = new Map(
      addresses.slice(0, SCHEDULERS_MAX).map((address) => [`${address.ip} ${address.port}`, address]),
    );
    for (const [key, link] of this.#links)
      if (!wanted.has(key)) {
        this.#links.delete(key);
        link.close();
      }
    for (const [key, address] of wanted)
      if (!this.#links.has(key)) {
        const link = this.#link(address);
        this.#links.set(key, link);
        void link.look();
      }
    this.#changed();
  }

  async register(registration: PeerRegistration, signal: AbortSignal): Promise<PeerSession> {
    signal.throwIfAborted();
    if (this.#closed) throw new UnavailableError("the daemon ends", {}, "CLOSED");
    const link = await orAborted(this.#linkOf(registration.taskId), signal);
    signal.throwIfAborted();
    if (link === undefined) return withoutScheduler(this.#whyNone());
    const stream = this.#stream(link, registration, true);
    if (registration.isComplete) void stream.end("finished");
    return stream;
  }

  /** What is told of this host has changed: tells all schedulers now. */
  announceAgain(): void {
    for (const link of this.#links.values()) link.announceAgain();
    this.#held.look();
  }

  /** Tells all schedulers that this host is gone, and has nothing more to do with them. @throws P2pfsError when one was not told */
  async leave(): Promise<void> {
    this.#left = true;
    const hostId = this.#options.hostId;
    await Promise.all(
      [...this.#streams.values()].map(({ stream }) => stream.end("idle", { message: "the host leaves" })),
    );
    const told = await Promise.allSettled(
      [...this.#links.values()].map((link) =>
        callUnary(this.#call(link), (answered) => link.client.deleteHost({ hostId }, answered)),
      ),
    );
    const failed = told.find((each) => each.status === "rejected");
    this.#options.log.info({ hostId, told: told.length }, "left-cluster");
    if (failed !== undefined) throw fromUnknown(failed.reason, "not every scheduler was told");
  }

  /** What the scheduler knows of a task. @throws NotFoundError, UnavailableError when no scheduler serves */
  async statTask(taskId: string, signal?: AbortSignal): Promise<Task__Output> {
    const link = this.#mustLink(taskId);
    const { hostId } = this.#options;
    return callUnary<Task__Output>(
      { ...this.#call(link), ...(signal === undefined ? {} : { signal }) },
      (answered) => link.client.statTask({ hostId, taskId }, answered),
    );
  }

  /** This host does not have the task any more. @throws UnavailableError when no scheduler serves */
  async deleteTask(taskId: string, signal?: AbortSignal): Promise<void> {
    const link = this.#mustLink(taskId);
    const { hostId } = this.#options;
    await callUnary({ ...this.#call(link), ...(signal === undefined ? {} : { signal }) }, (answered) =>
      link.client.deleteTask({ hostId, taskId }, answered),
    );
  }

  /** The seed peers that a serving scheduler knows. Asks each time. @throws UnavailableError when no scheduler serves */
  async seedPeers(): Promise<readonly Host__Output[]> {
    const link = [...this.#links.values()].find(({ usable }) => usable);
    if (link === undefined) throw new UnavailableError(this.#whyNone());
    const { hosts } = await callUnary<ListHostsResponse__Output>(this.#call(link), (answered) =>
      link.client.listHosts({ type: SEED_TYPE }, answered),
    );
    return hosts;
  }

  /** For `p2pfs status`. */
  schedulers(): readonly SchedulerState[] {
    return [...this.#links.values()].map(({ name, usable, reason }) => ({
      address: name,
      serving: usable,
      reason: usable ? "" : reason,
    }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#held.close();
    for (const { stream } of [...this.#streams.values()]) stream.cut("the daemon ends");
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }

  #link(address: RingAddress): SchedulerLink {
    const { clock, log, credentials, announceIntervalMs } = this.#options;
    return new SchedulerLink({
      address,
      credentials,
      clock,
      log,
      announceIntervalMs,
      announcement: async () =>
        this.#left
          ? undefined
          : { host: await this.#options.host(), interval: wireDuration(announceIntervalMs) },
      onChange: () => this.#changed(),
    });
  }

  #changed(): void {
    const serving = [...this.#links.values()].filter((link) => link.serving);
    this.#ring = createHashRing(serving.map((link) => ({ ...link.address, link })));
    if (serving.length > 0 && !this.#left) this.#held.look();
    if (serving.some(({ usable }) => usable)) this.#options.onServing?.();
  }

  #pick(taskId: string): SchedulerLink | undefined {
    const link = this.#left ? undefined : this.#ring.pick(taskId)?.link;
    return link?.usable ? link : undefined;
  }

  /** The task's scheduler, waited for shortly when it is new. */
  async #linkOf(taskId: string): Promise<SchedulerLink | undefined> {
    const known = this.#pick(taskId);
    if (known !== undefined || this.#left) return known;
    const unknown = [...this.#links.values()].filter(
      (link) => link.serving === undefined || (!link.usable && link.serving),
    );
    if (unknown.length === 0) return undefined;
    await Promise.race([
      Promise.all(unknown.map((link) => link.look())),
      sleep(this.#options.clock, SCHEDULER_FIRST_WAIT_MS),
    ]);
    return this.#pick(taskId);
  }

  #mustLink(taskId: string): SchedulerLink {
    const link = this.#pick(taskId);
    if (link === undefined) throw new UnavailableError(this.#whyNone());
    return link;
  }

  #whyNone(): string {
    if (this.#left) return "this host has left the cluster";
    const [first] = this.#links.values();
    if (first === undefined) return "no scheduler is known";
    return this.#links.size === 1
      ? first.reason
      : `none of ${this.#links.size} schedulers serves: ${first.reason}`;
  }

  #call(link: SchedulerLink) {
    return { clock: this.#options.clock, what: `the scheduler ${link.name}` };
  }

  #owner(taskId: string): string | undefined {
    const link = this.#pick(taskId);
    return link === undefined ? undefined : ownerName(link);
  }

  /** @param counted among the streams of running downloads, whose number is bounded */
  #stream(link: SchedulerLink, registration: PeerRegistration, counted: boolean): AnnounceStream {
    const { clock, log, hostId, scheduleCountMax, scheduleTimeoutMs, concurrentPieceCount } = this.#options;
    const { taskId, peerId } = registration;
    const owner = ownerName(link);
    const conversation = new PeerConversation({
      hostId,
      registration,
      scheduleCountMax,
      concurrentPieceCount,
      withoutMetadataOnly: link.withoutMetadataOnly,
      now: () => clock.nowMs(),
    });
    const stream = new AnnounceStream({
      clock,
      what: `the scheduler ${link.name}`,
      conversation,
      scheduleTimeoutMs,
      open: () => link.client.announcePeer(),
      onUse: () => this.#touch(peerId),
      mayRetry: async (error) => {
        link.failed(error, true);
        await link.look();
        return link.usable;
      },
      onClosed: ({ inOrder, error }) => {
        this.#streams.delete(peerId);
        if (conversation.metadataOnlyUnknown) link.withoutMetadataOnly = true;
        if (inOrder && conversation.tellsWhole) this.#held.told(taskId, owner);
        if (error === undefined || this.#closed) return;
        log.debug({ taskId, peerId, scheduler: link.name, reason: error.message }, "announce-stream-failed");
        link.failed(error);
      },
    });
    if (counted) this.#keep(peerId, taskId, stream);
    stream.begin();
    return stream;
  }

  #keep(peerId: string, taskId: string, stream: AnnounceStream): void {
    const [oldest] = this.#streams.values();
    if (this.#streams.size >= ANNOUNCE_STREAMS_MAX && oldest !== undefined)
      void oldest.stream.end("idle", { message: "too many downloads are under way" });
    this.#streams.set(peerId, { taskId, stream });
  }

  #touch(peerId: string): void {
    const entry = this.#streams.get(peerId);
    if (entry === undefined) return;
    this.#streams.delete(peerId);
    this.#streams.set(peerId, entry);
  }

  async #announceHeld(task: HeldTask): Promise<boolean> {
    const link = this.#pick(task.taskId);
    if (link === undefined) return false;
    const registration = { ...task, peerId: this.#options.newPeerId(), isComplete: true };
    const stream = this.#stream(link, registration, false);
    await stream.end("finished");
    return stream.endedInOrder;
  }
}

/** Host.type of seed peers. */
const SEED_TYPE = 1;

/** A scheduler and what it remembers: another name means that it may know nothing of what was told. */
function ownerName(link: SchedulerLink): string {
  return `${link.name} ${link.generation}`;
}

/** The session of a download that no scheduler knows of. */
function withoutScheduler(reason: string): PeerSession {
  const placement = { kind: "back-to-source", reason } as const;
  return {
    placement: () => placement,
    onPlacement: () => () => {},
    pieceFinished: () => {},
    pieceFailed: () => {},
    reschedule: () => {},
    end: async () => {},
  };
}
