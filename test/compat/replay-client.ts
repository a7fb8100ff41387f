/**
 * The clients' side of recorded scenarios, played to a scheduler of ours: whatever the recorded hosts said goes to it in the order
 * of the wire, over real connections, and what it answers is kept beside what Dragonfly's scheduler answered. Its clock stands
 * still except where the recording waits for an answer. What was known before the recording began is told first, as far as the
 * recorded answers show it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type ClientDuplexStream, credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import { FakeClock } from "../../base/clock.ts";
import type { Host } from "../../proto/gen/common/v2/Host.ts";
import type { Peer__Output } from "../../proto/gen/common/v2/Peer.ts";
import type { DownloadTaskRequest__Output } from "../../proto/gen/dfdaemon/v2/DownloadTaskRequest.ts";
import type {
  AnnouncePeerRequest,
  AnnouncePeerRequest__Output,
} from "../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import type { AnnouncePeerResponse__Output } from "../../proto/gen/scheduler/v2/AnnouncePeerResponse.ts";
import { DfdaemonUpload, Health, Scheduler } from "../../proto/load.ts";
import { SchedulerServed } from "../daemon/scheduler/scheduler-served.ts";
import { beganMs, type Line, linesOf, scenarios } from "./transcript.ts";

const { AnnouncePeer, AnnounceHost, DeleteHost } = Scheduler.service;
const PATH = "/scheduler.v2.Scheduler";

/** How long an answer may be in coming, by the scheduler's clock, ms: it gives a peer up to the source after some 2 s. */
const ANSWER_MS = 15_000;
/** The clock's step, and what the wire may take for what a step led to, ms. */
const STEP_MS = 20;
const WIRE_MS = 2;

/** An answer of Dragonfly's scheduler and ours in its place; a status stands at the end of each call. */
export interface Compared {
  readonly client: string;
  readonly recorded: AnnouncePeerResponse__Output | Status;
  readonly ours: AnnouncePeerResponse__Output | Status | undefined;
}

export interface Status {
  readonly code: number;
  readonly details: string;
}

/** A recorded AnnouncePeer call as it is played. */
interface Played {
  readonly client: string;
  readonly stream: ClientDuplexStream<AnnouncePeerRequest, AnnouncePeerResponse__Output>;
  readonly heard: AnnouncePeerResponse__Output[];
  /** Answers that were compared. */
  compared: number;
  status: Status | undefined;
}

export interface Replay {
  readonly answers: readonly Compared[];
  /** What Dragonfly's scheduler sent seed peers for, and what ours did. */
  readonly seeds: {
    readonly recorded: readonly DownloadTaskRequest__Output[];
    readonly ours: readonly DownloadTaskRequest__Output[];
  };
}

/** Lines of a scenario that are conversations with one of its schedulers. */
function linesFor(scenario: string, scheduler: string): readonly Line[] {
  return linesOf(scenario).filter(({ from, to }) => from === scheduler || to === scheduler);
}

/** Hosts as they announced themselves, in any recording. */
const announced: ReadonlyMap<string, Host> = new Map(
  scenarios()
    .flatMap((scenario) => linesOf(scenario))
    .filter(
      ({ rpc, type, bytes }) =>
        rpc === `${PATH}/AnnounceHost` && type?.endsWith("AnnounceHostRequest") && typeof bytes === "string",
    )
    .map(({ bytes }) => AnnounceHost.requestDeserialize(Buffer.from(String(bytes), "base64")).host)
    .flatMap((host) => (host ? [[host.id, host as Host] as const] : [])),
);

export class ReplayClient {
  readonly #served: SchedulerServed;
  readonly #clock: FakeClock;
  readonly #client: InstanceType<typeof Scheduler>;
  readonly #seedPort: number;
  readonly #calls = new Map<string, Played>();
  readonly #answers: Compared[] = [];
  readonly #scenario: string;
  readonly #lines: readonly Line[];
  /** Peers whose conversations are made up, by id. */
  readonly #brought = new Map<string, Played>();
  #said = 0;

  private constructor(
    served: SchedulerServed,
    clock: FakeClock,
    seedPort: number,
    recording: { readonly scenario: string; readonly lines: readonly Line[] },
  ) {
    this.#scenario = recording.scenario;
    this.#lines = recording.lines;
    this.#served = served;
    this.#clock = clock;
    this.#seedPort = seedPort;
    this.#client = new Scheduler(`127.0.0.1:${served.port}`, credentials.createInsecure());
  }

  /** Plays one scenario's conversations with one of its schedulers. @param random the scheduler's, in [0, 1) */
  static async play(scenario: string, scheduler: string, random: () => number): Promise<Replay> {
    const clock = new FakeClock();
    const served = await SchedulerServed.start({ clock, random });
    const sent: DownloadTaskRequest__Output[] = [];
    const seed = await startSeed(sent);
    const lines = linesFor(scenario, scheduler);
    const replay = new ReplayClient(served, clock, seed.port, { scenario, lines });
    try {
      await replay.#prepare();
      const before = sent.length;
      for (const line of lines) await replay.#playLine(line);
      return { answers: replay.#answers, seeds: { recorded: seedsIn(lines), ours: sent.slice(before) } };
    } finally {
      replay.#client.close();
      seed.server.forceShutdown();
      await served.close();
    }
  }

  /** Tells what the scheduler knew when the recording began. */
  async #prepare(): Promise<void> {
    const lines = this.#lines;
    const unknown = unknownHosts(lines);
    const candidates = candidatesIn(lines);
    const registered = new Set(registrationsIn(lines).map(({ peerId }) => peerId));
    const hosts = new Map<string, Host>();
    for (const { hostId } of registrationsIn(lines)) {
      const host = announced.get(hostId);
      if (host && !unknown.has(hostId)) hosts.set(hostId, host);
    }
    for (const { host } of candidates) if (host && !hosts.has(host.id)) hosts.set(host.id, host as Host);
    // As they were when they were told of, not when they were announced in another recording.
    for (const { host } of candidates.reverse()) {
      if (host) hosts.set(host.id, { ...announced.get(host.id), ...(host as Host) });
    }
    for (const host of announcedIn(lines, true)) hosts.delete(host.id ?? "");
    for (const host of hosts.values()) await this.#announceHost(host);
    for (const candidate of candidatesIn(lines))
      if (!registered.has(candidate.id) && this.#isOlder(candidate)) await this.#bring(candidate);
  }

  /** Whether the peer was there before anybody asked for its task in this recording. */
  #isOlder(peer: Peer__Output): boolean {
    const first = registrationLines(this.#lines).find(({ message }) => message.taskId === peer.task?.id);
    return first === undefined || madeMs(peer) < beganMs(this.#scenario) + first.t;
  }

  /** The seeds of a recording answer at our own port. */
  async #announceHost(host: Host): Promise<void> {
    const isSeed = host.type === 1;
    const here = isSeed ? { ...host, ip: "127.0.0.1", port: this.#seedPort } : host;
    await this.#unary((answered) => this.#client.announceHost({ host: here }, answered));
    // It is asked whether it serves.
    if (isSeed) for (let count = 0; count < 25; count += 1) await this.#pass(0);
    // What others are told of it is compared, so it is what it was.
    const known = this.#served.scheduler.swarm.hosts.get(host.id ?? "");
    if (known && isSeed) known.message = { ...known.message, ip: host.ip ?? "", port: host.port ?? 0 };
  }

  /** A peer of whose conversation nothing was recorded comes to where the recorded answer has it. */
  async #bring(candidate: Peer__Output): Promise<void> {
    const { host, task, needBackToSource, state } = candidate;
    const first = registrationsIn(this.#lines).find(({ taskId }) => taskId === task?.id);
    const download = first?.registerPeerRequest?.download;
    if (!host || !task || !download) return;
    const ids = { hostId: host.id, taskId: task.id, peerId: candidate.id };
    let call = this.#brought.get(candidate.id);
    if (call === undefined) {
      const { range: _range, _range: _present, ...rest } = download;
      const range = candidate.range ? { range: candidate.range } : {};
      const kind = { priority: candidate.priority, metadataOnly: !needBackToSource, needBackToSource };
      call = this.#open("before");
      this.#brought.set(candidate.id, call);
      await this.#say(call, { ...ids, registerPeerRequest: { download: { ...rest, ...range, ...kind } } });
      await this.#until(() => call?.heard.length === 1);
      await this.#say(
        call,
        needBackToSource
          ? { ...ids, downloadPeerBackToSourceStartedRequest: {} }
          : { ...ids, downloadPeerStartedRequest: {} },
      );
    }
    if (state !== "Succeeded" || call.status !== undefined) return;
    await this.#say(
      call,
      needBackToSource
        ? { ...ids, downloadPeerBackToSourceFinishedRequest: {} }
        : { ...ids, downloadPeerFinishedRequest: {} },
    );
    await this.#until(() => call?.status !== undefined);
  }

  async #playLine(line: Line): Promise<void> {
    const bytes = typeof line.bytes === "string" ? Buffer.from(line.bytes, "base64") : undefined;
    if (line.rpc === `${PATH}/AnnounceHost` && line.type?.endsWith("Request") && bytes) {
      const { host } = AnnounceHost.requestDeserialize(bytes);
      if (host) await this.#announceHost(host as Host);
    }
    if (line.rpc === `${PATH}/DeleteHost` && line.type?.endsWith("Request") && bytes) {
      const { hostId } = DeleteHost.requestDeserialize(bytes);
      await this.#unary((answered) => this.#client.deleteHost({ hostId }, answered)).catch(() => {});
    }
    if (line.rpc !== `${PATH}/AnnouncePeer`) return;
    const key = `${line.conn} ${line.stream}`;
    if (line.kind === "call") this.#calls.set(key, this.#open(line.from ?? ""));
    const call = this.#calls.get(key);
    if (call === undefined) return;
    if (line.kind === "message" && bytes) {
      if (line.from === call.client) await this.#expectCandidates(line);
      if (line.from === call.client)
        await this.#say(call, AnnouncePeer.requestDeserialize(bytes) as AnnouncePeerRequest);
      else await this.#compare(call, AnnouncePeer.responseDeserialize(bytes));
    }
    if (line.kind === "status") await this.#compareStatus(call, line);
    if (line.kind === "reset" && line.from === call.client) call.stream.cancel();
  }

  #open(client: string): Played {
    const stream = this.#client.announcePeer();
    const call: Played = { client, stream, heard: [], compared: 0, status: undefined };
    stream.on("data", (message: AnnouncePeerResponse__Output) => call.heard.push(message));
    stream.on("error", () => {});
    stream.on("status", ({ code, details }: Status) => {
      call.status = { code, details };
    });
    return call;
  }

  /** Sends, and waits until it was heard. */
  async #say(call: Played, message: AnnouncePeerRequest): Promise<void> {
    if (call.status !== undefined) return;
    this.#said += 1;
    call.stream.write(message);
    const due = this.#said;
    for (let count = 0; count < 500 && call.status === undefined; count += 1) {
      if (this.#served.scheduler.heard >= due) return;
      await sleep(1);
    }
    this.#said = this.#served.scheduler.heard;
  }

  /** Who stands in the next answer on the stream and was there by now is brought to where it has him. */
  async #expectCandidates({ conn, stream, t }: Line): Promise<void> {
    const registered = new Set(registrationsIn(this.#lines).map(({ peerId }) => peerId));
    const answer = this.#lines.find(
      (line) =>
        line.t > t &&
        line.conn === conn &&
        line.stream === stream &&
        line.type?.endsWith("AnnouncePeerResponse"),
    );
    for (const candidate of answer === undefined ? [] : candidatesIn([answer]))
      if (!registered.has(candidate.id) && madeMs(candidate) < beganMs(this.#scenario) + t)
        await this.#bring(candidate);
  }

  async #compare(call: Played, recorded: AnnouncePeerResponse__Output): Promise<void> {
    const registered = new Set(registrationsIn(this.#lines).map(({ peerId }) => peerId));
    for (const candidate of recorded.normalTaskResponse?.candidateParents ?? [])
      if (!registered.has(candidate.id)) await this.#bring(candidate);
    await this.#until(() => call.heard.length > call.compared || call.status !== undefined);
    this.#answers.push({ client: call.client, recorded, ours: call.heard[call.compared] ?? call.status });
    call.compared += 1;
  }

  async #compareStatus(call: Played, { code = 0, message = "" }: Line): Promise<void> {
    await this.#until(() => call.status !== undefined);
    const recorded = { code, details: decodeURIComponent(message) };
    this.#answers.push({ client: call.client, recorded, ours: call.status });
  }

  /** Lets time pass until it holds, or the scheduler has had all the time it may take. */
  async #until(holds: () => boolean): Promise<void> {
    for (let count = 0; count < 3 && !holds(); count += 1) await this.#pass(0);
    for (let passed = 0; passed < ANSWER_MS && !holds(); passed += STEP_MS) await this.#pass(STEP_MS);
  }

  async #pass(ms: number): Promise<void> {
    this.#clock.advance(ms);
    await sleep(WIRE_MS);
  }

  #unary(start: (answered: (error: unknown) => void) => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      start((error) => (error ? reject(error) : resolve()));
    });
  }
}

/** A seed peer that keeps what it is sent for, and never comes back. */
async function startSeed(sent: DownloadTaskRequest__Output[]): Promise<{ server: Server; port: number }> {
  const server = new Server();
  server.addService(Health.service, {
    check: (_call: unknown, answered: (error: null, value: object) => void) =>
      answered(null, { status: "SERVING" }),
  } as never);
  server.addService(DfdaemonUpload.service, {
    downloadTask: (call: {
      request: DownloadTaskRequest__Output;
      on: (event: string, listener: () => void) => void;
    }) => {
      sent.push(call.request);
      call.on("error", () => {});
    },
  } as never);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { server, port };
}

/** When a peer registered, ms since the epoch. */
function madeMs({ createdAt }: Peer__Output): number {
  return (createdAt?.seconds ?? 0) * 1000 + (createdAt?.nanos ?? 0) / 1e6;
}

/** Registrations, and when they were sent, ms after the beginning. */
function registrationLines(lines: readonly Line[]) {
  return lines
    .filter(
      ({ rpc, type, bytes }) =>
        rpc === `${PATH}/AnnouncePeer` && type?.endsWith("AnnouncePeerRequest") && typeof bytes === "string",
    )
    .map(({ t, bytes }) => ({
      t,
      message: AnnouncePeer.requestDeserialize(Buffer.from(String(bytes), "base64")),
    }))
    .filter(({ message }) => message.registerPeerRequest?.download);
}

function registrationsIn(lines: readonly Line[]): readonly AnnouncePeerRequest__Output[] {
  return registrationLines(lines).map(({ message }) => message);
}

function candidatesIn(lines: readonly Line[]): Peer__Output[] {
  return lines
    .filter(
      ({ rpc, type, bytes }) =>
        rpc === `${PATH}/AnnouncePeer` && type?.endsWith("AnnouncePeerResponse") && typeof bytes === "string",
    )
    .map(({ bytes }) => AnnouncePeer.responseDeserialize(Buffer.from(String(bytes), "base64")))
    .flatMap(({ normalTaskResponse }) => normalTaskResponse?.candidateParents ?? []);
}

/** Hosts that announce themselves in the recording before they register. @param first only such whose first word it is */
function announcedIn(lines: readonly Line[], first: boolean): readonly Host[] {
  const spoke = new Set<string>();
  const found: Host[] = [];
  for (const line of lines) {
    if (typeof line.bytes !== "string") continue;
    const bytes = Buffer.from(line.bytes, "base64");
    if (line.rpc === `${PATH}/AnnouncePeer` && line.type?.endsWith("Request"))
      spoke.add(AnnouncePeer.requestDeserialize(bytes).hostId);
    if (line.rpc !== `${PATH}/AnnounceHost` || !line.type?.endsWith("Request")) continue;
    const { host } = AnnounceHost.requestDeserialize(bytes);
    if (host && (!first || !spoke.has(host.id))) found.push(host as Host);
  }
  return found;
}

/** Hosts whose registration Dragonfly's scheduler refused because it did not know them. */
function unknownHosts(lines: readonly Line[]): ReadonlySet<string> {
  const hosts = new Map<string, string>();
  const unknown = new Set<string>();
  for (const line of lines) {
    if (line.rpc !== `${PATH}/AnnouncePeer`) continue;
    const key = `${line.conn} ${line.stream}`;
    if (line.type?.endsWith("AnnouncePeerRequest") && typeof line.bytes === "string") {
      const { hostId, registerPeerRequest } = AnnouncePeer.requestDeserialize(
        Buffer.from(line.bytes, "base64"),
      );
      if (registerPeerRequest) hosts.set(key, hostId);
      else hosts.delete(key);
    }
    const host = hosts.get(key);
    if (line.kind === "status" && line.code === 5 && /^peer/.test(line.message ?? "") && host)
      unknown.add(host);
  }
  return unknown;
}

/** What Dragonfly's scheduler sent seeds for, where whoever asked for it is in the recording. */
function seedsIn(lines: readonly Line[]): readonly DownloadTaskRequest__Output[] {
  const asked = new Set(
    registrationsIn(lines)
      .filter(({ hostId }) => announced.get(hostId)?.type !== 1)
      .map(({ registerPeerRequest }) => registerPeerRequest?.download?.url),
  );
  const { DownloadTask } = DfdaemonUpload.service;
  return lines
    .filter(
      ({ rpc, type, bytes }) =>
        rpc === "/dfdaemon.v2.DfdaemonUpload/DownloadTask" &&
        type?.endsWith("DownloadTaskRequest") &&
        typeof bytes === "string",
    )
    .map(({ bytes }) => DownloadTask.requestDeserialize(Buffer.from(String(bytes), "base64")))
    .filter(({ download }) => asked.has(download?.url));
}
