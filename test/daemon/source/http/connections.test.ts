/** How origins are reached: names, the guard, certificates, proxies, and how many questions at once. */
import assert from "node:assert/strict";
import { once, setMaxListeners } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { P2pfsError } from "../../../../base/errors.ts";
import {
  CONNECTION_SETS_MAX,
  ORIGIN_QUESTIONS_MAX,
  ORIGIN_QUESTIONS_WAITING_MAX,
} from "../../../../base/limits.ts";
import { AddressGuard } from "../../../../daemon/source/address-guard.ts";
import { authorityFilesOf } from "../../../../daemon/source/http/trust.ts";
import type { HostLookup } from "../../../../daemon/source/name-lookup.ts";
import { makeCertificates, readCertificates } from "../../../origin/certificates.ts";
import { fixedContent } from "../../../origin/content.ts";
import { startMisbehavingOrigin } from "../../../origin/misbehaving.ts";
import { never } from "../../../suites/source-suite.ts";
import { httpSourceFor } from "./http-fixture.ts";

const good = { content: fixedContent("content"), etag: '"v1"' };

/** Names of the test's own: each has one address. */
function namesFrom(table: Record<string, string[]>): HostLookup {
  return {
    addresses: async (host) =>
      (table[host] ?? [host]).map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    close: async () => {},
  };
}

async function originFor(t: TestContext, tls?: { cert: string; key: string }) {
  const origin = await startMisbehavingOrigin(tls === undefined ? {} : { tls });
  t.after(() => origin.stop());
  origin.serve("*", good);
  return origin;
}

async function certificatesFor(t: TestContext, names?: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-trust-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const files = await makeCertificates(folder, names);
  return { folder, files, ...readCertificates(files) };
}

describe("names and the guard", () => {
  test("each address of a name is tried until one answers", async (t) => {
    const origin = await originFor(t);
    const names = namesFrom({ "model.example": ["127.0.0.99", "127.0.0.1"] });
    const source = httpSourceFor(t, { names });
    const url = `http://model.example:${origin.port}/f`;
    assert.equal((await source.stat({ url, headers: {} }, never)).length, 7);
    assert.equal(origin.requests[0]?.headers.host, `model.example:${origin.port}`);
  });

  test("a name that leads to a refused address is PERMISSION, for whoever may not go there", async (t) => {
    const origin = await originFor(t);
    const names = namesFrom({ "inner.example": ["127.0.0.1"], "meta.example": ["169.254.169.254"] });
    const source = httpSourceFor(t, { names });
    const local = { url: `http://inner.example:${origin.port}/f`, headers: {} };
    assert.equal((await source.stat(local, never)).length, 7);
    const refused = { code: "PERMISSION", name: "PermissionError", message: /guard\.allow/ };
    await assert.rejects(source.stat({ ...local, asker: "network" }, never), refused);
    for (const url of [
      "http://meta.example/f",
      "http://169.254.169.254/f",
      "http://[::ffff:a9fe:a9fe]/f",
      "http://2852039166/f",
    ])
      await assert.rejects(source.stat({ url, headers: {} }, never), refused, url);
    assert.equal(origin.requests.length, 1, "a connection of the one is not used for the other");
  });

  test("a redirect to a refused address is PERMISSION as well", async (t) => {
    const origin = await originFor(t);
    origin.serve("/f", { redirect: { status: 302, location: "http://169.254.169.254/latest/meta-data" } });
    const source = httpSourceFor(t);
    await assert.rejects(source.stat({ url: origin.url("f"), headers: {} }, never), { code: "PERMISSION" });
  });

  test("of several addresses only those permitted are used", async (t) => {
    const origin = await originFor(t);
    const names = namesFrom({ "both.example": ["169.254.1.1", "127.0.0.1"] });
    const source = httpSourceFor(t, { names });
    assert.equal(
      (await source.stat({ url: `http://both.example:${origin.port}/f`, headers: {} }, never)).length,
      7,
    );
  });

  test("the daemon's own ports are PERMISSION, and guard.allow permits them", async (t) => {
    const origin = await originFor(t);
    const ownPorts = () => new Set([origin.port]);
    const request = { url: origin.url("f"), headers: {} };
    const closed = httpSourceFor(t, { guard: new AddressGuard({ ownPorts }) });
    await assert.rejects(closed.stat(request, never), { code: "PERMISSION" });
    const open = httpSourceFor(t, { guard: new AddressGuard({ ownPorts, allow: ["127.0.0.0/8"] }) });
    assert.equal((await open.stat({ ...request, asker: "network" }, never)).length, 7);
  });

  test("a connection that does not come about in time is a DEADLINE error", async (t) => {
    const names: HostLookup = { addresses: () => new Promise(() => {}), close: async () => {} };
    const source = httpSourceFor(t, { names, connectTimeoutMs: 50, maxRetries: 0 });
    const keepAlive = setInterval(() => {}, 1_000);
    t.after(() => clearInterval(keepAlive));
    await assert.rejects(source.stat({ url: "http://slow.example/f", headers: {} }, never), {
      code: "DEADLINE",
    });
  });
});

describe("certificates", () => {
  test("of an authority nobody knows are SOURCE_REFUSED without a second try", async (t) => {
    const origin = await originFor(t, await certificatesFor(t));
    const source = httpSourceFor(t, { maxRetries: 3 });
    await assert.rejects(source.stat({ url: origin.url("f"), headers: {} }, never), (error: P2pfsError) => {
      assert.equal(error.code, "SOURCE_REFUSED");
      assert.match(error.message, /certificate/);
      return true;
    });
    assert.equal(origin.requests.length, 0);
  });

  test("are trusted by the request's chain, the machine's files, or not at all asked for", async (t) => {
    const made = await certificatesFor(t);
    const origin = await originFor(t, made);
    const request = { url: origin.url("f"), headers: {} };
    assert.equal((await httpSourceFor(t).stat({ ...request, certificateChain: [made.ca] }, never)).length, 7);
    for (const variable of ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"]) {
      const authorityFiles = authorityFilesOf({ [variable]: made.files.caFile });
      assert.equal((await httpSourceFor(t, { authorityFiles }).stat(request, never)).length, 7, variable);
    }
    assert.equal((await httpSourceFor(t, { insecureSkipVerify: true }).stat(request, never)).length, 7);
    const lax = { ...request, objectStorage: { insecureSkipVerify: true } };
    assert.equal((await httpSourceFor(t).stat(lax, never)).length, 7);
  });

  test("trusted for one request are not trusted for the next", async (t) => {
    const made = await certificatesFor(t);
    const origin = await originFor(t, made);
    const source = httpSourceFor(t);
    const request = { url: origin.url("f"), headers: {} };
    await source.stat({ ...request, certificateChain: [made.ca] }, never);
    await assert.rejects(source.stat(request, never), { code: "SOURCE_REFUSED" });
  });

  test("of another name are SOURCE_REFUSED", async (t) => {
    const made = await certificatesFor(t, ["DNS:other.example"]);
    const origin = await originFor(t, made);
    const source = httpSourceFor(t, {
      names: namesFrom({ "model.example": ["127.0.0.1"], "other.example": ["127.0.0.1"] }),
    });
    const at = (host: string) => ({
      url: `https://${host}:${origin.port}/f`,
      headers: {},
      certificateChain: [made.ca],
    });
    assert.equal((await source.stat(at("other.example"), never)).length, 7);
    await assert.rejects(source.stat(at("model.example"), never), { code: "SOURCE_REFUSED" });
  });

  test("that are none make an INVALID_ARGUMENT error", async (t) => {
    const origin = await originFor(t, await certificatesFor(t));
    const source = httpSourceFor(t);
    const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    for (const text of ["no certificate", broken]) {
      const request = { url: origin.url("f"), headers: {}, certificateChain: [text] };
      await assert.rejects(source.stat(request, never), { code: "INVALID_ARGUMENT" });
    }
  });

  test("a server that speaks no TLS is SOURCE_REFUSED", async (t) => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/f`;
    await assert.rejects(httpSourceFor(t).stat({ url, headers: {} }, never), { code: "SOURCE_REFUSED" });
  });
});

/** A proxy as they are: absolute forms are fetched, CONNECT makes a tunnel. Names lead to loopback. */
async function proxyFor(t: TestContext, credentials?: string) {
  const seen: { method: string; target: string; authorization: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  const admitted = (request: IncomingMessage) => {
    const authorization = request.headers["proxy-authorization"];
    seen.push({ method: request.method ?? "", target: request.url ?? "", authorization });
    const wanted =
      credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`;
    return authorization === wanted;
  };
  const server: Server = createServer(async (request, response) => {
    if (!admitted(request)) return void response.writeHead(407).end();
    const target = new URL(request.url ?? "");
    const headers = { ...(request.headers as Record<string, string>) };
    delete headers.connection;
    delete headers.host;
    const answer = await fetch(`http://127.0.0.1:${target.port}${target.pathname}`, { headers });
    const { status } = answer;
    const body = Buffer.from(await answer.arrayBuffer());
    response.writeHead(status, Object.fromEntries(answer.headers)).end(body);
  });
  server.on("connect", (request: IncomingMessage, client: Socket) => {
    if (!admitted(request)) return void client.end("HTTP/1.1 407 Credentials\r\n\r\n");
    const port = Number(request.url?.split(":").at(-1));
    const upstream = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connected\r\n\r\n");
      upstream.pipe(client);
      client.pipe(upstream);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe("proxies", () => {
  test("get http:// URLs whole and https:// URLs as tunnels, with their own credentials", async (t) => {
    const proxy = await proxyFor(t, "me:word");
    const made = await certificatesFor(t, ["DNS:model.example"]);
    const [plain, secure] = [await originFor(t), await originFor(t, made)];
    const url = proxy.url.replace("://", "://me:word@");
    // The names exist for the proxy alone.
    const source = httpSourceFor(t, { names: namesFrom({}), proxies: { http: url, https: url } });
    const headers = { Authorization: "Bearer mine" };
    const first = `http://model.example:${plain.port}/f`;
    assert.equal((await source.stat({ url: first, headers }, never)).length, 7);
    const second = `https://model.example:${secure.port}/f`;
    const trusted = { url: second, headers, certificateChain: [made.ca] };
    assert.equal((await source.stat(trusted, never)).length, 7);
    const authorization = `Basic ${Buffer.from("me:word").toString("base64")}`;
    assert.deepEqual(proxy.seen, [
      { method: "GET", target: first, authorization },
      { method: "CONNECT", target: `model.example:${secure.port}`, authorization },
    ]);
    assert.equal(secure.requests[0]?.headers["proxy-authorization"], undefined);
    assert.equal(secure.requests[0]?.headers.authorization, "Bearer mine");
    assert.equal(plain.requests[0]?.headers.authorization, "Bearer mine");
  });

  test("that want credentials make PERMISSION errors", async (t) => {
    const proxy = await proxyFor(t, "me:word");
    const source = httpSourceFor(t, { proxies: { http: proxy.url, https: proxy.url } });
    for (const scheme of ["http", "https"]) {
      const request = { url: `${scheme}://model.example/f`, headers: {} };
      await assert.rejects(source.stat(request, never), { code: "PERMISSION" }, scheme);
    }
  });

  test("are left aside for NO_PROXY, and may stand where the guard lets nobody else", async (t) => {
    const proxy = await proxyFor(t);
    const origin = await originFor(t);
    const source = httpSourceFor(t, { proxies: { http: proxy.url, no: "127.0.0.1" } });
    await source.stat({ url: origin.url("f"), headers: {} }, never);
    assert.equal(proxy.seen.length, 0);
    const url = `http://model.example:${origin.port}/f`;
    assert.equal((await source.stat({ url, headers: {}, asker: "network" }, never)).length, 7);
    assert.equal(proxy.seen.length, 1);
    const inner = { url: "http://169.254.169.254/f", headers: {} };
    await assert.rejects(source.stat(inner, never), { code: "PERMISSION" });
    assert.equal(proxy.seen.length, 1);
  });

  test("that are not there make UNAVAILABLE errors", async (t) => {
    const origin = await originFor(t);
    const dead = `http://127.0.0.1:${origin.port}`;
    await origin.stop();
    const source = httpSourceFor(t, { proxies: { http: dead, https: dead }, maxRetries: 0 });
    for (const scheme of ["http", "https"])
      await assert.rejects(source.stat({ url: `${scheme}://model.example/f`, headers: {} }, never), {
        code: "UNAVAILABLE",
      });
  });
});

describe("crowds", () => {
  test("so many questions go to one origin at once; others wait, and too many are TOO_MANY", async (t) => {
    const origin = await originFor(t);
    origin.serve("/slow", { silent: true });
    const source = httpSourceFor(t, { maxRetries: 0 });
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const count = ORIGIN_QUESTIONS_MAX + ORIGIN_QUESTIONS_WAITING_MAX;
    const ask = (path: string) => source.stat({ url: origin.url(path), headers: {} }, controller.signal);
    const asked = Array.from({ length: count }, () => ask("slow").catch((error: P2pfsError) => error.code));
    await assert.rejects(ask("slow"), { code: "TOO_MANY", name: "LimitError" });
    while (origin.requests.length < ORIGIN_QUESTIONS_MAX)
      await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(origin.connections, ORIGIN_QUESTIONS_MAX);
    controller.abort();
    assert.deepEqual([...new Set(await Promise.all(asked))], ["CANCELLED"]);
    assert.equal(origin.requests.length, ORIGIN_QUESTIONS_MAX);
    const after = await source.stat({ url: origin.url("f"), headers: {} }, never);
    assert.equal(after.length, 7);
  });

  test("a crowd of questions at one origin does not keep another waiting", async (t) => {
    const [stuck, well] = [await originFor(t), await originFor(t)];
    stuck.serve("*", { silent: true });
    const source = httpSourceFor(t);
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const asked = Array.from({ length: ORIGIN_QUESTIONS_MAX + 5 }, () =>
      source.stat({ url: stuck.url("f"), headers: {} }, controller.signal).catch(() => "over"),
    );
    assert.equal((await source.stat({ url: well.url("f"), headers: {} }, never)).length, 7);
    controller.abort();
    await Promise.all(asked);
  });

  test("sets of connections are bounded: the one not used for longest is let go in peace", async (t) => {
    const folder = await certificatesFor(t);
    const origin = await originFor(t);
    const source = httpSourceFor(t);
    const chains = Array.from({ length: CONNECTION_SETS_MAX + 1 }, (_, index) => [
      folder.ca,
      `${" ".repeat(index)}`,
    ]);
    for (const certificateChain of chains)
      await source.stat({ url: origin.url("f"), headers: {}, certificateChain }, never);
    while (origin.connections > CONNECTION_SETS_MAX) await new Promise((resolve) => setTimeout(resolve, 5));
    const again = { url: origin.url("f"), headers: {}, certificateChain: chains[0] ?? [] };
    assert.equal((await source.stat(again, never)).length, 7);
    writeFileSync(join(folder.folder, "used"), "");
  });
});
