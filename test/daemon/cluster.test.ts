/** A host's place in a cluster, made from its configuration. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/logger.ts";
import { Cluster } from "../../daemon/cluster.ts";
import { loadConfig } from "../../daemon/config/config.ts";
import { workhomePaths } from "../../daemon/config/workhome.ts";
import { standardTaskId } from "../../daemon/task/ids.ts";
import type { TaskRecord } from "../../daemon/task/task-record.ts";
import { until } from "../base/promises.ts";
import { makeCertificates } from "../origin/certificates.ts";
import { recordOf } from "../suites/storage-fixtures.ts";
import { SchedulerServed } from "./scheduler/scheduler-served.ts";
import { openHost } from "./tls/host-files.ts";

function record(name: string, more: Partial<TaskRecord> = {}): TaskRecord {
  const url = `http://origin/${name}`;
  const dates = { createdAtMs: 1, updatedAtMs: 1, finishedAtMs: 1 };
  return recordOf(standardTaskId({ url }), {
    url,
    contentLength: 8 * 2 ** 20,
    verified: "transport",
    ...dates,
    ...more,
  });
}

let hosts = 0;
async function open(t: TestContext, text: string, records: () => readonly TaskRecord[] = () => []) {
  const home = await mkdtemp(join(tmpdir(), "p2pfs-cluster-"));
  t.after(() => rm(home, { recursive: true }));
  const workhome = workhomePaths({ workhome: home, uid: 0, environment: {} });
  const file = { path: "f.yaml", text };
  const { config } = loadConfig({ file, environment: {}, workhome });
  hosts += 1;
  const hostname = `cluster-test-${process.pid}-${hosts}`;
  const options = {
    config,
    workhome,
    environment: { POD_NAMESPACE: "ml", POD_NAME: "pod-7" },
    clock: systemClock,
    log: silentLogger,
    identity: { ip: "127.0.0.1", hostname, isSeedPeer: config.seedPeer.enable },
    newPeerId: () => `127.0.0.1-${hostname}-${Math.random()}`,
    addressesOf: async () => ["127.0.0.1"],
    records,
  };
  const id = `127.0.0.1-${hostname}${config.seedPeer.enable ? "-seed" : ""}`;
  return {
    home,
    id,
    open: async () => {
      const cluster = await Cluster.open(options);
      t.after(() => cluster.close());
      return cluster;
    },
  };
}

async function scheduler(t: TestContext): Promise<SchedulerServed> {
  const server = await SchedulerServed.start({ ip: "127.0.0.1", port: 0 });
  t.after(() => server.close());
  return server;
}

describe("a host", { timeout: 60_000 }, () => {
  test("without a cluster in its configuration is by itself, and asks nobody", async (t) => {
    const cluster = await (await open(t, "")).open();
    cluster.start();
    cluster.serves(4000);
    assert.equal(cluster.scheduler.alone, true);
    assert.deepEqual([cluster.state().source, cluster.state().schedulers], ["", []]);
    assert.equal(await cluster.statTask("f".repeat(64)), undefined);
    cluster.refuseBlocked({ url: "http://origin/x" });
    await cluster.leave();
  });

  test("gives nothing to others before it serves them, and is told with what it holds from then on", async (t) => {
    const server = await scheduler(t);
    const records = [
      record("whole"),
      record("half", { finishedAtMs: undefined as never }),
      record("seeded", { kind: "persistent-cache" }),
    ];
    const host = await open(t, `scheduler: {addrs: ["scheduler.example:${server.port}"]}`, () => records);
    const cluster = await host.open();
    cluster.start();
    const known = () => server.scheduler.listHosts().find(({ id }) => id === host.id);
    await until(() => known() !== undefined);
    assert.equal(known()?.disableShared, true);
    assert.equal(known()?.name, "ml-pod-7");
    assert.ok(Number(known()?.network?.maxTxBandwidth) > 0);
    assert.deepEqual(server.taskIds, []);
    cluster.serves(4321);
    await until(() => server.taskIds.length > 0);
    assert.deepEqual(server.taskIds, [records[0]?.id]);
    await until(() => known()?.disableShared === false);
    assert.equal(known()?.port, 4321);
    assert.equal((await cluster.statTask(records[0]?.id ?? ""))?.hasAvailablePeer, true);
    records.splice(0, 1);
    await cluster.taskDeleted(record("whole").id);
    assert.equal((await cluster.statTask(record("whole").id))?.hasAvailablePeer, false);
  });

  test("that serves on a port which schedulers refuse is announced as one that gives nothing", async (t) => {
    const server = await scheduler(t);
    const host = await open(t, `scheduler: {addrs: ["127.0.0.1:${server.port}"]}`);
    const cluster = await host.open();
    cluster.serves(80);
    cluster.start();
    await until(() => server.hostIds.includes(host.id));
    const [known] = server.scheduler.listHosts();
    assert.equal(known?.disableShared, true);
    assert.ok((known?.port ?? 0) >= 1024);
  });

  test("that is a seed peer says so, unless its type is normal", async (t) => {
    const server = await scheduler(t);
    for (const [type, announced] of [
      ["super", 1],
      ["normal", 0],
    ] as const) {
      const text = `scheduler: {addrs: ["127.0.0.1:${server.port}"]}\nseedPeer: {enable: true, type: ${type}}`;
      const host = await open(t, text);
      (await host.open()).start();
      await until(() => server.hostIds.includes(host.id));
      assert.equal(server.scheduler.listHosts().find(({ id }) => id === host.id)?.type, announced);
    }
  });

  test("reads the dynconfig file beside its configuration, and one that is named must be there or come", async (t) => {
    const server = await scheduler(t);
    const dynconfig = [
      `scheduler: {addr: "127.0.0.1:${server.port}"}`,
      "clientConfig: {blockList: {task: {download: {applications: [forbidden]}}}}",
    ].join("\n");
    const host = await open(t, "");
    await writeFile(join(host.home, "dynconfig.yaml"), dynconfig);
    const cluster = await host.open();
    cluster.start();
    await until(() => server.hostIds.includes(host.id));
    assert.throws(() => cluster.refuseBlocked({ url: "http://origin/x", application: "forbidden" }), {
      code: "PERMISSION",
      message: "download rejected by blocklist policy",
    });
    cluster.refuseBlocked({ url: "http://origin/x", application: "other" });

    const folder = await mkdtemp(join(tmpdir(), "p2pfs-dynconfig-"));
    t.after(() => rm(folder, { recursive: true }));
    const path = join(folder, "later.yaml");
    const later = await open(t, `dynconfig: {path: ${path}}`);
    const waiting = await later.open();
    waiting.start();
    await until(() => waiting.state().failure !== "");
    assert.match(waiting.state().failure, /cannot read the dynconfig/);
    await writeFile(path, dynconfig);
    await until(() => server.hostIds.includes(later.id));
  });

  test("has its id alone on its machine, until it ends", async (t) => {
    const host = await open(t, 'scheduler: {addrs: ["127.0.0.1:9"]}');
    const first = await host.open();
    await assert.rejects(host.open(), { code: "BUSY" });
    await first.close();
    await (await host.open()).close();
  });

  test("shows the certificate that its schedulers ask for, and is told why where it has none", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "p2pfs-tls-"));
    t.after(() => rm(folder, { recursive: true }));
    const files = await makeCertificates(folder);
    const { caFile, certificateFile, keyFile } = files;
    const certificates = await openHost({ caCert: caFile, cert: certificateFile, key: keyFile });
    const server = await SchedulerServed.start({ ip: "127.0.0.1", port: 0, certificates });
    t.after(async () => {
      await server.close();
      await certificates.close();
    });
    const addrs = `addrs: ["127.0.0.1:${server.port}"]`;
    const trusted = await open(
      t,
      `scheduler: {${addrs}, caCert: ${caFile}, cert: ${certificateFile}, key: ${keyFile}}`,
    );
    (await trusted.open()).start();
    await until(() => server.hostIds.includes(trusted.id));
    for (const tls of ["", `, caCert: ${caFile}`]) {
      const cluster = await (await open(t, `scheduler: {${addrs}${tls}}`)).open();
      cluster.start();
      const refused = () =>
        cluster.state().schedulers.find(({ serving, reason }) => !serving && reason !== "");
      await until(() => refused() !== undefined && !refused()?.reason.includes("not asked"));
    }
    assert.deepEqual(server.hostIds, [trusted.id]);
  });

  test("whose certificates are incomplete is refused", async (t) => {
    const text = 'scheduler: {addrs: ["127.0.0.1:9"], caCert: /dev/null, cert: /dev/null}';
    await assert.rejects((await open(t, text)).open(), {
      code: "INVALID_CONFIG",
      message: /both cert and key/,
    });
    const absent = 'scheduler: {addrs: ["127.0.0.1:9"], caCert: /none/ca.crt}';
    await assert.rejects((await open(t, absent)).open(), { message: /cannot read \/none\/ca\.crt/ });
  });
});
