/** What a host of a cluster serves as a whole: two of them on one machine, ports that are taken, certificates. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/logger.ts";
import { loadConfig } from "../../../daemon/config/config.ts";
import { workhomePaths } from "../../../daemon/config/workhome.ts";
import { openPeerClients, type PeerClients } from "../../../daemon/peer-clients.ts";
import type { AnnouncedPiece } from "../../../daemon/transport/announcements.ts";
import { listenOrMove } from "../../../daemon/upload/ports.ts";
import { Serving, servesOthers } from "../../../daemon/upload/serving.ts";
import { until } from "../../base/promises.ts";
import { makeCertificates } from "../../origin/certificates.ts";
import { contentBlock } from "../engine/scripted-source.ts";
import { FILE_URL, MIB, type Served, serve } from "../server/served.ts";

const workhome = workhomePaths({ workhome: "/nowhere", uid: 0, environment: {} });
const signal = () => AbortSignal.timeout(60_000);

const loadedOf = (sections: object) =>
  loadConfig({ file: { path: "dfdaemon.yaml", text: JSON.stringify(sections) }, environment: {}, workhome });

/** A host that serves. */
async function serving(t: TestContext, sections: object, length?: number) {
  const served = await serve(t, length === undefined ? {} : { length });
  const ownPorts = new Set<number>();
  const loaded = loadedOf(sections);
  const running = await Serving.start({
    loaded,
    clock: systemClock,
    log: silentLogger,
    context: served.context,
    storage: served.storage,
    advertisedIp: "127.0.0.1",
    network: async () => ({ maxReceiveRate: 1e9, maxSendRate: 1e9, sendRate: 4e8 }),
    ownPorts,
  });
  t.after(() => running.close());
  running.setServing(true);
  return { ...served, running, ownPorts };
}

async function clientsOf(t: TestContext, sections: object): Promise<PeerClients> {
  const host = { id: "127.0.0.1-child", isSeedPeer: false, newPeerId: () => "127.0.0.1-child-peer" };
  const clients = await openPeerClients({
    config: loadedOf(sections).config,
    clock: systemClock,
    log: silentLogger,
    host,
    seedPeers: async () => [],
  });
  t.after(() => clients.close());
  return clients;
}

/** Everything of a task through the clients of another host, into a file. */
async function fetchAll(
  clients: PeerClients,
  { engine }: Pick<Served, "engine">,
  running: Serving,
  taskId: string,
) {
  const folder = await mkdtemp(join(tmpdir(), "p2pfs-child-"));
  const record = engine.record(taskId);
  assert.ok(record);
  const count = Math.ceil(record.contentLength / record.pieceLength);
  const parent = { peerId: "parent", ip: "127.0.0.1", uploadPort: running.uploadPort };
  const pieces: AnnouncedPiece[] = [];
  const wanted = { taskId, pieces: Array.from({ length: count }, (_, number) => number) };
  await clients.announcements.listen(parent, wanted, (piece) => void pieces.push(piece), signal());
  assert.equal(pieces.length, count);
  const file = await open(join(folder, "content"), "w+");
  try {
    for (const { number, offset, length, ...place } of pieces) {
      assert.equal(place.port, running.piecePort);
      const into = { fd: file.fd, offset, length, onBlock: () => {} };
      const from = { peerId: "parent", hostId: "host", ...place };
      await clients.transport.fetch(from, { taskId, piece: number, into }, signal());
    }
    return createHash("sha256")
      .update(await file.readFile())
      .digest("hex");
  } finally {
    await file.close();
    await rm(folder, { recursive: true });
  }
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** Ports that nobody has, so that tests on one machine do not meet. */
const anyPorts = {
  upload: { server: { port: 0, ip: "127.0.0.1" } },
  storage: { server: { tcpPort: 0, ip: "127.0.0.1" } },
};

test("one host's pieces reach another whole, through SyncPieces and vortex, and its load is told", async (t) => {
  const parent = await serving(t, anyPorts, 9 * MIB + 100);
  const task = await parent.engine.open({ url: FILE_URL, headers: {} });
  await task.finish("copy");
  const clients = await clientsOf(t, {});
  const digest = await fetchAll(clients, parent, parent.running, task.id);
  assert.equal(digest, sha256(contentBlock(1, 0, 9 * MIB + 100)));
  assert.deepEqual([...parent.ownPorts].sort(), [parent.running.piecePort, parent.running.uploadPort].sort());
  const load = clients.loads.watch({ ip: "127.0.0.1", uploadPort: parent.running.uploadPort });
  await until(() => load.freeRate() === 6e8);
  load.close();
  await task.close();
});

test("a default port that is taken gives way to the next free one, a configured one is an error", async () => {
  const taken = createServer();
  const port = await new Promise<number>((resolve) =>
    taken.listen(0, "127.0.0.1", () => resolve((taken.address() as AddressInfo).port)),
  );
  const tried: number[] = [];
  const listen = (ip: string, candidate: number) =>
    new Promise<number>((resolve, reject) => {
      tried.push(candidate);
      const server = createServer();
      server.once("error", reject);
      server.listen(candidate, ip, () => server.close(() => resolve(candidate)));
    });
  const endpoint = { key: "upload.server.port", ip: "127.0.0.1", port };
  const moved = await listenOrMove({ ...endpoint, isSet: false }, silentLogger, listen);
  assert.ok(moved > port && tried.length >= 2);
  await assert.rejects(listenOrMove({ ...endpoint, isSet: true }, silentLogger, listen), (error) => {
    assert.match(String(error), new RegExp(`upload.server.port ${port} on 127.0.0.1 is taken`));
    return true;
  });
  const busy = Object.assign(new Error("taken"), { code: "EADDRINUSE" });
  const never = () => Promise.reject(busy);
  await assert.rejects(listenOrMove({ ...endpoint, isSet: false }, silentLogger, never), { code: "BUSY" });
  const broken = () => Promise.reject(Object.assign(new Error("no rights"), { code: "EACCES" }));
  await assert.rejects(listenOrMove({ ...endpoint, isSet: false }, silentLogger, broken), {
    code: "PERMISSION",
  });
  await new Promise((resolve) => taken.close(resolve));
});

test("with certificates only hosts of the same authority are served, and only such a host is believed", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "p2pfs-tls-"));
  t.after(() => rm(folder, { recursive: true }));
  const other = await mkdtemp(join(tmpdir(), "p2pfs-tls-"));
  t.after(() => rm(other, { recursive: true }));
  const [ours, theirs] = await Promise.all([makeCertificates(folder), makeCertificates(other)]);
  const files = ({ caFile, certificateFile, keyFile }: typeof ours) => ({
    caCert: caFile,
    cert: certificateFile,
    key: keyFile,
  });
  const { upload, storage } = anyPorts;
  const parent = await serving(
    t,
    { upload: { server: { ...upload.server, ...files(ours) } }, storage },
    4 * MIB,
  );
  const task = await parent.engine.open({ url: FILE_URL, headers: {} });
  await task.finish("copy");
  const known = await clientsOf(t, { upload: { client: files(ours) } });
  assert.equal(await fetchAll(known, parent, parent.running, task.id), sha256(contentBlock(1, 0, 4 * MIB)));
  const address = { peerId: "parent", ip: "127.0.0.1", uploadPort: parent.running.uploadPort };
  const wanted = { taskId: task.id, pieces: [0] };
  const told: AnnouncedPiece[] = [];
  await known.announcements.listen(address, wanted, (piece) => void told.push(piece), signal());
  assert.equal(told[0]?.offersTls, true, "pieces were fetched in TLS");
  // Without certificates, with those of another authority, and one that trusts ours but has none of its own.
  const mixed = { ...files(theirs), caCert: ours.caFile };
  for (const client of [{}, files(theirs), mixed]) {
    const stranger = await clientsOf(t, { upload: { client } });
    const heard = stranger.announcements.listen(address, wanted, () => assert.fail("told"), signal());
    await assert.rejects(heard, { code: "UNAVAILABLE" });
  }
  await task.close();
});

test("certificates come together or not at all, and must be there", async (t) => {
  const required = { storage: { server: { tls: "required" } } };
  await assert.rejects(serving(t, required), { code: "INVALID_CONFIG", message: /storage\.server\.tls/ });
  await assert.rejects(clientsOf(t, required), { code: "INVALID_CONFIG" });
  for (const server of [{ caCert: "/ca.pem" }, { cert: "/c.pem", key: "/k.pem" }])
    await assert.rejects(serving(t, { upload: { server: { ...server, port: 4321 } } }), {
      code: "INVALID_CONFIG",
    });
  await assert.rejects(clientsOf(t, { upload: { client: { key: "/k.pem" } } }), { code: "INVALID_CONFIG" });
  const client = { caCert: "/nowhere/ca.pem", cert: "/nowhere/c.pem", key: "/nowhere/k.pem" };
  await assert.rejects(clientsOf(t, { upload: { client } }), { code: "NOT_FOUND" });
});

test("a host by itself serves nobody, one of a cluster does, and upload.server.enable decides otherwise", () => {
  const config = (server: object) => loadedOf({ upload: { server } }).config;
  assert.equal(servesOthers(config({}), false), false);
  assert.equal(servesOthers(config({}), true), true);
  assert.equal(servesOthers(config({ enable: false }), true), false);
  assert.equal(servesOthers(config({ enable: true }), false), true);
});

test("the keys that are served by now are warned of no more", () => {
  const { warnings } = loadedOf({
    upload: {
      disableShared: true,
      bandwidthLimit: "1GiB",
      server: { ip: "10.0.0.1", port: 4321, caCert: "/a", cert: "/b", key: "/c" },
      client: { caCert: "/a", cert: "/b", key: "/c" },
    },
    storage: { server: { ip: "10.0.0.1", tcpPort: 4321 } },
    download: { collectedPieceTimeout: "10s" },
  });
  assert.deepEqual(warnings, []);
});
