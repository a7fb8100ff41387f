/** The daemon's process: how it starts, what it refuses, how it ends, what it leaves. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { livingProcess } from "../../base/process-life.ts";
import { randomContent } from "../origin/content.ts";
import { startMisbehavingOrigin } from "../origin/misbehaving.ts";
import { TestHome, until } from "./home.ts";

/** The daemon's log lines so far. */
function events(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function event(text: string, name: string): Record<string, unknown> | undefined {
  return events(text).find((line) => line.event === name);
}

describe("dfdaemon", () => {
  test("serves in the foreground with the threads it needs, logs to stderr, and ends in order on SIGTERM", async (t) => {
    const home = await TestHome.open(t);
    const daemon = home.start("dfdaemon", []);
    await until(() => existsSync(home.path("dfdaemon.sock")) && event(daemon.stderr, "daemon-started"));
    const pid = await home.started();
    assert.equal(event(daemon.stderr, "daemon-started")?.pid, pid);
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    assert.ok(environment.includes("UV_THREADPOOL_SIZE=16"));
    assert.ok(environment.includes("MALLOC_ARENA_MAX=2"));
    assert.equal((await home.run("p2pfs", ["status"])).code, 0);
    daemon.child.kill("SIGTERM");
    assert.equal(await daemon.ended, 0);
    assert.deepEqual(readdirSync(home.home).sort(), ["dfdaemon.yaml", "logs", "storage"]);
    assert.equal(event(daemon.stderr, "daemon-stopping")?.reason, "SIGTERM");
    assert.ok(event(daemon.stderr, "daemon-stopped"));
  });

  test("ends when its holder is killed", async (t) => {
    const home = await TestHome.open(t);
    const holder = home.start("dfdaemon", []);
    const pid = await home.started();
    assert.notEqual(pid, holder.pid);
    holder.child.kill("SIGKILL");
    await until(async () => (await livingProcess(pid)) === undefined);
    assert.equal(existsSync(home.path("dfdaemon.sock")), false);
  });

  test("is one per workhome: the second says so and the first goes on", async (t) => {
    const home = await TestHome.open(t);
    const first = home.start("dfdaemon", []);
    await until(() => event(first.stderr, "daemon-started"));
    const pid = await home.started();
    const second = await home.run("dfdaemon", []);
    assert.equal(second.code, 1);
    assert.equal(
      second.stderr.trim().split("\n").at(-1),
      `dfdaemon: another daemon already serves ${home.home}: it answers on ${home.path("dfdaemon.sock")}.`,
    );
    // Another socket, but the same storage: the storage's own lock holds.
    writeFileSync(home.path("other.yaml"), `download: {server: {socketPath: ${home.path("other.sock")}}}\n`);
    const third = await home.run("dfdaemon", ["--config", home.path("other.yaml")]);
    assert.equal(third.code, 1);
    assert.match(third.stderr, /another daemon already serves .*: it holds /);
    assert.equal(await home.daemon(), pid);
    assert.equal(Number(readFileSync(home.path("dfdaemon.pid"), "utf8")), pid);
  });

  test("takes over from one that was killed, with what that had", async (t) => {
    const home = await TestHome.open(t);
    const origin = await startMisbehavingOrigin();
    home.scope.after(() => origin.stop());
    origin.serve("/x.bin", { content: randomContent(5_000_000), etag: '"1"' });
    const first = home.start("dfdaemon", []);
    await until(() => event(first.stderr, "daemon-started"));
    assert.equal((await home.run("dfget", [origin.url("x.bin"), "-O", home.path("a")])).code, 0);
    process.kill(await home.started(), "SIGKILL");
    await first.ended;
    assert.equal(existsSync(home.path("dfdaemon.sock")), true, "what a killed daemon leaves");
    const again = await home.run("dfget", [
      origin.url("x.bin"),
      "-O",
      home.path("b"),
      "--disable-back-to-source",
    ]);
    assert.equal(again.code, 0, again.stderr);
    assert.ok(readFileSync(home.path("a")).equals(readFileSync(home.path("b"))));
  });

  test("that a command started logs to a file, and ends when it is told to stop", async (t) => {
    const home = await TestHome.open(t);
    const failed = await home.run("dfget", ["http://127.0.0.1:1/x", "-O", home.path("x")]);
    assert.equal(failed.code, 1);
    const pid = await home.started();
    const stopped = await home.run("p2pfs", ["stop"]);
    assert.equal(stopped.code, 0, stopped.stderr);
    assert.equal(await livingProcess(pid), undefined);
    const log = readFileSync(home.path("logs/dfdaemon.log"), "utf8");
    assert.equal(event(log, "daemon-stopping")?.reason, "it was told to stop");
    assert.equal(event(log, "call-failed")?.code, "UNAVAILABLE");
    assert.equal(readFileSync(home.path("logs/dfdaemon.stderr"), "utf8"), "");
    const again = await home.run("p2pfs", ["stop"]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /^p2pfs: no daemon answers on /);
  });

  test("with a configured port that is taken says so and ends, with a default one moves", async (t) => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    t.after(() => other.close());
    const { port } = other.address() as AddressInfo;
    const home = await TestHome.open(t);
    writeFileSync(
      home.path("dfdaemon.yaml"),
      `metrics: {server: {port: ${port}}}\nhealth: {server: {port: 0}}\n`,
    );
    const refused = await home.run("dfdaemon", []);
    assert.equal(refused.code, 1);
    assert.equal(
      refused.stderr.trim().split("\n").at(-1),
      `dfdaemon: metrics.server.port ${port} on 127.0.0.1 is taken by another program.`,
    );
    assert.deepEqual(readdirSync(home.home).sort(), ["dfdaemon.yaml", "logs", "storage"]);
  });

  test("serves metrics and health where its log says", async (t) => {
    const home = await TestHome.open(t);
    const daemon = home.start("dfdaemon", []);
    const ports = await until(
      () => event(daemon.stderr, "daemon-started") && event(daemon.stderr, "http-listening"),
    );
    const metrics = await (await fetch(`http://127.0.0.1:${ports.metricsPort}/metrics`)).text();
    for (const name of [
      "dragonfly_client_version",
      "dragonfly_client_disk_space_total",
      "dragonfly_client_disk_usage_space_total",
      'p2pfs_event_loop_delay_seconds{quantile="0.999"}',
      "p2pfs_resident_memory_bytes",
      "p2pfs_mounts",
      "p2pfs_tasks",
      "p2pfs_tasks_open 0",
      "p2pfs_announce_streams 0",
      'p2pfs_grpc_calls_open{side="client"} 0',
      'p2pfs_grpc_calls_open{side="server"} 0',
      'p2pfs_memory_bytes{use="heap"}',
    ])
      assert.ok(metrics.includes(name), name);
    assert.equal((await fetch(`http://127.0.0.1:${ports.healthPort}/healthy`)).status, 200);
  });

  test("warns of keys it does not know, each with its path, and serves", async (t) => {
    const home = await TestHome.open(t, "nonsense: 1\nsecurity: {enable: true}\n");
    const daemon = home.start("dfdaemon", []);
    await until(() => event(daemon.stderr, "daemon-started"));
    const warnings = events(daemon.stderr)
      .filter((line) => line.event === "config")
      .map((line) => line.warning);
    const file = home.path("dfdaemon.yaml");
    assert.deepEqual(warnings, [
      `${file}: nonsense is not a key that p2pfs knows; it is ignored.`,
      `${file}: security.enable has no effect in this version.`,
    ]);
  });

  for (const [what, args, status, expected] of [
    ["an unknown flag", ["--nope"], 2, /^dfdaemon: unknown option '--nope'/],
    [
      "a log level that is none",
      ["--log-level", "loud"],
      2,
      /^dfdaemon: option '-l, --log-level <LEVEL>' argument 'loud' is invalid/,
    ],
    [
      "a config that is not there",
      ["--config", "/absent.yaml"],
      1,
      /^dfdaemon: cannot read the config \/absent\.yaml/,
    ],
    ["an argument too many", ["extra"], 2, /^dfdaemon: too many arguments/],
  ] as const)
    test(`refuses ${what} in one sentence`, async (t) => {
      const home = await TestHome.open(t);
      const { code, stderr } = await home.run("dfdaemon", args);
      assert.equal(code, status);
      assert.match(stderr, expected);
      assert.equal(stderr.trimEnd().split("\n").length, 1);
      assert.deepEqual(readdirSync(home.home), ["dfdaemon.yaml"]);
    });
});
