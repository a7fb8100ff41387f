/**
 * A parent among good ones whose stored bytes were altered, or that sends what it should not: its child's readers see right bytes
 * and hardly wait, and the child's log names it. What is wrong is on the disk and on the wire, never in our own code.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { HEDGE_MS } from "../../../base/limits.ts";
import { pieceLengthFor } from "../../../daemon/task/piece-length.ts";
import { forgetTasks } from "../../../scripts/bench/forget-tasks.ts";
import { projectRoot } from "../../project-root.ts";
import { alterContent, matchChecksums } from "../altered-store.ts";
import type { BAD_WAYS, BadParentOptions } from "../bad-parent-ways.ts";
import { type Cluster, type ClusterHost, clusterUp } from "../cluster.ts";
import { readerWords, until } from "../daemon.ts";
import { catSha256, output, sha256, start } from "../processes.ts";
import type { Scope } from "../scope.ts";
import { type Figures, formatBytes, formatMs, MIB } from "./figures.ts";
import { writeLarge } from "./origin-files.ts";

const NAME = "model.safetensors";
/** What one fetch may take on a busy machine, ms: a reader waits at most so long beyond the hedge. */
const FETCH_MS = 5_000;
/** Of the origin's link: a source that is as near as the parents would have given all before they are known. */
const ORIGIN_RATE = "200mbit";
/** How often a child whose bad parent was not drawn by chance tries again. */
const TRIES = 5;
const CHUNK_BYTES = MIB;

export interface BadParentsSize {
  readonly goodCount: number;
  readonly fileBytes: number;
  readonly ways: readonly (typeof BAD_WAYS)[number][];
}

interface World {
  readonly cluster: Cluster;
  readonly bad: ClusterHost;
  readonly child: ClusterHost;
  readonly file: string;
  readonly url: string;
  readonly expected: string;
}

export async function showBadParents(scope: Scope, size: BadParentsSize): Promise<Figures> {
  const { goodCount, fileBytes, ways } = size;
  const cluster = await clusterUp(scope, { peers: goodCount + 2, seeds: 0, rate: { origin: ORIGIN_RATE } });
  const file = await writeLarge(cluster.origin, { name: NAME, bytes: fileBytes, seed: 5 });
  const url = cluster.origin.url(NAME);
  const expected = await sha256(file);
  const [bad, child, ...good] = cluster.peers;
  assert.ok(bad !== undefined && child !== undefined && good.length === goodCount);
  const world: World = { cluster, bad, child, file, url, expected };
  for (const host of [...good, bad]) assert.equal(await catSha256(host.path(url)), expected);
  const pieceBytes = pieceLengthFor(fileBytes);
  const figures: Record<string, string> = {
    file: `${formatBytes(fileBytes)}, ${goodCount} good parents and a bad one`,
  };
  await alterContent(bad.storage, { pieceBytes, firstPiece: 0 });
  figures["altered on disk"] = await readBeside(scope, world, "altered");
  await bad.kill();
  await matchChecksums(bad.storage, pieceBytes);
  await bad.start();
  await heldTold();
  figures["altered with its checksums"] = await readAnchored(scope, world);
  await bad.kill();
  for (const way of ways) figures[way] = await badWay(scope, world, way, pieceBytes);
  return figures;
}

/** What a host holds is announced soon after its start. */
async function heldTold(): Promise<void> {
  await delay(2_000);
}

async function badWay(
  scope: Scope,
  world: World,
  way: BadParentOptions["way"],
  pieceLength: number,
): Promise<string> {
  const { cluster, bad, file, url } = world;
  const taskId = await taskIdOf(world);
  const options: BadParentOptions = {
    way,
    scheduler: cluster.scheduler,
    replaces: `${bad.address}-${bad.name}`,
    ip: bad.address,
    taskId,
    url,
    file,
    pieceLength,
  };
  const program = join(projectRoot(), "dist/test/system/bad-parent.js");
  const running = start(scope, [process.execPath, program, JSON.stringify(options)], { netns: bad.netns });
  assert.equal(await running.line(), "ready");
  const figure = await readBeside(scope, world, way);
  await running.finish();
  return figure;
}

async function taskIdOf({ child, url }: World): Promise<string> {
  const { task_id: taskId = "" } = await child.attributes(child.path(url));
  return taskId;
}

/** Reads the file cold until the bad parent was asked and named. */
async function readBeside(scope: Scope, world: World, what: string): Promise<string> {
  const { bad, child, url, expected } = world;
  for (let tries = 1; ; tries++) {
    await forget(child, child.path(url));
    const from = child.log.length;
    const { digest, longestMs, durationMs } = await readInOrder(scope, child.path(url));
    assert.equal(digest, expected, `${what}: what was read`);
    assert.ok(longestMs <= HEDGE_MS + FETCH_MS, `${what}: a reader waited ${formatMs(longestMs)}`);
    const named = () => namedIn(child.log.slice(from), bad.address);
    // One that is silent is dropped a while after its piece came from elsewhere.
    const reason = await until("the log's word", named, 15_000).catch(() => undefined);
    if (reason !== undefined)
      return `right, in ${formatMs(durationMs)}, longest wait ${formatMs(longestMs)}; ${reason}`;
    const { bytes_from_peers: bytes } = await child.attributes(child.path(url));
    assert.ok(
      tries < TRIES,
      `${what}: the parent was never named in the log; ${bytes} bytes came from peers`,
    );
  }
}

/** Why a parent at the address was dropped; its peer id begins with it. */
function namedIn(log: string, address: string): string | undefined {
  const lines = log
    .split("\n")
    .filter((line) => line.includes('"parent-dropped"') && line.includes(`"parentId":"${address}-`));
  const [line] = lines;
  return line === undefined ? undefined : String(JSON.parse(line).reason);
}

/** As above, by a name with a digest: the checksums of pieces prove nothing here. */
async function readAnchored(scope: Scope, world: World): Promise<string> {
  const { child, bad, url, expected } = world;
  const text = await child.ask("p2pfs", ["link", url, "anchored", "--digest", `sha256:${expected}`]);
  const name = text.trim().split("/").pop() ?? "anchored";
  const path = join(child.mountpoint, "url", name);
  for (let tries = 1; ; tries++) {
    await forget(child, path);
    const from = child.log.length;
    const { digest, durationMs } = await readInOrder(scope, path);
    assert.equal(digest, expected, "what was read by a name with a digest");
    if (child.log.slice(from).includes(bad.address)) return `right, in ${formatMs(durationMs)}, and named`;
    assert.ok(tries < TRIES, "the parent was never named in the log");
  }
}

/** Neither the daemon nor the kernel has anything of the file any more. */
async function forget(host: ClusterHost, path: string): Promise<void> {
  await forgetTasks(host.socketPath);
  await output(["dd", `if=${path}`, "iflag=nocache", "count=0", "status=none"]);
}

async function readInOrder(
  scope: Scope,
  path: string,
): Promise<{ digest: string; longestMs: number; durationMs: number }> {
  await output(["stat", path]);
  const reader = start(scope, readerWords("progress", path, CHUNK_BYTES));
  const begin = performance.now();
  let [last, longestMs] = [begin, 0];
  for (;;) {
    const line = await reader.line();
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
    if (/^\d+$/.test(line)) continue;
    await reader.finish();
    return { digest: line.replace("end ", ""), longestMs, durationMs: now - begin };
  }
}
