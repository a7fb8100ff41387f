/** A host in a cluster against schedulers that serve, are not there, come and go, forget, and talk garbage. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { credentials } from "@grpc/grpc-js";
import { systemClock } from "../../../../base/clock.ts";
import { ANNOUNCE_STREAMS_MAX } from "../../../../base/limits.ts";
import { type Logger, silentLogger } from "../../../../base/logger.ts";
import { ClusterScheduler } from "../../../../daemon/scheduler/cluster/cluster-scheduler.ts";
import type { HeldTask } from "../../../../daemon/scheduler/cluster/held-tasks.ts";
import type { PeerRegistration, PeerSession } from "../../../../daemon/scheduler/scheduler.ts";
import { createHashRing } from "../../../../daemon/task/hash-ring.ts";
import { standardTaskId } from "../../../../daemon/task/ids.ts";
import { until } from "../../../base/promises.ts";
import { schedulerSuite } from "../../../suites/scheduler-suite.ts";
import { SchedulerServed } from "../scheduler-served.ts";

const never = new AbortController().signal;

function task(name: string): HeldTask {
  const url = `http://origin/${name}`;
  const size = { contentLength: 8 * 2 ** 20, pieceLength: 4 * 2 ** 20, pieceCount: 2 };
  return { taskId: standardTaskId({ url }), url, tag: "", application: "", ...size };
}

let peers = 0;
function registration(name: string): PeerRegistration {
  peers += 1;
  return { ...task(name), peerId: `peer-${peers}` };
}

interface HostOptions {
  readonly held?: () => Iterable<HeldTask>;
  readonly log?: Logger;
}

function host(t: TestContext, id: string, options: HostOptions = {}): ClusterScheduler {
  const scheduler = new ClusterScheduler({
    clock: systemClock,
    log: options.log ?? silentLogger,
    hostId: id,
    newPeerId: () => {
      peers += 1;
      return `${id}-peer-${peers}`;
    },
    credentials: credentials.createInsecure(),
    host: async () => ({ id, hostname: id, ip: "127.0.0.1", port: 4000, downloadPort: 4000 }),
    held: options.held ?? (() => []),
    heldMark: () => [...(options.held?.() ?? [])].map(({ taskId }) => taskId).join(),
    announceIntervalMs: 300_000,
    scheduleTimeoutMs: 600_000,
    scheduleCountMax: 5,
    concurrentPieceCount: 8,
  });
  t.after(() => scheduler.close());
  return scheduler;
}

async function serve(t: TestContext, port = 0, more: object = {}): Promise<SchedulerServed> {
  const server = await SchedulerServed.start({ port, ...more });
  t.after(() => server.close());
  return server;
}

const at = (port: number) => ({ ip: "127.0.0.1", port });

async function placed(session: PeerSession): Promise<PeerSession> {
  await until(() => session.placement().kind !== "unknown", "a placement");
  return session;
}

async function serving(scheduler: ClusterScheduler, count = 1): Promise<void> {
  const serving = () => scheduler.schedulers().filter((each) => each.serving).length;
  await until(() => serving() === count, "serving schedulers");
}

schedulerSuite("ClusterScheduler with a scheduler", async () => {
  const server = await SchedulerServed.start();
  const scheduler = host({ after() {} } as unknown as TestContext, "suite");
  scheduler.use([at(server.port)]);
  await serving(scheduler);
  const close = scheduler.close.bind(scheduler);
  return Object.assign(scheduler, {
    close: async () => {
      await close();
      await server.close();
    },
  });
});

schedulerSuite("ClusterScheduler that knows no scheduler", async () =>
  host({ after() {} } as unknown as TestContext, "suite"),
);

describe("a host in a cluster", { timeout: 120_000 }, () => {
  test("goes to the source first, and is the next host's parent", async (t) => {
    const server = await serve(t);
    const [a, b] = [host(t, "a"), host(t, "b")];
    for (const each of [a, b]) each.use([at(server.port)]);
    const first = await placed(await a.register(registration("x"), never));
    assert.equal(first.placement().kind, "back-to-source");
    first.pieceFinished({ number: 0, offset: 0, length: 4 * 2 ** 20, digest: "crc32:1", costMs: 1 });
    const second = await placed(await b.register(registration("x"), never));
    const placement = second.placement();
    assert.ok(placement.kind === "parents");
    assert.deepEqual(
      placement.parents.map(({ hostId, ip, uploadPort }) => [hostId, ip, uploadPort]),
      [["a", "127.0.0.1", 4000]],
    );
    await Promise.all([first.end("finished"), second.end("finished")]);
    assert.equal(server.scheduler.conversations, 0);
    assert.deepEqual(
      server.peersOf(task("x").taskId).map(({ state }) => state),
      ["Succeeded", "Succeeded"],
    );
  });

  test("whose download went idle is no parent for what it lacks", async (t) => {
    const server = await serve(t);
    const a = host(t, "a");
    a.use([at(server.port)]);
    const session = await placed(await a.register(registration("x"), never));
    await session.end("idle");
    assert.deepEqual(server.peersOf(task("x").taskId), []);
  });

  test("uses for each task the scheduler that the ring names", async (t) => {
    const servers = [await serve(t), await serve(t), await serve(t)];
    const a = host(t, "a");
    const addresses = servers.map(({ port }) => at(port));
    a.use(addresses);
    await serving(a, 3);
    const ring = createHashRing(addresses);
    for (let number = 0; number < 20; number += 1) {
      const wanted = registration(`file-${number}`);
      await (await placed(await a.register(wanted, never))).end("finished");
      const owner = servers.find(({ port }) => port === ring.pick(wanted.taskId)?.port);
      assert.equal(owner?.peersOf(wanted.taskId).length, 1);
    }
  });

  test("starts without a scheduler, and finds it when it is there", async (t) => {
    const probe = await serve(t);
    const { port } = probe;
    await probe.close();
    const a = host(t, "a");
    a.use([at(port)]);
    const alone = await a.register(registration("x"), never);
    const placement = alone.placement();
    assert.ok(
      placement.kind === "back-to-source" && /ECONNREFUSED/.test(placement.reason ?? ""),
      "and it says why",
    );
    await alone.end("finished");
    const server = await serve(t, port);
    await serving(a);
    assert.deepEqual(server.hostIds, ["a"]);
    const session = await placed(await a.register(registration("y"), never));
    await session.end("finished");
    assert.equal(server.peersOf(task("y").taskId).length, 1);
  });

  test("tells a scheduler that was started anew of itself and of all it holds", async (t) => {
    const held = [task("h1"), task("h2"), task("h3")];
    const first = await serve(t);
    const a = host(t, "a", { held: () => held });
    a.use([at(first.port)]);
    const knows = (server: SchedulerServed) =>
      held.every(({ taskId }) => server.peersOf(taskId).some(({ state }) => state === "Succeeded"));
    await until(() => knows(first), "the first announcement");
    const running = await placed(await a.register(registration("x"), never));
    await first.close();
    await until(() => a.schedulers().every((each) => !each.serving), "its end to be noticed");
    running.pieceFinished({ number: 0, offset: 0, length: 4 * 2 ** 20, digest: "crc32:1", costMs: 1 });
    await running.end("finished");
    const second = await serve(t, first.port);
    await until(() => knows(second), "the second announcement");
    assert.deepEqual(second.hostIds, ["a"]);
  });

  test("takes back what it holds no more", async (t) => {
    let held = [task("h1"), task("h2")];
    const server = await serve(t);
    const a = host(t, "a", { held: () => held });
    a.use([at(server.port)]);
    await until(() => server.taskIds.length === 2, "the announcement");
    held = [task("h2")];
    a.announceAgain();
    await until(() => server.taskIds.length === 1, "the withdrawal");
    assert.deepEqual(server.taskIds, [task("h2").taskId]);
  });

  test("is told to schedulers older than metadata_only, too", async (t) => {
    const server = await serve(t, 0, { withoutMetadataOnly: true });
    const held = [task("h1"), task("h2")];
    const a = host(t, "a", { held: () => held });
    a.use([at(server.port)]);
    const holds = ({ taskId }: { taskId: string }) =>
      server.peersOf(taskId).some(({ state }) => state === "Succeeded");
    await until(() => held.every(holds), "the announcement");
  });

  test("registers again with a scheduler that has forgotten it", async (t) => {
    const server = await serve(t);
    const a = host(t, "a");
    a.use([at(server.port)]);
    await serving(a);
    server.scheduler.deleteHost("a");
    const session = await placed(await a.register(registration("x"), never));
    await session.end("finished");
    assert.equal(server.peersOf(task("x").taskId).length, 1);
    assert.deepEqual(server.hostIds, ["a"]);
  });

  test("goes on with the parents it has when the scheduler dies", async (t) => {
    const server = await serve(t);
    const [a, b] = [host(t, "a"), host(t, "b")];
    for (const each of [a, b]) each.use([at(server.port)]);
    await placed(await a.register(registration("x"), never));
    const second = await placed(await b.register(registration("x"), never));
    assert.equal(second.placement().kind, "parents");
    await server.close();
    await until(() => b.schedulers().every((each) => !each.serving), "its end to be noticed");
    assert.equal(second.placement().kind, "parents");
    second.reschedule("the parent is gone too");
    assert.equal(second.placement().kind, "back-to-source");
    await second.end("finished");
  });

  test("takes a port that talks garbage for no scheduler", async (t) => {
    const garbage: Server = createServer((socket) => {
      socket.on("error", () => {});
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    });
    await new Promise<void>((resolve) => garbage.listen(0, "127.0.0.1", resolve));
    t.after(() => garbage.close());
    const a = host(t, "a");
    a.use([at((garbage.address() as { port: number }).port)]);
    const session = await a.register(registration("x"), never);
    assert.equal(session.placement().kind, "back-to-source");
    assert.ok(a.schedulers().every((each) => !each.serving && each.reason !== ""));
  });

  test("has no more streams open than its bound: the least recently used ends", async (t) => {
    const server = await serve(t);
    const a = host(t, "a");
    a.use([at(server.port)]);
    await serving(a);
    const first = await placed(await a.register(registration("first"), never));
    const second = await placed(await a.register(registration("second"), never));
    first.pieceFinished({ number: 0, offset: 0, length: 4 * 2 ** 20, digest: "crc32:1", costMs: 1 });
    const sessions: PeerSession[] = [];
    for (let number = 2; number <= ANNOUNCE_STREAMS_MAX; number += 1)
      sessions.push(await a.register(registration(`file-${number}`), never));
    await Promise.all(sessions.map(placed));
    await until(() => server.scheduler.conversations === ANNOUNCE_STREAMS_MAX, "the bound");
    assert.deepEqual(server.peersOf(task("second").taskId), [], "the second was used longest ago");
    assert.equal(server.peersOf(task("first").taskId).length, 1);
    assert.equal(a.streamCount, ANNOUNCE_STREAMS_MAX);
    await Promise.all([first, second, ...sessions].map((session) => session.end("finished")));
    assert.equal(a.streamCount, 0, "none is left when all have ended");
    await until(() => server.scheduler.conversations === 0, "the scheduler's own end of them");
  });

  test("that leaves is forgotten, and is told nothing more", async (t) => {
    const server = await serve(t);
    const a = host(t, "a", { held: () => [task("h1")] });
    a.use([at(server.port)]);
    await until(() => server.taskIds.length === 1, "the announcement");
    await a.leave();
    assert.deepEqual(server.hostIds, []);
    assert.deepEqual(server.taskIds, []);
    const session = await a.register(registration("x"), never);
    assert.deepEqual(session.placement(), {
      kind: "back-to-source",
      reason: "this host has left the cluster",
    });
  });

  test("that is closed tells nobody that it is gone", async (t) => {
    const server = await serve(t);
    const a = host(t, "a");
    a.use([at(server.port)]);
    await serving(a);
    await a.close();
    assert.deepEqual(server.hostIds, ["a"]);
  });

  test("writes one line for each change of a scheduler, however often it is looked at", async (t) => {
    const events: string[] = [];
    const write = (_fields: object, event: string) => void events.push(event);
    const log = { ...silentLogger, debug() {}, info: write, warn: write, error: write } as Logger;
    const probe = await serve(t);
    await probe.close();
    const a = host(t, "a", { log });
    a.use([at(probe.port)]);
    for (let count = 0; count < 5; count += 1) await a.register(registration("x"), never);
    assert.deepEqual(events, ["scheduler-does-not-serve"]);
    await serve(t, probe.port);
    await serving(a);
    assert.deepEqual(events, ["scheduler-does-not-serve", "scheduler-serves"]);
  });

  test("finds the cluster's seed peers, and what a scheduler knows of a task", async (t) => {
    const server = await serve(t);
    const a = host(t, "a");
    a.use([at(server.port)]);
    await serving(a);
    assert.deepEqual(await a.seedPeers(), []);
    server.scheduler.announceHost({
      host: {
        id: "s-seed",
        hostname: "s",
        type: 1,
        ip: "127.0.0.1",
        port: 4000,
        downloadPort: 4000,
      } as never,
      interval: null,
    });
    assert.deepEqual(
      (await a.seedPeers()).map(({ id }) => id),
      ["s-seed"],
    );
    await assert.rejects(a.statTask("f".repeat(64)), { code: "NOT_FOUND" });
    await placed(await a.register(registration("x"), never));
    assert.equal((await a.statTask(task("x").taskId)).peerCount, 1);
    await a.deleteTask(task("x").taskId);
    assert.equal((await a.statTask(task("x").taskId)).peerCount, 0);
  });
});
