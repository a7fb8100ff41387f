/**
 * The test link: two namespaces, the delay it was asked for, a rate it does not exceed, and nothing left behind. Goal:
 * whoever measures on it may trust what it says of itself.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { randomContent } from "../origin/content.ts";
import { startNginx } from "../origin/nginx.ts";
import { projectRoot } from "../project-root.ts";

const LAB = join(projectRoot(), "scripts/lab");
/** Names of its own, so that a lab in use is never touched. */
const NAME = `test-${process.pid}`;

/** Reason why no lab can be made here, or false. */
function labMissing(): string | false {
  if (process.platform !== "linux") return "network namespaces are Linux'";
  if (process.getuid?.() !== 0) return "making network namespaces needs root";
  if (!existsSync("/dev/net/tun")) return "this machine has no /dev/net/tun";
  const allowed = spawnSync("unshare", ["--net", "true"]).status === 0;
  return allowed ? false : "this machine allows no network namespaces";
}

function lab(...args: string[]) {
  const result = spawnSync(LAB, args, { encoding: "utf8" });
  return { status: result.status, output: result.stdout, complaint: result.stderr };
}

function labFor(t: TestContext, ...options: string[]) {
  t.after(() => lab("down", NAME));
  const made = lab("up", NAME, ...options);
  assert.equal(made.status, 0, made.complaint);
  return {
    roundTripMs: numberIn(made.output, /round trip ([\d.]+) ms/),
    mbps: numberIn(made.output, /(\d+) Mb\/s/),
  };
}

function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1]);
}

describe("the test link", { skip: labMissing() }, () => {
  test("has the delay it was asked for, each way, and brings no more than its rate", (t) => {
    const { roundTripMs, mbps } = labFor(t, "--rate", "100mbit", "--delay", "10ms");
    assert.ok(roundTripMs >= 20 && roundTripMs < 24, `${roundTripMs} ms`);
    assert.ok(mbps > 10 && mbps <= 110, `${mbps} Mb/s`);
  });

  test("joins the ends directly when it has no delay", (t) => {
    const { roundTripMs, mbps } = labFor(t, "--rate", "200mbit");
    assert.ok(roundTripMs < 2, `${roundTripMs} ms`);
    assert.ok(mbps <= 220, `${mbps} Mb/s`);
  });

  test("is refused when its round trip is not what it should be", (t) => {
    labFor(t, "--delay", "10ms");
    assert.equal(lab("check", NAME).status, 0);
    execFileSync("ip", ["-n", `p2pfs-${NAME}-host`, "link", "set", "link0", "alias", "delay-ms=30"]);
    const refused = lab("check", NAME);
    assert.equal(refused.status, 1);
    assert.match(refused.complaint, /should be 60 ms/);
  });

  test("reaches an origin at its other end and nothing else", async (t) => {
    labFor(t);
    const origin = await startNginx({ netns: `p2pfs-${NAME}-origin`, address: "10.11.0.2", port: 80 });
    t.after(() => origin.stop());
    const content = randomContent(100_000);
    await origin.write("f", content);
    const { stdout } = spawnSync(LAB, ["exec", NAME, "host", "curl", "-sS", origin.url("f")]);
    assert.equal(stdout.compare(content.read(0, content.bytes)), 0);
    assert.equal(await origin.bytesSent("/f"), 100_000);
    const routes = lab("exec", NAME, "host", "ip", "route").output.trim().split("\n");
    assert.deepEqual([routes.length, routes[0]?.startsWith("10.11.0.2 dev link0")], [1, true]);
  });

  test("passes on the exit status of what runs in it", (t) => {
    labFor(t);
    assert.equal(lab("exec", NAME, "origin", "sh", "-c", "exit 7").status, 7);
  });

  test("goes down with what ran in it, leaves nothing, and goes down again without complaint", (t) => {
    labFor(t, "--delay", "1ms");
    const sleeper = spawnSync(LAB, ["exec", NAME, "host", "sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $!"]);
    const pid = Number(sleeper.stdout.toString());
    assert.ok(existsSync(`/proc/${pid}`));
    assert.equal(lab("down", NAME).status, 0);
    assert.equal(lab("down", NAME).status, 0);
    const left = readdirSync("/run/netns").filter((entry) => entry.includes(NAME));
    assert.deepEqual(left, []);
    const gone = spawnSync("sh", ["-c", `tr '\\0' ' ' < /proc/${pid}/cmdline`], { encoding: "utf8" });
    assert.doesNotMatch(gone.stdout, /sleep/);
  });

  test("says in one sentence what it cannot take", (t) => {
    labFor(t);
    for (const [args, complaint] of [
      [["up", NAME], /exists/],
      [["up", `${NAME}-x`, "--rate", "fast"], /a rate is written like/],
      [["up", `${NAME}-x`, "--delay", "10"], /a delay is written like/],
      [["exec", "no-such", "host", "true"], /does not exist/],
      [["up", "Bad/Name"], /a name is made of/],
    ] as const) {
      const { status, complaint: said } = lab(...args);
      assert.equal(status, 1);
      assert.match(said, complaint);
      assert.equal(said.trim().split("\n").length, 1);
    }
    assert.equal(existsSync(`/run/netns/p2pfs-${NAME}-x-host`), false);
  });
});
