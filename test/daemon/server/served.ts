/**
 * A download server on a Unix socket of its own, over the real engine, a storage without a disk's memory and a source
 * whose answers the test steers; and clients of it. Everything is closed and removed after the test.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { type Clock, systemClock } from "../../../base/clock.ts";
import { P2pfsError } from "../../../base/errors.ts";
import { silentLogger } from "../../../base/logger.ts";
import type { AnswerOf, RequestOf } from "../../../cli/daemon-client.ts";
import { Engine } from "../../../daemon/engine/engine.ts";
import { StandaloneScheduler } from "../../../daemon/scheduler/standalone.ts";
import { DownloadServer, type SocketAccess } from "../../../daemon/server/download-server.ts";
import { DaemonMetrics } from "../../../daemon/server/metrics.ts";
import type { ServiceContext } from "../../../daemon/server/ports.ts";
import type { SourceOf } from "../../../daemon/source/source.ts";
import { MemoryStorage } from "../../../daemon/storage/memory-storage.ts";
import type { Download } from "../../../proto/gen/common/v2/Download.ts";
import type { DownloadTaskResponse__Output } from "../../../proto/gen/dfdaemon/v2/DownloadTaskResponse.ts";
import { Control, DfdaemonDownload, Health } from "../../../proto/load.ts";
import { ScriptedSource } from "../engine/scripted-source.ts";
import { MemoryMounts } from "./memory-mounts.ts";

export const MIB = 1024 * 1024;
export const FILE_URL = "http://origin/file";
export const HOST_ID = "127.0.0.1-host";

export interface Served {
  readonly folder: string;
  readonly socketPath: string;
  readonly source: ScriptedSource;
  readonly engine: Engine;
  readonly storage: MemoryStorage;
  readonly mounts: MemoryMounts;
  readonly links: Map<string, unknown>;
  readonly metrics: DaemonMetrics;
  readonly server: DownloadServer;
  readonly context: ServiceContext;
  readonly download: InstanceType<typeof DfdaemonDownload>;
  readonly control: InstanceType<typeof Control>;
  readonly health: InstanceType<typeof Health>;
  /** Uses begun and not ended. */
  readonly uses: { now: number; total: number };
  readonly stops: { count: number };
}

export interface ServeOptions {
  /** Bytes of the source's one object. */
  readonly length?: number;
  readonly access?: SocketAccess;
  readonly socketPath?: string;
  readonly context?: Partial<ServiceContext>;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: the scripted source, whatever the URL. */
  readonly sourceOf?: SourceOf;
}

export async function serve(t: TestContext, options: ServeOptions = {}): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), "p2pfs-server-"));
  const socketPath = options.socketPath ?? join(folder, "dfdaemon.sock");
  const source = new ScriptedSource(options.length ?? 9 * MIB + 100);
  const storage = await MemoryStorage.open();
  const clock = options.clock ?? systemClock;
  const engine = new Engine({
    clock,
    random: () => 0.5,
    log: silentLogger,
    storage,
    sourceOf: options.sourceOf ?? (() => source),
    scheduler: new StandaloneScheduler(),
    newPeerId: () => `${HOST_ID}-peer`,
    retries: 0,
  });
  const mounts = new MemoryMounts();
  const links = new Map<string, unknown>();
  const metrics = new DaemonMetrics(systemClock);
  const uses = { now: 0, total: 0 };
  const stops = { count: 0 };
  let token = 0;
  const context: ServiceContext = {
    engine,
    sourceOf: options.sourceOf ?? (() => source),
    requestFor: (url) => ({ url, headers: {} }),
    clock,
    log: silentLogger,
    metrics,
    host: { id: HOST_ID, newPeerId: () => `${HOST_ID}-peer` },
    refuseOwnMount: async () => {},
    mounts,
    links: {
      async link({ name = "derived", ...link }) {
        if (links.has(name)) throw new P2pfsError("ALREADY_EXISTS", `url/${name} exists`);
        links.set(name, link);
        return name;
      },
      async unlink(name) {
        links.delete(name);
      },
    },
    cluster: {
      refuseBlocked() {},
      async membership() {
        return undefined;
      },
      async leaveForGood() {},
      async removeMember() {
        throw new P2pfsError("FAILED_PRECONDITION", "this host is in no cluster");
      },
      state: () => ({ hostId: HOST_ID, source: "", failure: "", schedulers: [] }),
      statTask: async () => undefined,
      async taskDeleted() {},
      async leave() {},
    },
    facts: {
      startedAtMs: 1_700_000_000_000,
      pid: process.pid,
      workhome: folder,
      configDigest: "d".repeat(64),
      storageDir: join(folder, "storage"),
      cacheThresholdBytes: 0,
      usage: () => storage.usage(),
    },
    beginUse() {
      uses.now += 1;
      uses.total += 1;
      let ended = false;
      return () => {
        if (!ended) uses.now -= 1;
        ended = true;
      };
    },
    stop: () => {
      stops.count += 1;
    },
    newToken: () => `t${token++}`,
    ...options.context,
  };
  const server = new DownloadServer({ socketPath, access: options.access ?? { mode: 0o600 }, context });
  const address = `unix:${socketPath}`;
  const plain = credentials.createInsecure();
  const clientOptions = { "grpc.max_receive_message_length": -1 };
  const download = new DfdaemonDownload(address, plain, clientOptions);
  const control = new Control(address, plain);
  const health = new Health(address, plain);
  // Timers of the system clock do not keep the process alive; waiting for them is what some tests do.
  const alive = setInterval(() => {}, 1000);
  t.after(async () => {
    for (const client of [download, control, health]) client.close();
    await server.close();
    await engine.close();
    await storage.close();
    await rm(folder, { recursive: true });
    clearInterval(alive);
  });
  await server.listen();
  server.setServing(true);
  return {
    folder,
    socketPath,
    source,
    engine,
    storage,
    mounts,
    links,
    metrics,
    server,
    context,
    download,
    control,
    health,
    uses,
    stops,
  };
}

/** What a download told, and how it ended. */
export interface Told {
  readonly messages: DownloadTaskResponse__Output[];
  readonly error: ServiceError | undefined;
}

/** Downloads to the end; `onMessage` may cancel. */
export function downloadAll(
  { download }: Pick<Served, "download">,
  asked: Download,
  onMessage?: (message: DownloadTaskResponse__Output, cancel: () => void) => void,
): Promise<Told> {
  return new Promise((resolve) => {
    const messages: DownloadTaskResponse__Output[] = [];
    const call = download.downloadTask({ download: { url: FILE_URL, ...asked } });
    call.on("data", (message: DownloadTaskResponse__Output) => {
      messages.push(message);
      onMessage?.(message, () => call.cancel());
    });
    call.on("error", (error: ServiceError) => resolve({ messages, error }));
    call.on("end", () => resolve({ messages, error: undefined }));
  });
}

/** Calls a unary method; rejects with the ServiceError. */
export function ask<Client, Name extends keyof Client>(
  client: Client,
  name: Name,
  request: RequestOf<Client[Name]>,
): Promise<AnswerOf<Client[Name]>> {
  return new Promise((resolve, reject) => {
    const method = client[name] as (
      request: RequestOf<Client[Name]>,
      answer: (error: ServiceError | null, answer?: AnswerOf<Client[Name]>) => void,
    ) => unknown;
    method.call(client, request, (error, answer) =>
      error || answer === undefined ? reject(error) : resolve(answer),
    );
  });
}
