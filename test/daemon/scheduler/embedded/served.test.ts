/** The embedded scheduler on its port: restarts, a database that is gone or broken, and clients that mean no good. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { FakeClock, systemClock } from "../../../../base/clock.ts";
import { HOST_TTL_MS, SCHEDULER_MESSAGE_BYTES_MAX } from "../../../../base/limits.ts";
import { type Logger, silentLogger } from "../../../../base/logger.ts";
import { EmbeddedScheduler } from "../../../../daemon/scheduler/embedded/embedded-scheduler.ts";
import { channelCredentials } from "../../../../daemon/tls/grpc-credentials.ts";
import { RefusedNames } from "../../../../daemon/tls/refused-names.ts";
import type { AnnouncePeerRequest } from "../../../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import { Scheduler } from "../../../../proto/load.ts";
import { authorityOf, openHost, writeHost } from "../../tls/host-files.ts";
import { SchedulerServed } from "../scheduler-served.ts";
import { downloadOf, hostMessage, TASK } from "./fixtures.ts";
import { announce, folderOf, hold, host, parentsFor, serve, Talk } from "./served-scheduler.ts";

describe("a scheduler that is started again", { timeout: 120_000 }, () => {
  test("knows hosts, tasks and who has what, without being told", async (t) => {
    const folder = await folderOf(t);
    const first = await serve(t, { folder });
    for (const id of ["a", "b", "gone"]) assert.equal(await announce(first.client, host(id)), undefined);
    await hold(first.client, "a");
    await hold(first.client, "gone");
    first.served.scheduler.deleteHost("gone");
    await first.served.close();
    const second = await serve(t, { folder });
    assert.deepEqual([...second.served.hostIds].sort(), ["a", "b"]);
    assert.deepEqual(await parentsFor(second.client, "b"), ["a"]);
  });

  test("forgets hosts that stay silent, counted from its start", async (t) => {
    const folder = await folderOf(t);
    const clock = new FakeClock();
    const first = await EmbeddedScheduler.open({ clock, random: () => 0.5, log: silentLogger, folder });
    first.announceHost({ host: hostMessage("a"), interval: null });
    await first.close();
    clock.advance(10 * HOST_TTL_MS);
    const second = await EmbeddedScheduler.open({ clock, random: () => 0.5, log: silentLogger, folder });
    t.after(() => second.close());
    assert.equal(second.swarm.hosts.size, 1);
    clock.advance(HOST_TTL_MS + 60_000);
    assert.equal(second.swarm.hosts.size, 0);
  });

  test("goes on when its database is deleted under it, and begins anew with one that is broken", async (t) => {
    const folder = join(await folderOf(t), "scheduler");
    const warned: string[] = [];
    const log = { ...silentLogger, info() {}, warn: (_: object, event: string) => void warned.push(event) };
    const first = await serve(t, { folder });
    assert.equal(await announce(first.client, host("a")), undefined);
    await rm(folder, { recursive: true });
    await hold(first.client, "a");
    assert.equal(await announce(first.client, host("b")), undefined);
    assert.deepEqual(await parentsFor(first.client, "b"), ["a"]);
    await first.served.close();
    const second = await serve(t, { folder });
    assert.deepEqual(second.served.hostIds, []);
    assert.equal(await announce(second.client, host("a")), undefined);
    await second.served.close();
    for (const name of await readdir(folder))
      if (/^MANIFEST|^CURRENT/.test(name)) await writeFile(join(folder, name), "garbage");
    const third = await serve(t, { folder, log: log as unknown as Logger });
    assert.deepEqual(warned, ["scheduler-database-begun-anew"]);
    assert.equal(await announce(third.client, host("a")), undefined);
  });

  test("drops records that make no sense", async (t) => {
    const folder = await folderOf(t);
    const { Level } = await import("level");
    const db = new Level<string, string>(folder);
    await db.put("h!a", JSON.stringify({ message: { id: "a", port: "x" }, intervalMs: 1 }));
    await db.put("h!b", "{");
    await db.put("t!c", JSON.stringify({ id: "c" }));
    await db.put("p!d", JSON.stringify({ hostId: "a", taskId: "c", peerId: "d" }));
    await db.close();
    const { served } = await serve(t, { folder });
    assert.deepEqual([served.hostIds, served.taskIds], [[], []]);
  });

  test("leaves a database to whoever has it", async (t) => {
    const folder = await folderOf(t);
    await serve(t, { folder });
    await assert.rejects(SchedulerServed.start({ folder }), { code: "BUSY" });
  });
});

describe("a scheduler of hosts with certificates", () => {
  test("forgets what a host announced that is removed from the cluster, ends its conversations, and hears it no more", async (t) => {
    const folder = await folderOf(t);
    const authority = await authorityOf("cluster");
    const refused = new RefusedNames();
    const open = async (memberId: string, names?: RefusedNames) => {
      const paths = await writeHost(join(folder, memberId), authority, { memberId });
      const files = await openHost(paths, systemClock, names);
      t.after(() => files.close());
      return files;
    };
    const served = await SchedulerServed.start({ certificates: await open("scheduler", refused) });
    t.after(() => served.close());
    const clientOf = async (memberId: string) => {
      const options = { "grpc.use_local_subchannel_pool": 1 };
      const shown = channelCredentials(await open(memberId));
      const client = new Scheduler(`127.0.0.1:${served.port}`, shown, options);
      t.after(() => client.close());
      return client;
    };
    const [gone, stays] = [await clientOf("gone"), await clientOf("stays")];
    assert.equal(await announce(gone, host("a")), undefined);
    assert.equal(await announce(stays, host("b")), undefined);
    await hold(gone, "a");
    assert.deepEqual(await parentsFor(stays, "b"), ["a"]);
    const talk = new Talk(gone, "a", "waits");
    talk.say({ registerPeerRequest: { download: downloadOf({ url: "http://origin/other" }) } });
    refused.replace(["gone"]);
    assert.equal((await talk.over).code, status.UNAVAILABLE);
    assert.deepEqual(served.hostIds, ["b"]);
    assert.deepEqual(
      served.peersOf(TASK).filter((peer) => peer.host.id === "a"),
      [],
    );
    assert.equal((await announce(gone, host("a")))?.code, status.UNAVAILABLE);
    assert.equal(await announce(stays, host("b")), undefined);
    assert.deepEqual(served.hostIds, ["b"]);
  });
});

describe("a scheduler that many speak to", { timeout: 120_000 }, () => {
  test("takes figures for what they can be, and refuses what is no host", async (t) => {
    const { served, client } = await serve(t);
    const absurd = {
      network: { maxTxBandwidth: 2 ** 63, txBandwidth: 2 ** 63 },
      cpu: { percent: Number.NaN },
    };
    const negative = { cpu: { percent: -1e300 }, memory: { usedPercent: Number.NEGATIVE_INFINITY } };
    assert.equal(await announce(client, host("a", absurd), -(2 ** 62)), undefined);
    assert.equal(await announce(client, host("b", negative), 2 ** 62), undefined);
    await hold(client, "a");
    assert.deepEqual(await parentsFor(client, "b"), ["a"]);
    for (const refused of [
      host(""),
      host("x", { hostname: "" }),
      host("x", { port: 80 }),
      host("x", { port: -1 }),
      host("x", { type: 99 }),
      host("x", { ip: "?" }),
      host("x", { ip: "10.0.0.1.2" }),
      host("x".repeat(9_999)),
      host("x", { kernelVersion: "x".repeat(1_000_000) }),
    ]) {
      const { code, details } = (await announce(client, refused)) ?? {};
      assert.equal(code, status.INVALID_ARGUMENT);
      assert.match(details ?? "", /^invalid Host[^\n]*: .*(must|at most|at least)/);
    }
    assert.deepEqual(served.hostIds, ["a", "b"]);
    // What a child tells of its pieces makes nobody else a worse parent.
    const liar = new Talk(client, "b", "liar");
    liar.say({ registerPeerRequest: { download: downloadOf() } });
    await liar.answer();
    liar.say({ downloadPeerStartedRequest: {} });
    const number = 4_000_000_000;
    for (const seconds of [2 ** 62, -(2 ** 62), 0, 1]) {
      const piece = { number, parentId: `a-${TASK}`, cost: { seconds }, createdAt: { seconds } };
      liar.say({ downloadPieceFinishedRequest: { piece } });
    }
    assert.equal(await announce(client, host("c")), undefined);
    assert.ok((await parentsFor(client, "c")).includes("a"));
    liar.stream.cancel();
  });

  test("ends conversations that make no sense, with the reason, and serves on", async (t) => {
    const { client } = await serve(t);
    assert.equal(await announce(client, host("a")), undefined);
    const cases: [AnnouncePeerRequest, number][] = [
      [{}, status.INVALID_ARGUMENT],
      [{ hostId: "" }, status.INVALID_ARGUMENT],
      [{ registerPeerRequest: { download: { url: "no url" } } }, status.INVALID_ARGUMENT],
      [{ downloadPeerStartedRequest: {} }, status.NOT_FOUND],
      [{ hostId: "nobody", registerPeerRequest: { download: downloadOf() } }, status.NOT_FOUND],
    ];
    for (const [message, code] of cases) {
      const talk = new Talk(client, "a", "p");
      talk.say(message);
      const over = await talk.over;
      assert.equal(over.code, code);
      assert.notEqual(over.details, "");
    }
    await hold(client, "a");
  });

  test("reads no message beyond its bound, and no garbage", async (t) => {
    const { served, client } = await serve(t);
    const huge = {
      hostId: "a",
      taskId: "t",
      peerId: "p",
      reschedulePeerRequest: { description: "x".repeat(SCHEDULER_MESSAGE_BYTES_MAX) },
    };
    const talk = new Talk(client, "a", "p");
    talk.say(huge);
    assert.equal((await talk.over).code, status.RESOURCE_EXHAUSTED);
    for (const garbage of ["GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00", Buffer.alloc(100_000, 0xff)]) {
      const socket = connect(served.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.end(garbage);
      socket.resume();
      await once(socket, "close");
    }
    assert.equal(await announce(client, host("a")), undefined);
  });

  test("says of what it does not schedule that it is unimplemented", async (t) => {
    const { client } = await serve(t);
    const code = await new Promise((resolve) => {
      client.statPersistentCacheTask({ hostId: "a", taskId: "t" }, (error) => resolve(error?.code));
    });
    assert.equal(code, status.UNIMPLEMENTED);
    const stream = client.announcePersistentCachePeer();
    stream.on("error", () => {});
    const ended = new Promise((resolve) => void stream.on("status", (said) => resolve(said.code)));
    stream.write({ hostId: "a", taskId: "t", peerId: "p" });
    assert.equal(await ended, status.UNIMPLEMENTED);
  });
});
