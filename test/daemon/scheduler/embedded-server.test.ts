/** The embedded scheduler as hosts of ours see it: seed peers that are sent, empty files, taken ports. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { credentials, Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import { systemClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/logger.ts";
import { ClusterScheduler } from "../../../daemon/scheduler/cluster/cluster-scheduler.ts";
import type { PeerRegistration } from "../../../daemon/scheduler/scheduler.ts";
import { standardTaskId } from "../../../daemon/task/ids.ts";
import type { Download__Output } from "../../../proto/gen/common/v2/Download.ts";
import { DfdaemonUpload, Health } from "../../../proto/load.ts";
import { until } from "../../base/promises.ts";
import { SchedulerServed } from "./scheduler-served.ts";

const never = new AbortController().signal;

function member(t: TestContext, scheduler: SchedulerServed, id: string, host: object): ClusterScheduler {
  const made = new ClusterScheduler({
    clock: systemClock,
    log: silentLogger,
    hostId: id,
    newPeerId: () => `${id}-held`,
    credentials: credentials.createInsecure(),
    host: async () => ({ id, hostname: id, ip: "127.0.0.1", port: 4000, downloadPort: 4000, ...host }),
    held: () => [],
    heldMark: () => "",
    announceIntervalMs: 300_000,
    scheduleTimeoutMs: 600_000,
    scheduleCountMax: 5,
    concurrentPieceCount: 8,
  });
  t.after(() => made.close());
  made.use([{ ip: "127.0.0.1", port: scheduler.port }]);
  return made;
}

function registration(peerId: string, more: Partial<PeerRegistration> = {}): PeerRegistration {
  const url = "http://origin/file?a=1";
  const size = { contentLength: 8 * 2 ** 20, pieceLength: 4 * 2 ** 20, pieceCount: 2 };
  return { taskId: standardTaskId({ url }), peerId, url, tag: "", application: "", ...size, ...more };
}

/** A seed peer's upload service, which does with a download what `serve` says. */
async function seedServer(
  t: TestContext,
  serve: (download: Download__Output) => Promise<void>,
): Promise<number> {
  const server = new Server();
  server.addService(Health.service, {
    check: (_call: unknown, answered: (error: null, value: object) => void) =>
      answered(null, { status: "SERVING" }),
  } as never);
  server.addService(DfdaemonUpload.service, {
    downloadTask: (call: ServerWritableStream<{ download: Download__Output }, object>) => {
      serve(call.request.download).then(
        () => call.end(),
        () => call.emit("error", { code: 13, details: "the source fails" }),
      );
    },
  } as never);
  t.after(() => server.forceShutdown());
  return new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}

async function cluster(t: TestContext) {
  const scheduler = await SchedulerServed.start();
  t.after(() => scheduler.close());
  return scheduler;
}

describe("a seed peer", { timeout: 60_000 }, () => {
  test("is sent for what nobody has, with a description that makes the same task, and is the first peer's parent", async (t) => {
    const scheduler = await cluster(t);
    const sent: Download__Output[] = [];
    const port = await seedServer(t, async (download) => {
      sent.push(download);
      const { url, filteredQueryParams } = download;
      const taskId = standardTaskId({ url, filteredQueryParams });
      const session = await seed.register(
        registration("seed-peer", { taskId, needBackToSource: true }),
        never,
      );
      await until(() => session.placement().kind !== "unknown");
      assert.equal(session.placement().kind, "back-to-source");
      await session.end("finished");
    });
    const seed = member(t, scheduler, "s-seed", { type: 1, port });
    const a = member(t, scheduler, "a", {});
    await until(() => scheduler.hostIds.length === 2);
    const session = await a.register(registration("a-peer"), never);
    await until(() => session.placement().kind !== "unknown");
    const placement = session.placement();
    assert.deepEqual(placement.kind === "parents" && placement.parents.map(({ hostId }) => hostId), [
      "s-seed",
    ]);
    assert.equal(sent.length, 1);
    assert.equal(sent[0]?.needBackToSource, true);
    await session.end("finished");
  });

  test("that fails leaves the first peer with the source", async (t) => {
    const scheduler = await cluster(t);
    const port = await seedServer(t, () => Promise.reject(new RangeError("no source")));
    member(t, scheduler, "s-seed", { type: 1, port });
    const a = member(t, scheduler, "a", {});
    await until(() => scheduler.hostIds.length === 2);
    const session = await a.register(registration("a-peer"), never);
    await until(() => session.placement().kind !== "unknown");
    assert.equal(session.placement().kind, "back-to-source");
  });

  test("is not sent to a source that wants credentials", async (t) => {
    const scheduler = await cluster(t);
    const port = await seedServer(t, () => assert.fail("it was sent"));
    member(t, scheduler, "s-seed", { type: 1, port });
    const a = member(t, scheduler, "a", {});
    await until(() => scheduler.hostIds.length === 2);
    const session = await a.register(registration("a-peer", { needsCredentials: true }), never);
    await until(() => session.placement().kind !== "unknown");
    assert.equal(session.placement().kind, "back-to-source");
  });
});

test("an empty file needs nobody", { timeout: 60_000 }, async (t) => {
  const scheduler = await cluster(t);
  const a = member(t, scheduler, "a", {});
  await until(() => scheduler.hostIds.length === 1);
  const session = await a.register(registration("a-peer", { contentLength: 0, pieceCount: 0 }), never);
  await until(() => session.placement().kind !== "unknown");
  await session.end("finished");
  await until(() => scheduler.scheduler.conversations === 0);
  assert.deepEqual(scheduler.statesOf(registration("a-peer").taskId), ["Succeeded"]);
});

test("an address that is taken is refused", async (t) => {
  const scheduler = await cluster(t);
  await assert.rejects(SchedulerServed.start({ port: scheduler.port }), {
    code: "BUSY",
  });
});
