/** The embedded scheduler on a port of its own, and what hosts say to it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type ClientDuplexStream, credentials, type ServiceError, status } from "@grpc/grpc-js";
import type { AnnouncePeerRequest } from "../../../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import type { AnnouncePeerResponse__Output } from "../../../../proto/gen/scheduler/v2/AnnouncePeerResponse.ts";
import { Scheduler } from "../../../../proto/load.ts";
import { SchedulerServed, type SchedulerServedOptions } from "../scheduler-served.ts";
import { downloadOf, TASK } from "./fixtures.ts";

export type Client = InstanceType<typeof Scheduler>;

export async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "p2pfs-scheduler-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function serve(t: TestContext, options: SchedulerServedOptions = {}) {
  const served = await SchedulerServed.start(options);
  const client = new Scheduler(`127.0.0.1:${served.port}`, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.max_send_message_length": -1,
  });
  t.after(async () => {
    client.close();
    await served.close();
  });
  return { served, client };
}

export function host(id: string, more: object = {}) {
  return { id, hostname: id, ip: "127.0.0.1", port: 4000, downloadPort: 4000, ...more };
}

/** Undefined: it was taken. */
export function announce(client: Client, message: object, seconds = 300): Promise<ServiceError | undefined> {
  return new Promise((resolve) => {
    client.announceHost({ host: message, interval: { seconds } }, (error) => resolve(error ?? undefined));
  });
}

/** One AnnouncePeer call: what was answered, and how it ended. */
export class Talk {
  readonly stream: ClientDuplexStream<AnnouncePeerRequest, AnnouncePeerResponse__Output>;
  readonly answers: AnnouncePeerResponse__Output[] = [];
  readonly over: Promise<{ code: number; details: string }>;
  readonly #ids: { hostId: string; taskId: string; peerId: string };

  constructor(client: Client, hostId: string, peerId: string, taskId = TASK) {
    this.#ids = { hostId, taskId, peerId };
    this.stream = client.announcePeer();
    this.stream.on("data", (answer: AnnouncePeerResponse__Output) => this.answers.push(answer));
    this.stream.on("error", () => {});
    this.over = new Promise((resolve) => void this.stream.on("status", resolve));
  }

  say(message: AnnouncePeerRequest): void {
    this.stream.write({ ...this.#ids, ...message });
  }

  async answer(): Promise<AnnouncePeerResponse__Output> {
    if (this.answers.length === 0) await Promise.race([once(this.stream, "data"), this.over]);
    return this.answers.shift() ?? assert.fail("it ended without an answer");
  }
}

/** The host tells that it holds the task. */
export async function hold(client: Client, hostId: string, taskId = TASK): Promise<void> {
  const talk = new Talk(client, hostId, `${hostId}-${taskId}`, taskId);
  talk.say({ registerPeerRequest: { download: downloadOf({ metadataOnly: true }) } });
  await talk.answer();
  talk.say({ downloadPeerStartedRequest: {} });
  talk.say({ downloadPeerFinishedRequest: {} });
  assert.equal((await talk.over).code, status.OK);
}

export async function parentsFor(client: Client, hostId: string): Promise<string[]> {
  const talk = new Talk(client, hostId, `${hostId}-child`);
  talk.say({ registerPeerRequest: { download: downloadOf() } });
  const { normalTaskResponse } = await talk.answer();
  talk.stream.cancel();
  return normalTaskResponse?.candidateParents.map(({ host: of }) => of?.id ?? "") ?? [];
}
