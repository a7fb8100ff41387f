/** What a real mount and dfget do where origins refuse, fail, fall silent or break their word. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import type { Behaviour } from "../origin/behaviour.ts";
import { digestOf, fixedContent, randomContent } from "../origin/content.ts";
import { startMisbehavingOrigin } from "../origin/misbehaving.ts";
import { freePort } from "../origin/nginx-process.ts";
import { type DaemonProcess, mountedDaemon, mountMissing, until } from "./daemon.ts";
import { catFails, readsNothingWrong, refusedPlainly } from "./expectations.ts";
import { run, start } from "./processes.ts";
import { Scope, scopeOf } from "./scope.ts";

const CONTENT = randomContent(5_000_003, 11);
const GOOD: Behaviour = { content: CONTENT, etag: '"1"' };
/** Short waits, so that the tests need not wait for the defaults; the retries are the default's one. */
const SHORT_WAITS = {
  source: { connectTimeout: "1s", headersTimeout: "1s", idleTimeout: "1s" },
  mount: { readTimeout: "8s" },
};
/** The longest that a failing read may take with those, ms: the read's deadline and what starting cat takes. */
const FAIL_MS_MAX = 10_000;

/** One daemon for the tests of a group; each test has an origin of its own. */
function sharedDaemon() {
  const group = new Scope();
  let daemon: DaemonProcess | undefined;
  before(async () => {
    daemon = await mountedDaemon(group, { config: SHORT_WAITS });
  });
  after(() => group.close());
  return async (t: TestContext) => {
    assert.ok(daemon !== undefined, "the group's daemon was started");
    const scope = scopeOf(t);
    const origin = await startMisbehavingOrigin();
    scope.after(() => origin.stop());
    return { scope, origin, daemon, folder: await scope.folder() };
  };
}

/** Log lines at or above warn about the origin of this port. */
function complaints(daemon: DaemonProcess, port: number): string[] {
  const lines = daemon.log.split("\n").filter((line) => line.startsWith("{") && line.includes(String(port)));
  return lines.filter((line) =>
    ["warn", "error", "fatal"].includes((JSON.parse(line) as { level: string }).level),
  );
}

/** One log line says why. */
function toldOnce(daemon: DaemonProcess, port: number, why: RegExp): void {
  const lines = complaints(daemon, port);
  assert.equal(lines.length, 1, lines.join("\n"));
  assert.match(lines.join(), why);
}

describe("an origin that refuses", { skip: mountMissing() }, () => {
  const world = sharedDaemon();

  test("a URL that does not exist is ENOENT in the mount and its status in dfget", async (t) => {
    const { origin, daemon, folder } = await world(t);
    const url = origin.url("none.bin");
    await catFails(daemon.path(url), "ENOENT");
    refusedPlainly(await daemon.command("dfget", [url, "-O", join(folder, "out")]), {
      words: /404/,
      code: 1,
    });
    assert.deepEqual(readdirSync(folder), [], "no output is left");
  });

  for (const status of [401, 403]) {
    test(`${status} is EACCES in the mount and its status in dfget`, async (t) => {
      const { origin, daemon, folder } = await world(t);
      origin.serve("/secret.bin", { ...GOOD, status });
      const url = origin.url("secret.bin");
      await catFails(daemon.path(url), "EACCES");
      const result = await daemon.command("dfget", [url, "-O", join(folder, "out")]);
      refusedPlainly(result, { words: new RegExp(String(status)), code: 1 });
      assert.deepEqual(readdirSync(folder), []);
    });
  }
});

describe("an origin that fails", { skip: mountMissing() }, () => {
  const world = sharedDaemon();

  test("5xx is EIO after the configured retries, and one log line says why", async (t) => {
    const { origin, daemon, folder } = await world(t);
    origin.serve("/ill.bin", { ...GOOD, status: 503 });
    const url = origin.url("ill.bin");
    assert.ok((await catFails(daemon.path(url), "EIO")) < FAIL_MS_MAX);
    const asked = origin.requestsOf("/ill.bin").length;
    assert.ok(asked >= 2 && asked <= 6, `${asked} requests, the first and its retry`);
    toldOnce(daemon, origin.port, /503/);
    const result = await daemon.command("dfget", [url, "-O", join(folder, "out")]);
    refusedPlainly(result, { words: /503/, code: 1 });
  });

  test("a refused connection is EIO, and one log line says why", async (t) => {
    const { daemon, folder } = await world(t);
    const port = await freePort("127.0.0.1");
    const url = `http://127.0.0.1:${port}/model.bin`;
    assert.ok((await catFails(daemon.path(url), "EIO")) < FAIL_MS_MAX);
    toldOnce(daemon, port, /refused/i);
    const result = await daemon.command("dfget", [url, "-O", join(folder, "out")]);
    refusedPlainly(result, { words: /refused/i, code: 1 });
  });

  test("an origin that takes the request and says nothing is EIO within the deadline, with one log line", async (t) => {
    const { origin, daemon } = await world(t);
    origin.serve("/silent.bin", { ...GOOD, silent: true });
    assert.ok((await catFails(daemon.path(origin.url("silent.bin")), "EIO")) < FAIL_MS_MAX);
    toldOnce(daemon, origin.port, /answer|time|silen/i);
  });

  test("a body that stalls is EIO within the deadline; what came before it is right", async (t) => {
    const { origin, daemon, folder } = await world(t);
    origin.serve("/stall.bin", { ...GOOD, stallAfterBytes: 1_500_000 });
    const begin = performance.now();
    await readsNothingWrong(daemon.path(origin.url("stall.bin")), CONTENT, folder);
    assert.ok(performance.now() - begin < 2 * FAIL_MS_MAX);
  });

  test("failures that the retry gets over are not seen by the reader", async (t) => {
    const { origin, daemon, folder } = await world(t);
    origin.serve("/shaky.bin", { ...GOOD, failures: { count: 1, status: 502 } });
    const { readBytes } = await readsNothingWrong(daemon.path(origin.url("shaky.bin")), CONTENT, folder);
    assert.equal(readBytes, CONTENT.bytes);
  });
});

describe("a daemon whose reads are stuck", { skip: mountMissing() }, () => {
  test("while many reads are stuck, ls, stat, status and umount --lazy still answer", async (t) => {
    const scope = scopeOf(t);
    const origin = await startMisbehavingOrigin();
    scope.after(() => origin.stop());
    const daemon = await mountedDaemon(scope, { config: SHORT_WAITS });
    origin.serve("/good.bin", GOOD);
    const good = daemon.path(origin.url("good.bin"));
    await run(["cat", good]);
    for (let n = 0; n < 24; n++) {
      origin.serve(`/stuck-${n}.bin`, { ...GOOD, stallAfterBytes: 10 });
      start(scope, ["cat", daemon.path(origin.url(`stuck-${n}.bin`))]);
    }
    for (const words of [
      ["stat", good],
      ["ls", daemon.mountpoint],
      ["cat", good],
    ]) {
      const { code, durationMs } = await run(words, { timeoutMs: FAIL_MS_MAX });
      assert.equal(code, 0, words.join(" "));
      assert.ok(durationMs < 2000, `${words.join(" ")} took ${durationMs} ms`);
    }
    await daemon.ask("p2pfs", ["status"], FAIL_MS_MAX);
    await daemon.ask("p2pfs", ["umount", "--lazy", daemon.mountpoint], FAIL_MS_MAX);
  });
});

describe("an origin that breaks its word", { skip: mountMissing() }, () => {
  const world = sharedDaemon();

  const other = randomContent(CONTENT.bytes, 12);
  const breaches: Readonly<Record<string, Behaviour>> = {
    "closes early": { ...GOOD, closeAfterBytes: 700_000 },
    "sends more than it said": { ...GOOD, extraBytes: 100_000 },
    "sends another range than was asked for": {
      ...GOOD,
      rangeServed: (first, end) => ({ first: first + 1, end: Math.max(first + 2, end) }),
    },
    "sends a shorter range": {
      ...GOOD,
      rangeServed: (first, end) => ({ first, end: Math.max(first + 1, end - 1000) }),
    },
    "says a wrong Content-Range": {
      ...GOOD,
      contentRange: (first, last, total) => `bytes ${first + 7}-${last}/${total}`,
    },
    "says another length later": {
      ...GOOD,
      contentRange: (first, last, total) => `bytes ${first}-${last}/${total + first}`,
    },
    "becomes another version, the running body with it": {
      ...GOOD,
      change: { atByte: 2_500_000, to: { content: other, etag: '"2"' }, running: "old" },
    },
    "becomes shorter": {
      ...GOOD,
      change: {
        atByte: 2_500_000,
        to: { content: randomContent(3_000_000, 13), etag: '"2"' },
        running: "old",
      },
    },
    "knows no ranges and closes early": { ...GOOD, ranges: "ignored", closeAfterBytes: 3_000_000 },
  };
  for (const [name, behaviour] of Object.entries(breaches)) {
    test(`one that ${name} gives no reader a wrong byte`, async (t) => {
      const { origin, daemon, folder } = await world(t);
      origin.serve("/model.bin", behaviour);
      const path = daemon.path(origin.url("model.bin"));
      const changed = behaviour.change?.to.content;
      // A change that was noticed before the first byte was read gives the new version, whole.
      const contents = changed === undefined ? [CONTENT] : [CONTENT, changed];
      const failures: unknown[] = [];
      for (const content of contents) {
        await readsNothingWrong(path, content, folder).catch((error) => failures.push(error));
      }
      assert.ok(failures.length < contents.length, String(failures[0]));
    });
  }

  test("bytes that do not have the digest asked for fail that dfget and leave no output", async (t) => {
    const { origin, daemon, folder } = await world(t);
    origin.serve("/model.bin", GOOD);
    const output = join(folder, "out");
    const digest = `sha256:${"0".repeat(64)}`;
    const args = [origin.url("model.bin"), "-O", output, "--digest", digest];
    refusedPlainly(await daemon.command("dfget", args), { words: /digest|sha256/i, code: 1 });
    assert.ok(!existsSync(output), "no output is left");
    await daemon.ask("dfget", [origin.url("model.bin"), "-O", output]);
    assert.ok(existsSync(output), "the request without a digest is served");
  });

  test("no byte is read through a link whose digest the content does not have, and a log line says so", async (t) => {
    const { origin, daemon, folder } = await world(t);
    origin.serve("/model.bin", GOOD);
    const link = async (name: string, hex: string) => {
      await daemon.ask("p2pfs", [
        "link",
        `${origin.url("model.bin")}?${name}`,
        name,
        "--digest",
        `sha256:${hex}`,
      ]);
      return join(daemon.mountpoint, "url", name);
    };
    const right = await link("right", digestOf(CONTENT));
    const whole = await readsNothingWrong(right, CONTENT, folder);
    assert.equal(whole.readBytes, CONTENT.bytes);
    const verified = async () => (await daemon.attributes(right)).verified === "anchored";
    await until("the right one to be verified", verified);
    const wrong = await link("wrong", "0".repeat(64));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const { code, stdout } = await run(["head", "-c", "8", wrong]);
      assert.deepEqual([code, stdout], [1, ""]);
    }
    await until("the wrong one to be told", () => daemon.log.includes("INTEGRITY"));
    assert.equal((await daemon.attributes(wrong)).complete, "false");
  });

  test("servers without ranges or without a length still read right", async (t) => {
    const { origin, daemon, folder } = await world(t);
    origin.serve("/plain.bin", { ...GOOD, ranges: "ignored" });
    origin.serve("/chunked.bin", { ...GOOD, ranges: "ignored", framing: "chunked" });
    origin.serve("/closing.bin", { ...GOOD, ranges: "ignored", framing: "close" });
    origin.serve("/empty.bin", { content: fixedContent("") });
    for (const name of ["plain", "chunked", "closing"]) {
      const { readBytes } = await readsNothingWrong(daemon.path(origin.url(`${name}.bin`)), CONTENT, folder);
      assert.equal(readBytes, CONTENT.bytes, name);
    }
    await readsNothingWrong(daemon.path(origin.url("empty.bin")), fixedContent(""), folder);
  });
});
