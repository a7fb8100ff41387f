/** `p2pfs cluster`: what its commands print, write and refuse. Hosts are homes on addresses of loopback of their own. */
import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { freePort } from "../origin/nginx-process.ts";
import { TestHome, until } from "./home.ts";

let hosts = 0;

/** A host with an address of its own. */
async function host(
  t: TestContext,
  more = "",
  port?: number,
): Promise<TestHome & { ip: string; port: number }> {
  hosts += 1;
  const ip = `127.7.${process.pid % 250}.${hosts}`;
  const entrance = port ?? (await freePort(ip));
  const config = [
    `host: {ip: ${ip}, hostname: test-${process.pid}-${hosts}}`,
    `upload: {server: {ip: ${ip}}}`,
    `storage: {server: {ip: ${ip}}}`,
    `cluster: {port: ${entrance}}`,
    `embeddedScheduler: {server: {ip: ${ip}}}`,
    more,
  ];
  return Object.assign(await TestHome.open(t, config.join("\n")), { ip, port: entrance });
}

/** Runs `p2pfs cluster …` on a host. */
const cluster = (on: TestHome, ...args: string[]) => on.run("p2pfs", ["cluster", ...args]);

const member = (on: TestHome) => JSON.parse(readFileSync(join(on.home, "cluster/member.json"), "utf8"));

/** The words of the line that `init` and `token` print, after "p2pfs cluster". */
function joinWords(line: string): string[] {
  const [, words] = /^p2pfs cluster (join \S+ \S+)\n$/.exec(line) ?? [];
  assert.ok(words, line);
  return words.split(" ");
}

describe("p2pfs cluster", () => {
  test("init prints one line, by which another host joins; both show it, and the one that leaves is gone", async (t) => {
    const first = await host(t);
    const made = await cluster(first, "init", "--name", "lab");
    assert.deepEqual([made.code, made.stderr], [0, ""]);
    const line = joinWords(made.stdout);
    assert.equal(line[1], `${first.ip}:${first.port}`);
    const second = await host(t);
    const joined = await cluster(second, ...line);
    assert.equal(joined.code, 0, joined.stderr);
    assert.match(joined.stdout, /is in the cluster lab\n$/);
    assert.equal(joined.stderr, "");
    const shown = await until(async () => {
      const { stdout } = await second.run("p2pfs", ["status"]);
      return /1 of 1 schedulers serving/.test(stdout) && stdout;
    });
    assert.match(shown, /told by the p2pfs cluster lab/);
    assert.match(shown, /^ {9}lab: this host is peer; its certificate ends 20/m);
    const ends = "(just now|\\d+ s ago) +20\\d\\d-\\d\\d-\\d\\d +[0-9a-f]{16}$";
    assert.match(shown, new RegExp(`^test-\\S+ +${first.ip} +authority, scheduler, seed +${ends}`, "m"));
    assert.match(shown, new RegExp(`^test-\\S+ \\(here\\) +${second.ip} +peer +${ends}`, "m"));
    for (const each of [first, second]) {
      const log = readFileSync(each.path("logs/dfdaemon.log"), "utf8");
      assert.ok(!log.includes(line[2] ?? "none") && !log.includes("PRIVATE KEY"));
      assert.equal(statSync(each.path("cluster/host.key")).mode & 0o777, 0o600);
    }
    const authority = await first.run("p2pfs", ["leave"]);
    assert.equal(authority.code, 1);
    assert.match(authority.stderr, /keeps the authority of the cluster lab/);
    const left = await second.run("p2pfs", ["leave"]);
    assert.equal(left.code, 0, left.stderr);
    assert.match(left.stdout, /has left the cluster of the p2pfs cluster lab\n/);
    const alone = await second.run("p2pfs", ["status"]);
    assert.match(alone.stdout, /^cluster {2}none: this host is by itself$/m);
    const told = JSON.parse((await cluster(first, "hosts", "--json")).stdout);
    assert.deepEqual([told.clusterName, told.memberCount, told.refusedCount], ["lab", 1, 1]);
    assert.match(told.members[0].certificateUntil, /^20\d\d-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/);
    const { stdout: hosts } = await cluster(first, "hosts");
    assert.match(hosts, new RegExp(`^test-\\S+ +${second.ip} +left +(just now|\\d+ s ago) +refused`, "m"));
  });

  test("a host that is in a cluster joins and makes no other; one that names another cluster neither", async (t) => {
    const one = await host(t);
    const line = joinWords((await cluster(one, "init", "--name", "one", "--no-start")).stdout);
    for (const args of [["init"], line]) {
      const refused = await cluster(one, ...args);
      assert.equal(refused.code, 1);
      assert.equal(
        refused.stderr,
        "p2pfs: this host is in the cluster one already: run 'p2pfs leave' first, or give --force.\n",
      );
    }
    const forced = await cluster(one, "init", "--name", "two", "--no-start", "--force");
    assert.equal(forced.code, 0, forced.stderr);
    assert.equal(member(one).clusterName, "two");
    const managed = await host(t, "manager: {addr: 'http://10.0.0.9:65003'}");
    const scheduled = await host(t, "scheduler: {addrs: ['10.0.0.9:8002']}");
    for (const [other, key] of [
      [managed, "manager.addr"],
      [scheduled, "scheduler.addrs"],
    ] as const)
      for (const args of [["init"], line]) {
        const refused = await cluster(other, ...args);
        assert.equal(refused.code, 2);
        assert.match(refused.stderr, new RegExp(`^p2pfs: ${key} names another cluster .*\\.\\n$`));
      }
    // The other way round: the key comes to a host that is in one of ours.
    writeFileSync(
      join(one.home, "dfdaemon.yaml"),
      `${readFileSync(join(one.home, "dfdaemon.yaml"), "utf8")}\nmanager: {addr: 'http://10.0.0.9:65003'}\n`,
    );
    const started = await one.run("dfdaemon", []);
    assert.equal(started.code, 2);
    assert.match(
      started.stderr.trim().split("\n").at(-1) ?? "",
      /manager\.addr names another cluster than two/,
    );
  });

  test("tokens are made, listed and revoked on the first host, and nowhere else", async (t) => {
    const first = await host(t);
    assert.equal((await cluster(first, "init", "--no-start", "--ttl", "30m")).code, 0);
    const more = joinWords((await cluster(first, "token", "--ttl", "1h")).stdout);
    const listed = (await cluster(first, "token", "--list")).stdout.trim().split("\n");
    assert.equal(listed.shift(), "TOKEN         GOOD UNTIL                HOSTS LET IN");
    assert.equal(listed.length, 2);
    assert.ok(
      listed.every((line) => /^[0-9a-f]{12} {2}20\S+Z {2}0$/.test(line)),
      listed.join(),
    );
    const kept = readFileSync(first.path("cluster/tokens.json"), "utf8");
    const secret = Buffer.from((more[2] ?? "").slice("p2pfs1-".length), "base64url").subarray(6, 22);
    assert.ok(!kept.includes(secret.toString("hex")) && !kept.includes(secret.toString("base64url")));
    const [id = ""] = listed[0]?.split(" ") ?? [];
    assert.equal((await cluster(first, "token", "--revoke", id)).code, 0);
    assert.equal((await cluster(first, "token", "--revoke", id)).code, 1);
    assert.equal((await cluster(first, "token", "--uses", "3")).code, 0);
    const rest = (await cluster(first, "token", "--list")).stdout.trim().split("\n");
    assert.deepEqual([rest.length, / 0 of 3$/.test(rest[2] ?? "")], [3, true]);
    assert.equal((await cluster(first, "token", "--uses", "none")).code, 2);
    assert.equal((await cluster(first, "token", "--revoke", "all")).code, 0);
    assert.equal((await cluster(first, "token", "--list")).stdout, "");
    assert.equal((await cluster(first, "token", "--ttl", "forever")).code, 2);
    const alone = await cluster(await host(t), "token");
    assert.match(alone.stderr, /in no cluster of p2pfs: 'p2pfs cluster init' makes one/);
  });

  test("roles are shown and changed; a wrong address or token is one sentence, and leaves nothing behind", async (t) => {
    const first = await host(t);
    const line = joinWords((await cluster(first, "init", "--no-start")).stdout);
    assert.equal((await cluster(first, "role")).stdout, "scheduler, seed\n");
    assert.equal((await cluster(first, "role", "seed")).stdout, "seed\n");
    assert.equal((await cluster(first, "role", "peer")).stdout, "peer\n");
    assert.equal((await cluster(first, "role", "king")).code, 2);
    const other = await host(t);
    for (const [address, token, words] of [
      [line[1], "hunter2", /^p2pfs: this is no token of p2pfs/],
      [line[1], line[2]?.slice(0, -2), /^p2pfs: the token is not whole/],
      // Its daemon was not started.
      [line[1], line[2], /^p2pfs: no cluster answers at 127\.7\./],
      ["not an address", line[2], /^p2pfs: "not an address" is no address/],
    ] as const) {
      const refused = await cluster(other, "join", address ?? "", token ?? "");
      assert.ok(refused.code !== 0);
      assert.match(refused.stderr, words);
      assert.equal(refused.stderr.trim().split("\n").length, 1, refused.stderr);
      assert.throws(() => member(other), { code: "ENOENT" });
    }
  });
});
