/** Certificate files and gRPC's credentials made of them: who is let in, who is believed, and what a renewal changes. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { Server } from "@grpc/grpc-js";
import { FakeClock, systemClock } from "../../../base/clock.ts";
import { CERTIFICATES_LOOK_MS } from "../../../base/limits.ts";
import { silentLogger } from "../../../base/logger.ts";
import { isServing } from "../../../daemon/rpc/health-check.ts";
import { GrpcListener } from "../../../daemon/server/grpc-service.ts";
import { CertificateFiles } from "../../../daemon/tls/certificate-files.ts";
import { channelCredentials } from "../../../daemon/tls/grpc-credentials.ts";
import { RefusedNames } from "../../../daemon/tls/refused-names.ts";
import { Health } from "../../../proto/local.ts";
import { scopeOf } from "../../system/scope.ts";
import { authorityOf, DAY_MS, openHost, writeHost } from "./host-files.ts";

async function world(t: TestContext) {
  const scope = scopeOf(t);
  const folder = await scope.folder();
  const [ours, theirs] = await Promise.all([authorityOf("ours"), authorityOf("theirs")]);
  const open = async (...args: Parameters<typeof openHost>) => {
    const files = await openHost(...args);
    scope.after(() => files.close());
    return files;
  };
  /** A server that shows and asks for what the files say. @returns its address */
  const serve = async (files: CertificateFiles | undefined) => {
    const server = new Server();
    server.addService(Health.service, {
      check: (_call: unknown, answer: (error: null, value: object) => void) =>
        answer(null, { status: "SERVING" }),
      watch: () => {},
    } as never);
    const listener = new GrpcListener(server, 100);
    const port = await listener.listen(files, { ip: "127.0.0.1", port: 0 });
    scope.after(async () => {
      listener.close();
      server.forceShutdown();
    });
    return `127.0.0.1:${port}`;
  };
  const ask = async (address: string, files: CertificateFiles | undefined) => {
    const client = new Health(address, channelCredentials(files), { "grpc.use_local_subchannel_pool": 1 });
    try {
      return await isServing(client, { clock: systemClock, what: "the server" });
    } finally {
      client.close();
    }
  };
  return { at: (name: string) => join(folder, name), ours, theirs, open, serve, ask };
}

describe("gRPC with certificates", () => {
  test("serves clients of its authority, and nobody with another's, an expired one, one of tomorrow, or none", async (t) => {
    const { at, ours, theirs, open, serve, ask } = await world(t);
    const server = await serve(await open(await writeHost(at("server"), ours)));
    assert.equal(await ask(server, await open(await writeHost(at("right"), ours))), true);
    const expired = await writeHost(at("expired"), ours, { nowMs: Date.now() - 200 * DAY_MS });
    const early = await writeHost(at("early"), ours, { nowMs: Date.now() + 2 * DAY_MS });
    const foreign = await writeHost(at("foreign"), theirs);
    const { caCert } = expired;
    for (const paths of [expired, early, { ...foreign, caCert }, { caCert }, foreign])
      await assert.rejects(ask(server, await open(paths)), { code: /^(UNAVAILABLE|DEADLINE)$/ });
    await assert.rejects(ask(server, undefined), { code: "UNAVAILABLE" });
  });

  test("believes servers of its authority at their address, and none that are another's, expired, of tomorrow, elsewhere, or in clear", async (t) => {
    const { at, ours, theirs, open, serve, ask } = await world(t);
    const client = await open(await writeHost(at("client"), ours));
    const wrong = {
      expired: await writeHost(at("expired"), ours, { nowMs: Date.now() - 200 * DAY_MS }),
      early: await writeHost(at("early"), ours, { nowMs: Date.now() + 2 * DAY_MS }),
      foreign: await writeHost(at("foreign"), theirs),
      elsewhere: await writeHost(at("elsewhere"), ours, { addresses: ["10.0.0.1"] }),
    };
    const words = { expired: /expired/, early: /not yet valid/, foreign: /certificate/, elsewhere: /IP/ };
    for (const [name, paths] of Object.entries(wrong))
      await assert.rejects(ask(await serve(await open(paths)), client), (error: Error) => {
        assert.match(error.message, words[name as keyof typeof words]);
        return true;
      });
    await assert.rejects(ask(await serve(undefined), client));
  });

  test("clocks that are an hour off, either way, make no difference", async (t) => {
    const { at, ours, open, serve, ask } = await world(t);
    const hour = DAY_MS / 24;
    const behind = await open(await writeHost(at("behind"), ours, { nowMs: Date.now() - hour }));
    const ahead = await open(await writeHost(at("ahead"), ours, { nowMs: Date.now() + hour }));
    assert.equal(await ask(await serve(ahead), behind), true);
    assert.equal(await ask(await serve(behind), ahead), true);
  });

  test("uses certificates that were renewed from the next connection on, on both sides", async (t) => {
    const { at, ours, theirs, open, serve, ask } = await world(t);
    const serverFiles = await open(await writeHost(at("server"), ours));
    const clientFiles = await open(await writeHost(at("client"), ours));
    const server = await serve(serverFiles);
    assert.equal(await ask(server, clientFiles), true);
    await writeHost(at("server"), theirs);
    await serverFiles.look();
    await assert.rejects(ask(server, clientFiles));
    await writeHost(at("client"), theirs);
    await clientFiles.look();
    assert.equal(await ask(server, clientFiles), true);
  });

  test("a name that is refused is no client and no server any more, at once, and what it had open ends", async (t) => {
    const { at, ours, open, serve, ask } = await world(t);
    const refused = new RefusedNames();
    const serverFiles = await open(await writeHost(at("server"), ours), systemClock, refused);
    const server = await serve(serverFiles);
    const removed = await open(await writeHost(at("removed"), ours, { memberId: "removed" }));
    const stays = await open(await writeHost(at("stays"), ours, { memberId: "stays" }));
    const client = new Health(server, channelCredentials(removed), { "grpc.use_local_subchannel_pool": 1 });
    t.after(() => client.close());
    await isServing(client, { clock: systemClock, what: "the server" });
    const listening = client.watch({ service: "" });
    const ended = new Promise<number>((resolve) =>
      listening.on("error", (error: Error & { code?: number }) => resolve(error.code ?? 0)),
    );
    refused.replace(["removed"]);
    assert.equal(await ended, 14, "UNAVAILABLE");
    await assert.rejects(ask(server, removed), { code: "UNAVAILABLE" });
    assert.equal(await ask(server, stays), true);
    // And the other way round.
    await assert.rejects(ask(await serve(removed), serverFiles), { message: /was removed from the cluster/ });
    refused.replace([]);
    assert.equal(await ask(server, removed), true);
  });

  test("a channel that lives on reconnects with what was renewed", async (t) => {
    const { at, ours, open, serve } = await world(t);
    const clientFiles = await open(await writeHost(at("client"), ours, { nowMs: Date.now() - 200 * DAY_MS }));
    const server = await serve(await open(await writeHost(at("server"), ours)));
    const client = new Health(server, channelCredentials(clientFiles), {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.initial_reconnect_backoff_ms": 100,
    });
    t.after(() => client.close());
    const asked = () => isServing(client, { clock: systemClock, what: "the server" });
    await assert.rejects(asked());
    await writeHost(at("client"), ours);
    await clientFiles.look();
    for (let tries = 0; ; tries++) {
      const serving = await asked().catch(() => false);
      if (serving) break;
      assert.ok(tries < 50, "the channel never used what was renewed");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
});

describe("certificate files", () => {
  test("are looked at by themselves; what does not fit together is passed over until it does", async (t) => {
    const { at, ours } = await world(t);
    const clock = new FakeClock();
    const paths = await writeHost(at("host"), ours);
    const files = await openHost(paths, clock);
    t.after(() => files.close());
    let changes = 0;
    files.onChange(() => {
      changes += 1;
    });
    const look = async () => {
      clock.advance(CERTIFICATES_LOOK_MS);
      await files.look();
      // The next look is planned once this one is over.
      await new Promise((resolve) => setImmediate(resolve));
    };
    const before = files.texts;
    await look();
    assert.equal(changes, 0);
    // A certificate whose key has not come yet.
    const other = await writeHost(at("other"), ours);
    await writeFile(paths.cert, await readFile(other.cert));
    await look();
    assert.deepEqual([changes, files.texts], [0, before]);
    await writeFile(paths.key, await readFile(other.key));
    await look();
    assert.equal(changes, 1);
    assert.notDeepEqual(files.texts, before);
  });

  test("that are no certificates, or do not belong together, are refused with the section's name and without their content", async (t) => {
    const { at, ours } = await world(t);
    const one = await writeHost(at("one"), ours);
    const two = await writeHost(at("two"), ours);
    await writeFile(at("none"), "no certificate");
    for (const paths of [
      { ...one, key: two.key },
      { ...one, cert: at("none") },
      { ...one, key: at("none") },
    ])
      await assert.rejects(openHost(paths), {
        code: "INVALID_CONFIG",
        message: /^the certificates of test cannot be used: (?!.*no certificate)/,
      });
    const log = silentLogger;
    const section = { section: "upload.server", mutual: true, clock: systemClock, log };
    for (const paths of [{ caCert: one.caCert }, { cert: one.cert, key: one.key }, { key: one.key }])
      await assert.rejects(CertificateFiles.open({ ...section, paths }), {
        code: "INVALID_CONFIG",
        message: /upload\.server needs caCert, cert and key together/,
      });
    assert.equal(await CertificateFiles.open({ ...section, paths: {} }), undefined);
  });
});
