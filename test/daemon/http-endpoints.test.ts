/** The daemon's metrics and health over plain HTTP: what they answer, and what becomes of ports that are taken. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { HTTP_CONNECTIONS_MAX } from "../../base/limits.ts";
import { createLogger, silentLogger } from "../../base/logger.ts";
import { type Endpoint, serveHealth, serveMetrics } from "../../daemon/server/http-endpoints.ts";
import { DaemonMetrics } from "../../daemon/server/metrics.ts";

const endpoint = (name: Endpoint["name"], more: Partial<Endpoint> = {}): Endpoint => ({
  name,
  ip: "127.0.0.1",
  port: 0,
  isSet: false,
  ...more,
});

async function ask(port: number, path: string, method = "GET"): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  return { status: response.status, text: await response.text() };
}

async function takenPort(t: TestContext): Promise<number> {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  return (other.address() as AddressInfo).port;
}

describe("metrics", () => {
  test("are told in Dragonfly's names, and set to zero by DELETE", async (t) => {
    const clock = new FakeClock();
    const metrics = new DaemonMetrics(clock);
    const server = await serveMetrics(endpoint("metrics"), metrics, silentLogger);
    t.after(() => server.close());
    const labels = { type: "STANDARD", tag: "t", app: "a", priority: "LEVEL6" };
    const good = metrics.downloadBegan(labels);
    const bad = metrics.downloadBegan(labels);
    clock.advance(300);
    assert.match(
      (await ask(server.port, "/metrics")).text,
      /dragonfly_client_concurrent_download_task_total\{[^}]*\} 2\n/,
    );
    good.finished(5 * 1024 * 1024);
    bad.failed();
    metrics.traffic("BACK_TO_SOURCE", 1000);
    await metrics.counted("stat_task", () => 1);
    await assert.rejects(
      metrics.counted("list_local_tasks", () => Promise.reject(new RangeError("no"))),
      RangeError,
    );
    metrics.backendBegan("http", "GET").finished(0);
    metrics.backendBegan("http", "HEAD").failed();
    const { status, text } = await ask(server.port, "/metrics?x=1");
    assert.equal(status, 200);
    const fields = 'type="STANDARD",tag="t",app="a",priority="LEVEL6"';
    for (const line of [
      `dragonfly_client_download_task_total{${fields}} 2`,
      `dragonfly_client_download_task_failure_total{${fields}} 1`,
      `dragonfly_client_concurrent_download_task_total{${fields}} 0`,
      'dragonfly_client_download_traffic{type="BACK_TO_SOURCE"} 1000',
      'dragonfly_client_stat_task_total{type="STANDARD"} 1',
      'dragonfly_client_list_local_tasks_total{type="STANDARD"} 1',
      'dragonfly_client_list_tasks_failure_total{type="STANDARD"} 1',
      'dragonfly_client_backend_request_total{scheme="http",method="GET"} 1',
      'dragonfly_client_backend_request_failure_total{scheme="http",method="HEAD"} 1',
      'dragonfly_client_download_task_duration_milliseconds_sum{task_type="STANDARD",task_size_level="3"} 300',
    ])
      assert.ok(text.includes(`${line}\n`), line);
    assert.match(text, /dragonfly_client_version\{git_version="\d+\.\d+\.\d+"/);
    assert.equal((await ask(server.port, "/metrics", "DELETE")).status, 200);
    assert.doesNotMatch((await ask(server.port, "/metrics")).text, /download_task_total\{[^}]*\} 2/);
    assert.equal((await ask(server.port, "/metrics", "POST")).status, 405);
    assert.equal((await ask(server.port, "/")).status, 404);
  });

  test("of sizes fall into Dragonfly's levels", async () => {
    const metrics = new DaemonMetrics(new FakeClock());
    const mib = 1024 * 1024;
    const labels = { type: "STANDARD", tag: "", app: "", priority: "LEVEL0" };
    const sizes = [0, 1, mib, 4 * mib, 8 * mib, 1024 * mib, 4096 * mib, 1024 * 1024 * mib];
    for (const bytes of sizes) metrics.downloadBegan(labels).finished(bytes);
    const text = await metrics.registry.metrics();
    const levels = [...text.matchAll(/milliseconds_count\{[^}]*task_size_level="(\d+)"\} 1/g)].map(
      ([, level]) => Number(level),
    );
    assert.deepEqual(
      levels.sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 11, 12, 20],
    );
  });

  test("whose maker fails answer 500 and leave the server serving", async (t) => {
    const metrics = new DaemonMetrics(new FakeClock());
    let broken = true;
    metrics.observed("p2pfs_test", "test", () => {
      if (broken) throw new RangeError("no figure");
      return 7;
    });
    const server = await serveMetrics(endpoint("metrics"), metrics, silentLogger);
    t.after(() => server.close());
    assert.equal((await ask(server.port, "/metrics")).status, 500);
    broken = false;
    assert.match((await ask(server.port, "/metrics")).text, /p2pfs_test 7/);
  });
});

test("health is 200 while the daemon is well and 503 while it is not", async (t) => {
  let healthy = true;
  const server = await serveHealth(endpoint("health"), () => healthy, silentLogger);
  t.after(() => server.close());
  assert.equal((await ask(server.port, "/healthy")).status, 200);
  healthy = false;
  assert.equal((await ask(server.port, "/healthy")).status, 503);
  assert.equal((await ask(server.port, "/other")).status, 404);
});

test("a default port that is taken gives way to a free one, and the log says so", async (t) => {
  const port = await takenPort(t);
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({
    level: "info",
    destination: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const server = await serveHealth(endpoint("health", { port }), () => true, log);
  t.after(() => server.close());
  assert.notEqual(server.port, port);
  assert.equal((await ask(server.port, "/healthy")).status, 200);
  assert.equal(lines[0]?.taken, port);
  assert.equal(lines[0]?.port, server.port);
});

test("a configured port that is taken is an error that names the key", async (t) => {
  const port = await takenPort(t);
  await assert.rejects(
    serveHealth(endpoint("health", { port, isSet: true }), () => true, silentLogger),
    {
      code: "BUSY",
      message: `health.server.port ${port} on 127.0.0.1 is taken by another program`,
    },
  );
});

test("connections beyond the limit are not held, and closing ends those that are", async () => {
  const server = await serveHealth(endpoint("health"), () => true, silentLogger);
  const sockets = Array.from({ length: HTTP_CONNECTIONS_MAX + 5 }, () => connect(server.port, "127.0.0.1"));
  const closed = sockets.map((socket) => {
    socket.on("error", () => {
      // Reset, as a connection too many may be.
    });
    return new Promise<void>((resolve) => socket.once("close", () => resolve()));
  });
  await Promise.any(closed);
  await server.close();
  await server.close();
  await Promise.all(closed);
});
