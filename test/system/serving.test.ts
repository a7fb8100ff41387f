/** Two real daemons beside each other that serve other hosts: each hands out what it has, and the origin hears of it once. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { credentials } from "@grpc/grpc-js";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/logger.ts";
import { loadConfig } from "../../daemon/config/config.ts";
import { workhomePaths } from "../../daemon/config/workhome.ts";
import { openPeerClients } from "../../daemon/peer-clients.ts";
import { standardTaskId } from "../../daemon/task/ids.ts";
import { pieceRange } from "../../daemon/task/piece-length.ts";
import type { AnnouncedPiece } from "../../daemon/transport/announcements.ts";
import { DfdaemonUpload, Health } from "../../proto/load.ts";
import { ask, downloadAll } from "../daemon/server/served.ts";
import { digestOf, randomContent } from "../origin/content.ts";
import { nginxMissing, startNginx } from "../origin/nginx.ts";
import { type DaemonProcess, prepareDaemon, until } from "./daemon.ts";
import { type Scope, scopeOf } from "./scope.ts";

const MIB = 1024 * 1024;
const FILE_BYTES = 9 * MIB + 4321;

async function servingDaemon(scope: Scope, hostname: string, guard: object = {}): Promise<DaemonProcess> {
  const daemon = await prepareDaemon(scope, {
    config: {
      host: { hostname, ip: "127.0.0.1" },
      upload: { server: { enable: true, ip: "127.0.0.1" } },
      storage: { server: { ip: "127.0.0.1" } },
      guard: { ...guard },
    },
  });
  await daemon.start();
  return daemon;
}

/** Ports from the daemon's own log: defaults are taken where another daemon runs. The socket answers a moment before. */
function portsOf(daemon: DaemonProcess): Promise<{ uploadPort: number; piecePort: number }> {
  return until("the log's word on where other hosts are served", () => {
    const line = daemon.log.split("\n").find((each) => each.includes("serving-other-hosts"));
    if (line === undefined) return undefined;
    const { uploadPort = 0, piecePort = 0 } = JSON.parse(line) as Record<string, number>;
    return { uploadPort, piecePort };
  });
}

async function clientsOf(scope: Scope) {
  const workhome = workhomePaths({ workhome: "/nowhere", uid: 0, environment: {} });
  const { config } = loadConfig({ environment: {}, workhome });
  const host = { id: "127.0.0.1-child", isSeedPeer: false, newPeerId: () => "127.0.0.1-child-peer" };
  const seedPeers = async () => [];
  const clients = await openPeerClients({ config, clock: systemClock, log: silentLogger, host, seedPeers });
  scope.after(() => clients.close());
  return clients;
}

test("two daemons on one machine serve each their own, whole, and the origin gave each byte once", {
  skip: nginxMissing(),
}, async (t) => {
  const scope = scopeOf(t);
  const origin = await startNginx();
  scope.after(() => origin.stop());
  const daemons = [await servingDaemon(scope, "one"), await servingDaemon(scope, "two")] as const;
  const ports = await Promise.all(daemons.map(portsOf));
  const used = ports.flatMap(({ uploadPort, piecePort }) => [uploadPort, piecePort]);
  assert.equal(new Set(used).size, 4, `ports of their own: ${used}`);
  const clients = await clientsOf(scope);
  for (const [index, daemon] of daemons.entries()) {
    const content = randomContent(FILE_BYTES, index + 1);
    await origin.write(`file-${index}.bin`, content);
    const url = origin.url(`file-${index}.bin`);
    const output = join(await scope.folder(), "out");
    await daemon.ask("dfget", [url, "-O", output]);
    const sent = await origin.bytesSent(`/file-${index}.bin`);
    assert.ok(sent <= FILE_BYTES + 1024, `${sent} bytes`);
    const taskId = standardTaskId({ url });
    const { uploadPort = 0, piecePort } = ports[index] ?? {};
    const record = { contentLength: FILE_BYTES, pieceLength: 4 * MIB };
    const pieces: AnnouncedPiece[] = [];
    await clients.announcements.listen(
      { peerId: "parent", ip: "127.0.0.1", uploadPort },
      { taskId, pieces: [0, 1, 2] },
      (piece) => void pieces.push(piece),
      AbortSignal.timeout(30_000),
    );
    const file = await open(join(await scope.folder(), "copy"), "w+");
    scope.after(() => file.close());
    for (const { number, ip, port, ...place } of pieces) {
      assert.deepEqual(place, pieceRange(record, number));
      assert.equal(port, piecePort);
      const into = { fd: file.fd, ...place, onBlock: () => {} };
      const from = { peerId: "parent", hostId: "host", ip, port };
      await clients.transport.fetch(from, { taskId, piece: number, into }, AbortSignal.timeout(30_000));
    }
    const copied = createHash("sha256")
      .update(await file.readFile())
      .digest("hex");
    assert.equal(copied, digestOf(content));
    assert.equal(await origin.bytesSent(`/file-${index}.bin`), sent, "peers are served from the disk");
    const metrics = await daemon.metrics();
    assert.match(metrics, new RegExp(`dragonfly_client_upload_traffic ${FILE_BYTES}\n`));
  }
});

test("over TCP the daemon's own ports, loopback and paths of the host are out of reach, and health says when all serves", {
  skip: nginxMissing(),
}, async (t) => {
  const scope = scopeOf(t);
  const origin = await startNginx();
  scope.after(() => origin.stop());
  await origin.write("seed.bin", randomContent(FILE_BYTES, 3));
  const strict = await servingDaemon(scope, "strict");
  const open = await servingDaemon(scope, "open", { allow: [`${origin.address}/32`] });
  const clientOf = async (daemon: DaemonProcess) => {
    const address = `127.0.0.1:${(await portsOf(daemon)).uploadPort}`;
    const upload = new DfdaemonUpload(address, credentials.createInsecure());
    const health = new Health(address, credentials.createInsecure());
    scope.after(async () => {
      upload.close();
      health.close();
    });
    return { download: upload as never, health };
  };
  const [refusing, seeding] = [await clientOf(strict), await clientOf(open)];
  const asked = { service: "dfdaemon.v2.DfdaemonUpload" };
  await until("the service's health", async () => {
    const { status } = await ask(refusing.health, "check", asked);
    return status === "SERVING";
  });
  const own = await portsOf(strict);
  for (const url of [
    origin.url("seed.bin"),
    `http://127.0.0.1:${own.uploadPort}/x`,
    `http://127.0.0.1:${own.piecePort}/x`,
    "http://169.254.169.254/latest/meta-data",
  ]) {
    const { error, messages } = await downloadAll(refusing, { url });
    assert.ok(error !== undefined && messages.length === 0, url);
    assert.match(error.details, /guard\.allow/, url);
  }
  assert.equal(await origin.bytesSent(), 0);
  const victim = join(await scope.folder(), "victim");
  const { error } = await downloadAll(seeding, { url: origin.url("seed.bin"), outputPath: victim });
  assert.equal(error?.code, 7);
  await assert.rejects(stat(victim));
  const { error: none, messages } = await downloadAll(seeding, { url: origin.url("seed.bin") });
  assert.equal(none, undefined);
  assert.equal(messages.length, 4);
});
