/** Links of a cluster in use: what each carries of content, and what went over it. */
import { join } from "node:path";
import { projectRoot } from "../../test/project-root.ts";
import type { Cluster } from "../../test/system/cluster.ts";
import { output, start } from "../../test/system/processes.ts";
import type { Scope } from "../../test/system/scope.ts";
import { median } from "../../test/system/shows/figures.ts";

/** How long a link is measured, ms. */
const MEASURED_MS = 4_000;
/** How often it is measured how unevenly a link is shared. */
const UNEVENNESS_TRIES = 5;
/** A host whose own link nothing limits. */
const WIDE_HOST = "scheduler";

/** Both ways of a host's link, seen from the host; bytes, or bytes a second. */
export interface BothWays {
  readonly down: number;
  readonly up: number;
}

/** Bytes a second of content that each link carries, measured over plain connections: headers are what the rate has too much. */
export async function goodputOf(
  scope: Scope,
  cluster: Cluster,
  hosts: readonly string[],
): Promise<ReadonlyMap<string, BothWays>> {
  const inner = scope.inner();
  try {
    const wide = await serving(inner, cluster, WIDE_HOST);
    const downs = await Promise.all(hosts.map((host) => fetched(inner, cluster, { from: wide, to: host })));
    const ups = await Promise.all(
      hosts.map(async (host) =>
        fetched(inner, cluster, { from: await serving(inner, cluster, host), to: WIDE_HOST }),
      ),
    );
    return new Map(hosts.map((host, n) => [host, { down: downs[n] ?? 0, up: ups[n] ?? 0 }]));
  } finally {
    await inner.close();
  }
}

/**
 * How unevenly connections share a host's link upwards: the standard deviation of the logarithm of what each of them got in a while.
 */
export async function unevennessOf(
  scope: Scope,
  cluster: Cluster,
  { host, count, ms }: { readonly host: string; readonly count: number; readonly ms: number },
): Promise<number> {
  const inner = scope.inner();
  try {
    const [address, port] = await serving(inner, cluster, host);
    const netns = cluster.netns(WIDE_HOST);
    const found: number[] = [];
    while (found.length < UNEVENNESS_TRIES)
      found.push(Number(await start(inner, words("share", address, port, ms, count), { netns }).line()));
    return median(found);
  } finally {
    await inner.close();
  }
}

function words(...args: (string | number)[]): string[] {
  return [process.execPath, join(projectRoot(), "dist/scripts/bench/goodput-pump.js"), ...args.map(String)];
}

/** @returns where it is served: address and port */
async function serving(scope: Scope, cluster: Cluster, host: string): Promise<readonly [string, string]> {
  const address = cluster.address(host);
  const server = start(scope, words("serve", address), { netns: cluster.netns(host) });
  return [address, await server.line()];
}

async function fetched(
  scope: Scope,
  cluster: Cluster,
  { from, to }: { readonly from: readonly [string, string]; readonly to: string },
): Promise<number> {
  const client = start(scope, words("fetch", ...from, MEASURED_MS), { netns: cluster.netns(to) });
  return Number(await client.line());
}

/**
 * Knocks at a port of each host until it is asked for what it found: the time that a connection to it takes on its busy link, there
 * and back, ms.
 */
export function knocking(scope: Scope, cluster: Cluster, hosts: readonly string[], port: number) {
  const clients = hosts.map((host) =>
    start(scope, words("knock", cluster.address(host), port), { netns: cluster.netns(WIDE_HOST) }),
  );
  return {
    found: (): Promise<number[]> =>
      Promise.all(clients.map(async (client) => Number((await client.finish()).at(-1)))),
  };
}

/** Bytes that each host's link carried since it was made, with their headers, by the switch's own counters. */
export async function linkBytes(cluster: Cluster): Promise<ReadonlyMap<string, BothWays>> {
  const table = await output(["cat", "/proc/self/net/dev"], { netns: cluster.netns("switch") });
  const found = new Map<string, BothWays>();
  for (const line of table.split("\n")) {
    const [device = "", counters = ""] = line.split(":");
    const [received, , , , , , , , sent] = counters.trim().split(/\s+/).map(Number);
    // What the switch sends on its end is what the host receives.
    if (received !== undefined && sent !== undefined) found.set(device.trim(), { down: sent, up: received });
  }
  return found;
}
