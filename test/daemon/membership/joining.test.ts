/** Getting into a cluster, and being in it: over real sockets, with certificates and tokens that are good, and with all that are not. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdir, readdir, stat } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { credentials } from "@grpc/grpc-js";
import { systemClock } from "../../../base/clock.ts";
import { CERTIFICATE_LIFE_MS, JOINS_BURST, TOKENS_MAX } from "../../../base/limits.ts";
import { silentLogger } from "../../../base/logger.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import { Authority } from "../../../daemon/membership/authority.ts";
import { Issuer } from "../../../daemon/membership/issuer.ts";
import { addToken } from "../../../daemon/membership/set-up.ts";
import { callUnary } from "../../../daemon/rpc/unary-call.ts";
import { Cluster, ClusterEntrance } from "../../../proto/load.ts";

import { ground, HOUR_MS, QUESTION, REPORT, shifted } from "./ground.ts";

describe("a host with a token", () => {
  test("gets a certificate of the cluster, in files for its user alone, and is one of its hosts", async (t) => {
    const here = await ground(t);
    const { port, token, files: issuerFiles, memberId } = await here.cluster();
    const { files, state } = await here.enter(port, await token());
    assert.deepEqual([state.clusterName, state.isIssuer, state.roles], ["lab", false, []]);
    const certificate = new X509Certificate(await files.certificate());
    const authority = new X509Certificate(await files.authorityCertificate());
    assert.ok(certificate.verify(authority.publicKey));
    assert.match(certificate.subject, new RegExp(`CN=${state.memberId}`));
    for (const { folder } of [files, issuerFiles]) {
      assert.equal((await stat(folder)).mode & 0o777, 0o700);
      for (const name of await readdir(folder))
        assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
    }
    const client = await here.client(files, port);
    const roster = await client.sync(
      { ...REPORT, roles: ["scheduler"], schedulerPort: 8003 },
      { ...QUESTION, withMembers: true },
    );
    assert.deepEqual(roster.schedulers, ["127.0.0.1:8002", "127.0.0.1:8003"]);
    assert.deepEqual(roster.members.map((each) => each.memberId).includes(state.memberId), true);
    assert.notEqual(state.memberId, memberId);
  });

  test("that has expired by the issuer's clock, was revoked, is mistyped or another cluster's, gets one sentence and nothing else", async (t) => {
    const here = await ground(t);
    const cluster = await here.cluster();
    const other = await here.cluster();
    const good = await cluster.token();
    const expired = await cluster.token(1);
    const revoked = await cluster.token();
    const { tokens } = await cluster.files.issuer();
    await cluster.files.writeTokens(tokens.slice(0, -1));
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const [given, words] of [
      [expired, /the token has expired: 'p2pfs cluster token'/],
      [revoked, /knows no such token: it was revoked, or is another cluster's/],
      [await other.token(), /the host at 127\.0\.0\.1:\d+ is of another cluster than the token$/],
      [`${good.slice(0, -1)}`, /not whole, or was mistyped/],
    ] as const) {
      const files = here.files();
      await assert.rejects(here.enter(cluster.port, given, { files }), (error) => {
        const { message } = fromUnknown(error);
        assert.match(message, words);
        assert.ok(!message.includes(given.slice(10, 30)) && !message.includes("\n"));
        return true;
      });
      assert.equal(await files.state(), undefined);
    }
    assert.equal((await here.enter(cluster.port, good)).state.clusterName, "lab");
  });

  test("at a wrong address hears what is wrong with it, and its token stays with it", async (t) => {
    const here = await ground(t);
    const { token, port } = await here.cluster();
    const heard: Buffer[] = [];
    const plain = createServer((socket) => {
      socket.on("data", (bytes: Buffer) => {
        heard.push(bytes);
        socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
      });
      socket.on("error", () => {});
    });
    const stranger = await here.cluster();
    const inTls = createTlsServer({
      key: (await stranger.files.authority()).key,
      cert: await stranger.files.authorityCertificate(),
      ALPNProtocols: ["h2"],
    });
    inTls.on("secureConnection", (socket) => socket.on("data", (bytes) => heard.push(bytes)));
    inTls.on("tlsClientError", () => {});
    const ports: number[] = [];
    for (const server of [plain, inTls]) {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      here.scope.after(() => new Promise<void>((resolve) => void server.close(() => resolve())));
      const address = server.address();
      ports.push(typeof address === "object" && address !== null ? address.port : 0);
    }
    const given = await token();
    await assert.rejects(here.enter(1, given), { message: /no cluster answers at 127\.0\.0\.1:1: / });
    await assert.rejects(here.enter(ports[0] ?? 0, given), { message: /is no cluster of p2pfs/ });
    await assert.rejects(here.enter(ports[1] ?? 0, given), { message: /of another cluster than the token/ });
    const secret = Buffer.from(given.slice("p2pfs1-".length), "base64url").subarray(6, 22);
    assert.equal(Buffer.concat(heard).indexOf(secret), -1);
    assert.ok((await here.enter(port, given)).state.memberId);
  });

  test("gets in although a clock is an hour off; one that is days off is told so", async (t) => {
    const here = await ground(t);
    for (const offMs of [HOUR_MS, -HOUR_MS]) {
      const { port, token } = await here.cluster(shifted(offMs));
      assert.ok((await here.enter(port, await token())).state);
    }
    const { port, token } = await here.cluster();
    for (const offMs of [-3 * 24 * HOUR_MS, 2 * CERTIFICATE_LIFE_MS])
      await assert.rejects(here.enter(port, await token(), { clock: shifted(offMs) }), {
        message: /the clock of one of the two hosts is wrong/,
      });
    const ahead = await here.cluster(shifted(3 * 24 * HOUR_MS));
    await assert.rejects(here.enter(ahead.port, await ahead.token()), {
      message: /not valid yet: the clock of one of the two hosts is wrong/,
    });
  });

  test("cannot make the entrance try tokens faster than it will, and there are not more tokens than fit", async (t) => {
    const here = await ground(t);
    const cluster = await here.cluster();
    const text = await cluster.token();
    const bytes = Buffer.from(text.slice("p2pfs1-".length), "base64url");
    const authority = Buffer.from(await cluster.files.authorityCertificate());
    const client = new ClusterEntrance(
      `127.0.0.1:${cluster.port}`,
      credentials.createSsl(authority, null, null, { checkServerIdentity: () => undefined }),
    );
    t.after(() => client.close());
    const guess = () =>
      callUnary({ clock: systemClock, what: "it" }, (answered) =>
        client.join({ tokenId: bytes.subarray(0, 6), tokenSecret: Buffer.alloc(16, 1) }, answered),
      ).catch((error) => fromUnknown(error).code);
    const answers = await Promise.all(Array.from({ length: 3 * JOINS_BURST }, guess));
    assert.ok(answers.includes("PERMISSION"));
    assert.ok(answers.filter((code) => code === "TOO_MANY").length >= JOINS_BURST, `${answers}`);
    assert.ok(answers.every((code) => code === "PERMISSION" || code === "TOO_MANY"));
    const now = { nowMs: Date.now(), lifeMs: 1000 };
    const record = { id: "00", secretSha256: "00", madeAtMs: 0, expiresAtMs: Date.now() + HOUR_MS };
    await cluster.files.writeTokens(Array.from({ length: TOKENS_MAX }, () => record));
    await assert.rejects(addToken(cluster.files, now), { code: "TOO_MANY" });
  });
});

describe("the host that made a cluster", () => {
  test("serves strangers nothing that is for members, and members of other clusters are strangers", async (t) => {
    const here = await ground(t);
    const cluster = await here.cluster();
    const other = await here.cluster();
    const { files } = await here.enter(other.port, await other.token());
    const authority = Buffer.from(await cluster.files.authorityCertificate());
    const skipName = { checkServerIdentity: () => undefined };
    const [cert, key] = [Buffer.from(await files.certificate()), files.paths.key];
    const { readFile } = await import("node:fs/promises");
    for (const shown of [
      credentials.createSsl(authority, null, null, skipName),
      credentials.createSsl(authority, await readFile(key), cert, skipName),
    ]) {
      const client = new Cluster(`127.0.0.1:${cluster.port}`, shown);
      t.after(() => client.close());
      const call = { clock: systemClock, what: "it" };
      for (const ask of [
        () => callUnary(call, (answered) => client.sync({ withMembers: true }, answered)),
        () => callUnary(call, (answered) => client.renew({}, answered)),
        () => callUnary(call, (answered) => client.leaveCluster({}, answered)),
      ])
        await assert.rejects(ask(), { code: "NOT_SUPPORTED" });
    }
    const plain = new Cluster(`127.0.0.1:${cluster.port}`, credentials.createInsecure());
    t.after(() => plain.close());
    const inClear = callUnary({ clock: systemClock, what: "it" }, (answered) => plain.sync({}, answered));
    await assert.rejects(inClear, { code: "UNAVAILABLE" });
  });

  test("takes nobody for a member by a session that is resumed", async (t) => {
    const here = await ground(t);
    const { port } = await here.cluster();
    let session: Buffer | undefined;
    /** @returns the status of a member's call */
    const sync = async () => {
      const options = { host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: ["h2"] };
      const socket = connectTls({ ...options, ...(session === undefined ? {} : { session }) });
      const resumed = new Promise<boolean>((resolve) =>
        socket.once("secureConnect", () => resolve(socket.isSessionReused())),
      );
      socket.on("session", (ticket) => {
        session = ticket;
      });
      const client = connectHttp2("https://127.0.0.1", { createConnection: () => socket });
      const path = "/p2pfs.v1.Cluster/Sync";
      const call = client.request({ ":method": "POST", ":path": path, "content-type": "application/grpc" });
      const status = new Promise((resolve) => {
        for (const event of ["response", "trailers"] as const)
          call.on(event, (headers) => {
            if (headers["grpc-status"] !== undefined) resolve(Number(headers["grpc-status"]));
          });
      });
      call.resume();
      call.end(Buffer.alloc(5));
      const answer = { status: await status, resumed: await resumed };
      client.close();
      return answer;
    };
    assert.deepEqual(await sync(), { status: 12, resumed: false });
    assert.deepEqual(await sync(), { status: 12, resumed: true });
  });

  test("renews a host's certificate, and no more once the host has left", async (t) => {
    const here = await ground(t);
    const { port, token, issuer } = await here.cluster();
    const { files, state } = await here.enter(port, await token());
    const client = await here.client(files, port);
    const { makeRequest } = await import("../../../daemon/membership/authority.ts");
    const { request } = await makeRequest();
    const renewed = new X509Certificate(await client.renew(request, REPORT));
    assert.match(renewed.subject, new RegExp(`CN=${state.memberId}`));
    await client.leave();
    assert.equal(
      issuer.roster.members.some(({ memberId }) => memberId === state.memberId),
      false,
    );
    await assert.rejects(client.renew(request, REPORT), {
      code: "PERMISSION",
      message: /has left the cluster/,
    });
    await assert.rejects(client.sync(REPORT, QUESTION), {
      code: "PERMISSION",
    });
  });

  test("remembers its hosts and who has left when it starts anew", async (t) => {
    const here = await ground(t);
    const { port, token, files: own, memberId } = await here.cluster();
    const stays = await here.enter(port, await token());
    const leaves = await here.enter(port, await token());
    await (await here.client(leaves.files, port)).leave();
    const authority = async () => Authority.load(await own.authority());
    const again = await Issuer.open({
      files: own,
      clock: systemClock,
      log: silentLogger,
      clusterName: "lab",
      memberId,
      authority,
    });
    assert.deepEqual(
      again.roster.members.map((each) => each.memberId),
      [memberId, stays.state.memberId],
    );
    await assert.rejects(again.sync(leaves.state.memberId, REPORT, false), { code: "PERMISSION" });
  });
});

describe("a host's daemon in a cluster", () => {
  test("has its certificate renewed when most of its life is over, or its address is another", async (t) => {
    const here = await ground(t);
    // Its certificates are old as soon as they are made.
    const { port, token } = await here.cluster(shifted(-0.8 * CERTIFICATE_LIFE_MS));
    const { files } = await here.enter(port, await token());
    const before = await files.certificate();
    const member = await here.member(files);
    await member.start("127.0.0.1", 0);
    for (let tries = 0; (await files.certificate()) === before; tries++) {
      assert.ok(tries < 400, "it was never renewed");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const now = new X509Certificate(await files.certificate());
    const { createPrivateKey } = await import("node:crypto");
    const { readFile } = await import("node:fs/promises");
    assert.ok(now.checkPrivateKey(createPrivateKey(await readFile(files.paths.key))));
  });

  test("hears of the schedulers, and goes on with those it knew while nobody can be asked", async (t) => {
    const here = await ground(t);
    const cluster = await here.cluster();
    const { files } = await here.enter(cluster.port, await cluster.token());
    const told = { ...REPORT, roles: ["scheduler" as const], schedulerPort: 8003 };
    await cluster.issuer.sync(cluster.memberId, told, false);
    const member = await here.member(files);
    const heard = await member.asDirectory().list();
    assert.deepEqual(heard.schedulers, [{ ip: "127.0.0.1", port: 8003 }]);
    assert.deepEqual((await files.state())?.schedulers, ["127.0.0.1:8003"]);
    assert.equal((await member.facts()).memberCount, 2);
    const state = await files.state();
    assert.ok(state);
    await files.writeState({ ...state, issuer: "127.0.0.1:1" });
    const alone = await here.member(files);
    const remembered = await alone.asDirectory().list();
    assert.deepEqual(remembered.schedulers, heard.schedulers);
    assert.equal(remembered.problems.length, 1);
    assert.match((await alone.facts()).failure, /ECONNREFUSED/);
    await assert.rejects(alone.asDirectory().list(), { code: "UNAVAILABLE" });
  });

  test("leaves with all its files; the issuer only when it is told twice", async (t) => {
    const here = await ground(t);
    const { port, token, files: own } = await here.cluster();
    const { files } = await here.enter(port, await token());
    const member = await here.member(files);
    member.mayLeave(false);
    await member.leave(false);
    assert.equal(await files.state(), undefined);
    await mkdir(files.folder);
    const issuer = await here.member(own);
    assert.throws(() => issuer.mayLeave(false), { code: "FAILED_PRECONDITION", message: /--force/ });
    issuer.mayLeave(true);
    await issuer.leave(true);
    assert.equal(await own.state(), undefined);
  });
});
