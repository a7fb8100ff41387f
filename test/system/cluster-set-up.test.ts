/**
 * A cluster of our own from nothing: three hosts in namespaces, a command on each, and what one has read the others read from it.
 * A fourth without the token gets nothing, nor does one that was removed; who listens on the wire sees nothing; and the first host may
 * go for a while.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { standardTaskId } from "../../daemon/task/ids.ts";
import { randomContent } from "../origin/content.ts";
import { projectRoot } from "../project-root.ts";
import { type ClusterHost, clusterMissing } from "./cluster.ts";
import { until } from "./daemon.ts";
import { announced, bareHosts, onHost, runOnHost } from "./own-cluster.ts";
import { catSha256, output, sha256 } from "./processes.ts";
import { type Scope, scopeOf } from "./scope.ts";
import { MIB } from "./shows/figures.ts";
import { schedulerGone } from "./shows/scheduler-gone.ts";

const FILE_BYTES = 24 * MIB + 77;
/** Parts of the content that are looked for among what went over the wire, and their length. */
const PARTS = 150;
const PART_BYTES = 32;
/** Hosts hear after two seconds, and not only each minute, whom they are to refuse. */
const QUICK_NEWS = { dynconfig: { refreshInterval: "2s" } };

/** Keeps all frames that pass the switch. */
async function capture(scope: Scope, netns: string): Promise<{ end(): Promise<Frames> }> {
  const file = join(await scope.folder(), "frames");
  const script = join(projectRoot(), "test/system/capture.py");
  const child: ChildProcess = spawn("nsenter", [`--net=/run/netns/${netns}`, "python3", script, file], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  scope.after(async () => {
    if (child.exitCode === null) child.kill("SIGKILL");
  });
  const said: string[] = [];
  child.stdout?.on("data", (text) => said.push(String(text)));
  await until("the capture", () => said.join("").includes("capturing"));
  return {
    async end() {
      const ended = once(child, "exit");
      child.stdin?.end();
      await ended;
      assert.match(said.join(""), / 0 lost$/m, "the capture is whole");
      return new Frames(readFileSync(file));
    },
  };
}

class Frames {
  readonly #all: Buffer[] = [];

  constructor(bytes: Buffer) {
    for (let at = 0; at < bytes.length; ) {
      const length = bytes.readUInt32BE(at);
      this.#all.push(bytes.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
  }

  /** What travelled with the address at one end, or with it at neither. */
  of(address: string, isAtOneEnd: boolean): Buffer {
    const bytes = Buffer.from(address.split(".").map(Number));
    // Ethernet's header has 14 bytes; the addresses are at 12 and 16 of IPv4's.
    const has = (frame: Buffer) =>
      frame.subarray(26, 30).equals(bytes) || frame.subarray(30, 34).equals(bytes);
    return Buffer.concat(this.#all.filter((frame) => has(frame) === isAtOneEnd));
  }
}

/** What of a host's files must never be seen by others, as it stands there and in other writings. */
function secretsOf(host: ClusterHost): Buffer[] {
  const folder = join(host.workhome, "cluster");
  const names = host.name === "peer-1" ? ["host.key", "authority.key"] : ["host.key"];
  return names.flatMap((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const base64 = text.split("\n").slice(1, -2).join("");
    const der = Buffer.from(base64, "base64");
    return [Buffer.from(base64.slice(48, 88)), der.subarray(36, 68), Buffer.from("PRIVATE KEY")];
  });
}

function tokenWritings(token: string): Buffer[] {
  const secret = Buffer.from(token.slice("p2pfs1-".length), "base64url").subarray(6, 22);
  const texts = [token, secret.toString("hex"), secret.toString("base64url"), secret.toString("base64")];
  return [secret, ...texts.map((text) => Buffer.from(text))];
}

const logOf = (host: ClusterHost) => readFileSync(join(host.workhome, "logs/dfdaemon.log"), "utf8");

describe("a cluster of our own", { skip: clusterMissing() }, () => {
  test("is made by three commands; its hosts read from each other, a stranger and a removed one get nothing, the wire shows nothing, and the first host may go", async (t) => {
    const scope = scopeOf(t);
    const lab = await bareHosts(scope, 4);
    const [first, second, third, stranger] = lab.peers;
    assert.ok(first && second && third && stranger);
    const members = [first, second, third];
    const content = randomContent(FILE_BYTES, 7);
    const digest = await sha256(await lab.origin.write("weights-of-acme.bin", content));
    const url = `${lab.origin.url("weights-of-acme.bin")}?Signature=query-secret-of-acme`;
    const fileOn = (host: ClusterHost) => host.path(url).replace("?", "%3F");
    const capturing = await capture(scope, lab.netns("switch"));

    // The three commands.
    const cluster = (host: ClusterHost, ...words: string[]) => onHost(lab, host, ...words);
    for (const host of members)
      await writeFile(join(host.workhome, "dfdaemon.yaml"), JSON.stringify(QUICK_NEWS));
    const line = await cluster(first, "init");
    const [, address = "", token = ""] = /^p2pfs cluster join (\S+) (\S+)$/m.exec(line) ?? [];
    assert.equal(address, `${first.address}:4007`);
    await Promise.all([second, third].map((host) => cluster(host, "join", address, token)));

    await Promise.all(members.map((host) => host.mount()));
    await announced(members);
    for (const host of members) {
      await lab.origin.clearLog();
      assert.equal(await catSha256(fileOn(host)), digest, host.name);
      const sent = await lab.origin.bytesSent("/weights-of-acme.bin");
      if (host !== first) assert.ok(sent < FILE_BYTES / 2, `${host.name} took ${sent} bytes of the source`);
    }
    const { bytes_from_peers: fromPeers } = await third.attributes(fileOn(third));
    assert.ok(Number(fromPeers) > FILE_BYTES / 2, `${fromPeers} bytes came from peers`);

    const frames = await capturing.end();
    const between = frames.of(lab.origin.address, false);
    const withOrigin = frames.of(lab.origin.address, true);
    assert.ok(between.length > FILE_BYTES, "what hosts gave each other was captured");
    const parts = Array.from({ length: PARTS }, (_, index) => {
      const at = Math.floor((index + 0.5) * (FILE_BYTES / PARTS));
      return Buffer.from(content.read(at, PART_BYTES));
    });
    const seen = (where: Buffer, what: readonly Buffer[]) =>
      what.filter((part) => where.includes(part)).length;
    // The source is asked in clear here: what is looked for can be found.
    assert.ok(seen(withOrigin, parts) > PARTS / 2);
    assert.equal(seen(withOrigin, [Buffer.from("weights-of-acme")]), 1);
    assert.equal(seen(between, parts), 0, "content in clear");
    const taskId = standardTaskId({ url });
    const words = ["weights-of-acme", "query-secret-of-acme", taskId].map((text) => Buffer.from(text));
    assert.equal(seen(between, words), 0, "names in clear");
    assert.equal(seen(between, tokenWritings(token)), 0, "the token in clear");
    assert.equal(seen(between, members.flatMap(secretsOf)), 0, "a key in clear");
    for (const host of members) assert.equal(seen(Buffer.from(logOf(host)), tokenWritings(token)), 0);

    // The fourth: with no certificate, and with one of a cluster that it made itself.
    await cluster(stranger, "init", "--no-start");
    const foreign = await cluster(stranger, "token");
    const [, , , , other = ""] = foreign.trim().split(" ");
    const wrong = await runOnHost(lab, stranger, "join", address, other, "--force");
    assert.match(wrong.stderr, /^p2pfs: the host at \S+ is of another cluster than the token\.\n$/);
    /** What a host gets of another for its certificate, and without. */
    const probe = async (from: ClusterHost, of: ClusterHost, ...more: string[]): Promise<string[]> => {
      const program = join(projectRoot(), "dist/test/system/stranger.js");
      const inside = ["nsenter", `--net=/run/netns/${lab.netns(from.name)}`, process.execPath, program];
      const folder = join(from.workhome, "cluster");
      const words = [...inside, of.address, taskId, folder, ...more];
      return JSON.parse(await output(words, { timeoutMs: 60_000 }));
    };
    const probed = await Promise.all(members.map((host) => probe(stranger, host)));
    assert.deepEqual(probed, [[], [], []]);
    for (const host of members) assert.notEqual(await host.attributes(fileOn(host)), undefined);

    // The third is removed: it is a stranger to all from then on, and comes back with a new token alone.
    const member = await probe(third, second, "keep");
    assert.ok(member.includes("a piece with another's certificate"), "members are given pieces");
    assert.match(await cluster(first, "remove", third.address), /is removed: within a minute no host takes/);
    assert.deepEqual(await probe(third, first), []);
    await until("the news at the second", async () => (await probe(third, second, "keep")).length === 0);
    assert.doesNotMatch(await first.ask("p2pfs", ["status"]), new RegExp(`${third.address} +peer`));
    for (const host of members) assert.equal(await catSha256(fileOn(host)), digest, host.name);
    const removed = await third.ask("p2pfs", ["status"]);
    assert.match(
      removed,
      /this host was removed from the cluster \S+: 'p2pfs cluster join' with a new token/,
    );
    assert.match((await runOnHost(lab, third, "join", address, token)).stderr, /knows no such token/);
    const again = (await cluster(first, "token", "--uses", "1")).trim().split(" ").slice(2);
    await cluster(third, ...again);
    await announced(members);
    assert.notDeepEqual(await probe(third, second, "keep"), []);

    // The first host, its scheduler with it, loses power under load, and its scheduler's memory.
    await schedulerGone(
      { origin: lab.origin, peers: members },
      { fileCount: 2, fileBytes: 16 * MIB, goneMs: 10_000 },
    );
    await lab.origin.clearLog();
    for (const host of members) assert.equal(await catSha256(fileOn(host)), digest);
    const sent = (await lab.origin.log()).filter(({ bodyBytes }) => bodyBytes > 1);
    assert.deepEqual(sent, [], "what was fetched again");
  });
});
