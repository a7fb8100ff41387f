/** Schedulers that mean no good or are broken: what they send costs a bounded amount, and the source serves. */
import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { credentials, Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { systemClock } from "../../../../base/clock.ts";
import { CLUSTER_MESSAGE_BYTES_MAX } from "../../../../base/limits.ts";
import { silentLogger } from "../../../../base/logger.ts";
import { ClusterScheduler } from "../../../../daemon/scheduler/cluster/cluster-scheduler.ts";
import { standardTaskId } from "../../../../daemon/task/ids.ts";
import { Health, Scheduler } from "../../../../proto/load.ts";

const url = "http://origin/file";

/** A server that says it is a scheduler, and answers each registration with these bytes, or as `answer` does. */
async function badScheduler(
  t: TestContext,
  answer: (stream: ServerDuplexStream<Buffer, Buffer>) => void,
): Promise<number> {
  const server = new Server({ "grpc.max_send_message_length": -1 });
  t.after(() => server.forceShutdown());
  server.addService(Health.service, {
    check: (_call: unknown, answered: (error: null, value: object) => void) =>
      answered(null, { status: "SERVING" }),
  } as never);
  const raw = (bytes: Buffer) => bytes;
  const announcePeer = {
    ...Scheduler.service.AnnouncePeer,
    requestDeserialize: raw,
    responseSerialize: raw,
  };
  server.addService(
    { AnnounceHost: Scheduler.service.AnnounceHost, AnnouncePeer: announcePeer } as never,
    {
      AnnounceHost: (_call: unknown, answered: (error: null, value: object) => void) => answered(null, {}),
      AnnouncePeer: (stream: ServerDuplexStream<Buffer, Buffer>) => {
        stream.on("error", () => {});
        stream.once("data", () => answer(stream));
      },
    } as never,
  );
  return new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}

function host(t: TestContext, port: number): ClusterScheduler {
  const made = new ClusterScheduler({
    clock: systemClock,
    log: silentLogger,
    hostId: "a",
    newPeerId: () => "a-held",
    credentials: credentials.createInsecure(),
    host: async () => ({ id: "a", hostname: "a", ip: "127.0.0.1", port: 4000, downloadPort: 4000 }),
    held: () => [],
    heldMark: () => "",
    announceIntervalMs: 300_000,
    scheduleTimeoutMs: 600_000,
    scheduleCountMax: 5,
    concurrentPieceCount: 8,
  });
  t.after(() => made.close());
  made.use([{ ip: "127.0.0.1", port }]);
  return made;
}

/** The placement of a download that asks there, once there is one. */
async function placementOf(scheduler: ClusterScheduler) {
  const size = { contentLength: 8 * 2 ** 20, pieceLength: 4 * 2 ** 20, pieceCount: 2 };
  const session = await scheduler.register(
    { taskId: standardTaskId({ url }), peerId: "a-1", url, tag: "", application: "", ...size },
    new AbortController().signal,
  );
  while (session.placement().kind === "unknown") await new Promise((resolve) => setTimeout(resolve, 5));
  const placement = session.placement();
  await session.end("finished");
  return placement;
}

describe("the source serves who asks a scheduler that", { timeout: 60_000 }, () => {
  test("answers with what is no message", async (t) => {
    const port = await badScheduler(t, (stream) => stream.write(Buffer.from("ff".repeat(40), "hex")));
    assert.equal((await placementOf(host(t, port))).kind, "back-to-source");
  });

  test("answers with more than anybody could use", async (t) => {
    const huge = Buffer.alloc(CLUSTER_MESSAGE_BYTES_MAX + 1);
    const port = await badScheduler(t, (stream) => stream.write(huge));
    const placement = await placementOf(host(t, port));
    assert.ok(placement.kind === "back-to-source" && /larger than max/.test(placement.reason ?? ""));
  });

  test("ends the conversation without an answer", async (t) => {
    const port = await badScheduler(t, (stream) => stream.end());
    const placement = await placementOf(host(t, port));
    assert.ok(
      placement.kind === "back-to-source" && /has ended the conversation/.test(placement.reason ?? ""),
    );
  });

  test("takes connections and says nothing", async (t) => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const scheduler = host(t, (silent.address() as { port: number }).port);
    assert.equal((await placementOf(scheduler)).kind, "back-to-source");
  });
});
