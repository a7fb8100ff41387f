/** What commands say to people: errors, progress, status, and who holds a mount. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, realpathSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Metadata, type ServiceError } from "@grpc/grpc-js";
import { ERROR_TABLE, type ErrorCode, P2pfsError } from "../../base/errors.ts";
import { PROGRESS_LINE_MS } from "../../base/limits.ts";
import { hostTable, ownLines } from "../../cli/cluster-hosts.ts";
import { describe as describeStatus } from "../../cli/cmd-status.ts";
import { fromServiceError } from "../../cli/daemon-client.ts";
import { describeHolders, holdersOf } from "../../cli/mount-holders.ts";
import { Lines, rate, size } from "../../cli/progress.ts";
import { toGrpcStatus } from "../../daemon/server/grpc-status.ts";

describe("an error of the daemon", () => {
  test("comes through gRPC with its code, its sentence and the origin's answer, whatever the code", () => {
    for (const code of Object.keys(ERROR_TABLE) as ErrorCode[]) {
      const origin = { statusCode: 404, headers: { server: "x" } };
      for (const extras of [{}, { origin }]) {
        const status = toGrpcStatus(new P2pfsError(code, `it is ${code}`, extras));
        const back = fromServiceError({ ...status, name: "Error", message: "…" } as ServiceError);
        assert.equal(back.code, code);
        assert.equal(back.message, `it is ${code}`);
        assert.deepEqual(back.origin, "origin" in extras ? origin : undefined);
      }
    }
  });

  test("of a daemon that is not ours is told by its gRPC status", () => {
    const of = (code: number) =>
      fromServiceError({ code, details: "d", metadata: new Metadata(), name: "Error", message: "m" });
    assert.equal(of(5).code, "NOT_FOUND");
    assert.equal(of(14).code, "UNAVAILABLE");
    assert.equal(of(12).code, "NOT_SUPPORTED");
    assert.equal(of(2).code, "INTERNAL");
    assert.equal(of(5).message, "d");
  });
});

describe("progress", () => {
  test("without a terminal is a line at the beginning and one now and then", () => {
    let text = "";
    let nowMs = 0;
    const output = {
      write(more: string) {
        text += more;
      },
    };
    const progress = new Lines(output, "http://host/x", () => nowMs);
    progress.start(100 * 1024 ** 2);
    progress.add(1024 ** 2);
    nowMs += PROGRESS_LINE_MS;
    progress.add(49 * 1024 ** 2);
    progress.add(1);
    nowMs += PROGRESS_LINE_MS;
    progress.add(50 * 1024 ** 2 - 1);
    progress.stop();
    assert.equal(text, "http://host/x: 100.0 MiB\n50% (50.0 MiB of 100.0 MiB, 10.0 MiB/s)\n");
  });

  test("counts in units of 1024", () => {
    assert.equal(size(0), "0 bytes");
    assert.equal(size(1023), "1023 bytes");
    assert.equal(size(1536), "1.5 KiB");
    assert.equal(size(3 * 1024 ** 3), "3.0 GiB");
    assert.equal(rate(1024, 500), "2.0 KiB/s");
    assert.equal(rate(1024, 0), "1000.0 KiB/s");
  });
});

test("status is a few lines and a table of the newest tasks", () => {
  const task = {
    taskId: "ab".repeat(32),
    url: "http://host/x",
    contentLength: 1024,
    pieceCount: 2,
    finishedPieceCount: 1,
    state: "Running",
    bytesFromSource: 512,
    bytesFromPeers: 0,
  };
  const shown = {
    version: "1.2.3",
    pid: 7,
    startedAt: { seconds: 0, nanos: 0 },
    workhome: "/w",
    configDigest: "",
    mounts: [{ directory: "/p2p", binding: "fuse-native", readOnly: true }],
    storage: {
      directory: "/w/storage",
      usedBytes: 1024,
      availableBytes: 2048,
      totalBytes: 3072,
      cacheBytes: 512,
      cacheThresholdBytes: 2560,
      seededBytes: 0,
      pinnedBytes: 256,
    },
    cluster: {
      membership: null,
      hostId: "10.0.0.1-host",
      source: "the manager 10.0.0.9:65003",
      failure: "",
      schedulers: [
        { address: "10.0.0.2:8002", serving: true, reason: "" },
        { address: "10.0.0.3:8002", serving: false, reason: "connection refused" },
      ],
    },
    taskCount: 42,
    tasks: Array.from({ length: 42 }, () => task),
  };
  const text = describeStatus(shown, 0);
  const lines = text.split("\n");
  assert.equal(lines[0], "daemon   p2pfs 1.2.3, pid 7, since 1970-01-01T00:00:00.000Z, home /w");
  assert.equal(lines[1], "mount    /p2p (fuse-native, ro)");
  assert.deepEqual(lines.slice(2, 5), [
    "cluster  host 10.0.0.1-host, 1 of 2 schedulers serving, told by the manager 10.0.0.9:65003",
    "         10.0.0.2:8002 serves",
    "         10.0.0.3:8002 does not serve: connection refused",
  ]);
  assert.equal(lines[5], "storage  /w/storage: 1.0 KiB used, 2.0 KiB free of 3.0 KiB");
  assert.equal(lines[6], "content  512 bytes cached of at most 2.5 KiB, 256 bytes pinned");
  assert.equal(lines[7], "tasks    42");
  assert.equal(lines[9], "TASK          STATE    PIECES  LENGTH   FROM SOURCE  FROM PEERS  URL");
  assert.equal(lines[10], "abababababab  Running  1/2     1.0 KiB  512 bytes    0 bytes     http://host/x");
  assert.equal(lines.at(-2), "and 22 more, which --json shows");
});

test("the hosts of a cluster are a table: what each does, when it was seen, who is silent and who was removed", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  const at = (agoSeconds: number) => ({ seconds: now / 1000 - agoSeconds, nanos: 0 });
  const membership = {
    clusterName: "lab",
    memberId: "00ff",
    roles: [],
    isIssuer: false,
    issuer: "10.0.0.1:4007",
    certificateUntil: at(-90 * 86_400),
    authorityUntil: at(-20 * 365 * 86_400),
    failure: "",
    memberCount: 5,
    refusedCount: 1,
    members: [
      {
        hostname: "a",
        ip: "10.0.0.1",
        roles: ["scheduler", "seed"],
        isIssuer: true,
        memberId: "0001",
        ago: 0,
      },
      { hostname: "b", ip: "10.0.0.2", roles: [], isIssuer: false, memberId: "00ff", ago: 7_300 },
    ].map(({ ago, ...each }) => ({ ...each, seenAt: at(ago), certificateUntil: at(-90 * 86_400) })),
    removed: [
      { hostname: "peer-3", ip: "10.0.0.3", memberId: "00aa", removedAt: at(180), left: false },
      { hostname: "peer-4", ip: "10.0.0.4", memberId: "00bb", removedAt: at(3 * 86_400), left: true },
    ],
  };
  const most = { hosts: 10, removed: 10 };
  assert.deepEqual(hostTable(membership, { nowMs: now, most }), [
    "HOST      ADDRESS   ROLES                       SEEN                  CERTIFICATE TO  ID",
    "a         10.0.0.1  authority, scheduler, seed  just now              2027-02-18      0001",
    "b (here)  10.0.0.2  peer                        silent, seen 2 h ago  2027-02-18      00ff",
    "peer-3    10.0.0.3  removed                     3 min ago             refused         00aa",
    "peer-4    10.0.0.4  left                        3 days ago            refused         00bb",
    "and 3 more hosts",
  ]);
  assert.deepEqual(ownLines(membership, now), ["lab: this host is peer; its certificate ends 2027-02-18"]);
  const words = (more: object) => ownLines({ ...membership, ...more }, now).join("\n");
  assert.match(
    words({ certificateUntil: at(-86_400) }),
    /should have been renewed by now: does 10\.0\.0\.1:4007/,
  );
  assert.match(
    words({ certificateUntil: at(1) }),
    /ended 2026-11-20\n.*'p2pfs cluster join' with a new token/,
  );
  assert.match(
    words({ authorityUntil: at(-86_400) }),
    /authority ends 2026-11-21.*make a new cluster before/,
  );
  assert.match(
    words({ failure: "no route" }),
    /the hosts are not known: no route; until it is back no host joins/,
  );
  const removed = "this host was removed: 'p2pfs cluster join' gets it in";
  assert.equal(words({ failure: removed }).endsWith(`the hosts are not known: ${removed}`), true);
});

test("who holds a directory is told with how, and who only holds its neighbour is not", {
  skip: process.platform === "linux" ? false : "only Linux has /proc",
}, async (t) => {
  const folder = realpathSync(await mkdtemp(join(tmpdir(), "p2pfs-held-")));
  const beside = `${folder}-beside`;
  writeFileSync(beside, "");
  writeFileSync(join(folder, "file"), "");
  const started = [
    spawn("sleep", ["60"], { cwd: folder, stdio: "ignore" }),
    spawn("sleep", ["60"], { stdio: [openSync(join(folder, "file"), "r"), "ignore", "ignore"], cwd: "/" }),
    spawn("sleep", ["60"], { stdio: [openSync(beside, "r"), "ignore", "ignore"], cwd: "/" }),
  ];
  t.after(async () => {
    for (const child of started) child.kill("SIGKILL");
    await Promise.all(started.map((child) => once(child, "exit")));
    await rm(folder, { recursive: true });
    await rm(beside);
  });
  await Promise.all(started.map((child) => once(child, "spawn")));
  const holders = (await holdersOf(folder)).filter(({ pid }) => pid !== process.pid);
  assert.deepEqual(
    holders.map(({ pid, how }) => [pid, how]),
    [
      [started[0]?.pid, "working directory"],
      [started[1]?.pid, `open file ${join(folder, "file")}`],
    ].sort((a, b) => Number(a[0]) - Number(b[0])),
  );
  assert.match(describeHolders(holders), /^sleep \(pid \d+, [^)]+\), sleep \(pid \d+, [^)]+\)$/);
});
