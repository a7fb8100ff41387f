/** scripts/cluster itself: hosts that reach each other as slowly as they were asked to, lose power, come back, and leave nothing. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { projectRoot } from "../project-root.ts";
import { clusterMissing, clusterUp } from "./cluster.ts";
import { isAlive, isMounted, until } from "./daemon.ts";
import { output, run } from "./processes.ts";
import { scopeOf } from "./scope.ts";

const SCRIPT = join(projectRoot(), "scripts/cluster");
/** A name of its own, so that a cluster in use is never touched. */
const NAME = `test-${process.pid}`;

function namespaces(name: string): string[] {
  return readdirSync("/run/netns").filter((entry) => entry.startsWith(`p2pfs-${name}-`));
}

describe("a cluster of namespaces", { skip: clusterMissing() }, () => {
  test("has hosts that lose power and come back with what they held, and leaves nothing", async (t) => {
    const scope = scopeOf(t);
    const cluster = await clusterUp(scope, { peers: 1, seeds: 0, scheduler: "none" });
    const [peer] = cluster.peers;
    assert.ok(peer !== undefined);
    await cluster.origin.write("a.txt", "what the origin has");
    const path = peer.path(cluster.origin.url("a.txt"));
    assert.equal(await output(["cat", path]), "what the origin has");
    const sent = (await cluster.traffic()).find(({ from, port }) => from === "origin" && port === 80);
    assert.ok(sent !== undefined && sent.to === "peer-1" && sent.bytes > 100);
    const { pid } = peer;
    await peer.kill();
    assert.equal(isAlive(pid), false);
    assert.equal(isMounted(peer.mountpoint), false);
    await peer.start();
    await cluster.origin.clearLog();
    assert.equal(await output(["cat", path]), "what the origin has");
    const exit = await run(["bash", SCRIPT, "exec", cluster.name, "peer-1", "sh", "-c", "exit 7"]);
    assert.equal(exit.code, 7);
    const again = peer.pid;
    await scope.close();
    assert.deepEqual(namespaces(cluster.name), []);
    assert.equal(isMounted(peer.mountpoint), false);
    assert.equal(existsSync(peer.workhome), false);
    assert.equal(isAlive(again), false);
  });

  test("is made anew after an up that was killed, with the delay and the loss it was asked for", async (t) => {
    t.after(() => spawnSync("bash", [SCRIPT, "down", NAME]));
    const flags = ["--peers", "1", "--seeds", "0", "--scheduler", "none", "--loss", "peer-1=2%"];
    const killed = spawn("bash", [SCRIPT, "up", NAME, ...flags], { stdio: "ignore" });
    await until("the daemon of the first attempt", () => {
      const table = readFileSync("/proc/self/mountinfo", "utf8");
      return table.includes("p2pfs-cluster-") && namespaces(NAME).length === 3;
    });
    killed.kill("SIGKILL");
    await once(killed, "close");
    const up = await run(["bash", SCRIPT, "up", NAME, ...flags, "--delay", "10ms"]);
    assert.equal(up.code, 0, up.stderr);
    const roundTripMs = Number(/round trip ([\d.]+) ms/.exec(up.stdout)?.[1]);
    assert.ok(roundTripMs >= 20 && roundTripMs < 25, `${roundTripMs} ms`);
    assert.match(up.stdout, /^peer-1 \S+ rate=- delay=10ms loss=2% processes=[1-9]/m);
    const refused = await run(["bash", SCRIPT, "up", NAME]);
    assert.deepEqual([refused.code, /exists/.test(refused.stderr)], [1, true]);
    await output(["bash", SCRIPT, "down", NAME]);
    assert.deepEqual(namespaces(NAME), []);
    await output(["bash", SCRIPT, "down", NAME]);
  });

  test("says in one sentence what it cannot take", async () => {
    for (const [flags, complaint] of [
      [["--rate", "peer-1=fast"], /a rate is written like/],
      [["--loss", "half"], /a loss is written like/],
      [["--peers", "many"], /up to 99 peers/],
      [["--scheduler", "none-such"], /a scheduler is/],
    ] as const) {
      const { code, stderr } = await run(["bash", SCRIPT, "up", `${NAME}-x`, ...flags]);
      assert.equal(code, 1);
      assert.match(stderr, complaint);
      assert.equal(stderr.trim().split("\n").length, 1);
    }
    assert.deepEqual(namespaces(`${NAME}-x`), []);
  });
});
