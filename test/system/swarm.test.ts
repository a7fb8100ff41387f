/** Hosts of a cluster in namespaces of their own, as small as shows what they promise; full size: `npm run bench -- must-show`. */
import { describe, test } from "node:test";
import { clusterMissing } from "./cluster.ts";
import { scopeOf } from "./scope.ts";
import { showBadParents } from "./shows/bad-parents.ts";
import { MIB } from "./shows/figures.ts";
import { showKilledHosts } from "./shows/swarm.ts";

describe("hosts that read together", { skip: clusterMissing() }, () => {
  test("read right when their seed loses power half-way, and then one of them, and nothing twice", async (t) => {
    await showKilledHosts(scopeOf(t), { peers: 2, fileBytes: 64 * MIB, rate: "300mbit" });
  });

  test("read right and in time beside a parent whose stored bytes were altered, and name it", async (t) => {
    await showBadParents(scopeOf(t), { goodCount: 1, fileBytes: 32 * MIB + 77, ways: [] });
  });
});
