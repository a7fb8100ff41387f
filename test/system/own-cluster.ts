/** A cluster as its users make it, on bare hosts of scripts/cluster: a command on each, certificates, everything between them in TLS. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UnavailableError } from "../../base/errors.ts";
import { projectRoot } from "../project-root.ts";
import { type Cluster, type ClusterHost, clusterUp } from "./cluster.ts";
import { type ConfigSections, until } from "./daemon.ts";
import { type RunResult, run } from "./processes.ts";
import type { Scope } from "./scope.ts";

/** Longest time of one command, ms. */
const COMMAND_MS = 120_000;

/** Hosts on which nothing runs, and an origin. */
export function bareHosts(scope: Scope, peers: number): Promise<Cluster> {
  return clusterUp(scope, { peers, seeds: 0, scheduler: "none", daemons: "none" });
}

/** `p2pfs cluster …`, run on the host itself. */
export function runOnHost(lab: Cluster, host: ClusterHost, ...words: string[]): Promise<RunResult> {
  const program = join(projectRoot(), "dist/cli/p2pfs.js");
  const given = ["cluster", "--workhome", host.workhome, ...words];
  const inside = ["nsenter", `--net=/run/netns/${lab.netns(host.name)}`];
  return run([...inside, process.execPath, program, ...given], { timeoutMs: COMMAND_MS });
}

/** The same, which must succeed without complaint. @returns what it printed */
export async function onHost(lab: Cluster, host: ClusterHost, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await runOnHost(lab, host, ...words);
  if (code !== 0 || stderr !== "")
    throw new UnavailableError(`p2pfs cluster ${words[0]} on ${host.name} ended with ${code}: ${stderr}`);
  return stdout;
}

/** Resolves once every host's scheduler knows it. */
export async function announced(hosts: readonly ClusterHost[]): Promise<void> {
  await until("all hosts' announcement", async () => {
    const shown = await Promise.all(hosts.map((host) => host.ask("p2pfs", ["status"])));
    return shown.every((status) => /1 of 1 schedulers serving/.test(status));
  });
}

/** All of it: bare hosts made members, each with its mount. @param config sections of every host's dfdaemon.yaml */
export async function ownCluster(
  scope: Scope,
  { peers, config }: { readonly peers: number; readonly config?: ConfigSections },
): Promise<Cluster> {
  const lab = await bareHosts(scope, peers);
  let joining: string[] = [];
  for (const host of lab.peers) {
    if (config !== undefined) await writeFile(join(host.workhome, "dfdaemon.yaml"), JSON.stringify(config));
    const printed = await onHost(lab, host, ...(joining.length === 0 ? ["init"] : joining));
    if (joining.length === 0) joining = printed.trim().split(" ").slice(2);
    await host.mount();
  }
  await announced(lab.peers);
  return lab;
}
