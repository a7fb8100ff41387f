/** Who knows the schedulers: a manager, a file, a list; and what is kept when it cannot be asked. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { credentials, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { FakeClock, systemClock } from "../../../base/clock.ts";
import { UnavailableError } from "../../../base/errors.ts";
import { DYNCONFIG_BYTES_MAX, SCHEDULERS_MAX } from "../../../base/limits.ts";
import { type Logger, silentLogger } from "../../../base/logger.ts";
import { isBlocked } from "../../../daemon/manager/block-list.ts";
import type { ClusterDirectory, DirectorySource } from "../../../daemon/manager/directory.ts";
import { Dynconfig } from "../../../daemon/manager/dynconfig.ts";
import { DynconfigFile, parseDynconfig } from "../../../daemon/manager/dynconfig-file.ts";
import { ManagerDirectory } from "../../../daemon/manager/manager-directory.ts";
import { NamedSchedulers, resolveSchedulers } from "../../../daemon/manager/scheduler-addresses.ts";
import { parseHostPort } from "../../../daemon/rpc/endpoint.ts";
import type { ListSchedulersRequest__Output } from "../../../proto/gen/manager/v2/ListSchedulersRequest.ts";
import { Manager } from "../../../proto/load.ts";
import { callsOf } from "../../compat/transcript.ts";

const noNames = async (host: string): Promise<string[]> => {
  throw new UnavailableError(`no address of ${host}`);
};

describe("addresses", () => {
  test("are read as configs write them", () => {
    assert.deepEqual(parseHostPort("10.0.0.2:8002"), { host: "10.0.0.2", port: 8002 });
    assert.deepEqual(parseHostPort("http://manager:65003"), { host: "manager", port: 65003 });
    assert.deepEqual(parseHostPort("https://[fd00::1]:80/"), { host: "fd00::1", port: 80 });
    assert.deepEqual(parseHostPort("scheduler", 8002), { host: "scheduler", port: 8002 });
    for (const wrong of ["", "scheduler", "a:0", "a:70000", "fd00::1:80", "[a]:1", "a b:1", "a:1/x"])
      assert.throws(() => parseHostPort(wrong), { code: "INVALID_ARGUMENT" }, wrong);
  });

  test("of a name with both families are the IPv4 ones, each once and in order", async () => {
    const names: Record<string, string[]> = { both: ["fd00::1", "10.0.0.3", "10.0.0.2"], six: ["fd00::2"] };
    const found = await resolveSchedulers(["both:9", "10.0.0.2:9", "six"], async (host) => names[host] ?? []);
    assert.deepEqual(found, [
      { ip: "10.0.0.2", port: 9 },
      { ip: "10.0.0.3", port: 9 },
      { ip: "fd00::2", port: 8002 },
    ]);
  });

  test("of more schedulers than are used are cut off in order, the same at every host", async () => {
    const many = Array.from(
      { length: SCHEDULERS_MAX + 9 },
      (_, index) => `10.0.${index >> 8}.${index & 255}`,
    );
    const found = await resolveSchedulers(["a:1"], async () => many);
    const turned = await resolveSchedulers(["a:1"], async () => many.toReversed());
    assert.equal(found.length, SCHEDULERS_MAX);
    assert.deepEqual(found, turned);
  });

  test("that are none are refused when they are given, not when they are used", () => {
    assert.throws(() => new NamedSchedulers(["10.0.0.2:8002", "a b"], noNames), { code: "INVALID_ARGUMENT" });
  });
});

describe("the dynconfig file", () => {
  test("names schedulers and forbids what it says, for this host's part", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "p2pfs-dynconfig-"));
    t.after(() => rm(folder, { recursive: true }));
    const path = join(folder, "dynconfig.yaml");
    const write = (text: string) => writeFile(path, text);
    const list = (isSeedPeer: boolean) =>
      new DynconfigFile({ path, isSeedPeer, addressesOf: noNames }).list();
    await assert.rejects(list(false), { code: "NOT_FOUND" });
    await write(
      [
        "scheduler: {addr: 'scheduler:8002', addrs: ['10.0.0.2:8002']}",
        "clientConfig: {blockList: {task: {download: {tags: [normal]}}}}",
        "seedClientConfig: {blockList: {task: {download: {tags: [seed]}}}}",
      ].join("\n"),
    );
    const normal = await list(false);
    assert.deepEqual(normal.schedulers, [{ ip: "10.0.0.2", port: 8002 }]);
    assert.equal(isBlocked(normal.blockLists.task?.download, { tag: "normal" }), true);
    assert.equal(isBlocked((await list(true)).blockLists.task?.download, { tag: "seed" }), true);
    await write(`# ${"x".repeat(DYNCONFIG_BYTES_MAX)}`);
    await assert.rejects(list(false), { code: "INVALID_CONFIG" });
  });

  test("that says nothing of schedulers, or is no YAML, is refused with its name", () => {
    for (const text of ["", "scheduler: {}", "scheduler: {addrs: [7]}", "{", "- a"])
      assert.throws(() => parseDynconfig(text, "/etc/d.yaml"), {
        code: "INVALID_CONFIG",
        message: /^\/etc\/d\.yaml: /,
      });
    assert.deepEqual(parseDynconfig("scheduler: {addr: 'a:1'}", "x").schedulers, ["a:1"]);
  });
});

/** A manager that answers so. */
async function manager(
  t: TestContext,
  answer: (request: ListSchedulersRequest__Output) => object,
): Promise<number> {
  const server = new Server();
  t.after(() => server.forceShutdown());
  server.addService(Manager.service, {
    listSchedulers: (
      call: { request: ListSchedulersRequest__Output },
      answered: (error: object | null, value?: object) => void,
    ) => {
      const value = answer(call.request);
      if ("code" in value) answered(value);
      else answered(null, value);
    },
  } as never);
  return new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}

function directoryOf(t: TestContext, port: number, more: object = {}) {
  const directory = new ManagerDirectory({
    address: { host: "127.0.0.1", port },
    credentials: credentials.createInsecure(),
    clock: systemClock,
    host: {
      hostname: "host-a",
      ip: "10.77.0.11",
      schedulerClusterId: 0,
      isSeedPeer: false,
      version: "1.5.1",
    },
    isServing: async () => true,
    ...more,
  });
  t.after(() => directory.close());
  return directory;
}

describe("the manager", { timeout: 60_000 }, () => {
  test("hears what Dragonfly's client asks, and its recorded answer is understood", async (t) => {
    const [call] = callsOf("daemon-start", "/manager.v2.Manager/ListSchedulers");
    const bytes = (by: string) => call?.events.find((event) => event.by === by);
    const [asked, said] = [bytes("client"), bytes("server")];
    assert.ok(asked?.by === "client" && said?.by === "server");
    const { requestDeserialize, responseDeserialize } = Manager.service.ListSchedulers;
    let heard: ListSchedulersRequest__Output | undefined;
    const port = await manager(t, (request) => {
      heard = request;
      return responseDeserialize(said.bytes);
    });
    const found = await directoryOf(t, port).list();
    assert.deepEqual(heard, requestDeserialize(asked.bytes));
    assert.deepEqual(found.schedulers, [{ ip: "10.77.0.3", port: 8002 }]);
    assert.equal(found.schedulerClusterId, 1);
    assert.deepEqual([found.blockLists, found.problems], [{}, []]);
  });

  const scheduler = (ip: string, cluster: number, config: object = {}) => ({
    ip,
    port: 8002,
    schedulerClusterId: cluster,
    schedulerCluster: {
      id: cluster,
      clientConfig: Buffer.from(JSON.stringify(config)),
      seedClientConfig: Buffer.from("no JSON"),
    },
  });

  test("names several clusters: the first of which a scheduler serves is used, whole", async (t) => {
    const blocked = { block_list: { task: { download: { tags: ["no"] } } } };
    const schedulers = [
      scheduler("10.0.0.1", 7),
      scheduler("10.0.0.2", 8, blocked),
      scheduler("10.0.0.3", 8, blocked),
      scheduler("nonsense", 8),
    ];
    const port = await manager(t, () => ({ schedulers }));
    const only = (serving: string) => ({ isServing: async ({ ip }: { ip: string }) => ip === serving });
    const second = await directoryOf(t, port, only("10.0.0.3")).list();
    assert.deepEqual(
      second.schedulers.map(({ ip }) => ip),
      ["10.0.0.2", "10.0.0.3"],
    );
    assert.equal(isBlocked(second.blockLists.task?.download, { tag: "no" }), true);
    const none = await directoryOf(t, port, only("nobody")).list();
    assert.deepEqual(
      none.schedulers.map(({ ip }) => ip),
      ["10.0.0.1"],
      "they may come",
    );
  });

  test("that names nobody, fails or is not there is an error that names it", async (t) => {
    const empty = await manager(t, () => ({ schedulers: [] }));
    await assert.rejects(directoryOf(t, empty).list(), {
      code: "UNAVAILABLE",
      message: /127\.0\.0\.1:\d+ names no scheduler/,
    });
    const failing = await manager(t, () => ({ code: status.INTERNAL, details: "broken" }));
    await assert.rejects(directoryOf(t, failing).list(), { code: "IO", message: /the manager .*: broken/ });
  });

  test("that answers with garbage is an error that names it, and what makes no sense in an answer is passed over", async (t) => {
    const garbage = createServer((socket) => {
      socket.on("error", () => {});
      socket.end(Buffer.alloc(100_000, "HTTP/1.1 200 OK\r\n\r\n"));
    });
    await new Promise<void>((resolve) => garbage.listen(0, "127.0.0.1", resolve));
    t.after(() => garbage.close());
    const { port } = garbage.address() as AddressInfo;
    await assert.rejects(directoryOf(t, port).list(), {
      code: "UNAVAILABLE",
      message: /the manager 127\.0\.0\.1/,
    });
    const absurd = [
      { ...scheduler("10.0.0.1", 1), port: 0 },
      { ...scheduler("10.0.0.1", 1), port: -5 },
      { ...scheduler("10.0.0.1", 1), port: 70_000 },
      scheduler("../../etc/passwd", 1),
      scheduler("", 1),
    ];
    const many = Array.from({ length: 2_000 }, (_, index) =>
      scheduler(`10.1.${index >> 8}.${index & 255}`, 1),
    );
    const told = await manager(t, () => ({ schedulers: [...absurd, ...many] }));
    const { schedulers } = await directoryOf(t, told).list();
    assert.equal(schedulers.length, SCHEDULERS_MAX);
    assert.ok(schedulers.every(({ ip, port: at }) => ip.startsWith("10.1.") && at === 8002));
  });

  test("whose configuration is no JSON forbids nothing, and says so", async (t) => {
    const port = await manager(t, () => ({ schedulers: [scheduler("10.0.0.1", 1)] }));
    const host = { hostname: "s", ip: "10.0.0.9", schedulerClusterId: 1, isSeedPeer: true, version: "1" };
    const found = await directoryOf(t, port, { host }).list();
    assert.deepEqual(found.blockLists, {});
    assert.equal(found.problems.length, 1);
  });
});

/** A source that says what it is told to, or fails. */
class ScriptedSource implements DirectorySource {
  readonly what = "the source";
  asked = 0;
  says: ClusterDirectory | Error;
  constructor(says: ClusterDirectory | Error) {
    this.says = says;
  }
  async list(): Promise<ClusterDirectory> {
    this.asked += 1;
    if (this.says instanceof Error) throw this.says;
    return this.says;
  }
  close(): void {}
}

function known(...ips: string[]): ClusterDirectory {
  return { schedulers: ips.map((ip) => ({ ip, port: 8002 })), blockLists: {}, problems: [] };
}

describe("what is known of the cluster", () => {
  function dynconfig(t: TestContext, source: ScriptedSource) {
    const clock = new FakeClock();
    const heard: string[][] = [];
    const events: string[] = [];
    const write = (_fields: object, event: string) => void events.push(event);
    const made = new Dynconfig({
      source,
      clock,
      log: { ...silentLogger, info: write, warn: write } as Logger,
      refreshMs: 60_000,
      onChange: ({ schedulers }) => heard.push(schedulers.map(({ ip }) => ip)),
    });
    t.after(() => made.close());
    const pass = async (ms: number) => {
      clock.advance(ms);
      // The question that fell due is shared with this one.
      await made.refresh();
    };
    return { made, clock, heard, events, pass };
  }

  test("is told when it changes, and kept when it cannot be had; the log has each change once", async (t) => {
    const source = new ScriptedSource(known("10.0.0.1"));
    const { made, heard, events, pass } = dynconfig(t, source);
    await made.refresh();
    await pass(60_000);
    source.says = new UnavailableError("it is down");
    await pass(60_000);
    await pass(60_000);
    assert.deepEqual(heard, [["10.0.0.1"]]);
    assert.equal(made.failure, "it is down");
    assert.deepEqual(made.directory.schedulers, [{ ip: "10.0.0.1", port: 8002 }]);
    source.says = known("10.0.0.1", "10.0.0.2");
    await pass(60_000);
    assert.deepEqual(heard.at(-1), ["10.0.0.1", "10.0.0.2"]);
    assert.equal(made.failure, undefined);
    assert.deepEqual(events, ["cluster-known", "cluster-unknown", "cluster-known"]);
  });

  test("is asked for soon again while nothing is known, and regularly afterwards", async (t) => {
    const source = new ScriptedSource(new UnavailableError("it is down"));
    const { made, clock, pass } = dynconfig(t, source);
    await made.refresh();
    const before = source.asked;
    for (let second = 0; second < 30; second += 1) await pass(1_000);
    assert.ok(source.asked > before + 1 && clock.pending === 1);
    source.says = known("10.0.0.1");
    await pass(10_000);
    const settled = source.asked;
    clock.advance(59_000);
    assert.equal(source.asked, settled);
    clock.advance(1_000);
    assert.equal(source.asked, settled + 1);
  });

  test("that was closed is asked for no more", async (t) => {
    const source = new ScriptedSource(known("10.0.0.1"));
    const { made, clock } = dynconfig(t, source);
    await made.refresh();
    await made.close();
    clock.advance(600_000);
    assert.equal(source.asked, 1);
    assert.equal(clock.pending, 0);
  });
});
