/** Names of hosts against a real name server on loopback, with files of the test's own in place of the system's. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { UnavailableError } from "../../../base/errors.ts";
import {
  HOST_LOOKUP_MS,
  HOST_NAMES_MAX,
  HOST_NEGATIVE_MS,
  HOST_STALE_MS,
  HOST_TTL_MS_MAX,
  HOST_TTL_MS_MIN,
  OTHER_FAMILY_MS,
  RESOLVER_FILES_MS,
} from "../../../base/limits.ts";
import { NameLookup, type NameLookupOptions } from "../../../daemon/source/name-lookup.ts";
import { startNameServer } from "../../origin/name-server.ts";

async function lookupFor(
  t: TestContext,
  options: Partial<NameLookupOptions> & { hosts?: string; resolv?: string } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-names-"));
  const server = await startNameServer();
  const clock = new FakeClock();
  const hostsFile = join(folder, "hosts");
  const resolvConfFile = join(folder, "resolv.conf");
  writeFileSync(hostsFile, options.hosts ?? "");
  writeFileSync(resolvConfFile, options.resolv ?? "");
  const names = new NameLookup({ clock, servers: [server.address], hostsFile, resolvConfFile, ...options });
  t.after(async () => {
    await names.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  const addresses = async (host: string) => (await names.addresses(host)).map(({ address }) => address);
  return { names, server, clock, hostsFile, resolvConfFile, addresses };
}

test("a name has its IPv4 addresses first, then its IPv6 addresses", async (t) => {
  const { names, server } = await lookupFor(t);
  server.serve("model.example", { addresses: ["2001:db8::1", "10.0.0.1", "10.0.0.2"] });
  assert.deepEqual(await names.addresses("Model.Example"), [
    { address: "10.0.0.1", family: 4 },
    { address: "10.0.0.2", family: 4 },
    { address: "2001:db8::1", family: 6 },
  ]);
});

test("IPv6 addresses come first where that is wanted", async (t) => {
  const { server, addresses } = await lookupFor(t, { preferIPv6: true });
  server.serve("model.example", { addresses: ["10.0.0.1", "2001:db8::1"] });
  assert.deepEqual(await addresses("model.example"), ["2001:db8::1", "10.0.0.1"]);
});

test("addresses stand for themselves and ask nobody", async (t) => {
  const { server, addresses } = await lookupFor(t);
  assert.deepEqual(await addresses("10.9.8.7"), ["10.9.8.7"]);
  assert.deepEqual(await addresses("::1"), ["::1"]);
  assert.deepEqual(server.questions, []);
});

test("/etc/hosts wins over name servers, and is read again when it is old", async (t) => {
  const { server, clock, addresses, hostsFile } = await lookupFor(t, { hosts: "10.1.1.1 model.example" });
  server.serve("model.example", { addresses: ["10.0.0.1"] });
  assert.deepEqual(await addresses("model.example"), ["10.1.1.1"]);
  assert.deepEqual(server.questions, []);
  writeFileSync(hostsFile, "10.1.1.2 model.example");
  clock.advance(RESOLVER_FILES_MS + 1);
  assert.deepEqual(await addresses("model.example"), ["10.1.1.2"]);
});

test("localhost and names below it are this host without asking, whatever the files say", async (t) => {
  const { server, addresses } = await lookupFor(t);
  for (const host of ["localhost", "LOCALHOST.", "a.localhost"])
    assert.deepEqual(await addresses(host), ["127.0.0.1", "::1"]);
  assert.deepEqual(server.questions, []);
});

test("an answer is kept for its own time, but not shorter or longer than the bounds", async (t) => {
  const { server, clock, addresses } = await lookupFor(t);
  const asked = (name: string) => server.questions.filter((question) => question === `${name} 4`).length;
  for (const [name, ttl, keptMs] of [
    ["short.example", 0, HOST_TTL_MS_MIN],
    ["usual.example", 60, 60_000],
    ["long.example", 86_400, HOST_TTL_MS_MAX],
  ] as const) {
    server.serve(name, { addresses: ["10.0.0.1"], ttl });
    await addresses(name);
    clock.advance(keptMs - 1);
    await addresses(name);
    assert.equal(asked(name), 1, name);
    clock.advance(2);
    await addresses(name);
    assert.equal(asked(name), 2, name);
  }
});

test("many who ask for one name at once cost one question per family", async (t) => {
  const { names, server } = await lookupFor(t);
  server.serve("model.example", { addresses: ["10.0.0.1"] });
  await Promise.all(Array.from({ length: 50 }, () => names.addresses("model.example")));
  assert.deepEqual([...server.questions].sort(), ["model.example 4", "model.example 6"]);
});

test("names are completed by resolv.conf's search domains", async (t) => {
  const { server, addresses } = await lookupFor(t, {
    resolv: "search ns.svc.cluster.local svc.cluster.local\noptions ndots:5",
  });
  server.serve("minio.svc.cluster.local", { addresses: ["10.0.0.5"] });
  assert.deepEqual(await addresses("minio"), ["10.0.0.5"]);
  assert.ok(server.questions.includes("minio.ns.svc.cluster.local 4"));
});

test("a name that does not exist is UNAVAILABLE with its name, and believed for a short time", async (t) => {
  const { names, server, clock } = await lookupFor(t);
  const asked = () => server.questions.filter((question) => question.endsWith(" 4")).length;
  const missing = () =>
    assert.rejects(
      names.addresses("nobody.invalid"),
      (error) =>
        error instanceof UnavailableError &&
        error.code === "UNAVAILABLE" &&
        error.message.includes("nobody.invalid"),
    );
  await missing();
  await missing();
  assert.equal(asked(), 1);
  clock.advance(HOST_NEGATIVE_MS + 1);
  await missing();
  assert.equal(asked(), 2);
});

test("a name server that fails is not believed, and addresses that are out of date stand in for it", async (t) => {
  const { server, clock, addresses } = await lookupFor(t);
  server.serve("model.example", { addresses: ["10.0.0.1"], ttl: 60 });
  assert.deepEqual(await addresses("model.example"), ["10.0.0.1"]);
  server.serve("model.example", { fails: "servfail" });
  clock.advance(61_000);
  assert.deepEqual(await addresses("model.example"), ["10.0.0.1"]);
  clock.advance(HOST_STALE_MS);
  await assert.rejects(addresses("model.example"), { code: "UNAVAILABLE" });
  server.serve("model.example", { addresses: ["10.0.0.2"] });
  assert.deepEqual(await addresses("model.example"), ["10.0.0.2"]);
});

test("a name server that keeps silent about IPv6 holds nobody up for longer than it is worth", async (t) => {
  const { server, clock, addresses } = await lookupFor(t);
  server.serve("model.example", { addresses: ["10.0.0.1"], fails: "silent-6" });
  const found = addresses("model.example");
  // The deadline of the search, and the wait for the other family.
  while (clock.pending < 2) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(OTHER_FAMILY_MS);
  assert.deepEqual(await found, ["10.0.0.1"]);
});

test("a search without any answer ends at its deadline", async (t) => {
  const { server, clock, addresses } = await lookupFor(t);
  server.serve("model.example", { fails: "silent" });
  const found = assert.rejects(addresses("model.example"), { code: "DEADLINE" });
  while (clock.pending < 1) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(HOST_LOOKUP_MS);
  await found;
});

test("who no longer waits is let go, the others get the answer", async (t) => {
  const { names, server } = await lookupFor(t);
  server.serve("model.example", { addresses: ["10.0.0.1"] });
  const controller = new AbortController();
  const given = names.addresses("model.example", controller.signal);
  const patient = names.addresses("model.example");
  const reason = new UnavailableError("enough");
  controller.abort(reason);
  await assert.rejects(given, reason);
  assert.equal((await patient).length, 1);
});

test("only so many names are remembered, those used last", async (t) => {
  const { server, addresses, clock } = await lookupFor(t);
  const count = HOST_NAMES_MAX + 1;
  for (let index = 0; index < count; index++) server.serve(`n${index}.example`, { addresses: ["10.0.0.1"] });
  for (let index = 0; index < count; index++) {
    await addresses(`n${index}.example`);
    if (index % 100 === 0) await addresses("n0.example");
  }
  const before = server.questions.length;
  await addresses("n0.example");
  await addresses(`n${count - 1}.example`);
  assert.equal(server.questions.length, before, "those used last are known");
  await addresses("n1.example");
  assert.equal(server.questions.length, before + 2, "the one not used for longest is asked for again");
  assert.equal(clock.nowMs(), new FakeClock().nowMs());
});

test("the system's own resolver serves alone where that is configured", async (t) => {
  const { server, addresses } = await lookupFor(t, { system: "only" });
  server.serve("model.example", { addresses: ["10.0.0.1"] });
  await assert.rejects(addresses("nobody.invalid"), { code: "UNAVAILABLE" });
  assert.deepEqual(server.questions, []);
});

test("a closed lookup rejects those who wait and those who come with CLOSED", async (t) => {
  const { names, server } = await lookupFor(t);
  server.serve("model.example", { fails: "silent" });
  const waiting = assert.rejects(names.addresses("model.example"), { code: "CLOSED" });
  await new Promise((resolve) => setImmediate(resolve));
  await names.close();
  await names.close();
  await waiting;
  await assert.rejects(names.addresses("other.example"), { code: "CLOSED" });
});
