/** What the embedded scheduler decides: who is whose parent, who goes to the source. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BACK_TO_SOURCE_PEERS_MAX, BLOCKED_PARENTS_MAX, SEED_FAILED_MS } from "../../../../base/limits.ts";
import { scoreOf } from "../../../../daemon/scheduler/embedded/evaluation.ts";
import type { KnownPeer } from "../../../../daemon/scheduler/embedded/known.ts";
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

function parentsOf(found: ReturnType<ReturnType<typeof harness>["downloads"]["look"]>): string[] {
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
    const { downloads, register, holder } = harness();
    for (const name of ["a", "b", "c", "d", "e"]) holder(name, `${name}-1`);
    const peer = register("e", "e-2");
    const found = parentsOf(downloads.look(peer));
    assert.equal(found.length, 3);
    assert.ok(!found.includes("e-1"));
  });

  test("of a peer are none of those that fetch from it, however far down", () => {
    const { downloads, register, holder } = harness();
    holder("s", "s-1");
    const chain = ["a", "b", "c", "d"].map((name) => register(name, `${name}-1`));
    for (const peer of chain) {
      downloads.look(peer);
      downloads.started(peer);
    }
    for (const peer of chain) {
      downloads.rescheduled(peer, ["s-1"]);
      const look = downloads.look(peer);
      const below = new Set([peer]);
      for (const each of below) for (const child of each.children) below.add(child);
      for (const parent of look.kind === "parents" ? look.parents : [])
        assert.ok(!below.has(parent), `${parent.id} fetches from ${peer.id}`);
    }
  });

  test("that failed a peer, or that it gave back, are not given to it again", () => {
    const { downloads, register, holder } = harness();
    for (const name of ["a", "b"]) holder(name, `${name}-1`);
    const peer = register("z", "z-1");
    downloads.look(peer);
    downloads.pieceFailed(peer, "a-1");
    assert.deepEqual(parentsOf(downloads.look(peer)), ["b-1"]);
    downloads.rescheduled(peer, ["b-1"]);
    assert.deepEqual(downloads.look(peer), { kind: "none" });
  });

  test("that failed a peer longest ago may be given to it again once so many others did", () => {
    const { downloads, register, holder } = harness();
    holder("a", "a-1");
    const peer = register("z", "z-1");
    downloads.pieceFailed(peer, "a-1");
    for (let count = 0; count < BLOCKED_PARENTS_MAX - 1; count += 1)
      downloads.pieceFailed(peer, `other-${count}`);
    assert.deepEqual(downloads.look(peer), { kind: "none" });
    downloads.pieceFailed(peer, "one more");
    assert.deepEqual(parentsOf(downloads.look(peer)), ["a-1"]);
  });

  test("are no hosts that share nothing, and none whose last piece took far too long", () => {
    const { swarm, downloads, register, holder } = harness();
    const slow = holder("a", "a-1");
    slow.costs = new PieceCosts();
    swarm.announceHost(hostMessage("b", { disableShared: true }), 0);
    holder("b", "b-1");
    for (const costMs of [10, 10, 10, 500]) slow.costs.add(costMs);
    const peer = register("z", "z-1");
    assert.deepEqual(downloads.look(peer), { kind: "none" });
    slow.costs.add(10);
    assert.deepEqual(parentsOf(downloads.look(peer)), ["a-1"]);
  });

  test("are those who can send most, and who sit nearest", () => {
    const { swarm, downloads, register, holder } = harness();
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
    downloads.look(peer);
    assert.ok(scoreOf(near, peer) < before, "what was promised of it counts");
    downloads.failed(peer);
    assert.equal(scoreOf(near, peer), before, "and no more once the child has ended");
  });

  test("in a crowd are spread: nobody waits for those who asked before him to say that they began", () => {
    let state = 7;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const { downloads, register, holder } = harness({ random });
    const first = holder("s", "s-1");
    const crowd = Array.from({ length: 300 }, (_, index) => register(`h${index}`, `p${index}`));
    for (const peer of crowd) assert.equal(downloads.look(peer).kind, "parents");
    assert.ok(first.children.size < 100, `${first.children.size} of 300 fetch from the first alone`);
  });
});

describe("the first peer of a task", () => {
  test("goes to the source, and is the parent of those who come after it has begun", () => {
    const { downloads, register } = harness();
    const first = register("a", "a-1");
    assert.equal(downloads.look(first).kind, "back-to-source");
    const second = register("b", "b-1");
    assert.equal(downloads.look(second).kind, "none");
    downloads.backToSourceStarted(first);
    assert.deepEqual(parentsOf(downloads.look(second)), ["a-1"]);
  });

  test("has a seed peer sent for it, once, and not again for half an hour after that failed", () => {
    const { swarm, downloads, clock } = harness({ hasSeed: () => true });
    swarm.announceHost(hostMessage("a"), 0);
    const registered = (peerId: string) =>
      downloads.register({ hostId: "a", taskId: TASK, peerId }, downloadRead);
    const { peer, seedFor } = registered("p1");
    assert.equal(seedFor?.needBackToSource, true);
    assert.equal(seedFor?.outputPath, undefined);
    assert.equal(registered("p2").seedFor, undefined, "the task runs");
    const taskFails = () => {
      peer.task.state = "Failed";
    };
    taskFails();
    assert.equal(registered("p3").seedFor, undefined, "the seed is out");
    downloads.seedReturned(peer.task, peer, true);
    taskFails();
    assert.equal(registered("p4").seedFor, undefined, "the seed has failed");
    taskFails();
    clock.advance(SEED_FAILED_MS);
    assert.notEqual(registered("p5").seedFor, undefined);
  });

  test("is refused at the priorities that forbid it, where a seed peer would go for others", () => {
    const { swarm, register } = harness({ hasSeed: () => true });
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
      const { downloads, register } = harness();
      assert.equal(downloads.look(register("a", "a-1", { priority })).kind, "back-to-source", priority);
    }
  });

  test("of a host that is not known is refused in Dragonfly's words", () => {
    const { downloads } = harness();
    assert.throws(() => downloads.register({ hostId: "nobody", taskId: TASK, peerId: "p" }, downloadRead), {
      code: "NOT_FOUND",
      message: "peer p not found",
    });
  });

  test("goes to the source with at most two hundred others", () => {
    const { downloads, register } = harness();
    for (let count = 0; count < BACK_TO_SOURCE_PEERS_MAX; count += 1)
      downloads.backToSourceStarted(register(`h${count}`, `p${count}`, { needBackToSource: true }));
    const one = register("z", "z-1", { needBackToSource: true });
    assert.equal(downloads.mayGoToSource(one), false);
    assert.notEqual(downloads.look(one).kind, "back-to-source");
  });
});

test("headers that may let somebody in are not kept, and told to nobody but the seed", () => {
  const { swarm, downloads } = harness({ hasSeed: () => true });
  swarm.announceHost(hostMessage("a"), 0);
  const { peer, seedFor } = downloads.register({ hostId: "a", taskId: TASK, peerId: "p" }, downloadRead);
  assert.deepEqual(peer.task.description.requestHeader, { Range: "bytes=0-9" });
  assert.equal(seedFor?.requestHeader.Authorization, "Bearer secret");
});
