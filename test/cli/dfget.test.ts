/** dfget as its users run it: a process of its own, a real daemon, a real origin. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { digestOf, randomContent } from "../origin/content.ts";
import { type MisbehavingOrigin, startMisbehavingOrigin } from "../origin/misbehaving.ts";
import { TestHome, until } from "./home.ts";

const MIB = 1024 * 1024;
const CONTENT = randomContent(9 * MIB + 17, 5);
const BYTES = CONTENT.read(0, CONTENT.bytes);

async function world(t: TestContext): Promise<{ home: TestHome; origin: MisbehavingOrigin; url: string }> {
  const home = await TestHome.open(t);
  const origin = await startMisbehavingOrigin();
  home.scope.after(() => origin.stop());
  origin.serve("/model.bin", { content: CONTENT, etag: '"1"' });
  return { home, origin, url: origin.url("model.bin") };
}

/** Names in the workhome that dfget may have left. */
function leftovers(home: TestHome): string[] {
  return readdirSync(home.home).filter((name) => name.includes("out"));
}

describe("dfget", () => {
  test("copies a content whole, starting a daemon that others find running", async (t) => {
    const { home, origin, url } = await world(t);
    const out = home.path("out");
    const first = await home.run("dfget", [url, "-O", out]);
    assert.equal(first.code, 0, first.stderr);
    assert.ok(readFileSync(out).equals(BYTES));
    assert.match(first.stdout, /^\S+\/out: 9\.0 MiB in \d+\.\d s \(.*\/s\)\n$/);
    assert.match(first.stderr, /model\.bin: 9\.0 MiB\n/);
    const pid = await home.started();
    assert.equal(statSync(home.path("storage")).mode & 0o777, 0o700);
    const sent = origin.requests.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
    const second = await home.run("dfget", [
      url,
      "-O",
      home.path("out2"),
      "--no-progress",
      "--disable-back-to-source",
    ]);
    assert.equal(second.code, 0, second.stderr);
    assert.equal(second.stdout + second.stderr, "");
    assert.ok(readFileSync(home.path("out2")).equals(BYTES));
    assert.equal(await home.daemon(), pid, "the same daemon");
    assert.equal(
      origin.requests.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0),
      sent,
    );
    assert.deepEqual(leftovers(home), ["out", "out2"]);
  });

  test("copies over the socket what it may not read itself, and a range of it alone", async (t) => {
    const { home, url } = await world(t);
    const whole = await home.run("dfget", [url, "-O", home.path("out"), "--transfer-from-dfdaemon"]);
    assert.equal(whole.code, 0, whole.stderr);
    assert.ok(readFileSync(home.path("out")).equals(BYTES));
    for (const [name, ...more] of [["out-file"], ["out-socket", "--transfer-from-dfdaemon"]] as const) {
      const range = [url, "-O", home.path(name), "-H", `Range: bytes=${3 * MIB}-${8 * MIB}`, ...more];
      const ranged = await home.run("dfget", range);
      assert.equal(ranged.code, 0, ranged.stderr);
      assert.ok(readFileSync(home.path(name)).equals(BYTES.subarray(3 * MIB, 8 * MIB + 1)), name);
    }
    const suffix = await home.run("dfget", [url, "-O", home.path("out-end"), "-H", "Range: bytes=-5"]);
    assert.equal(suffix.code, 0, suffix.stderr);
    assert.ok(readFileSync(home.path("out-end")).equals(BYTES.subarray(-5)));
  });

  test("links only when told to", async (t) => {
    const { home, url } = await world(t);
    const linked = await home.run("dfget", [url, "-O", home.path("out"), "--force-hard-link"]);
    assert.equal(linked.code, 0, linked.stderr);
    assert.equal(statSync(home.path("out")).nlink, 2);
    const copied = await home.run("dfget", [url, "-O", home.path("out2")]);
    assert.equal(copied.code, 0);
    assert.equal(statSync(home.path("out2")).nlink, 1);
    assert.ok(readFileSync(home.path("out")).equals(BYTES));
  });

  test("leaves an existing output alone unless told to overwrite it, and asks no origin for it", async (t) => {
    const { home, origin, url } = await world(t);
    writeFileSync(home.path("out"), "mine");
    const refused = await home.run("dfget", [url, "-O", home.path("out")]);
    assert.equal(refused.code, 1);
    assert.equal(refused.stderr, `dfget: ${home.path("out")} already exists.\n`);
    assert.equal(readFileSync(home.path("out"), "utf8"), "mine");
    assert.equal(origin.requests.length, 0);
    const allowed = await home.run("dfget", [url, "-O", home.path("out"), "--overwrite"]);
    assert.equal(allowed.code, 0, allowed.stderr);
    assert.ok(readFileSync(home.path("out")).equals(BYTES));
  });

  test("says what the origin said, with its status, and leaves nothing", async (t) => {
    const { home, origin } = await world(t);
    origin.serve("/secret", { content: CONTENT, status: 403 });
    origin.serve("/broken", { content: CONTENT, status: 503 });
    for (const [path, status] of [
      ["absent", 404],
      ["secret", 403],
      ["broken", 503],
    ] as const) {
      const failed = await home.run("dfget", [origin.url(`${path}?token=hidden`), "-O", home.path("out")]);
      assert.equal(failed.code, 1);
      const lines = failed.stderr.trimEnd().split("\n");
      const last = lines.at(-1) ?? "";
      assert.match(last, new RegExp(`^dfget: .*${status}`));
      assert.doesNotMatch(failed.stderr + failed.stdout, /hidden|at .*\.js/);
    }
    assert.deepEqual(leftovers(home), []);
  });

  test("checks the digest it is given, and leaves nothing when it differs", async (t) => {
    const { home, url } = await world(t);
    const good = await home.run("dfget", [
      url,
      "-O",
      home.path("out"),
      "--digest",
      `sha256:${digestOf(CONTENT)}`,
    ]);
    assert.equal(good.code, 0, good.stderr);
    const bad = await home.run("dfget", [
      url,
      "-O",
      home.path("out2"),
      "--digest",
      `sha256:${"0".repeat(64)}`,
    ]);
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /digest/);
    assert.deepEqual(leftovers(home), ["out"]);
    const none = await home.run("dfget", [url, "-O", home.path("out3"), "--digest", "sha256:12"]);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /not a digest/);
    const ranged = [
      url,
      "-O",
      home.path("out3"),
      "--digest",
      `sha256:${digestOf(CONTENT)}`,
      "-H",
      "Range: bytes=0-1",
    ];
    assert.equal((await home.run("dfget", ranged)).code, 2);
  });

  test("that is told to end leaves nothing, and ends as the signal says", async (t) => {
    const { home, origin } = await world(t);
    origin.serve("/slow.bin", { content: CONTENT, etag: '"1"', bytesPerSecond: 100_000 });
    const slow = home.start("dfget", [origin.url("slow.bin"), "-O", home.path("out"), "--no-progress"]);
    await until(() => leftovers(home).length > 0);
    slow.child.kill("SIGTERM");
    assert.equal(await slow.ended, 143);
    assert.deepEqual(leftovers(home), []);
  });

  test("ends with its own timeout, and leaves nothing", async (t) => {
    const { home, origin } = await world(t);
    origin.serve("/slow.bin", { content: CONTENT, etag: '"1"', bytesPerSecond: 100_000 });
    const late = await home.run("dfget", [origin.url("slow.bin"), "-O", home.path("out"), "--timeout", "1s"]);
    assert.equal(late.code, 1);
    assert.match(late.stderr, /did not come within 1 s/);
    assert.deepEqual(leftovers(home), []);
  });

  test("starts no daemon for a socket it is told of", async (t) => {
    const { home, url } = await world(t);
    const none = await home.run("dfget", [url, "-O", home.path("out"), "-e", home.path("other.sock")]);
    assert.equal(none.code, 1);
    assert.equal(none.stderr, `dfget: no daemon answers on ${home.path("other.sock")}.\n`);
    assert.equal(existsSync(home.path("dfdaemon.pid")), false);
    await home.run("dfget", [url, "-O", home.path("out")]);
    const found = await home.run("dfget", [url, "-O", home.path("out2"), "-e", home.path("dfdaemon.sock")]);
    assert.equal(found.code, 0, found.stderr);
  });

  test("and five more at once start one daemon between them", async (t) => {
    const { home, origin, url } = await world(t);
    const all = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        home.run("dfget", [url, "-O", home.path(`out${index}`), "--no-progress"]),
      ),
    );
    for (const { code, stderr } of all) assert.equal(code, 0, stderr);
    for (let index = 0; index < 6; index++) assert.ok(readFileSync(home.path(`out${index}`)).equals(BYTES));
    const sent = origin.requests.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
    assert.ok(sent <= CONTENT.bytes + 16, `the origin sent ${sent} bytes`);
  });
});
