/**
 * The host that is a cluster's scheduler, seed and authority loses power under load, and comes back without its scheduler's
 * database: what is in the swarm is read on everywhere meanwhile, what is new comes from the source, and afterwards nothing that
 * somebody has is downloaded again.
 */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { randomContent } from "../../origin/content.ts";
import type { Cluster, ClusterHost } from "../cluster.ts";
import { until } from "../daemon.ts";
import { announced, ownCluster } from "../own-cluster.ts";
import { catSha256, output, sha256 } from "../processes.ts";
import type { Scope } from "../scope.ts";
import { type Figures, formatBytes, formatMs, MIB, quantile } from "./figures.ts";

/** What the source may send to be asked whether files have changed, bytes: one for each question. */
const QUESTION_BYTES = 1;
/** Longest one read may take without a scheduler, ms: it waits for nobody that is gone for so long. */
const READ_MS = 30_000;

export interface SchedulerGoneSize {
  /** Files that all hosts have before. */
  readonly fileCount: number;
  readonly fileBytes: number;
  readonly goneMs: number;
}

interface File {
  readonly url: string;
  readonly digest: string;
}

/** The same with a cluster of its own. */
export async function showSchedulerGone(
  scope: Scope,
  size: SchedulerGoneSize & { readonly peers: number },
): Promise<Figures> {
  return schedulerGone(await ownCluster(scope, { peers: size.peers }), size);
}

/** @param lab whose first peer is the scheduler; all members of one cluster, with their mounts */
export async function schedulerGone(
  { origin, peers }: Pick<Cluster, "origin" | "peers">,
  { fileCount, fileBytes, goneMs }: SchedulerGoneSize,
): Promise<Figures> {
  const [first, second, ...others] = peers;
  assert.ok(first && second && others.length > 0);
  let written = 0;
  const write = async (bytes = fileBytes): Promise<File> => {
    written += 1;
    const name = `outage-${written}.bin`;
    return {
      url: origin.url(name),
      digest: await sha256(await origin.write(name, randomContent(bytes, written))),
    };
  };
  const read = async (host: ClusterHost, { url, digest }: File): Promise<number> => {
    const begin = performance.now();
    assert.equal(await catSha256(host.path(url), { timeoutMs: READ_MS }), digest, `${host.name} of ${url}`);
    return performance.now() - begin;
  };
  const held: File[] = [];
  for (let count = 0; count < fileCount; count++) held.push(await write());
  // One file is here whole on one host alone.
  const rare = await write();
  for (const file of held) for (const host of peers) await read(host, file);
  await read(second, rare);

  await first.kill();
  await origin.clearLog();
  const comesBackAt = performance.now() + goneMs;
  const heldMs: number[] = [];
  const newMs: number[] = [];
  const living = [second, ...others];
  while (performance.now() < comesBackAt) {
    const fresh = await write(8 * MIB);
    await Promise.all(
      living.map(async (host) => {
        for (const file of held) heldMs.push(await read(host, file));
        newMs.push(await read(host, fresh));
      }),
    );
  }
  for (const { url } of held) {
    const sent = await origin.bytesSent(new URL(url).pathname);
    assert.ok(sent <= QUESTION_BYTES * heldMs.length, `${sent} bytes of ${url}, which all have`);
  }

  await rm(join(first.workhome, "storage/scheduler"), { recursive: true });
  await first.start();
  await announced(peers);
  await until("the scheduler to know what is held", async () => {
    const stats = await output(["cat", join(first.mountpoint, ".p2pfs/stats")]);
    return Number(/^p2pfs_scheduler_tasks (\d+)$/m.exec(stats)?.[1]) > fileCount;
  });
  await origin.clearLog();
  for (const file of held) for (const host of peers) await read(host, file);
  const again = await origin.bytesSent();
  assert.ok(
    again <= QUESTION_BYTES * fileCount * peers.length,
    `${formatBytes(again)} were downloaded again`,
  );
  const rareMs = await read(others[0] ?? second, rare);
  // Its first blocks may come from the source: nobody waits for a scheduler's answer to see them.
  const ofRare = (await origin.bytesSent()) - again;
  assert.ok(ofRare < fileBytes / 2, `${formatBytes(ofRare)} of what another host has came from the source`);
  return {
    "the scheduler was gone for": formatMs(goneMs),
    "reads of what hosts have": `${heldMs.length}, median ${formatMs(quantile(heldMs, 0.5))}, longest ${formatMs(Math.max(...heldMs))}`,
    "reads of what nobody has": `${newMs.length}, median ${formatMs(quantile(newMs, 0.5))}, longest ${formatMs(Math.max(...newMs))}`,
    "downloaded again afterwards": `${formatBytes(again)} of ${formatBytes(fileBytes * fileCount)}`,
    "a file of one host, read on another afterwards": `${formatMs(rareMs)}, ${formatBytes(ofRare)} of ${formatBytes(fileBytes)} from the source`,
  };
}
