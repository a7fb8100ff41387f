/**
 * One simulated host and its download of one file: the engine's own decisions (TaskParents, ParentBook, HeldBack) over
 * transfers that only take their time. Pieces are taken in the order of WantList.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import { NotFoundError, UnavailableError } from "../../base/errors.ts";
import { PIECE_SILENCE_MS } from "../../base/limits.ts";
import { silentLogger } from "../../base/logger.ts";
import { HeldBack } from "../../daemon/engine/held-back.ts";
import type { TaskRequest } from "../../daemon/engine/open-task.ts";
import { type Giver, TaskParents } from "../../daemon/engine/task-parents.ts";
import { hasBit } from "../../daemon/piece/bits.ts";
import type { CandidateParent, PeerSession, Scheduler } from "../../daemon/scheduler/scheduler.ts";
import type { StoredTask } from "../../daemon/storage/storage.ts";
import type { AnnouncedPiece, AnnouncingParent } from "../../daemon/transport/announcements.ts";
import { type Link, newLink } from "./network.ts";
import type { World } from "./world.ts";

/** How a host misbehaves. */
export type Fault = "none" | "dies" | "stalls" | "lies";

/** A child that is told of pieces. */
interface Listener {
  readonly wanted: ReadonlySet<number>;
  readonly tell: (piece: number) => void;
  readonly end: (error?: Error) => void;
}

export class SimHost {
  readonly id: string;
  readonly ip: string;
  readonly uploadPort = 4000;
  readonly up: Link;
  readonly down: Link;
  readonly rate: number;
  readonly fault: Fault;
  readonly isSeed: boolean;
  isDead = false;
  readonly tasks = new Map<string, SimTask>();
  readonly world: World;
  /** One way to anybody, ms. */
  readonly latencyMs: number;

  constructor(
    world: World,
    facts: {
      readonly number: number;
      readonly rate: number;
      readonly fault: Fault;
      readonly isSeed: boolean;
      readonly latencyMs: number;
    },
  ) {
    const { number, rate, fault, isSeed, latencyMs } = facts;
    this.world = world;
    this.ip = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
    this.id = `${this.ip}-host-${number}${isSeed ? "-seed" : ""}`;
    this.rate = rate;
    this.up = newLink(rate);
    this.down = newLink(rate);
    this.fault = fault;
    this.isSeed = isSeed;
    this.latencyMs = latencyMs;
  }

  load(taskId: string, url: string, needBackToSource: boolean): SimTask {
    const known = this.tasks.get(taskId);
    if (known !== undefined) return known;
    const task = new SimTask(this, taskId, url, needBackToSource);
    this.tasks.set(taskId, task);
    task.kick();
    return task;
  }

  /** Gone for good. */
  die(): void {
    this.isDead = true;
    for (const task of this.tasks.values()) task.abandon();
  }
}

/** What is being fetched, and how to stop it. */
interface SimFetch {
  readonly stop: () => void;
  readonly parent: SimHost | undefined;
  readonly fail: () => void;
}

export class SimTask {
  readonly host: SimHost;
  readonly id: string;
  readonly startedMs: number;
  /** When each piece came, ms. */
  readonly finishedMs: Float64Array;
  readonly #done: Promise<void>;
  #resolve: () => void = () => {};
  readonly bits: Uint8Array;
  readonly pieceCount: number;
  completedMs: number | undefined;
  readonly #listeners = new Set<Listener>();
  readonly #fetches = new Map<number, SimFetch>();
  /** How many parents have told of each piece, and where this host begins: for the order by rarity. */
  readonly #holders: Uint16Array;
  readonly #rotation: number;
  readonly #heldBack: HeldBack;
  readonly #parents: TaskParents;
  readonly #world: World;
  #finished = 0;
  #isAbandoned = false;
  /** For the reverse way: what the scheduler's word is joined with. */
  #session: JoinedSession | undefined;
  readonly #clock: Clock;
  /** No piece before it may be fetched. */
  #firstOpen = 0;
  /** Some piece is held back no longer then. */
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(host: SimHost, id: string, url: string, needBackToSource: boolean) {
    const { world } = host;
    const { settings, clock } = world;
    this.host = host;
    this.id = id;
    this.#world = world;
    this.#clock = clock;
    this.startedMs = clock.nowMs();
    const count = Math.ceil(settings.fileBytes / settings.pieceBytes);
    this.pieceCount = count;
    this.finishedMs = new Float64Array(count);
    this.bits = new Uint8Array(Math.ceil(count / 8));
    this.#done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#heldBack = new HeldBack(clock, () => this.kick());
    const stored = {
      record: {
        id,
        kind: "standard",
        url,
        tag: "",
        application: "",
        contentLength: settings.fileBytes,
        pieceLength: settings.pieceBytes,
        ranges: true,
      },
      pieceCount: count,
      piecesFinished: 0,
      hasPiece: (piece: number) => hasBit(this.bits, piece),
    } as unknown as StoredTask;
    const request: TaskRequest = { url, headers: {}, ...(needBackToSource ? { needBackToSource } : {}) };
    const env = {
      scheduler: this.#scheduler(),
      parents: {
        announcements: { listen: this.#listen.bind(this), close: async () => {} },
        transport: {} as never,
        loads: { watch: (at: { ip: string }) => this.#watch(at.ip), close: async () => {} },
        isSeed: host.isSeed,
      },
      peerId: () => world.newPeerId(host),
      log: silentLogger,
      clock,
      random: world.random,
      integrity: "transport" as const,
    };
    this.#parents = new TaskParents(
      stored,
      () => request,
      env,
      (piece) => {
        this.#opens(piece ?? 0);
        this.#heldBack.release(piece);
      },
    );
    this.#rotation = Math.floor(world.random() * count);
    this.#holders = new Uint16Array(count);
  }

  get done(): Promise<void> {
    return this.#done;
  }

  /** As EngineTask.kick with the whole file wanted as a copy. */
  kick(): void {
    while (
      this.#fetches.size < this.#world.settings.fetchesMax &&
      !this.#isAbandoned &&
      this.completedMs === undefined
    ) {
      const piece = (this.#world.settings.rotation ? this.#rarest() : undefined) ?? this.#firstMissing();
      if (piece >= this.pieceCount) return;
      const giver = this.#parents.giverOf(piece, "copy");
      if (giver.kind === "wait") this.#holdBack(piece, giver.untilMs);
      else this.#fetch(piece, giver);
    }
  }

  #isOpen(piece: number): boolean {
    return !hasBit(this.bits, piece) && !this.#fetches.has(piece) && !this.#heldBack.has(piece);
  }

  /** The piece that the fewest parents have told of, the first behind this host's own beginning among equals. */
  #rarest(): number | undefined {
    let best: number | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (let step = 0; step < this.pieceCount && fewest > 1; step += 1) {
      const piece = (this.#rotation + step) % this.pieceCount;
      const holders = this.#holders[piece] ?? 0;
      if (holders === 0 || holders >= fewest || !this.#isOpen(piece)) continue;
      best = piece;
      fewest = holders;
    }
    return best;
  }

  /**
   * The first piece in the file's order that may be fetched, as WantList chooses it. Where that was last time is where the search
   * begins: thousands may be held back, and there are thousands of hosts.
   */
  #firstMissing(): number {
    if (this.#clock.nowMs() >= this.#dueMs) {
      this.#firstOpen = 0;
      this.#dueMs = this.#clock.nowMs() + 1_000;
    }
    while (this.#firstOpen < this.pieceCount && !this.#isOpen(this.#firstOpen)) this.#firstOpen += 1;
    return this.#firstOpen;
  }

  #holdBack(piece: number, untilMs: number): void {
    this.#heldBack.until(piece, untilMs);
    this.#dueMs = Math.min(this.#dueMs, untilMs);
  }

  /** The piece may be fetched again. */
  #opens(piece: number): void {
    this.#firstOpen = Math.min(this.#firstOpen, piece);
  }

  /** Tells a child what is here, and what comes. */
  listenTo(listener: Listener): () => void {
    this.#listeners.add(listener);
    for (const piece of listener.wanted) if (hasBit(this.bits, piece)) listener.tell(piece);
    if (this.completedMs !== undefined) this.#world.later(this.host, () => listener.end());
    return () => this.#listeners.delete(listener);
  }

  /** Its host has died. */
  abandon(): void {
    this.#isAbandoned = true;
    for (const fetch of this.#fetches.values()) fetch.stop();
    for (const listener of [...this.#listeners]) listener.end(new UnavailableError("the parent is gone"));
    this.#heldBack.close();
    void this.#parents.end("idle").catch(() => {});
    this.#resolve();
  }

  /** A child listens here: this host may listen to it in turn. */
  reverse(child: SimHost): void {
    const task = child.tasks.get(this.id);
    if (this.completedMs !== undefined || this.#isAbandoned || task === undefined) return;
    this.#session?.add({
      peerId: `${child.id}-reverse`,
      hostId: child.id,
      ip: child.ip,
      uploadPort: child.uploadPort,
      maxSendRate: child.rate,
      sendRate: 0,
    });
  }

  #fetch(piece: number, giver: Exclude<Giver, { kind: "wait" }>): void {
    const { network, settings } = this.#world;
    const { pieceBytes, fileBytes } = settings;
    const parent = giver.kind === "parent" ? this.#world.byIp.get(giver.place.ip) : undefined;
    const end = giver.kind === "parent" ? this.#parents.begin(giver.parent) : () => {};
    const startedMs = this.#clock.nowMs();
    let stopFlow = () => {};
    let timer: Timer | undefined;
    const over = () => {
      stopFlow();
      timer?.cancel();
      end();
      this.#fetches.delete(piece);
      this.#opens(piece);
    };
    const fail = (code: string) => {
      over();
      if (giver.kind === "parent") this.#parents.failed(giver.parent, piece, { code, message: code });
      this.#world.flush();
      this.kick();
    };
    this.#fetches.set(piece, { stop: over, parent, fail: () => fail("UNAVAILABLE") });
    const bytes = Math.min(pieceBytes, fileBytes - piece * pieceBytes);
    const came = () => {
      if (parent?.isDead) return fail("UNAVAILABLE");
      if (parent?.fault === "lies") {
        this.#world.wastedBytes += bytes;
        return fail("INTEGRITY");
      }
      over();
      if (parent === undefined) this.#world.sourceBytes += bytes;
      const parentId = giver.kind === "parent" ? giver.parent.peerId : undefined;
      this.#finish(piece, bytes, this.#clock.nowMs() - startedMs, parentId);
      return undefined;
    };
    if (parent !== undefined && (parent.isDead || parent.fault === "stalls")) {
      timer = this.#clock.schedule(PIECE_SILENCE_MS, () => fail("DEADLINE"));
      return;
    }
    // A connection, and a question.
    const setUpMs = 4 * Math.max(this.host.latencyMs, parent?.latencyMs ?? 0);
    const from = parent?.up ?? this.#world.source;
    timer = this.#clock.schedule(setUpMs, () => {
      stopFlow = network.send(from, this.host.down, bytes, came);
    });
  }

  #finish(piece: number, bytes: number, costMs: number, parentId: string | undefined): void {
    this.bits[piece >> 3] = (this.bits[piece >> 3] ?? 0) | (1 << (piece & 7));
    this.finishedMs[piece] = this.#clock.nowMs();
    this.#finished += 1;
    this.#parents.pieceFinished({ number: piece, digest: "crc32:1", costMs } as never, bytes, parentId);
    if (this.#listeners.size > 0)
      this.#world.later(this.host, () => {
        for (const listener of this.#listeners) if (listener.wanted.has(piece)) listener.tell(piece);
      });
    if (this.#finished === this.pieceCount) this.#complete();
    else this.kick();
  }

  #complete(): void {
    this.completedMs = this.#clock.nowMs();
    this.#heldBack.close();
    this.#world.flush();
    void this.#parents.end("finished");
    this.#world.later(this.host, () => {
      for (const listener of [...this.#listeners]) listener.end();
    });
    this.#resolve();
    if (!this.host.isSeed) this.#world.completed();
  }

  /** The real scheduler's client, whose word may be joined by children that become parents. */
  #scheduler(): Scheduler {
    const world = this.#world;
    return {
      alone: false,
      register: async (registration, signal) => {
        world.flush();
        this.#session = new JoinedSession(await world.register(this.host, registration, signal));
        world.flush();
        return this.#session;
      },
      close: async () => {},
    };
  }

  #watch(ip: string) {
    const host = this.#world.byIp.get(ip);
    const freeRate = () => {
      if (host === undefined) return undefined;
      const told = this.#world.settings.toldLink ?? host.rate;
      return Math.max(told - (host.rate - this.#world.network.free(host.up) * 8000), told / 10);
    };
    return { freeRate, close: () => {} };
  }

  #listen(
    parent: AnnouncingParent,
    { pieces }: { readonly pieces: readonly number[] },
    onPiece: (piece: AnnouncedPiece) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const world = this.#world;
    const host = world.byIp.get(parent.ip);
    return new Promise((resolve, reject) => {
      let leave = () => {};
      const end = (error?: Error) => {
        leave();
        world.flush();
        if (error === undefined) resolve();
        else reject(error);
      };
      signal.addEventListener("abort", () => end(signal.reason), { once: true });
      world.later(this.host, () => {
        if (signal.aborted) return;
        const task = host?.tasks.get(this.id);
        if (host === undefined || host.isDead) return end(new UnavailableError("it is gone"));
        if (task === undefined) return end(new NotFoundError("no such task"));
        const tell = (number: number) => {
          this.#holders[number] = (this.#holders[number] ?? 0) + 1;
          onPiece({
            number,
            offset: number * world.settings.pieceBytes,
            length: world.settings.pieceBytes,
            ip: parent.ip,
            port: 4005,
          });
        };
        leave = task.listenTo({ wanted: new Set(pieces), tell, end });
        if (world.settings.reverse) task.reverse(this.host);
        return undefined;
      });
    });
  }
}

/** The scheduler's word on a download, with parents that nobody but they themselves named. */
class JoinedSession implements PeerSession {
  readonly #session: PeerSession;
  readonly #added: CandidateParent[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(session: PeerSession) {
    this.#session = session;
  }

  add(parent: CandidateParent): void {
    if (this.#added.some(({ hostId }) => hostId === parent.hostId)) return;
    this.#added.push(parent);
    for (const listener of [...this.#listeners]) listener();
  }

  placement() {
    const placement = this.#session.placement();
    if (placement.kind !== "parents" || this.#added.length === 0) return placement;
    const known = new Set(placement.parents.map(({ hostId }) => hostId));
    return {
      ...placement,
      parents: [...placement.parents, ...this.#added.filter(({ hostId }) => !known.has(hostId))],
    };
  }

  onPlacement(listener: () => void): () => void {
    this.#listeners.add(listener);
    const end = this.#session.onPlacement(listener);
    return () => {
      this.#listeners.delete(listener);
      end();
    };
  }

  pieceFinished(piece: Parameters<PeerSession["pieceFinished"]>[0]): void {
    this.#session.pieceFinished(piece);
  }
  pieceFailed(piece: Parameters<PeerSession["pieceFailed"]>[0]): void {
    this.#session.pieceFailed(piece);
  }
  reschedule(reason: string): void {
    this.#session.reschedule(reason);
  }
  end(...how: Parameters<PeerSession["end"]>): Promise<void> {
    return this.#session.end(...how);
  }
}
