/** The scheduler in memory: the contract, and who is sent to whom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryCluster } from "../../../daemon/scheduler/memory-scheduler.ts";
import type { PeerRegistration, PeerSession } from "../../../daemon/scheduler/scheduler.ts";
import { schedulerSuite } from "../../suites/scheduler-suite.ts";

const TASK = "a".repeat(64);

function host(name: string) {
  return { hostId: name, ip: "127.0.0.1", uploadPort: 4000, maxSendRate: 1e9 };
}

function registration(peerId: string, more: Partial<PeerRegistration> = {}): PeerRegistration {
  return {
    taskId: TASK,
    peerId,
    url: "http://origin/file",
    tag: "",
    application: "",
    contentLength: 8 * 2 ** 20,
    pieceLength: 4 * 2 ** 20,
    pieceCount: 2,
    ...more,
  };
}

const never = new AbortController().signal;

function parentsOf(session: PeerSession): string[] {
  const placement = session.placement();
  return placement.kind === "parents" ? placement.parents.map(({ peerId }) => peerId).sort() : [];
}

schedulerSuite("MemoryScheduler", async () => new MemoryCluster().join(host("suite")));

test("the first peer goes to the source, later ones to it, and to each other without circles", async () => {
  const cluster = new MemoryCluster();
  const [a, b, c] = ["a", "b", "c"].map((name) => cluster.join(host(name)));
  assert.ok(a && b && c);
  const first = await a.register(registration("peer-a"), never);
  assert.equal(first.placement().kind, "back-to-source");
  const second = await b.register(registration("peer-b"), never);
  assert.deepEqual(parentsOf(second), ["peer-a"]);
  const third = await c.register(registration("peer-c"), never);
  assert.deepEqual(parentsOf(third), ["peer-a", "peer-b"]);
  second.reschedule("the parent is slow");
  assert.equal(second.placement().kind, "unknown", "its only other peer fetches from it");
  await third.end("finished");
  assert.deepEqual(parentsOf(second), ["peer-c"], "who has finished fetches from nobody any more");
});

test("nobody gets more than three parents, and who holds all comes first", async () => {
  const cluster = new MemoryCluster();
  for (const name of ["a", "b", "c", "d", "e"])
    await cluster
      .join(host(name))
      .register(registration(`peer-${name}`, { isComplete: name !== "a" }), never);
  const session = await cluster.join(host("z")).register(registration("peer-z"), never);
  assert.equal(parentsOf(session).length, 3);
  assert.ok(!parentsOf(session).includes("peer-a"));
});

test("who waits for a peer that dies goes to the source", async () => {
  const cluster = new MemoryCluster();
  const a = cluster.join(host("a"));
  await a.register(registration("peer-a"), never);
  const waiting = await cluster.join(host("b")).register(registration("peer-b"), never);
  waiting.pieceFailed({ number: 0, parentId: "peer-a" });
  let placed = 0;
  waiting.onPlacement(() => {
    placed += 1;
  });
  waiting.reschedule("it does not answer");
  assert.equal(waiting.placement().kind, "back-to-source");
  assert.ok(placed > 0);
  await a.close();
});

test("hosts that share nothing, and hosts that have left, are nobody's parents", async () => {
  const cluster = new MemoryCluster();
  const silent = cluster.join({ ...host("silent"), disableShared: true });
  await silent.register(registration("peer-silent", { isComplete: true }), never);
  const gone = cluster.join(host("gone"));
  await gone.register(registration("peer-gone", { isComplete: true }), never);
  await gone.close();
  const session = await cluster.join(host("z")).register(registration("peer-z"), never);
  assert.equal(session.placement().kind, "back-to-source");
});
