/** Who a host is, from what is known of the machine and what its configuration says. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { systemClock } from "../../../base/clock.ts";
import { advertisedAddress, chooseIdentity, podName } from "../../../daemon/identity/identity.ts";
import { machineFacts } from "../../../daemon/identity/machine.ts";
import { OWN_HEALTH_NAME } from "../../../daemon/rpc/own-health.ts";
import { HealthService } from "../../../daemon/server/health-service.ts";
import { hostId, peerId } from "../../../daemon/task/ids.ts";
import { Health } from "../../../proto/load.ts";

const ADDRESSES = [
  { address: "127.0.0.1", internal: true, device: "lo" },
  { address: "fe80::1", internal: false, device: "eth0" },
  { address: "169.254.3.4", internal: false, device: "eth0" },
  { address: "fd00::5", internal: false, device: "eth0" },
  { address: "10.1.2.3", internal: false, device: "eth1" },
];

test("the first address that others can reach is advertised, of the family that is wanted", () => {
  assert.equal(advertisedAddress(ADDRESSES, false), "10.1.2.3");
  assert.equal(advertisedAddress(ADDRESSES, true), "fd00::5");
  assert.equal(
    advertisedAddress(ADDRESSES.slice(0, 4), false),
    "fd00::5",
    "the other family where there is no other",
  );
  assert.equal(advertisedAddress(ADDRESSES.slice(0, 3), false), "127.0.0.1", "a host by itself");
});

test("the configuration's address and name win over the machine's", () => {
  const facts = { hostname: "vm", addresses: ADDRESSES, dragonflyServes: false };
  const settings = { preferIPv6: false, isSeedPeer: false };
  assert.equal(hostId(chooseIdentity(settings, facts)), "10.1.2.3-vm");
  const named = chooseIdentity({ ...settings, ip: "10.9.9.9", hostname: "gpu-1" }, facts);
  assert.equal(hostId(named), "10.9.9.9-gpu-1");
});

test("a seed peer's ids end in -seed, and beside Dragonfly's daemon the name has -p2pfs", () => {
  const facts = { hostname: "vm", addresses: ADDRESSES, dragonflyServes: true };
  const beside = chooseIdentity({ preferIPv6: false, isSeedPeer: true }, facts);
  assert.equal(hostId(beside), "10.1.2.3-vm-p2pfs-seed");
  assert.equal(peerId(beside, "u"), "10.1.2.3-vm-p2pfs-u-seed");
});

test("a pod is named by its namespace and name, and only if it has both", () => {
  assert.equal(podName({ POD_NAMESPACE: "ml", POD_NAME: "p-1" }), "ml-p-1");
  assert.equal(podName({ POD_NAME: "p-1" }), undefined);
});

/** A daemon that serves these names' health on a port, and takes connections on another. */
async function daemonOnPorts(t: TestContext, services: readonly string[]) {
  const server = new Server();
  const health = new HealthService(services);
  health.setServing(true);
  server.addService(Health.service, { check: health.check, watch: health.watch });
  const uploadPort = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
  const pieces = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => pieces.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.forceShutdown();
    pieces.close();
  });
  return { uploadPort, piecePort: (pieces.address() as { port: number }).port };
}

test("Dragonfly's daemon is known by its socket, or by what its ports serve; ours is not taken for it", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "p2pfs-identity-"));
  t.after(() => rm(folder, { recursive: true }));
  const socketPath = join(folder, "dfdaemon.sock");
  const dragonfly = await daemonOnPorts(t, ["dfdaemon.v2.DfdaemonUpload"]);
  const ours = await daemonOnPorts(t, ["dfdaemon.v2.DfdaemonUpload", OWN_HEALTH_NAME]);
  const other = await daemonOnPorts(t, ["somebody.else"]);
  const serves = async (places: { uploadPort: number; piecePort: number }) =>
    (await machineFacts(systemClock, { socketPath, ...places })).dragonflyServes;
  assert.equal(await serves(dragonfly), true);
  assert.equal(await serves(ours), false);
  assert.equal(await serves(other), false);
  const listener = createServer(() => {});
  await new Promise<void>((resolve) => listener.listen(socketPath, resolve));
  t.after(() => listener.close());
  assert.equal(await serves(other), true, "its socket answers");
});
