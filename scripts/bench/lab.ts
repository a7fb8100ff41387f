/** A shaped link of scripts/lab, made for one measurement and removed with it. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { projectRoot } from "../../test/project-root.ts";
import { output, run } from "../../test/system/processes.ts";
import type { Scope } from "../../test/system/scope.ts";

/** The origin's end of the link, as scripts/lab gives it. */
const ORIGIN_ADDRESS = "10.11.0.2";
const LAB_MS = 60_000;

export interface Link {
  readonly hostNetns: string;
  readonly originNetns: string;
  readonly originAddress: string;
}

/** Reason why this machine has no shaped links, or false. */
export function linkMissing(): string | false {
  return process.getuid?.() === 0 ? false : "a shaped link needs root, for its network namespaces";
}

/**
 * Makes a link; it goes with the scope.
 * @param options rate and delay of one direction, in tc's words; without a rate the link is as fast as the machine
 */
export async function linkUp(scope: Scope, options: { rate?: string; delay?: string }): Promise<Link> {
  const lab = join(projectRoot(), "scripts/lab");
  const name = `bench-${randomBytes(3).toString("hex")}`;
  const flags = Object.entries(options).flatMap(([key, value]) => [`--${key}`, value]);
  scope.after(() => run(["bash", lab, "down", name], { timeoutMs: LAB_MS }));
  await output(["bash", lab, "up", name, ...flags], { timeoutMs: LAB_MS });
  return {
    hostNetns: `p2pfs-${name}-host`,
    originNetns: `p2pfs-${name}-origin`,
    originAddress: ORIGIN_ADDRESS,
  };
}
