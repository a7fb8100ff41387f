/** What is announced of a host: from figures to message, from files to figures, and beside what Dragonfly's client announces. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FakeClock, systemClock } from "../../../base/clock.ts";
import { FIGURES_AGE_MS } from "../../../base/limits.ts";
import { HostFigures } from "../../../daemon/host-figures/figures.ts";
import { readFigures } from "../../../daemon/host-figures/figures-reader.ts";
import {
  hostMessage,
  type MachineFigures,
  maxBandwidthOf,
} from "../../../daemon/host-figures/host-figures.ts";
import { parseNetworkBytes, parseOwnTime, parseProcessors } from "../../../daemon/host-figures/proc-files.ts";
import type { AnnounceHostRequest__Output } from "../../../proto/gen/scheduler/v2/AnnounceHostRequest.ts";
import { Scheduler } from "../../../proto/load.ts";
import { callsOf } from "../../compat/transcript.ts";

const GB = 1000 ** 3;

/** A /proc/net/dev; columns have no blank between them and the name when numbers are long. */
const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 7 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0
 eth70: 5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0
  eth7:11 1 0 0 0 0 0 0 22 1 0 0 0 0 0 0
`;

const NOW: MachineFigures = {
  atMs: 10_000,
  processors: 4,
  cores: 2,
  processorTime: { busy: 300, total: 1000, own: 100 },
  memory: { total: 1000, free: 300, available: 400, own: 50 },
  disk: { total: 2000, free: 500 },
  diskBytes: { read: 4000, written: 9000 },
  networkBytes: { received: 3_000_000, sent: 1_000_000, atMs: 10_000 },
  linkSpeed: 10 * GB,
  platformVersion: "12",
  kernelVersion: "6.1.0",
};

const BEFORE: MachineFigures = {
  ...NOW,
  atMs: 8_000,
  processorTime: { busy: 200, total: 600, own: 80 },
  diskBytes: { read: 2000, written: 9000 },
  networkBytes: { received: 1_000_000, sent: 1_000_000, atMs: 8_000 },
};

const SETTINGS = {
  id: "10.0.0.1-h",
  hostname: "h",
  ip: "10.0.0.1",
  uploadPort: 4000,
  proxyPort: 4001,
  isSeedPeer: false,
  disableShared: false,
  schedulerClusterId: 0,
  uploadBytesLimit: 50 * GB,
  version: "0.1.0",
};

test("figures become shares and rates over the time between two looks", () => {
  const { cpu, memory, network, disk } = hostMessage(SETTINGS, NOW, BEFORE);
  assert.deepEqual(cpu, { logicalCount: 4, physicalCount: 2, percent: 25, processPercent: 20 });
  assert.deepEqual(memory, {
    total: 1000,
    free: 300,
    available: 400,
    used: 600,
    usedPercent: 60,
    processUsedPercent: 5,
  });
  assert.deepEqual(network, {
    maxRxBandwidth: 10 * GB,
    maxTxBandwidth: 10 * GB,
    rxBandwidth: 8_000_000,
    txBandwidth: 0,
  });
  assert.deepEqual(disk, {
    total: 2000,
    free: 500,
    used: 1500,
    usedPercent: 75,
    readBandwidth: 1000,
    writeBandwidth: 0,
  });
});

test("the bandwidth is the link's, at most what the configuration allows, and never none", () => {
  assert.equal(maxBandwidthOf(10 * GB, 50 * GB), 10 * GB);
  assert.equal(maxBandwidthOf(10 * GB, GB), 8 * GB);
  assert.equal(maxBandwidthOf(undefined, GB), 8 * GB);
  assert.equal(maxBandwidthOf(-1, GB), 8 * GB);
  assert.ok(maxBandwidthOf(0, 0) > 0);
});

test("what could not be had is 0 in a message that lacks no part, and counters that went back make no negative rate", () => {
  const { memory: _memory, disk: _disk, linkSpeed: _speed, ...poor } = NOW;
  const message = hostMessage(
    SETTINGS,
    { ...poor, networkBytes: { received: 0, sent: 0, atMs: 12_000 } },
    NOW,
  );
  assert.equal(message.memory?.total, 0);
  assert.equal(message.disk?.total, 0);
  assert.ok(message.cpu && message.build);
  assert.deepEqual([message.network?.rxBandwidth, message.network?.txBandwidth], [0, 0]);
  assert.equal(message.network?.maxTxBandwidth, 400 * GB);
});

test("everything that Dragonfly's client announces of a host is announced of ours", () => {
  const [call] = callsOf("without-manager", "/scheduler.v2.Scheduler/AnnounceHost");
  const event = call?.events.find(({ by }) => by === "client");
  assert.ok(event && event.by === "client");
  const method = Scheduler.service.AnnounceHost;
  const recorded: AnnounceHostRequest__Output = method.requestDeserialize(event.bytes);
  const host = hostMessage({ ...SETTINGS, name: "h" }, NOW, BEFORE);
  const ours: AnnounceHostRequest__Output = method.requestDeserialize(
    method.requestSerialize({ host, interval: { seconds: 300, nanos: 0 } }),
  );
  assert.deepEqual(ours.interval, recorded.interval);
  const paths = (value: object, at = ""): string[] =>
    Object.entries(value).flatMap(([key, each]) =>
      typeof each === "object" && each !== null ? paths(each, `${at}${key}.`) : [`${at}${key}`],
    );
  const known = new Set(paths(ours.host ?? {}));
  // Which Rust it was built with.
  const missing = paths(recorded.host ?? {}).filter(
    (path) => !known.has(path) && !path.endsWith("ustVersion"),
  );
  assert.deepEqual(missing, []);
  for (const key of ["type", "os", "platform", "platformFamily", "proxyPort"] as const)
    assert.equal(ours.host?.[key], recorded.host?.[key], key);
});

test("the files of a machine are read as they are, and a machine without them has no such figures", async (t) => {
  const root = `${await mkdtemp(join(tmpdir(), "p2pfs-figures-"))}/`;
  t.after(() => rm(root, { recursive: true }));
  for (const folder of ["proc/self/net", "etc", "sys/class/net/eth7"])
    await mkdir(join(root, folder), { recursive: true });
  const files: Record<string, string> = {
    "proc/stat": "cpu  10 0 20 60 10 0 0 0 0 0\ncpu0 1 1 1 1\n",
    "proc/self/stat": `7 (a ) b) S ${Array.from({ length: 10 }, () => 1).join(" ")} 30 12 0`,
    "proc/meminfo": "MemTotal:       2000 kB\nMemFree:         500 kB\nMemAvailable:    900 kB\n",
    "proc/self/status": "Name:\tnode\nVmRSS:\t     100 kB\n",
    "proc/self/io": "rchar: 1\nread_bytes: 4096\nwrite_bytes: 8192\n",
    "etc/os-release": 'NAME="D"\nVERSION_ID="13"\n',
    "sys/class/net/eth7/speed": "25000\n",
    "proc/self/net/dev": NET_DEV,
  };
  for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text);
  const found = await readFigures({ clock: systemClock, storageDir: root, device: "eth7", root });
  assert.deepEqual(found.processorTime, { total: 100, busy: 30, own: 42 });
  assert.deepEqual(found.memory, { total: 2_048_000, free: 512_000, available: 921_600, own: 102_400 });
  assert.deepEqual(found.diskBytes, { read: 4096, written: 8192 });
  assert.equal(found.linkSpeed, 25 * GB);
  assert.equal(found.platformVersion, "13");
  assert.deepEqual([found.networkBytes?.received, found.networkBytes?.sent], [11, 22]);
  assert.ok((found.disk?.total ?? 0) > 0);
  const bare = await readFigures({
    clock: systemClock,
    storageDir: join(root, "none"),
    device: undefined,
    root,
  });
  assert.deepEqual([bare.disk, bare.linkSpeed, bare.networkBytes], [undefined, undefined, undefined]);
});

test("bytes are counted of the device with that name, and of no other", () => {
  assert.deepEqual(parseNetworkBytes(NET_DEV, "eth7"), { received: 11, sent: 22 });
  assert.deepEqual(parseNetworkBytes(NET_DEV, "eth70"), { received: 5, sent: 6 });
  assert.equal(parseNetworkBytes(NET_DEV, "eth"), undefined);
  assert.equal(parseNetworkBytes("  eth7: 11 0", "eth7"), undefined);
});

test("cores are told from processors, and a process may have any name", () => {
  const block = (number: number, core: number) =>
    `processor\t: ${number}\nphysical id\t: 0\ncore id\t\t: ${core}\n`;
  assert.deepEqual(parseProcessors([block(0, 0), block(1, 0), block(2, 1), block(3, 1)].join("\n")), {
    logical: 4,
    cores: 2,
  });
  assert.deepEqual(parseProcessors("processor\t: 0\n\nprocessor\t: 1\n"), { logical: 2, cores: 2 });
  assert.equal(parseOwnTime("nothing like it"), undefined);
});

test("one look serves all who ask within a second, and rates come from the last two", async () => {
  const clock = new FakeClock();
  let looks = 0;
  const look = async (): Promise<MachineFigures> => {
    looks += 1;
    const networkBytes = { received: 0, sent: looks * 125_000, atMs: clock.monotonicMs() };
    return { ...NOW, atMs: clock.monotonicMs(), networkBytes };
  };
  const figures = new HostFigures({
    clock,
    storageDir: "/",
    device: "eth0",
    uploadBytesLimit: 50 * GB,
    look,
  });
  const first = await Promise.all([figures.network(), figures.network()]);
  assert.equal(looks, 1);
  assert.equal(first[0]?.sendRate, 0);
  clock.advance(FIGURES_AGE_MS);
  assert.deepEqual(await figures.network(), {
    maxReceiveRate: 10 * GB,
    maxSendRate: 10 * GB,
    receiveRate: 0,
    sendRate: 1_000_000,
  });
  assert.equal(looks, 2);
});
