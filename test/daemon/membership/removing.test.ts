/** Taking hosts out of a cluster: who hears of it, what is refused, and how a host comes back. Over real sockets. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { CERTIFICATE_BACKDATED_MS, CERTIFICATE_LIFE_MS, MEMBERS_REMOVED_MAX } from "../../../base/limits.ts";
import { silentLogger } from "../../../base/logger.ts";
import { Authority } from "../../../daemon/membership/authority.ts";
import { Issuer } from "../../../daemon/membership/issuer.ts";
import { memberNamed } from "../../../daemon/membership/member-state.ts";
import {
  digestOfIds,
  packIds,
  type RemovedMember,
  unpackIds,
  withRemoved,
} from "../../../daemon/membership/removed-members.ts";
import { ground, HOST, QUESTION, REPORT, shifted } from "./ground.ts";

describe("a host that is removed", () => {
  test("is refused by the issuer, and by the others once they ask, who remember it without being told again", async (t) => {
    const here = await ground(t);
    const cluster = await here.cluster();
    const gone = await here.enter(cluster.port, await cluster.token());
    const stays = await here.enter(cluster.port, await cluster.token());
    const member = await here.member(stays.files);
    const id = gone.state.memberId;
    assert.equal(member.refused.has(id), false);
    await cluster.issuer.remove(id);
    const client = await here.client(gone.files, cluster.port);
    const words = /: this host was removed from the cluster lab: 'p2pfs cluster join' with a new token/;
    await assert.rejects(client.sync(REPORT, QUESTION), { code: "PERMISSION", message: words });
    const { makeRequest } = await import("../../../daemon/membership/authority.ts");
    const { request } = await makeRequest();
    await assert.rejects(client.renew(request, REPORT), { code: "PERMISSION", message: words });
    let told = 0;
    member.refused.onChange(() => {
      told += 1;
    });
    for (let minute = 0; minute < 3; minute++) await member.asDirectory().list();
    assert.deepEqual(
      [member.refused.has(id), member.refused.has(stays.state.memberId), told],
      [true, false, 1],
    );
    const { removed, members } = await member.facts();
    assert.deepEqual([removed.map(({ memberId }) => memberId), members.length], [[id], 2]);
    const state = await stays.files.state();
    assert.ok(state);
    await stays.files.writeState({ ...state, issuer: "127.0.0.1:1" });
    assert.equal((await here.member(stays.files)).refused.has(id), true);
  });

  test("that left by itself is refused in the same way", async (t) => {
    const here = await ground(t);
    const cluster = await here.cluster();
    const gone = await here.enter(cluster.port, await cluster.token());
    const stays = await here.enter(cluster.port, await cluster.token());
    await (await here.member(gone.files)).leave(false);
    const member = await here.member(stays.files);
    await member.asDirectory().list();
    assert.equal(member.refused.has(gone.state.memberId), true);
    const state = await stays.files.state();
    assert.ok(state);
    await stays.files.writeState({ ...state, issuer: "127.0.0.1:1" });
    const alone = await here.member(stays.files);
    await assert.rejects(alone.leave(false), { message: /; 'p2pfs leave --force' leaves all the same/ });
    assert.deepEqual(
      (await member.facts()).removed.map(({ left }) => left),
      [true],
    );
  });

  test("comes back with a new token alone: the one that it came by is ended, and lets nobody in", async (t) => {
    const here = await ground(t);
    const cluster = await here.cluster();
    const first = await cluster.token();
    const other = await cluster.token();
    const gone = await here.enter(cluster.port, first);
    const { endedToken } = await cluster.issuer.remove(gone.state.memberId);
    assert.ok(endedToken);
    await assert.rejects(here.enter(cluster.port, first), { message: /knows no such token: it was revoked/ });
    const back = await here.enter(cluster.port, other);
    assert.notEqual(back.state.memberId, gone.state.memberId);
    await (await here.client(back.files, cluster.port)).sync(REPORT, QUESTION);
    // The same after a restart of the issuer.
    const authority = async () => Authority.load(await cluster.files.authority());
    const { memberId } = cluster;
    const options = { files: cluster.files, clock: systemClock, log: silentLogger, clusterName: "lab" };
    const again = await Issuer.open({ ...options, memberId, authority });
    assert.deepEqual(again.refusedIds, [gone.state.memberId]);
    assert.equal((await cluster.files.issuer()).endedTokens[0], endedToken);
    assert.equal((await again.remove(back.state.memberId)).endedToken !== undefined, true);
    await again.close();
  });

  test("is also the one that a host was which joins anew by force, and one whose certificate has ended is forgotten", async (t) => {
    const here = await ground(t);
    const cluster = await here.cluster();
    const before = await here.enter(cluster.port, await cluster.token());
    const again = await here.enter(cluster.port, await cluster.token(), {
      files: before.files,
      replaced: true,
    });
    await cluster.issuer.leave(before.state.memberId);
    assert.deepEqual(cluster.issuer.refusedIds, [before.state.memberId]);
    assert.equal(cluster.issuer.roster.removed[0]?.hostname, HOST.hostname);
    const ids = () => cluster.issuer.roster.members.map(({ memberId }) => memberId);
    assert.deepEqual(ids(), [cluster.memberId, again.state.memberId]);
    const later = shifted(CERTIFICATE_LIFE_MS + 3 * CERTIFICATE_BACKDATED_MS);
    const authority = async () => Authority.load(await cluster.files.authority());
    const options = { files: cluster.files, clock: later, log: silentLogger, clusterName: "lab" };
    const issuer = await Issuer.open({ ...options, memberId: cluster.memberId, authority });
    await issuer.sync(cluster.memberId, { ...REPORT, version: "2" }, false);
    await issuer.close();
    assert.deepEqual(
      issuer.roster.members.map(({ memberId }) => memberId),
      [cluster.memberId],
    );
  });

  test("is called by its name, address or id; two that are called so are told apart, and the authority stays", async (t) => {
    const here = await ground(t);
    const cluster = await here.cluster();
    await cluster.issuer.sync(cluster.memberId, { ...REPORT, hostname: "first", ip: "127.0.0.9" }, false);
    for (let count = 0; count < 2; count++) await here.enter(cluster.port, await cluster.token());
    const { members } = cluster.issuer.roster;
    await assert.rejects(cluster.issuer.remove("host"), {
      code: "INVALID_ARGUMENT",
      message:
        /several hosts are called host; one of them is meant by its id: [0-9a-f]{16} \(127\.0\.0\.1\), /,
    });
    await assert.rejects(cluster.issuer.remove("nobody"), {
      code: "NOT_FOUND",
      message: /'p2pfs cluster hosts'/,
    });
    await assert.rejects(cluster.issuer.remove("first"), { code: "FAILED_PRECONDITION" });
    assert.equal(memberNamed(members, "127.0.0.9").memberId, cluster.memberId);
    const id = members.find(({ hostname }) => hostname === HOST.hostname)?.memberId ?? "";
    assert.equal((await cluster.issuer.remove(id)).member.memberId, id);
    assert.equal(memberNamed(cluster.issuer.roster.members, "host").hostname, "host");
  });
});

describe("a token for so many hosts", () => {
  test("lets in as many, and says so to the next, also after a restart", async (t) => {
    const here = await ground(t);
    const cluster = await here.cluster();
    const once = await cluster.token(60_000, 1);
    const twice = await cluster.token(60_000, 2);
    for (const token of [once, twice, twice]) await here.enter(cluster.port, token);
    for (const token of [once, twice])
      await assert.rejects(here.enter(cluster.port, token), {
        code: "PERMISSION",
        message: /has let in as many hosts as it may: 'p2pfs cluster token'/,
      });
    const uses = Object.values((await cluster.files.issuer()).tokenUses);
    assert.deepEqual(uses.sort(), [1, 2]);
  });
});

describe("the list of removed hosts", () => {
  const of = (count: number): RemovedMember[] =>
    Array.from({ length: count }, (_, at) => ({
      memberId: at.toString(16).padStart(16, "0"),
      hostname: "",
      ip: "",
      removedAtMs: 0,
      untilMs: 1_000 + at,
      left: false,
    }));

  test("forgets hosts whose certificates have ended, and beyond its bound the one whose ends first", () => {
    const host = { memberId: "ff".repeat(8), certificateUntilMs: 5_000_000 };
    const soon = withRemoved(of(3), host, { nowMs: 1_001, left: false });
    assert.deepEqual(
      soon.map(({ untilMs }) => untilMs),
      [1_002, 5_000_000 + CERTIFICATE_BACKDATED_MS],
    );
    const full = withRemoved(of(MEMBERS_REMOVED_MAX), host, { nowMs: 0, left: false });
    assert.equal(full.length, MEMBERS_REMOVED_MAX);
    assert.equal(
      full.some(({ untilMs }) => untilMs === 1_000),
      false,
    );
    assert.equal(withRemoved(full, host, { nowMs: 0, left: true }).length, MEMBERS_REMOVED_MAX);
  });

  test("travels as 8 bytes a host in one order, known by its digest, and is cut where it is longer than it may be", () => {
    const ids = of(5).map(({ memberId }) => memberId);
    const packed = packIds([...ids].reverse());
    assert.deepEqual([packed.length, unpackIds(packed)], [40, ids]);
    assert.ok(digestOfIds(packed).equals(digestOfIds(packIds(ids))));
    assert.equal(digestOfIds(packIds(ids.slice(1))).equals(digestOfIds(packed)), false);
    assert.equal(digestOfIds(Buffer.alloc(0)).length, 0);
    assert.deepEqual(unpackIds(Buffer.concat([packed, Buffer.from([1, 2])])), ids);
    assert.equal(unpackIds(Buffer.alloc(9 * MEMBERS_REMOVED_MAX)).length, MEMBERS_REMOVED_MAX);
  });
});
