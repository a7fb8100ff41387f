/** What follows from what the doctor found: one fact changed at a time on a machine where all is well. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Facts, MachineFacts, StorageFacts } from "../../../cli/doctor/facts.ts";
import { findingsOf, isHealthy, readPathOf } from "../../../cli/doctor/findings.ts";
import { prunedTypes } from "../../../cli/doctor/machine-facts.ts";

const GIB = 1024 ** 3;
const tried = <T>(found: T) => ({ tried: true, found }) as const;

const MACHINE: MachineFacts = {
  platform: "linux",
  nodeVersion: "20.18.0",
  uid: 0,
  addon: { usable: true },
  libfuse: { usable: true },
  device: "usable",
  deviceMode: "0666",
  helper: "/usr/bin/fusermount3",
  helperGains: true,
  sysAdmin: true,
  firstUserNamespace: true,
  kernel: "6.12.0",
  requestTimeoutS: undefined,
  userAllowOther: false,
  updatedb: undefined,
  proxies: [],
};

const STORAGE: StorageFacts = {
  directory: "/var/lib/p2pfs/storage",
  existing: "/var/lib/p2pfs/storage",
  filesystem: "ext4",
  availableBytes: 100 * GIB,
  totalBytes: 200 * GIB,
  punchesHoles: tried(true),
  directIo: tried(true),
  passthrough: tried(undefined),
};

const FACTS: Facts = {
  version: "0.1.0",
  machine: MACHINE,
  config: { refusal: undefined, readTimeoutMs: 60_000, diskThresholdBytes: 0 },
  storage: tried(STORAGE),
  daemon: {
    socketPath: "/run/p2pfs/dfdaemon.sock",
    running: undefined,
    refusal: undefined,
    pidFile: undefined,
    socket: undefined,
    groupId: undefined,
  },
  mounts: [],
};

const onMachine = (machine: Partial<MachineFacts>): Facts => ({
  ...FACTS,
  machine: { ...MACHINE, ...machine },
});
const onStorage = (storage: Partial<StorageFacts>): Facts => ({
  ...FACTS,
  storage: tried({ ...STORAGE, ...storage }),
});
const withDaemon = (daemon: Partial<Facts["daemon"]>): Facts => ({
  ...FACTS,
  daemon: { ...FACTS.daemon, ...daemon },
});

/** "level check" of everything that is not well. */
const amiss = (facts: Facts) =>
  findingsOf(facts)
    .filter(({ level }) => level !== "ok")
    .map(({ level, check }) => `${level} ${check}`);

test("where all is well, every line says so", () => {
  assert.deepEqual(amiss(FACTS), []);
  assert.ok(isHealthy(findingsOf(FACTS)));
});

test("what is amiss is told with its check, and every problem says what to do next", () => {
  const NO_ADDON = { usable: false, reason: "the kernel channel is not built" } as const;
  const NO_LIBFUSE = { usable: false, reason: "libfuse 2 is missing" } as const;
  const cases: readonly [Facts, string[]][] = [
    [onMachine({ nodeVersion: "20.17.9" }), ["problem node"]],
    [onMachine({ nodeVersion: "22.0.0" }), []],
    [onMachine({ device: "missing", deviceMode: undefined }), ["problem device", "problem reads"]],
    [
      onMachine({ device: "forbidden", deviceMode: "0600", uid: 1000 }),
      ["problem device", "note allow-other", "problem reads"],
    ],
    [onMachine({ deviceMode: "0600" }), ["note device"]],
    [onMachine({ helper: undefined }), ["note fusermount"]],
    [onMachine({ sysAdmin: false, uid: 1000, userAllowOther: true }), ["note rights", "note reads"]],
    [onMachine({ sysAdmin: false, helper: undefined }), ["problem rights", "problem reads"]],
    [onMachine({ sysAdmin: false, helperGains: false }), ["problem rights", "problem reads"]],
    [onMachine({ firstUserNamespace: false }), ["note rights", "note reads"]],
    [onMachine({ addon: NO_ADDON }), ["note addon", "note reads"]],
    [onMachine({ addon: NO_ADDON, libfuse: NO_LIBFUSE }), ["problem addon", "problem reads"]],
    [onMachine({ libfuse: NO_LIBFUSE }), []],
    [onMachine({ requestTimeoutS: 60 }), ["problem kernel"]],
    [onMachine({ requestTimeoutS: 61 }), []],
    [onMachine({ updatedb: { path: "/etc/updatedb.conf", pruned: ["nfs"] } }), ["note updatedb"]],
    [onMachine({ updatedb: { path: "/etc/updatedb.conf", pruned: ["nfs", "fuse.p2pfs"] } }), []],
    [onMachine({ proxies: ["http_proxy"] }), ["note proxies"]],
    [onStorage({ filesystem: "overlay" }), ["note storage"]],
    [onStorage({ filesystem: "tmpfs" }), ["note storage"]],
    [onStorage({ filesystem: "nfs4" }), ["note storage"]],
    [onStorage({ availableBytes: 1024 }), ["problem room"]],
    [onStorage({ punchesHoles: tried(false) }), ["note holes"]],
    [onStorage({ directIo: tried(false) }), ["note direct-io"]],
    [onStorage({ passthrough: tried("the kernel offers no passthrough") }), ["note reads"]],
    [onStorage({ passthrough: { tried: false, reason: "no file can be made" } }), ["note reads"]],
    [
      { ...FACTS, storage: { tried: false, reason: "storage.dir lies in /p2p" } },
      ["note reads", "problem storage"],
    ],
    [{ ...FACTS, config: { ...FACTS.config, diskThresholdBytes: 300 * GIB } }, ["note room"]],
    [{ ...FACTS, config: { ...FACTS.config, refusal: "mount.uid is no key" } }, ["problem config"]],
    [withDaemon({ pidFile: { path: "/p", pid: 7, alive: false } }), ["note daemon"]],
    [withDaemon({ pidFile: { path: "/p", pid: 7, alive: true } }), ["problem daemon"]],
    [withDaemon({ refusal: "no answer" }), ["problem daemon"]],
    [withDaemon({ running: { version: "0.0.9", pid: 7 } }), ["note daemon"]],
    [
      withDaemon({ running: { version: "0.1.0", pid: 7 }, socket: { mode: "0600", gid: 0 } }),
      ["note socket"],
    ],
    [
      withDaemon({ running: { version: "0.1.0", pid: 7 }, socket: { mode: "0600", gid: 0 }, groupId: 9 }),
      ["note socket"],
    ],
    [withDaemon({ running: { version: "0.1.0", pid: 7 }, socket: { mode: "0660", gid: 9 }, groupId: 9 }), []],
    [{ ...FACTS, mounts: [{ directory: "/p2p", state: "answers", readAheadKib: 128 }] }, []],
    [
      { ...FACTS, mounts: [{ directory: "/p2p", state: "disconnected", readAheadKib: 128 }] },
      ["problem mount"],
    ],
    [
      { ...FACTS, mounts: [{ directory: "/p2p", state: "hangs", readAheadKib: undefined }] },
      ["problem mount"],
    ],
    [{ ...FACTS, mounts: [{ directory: "/p2p", state: "fails", readAheadKib: undefined }] }, ["note mount"]],
  ];
  for (const [facts, expected] of cases) {
    assert.deepEqual(amiss(facts), expected, JSON.stringify(expected));
    const findings = findingsOf(facts);
    for (const { level, check, advice } of findings)
      if (level === "problem") assert.ok(advice !== undefined, `${check} says what to do`);
    assert.equal(isHealthy(findings), !expected.some((line) => line.startsWith("problem")));
  }
});

test("the way of reads follows from rights, kernel and storage", () => {
  const wayOf = (facts: Facts) => {
    const { binding, reads } = readPathOf(facts);
    return `${binding}: ${reads}`;
  };
  const unbuilt = { usable: false, reason: "not built" } as const;
  assert.equal(wayOf(FACTS), "native: passthrough");
  assert.equal(wayOf(onMachine({ sysAdmin: false })), "native: native threads");
  assert.equal(wayOf(onMachine({ firstUserNamespace: false })), "native: native threads");
  assert.equal(wayOf(onStorage({ passthrough: tried("no") })), "native: native threads");
  assert.equal(wayOf(onMachine({ addon: unbuilt })), "fuse-native: fuse-native");
  assert.equal(wayOf(onMachine({ addon: unbuilt, libfuse: unbuilt })), "none: nobody");
  assert.equal(wayOf(onMachine({ device: "missing" })), "none: nobody");
  assert.equal(wayOf(onMachine({ sysAdmin: false, helper: undefined })), "none: nobody");
});

test("PRUNEFS is read as updatedb does", () => {
  assert.deepEqual(prunedTypes('PRUNEPATHS="/tmp"\nPRUNEFS="nfs  fuse.p2pfs"\n'), ["nfs", "fuse.p2pfs"]);
  assert.deepEqual(prunedTypes(' PRUNEFS = "nfs"'), ["nfs"]);
  assert.deepEqual(prunedTypes('# PRUNEFS="nfs"'), []);
  assert.deepEqual(prunedTypes(""), []);
});
