/** What the embedded scheduler knows and decides: who is whose parent, who goes to the source, who is forgotten. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  BACK_TO_SOURCE_PEERS_MAX,
  HOST_TTL_MS,
  PEER_SILENCE_MS,
  SEED_FAILED_MS,
  SWARM_HOSTS_MAX,
  SWARM_PEERS_MAX,
  SWARM_TASKS_MAX,
  TASK_ALONE_MS,
} from "../../../../base/limits.ts";
import { scoreOf } from "../../../../daemon/scheduler/embedded/evaluation.ts";
import { expire } from "../../../../daemon/scheduler/embedded/expiry.ts";
import { IndexedSet } from "../../../../daemon/scheduler/embedded/indexed-set.ts";
import type { KnownPeer } from "../../../../daemon/scheduler/embedded/known.ts";
import { newPeer, newTask } from "../../../../daemon/scheduler/embedded/known.ts";
import { PieceCosts } from "../../../../daemon/scheduler/embedded/piece-costs.ts";
import { peerAfter, taskAfter } from "../../../../daemon/scheduler/embedded/states.ts";
import type { Download__Output } from "../../../../proto/gen/common/v2/Download.ts";
import { harness, hostMessage, registering, TASK } from "./fixtures.ts";

/** As it comes off the wire. */
const downloadRead = registering(
  { hostId: "a", peerId: "p" },
  { requestHeader: { Range: "bytes=0-9", Authorization: "Bearer secret" }, outputPath: "/tmp/x" },
).registerPeerRequest?.download as Download__Output;

const ids = (peers: readonly KnownPeer[]) => peers.map(({ id }) => id);

function parentsOf(found: ReturnType<ReturnType<typeof harness>["swarm"]["look"]>): string[] {
  return found.kind === "parents" ? ids(found.parents) : [];
}

describe("a peer's life", () => {
  test("goes as Dragonfly's scheduler has it, and an event out of place is refused in its words", () => {
    assert.equal(peerAfter("Pending", "RegisterNormal"), "ReceivedNormal");
    assert.equal(peerAfter("ReceivedNormal", "Download"), "Running");
    assert.equal(peerAfter("Running", "DownloadBackToSource"), "BackToSource");
    assert.equal(peerAfter("BackToSource", "DownloadSucceeded"), "Succeeded");
    assert.equal(taskAfter("Succeeded", "Download"), "Running");
    assert.throws(() => taskAfter("Failed", "DownloadFailed"), {
      code: "INTERNAL",
      message: "event DownloadFailed inappropriate in current state Failed",
    });
    assert.throws(() => peerAfter("Failed", "Download"), { code: "INTERNAL" });
  });
});

describe("parents", () => {
  test("are three at most, and never of the same host", () => {
    const { swarm, register, holder } = harness();
    for (const name of ["a", "b", "c", "d", "e"]) holder(name, `${name}-1`);
    const peer = register("e", "e-2");
    const found = parentsOf(swarm.look(peer));
    assert.equal(found.length, 3);
    assert.ok(!found.includes("e-1"));
  });

  test("of a peer are none of those that fetch from it, however far down", () => {
    const { swarm, register, holder } = harness();
    holder("s", "s-1");
    const chain = ["a", "b", "c", "d"].map((name) => register(name, `${name}-1`));
    for (const peer of chain) {
      swarm.look(peer);
      swarm.started(peer);
    }
    for (const peer of chain) {
      swarm.rescheduled(peer, ["s-1"]);
      const look = swarm.look(peer);
      const below = new Set([peer]);
      for (const each of below) for (const child of each.children) below.add(child);
      for (const parent of look.kind === "parents" ? look.parents : [])
        assert.ok(!below.has(parent), `${parent.id} fetches from ${peer.id}`);
    }
  });

  test("that failed a peer, or that it gave back, are not given to it again", () => {
    const { swarm, register, holder } = harness();
    for (const name of ["a", "b"]) holder(name, `${name}-1`);
    const peer = register("z", "z-1");
    swarm.look(peer);
    swarm.pieceFailed(peer, "a-1");
    assert.deepEqual(parentsOf(swarm.look(peer)), ["b-1"]);
    swarm.rescheduled(peer, ["b-1"]);
    assert.deepEqual(swarm.look(peer), { kind: "none" });
  });

  test("are no hosts that share nothing, and none whose last piece took far too long", () => {
    const { swarm, register, holder } = harness();
    const slow = holder("a", "a-1");
    slow.costs = new PieceCosts();
    swarm.announceHost(hostMessage("b", { disableShared: true }), 0);
    holder("b", "b-1");
    for (const costMs of [10, 10, 10, 500]) slow.costs.add(costMs);
    const peer = register("z", "z-1");
    assert.deepEqual(swarm.look(peer), { kind: "none" });
    slow.costs.add(10);
    assert.deepEqual(parentsOf(swarm.look(peer)), ["a-1"]);
  });

  test("are those who can send most, and who sit nearest", () => {
    const { swarm, register, holder } = harness();
    const network = { maxTxBandwidth: 10e9, idc: "Paris", location: "eu|fr|paris|1" };
    swarm.announceHost(hostMessage("near", { network }), 0);
    const near = holder("near", "near-1");
    const far = holder("far", "far-1");
    swarm.announceHost(hostMessage("mute", { network: { maxTxBandwidth: 0 } }), 0);
    const mute = holder("mute", "mute-1");
    swarm.announceHost(hostMessage("z", { network: { ...network, idc: "paris" } }), 0);
    const peer = register("z", "z-1");
    const scores = [near, far, mute].map((parent) => scoreOf(parent, peer));
    assert.deepEqual(
      scores.toSorted((a, b) => b - a),
      scores,
    );
    const before = scoreOf(near, peer);
    swarm.look(peer);
    assert.ok(scoreOf(near, peer) < before, "what was promised of it counts");
    swarm.failed(peer);
    assert.equal(scoreOf(near, peer), before, "and no more once the child has ended");
  });

  test("in a crowd are spread: nobody waits for those who asked before him to say that they began", () => {
    let state = 7;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const { swarm, register, holder } = harness({ random });
    const first = holder("s", "s-1");
    const crowd = Array.from({ length: 300 }, (_, index) => register(`h${index}`, `p${index}`));
    for (const peer of crowd) assert.equal(swarm.look(peer).kind, "parents");
    assert.ok(first.children.size < 100, `${first.children.size} of 300 fetch from the first alone`);
  });
});

describe("the first peer of a task", () => {
  test("goes to the source, and is the parent of those who come after it has begun", () => {
    const { swarm, register } = harness();
    const first = register("a", "a-1");
    assert.equal(swarm.look(first).kind, "back-to-source");
    const second = register("b", "b-1");
    assert.equal(swarm.look(second).kind, "none");
    swarm.backToSourceStarted(first);
    assert.deepEqual(parentsOf(swarm.look(second)), ["a-1"]);
  });

  test("has a seed peer sent for it, once, and not again for half an hour after that failed", () => {
    const { swarm, clock } = harness({ hasSeed: () => true });
    swarm.announceHost(hostMessage("a"), 0);
    const registered = (peerId: string) =>
      swarm.register({ hostId: "a", taskId: TASK, peerId }, downloadRead);
    const { peer, seedFor } = registered("p1");
    assert.equal(seedFor?.needBackToSource, true);
    assert.equal(seedFor?.outputPath, undefined);
    assert.equal(registered("p2").seedFor, undefined, "the task runs");
    const taskFails = () => {
      peer.task.state = "Failed";
    };
    taskFails();
    assert.equal(registered("p3").seedFor, undefined, "the seed is out");
    swarm.seedReturned(peer.task, peer, true);
    taskFails();
    assert.equal(registered("p4").seedFor, undefined, "the seed has failed");
    taskFails();
    clock.advance(SEED_FAILED_MS);
    assert.notEqual(registered("p5").seedFor, undefined);
  });

  test("is refused at the priorities that forbid it, where a seed peer would go for others", () => {
    const { register, swarm } = harness({ hasSeed: () => true });
    assert.throws(() => register("a", "a-1", { priority: "LEVEL1" }), {
      code: "FAILED_PRECONDITION",
      message: "LEVEL1 peer is forbidden",
    });
    assert.throws(() => register("a", "a-2", { priority: "LEVEL2" }), {
      code: "NOT_FOUND",
      message: "LEVEL2 peer not found candidate peers",
    });
    assert.equal(swarm.peers.get("a-1")?.state, "Failed");
  });

  test("goes to the source itself at any priority where no seed peer could", () => {
    for (const priority of ["LEVEL1", "LEVEL2", "LEVEL3", "LEVEL6"] as const) {
      const { register, swarm } = harness();
      assert.equal(swarm.look(register("a", "a-1", { priority })).kind, "back-to-source", priority);
    }
  });

  test("of a host that is not known is refused in Dragonfly's words", () => {
    const { swarm } = harness();
    assert.throws(() => swarm.register({ hostId: "nobody", taskId: TASK, peerId: "p" }, downloadRead), {
      code: "NOT_FOUND",
      message: "peer p not found",
    });
  });

  test("goes to the source with at most two hundred others", () => {
    const { swarm, register } = harness();
    for (let count = 0; count < BACK_TO_SOURCE_PEERS_MAX; count += 1)
      swarm.backToSourceStarted(register(`h${count}`, `p${count}`, { needBackToSource: true }));
    const one = register("z", "z-1", { needBackToSource: true });
    assert.equal(swarm.mayGoToSource(one), false);
    assert.notEqual(swarm.look(one).kind, "back-to-source");
  });
});

describe("what is forgotten", () => {
  test("is a host that has been silent, with all it held, and tasks nobody has", () => {
    const { swarm, clock, holder } = harness();
    holder("a", "a-1");
    clock.advance(HOST_TTL_MS - 1);
    expire(swarm, clock.nowMs());
    assert.equal(swarm.hosts.size, 1);
    clock.advance(1);
    expire(swarm, clock.nowMs());
    assert.deepEqual([swarm.hosts.size, swarm.peers.size], [0, 0]);
    clock.advance(TASK_ALONE_MS);
    expire(swarm, clock.nowMs());
    assert.equal(swarm.tasks.size, 0);
  });

  test("is no host that announces itself seldom, but as it said", () => {
    const { swarm, clock } = harness();
    swarm.announceHost(hostMessage("a"), HOST_TTL_MS);
    clock.advance(2 * HOST_TTL_MS);
    expire(swarm, clock.nowMs());
    assert.equal(swarm.hosts.size, 1);
  });

  test("is a download that has failed, or finishes no piece any more; never what is held", () => {
    const { swarm, clock, register, holder } = harness();
    holder("a", "a-1");
    const running = register("b", "b-1");
    swarm.look(running);
    swarm.failed(register("c", "c-1"));
    expire(swarm, clock.nowMs());
    assert.deepEqual([...swarm.peers.keys()], ["a-1", "b-1"]);
    for (let piece = 0; piece < 3; piece += 1) {
      clock.advance(PEER_SILENCE_MS - 1);
      swarm.announceHost(hostMessage("a"), 0);
      swarm.announceHost(hostMessage("b"), 0);
      swarm.pieceFinished(running, { costMs: 1, parentId: "a-1" });
      expire(swarm, clock.nowMs());
      assert.equal(swarm.peers.size, 2);
    }
    clock.advance(PEER_SILENCE_MS);
    expire(swarm, clock.nowMs());
    assert.deepEqual([...swarm.peers.keys()], ["a-1"]);
  });

  test("of two peers of a host that hold the same, is the older one", () => {
    const { swarm, holder } = harness();
    holder("a", "a-1");
    holder("a", "a-2");
    assert.deepEqual([...swarm.peers.keys()], ["a-2"]);
  });
});

describe("the bounds", () => {
  test("of hosts: one more is refused, and one that is known is not", () => {
    const { swarm } = harness();
    const message = hostMessage("a");
    for (let count = 0; count < SWARM_HOSTS_MAX; count += 1)
      swarm.announceHost({ ...message, id: `h${count}` }, 0);
    assert.throws(() => swarm.announceHost(message, 0), { code: "TOO_MANY" });
    swarm.announceHost({ ...message, id: "h0" }, 0);
  });

  test("of tasks and peers: for one more, what was used longest ago is forgotten", () => {
    const { swarm } = harness();
    swarm.announceHost(hostMessage("a"), 0);
    const host = swarm.hosts.get("a");
    assert.ok(host);
    for (let count = 0; count < SWARM_TASKS_MAX; count += 1) {
      const task = newTask(`t${count}`, downloadRead, 0);
      swarm.tasks.set(task.id, task);
      for (let copy = 0; copy < SWARM_PEERS_MAX / SWARM_TASKS_MAX; copy += 1) {
        const peer = newPeer(`p${count}-${copy}`, { host, task, nowMs: 0 }, { priority: "LEVEL6" });
        peer.state = "Succeeded";
        swarm.peers.set(peer.id, peer);
      }
    }
    swarm.register({ hostId: "a", taskId: "new", peerId: "new" }, downloadRead);
    assert.equal(swarm.tasks.size, SWARM_TASKS_MAX);
    assert.ok(!swarm.tasks.has("t0") && !swarm.peers.has("p0-0"));
    assert.ok(swarm.peers.size <= SWARM_PEERS_MAX);
  });
});

test("headers that may let somebody in are not kept, and told to nobody but the seed", () => {
  const { swarm } = harness({ hasSeed: () => true });
  swarm.announceHost(hostMessage("a"), 0);
  const { peer, seedFor } = swarm.register({ hostId: "a", taskId: TASK, peerId: "p" }, downloadRead);
  assert.deepEqual(peer.task.description.requestHeader, { Range: "bytes=0-9" });
  assert.equal(seedFor?.requestHeader.Authorization, "Bearer secret");
});

test("costs of pieces: the last is out of line by means at first, by deviations later", () => {
  const costs = new PieceCosts();
  costs.add(1000);
  assert.equal(costs.isOutOfLine, false);
  for (let piece = 0; piece < 40; piece += 1) costs.add(90 + (piece % 21));
  assert.equal(costs.isOutOfLine, false);
  costs.add(100_000);
  assert.equal(costs.isOutOfLine, true);
  costs.add(100);
  assert.equal(costs.isOutOfLine, false);
});

test("members of a set are drawn each once, in an order that chance gives", () => {
  const set = new IndexedSet<number>();
  for (let number = 0; number < 50; number += 1) set.add(number);
  for (let number = 0; number < 50; number += 2) set.delete(number);
  const drawn = [...set.drawn(() => 0.3)];
  assert.deepEqual(
    drawn.toSorted((a, b) => a - b),
    Array.from({ length: 25 }, (_, index) => 2 * index + 1),
  );
  assert.notDeepEqual(drawn, [...set]);
});
