/** What the embedded scheduler knows: what is forgotten, and how much it may be. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  HOST_TTL_MS,
  PEER_SILENCE_MS,
  SWARM_HOSTS_MAX,
  SWARM_PEERS_MAX,
  SWARM_TASKS_MAX,
  TASK_ALONE_MS,
} from "../../../../base/limits.ts";
import { expire } from "../../../../daemon/scheduler/embedded/expiry.ts";
import { IndexedSet } from "../../../../daemon/scheduler/embedded/indexed-set.ts";
import { newPeer, newTask } from "../../../../daemon/scheduler/embedded/known.ts";
import { PieceCosts } from "../../../../daemon/scheduler/embedded/piece-costs.ts";
import type { Download__Output } from "../../../../proto/gen/common/v2/Download.ts";
import { harness, hostMessage, registering } from "./fixtures.ts";

/** As it comes off the wire. */
const downloadRead = registering({ hostId: "a", peerId: "p" }).registerPeerRequest
  ?.download as Download__Output;

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
    const { swarm, downloads, clock, register, holder } = harness();
    holder("a", "a-1");
    const running = register("b", "b-1");
    downloads.look(running);
    downloads.failed(register("c", "c-1"));
    expire(swarm, clock.nowMs());
    assert.deepEqual([...swarm.peers.keys()], ["a-1", "b-1"]);
    for (let piece = 0; piece < 3; piece += 1) {
      clock.advance(PEER_SILENCE_MS - 1);
      swarm.announceHost(hostMessage("a"), 0);
      swarm.announceHost(hostMessage("b"), 0);
      downloads.pieceFinished(running, { costMs: 1, parentId: "a-1" });
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
    const { swarm, downloads } = harness();
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
    downloads.register({ hostId: "a", taskId: "new", peerId: "new" }, downloadRead);
    assert.equal(swarm.tasks.size, SWARM_TASKS_MAX);
    assert.ok(!swarm.tasks.has("t0") && !swarm.peers.has("p0-0"));
    assert.ok(swarm.peers.size <= SWARM_PEERS_MAX);
  });
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
