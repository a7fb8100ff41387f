/** The commands of a host in a cluster: how it gets in, what it shows, what the cluster forbids it, how it leaves. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { SchedulerServed } from "../daemon/scheduler/scheduler-served.ts";
import { randomContent } from "../origin/content.ts";
import { startMisbehavingOrigin } from "../origin/misbehaving.ts";
import { TestHome, until } from "./home.ts";

async function scheduler(t: TestContext, port = 0): Promise<SchedulerServed> {
  const server = await SchedulerServed.start({ ip: "127.0.0.1", port });
  t.after(() => server.close());
  return server;
}

let hosts = 0;
/** A host name of this run's own: other daemons of this machine may be in a cluster too. */
function hostName(): string {
  hosts += 1;
  return `test-${process.pid}-${hosts}`;
}

/** A daemon's configuration: it is on loopback, and serves others on ports that the system chooses. */
function config(hostname: string, more = ""): string {
  return [
    `host: {ip: 127.0.0.1, hostname: ${hostname}}`,
    "upload: {server: {ip: 127.0.0.1, port: 0}}",
    "storage: {server: {ip: 127.0.0.1, tcpPort: 0}}",
    more,
  ].join("\n");
}

const isHost = (id: string | undefined, hostname: string) =>
  id === `127.0.0.1-${hostname}` || id === `127.0.0.1-${hostname}-p2pfs`;

describe("a daemon with schedulers", () => {
  test("makes itself known, shows them, announces what it has, and is forgotten when it leaves", async (t) => {
    const server = await scheduler(t);
    const hostname = hostName();
    const home = await TestHome.open(t, config(hostname));
    const origin = await startMisbehavingOrigin();
    home.scope.after(() => origin.stop());
    origin.serve("/x.bin", { content: randomContent(5_000_000), etag: '"1"' });
    home.start("dfdaemon", ["--scheduler", `127.0.0.1:${server.port}`]);
    await until(() => server.hostIds.some((id) => isHost(id, hostname)));
    const shown = await until(async () => {
      const { stdout } = await home.run("p2pfs", ["status"]);
      return /1 of 1 schedulers serving/.test(stdout) && stdout;
    });
    assert.match(shown, new RegExp(`^cluster  host 127\\.0\\.0\\.1-${hostname}.*, 1 of 1 schedulers`, "m"));
    assert.match(shown, new RegExp(`^ +127\\.0\\.0\\.1:${server.port} serves$`, "m"));
    assert.equal((await home.run("dfget", [origin.url("x.bin"), "-O", home.path("a")])).code, 0);
    const mounted = await home.run("p2pfs", ["mount", home.path("m"), "--scheduler", "10.0.0.9:8002"]);
    assert.equal(mounted.code, 1);
    assert.match(
      mounted.stderr,
      /is in the cluster of the scheduler list 127\S+, not in that of 10\.0\.0\.9:8002/,
    );
    const left = await home.run("p2pfs", ["leave"]);
    assert.equal(left.code, 0, left.stderr);
    assert.match(left.stdout, /has left the cluster of the scheduler list/);
    assert.deepEqual(server.hostIds, []);
    assert.equal((await home.run("dfget", [origin.url("x.bin"), "-O", home.path("b")])).code, 0);
  });

  test("starts and serves without them, and is there when they come", async (t) => {
    const probe = await scheduler(t);
    const { port } = probe;
    await probe.close();
    const hostname = hostName();
    const home = await TestHome.open(t, config(hostname, `scheduler: {addrs: ["127.0.0.1:${port}"]}`));
    const origin = await startMisbehavingOrigin();
    home.scope.after(() => origin.stop());
    origin.serve("/x.bin", { content: randomContent(5_000_000), etag: '"1"' });
    const got = await home.run("dfget", [origin.url("x.bin"), "-O", home.path("a")]);
    assert.equal(got.code, 0, got.stderr);
    const status = await home.run("p2pfs", ["status"]);
    assert.match(status.stdout, new RegExp(`127\\.0\\.0\\.1:${port} does not serve: .*ECONNREFUSED`));
    const server = await scheduler(t, port);
    await until(() => server.hostIds.some((id) => isHost(id, hostname)));
  });

  test("is one per host id on a machine: the second says so in one sentence", async (t) => {
    const server = await scheduler(t);
    const hostname = hostName();
    const one = await TestHome.open(t, config(hostname));
    one.start("dfdaemon", ["--scheduler", `127.0.0.1:${server.port}`]);
    await until(() => server.hostIds.some((id) => isHost(id, hostname)));
    const other = await TestHome.open(t, config(hostname));
    const second = await other.run("dfdaemon", ["--scheduler", `127.0.0.1:${server.port}`]);
    assert.equal(second.code, 1);
    assert.match(
      second.stderr.trim().split("\n").at(-1) ?? "",
      /^dfdaemon: another daemon of this machine is already 127\.0\.0\.1-test-\S+ to the cluster; give this one/,
    );
  });

  test("that are no addresses is refused before it is anything", async (t) => {
    const home = await TestHome.open(t);
    const refused = await home.run("dfdaemon", ["--scheduler", "no address"]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /"no address" is no address such as/);
  });

  test("that is one itself serves a cluster: what its host has another host gets from it", async (t) => {
    const [one, other] = [hostName(), hostName()];
    const first = await TestHome.open(
      t,
      config(one, "embeddedScheduler: {server: {ip: 127.0.0.1, port: 0}}"),
    );
    const second = await TestHome.open(t, config(other));
    const origin = await startMisbehavingOrigin();
    first.scope.after(() => origin.stop());
    origin.serve("/x.bin", { content: randomContent(9_000_000), etag: '"1"' });
    const address = async () => {
      const { stdout } = await first.run("p2pfs", ["status"]);
      return / (127\.0\.0\.1:\d+) serves$/m.exec(stdout)?.[1];
    };
    first.start("dfdaemon", ["--embedded-scheduler"]);
    const at = await until(address);
    second.start("dfdaemon", ["--scheduler", at]);
    await until(async () =>
      (await second.run("p2pfs", ["status"])).stdout.includes("1 of 1 schedulers serving"),
    );
    assert.equal((await first.run("dfget", [origin.url("x.bin"), "-O", first.path("a")])).code, 0);
    const sent = () => origin.requests.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
    const before = sent();
    assert.equal((await second.run("dfget", [origin.url("x.bin"), "-O", second.path("b")])).code, 0);
    assert.ok(
      before >= 9_000_000 && sent() - before < 1_000_000,
      `${sent() - before} bytes more of the source`,
    );
    assert.ok(readFileSync(second.path("b")).equals(readFileSync(first.path("a"))));
  });
});

describe("a dynconfig file beside the configuration", () => {
  test("names the schedulers, and what it forbids is not downloaded", async (t) => {
    const server = await scheduler(t);
    const hostname = hostName();
    const home = await TestHome.open(t, config(hostname));
    mkdirSync(home.path("out"));
    writeFileSync(
      home.path("dynconfig.yaml"),
      [
        `scheduler: {addrs: ["127.0.0.1:${server.port}"]}`,
        "clientConfig: {blockList: {task: {download: {tags: [forbidden]}}}}",
      ].join("\n"),
    );
    const origin = await startMisbehavingOrigin();
    home.scope.after(() => origin.stop());
    origin.serve("/x.bin", { content: randomContent(5_000), etag: '"1"' });
    home.start("dfdaemon", []);
    await until(() => server.hostIds.some((id) => isHost(id, hostname)));
    const get = (tag: string) =>
      home.run("dfget", [origin.url("x.bin"), "-O", home.path("out", tag), "--tag", tag]);
    const forbidden = await get("forbidden");
    assert.equal(forbidden.code, 1);
    assert.match(forbidden.stderr + forbidden.stdout, /download rejected by blocklist policy/);
    assert.equal((await get("allowed")).code, 0);
  });
});
